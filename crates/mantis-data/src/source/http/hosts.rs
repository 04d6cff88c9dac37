//! What every host was asked and what it asked for.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use super::answer::Refusal;
use super::lock;

#[derive(Debug)]
pub(super) struct Hosts {
    most: u64,
    gap: Duration,
    known: Mutex<HashMap<String, Host>>,
}

#[derive(Debug, Default)]
struct Host {
    requests: u64,
    /// The next request must not be sent earlier.
    next: Duration,
    /// Why nothing else is sent.
    closed: Option<Refusal>,
}

impl Hosts {
    pub(super) fn new(most: u64, per_minute: u32) -> Self {
        let gap = Duration::from_secs(60) / per_minute.max(1);
        Self { most, gap, known: Mutex::default() }
    }

    /// Starts a new run: budgets are whole again and hosts that refused are asked again; a pause that a host asked for goes on.
    pub(super) fn renew(&self) {
        for host in lock(&self.known).values_mut() {
            (host.requests, host.closed) = (0, None);
        }
    }

    /// Counts a request and tells how long to wait before it is sent.
    pub(super) fn admit(&self, host: &str, elapsed: Duration) -> Result<Duration, Refusal> {
        let mut known = lock(&self.known);
        let host = known.entry(host.to_owned()).or_default();
        if let Some(refusal) = &host.closed {
            return Err(refusal.clone());
        }
        if host.requests >= self.most {
            return Err(Refusal::for_good(
                format!("a spent budget of {} requests", self.most),
                "run again to go on, or fetch a shorter range",
            ));
        }
        host.requests += 1;
        let slot = host.next.max(elapsed);
        host.next = slot + self.gap;
        Ok(slot - elapsed)
    }

    /// Keeps what an answer means for the requests after it.
    pub(super) fn note(
        &self,
        host: &str,
        elapsed: Duration,
        pause: Option<Duration>,
        refusal: Option<&Refusal>,
    ) {
        let mut known = lock(&self.known);
        let host = known.entry(host.to_owned()).or_default();
        if let Some(pause) = pause {
            host.next = host.next.max(elapsed.saturating_add(pause));
        }
        if let Some(refusal) = refusal.filter(|refusal| refusal.closes) {
            host.closed = Some(refusal.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_run_has_its_budget_back_and_keeps_the_pause() {
        let hosts = Hosts::new(1, 60);
        assert!(hosts.admit("a", Duration::ZERO).is_ok());
        let closing = Refusal { closes: true, ..Refusal::for_good("no".to_owned(), "go away") };
        hosts.note("a", Duration::ZERO, Some(Duration::from_secs(90)), Some(&closing));
        assert!(hosts.admit("a", Duration::ZERO).is_err());
        hosts.renew();
        assert_eq!(hosts.admit("a", Duration::ZERO).ok(), Some(Duration::from_secs(90)));
        assert!(hosts.admit("a", Duration::ZERO).is_err(), "the budget of this run is spent");
    }
}
