//! The folder of an artifact.

use std::collections::BTreeMap;
use std::path::Path;

use mantis_data::Timestamp;
use mantis_data::input::{self, most};
use mantis_features::plan::FeaturePlan;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Artifact, Fingerprints};
use crate::gbdt::Trees;
use crate::lstm::{Lstm, LstmWeights};
use crate::recipe::Recipe;
use crate::scaler::Scaler;
use crate::training_log::TrainingLog;
use crate::{Error, Result};

/// Version of the folder's format. Artifacts of another version are refused.
pub const FORMAT_VERSION: u64 = 2;

/// What `config.json` says the folder is.
const KIND: &str = "hybrid";

pub(crate) const CONFIG: &str = "config.json";
const FEATURES: &str = "features.json";
const SCALER: &str = "scaler.json";
const LSTM: &str = "lstm_model.safetensors";
const HEAD: &str = "gbdt_model.txt";

/// Content of `config.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    format_version: u64,
    kind: String,
    recipe: Recipe,
    history_start: Timestamp,
    fingerprints: Fingerprints,
    log: TrainingLog,
    /// SHA-256 of the other files.
    files: BTreeMap<String, String>,
}

/// The fields by which a folder is known before the rest is read.
#[derive(Deserialize)]
struct Head {
    format_version: u64,
    #[serde(default)]
    kind: Option<String>,
}

impl Artifact {
    /// Writes the folder: beside its place first, then at its place in one step. An artifact that is there already is
    /// replaced; anything else is left alone.
    ///
    /// # Errors
    /// [`Error::Occupied`] when the folder holds something else, [`Error::Io`] when the system refuses; then nothing is left
    /// behind.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        write_folder(folder.as_ref(), &self.files()?)
    }

    fn files(&self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let mut files = vec![
            (FEATURES, json(&self.features)?),
            (SCALER, json(&self.scaler)?),
            (LSTM, self.weights.to_bytes()?),
            (HEAD, self.head.text().as_bytes().to_vec()),
        ];
        let config = Config {
            format_version: FORMAT_VERSION,
            kind: KIND.to_owned(),
            recipe: self.recipe.clone(),
            history_start: self.history_start,
            fingerprints: self.fingerprints.clone(),
            log: self.log.clone(),
            files: files.iter().map(|(name, bytes)| ((*name).to_owned(), hash(bytes))).collect(),
        };
        files.push((CONFIG, json(&config)?));
        Ok(files)
    }

    /// Reads the folder.
    ///
    /// # Errors
    /// [`Error::Io`] for a file that cannot be read, [`Error::FormatVersion`], [`Error::WrongModel`] for a folder of another
    /// kind, [`Error::Damaged`] for a file that is not what was written, [`Error::OlderPlan`] for columns of modes whose
    /// settings read otherwise today, and [`Error::Mismatch`] when files of different models lie side by side.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let config: Config = read_config(folder, KIND)?;
        let file = |name: &str| -> Result<_> {
            let path = folder.join(name);
            let expected = config.files.get(name).map_or("", String::as_str);
            let bytes = read_checked(&path, expected)?;
            Ok((path, bytes))
        };
        let (path, bytes) = file(FEATURES)?;
        let features: FeaturePlan = parse(&path, &bytes)?;
        let (path, bytes) = file(SCALER)?;
        let scaler: Scaler = parse(&path, &bytes)?;
        let (path, bytes) = file(LSTM)?;
        let weights = LstmWeights::from_bytes(&config.recipe.lstm, scaler.names.len(), &bytes)
            .map_err(|reason| Error::Damaged { path, reason })?;
        let (path, bytes) = file(HEAD)?;
        let text = String::from_utf8_lossy(&bytes);
        let head = Trees::parse(&text).map_err(|reason| Error::Damaged { path, reason })?;
        let artifact = Self {
            network: Lstm::new(&weights),
            recipe: config.recipe,
            history_start: config.history_start,
            features,
            scaler,
            weights,
            head,
            log: config.log,
            fingerprints: config.fingerprints,
        };
        artifact.check(folder)?;
        Ok(artifact)
    }

    /// Checks that the parts belong together.
    fn check(&self, folder: &Path) -> Result<()> {
        check_plan(folder, &fingerprint(&self.features), &self.fingerprints)?;
        let names = self.features.names();
        let units = self.recipe.lstm.dense[1];
        let pairs = [
            ("list of features", names.join(", "), self.scaler.names.join(", ")),
            ("symbol", self.features.symbol().to_owned(), self.recipe.plan.symbol().to_owned()),
            ("head's number of inputs", self.head.columns().to_string(), units.to_string()),
            (
                "scaler's number of means",
                self.scaler.mean.len().to_string(),
                names.len().to_string(),
            ),
            (
                "scaler's number of deviations",
                self.scaler.deviation.len().to_string(),
                names.len().to_string(),
            ),
        ];
        match pairs.into_iter().find(|(_, got, expected)| got != expected) {
            None => Ok(()),
            Some((part, got, expected)) => {
                Err(Error::Mismatch { path: folder.to_owned(), part, got, expected })
            }
        }
    }
}

/// SHA-256 in hex of a plan. How modes are made is a part of it only where a column reads them, so that a setting which is added
/// to the decomposition leaves the models without modes as they are.
pub(crate) fn fingerprint(plan: &FeaturePlan) -> String {
    if plan.names().iter().any(|name| name.contains("vmd_")) {
        return plan.fingerprint();
    }
    hash(format!("{}\n{}", plan.symbol(), plan.names().join("\n")).as_bytes())
}

/// The files are whole when this is asked: a plan with another fingerprint is one that today's code completes otherwise.
pub(crate) fn check_plan(folder: &Path, got: &str, stored: &Fingerprints) -> Result<()> {
    if got == stored.features {
        return Ok(());
    }
    Err(Error::OlderPlan { path: folder.to_owned(), code: stored.code.clone() })
}

/// Writes a folder beside its place first, then at its place in one step.
pub(crate) fn write_folder<N: AsRef<Path>>(folder: &Path, files: &[(N, Vec<u8>)]) -> Result<()> {
    let io = |action| move |source| Error::Io { path: folder.to_owned(), action, source };
    let replaces = folder.exists();
    if replaces && !is_artifact(folder) {
        return Err(Error::Occupied { path: folder.to_owned() });
    }
    let parent = match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(parent).map_err(io("create the folder above"))?;
    let temporary = tempfile::Builder::new()
        .prefix(".artifact-")
        .tempdir_in(parent)
        .map_err(io("create a temporary folder beside"))?;
    let fresh = temporary.path().join("new");
    std::fs::create_dir(&fresh).map_err(io("create"))?;
    for (name, bytes) in files {
        std::fs::write(fresh.join(name), bytes).map_err(io("write"))?;
    }
    if replaces {
        std::fs::rename(folder, temporary.path().join("old")).map_err(io("replace"))?;
    }
    std::fs::rename(&fresh, folder).map_err(io("rename into place"))
}

/// Whether the folder holds an artifact of any version, or nothing.
fn is_artifact(folder: &Path) -> bool {
    let empty = || std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
    let config = || input::bytes(&folder.join(CONFIG), most::DOCUMENT).ok();
    empty() || config().is_some_and(|bytes| serde_json::from_slice::<Head>(&bytes).is_ok())
}

pub(crate) fn hash(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|e| Error::Engine { engine: "JSON", reason: e.to_string() })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The content of `config.json`, if the folder is of this version and kind.
pub(crate) fn read_config<T: DeserializeOwned>(folder: &Path, expected: &str) -> Result<T> {
    let path = folder.join(CONFIG);
    let bytes = read(&path)?;
    let Head { format_version: got, kind } = parse(&path, &bytes)?;
    if got != FORMAT_VERSION {
        return Err(Error::FormatVersion { path, got, expected: FORMAT_VERSION });
    }
    if kind.as_deref() != Some(expected) {
        let got = format!("kind {:?}", kind.unwrap_or_default());
        let expected = format!("kind {expected:?}");
        return Err(Error::WrongModel { path: folder.to_owned(), got, expected });
    }
    parse(&path, &bytes)
}

/// The content of a file whose hash stands in `config.json`.
pub(crate) fn read_checked(path: &Path, sha256: &str) -> Result<Vec<u8>> {
    let bytes = read(path)?;
    let got = hash(&bytes);
    if got == sha256 {
        return Ok(bytes);
    }
    let reason = format!("its SHA-256 is {got}, expected {sha256} as in {CONFIG}");
    Err(Error::Damaged { path: path.to_owned(), reason })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = |source| Error::Io { path: path.to_owned(), action: "read", source };
    input::bytes(path, most::MODEL).map_err(failed)
}

fn parse<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T> {
    serde_json::from_slice(bytes)
        .map_err(|e| Error::Damaged { path: path.to_owned(), reason: e.to_string() })
}
