//! A trained model: what it needs to make forecasts, and nothing of the engines that trained it.

mod forecast;
pub(crate) mod store;

use mantis_data::{Panel, Timestamp};
use mantis_features::FeatureFrame;
use mantis_features::plan::FeaturePlan;
use serde::{Deserialize, Serialize};

use crate::gbdt::Trees;
use crate::lstm::{Lstm, LstmWeights};
use crate::recipe::Recipe;
use crate::scaler::Scaler;
use crate::training_log::TrainingLog;
use crate::{Error, Result};

pub use forecast::{Explanation, Forecast};
pub use store::FORMAT_VERSION;

/// Hashes of what a model was made from.
///
/// A plan's fingerprint holds how modes are made only if a column reads them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprints {
    /// Of the panel as it was known at the end of validation: later data has no part in the model.
    pub data: String,
    /// Of the plan whose columns were candidates.
    pub plan: String,
    /// Of the columns that were chosen.
    pub features: String,
    /// Version of the code.
    pub code: String,
}

/// A trained model of one symbol.
///
/// The folder that [`Artifact::save`] writes mirrors the one of the mining guide: `lstm_model.safetensors`,
/// `gbdt_model.txt`, `scaler.json`, `features.json` and `config.json`. Two trainings with the same data, recipe and seed
/// write the same bytes. Forecasts need neither libtorch nor LightGBM.
///
/// ```no_run
/// use mantis_data::challenge::ChallengeTable;
/// use mantis_data::{FolderStore, Interval, Timestamp};
/// use mantis_models::Artifact;
///
/// let store = FolderStore::open("fixtures/data")?;
/// let panel = store.panel(Interval::HOUR, &["BTCUSDT", "BTCUSDT_PERP", "ETHUSDT"])?;
/// let artifact = Artifact::load("target/demo/artifact")?;
/// let now = Timestamp::parse("2025-03-01T12:00:00Z")?;
/// let forecast = artifact.latest(&panel.as_of(now), 2)?;
///
/// let table = ChallengeTable::profile("guide")?;
/// let embedding = artifact.embedding(table.get("BTC")?, &forecast)?;
/// assert_eq!(embedding.values().len(), 2);
/// # Ok::<(), mantis_models::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Artifact {
    recipe: Recipe,
    /// First bar of the history that recursive indicators started from.
    history_start: Timestamp,
    features: FeaturePlan,
    scaler: Scaler,
    weights: LstmWeights,
    network: Lstm,
    head: Trees,
    log: TrainingLog,
    fingerprints: Fingerprints,
}

impl Artifact {
    /// Puts the fitted parts together.
    ///
    /// # Errors
    /// [`Error::Features`] when the panel has no bars of the symbol or the frame lacks a column of the scaler.
    #[cfg(feature = "torch")]
    pub(crate) fn new(
        recipe: Recipe,
        (panel, frame): (&Panel, &FeatureFrame),
        (scaler, weights, head): (Scaler, LstmWeights, Trees),
        log: TrainingLog,
    ) -> Result<Self> {
        let history_start = history_start(panel, recipe.plan.symbol())?;
        debug_assert!(scaler.names.iter().all(|name| frame.column(name).is_some()));
        let features = recipe.plan.only(&scaler.names)?;
        let fingerprints = Fingerprints {
            data: panel.as_of(recipe.dates.validation_end).fingerprint(),
            plan: store::fingerprint(&recipe.plan),
            features: store::fingerprint(&features),
            code: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let network = Lstm::new(&weights);
        Ok(Self {
            recipe,
            history_start,
            features,
            scaler,
            weights,
            network,
            head,
            log,
            fingerprints,
        })
    }

    /// What was trained.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The chosen columns.
    #[must_use]
    pub fn features(&self) -> &FeaturePlan {
        &self.features
    }

    /// The trees of the head.
    #[must_use]
    pub fn head(&self) -> &Trees {
        &self.head
    }

    /// How it was trained.
    #[must_use]
    pub fn log(&self) -> &TrainingLog {
        &self.log
    }

    /// What it was made from.
    #[must_use]
    pub fn fingerprints(&self) -> &Fingerprints {
        &self.fingerprints
    }

    /// Checks that a panel starts where the training's started, so that recursive indicators agree.
    ///
    /// # Errors
    /// [`Error::HistoryStart`] if not, [`Error::Features`] for a panel without the symbol.
    pub fn check_history(&self, panel: &Panel) -> Result<()> {
        let symbol = self.features.symbol();
        let got = history_start(panel, symbol)?;
        if got == self.history_start {
            return Ok(());
        }
        let (symbol, expected) = (symbol.to_owned(), self.history_start);
        Err(Error::HistoryStart { symbol, got, expected })
    }

    /// Computes the chosen columns on a panel, from `from_row` on.
    ///
    /// # Errors
    /// [`Error::HistoryStart`] for a panel whose history starts elsewhere than the training's, [`Error::Features`] for one
    /// that lacks an input.
    pub fn frame(&self, panel: &Panel, from_row: usize, threads: usize) -> Result<FeatureFrame> {
        self.check_history(panel)?;
        let options = mantis_features::plan::ComputeOptions::default()
            .with_threads(threads)
            .with_from_row(from_row);
        let frame = self.features.compute(panel, &options)?;
        frame.require_complete()?;
        Ok(frame)
    }
}

/// First bar of a symbol.
pub(crate) fn history_start(panel: &Panel, symbol: &str) -> Result<Timestamp> {
    let first = panel.bars(symbol).and_then(|bars| bars.open_time().first().copied());
    let missing = || mantis_features::Error::MissingSymbol { symbol: symbol.to_owned() };
    Ok(first.ok_or_else(missing)?)
}
