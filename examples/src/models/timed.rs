//! Embeddings with the time from which they were known.

use mantis_data::Timestamp;
use mantis_eval::competitors::TimedEmbedding;
use mantis_models::Forecast;

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
