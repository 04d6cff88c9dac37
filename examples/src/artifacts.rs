//! Trained artifacts on the data of a folder, served by the portable path.

use std::path::{Path, PathBuf};

use mantis_data::{DataDir, Interval, Panel, Timestamp};
use mantis_eval::competitors::TimedEmbedding;
use mantis_models::{Artifact, Forecast};

use crate::Result;

/// The file that makes a folder an artifact.
pub(crate) const CONFIG: &str = "config.json";

/// The folder of the artifact for a ticker.
#[must_use]
pub fn artifact_folder(model_dir: &Path, ticker: &str) -> PathBuf {
    if model_dir.join(CONFIG).is_file() { model_dir.to_owned() } else { model_dir.join(ticker) }
}

/// What an artifact reads, as it was known at `now`.
pub(crate) fn panel(data: &DataDir, artifact: &Artifact, now: Timestamp) -> Result<Panel> {
    let symbol = artifact.features().symbol();
    let perpetual = format!("{symbol}_PERP");
    let interval = Interval::HOUR;
    let mut names = vec![symbol];
    for name in [perpetual.as_str(), "BTCUSDT", "ETHUSDT"] {
        if !names.contains(&name) && data.has_bars(name, interval) {
            names.push(name);
        }
    }
    Ok(data.panel(interval, &names)?.as_of(now))
}

/// `[2 p_down - 1, 2 p_up - 1]` from the close of the bar on, as the miner submits it.
#[must_use]
pub fn timed_embedding(forecast: &Forecast) -> TimedEmbedding {
    probability_embedding(forecast.time, forecast.p_up)
}

/// The same from a probability.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "embeddings are f32")]
pub fn probability_embedding(time: Timestamp, p_up: f64) -> TimedEmbedding {
    (time, [(2.0 * (1.0 - p_up) - 1.0) as f32, (2.0 * p_up - 1.0) as f32])
}
