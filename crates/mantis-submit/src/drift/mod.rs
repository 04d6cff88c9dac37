//! Whether the validator's configuration is still the one that the pinned profile describes.

mod profile;
mod python;
mod token;

use std::fmt;

pub use profile::compare;

use self::python::Names;
use crate::error::{Error, Result};
use crate::preflight::Severity;

/// The text of the validator's `config.py`, read and not executed.
///
/// Values are taken from literals, arithmetic between them, `append`, and the defaults of
/// environment variables. What is given in another way is unreadable, which [`compare`] reports as
/// a difference: it is never taken for unchanged.
///
/// ```
/// use mantis_data::ChallengeTable;
/// use mantis_submit::drift::{ValidatorConfig, compare};
///
/// let text = "NETUID = 124\nCHALLENGES = []\n";
/// let report = compare(&ChallengeTable::profile("guide")?, &ValidatorConfig::parse(text)?);
/// assert!(report.refuses_all());
/// assert!(report.refusal_of("BTC").is_some());
/// assert!(report.to_string().contains("NETUID is 124, pinned 123"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct ValidatorConfig {
    names: Names,
}

impl ValidatorConfig {
    /// Reads the text.
    ///
    /// # Errors
    /// [`Error::Config`] if it is no Python source or has no `CHALLENGES`.
    pub fn parse(text: &str) -> Result<Self> {
        let names = Names::read(text)
            .map_err(|(line, problem)| Error::Config { line, problem: problem.to_owned() })?;
        if names.get("CHALLENGES") == python::Found::Missing {
            let problem = "CHALLENGES is assigned nowhere".to_owned();
            return Err(Error::Config { line: 1, problem });
        }
        Ok(Self { names })
    }
}

/// What a difference keeps from being submitted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Nothing: it changes what is paid, or where things are.
    Nothing,
    /// The challenge with this ticker, whose numbers would mean something else.
    Challenge(String),
    /// Everything: no payload would be opened, or none in time.
    Everything,
}

/// A value that is not as pinned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// Where: the name of a constant, or ticker and field of a challenge.
    pub name: String,
    /// What the profile has.
    pub pinned: String,
    /// What the configuration has.
    pub found: String,
    /// What it keeps from being submitted.
    pub effect: Effect,
}

impl Difference {
    /// Errors keep something from being submitted.
    #[must_use]
    pub fn severity(&self) -> Severity {
        if self.effect == Effect::Nothing { Severity::Warning } else { Severity::Error }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, pinned {}", self.name, self.found, self.pinned)?;
        match &self.effect {
            Effect::Nothing => Ok(()),
            Effect::Challenge(ticker) => write!(f, "; {ticker} is not submitted"),
            Effect::Everything => write!(f, "; nothing is submitted"),
        }
    }
}

/// All differences.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DriftReport {
    /// In order of the profile.
    pub differences: Vec<Difference>,
}

impl DriftReport {
    /// Whether nothing may be submitted.
    #[must_use]
    pub fn refuses_all(&self) -> bool {
        self.differences.iter().any(|difference| difference.effect == Effect::Everything)
    }

    /// Why a challenge may not be submitted, if it may not.
    #[must_use]
    pub fn refusal_of(&self, ticker: &str) -> Option<&Difference> {
        self.differences.iter().find(|difference| match &difference.effect {
            Effect::Nothing => false,
            Effect::Challenge(refused) => refused == ticker,
            Effect::Everything => true,
        })
    }
}

/// One difference per line.
impl fmt::Display for DriftReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.differences.iter().try_for_each(|difference| writeln!(f, "{difference}"))
    }
}

#[cfg(test)]
mod tests;
