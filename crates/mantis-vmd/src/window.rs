//! The newest values of the modes of one window.

use crate::solver::Start;
use crate::{Convention, Decomposition, Error, Result, Vmd, VmdParams};

/// What the window that ends at the newest sample says about that sample.
///
/// Every `value` is a deviation from `mean`, in the unit of the input: newest sample = `mean` + sum
/// of `value` + what the modes left.
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
    /// What was taken out first: the mean of the window, or zero without
    /// [`VmdParams::standardise`].
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

impl NewestModes {
    /// What a flat window of this level has to say.
    pub(crate) fn flat(k: usize, level: f64) -> Self {
        Self {
            value: vec![f64::NAN; k],
            previous: vec![f64::NAN; k],
            centre_frequency: vec![f64::NAN; k],
            energy: vec![f64::NAN; k],
            mean: level,
            scale: 0.0,
            sweeps: 0,
            converged: true,
            flat: true,
        }
    }
}

/// Decomposes one window after another.
#[derive(Clone, Debug)]
pub(crate) struct WindowSolver {
    vmd: Vmd,
    modes: Decomposition,
    /// Whether the last window left something that a warm start can build on.
    warm: bool,
}

impl WindowSolver {
    pub(crate) fn new(params: &VmdParams, window: usize) -> Result<Self> {
        if params.convention == Convention::Vmdpy && !window.is_multiple_of(2) {
            return Err(Error::OddWindow { window });
        }
        let vmd = Vmd::new(&VmdParams { trajectory: false, ..params.clone() }, window)?;
        Ok(Self {
            vmd,
            modes: Decomposition { k: params.k, ..Decomposition::default() },
            warm: false,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.vmd.len()
    }

    /// Decomposes `window`, which must be finite and of the planned length. A warm start needs a
    /// window before that was neither flat nor an error, else it is a cold one.
    pub(crate) fn newest(&mut self, start: Start, window: &[f64]) -> Result<NewestModes> {
        let start = if self.warm { start } else { Start::Cold };
        self.warm = false;
        match self.vmd.decompose_from(start, window, &mut self.modes) {
            Err(Error::Constant { value, .. }) => {
                return Ok(NewestModes::flat(self.modes.k, value));
            }
            other => other?,
        }
        self.warm = true;
        let d = &self.modes;
        let back = |by: usize| d.modes.chunks_exact(d.len).map(|m| m[d.len - by]).collect();
        Ok(NewestModes {
            value: back(1),
            previous: back(2),
            centre_frequency: d.centre_frequency.clone(),
            energy: d.energy.clone(),
            mean: d.mean,
            scale: d.scale,
            sweeps: d.sweeps as u32,
            converged: d.converged,
            flat: false,
        })
    }
}
