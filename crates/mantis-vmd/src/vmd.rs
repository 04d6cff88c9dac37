//! Decomposition of a whole signal.

use crate::plan::Plan;
use crate::solver::Start;
use crate::{Result, VmdParams};

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
#[derive(Clone, Debug)]
pub struct Vmd {
    plan: Plan,
}

/// The modes of one signal.
///
/// Signal = `mean` + sum of all modes + `residual`. The default value is empty, ready for
/// [`Vmd::decompose_into`].
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Decomposition {
    /// Number of modes.
    pub k: usize,
    /// Samples per mode: the length of the input, or one less if it is odd with
    /// [`Convention::Vmdpy`](crate::Convention::Vmdpy).
    pub len: usize,
    /// The modes, row-major `k` x `len`, in the unit of the input.
    pub modes: Vec<f64>,
    /// Centre frequency of each mode in cycles per sample, 0 to 0.5.
    pub centre_frequency: Vec<f64>,
    /// Energy of each mode: the sum of its squared samples.
    pub energy: Vec<f64>,
    /// The input less `mean` and the sum of its modes, `len` samples.
    pub residual: Vec<f64>,
    /// Sum of the squared samples of `residual`.
    pub residual_energy: f64,
    /// What was taken out first: the mean of the input, or zero without
    /// [`VmdParams::standardise`].
    pub mean: f64,
    /// Standard deviation of the input (divisor: its length).
    pub scale: f64,
    /// Sweeps done.
    pub sweeps: usize,
    /// Whether the stop rule was met before the cap on the sweeps.
    pub converged: bool,
    /// Change in the last sweep, in the terms of the stop rule (compare with `tol`).
    pub change: f64,
    /// Centre frequencies at the start and after every sweep up to the returned one, row-major
    /// with `k` columns in the order of the modes. Empty without [`VmdParams::trajectory`].
    pub trajectory: Vec<f64>,
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
    /// [`Error::Parameter`](crate::Error::Parameter) and
    /// [`Error::Combination`](crate::Error::Combination) for parameters that do not work, and
    /// [`Error::TooShort`](crate::Error::TooShort) for a length below `max(k, 4)`.
    pub fn new(params: &VmdParams, len: usize) -> Result<Self> {
        Ok(Self { plan: Plan::new(params, len, 1)? })
    }

    /// Decomposes a signal of the planned length.
    ///
    /// # Errors
    /// [`Error::Length`](crate::Error::Length) for another length;
    /// [`Error::NotFinite`](crate::Error::NotFinite), [`Error::Constant`](crate::Error::Constant)
    /// and [`Error::Scale`](crate::Error::Scale) for input that has no decomposition;
    /// [`Error::StoppedAtOnce`](crate::Error::StoppedAtOnce) where vmdpy would return zeros;
    /// [`Error::Diverged`](crate::Error::Diverged) and
    /// [`Error::EmptyMode`](crate::Error::EmptyMode) from the iteration.
    pub fn decompose(&mut self, signal: &[f64]) -> Result<Decomposition> {
        let mut out = Decomposition::default();
        self.decompose_into(signal, &mut out)?;
        Ok(out)
    }

    /// As [`Vmd::decompose`], into a result whose buffers are reused: from the second call on
    /// nothing is allocated. After an error the content of `out` means nothing.
    ///
    /// ```
    /// use mantis_vmd::{Decomposition, Vmd, VmdParams};
    ///
    /// let mut vmd = Vmd::new(&VmdParams { k: 2, ..VmdParams::default() }, 64)?;
    /// let mut modes = Decomposition::default();
    /// for step in [0.1, 0.2, 0.3] {
    ///     let signal: Vec<f64> = (0..64).map(|i| (step * f64::from(i)).sin()).collect();
    ///     vmd.decompose_into(&signal, &mut modes)?;
    ///     assert_eq!(modes.mode(1).len(), 64);
    /// }
    /// # Ok::<(), mantis_vmd::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Vmd::decompose`].
    pub fn decompose_into(&mut self, signal: &[f64], out: &mut Decomposition) -> Result<()> {
        self.decompose_from(Start::Cold, signal, out)
    }

    pub(crate) fn decompose_from(
        &mut self,
        start: Start,
        signal: &[f64],
        out: &mut Decomposition,
    ) -> Result<()> {
        self.plan.decompose(start, std::iter::once(signal), std::slice::from_mut(out))
    }

    pub(crate) fn len(&self) -> usize {
        self.plan.planned()
    }
}
