//! The drift guard of the programs: the validator's configuration from a file or an address.

use std::path::PathBuf;
use std::time::Duration;

use mantis_data::input::{self, most};
use mantis_data::{ChallengeTable, Interval, Timestamp};
use mantis_submit::Web;
use mantis_submit::drift::{DriftReport, ValidatorConfig, compare};

use crate::{Error, Result};

/// How often it is looked at.
const EVERY: Interval = Interval::hours(1);

/// Where the validator's `config.py` is: a path, or an address with `https://`.
#[derive(Clone, Debug)]
pub struct DriftGuard {
    place: String,
    table: ChallengeTable,
    looked: Option<Timestamp>,
}

impl DriftGuard {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(place: &str, table: ChallengeTable) -> Self {
        Self { place: place.to_owned(), table, looked: None }
    }

    /// Compares now.
    ///
    /// # Errors
    /// If the configuration cannot be read, which says nothing about whether it changed.
    pub fn look(&self) -> Result<DriftReport> {
        let text = if self.place.contains("://") {
            Web::new(Duration::from_secs(10)).text("validator's configuration", &self.place)?
        } else {
            let path = PathBuf::from(&self.place);
            input::text(&path, most::SETTINGS).map_err(|source| Error::Read { path, source })?
        };
        Ok(compare(&self.table, &ValidatorConfig::parse(&text)?))
    }

    /// Compares if it is time to.
    pub fn look_if_due(&mut self, now: Timestamp) -> Option<Result<DriftReport>> {
        let due = self.looked.is_none_or(|looked| {
            !(0..EVERY.as_micros()).contains(&(now.as_micros() - looked.as_micros()))
        });
        due.then(|| {
            self.looked = Some(now);
            self.look()
        })
    }
}
