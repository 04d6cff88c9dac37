//! How a miner is doing, for whoever watches it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use mantis_data::Timestamp;

use super::report::CycleReport;
use super::state::{Health, State};

/// How a miner is doing; [`Vitals::prometheus`] and [`Vitals::health`] say it.
#[derive(Clone, Debug)]
pub struct Vitals {
    state: State,
    started: Option<Timestamp>,
    /// Since this process started.
    cycles: u64,
    stored: u64,
    seconds: f64,
    upload_seconds: f64,
    attempts: u64,
    salience: BTreeMap<String, f64>,
}

impl Vitals {
    pub(super) fn new(state: &State) -> Self {
        Self {
            state: state.clone(),
            started: None,
            cycles: 0,
            stored: 0,
            seconds: 0.0,
            upload_seconds: 0.0,
            attempts: 0,
            salience: BTreeMap::new(),
        }
    }

    pub(super) fn take(&mut self, report: &CycleReport, state: &State) {
        self.started.get_or_insert(report.time);
        self.cycles += 1;
        self.seconds += report.seconds;
        if let Some(stored) = &report.stored {
            self.stored += 1;
            self.upload_seconds += stored.upload_seconds;
            self.attempts += u64::from(stored.attempts);
        }
        self.state = state.clone();
    }

    /// Shows the salience of the last evaluation, by ticker.
    pub fn set_salience(&mut self, salience: BTreeMap<String, f64>) {
        self.salience = salience;
    }

    /// As [`State::health`].
    #[must_use]
    pub fn health(&self, now: Timestamp) -> Health {
        self.state.health(now)
    }

    /// All numbers in Prometheus' text format.
    #[must_use]
    pub fn prometheus(&self, now: Timestamp) -> String {
        let mut page = Page(String::new());
        let last = self.state.last_cycle.as_ref();
        let upload = self.state.last_upload.as_ref();
        let stored = upload.and_then(|report| report.stored.as_ref());
        page.one("up", "gauge", "1 if the last object is recent", f64::from(self.health(now).ok));
        page.one("cycles_total", "counter", "cycles since the start", self.cycles as f64);
        page.one("objects_total", "counter", "objects stored since the start", self.stored as f64);
        page.one(
            "upload_attempts_total",
            "counter",
            "uploads of stored objects since the start, retries included",
            self.attempts as f64,
        );
        page.one("cycle_seconds_total", "counter", "seconds in cycles", self.seconds);
        page.one("upload_seconds_total", "counter", "seconds in uploads", self.upload_seconds);
        page.option("cycle_seconds", "seconds of the last cycle", last.map(|last| last.seconds));
        page.option(
            "upload_seconds",
            "seconds of the last upload, retries included",
            stored.map(|stored| stored.upload_seconds),
        );
        page.option(
            "object_age_seconds",
            "seconds since the last object was stored",
            upload.map(|report| age(report.time, now)),
        );
        page.option(
            "object_opens_seconds",
            "seconds until the last object opens",
            stored.map(|stored| -age(stored.opens, now)),
        );
        page.option("object_bytes", "size of the last object", stored.map(|s| s.bytes as f64));
        page.option(
            "data_age_seconds",
            "age of the oldest data in the last object",
            upload
                .and_then(|report| Some(report.data_age_seconds? + age(report.time, now).max(0.0))),
        );
        page.option(
            "embeddings",
            "challenges in the last object",
            upload.map(|report| report.embedded.len() as f64),
        );
        page.option(
            "clock_skew_seconds",
            "by how much the store's clock is ahead",
            last.and_then(|last| last.skew_seconds).map(|skew| skew as f64),
        );
        page.one(
            "failures_in_a_row",
            "gauge",
            "cycles without an object since the last one with",
            self.state.failures_in_a_row as f64,
        );
        page.labelled(
            "failures_total",
            "counter",
            "failures by class, over all restarts",
            "class",
            self.state.failures.iter().map(|(class, count)| (class.as_str(), *count as f64)),
        );
        let committed = f64::from(self.state.commit.block.is_some());
        page.one("committed", "gauge", "1 if the chain was seen to hold the URL", committed);
        page.labelled(
            "salience",
            "gauge",
            "salience of the last evaluation",
            "challenge",
            self.salience.iter().map(|(ticker, value)| (ticker.as_str(), *value)),
        );
        page.0
    }
}

fn age(then: Timestamp, now: Timestamp) -> f64 {
    (now.as_micros() - then.as_micros()) as f64 / 1e6
}

struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string never fails.
        let _ = writeln!(self.0, "# HELP mantis_{name} {help}\n# TYPE mantis_{name} {kind}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: f64) {
        self.head(name, kind, help);
        let _ = writeln!(self.0, "mantis_{name} {value}");
    }

    fn option(&mut self, name: &str, help: &str, value: Option<f64>) {
        if let Some(value) = value {
            self.one(name, "gauge", help, value);
        }
    }

    fn labelled<'a>(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        label: &str,
        values: impl Iterator<Item = (&'a str, f64)>,
    ) {
        let mut values = values.peekable();
        if values.peek().is_some() {
            self.head(name, kind, help);
        }
        for (of, value) in values {
            let of = of.replace(['\\', '"', '\n'], "_");
            let _ = writeln!(self.0, "mantis_{name}{{{label}=\"{of}\"}} {value}");
        }
    }
}
