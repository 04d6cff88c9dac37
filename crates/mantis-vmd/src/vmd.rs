//! Decomposition of a whole signal.

use crate::solver::{Solver, check_finite};
use crate::{Convention, Error, Result, VmdParams};

/// A plan that decomposes signals of one length.
///
/// Plan once and call [`Vmd::decompose`] as often as needed: transforms, weights and buffers are
/// kept. One sweep costs `O(k N)`, the transforms `O(k N log N)`.
///
/// **Every mode value depends on the whole signal.** For a causal feature use
/// [`RollingVmd`](crate::RollingVmd) or [`rolling_many`](crate::rolling_many).
///
/// ```
/// use mantis_vmd::{Vmd, VmdParams};
///
/// let tone = |f: f64| move |i: usize| (std::f64::consts::TAU * f * (i as f64 + 0.5)).cos();
/// let (slow, fast) = (tone(0.02), tone(0.25));
/// let signal: Vec<f64> = (0..401).map(|i| slow(i) + 0.5 * fast(i)).collect();
///
/// let params = VmdParams { k: 2, ..VmdParams::default() };
/// let d = Vmd::new(&params, signal.len())?.decompose(&signal)?;
/// assert!(d.converged);
/// assert!((d.centre_frequency[0] - 0.02).abs() < 1e-3);
/// assert!((d.centre_frequency[1] - 0.25).abs() < 1e-3);
/// assert!((d.mode(1)[200] - 0.5 * fast(200)).abs() < 0.01);
/// # Ok::<(), mantis_vmd::Error>(())
/// ```
#[derive(Debug)]
pub struct Vmd {
    planned: usize,
    solver: Solver,
}

/// The modes of one signal.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Decomposition {
    /// Number of modes.
    pub k: usize,
    /// Samples per mode: the length of the input, or one less if it is odd with
    /// [`Convention::Vmdpy`].
    pub len: usize,
    /// The modes, row-major `k` x `len`, in the unit of the input.
    pub modes: Vec<f64>,
    /// Centre frequency of each mode in cycles per sample, 0 to 0.5.
    pub centre_frequency: Vec<f64>,
    /// Energy of each mode: the sum of its squared samples.
    pub energy: Vec<f64>,
    /// The input less the sum of its modes, `len` samples.
    pub residual: Vec<f64>,
    /// Sweeps done.
    pub sweeps: usize,
    /// Whether the stop rule was met before the cap on the sweeps.
    pub converged: bool,
    /// Change in the last sweep, in the terms of the stop rule (compare with `tol`).
    pub change: f64,
    /// Centre frequencies at the start and after every sweep up to the returned one, row-major
    /// with `k` columns in the order of the modes. Only with [`VmdParams::trajectory`].
    pub trajectory: Option<Vec<f64>>,
}

impl Decomposition {
    /// Samples of mode `m`.
    ///
    /// # Panics
    /// If `m` is not below `k`.
    #[must_use]
    pub fn mode(&self, m: usize) -> &[f64] {
        &self.modes[m * self.len..][..self.len]
    }
}

impl Vmd {
    /// Plans for signals of `len` samples.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter outside its range and [`Error::TooShort`] for a length
    /// below `max(k, 4)`.
    pub fn new(params: &VmdParams, len: usize) -> Result<Self> {
        // DIFFERENCE: vmdpy drops the last sample of an odd signal; the default keeps every sample.
        let used = match params.convention {
            Convention::ScaleFree => len,
            Convention::Vmdpy => len - len % 2,
        };
        Ok(Self { planned: len, solver: Solver::new(params, used)? })
    }

    /// Decomposes a signal of the planned length.
    ///
    /// # Errors
    /// [`Error::Length`] for another length; [`Error::NotFinite`], [`Error::Constant`] and
    /// [`Error::Scale`] for input that has no decomposition; [`Error::StoppedAtOnce`] where vmdpy
    /// would return zeros; [`Error::Diverged`] and [`Error::EmptyMode`] from the iteration.
    pub fn decompose(&mut self, signal: &[f64]) -> Result<Decomposition> {
        if signal.len() != self.planned {
            return Err(Error::Length { planned: self.planned, len: signal.len() });
        }
        check_finite(signal, 0)?;
        let (k, len) = (self.solver.params().k, self.solver.len());
        let signal = &signal[..len];
        let outcome = self.solver.solve(signal)?;
        let mut modes = vec![0.0; k * len];
        self.solver.modes(&mut modes);
        let mut residual = signal.to_vec();
        for mode in modes.chunks_exact(len) {
            for (r, u) in residual.iter_mut().zip(mode) {
                *r -= u;
            }
        }
        Ok(Decomposition {
            k,
            len,
            centre_frequency: self.solver.centres().collect(),
            energy: modes.chunks_exact(len).map(|m| m.iter().map(|u| u * u).sum()).collect(),
            modes,
            residual,
            sweeps: outcome.sweeps,
            converged: outcome.converged,
            change: outcome.change,
            trajectory: self.solver.trajectory(),
        })
    }
}
