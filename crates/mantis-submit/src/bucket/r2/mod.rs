//! Cloudflare R2, from where validators download.

mod sign;

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use mantis_data::{Clock, Timestamp};
use ureq::http::Method;

pub use sign::{Addressing, R2Credentials, SignedUrl, Signer};

use super::{Bucket, ObjectKey, Receipt};
use crate::error::{Error, Result};
use crate::http::{Answer, Asked, Http, check_endpoint};
use crate::payload::Payload;
use crate::retry::Retry;

/// Sent and signed with every object: what it is, and that no cache keeps the last minute's.
const HEADERS: [(&str, &str); 2] =
    [("content-type", "application/json"), ("cache-control", "no-store")];

/// How long a signed URL is good for. The server counts from our time by its own clock, so this is also by how much our clock
/// may be behind; ahead, stores take a quarter of an hour as well.
const VALID: Duration = Duration::from_secs(900);

/// Seconds by which clocks may differ without a correction: requests and whole seconds.
const QUIET_SKEW_SECONDS: i64 = 5;

/// Where a bucket is and how patiently it is asked.
///
/// | field | example | meaning |
/// |---|---|---|
/// | `endpoint` | `https://<account>.r2.cloudflarestorage.com` | the signed address |
/// | `bucket` | `mantis` | name of the bucket |
/// | `public_address` | `https://pub-<hex>.r2.dev` | where validators read; if given, objects are read back from there |
/// | `timeout` | 10 s | for a whole request |
/// | `retry` | [`Retry::default`] | attempts of one upload |
#[derive(Clone, Debug)]
pub struct R2Settings {
    /// The signed address.
    pub endpoint: String,
    /// Name of the bucket.
    pub bucket: String,
    /// Where validators read.
    pub public_address: Option<String>,
    /// For a whole request.
    pub timeout: Duration,
    /// Attempts of one upload.
    pub retry: Retry,
}

impl R2Settings {
    /// Settings with the defaults, and without a public address.
    #[must_use]
    pub fn new(endpoint: impl Into<String>, bucket: impl Into<String>) -> Self {
        Self {
            endpoint: endpoint.into(),
            bucket: bucket.into(),
            public_address: None,
            timeout: Duration::from_secs(10),
            retry: Retry::default(),
        }
    }
}

/// A bucket of Cloudflare R2, or of another store that speaks S3.
///
/// An object is stored by one signed PUT and then read back, from the public address if there is
/// one, as a validator would; it counts as stored when the same bytes come back. Failures that may
/// pass (no connection, 408, 429, 5xx, an old object read back) are tried again within
/// [`Retry::within`]; objects are never deleted.
///
/// Requests are signed by our clock, corrected by what the server's `Date` last showed. A refusal that shows the clock to be off
/// is followed at once by one more attempt, signed by the server's clock.
///
/// ```no_run
/// use mantis_submit::bucket::{Bucket, R2Bucket, R2Credentials, R2Settings};
/// # use mantis_data::ManualClock;
/// # let clock = ManualClock::new(mantis_data::Timestamp::parse("2026-01-01")?);
///
/// let mut settings = R2Settings::new("https://account.r2.cloudflarestorage.com", "mantis");
/// settings.public_address = Some("https://pub-0123456789abcdef0123456789abcdef.r2.dev".into());
/// let bucket = R2Bucket::new(&settings, R2Credentials::new("key", "secret"), clock)?;
/// let upload = bucket.upload(&"object".parse()?, b"{}")?;
/// println!("stored after {} attempts, clock skew {:?}", upload.attempts, upload.skew_seconds());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct R2Bucket<C> {
    signer: Signer,
    public_address: Option<String>,
    http: Http,
    retry: Retry,
    clock: C,
    /// Seconds by which the server's clock is ahead of ours, where that is worth a correction.
    skew: AtomicI64,
}

/// How an upload went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Upload {
    /// Number of attempts, at least 1.
    pub attempts: u32,
    /// Our time before the last request.
    pub sent: Timestamp,
    /// Our time after its answer.
    pub received: Timestamp,
    /// What the server's clock showed, in whole seconds, if it said.
    pub server_time: Option<Timestamp>,
}

impl Upload {
    /// Seconds by which the server's clock is ahead of ours: 0 if it showed a time between question and answer.
    #[must_use]
    pub fn skew_seconds(&self) -> Option<i64> {
        self.server_time.map(|time| skew_seconds(self.sent, self.received, time))
    }
}

/// By how much a clock is ahead of ours that showed `server` between two times of ours. A slow request is no skew.
fn skew_seconds(sent: Timestamp, received: Timestamp, server: Timestamp) -> i64 {
    let (sent, received, server) = (sent.as_secs(), received.as_secs(), server.as_secs());
    // A clock that was set back meanwhile makes the span empty.
    server - server.clamp(sent.min(received), sent.max(received))
}

/// An answer with our times around it.
struct Timed {
    sent: Timestamp,
    received: Timestamp,
    answer: Answer,
}

impl Timed {
    fn skew_seconds(&self) -> Option<i64> {
        self.answer.server_time.map(|time| skew_seconds(self.sent, self.received, time))
    }
}

impl<C: Clock> R2Bucket<C> {
    /// Checks the settings; nothing is sent.
    ///
    /// # Errors
    /// [`Error::Endpoint`] for an address that is not https (http on the loopback interface is
    /// accepted, for tests) or a bucket name that is none.
    pub fn new(settings: &R2Settings, credentials: R2Credentials, clock: C) -> Result<Self> {
        let addressing = Addressing::Path;
        let signer = Signer::new(&settings.endpoint, &settings.bucket, addressing, credentials)?;
        let public_address = settings.public_address.as_deref().map(|address| {
            check_endpoint("public address", address)?;
            Ok(address.trim_end_matches('/').to_owned())
        });
        Ok(Self {
            signer,
            public_address: public_address.transpose()?,
            http: Http::new(settings.timeout, Payload::MAX_BYTES as u64),
            retry: settings.retry,
            clock,
            skew: AtomicI64::new(0),
        })
    }

    /// Stores an object and reads it back.
    ///
    /// # Errors
    /// [`Error::PayloadSize`] above what validators download, [`Error::Request`], and
    /// [`Error::ReadBack`] if other bytes come back.
    pub fn upload(&self, key: &ObjectKey, object: &[u8]) -> Result<Upload> {
        if object.len() > Payload::MAX_BYTES {
            return Err(Error::PayloadSize { got: object.len(), limit: Payload::MAX_BYTES });
        }
        let mut attempts = 0;
        self.retry.run(&self.clock, || {
            attempts += 1;
            let put = |now| {
                let url = self.signer.put(key, &HEADERS, now, VALID);
                let url = url.expose();
                self.http.send(Asked::Signed, "store", Method::PUT, url, &HEADERS, Some(object))
            };
            let Timed { sent, received, answer } = self.signed(&put)?;
            let back = self.read("read back", Method::GET, key)?.answer;
            if !back.found || back.body != object {
                let got = if back.found { back.body.len() } else { 0 };
                return Err(Error::ReadBack { key: key.to_string(), got, expected: object.len() });
            }
            Ok(Upload { attempts, sent, received, server_time: answer.server_time })
        })
    }

    /// The object as a validator would get it, and the seconds by which the server's clock is ahead
    /// of ours.
    ///
    /// # Errors
    /// As [`Bucket::get`].
    pub fn look(&self, key: &ObjectKey) -> Result<(Option<Vec<u8>>, Option<i64>)> {
        let timed = self.retry.run(&self.clock, || self.read("read", Method::GET, key))?;
        let (skew, answer) = (timed.skew_seconds(), timed.answer);
        Ok((answer.found.then_some(answer.body), skew))
    }

    /// Tries the keys by reading an object, also where objects are read from a public address; whether they may write shows an
    /// upload only. The object need not be there.
    ///
    /// # Errors
    /// [`Error::Request`] if the server refuses the keys, has no such bucket, or cannot be asked.
    pub fn check_keys(&self, key: &ObjectKey) -> Result<()> {
        // An answer to HEAD would not tell a bucket that is not there from an object that is not.
        let looked = || self.read_signed("try the keys on", Method::GET, key);
        self.retry.run(&self.clock, looked).map(drop)
    }

    fn read(&self, action: &'static str, method: Method, key: &ObjectKey) -> Result<Timed> {
        if let Some(address) = &self.public_address {
            let url = format!("{address}/{key}");
            let send = |_| self.http.send(Asked::Public, action, method.clone(), &url, &[], None);
            return self.timed(&send).2;
        }
        self.read_signed(action, method, key)
    }

    fn read_signed(&self, action: &'static str, method: Method, key: &ObjectKey) -> Result<Timed> {
        self.signed(&|now| {
            let url = match method {
                Method::HEAD => self.signer.head(key, now, VALID),
                _ => self.signer.get(key, now, VALID),
            };
            self.http.send(Asked::Signed, action, method.clone(), url.expose(), &[], None)
        })
    }

    /// Sends a request that is signed by the corrected clock; a second time if it was refused and the refusal shows another
    /// correction to be due.
    fn signed(&self, send: &dyn Fn(Timestamp) -> Result<Answer>) -> Result<Timed> {
        let (sent, received, result) = self.timed(send);
        let shown = match &result {
            Ok(timed) => timed.answer.server_time,
            Err(error) => error.server_time(),
        };
        let news = shown.is_some_and(|time| self.learn(skew_seconds(sent, received, time)));
        match result {
            Err(error) if news && !error.is_retryable() => self.timed(send).2,
            result => result,
        }
    }

    /// Sends what `send` makes of the corrected time.
    fn timed(
        &self,
        send: &dyn Fn(Timestamp) -> Result<Answer>,
    ) -> (Timestamp, Timestamp, Result<Timed>) {
        let sent = self.clock.now();
        let ahead = self.skew.load(Ordering::Relaxed).saturating_mul(1_000_000);
        let result = send(Timestamp::from_micros(sent.as_micros().saturating_add(ahead)));
        let received = self.clock.now();
        (sent, received, result.map(|answer| Timed { sent, received, answer }))
    }

    /// Notes by how much the server's clock is ahead; whether that is news.
    fn learn(&self, skew: i64) -> bool {
        let correction = if skew.abs() > QUIET_SKEW_SECONDS { skew } else { 0 };
        let before = self.skew.swap(correction, Ordering::Relaxed);
        (correction - before).abs() > QUIET_SKEW_SECONDS
    }
}

impl<C: Clock> Bucket for R2Bucket<C> {
    fn put(&self, key: &ObjectKey, object: &[u8]) -> Result<Receipt> {
        let upload = self.upload(key, object)?;
        Ok(Receipt { skew_seconds: upload.skew_seconds() })
    }

    fn get(&self, key: &ObjectKey) -> Result<Option<Vec<u8>>> {
        Ok(self.look(key)?.0)
    }

    fn head(&self, key: &ObjectKey) -> Result<Option<u64>> {
        let timed = self.retry.run(&self.clock, || self.read("find", Method::HEAD, key))?;
        let answer = timed.answer;
        Ok(answer.length.filter(|_| answer.found))
    }
}
