//! Flags that the programs of models share, named as in the mining guide.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mantis_data::{Challenge, ChallengeTable, Clock, Interval, LossKind, Timestamp};
use mantis_eval::metrics::PassCriterion;

use super::market;
use super::source::{CONFIG, artifact_folder};
use crate::program::{OutputFlags, ThreadFlags};
use crate::{Error, Result, SystemClock};

/// Which models, and what they read.
#[derive(Args, Clone, Debug)]
pub struct ModelFlags {
    /// Ticker or name of a challenge; may be repeated [default: all of the profile]
    #[arg(long)]
    pub ticker: Vec<String>,
    /// Table of challenges, or a TOML file with one of your own [default: 2026-07; a ticker alone is also found in older ones, so `--ticker BTC` works]
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Folder of the models: TICKER/config.json, or one model
    #[arg(long, value_name = "DIR", default_value = "models/checkpoints")]
    pub model_dir: PathBuf,
    /// Folder with market data: the store of `fetch`, or SYMBOL/ohlcv.{parquet,csv}
    #[arg(long, value_name = "DIR", default_value = "data/raw")]
    pub data_dir: PathBuf,
    /// Data after this time is never read [default: now]
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    pub as_of: Option<Timestamp>,
    /// On how many threads.
    #[command(flatten)]
    pub threads: ThreadFlags,
    /// How they answer.
    #[command(flatten)]
    pub output: OutputFlags,
}

impl ModelFlags {
    /// The table that `--profile` names.
    ///
    /// # Errors
    /// For a name of no table.
    pub fn table(&self) -> Result<ChallengeTable> {
        Ok(ChallengeTable::open(self.profile.as_deref().unwrap_or(ChallengeTable::NEWEST))?)
    }

    /// The table with the challenges asked for alone: that of the profile if one is given, else the newest that has all of them.
    ///
    /// # Errors
    /// For a ticker of no table.
    pub fn asked(&self) -> Result<ChallengeTable> {
        let table = self.table()?;
        if self.ticker.is_empty() {
            return Ok(table);
        }
        let asked = table.only(&self.ticker);
        if asked.is_err() && self.profile.is_none() {
            for profile in ChallengeTable::PROFILES.iter().rev() {
                if let Ok(older) = ChallengeTable::profile(profile)?.only(&self.ticker) {
                    return Ok(older);
                }
            }
        }
        Ok(asked?)
    }

    /// The challenges asked for, all of the table if none is named.
    ///
    /// # Errors
    /// For a ticker of no table.
    pub fn challenges(&self) -> Result<Vec<Challenge>> {
        if self.ticker.is_empty() {
            return Ok(self.table()?.challenges().to_vec());
        }
        let named = |ticker: &String| market::challenge(self.profile.as_deref(), ticker);
        self.ticker.iter().map(named).collect()
    }

    /// The challenges asked for that there are models of; a challenge that is named must have one, whatever is wrong with it.
    ///
    /// # Errors
    /// As [`ModelFlags::challenges`], and [`Error::Usage`] if there is no model at all.
    pub fn modelled(&self) -> Result<Vec<(Challenge, PathBuf)>> {
        let folder = |challenge: Challenge| {
            let folder = artifact_folder(&self.model_dir, &challenge.ticker);
            (challenge, folder)
        };
        if !self.ticker.is_empty() {
            return Ok(self.challenges()?.into_iter().map(folder).collect());
        }
        let mut found: Vec<Challenge> = self.challenges()?;
        if self.profile.is_none() {
            found.extend(ChallengeTable::profile("guide")?.challenges().iter().cloned());
        }
        let found: Vec<_> = found
            .into_iter()
            .map(folder)
            .filter(|(_, folder)| *folder != self.model_dir && folder.join(CONFIG).is_file())
            .collect();
        if found.is_empty() {
            return Err(Error::usage(&format!(
                "--model-dir {}: there is no TICKER/{CONFIG}; train a model, or name the challenge of a lone one with --ticker",
                self.model_dir.display()
            )));
        }
        Ok(found)
    }

    /// The time that data is read up to.
    #[must_use]
    pub fn as_of(&self) -> Timestamp {
        self.as_of.unwrap_or_else(now)
    }
}

/// Which columns there are to choose from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Plan {
    /// Those of the recipe: the mining guide's, unless a file names others.
    #[default]
    Guide,
    /// Those of [`mantis_features::FeaturePlan::default_for`]: more than 200.
    Default,
}

/// What is asked of a model of a direction.
#[derive(Args, Clone, Copy, Debug)]
pub struct CriterionFlags {
    /// What accuracy and the lower end of its 95 % interval must exceed [default: 0.55]
    #[arg(long, value_name = "SHARE")]
    min_accuracy: Option<f64>,
    /// What the area under the ROC curve must exceed [default: 0.55]
    #[arg(long, value_name = "AREA")]
    min_auc: Option<f64>,
}

impl CriterionFlags {
    /// The guide's criterion with what was given.
    ///
    /// # Errors
    /// For a number outside 0 to 1.
    pub fn criterion(&self) -> Result<PassCriterion> {
        let guide = PassCriterion::default();
        let accuracy = self.min_accuracy.unwrap_or(guide.accuracy);
        let low = self.min_accuracy.unwrap_or(guide.lower_bound);
        Ok(PassCriterion::new(accuracy, low, self.min_auc.unwrap_or(guide.auc))?)
    }

    /// Refuses flags that mean nothing for a challenge which was named.
    ///
    /// # Errors
    /// [`Error::Usage`] if one was given and a challenge has no direction.
    pub fn refuse_without_direction<'a>(
        &self,
        mut named: impl Iterator<Item = &'a Challenge>,
    ) -> Result<()> {
        let given = [("--min-accuracy", self.min_accuracy), ("--min-auc", self.min_auc)];
        let Some((flag, _)) = given.iter().find(|(_, value)| value.is_some()) else {
            return Ok(());
        };
        match named.find(|challenge| challenge.loss != LossKind::Binary) {
            Some(challenge) => Err(Error::usage(&format!(
                "{flag}: {} is of kind {}, which has no criterion; leave it out",
                challenge.ticker, challenge.loss
            ))),
            None => Ok(()),
        }
    }
}

/// The time now.
#[must_use]
pub fn now() -> Timestamp {
    SystemClock::default().now()
}

/// The end of a span: a date is meant with its whole day, a time as it stands.
///
/// # Errors
/// For a text that is neither.
pub fn end(text: &str) -> mantis_data::Result<Timestamp> {
    let time = Timestamp::parse(text)?;
    Ok(if text.trim().len() == "2024-12-31".len() { time + Interval::DAY } else { time })
}
