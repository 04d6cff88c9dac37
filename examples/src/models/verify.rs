//! What the program `verify` does: the mining guide's six checks of a training.

use std::fmt;
use std::path::Path;

use mantis_data::{Challenge, LossKind, Panel, Timestamp};
use mantis_features::plan::FeaturePlan;
use mantis_features::split::Split;
use mantis_models::{Artifact, Forecast};
use serde::Serialize;

use super::market;
use super::text::{day, thousands};
use crate::Result;

/// The files of an artifact and what is in them.
const FILES: [(&str, &str); 5] = [
    ("lstm_model.safetensors", "weights of the LSTM"),
    ("gbdt_model.txt", "trees of the head"),
    ("scaler.json", "scaler of the features"),
    ("features.json", "chosen columns"),
    ("config.json", "recipe, fingerprints, training log"),
];

/// One of the checks.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Name in the guide's summary.
    pub name: &'static str,
    /// Whether it succeeded.
    pub passed: bool,
    /// What was found; for a failure the last line says what is wrong.
    pub lines: Vec<String>,
}

/// All checks of one model.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    /// The challenge's ticker.
    pub ticker: String,
    /// The checks in order; those after one that failed are tried if they can be.
    pub steps: Vec<Step>,
}

impl Verified {
    /// Whether all checks succeeded.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.steps.iter().all(|step| step.passed)
    }
}

pub(crate) type Found = std::result::Result<Vec<String>, (Vec<String>, String)>;

pub(crate) fn step(name: &'static str, found: Found) -> Step {
    match found {
        Ok(lines) => Step { name, passed: true, lines },
        Err((mut lines, wrong)) => {
            lines.push(wrong);
            Step { name, passed: false, lines }
        }
    }
}

/// Checks files, configuration, data, split, features and a forecast. Nothing is trained, and no engine is needed.
#[must_use]
pub fn verify(
    challenge: &Challenge,
    folder: &Path,
    data_dir: &Path,
    as_of: Timestamp,
    threads: usize,
) -> Verified {
    if challenge.loss != LossKind::Binary {
        return super::heads::verify(challenge, folder, data_dir, as_of, threads);
    }
    let mut steps = vec![step("Model Files", files(folder))];
    let loaded = Artifact::load(folder);
    steps.push(step("Configuration", configuration(challenge, &loaded)));
    let artifact = loaded.as_ref().ok();
    // Of a model that cannot be read the data can still be looked at.
    let plan = artifact.map_or_else(
        || FeaturePlan::guide(&market::symbol(&challenge.assets[0])),
        |artifact| artifact.features().clone(),
    );
    let panel = market::open(data_dir).and_then(|data| market::panel(&data, &plan, as_of));
    steps.push(step("Data Loading", data(plan.symbol(), panel.as_ref())));
    let ready = match (&artifact, &panel) {
        (Some(artifact), Ok(panel)) => Ok((*artifact, panel)),
        _ => Err((Vec::new(), "not tried: it needs the model and the data".to_owned())),
    };
    let both = |check: &dyn Fn(&Artifact, &Panel) -> Result<Vec<String>>| match &ready {
        Ok((artifact, panel)) => check(artifact, panel).map_err(|e| (Vec::new(), e.to_string())),
        Err(missing) => Err(missing.clone()),
    };
    steps.push(step("Data Splitting", both(&split)));
    steps.push(step("Feature Extraction", both(&|a, p| features(a, p, threads))));
    steps.push(step("Model Architecture", both(&|a, p| architecture(a, p, threads))));
    Verified { ticker: challenge.ticker.clone(), steps }
}

fn files(folder: &Path) -> Found {
    let mut lines = Vec::new();
    let mut missing = Vec::new();
    for (name, what) in FILES {
        match std::fs::metadata(folder.join(name)) {
            Ok(file) => {
                lines.push(format!("{name} ({what}) - {:.1} KB", file.len() as f64 / 1024.0));
            }
            Err(_) => missing.push(name),
        }
    }
    if missing.is_empty() {
        return Ok(lines);
    }
    Err((lines, format!("{}: no {}; train the model", folder.display(), missing.join(", "))))
}

fn configuration(challenge: &Challenge, loaded: &mantis_models::Result<Artifact>) -> Found {
    let artifact = loaded.as_ref().map_err(|error| (Vec::new(), error.to_string()))?;
    let recipe = artifact.recipe();
    let modes = recipe.plan.modes();
    let lines = vec![
        format!("Embedding dimension: {}", challenge.dim),
        format!("LSTM hidden units: {}", recipe.lstm.hidden),
        format!("LSTM layers: {}", recipe.lstm.layers),
        format!("Time steps: {}", recipe.lstm.steps),
        format!("VMD components (K): {}, window {} bars", modes.params.k, modes.window),
        format!("TMFG features: {}", artifact.features().names().len()),
        format!("GBDT: {} trees, depth {}", artifact.head().len(), recipe.head.depth),
        format!("Horizon: {}", recipe.horizon),
    ];
    let symbol = artifact.features().symbol();
    let expected = market::symbol(&challenge.assets[0]);
    if symbol != expected {
        let wrong = format!("the model is of {symbol}, {} needs {expected}", challenge.ticker);
        return Err((lines, wrong));
    }
    Ok(lines)
}

fn data(symbol: &str, panel: std::result::Result<&Panel, &crate::Error>) -> Found {
    let panel = panel.map_err(|error| (Vec::new(), error.to_string()))?;
    let mut lines = Vec::new();
    for name in panel.symbols() {
        let Some(bars) = panel.bars(name) else { continue };
        let ends = bars.open_time().first().zip(bars.open_time().last());
        let range =
            ends.map_or_else(String::new, |(from, to)| format!(", {} to {}", day(*from), day(*to)));
        lines.push(format!("{name}: {} bars{range}", thousands(bars.len())));
        for kind in mantis_data::SeriesKind::ALL {
            if let Some(series) = panel.series(name, kind) {
                lines.push(format!("{name}: {} values of {kind:?}", thousands(series.len())));
            }
        }
    }
    match panel.bars(symbol) {
        Some(bars) if !bars.is_empty() => Ok(lines),
        _ => Err((lines, format!("{symbol}: no bars known at the time; fetch some"))),
    }
}

fn split(artifact: &Artifact, panel: &Panel) -> Result<Vec<String>> {
    let recipe = artifact.recipe();
    let symbol = artifact.features().symbol();
    let missing = || mantis_features::Error::MissingSymbol { symbol: symbol.to_owned() };
    let bars = panel.bars(symbol).ok_or_else(missing)?;
    let labels = mantis_features::label::direction(bars, recipe.horizon)?;
    let known_at: Vec<Timestamp> = (0..bars.len()).map(|row| bars.known_at(row)).collect();
    let mut dates = recipe.dates;
    let known = known_at.last().copied().unwrap_or(dates.validation_end) + bars.interval();
    dates.test_end = known.max(dates.validation_end);
    let split = Split::by_dates(&known_at, &labels.resolves_at, dates, recipe.embargo)?;
    let part = |name: &str, rows: std::ops::Range<usize>| {
        if rows.is_empty() {
            return format!("{name}: 0 samples");
        }
        let (from, to) = (day(known_at[rows.start]), day(known_at[rows.end - 1]));
        format!("{name}: {} samples, {from} to {to}", thousands(rows.len()))
    };
    Ok(vec![
        part("Train", split.train.clone()),
        part("Val", split.validation.clone()),
        part("Test", split.test.clone()),
        format!(
            "Dropped between the parts: {} and {} rows (purge and embargo of {})",
            split.train_dropped.purged + split.train_dropped.embargoed,
            split.validation_dropped.purged + split.validation_dropped.embargoed,
            recipe.embargo,
        ),
    ])
}

fn features(artifact: &Artifact, panel: &Panel, threads: usize) -> Result<Vec<String>> {
    let symbol = artifact.features().symbol();
    let rows = panel.bars(symbol).map_or(0, mantis_data::Bars::len);
    let frame =
        artifact.frame(panel, rows.saturating_sub(artifact.recipe().lstm.steps), threads)?;
    let names = artifact.features().names();
    let modes = names.iter().filter(|name| name.starts_with("vmd")).count();
    let candidates = artifact.recipe().plan.names().len();
    Ok(vec![
        format!("VMD decomposition: {modes} columns of modes among the chosen"),
        format!("Technical indicators: {candidates} candidates in the plan"),
        format!("Feature selection: {}", names.join(", ")),
        format!(
            "Last bar: {}",
            frame.known_at().last().map_or_else(String::new, ToString::to_string)
        ),
    ])
}

/// Loads, forecasts the last bar live and among its predecessors, and compares the bits.
fn architecture(artifact: &Artifact, panel: &Panel, threads: usize) -> Result<Vec<String>> {
    let symbol = artifact.features().symbol();
    let rows = panel.bars(symbol).map_or(0, mantis_data::Bars::len);
    let recipe = artifact.recipe();
    let live = artifact.latest(panel, threads)?;
    let frame = artifact.frame(panel, rows.saturating_sub(3 * recipe.lstm.steps), threads)?;
    let among = artifact.forecasts(&frame, rows - 1..rows, threads)?;
    let same = |f: &Forecast| f.p_up.to_bits() == live.p_up.to_bits() && f.hidden == live.hidden;
    if !among.iter().any(same) {
        return Err(crate::Error::SelfCheck {
            what: "live forecast",
            got: format!("{}", live.p_up),
            expected: format!("{:?}", among.first().map(|f| f.p_up)),
        });
    }
    Ok(vec![
        format!(
            "LSTM: {} steps x {} features, {} x {} units, dense {:?}, {} output",
            recipe.lstm.steps,
            artifact.features().names().len(),
            recipe.lstm.layers,
            recipe.lstm.hidden,
            recipe.lstm.dense,
            recipe.lstm.outputs,
        ),
        format!("GBDT: {} trees over {} inputs", artifact.head().len(), artifact.head().columns()),
        format!("Inference: p_up {:.4} for the hour after {}", live.p_up, live.time),
        "Live and back-test agree bit for bit".to_owned(),
    ])
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const TITLES: [&str; 6] = [
            "Checking model files",
            "Verifying model configuration",
            "Loading data",
            "Splitting data",
            "Extracting features",
            "Running the model",
        ];
        writeln!(f, "{}", self.ticker)?;
        for (i, (step, title)) in self.steps.iter().zip(TITLES).enumerate() {
            writeln!(f, "Step {}: {title}...", i + 1)?;
            for (at, line) in step.lines.iter().enumerate() {
                let wrong = !step.passed && at + 1 == step.lines.len();
                writeln!(f, "  {} {line}", if wrong { '✗' } else { '✓' })?;
            }
        }
        writeln!(f, "\nTraining Process Verification Summary")?;
        for step in &self.steps {
            let (tick, word) = if step.passed { ('✓', "PASS") } else { ('✗', "FAIL") };
            writeln!(f, "  {tick} {word}: {}", step.name)?;
        }
        if self.passed() {
            writeln!(f, "\n✓ All steps passed! Training process verified successfully.")
        } else {
            let failed = self.steps.iter().filter(|step| !step.passed).count();
            writeln!(f, "\n✗ {failed} of {} steps failed.", self.steps.len())
        }
    }
}
