//! The newest values of the modes of one window.

use crate::boundary::{nyquist_weight, sample_weights};
use crate::simd::{Block, LANES};
use crate::solver::Solver;
use crate::{Convention, Error, Result, VmdParams};

/// What the window that ends at the newest sample says about that sample.
///
/// The window is standardised before it is decomposed, so every `value` is a deviation from
/// `mean`, in the unit of the input: newest sample = `mean` + sum of `value` + what the modes left.
///
/// A window whose samples are all equal has no modes: `flat` is set, and `value`, `previous`,
/// `centre_frequency` and `energy` are NaN, so that they cannot be mistaken for numbers.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct NewestModes {
    /// Value of each mode at the newest sample.
    pub value: Vec<f64>,
    /// Value of each mode one sample earlier, in the same window.
    pub previous: Vec<f64>,
    /// Centre frequency of each mode in cycles per sample.
    pub centre_frequency: Vec<f64>,
    /// Energy of each mode: the sum of its squared samples over the window.
    pub energy: Vec<f64>,
    /// Mean of the window.
    pub mean: f64,
    /// Standard deviation of the window (divisor: its length).
    pub scale: f64,
    /// Sweeps done.
    pub sweeps: u32,
    /// Whether the stop rule was met before the cap on the sweeps.
    pub converged: bool,
    /// Whether all samples of the window are equal, so that it has no modes.
    pub flat: bool,
}

/// Decomposes one window after another, each from a cold start.
#[derive(Clone, Debug)]
pub(crate) struct WindowSolver {
    solver: Solver,
    standardised: Vec<f64>,
    newest: Vec<Block>,
    previous: Vec<Block>,
    parseval: Vec<Block>,
}

impl WindowSolver {
    pub(crate) fn new(params: &VmdParams, window: usize) -> Result<Self> {
        if params.convention == Convention::Vmdpy && !window.is_multiple_of(2) {
            return Err(Error::OddWindow { window });
        }
        let solver = Solver::new(&VmdParams { trajectory: false, ..params.clone() }, window)?;
        let weights = |at: usize| {
            let mut weights = sample_weights(window, at);
            if params.convention == Convention::Vmdpy {
                weights[window - 1] += nyquist_weight(window, at);
            }
            blocks(&weights)
        };
        // The mirrored period holds the window twice and each bin but the first twice.
        let each = 0.5 / window as f64;
        let parseval: Vec<f64> =
            (0..window).map(|j| if j == 0 { 0.5 * each } else { each }).collect();
        Ok(Self {
            solver,
            standardised: vec![0.0; window],
            newest: weights(window - 1),
            previous: weights(window - 2),
            parseval: blocks(&parseval),
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.standardised.len()
    }

    /// Decomposes `window`, which must be finite and of the planned length.
    pub(crate) fn newest(&mut self, window: &[f64]) -> Result<NewestModes> {
        let k = self.solver.params().k;
        let mut out = NewestModes {
            value: vec![f64::NAN; k],
            previous: vec![f64::NAN; k],
            centre_frequency: vec![f64::NAN; k],
            energy: vec![f64::NAN; k],
            mean: window[0],
            scale: 0.0,
            sweeps: 0,
            converged: true,
            flat: true,
        };
        let Some((mean, scale)) = standardise(window, &mut self.standardised) else {
            return Ok(out);
        };
        let outcome = self.solver.solve(&self.standardised)?;
        self.solver.project(
            [&self.newest, &self.previous],
            &self.parseval,
            |mode, [value, previous, energy]| {
                out.value[mode] = scale * value;
                out.previous[mode] = scale * previous;
                out.energy[mode] = scale * scale * energy;
            },
        );
        for (to, from) in out.centre_frequency.iter_mut().zip(self.solver.centres()) {
            *to = from;
        }
        out.mean = mean;
        out.scale = scale;
        out.sweeps = outcome.sweeps as u32;
        out.converged = outcome.converged;
        out.flat = false;
        Ok(out)
    }
}

/// Writes `(x - mean) / standard deviation`; `None` if all samples are equal.
fn standardise(window: &[f64], out: &mut [f64]) -> Option<(f64, f64)> {
    let n = window.len() as f64;
    if window.iter().all(|&x| x == window[0]) {
        return None;
    }
    // About the first sample, so that a large level costs no digits.
    let mean = window[0] + window.iter().map(|x| x - window[0]).sum::<f64>() / n;
    let largest = window.iter().fold(0.0_f64, |m, x| m.max((x - mean).abs()));
    for (z, x) in out.iter_mut().zip(window) {
        *z = (x - mean) / largest;
    }
    let deviation = (out.iter().map(|z| z * z).sum::<f64>() / n).sqrt();
    for z in out.iter_mut() {
        *z /= deviation;
    }
    Some((mean, largest * deviation))
}

fn blocks(values: &[f64]) -> Vec<Block> {
    let block = |chunk: &[f64]| {
        let mut block = Block::default();
        block.0[..chunk.len()].copy_from_slice(chunk);
        block
    };
    values.chunks(LANES).map(block).collect()
}
