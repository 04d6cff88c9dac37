//! The state of a training between two epochs, and its file.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use mantis_data::input::{self, most};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use sha2::{Digest, Sha256};

use super::examples::Examples;
use super::optimiser::AdamW;
use super::params::{LearningCurves, LstmParams, TrainParams};
use crate::sequences::Sequences;
use crate::{Error, Result};

/// Where a training is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    /// All weights in one row.
    pub(crate) weights: Vec<f32>,
    /// Those of the best epoch.
    pub(crate) best: Vec<f32>,
    pub(crate) optimiser: AdamW,
    pub(crate) curves: LearningCurves,
}

impl State {
    pub(crate) fn new(weights: Vec<f32>) -> Self {
        let optimiser = AdamW::new(weights.len());
        Self { best: weights.clone(), weights, optimiser, curves: LearningCurves::default() }
    }

    pub(crate) fn finished(&self, training: &TrainParams) -> bool {
        let epochs = self.curves.validation_loss.len();
        let since_best = epochs.saturating_sub(self.curves.best_epoch + 1);
        epochs >= training.epochs || (epochs > 0 && since_best >= training.patience)
    }

    /// Keeps the weights if they are the best so far.
    pub(crate) fn end_epoch(&mut self, train_loss: f64, validation_loss: f64) {
        let curves = &mut self.curves;
        let epoch = curves.validation_loss.len();
        if epoch == 0 || validation_loss < curves.validation_loss[curves.best_epoch] {
            curves.best_epoch = epoch;
            self.best.clone_from(&self.weights);
        }
        curves.train_loss.push(train_loss);
        curves.validation_loss.push(validation_loss);
    }
}

/// The file of a training, bound to what is trained.
pub(crate) struct Checkpoint {
    path: PathBuf,
    /// What the state depends on, by a name for people.
    identity: Vec<(&'static str, String)>,
}

const TENSORS: [&str; 4] = ["weights", "best", "mean", "square"];

impl Checkpoint {
    pub(crate) fn new(
        path: &Path,
        (params, training, seed): (&LstmParams, &TrainParams, u64),
        sequences: &Sequences,
        (train, validation): (&Examples, &Examples),
    ) -> Result<Self> {
        let json = |text: serde_json::Result<String>| {
            text.map_err(|e| Error::Engine { engine: "serde_json", reason: e.to_string() })
        };
        let identity = vec![
            ("format", "1".to_owned()),
            ("network", json(serde_json::to_string(params))?),
            ("training parameters", json(serde_json::to_string(training))?),
            ("seed", seed.to_string()),
            ("features", fingerprint(&[], &[sequences.values()])),
            ("training rows", of_examples(train)),
            ("validation rows", of_examples(validation)),
        ];
        Ok(Self { path: path.to_owned(), identity })
    }

    fn error(&self, problem: String) -> Error {
        Error::Checkpoint { path: self.path.clone(), problem }
    }

    /// The state that the file holds; `None` without a file.
    pub(crate) fn load(&self) -> Result<Option<State>> {
        let bytes = match input::bytes(&self.path, most::MODEL) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(self.error(format!("cannot be read: {e}"))),
        };
        let damaged = |e: &dyn std::fmt::Display| self.error(format!("is damaged: {e}"));
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(&e))?;
        let empty = HashMap::new();
        let metadata = header.metadata().as_ref().unwrap_or(&empty);
        let text = |name: &str| metadata.get(name).map_or("", String::as_str);
        for (name, expected) in &self.identity {
            let got = text(name);
            if got != expected {
                return Err(self.error(format!(
                    "belongs to another training: {name} was {got}, is {expected}"
                )));
            }
        }
        let file = SafeTensors::deserialize(&bytes).map_err(|e| damaged(&e))?;
        let numbers = |name: &str| -> Result<Vec<f32>> {
            let view = file.tensor(name).map_err(|e| damaged(&e))?;
            let chunks = view.data().chunks_exact(4);
            Ok(chunks.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
        };
        let [weights, best, mean, square] = TENSORS.map(numbers);
        let optimiser = AdamW {
            steps: text("steps").parse().map_err(|e| damaged(&e))?,
            mean: mean?,
            square: square?,
        };
        let curves = serde_json::from_str(text("curves")).map_err(|e| damaged(&e))?;
        Ok(Some(State { weights: weights?, best: best?, optimiser, curves }))
    }

    /// Replaces the file at once: a kill leaves the old one or the new one.
    pub(crate) fn save(&self, state: &State) -> Result<()> {
        let curves = serde_json::to_string(&state.curves)
            .map_err(|e| Error::Engine { engine: "serde_json", reason: e.to_string() })?;
        let mut metadata: HashMap<String, String> =
            self.identity.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        metadata.insert("steps".to_owned(), state.optimiser.steps.to_string());
        metadata.insert("curves".to_owned(), curves);
        let AdamW { mean, square, .. } = &state.optimiser;
        let bytes = [&state.weights, &state.best, mean, square]
            .map(|values| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>());
        let views = TENSORS
            .iter()
            .zip(&bytes)
            .map(|(name, bytes)| {
                Ok((name, TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes)?))
            })
            .collect::<std::result::Result<Vec<_>, safetensors::SafeTensorError>>();
        let bytes = views
            .and_then(|views| safetensors::serialize(views, Some(metadata)))
            .map_err(|e| Error::Engine { engine: "safetensors", reason: e.to_string() })?;
        self.write(&bytes).map_err(|e| self.error(format!("cannot be written: {e}")))
    }

    fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map(drop).map_err(|e| e.error)
    }
}

fn of_examples(part: &Examples) -> String {
    fingerprint(&part.rows, &[&part.targets, &part.weights])
}

fn fingerprint(rows: &[usize], numbers: &[&[f32]]) -> String {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| hash.update(bytes);
    rows.iter().for_each(|&row| add(&(row as u64).to_le_bytes()));
    for values in numbers {
        add(&(values.len() as u64).to_le_bytes());
        values.iter().for_each(|v| add(&v.to_bits().to_le_bytes()));
    }
    hex::encode(&hash.finalize()[..16])
}
