//! Trials as they are kept on disk.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use mantis_data::input::{self, most};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Error, Result};

/// One combination of values, and what it is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    /// Its number in the search.
    pub number: usize,
    /// The round of successive halving, from 0; 0 in other searches.
    #[serde(default)]
    pub rung: usize,
    /// The values by name.
    pub values: BTreeMap<String, Value>,
    /// The whole recipe.
    pub recipe: Value,
    /// Fingerprint of the data.
    pub data: String,
    /// Hours judged.
    pub rows: usize,
    /// Mean log loss of the hybrid, by which trials are ordered.
    pub log_loss: f64,
    /// Area under the ROC curve.
    pub auc: f64,
    /// Accuracy.
    pub accuracy: f64,
}

impl Trial {
    /// The file of its own.
    pub(super) fn path(&self, folder: &Path) -> PathBuf {
        let Self { number, rung, .. } = self;
        let of_rung = if *rung == 0 { String::new() } else { format!("-rung-{rung}") };
        folder.join(format!("trial-{number:05}{of_rung}.json"))
    }
}

/// The trials that are done, the last rung first, and in it the best.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Swept {
    /// The trials.
    pub trials: Vec<Trial>,
    /// Trials in the search, where it is known.
    pub planned: Option<usize>,
    /// Trials of other shards that the next rung waits for.
    pub awaited: usize,
}

/// The trials of several folders, as shards leave them.
///
/// # Errors
/// For a folder that cannot be read, a file that is no trial, trials of different data, and two of one number that differ.
pub fn merge(folders: &[PathBuf]) -> Result<Swept> {
    let mut trials: BTreeMap<(usize, usize), Trial> = BTreeMap::new();
    for folder in folders {
        let read = |source| Error::Read { path: folder.clone(), source };
        for entry in std::fs::read_dir(folder).map_err(read)? {
            let path = entry.map_err(read)?.path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let trial = stored(&path)?;
            let first = trials.values().next();
            let key = (trial.rung, trial.number);
            let other = trials.get(&key).is_some_and(|known| *known != trial)
                || first.is_some_and(|first| first.data != trial.data);
            if other {
                return Err(Error::usage(&format!(
                    "{}: this trial is of another search or of other data than the rest; give the folders of one search",
                    path.display()
                )));
            }
            trials.insert(key, trial);
        }
    }
    let mut trials: Vec<Trial> = trials.into_values().collect();
    trials.sort_by(|a, b| b.rung.cmp(&a.rung).then(a.log_loss.total_cmp(&b.log_loss)));
    Ok(Swept { trials, planned: None, awaited: 0 })
}

fn stored(path: &Path) -> Result<Trial> {
    let text = input::text(path, most::DOCUMENT)
        .map_err(|source| Error::Read { path: path.to_owned(), source })?;
    let wrong = |error: serde_json::Error| {
        Error::usage(&format!(
            "{}: this is not a whole trial ({error}); remove the file",
            path.display()
        ))
    };
    serde_json::from_str(&text).map_err(wrong)
}

/// The trial as it is on disk, if it is there.
pub(super) fn done(folder: &Path, wanted: &Trial) -> Result<Option<Trial>> {
    let path = wanted.path(folder);
    if !path.exists() {
        return Ok(None);
    }
    let trial = stored(&path)?;
    if (&trial.recipe, &trial.data) == (&wanted.recipe, &wanted.data) {
        return Ok(Some(trial));
    }
    Err(Error::usage(&format!(
        "{}: this trial is of another search or of other data; remove the folder, or give another --out",
        path.display()
    )))
}

impl fmt::Display for Swept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = self.planned.map_or_else(String::new, |planned| format!(" of {planned}"));
        writeln!(f, "{}{of} trials, judged before the end of validation\n", self.trials.len())?;
        writeln!(f, "  trial  rung   log loss      AUC  accuracy    rows  values")?;
        for trial in &self.trials {
            let values: Vec<String> =
                trial.values.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            writeln!(
                f,
                "  {:>5}  {:>4}   {:.6}   {:.4}    {:.4}  {:>6}  {}",
                trial.number,
                trial.rung,
                trial.log_loss,
                trial.auc,
                trial.accuracy,
                trial.rows,
                values.join(", "),
            )?;
        }
        if self.awaited > 0 {
            writeln!(
                f,
                "\nTrials of other shards that the next rung waits for: {}. Run those into the same folder, then this again.",
                self.awaited
            )?;
        }
        writeln!(
            f,
            "\nThe best of many trials looks better than it is: train it with --config, and judge it once on the test period."
        )
    }
}
