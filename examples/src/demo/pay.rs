//! What the model would have been paid.

use std::ops::ControlFlow;

use mantis_eval::competitors::{TimedEmbedding, field};
use mantis_eval::score::ScoringProfile;
use mantis_eval::simulate::{PayReport, SimulationInput, Surrogate, simulate_pay};

use super::{Judged, Loaded, Options};
use crate::Result;
use crate::models::timed::timed_embedding;

/// Days scored: as many as the validator looks back.
const DAYS: usize = 60;
/// Synthetic miners.
const COMPETITORS: usize = 12;

pub(super) fn simulate(
    options: &Options,
    loaded: &Loaded,
    judged: &Judged,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<PayReport> {
    let mine: Vec<TimedEmbedding> = judged.forecasts.iter().map(timed_embedding).collect();
    let input = SimulationInput {
        bars: super::bars(loaded)?,
        minutes: None,
        days: DAYS,
        mine: &mine,
        competitors: &field(COMPETITORS, options.seed, DAYS / 3),
        seed: options.seed,
        profile: &ScoringProfile::default(),
        threads: options.threads,
        surrogate: Surrogate::KeepEmbeddings,
    };
    Ok(simulate_pay(&input, progress)?)
}
