//! The folder of a pooled model.

use std::path::Path;

use mantis_data::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Answer, Answered, Cases, Losses, PooledModel, PooledRecipe};
use crate::Fingerprints;
use crate::artifact::FORMAT_VERSION;
use crate::artifact::store::{
    CONFIG, check_plan, hash, json, read_checked, read_config, write_folder,
};
use crate::gbdt::Trees;
use crate::{Error, Result};

/// What `config.json` says the folder is.
const KIND: &str = "pooled";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    format_version: u64,
    kind: String,
    recipe: PooledRecipe,
    history_start: Vec<Timestamp>,
    fingerprints: Fingerprints,
    answers: Vec<Stored>,
}

/// An answer: a share, or the SHA-256 of the file of its trees.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    name: String,
    cases: Cases,
    validation: Option<Losses>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

/// The file of a question's trees, which never lies outside the folder.
pub(super) fn file(name: &str) -> Result<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if name.is_empty() || !name.bytes().all(plain) {
        return Err(Error::QuestionName { name: name.to_owned() });
    }
    Ok(format!("{name}.txt"))
}

impl PooledModel {
    /// Writes the folder: `config.json` and a file of trees for each question that has some. As
    /// [`Artifact::save`](crate::Artifact::save) it replaces a model that is there, and nothing else.
    ///
    /// # Errors
    /// As [`Artifact::save`](crate::Artifact::save).
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        let mut files = Vec::new();
        let mut answers = Vec::new();
        for Answered { name, answer, cases, validation } in &self.answers {
            let (share, sha256) = match answer {
                Answer::Share(share) => (Some(*share), None),
                Answer::Trees(trees) => {
                    let bytes = trees.text().as_bytes().to_vec();
                    let sha256 = hash(&bytes);
                    files.push((file(name)?, bytes));
                    (None, Some(sha256))
                }
            };
            let (name, cases, validation) = (name.clone(), *cases, *validation);
            answers.push(Stored { name, cases, validation, share, sha256 });
        }
        let config = Config {
            format_version: FORMAT_VERSION,
            kind: KIND.to_owned(),
            recipe: self.recipe.clone(),
            history_start: self.history_start.clone(),
            fingerprints: self.fingerprints.clone(),
            answers,
        };
        files.push((CONFIG.to_owned(), json(&config)?));
        write_folder(folder.as_ref(), &files)
    }

    /// Reads the folder.
    ///
    /// # Errors
    /// As [`Artifact::load`](crate::Artifact::load).
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let config: Config = read_config(folder, KIND)?;
        let mismatch = |part, got: String, expected: String| {
            Err(Error::Mismatch { path: folder.to_owned(), part, got, expected })
        };
        check_plan(folder, &config.recipe.fingerprint()?, &config.fingerprints)?;
        let symbols = config.recipe.symbols.len();
        if config.history_start.len() != symbols {
            let got = config.history_start.len().to_string();
            return mismatch("number of histories", got, symbols.to_string());
        }
        let mut answers = Vec::new();
        for stored in config.answers {
            let unsafe_name = |error: Error| Error::Damaged {
                path: folder.join(CONFIG),
                reason: error.to_string(),
            };
            let file = file(&stored.name).map_err(unsafe_name)?;
            let answer = match (stored.share, stored.sha256) {
                (Some(share), None) if (0.0..=1.0).contains(&share) => Answer::Share(share),
                (None, Some(sha256)) => {
                    let path = folder.join(file);
                    let bytes = read_checked(&path, &sha256)?;
                    let trees = Trees::parse(&String::from_utf8_lossy(&bytes))
                        .map_err(|reason| Error::Damaged { path, reason })?;
                    if trees.columns() != config.recipe.inputs() {
                        let expected = config.recipe.inputs().to_string();
                        return mismatch(
                            "trees' number of inputs",
                            trees.columns().to_string(),
                            expected,
                        );
                    }
                    Answer::Trees(trees)
                }
                _ => {
                    let reason = format!("{}: expected a share or the hash of trees", stored.name);
                    return Err(Error::Damaged { path: folder.join(CONFIG), reason });
                }
            };
            let Stored { name, cases, validation, .. } = stored;
            answers.push(Answered { name, answer, cases, validation });
        }
        Ok(Self {
            recipe: config.recipe,
            history_start: config.history_start,
            fingerprints: config.fingerprints,
            answers,
        })
    }
}
