//! Requests that are bounded in time, size and number, and that are tried again where that may help.

mod answer;
mod hosts;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use ureq::Agent;

pub(crate) use answer::excerpt;
pub use answer::{Answer, Refusal, judge_status};
use hosts::Hosts;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::time::{Interval, Timestamp};

/// Redirects within one host are followed this often.
const MAX_REDIRECTS: usize = 3;

/// Bounds of the requests of one [`Http`].
///
/// | field | default | meaning |
/// |---|---|---|
/// | `attempt` | 30 s | longest time of one attempt, from the connection to the last byte |
/// | `deadline` | 180 s | no attempt starts later than this after the first |
/// | `attempts` | 8 | most attempts |
/// | `first_wait` | 0.5 s | longest wait before the second attempt; doubles from attempt to attempt |
/// | `longest_wait` | 30 s | no wait is longer, unless the server asks for it |
/// | `max_bytes` | 64 MiB | longest answer |
/// | `requests_per_host` | 100,000 | most requests to one host, attempts included |
/// | `per_minute` | 3,000 | most requests to one host in a minute, evenly spaced |
/// | `seed` | 0 | of the jitter: a wait is drawn between half of its length and the whole |
/// | `user_agent` | a browser's | Yahoo answers nothing else |
/// | `proxy` | none | `http://host:port` or `socks5://host:port` |
#[derive(Clone, PartialEq, Eq)]
pub struct HttpOptions {
    /// Longest time of one attempt.
    pub attempt: Duration,
    /// No attempt starts later than this after the first.
    pub deadline: Duration,
    /// Most attempts.
    pub attempts: u32,
    /// Longest wait before the second attempt.
    pub first_wait: Duration,
    /// No wait is longer.
    pub longest_wait: Duration,
    /// Longest answer in bytes.
    pub max_bytes: u64,
    /// Most requests to one host.
    pub requests_per_host: u64,
    /// Most requests to one host in a minute.
    pub per_minute: u32,
    /// Seed of the jitter.
    pub seed: u64,
    /// What the requests say about themselves.
    pub user_agent: String,
    /// Address of a proxy.
    pub proxy: Option<String>,
}

/// Without the proxy, whose address may hold a password.
impl fmt::Debug for HttpOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpOptions")
            .field("attempt", &self.attempt)
            .field("deadline", &self.deadline)
            .field("attempts", &self.attempts)
            .field("max_bytes", &self.max_bytes)
            .field("requests_per_host", &self.requests_per_host)
            .field("per_minute", &self.per_minute)
            .field("proxy", &self.proxy.is_some())
            .finish_non_exhaustive()
    }
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(30),
            deadline: Duration::from_secs(180),
            attempts: 8,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
            max_bytes: 64 << 20,
            requests_per_host: 100_000,
            per_minute: 3_000,
            seed: 0,
            user_agent: "Mozilla/5.0 (X11; Linux x86_64) mantis-data/0.1".to_owned(),
            proxy: None,
        }
    }
}

/// Sends GET requests, one client for all sources, threads and retries.
///
/// - An attempt that failed in a way that may pass (no connection, 5xx, 429) is repeated after a wait that
///   doubles, with jitter, until `deadline` or `attempts` is reached; one that will not pass (404, 451, TLS) ends at once.
/// - A server that asks for a pause (`Retry-After`, a used-up limit in its headers) gets it, from every thread.
/// - A host that refuses this machine for good (451, an HTML page with 403) is not asked again.
/// - Redirects are followed within one host only; HTML in place of data is recognised whatever its status.
#[derive(Debug)]
pub struct Http {
    agent: Agent,
    options: HttpOptions,
    clock: Arc<dyn Clock>,
    hosts: Hosts,
    rng: Mutex<ChaCha8Rng>,
    skew: Mutex<Interval>,
}

impl Http {
    /// A client that takes its time from `clock`.
    ///
    /// # Errors
    /// [`Error::Http`] if the proxy has no address that can be used.
    pub fn new(options: HttpOptions, clock: Arc<dyn Clock>) -> Result<Self> {
        let proxy = options.proxy.as_deref().map(ureq::Proxy::new).transpose();
        // The address may hold a password, so it is not repeated.
        let proxy = proxy.map_err(|_| Error::Http {
            place: "proxy".to_owned(),
            got: "an address that cannot be used".to_owned(),
            hint: "write http://host:port",
            attempts: 0,
            again: false,
            after: None,
        })?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(proxy)
            .timeout_global(Some(options.attempt))
            .user_agent(options.user_agent.clone())
            .build();
        let rng = Mutex::new(ChaCha8Rng::seed_from_u64(options.seed));
        let hosts = Hosts::new(options.requests_per_host, options.per_minute);
        let skew = Mutex::new(Interval::default());
        Ok(Self { agent: config.new_agent(), options, clock, hosts, rng, skew })
    }

    /// Starts a new run with the same connections: budgets, refusals and the difference of the clocks belong to one run, a pause that a
    /// host has asked for goes on.
    pub fn renew(&self) {
        self.hosts.renew();
        *lock(&self.skew) = Interval::default();
    }

    /// The clock.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// By how much the clock of a server was ahead of ours (positive) or behind it, where it differed most.
    #[must_use]
    pub fn skew(&self) -> Interval {
        *lock(&self.skew)
    }

    /// The answer to a request, which is 200 or 404.
    ///
    /// # Errors
    /// [`Error::Http`] with the last reason.
    pub fn get(&self, url: &str) -> Result<Answer> {
        self.get_judged(url, judge_status)
    }

    /// The answer to a request, if `judge` takes it.
    ///
    /// # Errors
    /// [`Error::Http`] with the last reason.
    pub fn get_judged(
        &self,
        url: &str,
        judge: impl Fn(&Answer) -> std::result::Result<(), Refusal>,
    ) -> Result<Answer> {
        let start = self.clock.elapsed();
        let (mut wait, mut slept) = (self.options.first_wait, Duration::ZERO);
        let mut attempts = 0;
        loop {
            attempts += 1;
            let refusal = match self.attempt(url, &judge, &mut slept) {
                Ok(answer) => return Ok(answer),
                Err(refusal) => refusal,
            };
            let jittered = wait.mul_f64(lock(&self.rng).gen_range(0.5..=1.0));
            let pause = jittered.max(refusal.after.unwrap_or_default());
            // The clock of a test may wait for less than it is told to.
            let elapsed = (self.clock.elapsed() - start).max(slept);
            let exhausted =
                attempts >= self.options.attempts || elapsed + pause > self.options.deadline;
            if !refusal.again || exhausted {
                return Err(Error::Http {
                    place: place(url),
                    got: refusal.got,
                    hint: refusal.hint,
                    attempts,
                    again: refusal.again,
                    after: refusal.after,
                });
            }
            self.clock.sleep(pause);
            slept += pause;
            wait = (wait * 2).min(self.options.longest_wait);
        }
    }

    fn attempt(
        &self,
        url: &str,
        judge: &impl Fn(&Answer) -> std::result::Result<(), Refusal>,
        slept: &mut Duration,
    ) -> std::result::Result<Answer, Refusal> {
        let mut url = url.to_owned();
        for _ in 0..=MAX_REDIRECTS {
            let host = origin(&url).to_owned();
            let pause = self.hosts.admit(&host, self.clock.elapsed())?;
            if pause > self.options.deadline {
                return Err(Refusal::for_good(
                    format!("a demand to wait {} s", pause.as_secs()),
                    "try again later; the host limits requests",
                ));
            }
            if !pause.is_zero() {
                self.clock.sleep(pause);
                *slept += pause;
            }
            let mut response = self.agent.get(&url).call().map_err(|e| of_transport(&e))?;
            let now = self.clock.now();
            if response.status().is_redirection() {
                let target = response.headers().get("location").and_then(|v| v.to_str().ok());
                url = redirect(&url, target.unwrap_or_default())?;
                continue;
            }
            let limit = self.options.max_bytes;
            let body = response.body_mut().with_config().limit(limit).read_to_vec();
            let status = response.status().as_u16();
            // An error whose page breaks off is still that error.
            let body = match body {
                Err(error) if status == 200 => return Err(of_transport(&error)),
                body => body.unwrap_or_default(),
            };
            let answer = Answer::new(status, response.headers().clone(), body);
            self.note_skew(&answer, now);
            let verdict = answer.refuse_html().and_then(|()| judge(&answer));
            let (pause, elapsed) = (answer.pause(now), self.clock.elapsed());
            self.hosts.note(&host, elapsed, pause, verdict.as_ref().err());
            return verdict.map(|()| answer);
        }
        Err(Refusal::for_good(
            format!("more than {MAX_REDIRECTS} redirects"),
            "check the address of the source",
        ))
    }

    fn note_skew(&self, answer: &Answer, now: Timestamp) {
        if let Some(server) = answer.server_time() {
            let mut largest = lock(&self.skew);
            let skew = server - now;
            if skew.as_micros().abs() > largest.as_micros().abs() {
                *largest = skew;
            }
        }
    }
}

/// A lock whose holder panicked guards plain numbers, which are still good.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    &url[..end]
}

/// Host and path of a URL: the rest may be long or secret.
pub(super) fn place(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let rest = url[..end].split_once("://").map_or(&url[..end], |(_, rest)| rest);
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    format!("{host}/{path}")
}

/// Where a redirect leads, if it stays on its host.
fn redirect(from: &str, target: &str) -> std::result::Result<String, Refusal> {
    let home = origin(from);
    if target.starts_with('/') && !target.starts_with("//") {
        return Ok(format!("{home}{target}"));
    }
    if !target.is_empty() && origin(target) == home {
        return Ok(target.to_owned());
    }
    Err(Refusal::for_good(
        format!("a redirect to {:?}", place(target)),
        "redirects to another host are not followed; check the address, a portal or a proxy may be in between",
    ))
}

/// What the transport met, in words without the URL, and whether another attempt may help.
fn of_transport(error: &ureq::Error) -> Refusal {
    const NETWORK: &str = "check the network and the address of the source";
    let (got, hint, again) = match error {
        ureq::Error::Timeout(_) => ("no whole answer in time", NETWORK, true),
        ureq::Error::HostNotFound => ("no such host", NETWORK, true),
        ureq::Error::ConnectionFailed => ("no connection", NETWORK, true),
        ureq::Error::Io(_) => ("a broken connection", NETWORK, true),
        ureq::Error::Protocol(_) => ("an answer that is not HTTP", NETWORK, true),
        ureq::Error::BodyExceedsLimit(_) => {
            ("an answer that is too long", "check the address of the source", false)
        }
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            ("no trusted TLS connection", "check the clock of this machine and any proxy", false)
        }
        _ => ("a request that cannot be sent", "check the address of the source", false),
    };
    Refusal { got: got.to_owned(), hint, again, after: None, closes: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_host_and_path_are_shown() {
        assert_eq!(place("https://a.b/c/d?token=1"), "a.b/c/d");
        assert_eq!(place("https://user:word@a.b/c#d"), "a.b/c");
        assert_eq!(place("https://a.b"), "a.b/");
    }

    #[test]
    fn redirects_stay_on_their_host() {
        let from = "https://a.b:8/c?d";
        assert_eq!(redirect(from, "/e").unwrap(), "https://a.b:8/e");
        assert_eq!(redirect(from, "https://a.b:8/e").unwrap(), "https://a.b:8/e");
        for target in [
            "",
            "//evil/e",
            "https://evil/e",
            "http://a.b:8/e",
            "https://a.b:9/e",
            "https://a.b:8@evil/",
        ] {
            assert!(redirect(from, target).is_err(), "{target}");
        }
    }
}
