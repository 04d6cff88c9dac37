//! Parameters of the decomposition.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Where the centre frequencies start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Init {
    /// All at zero (vmdpy `init=0`).
    Zero,
    /// Evenly spaced: mode `i` of `k` starts at `i / (2 k)` cycles per sample (vmdpy `init=1`).
    Uniform,
    /// Log-uniform between one cycle per signal and the Nyquist frequency, sorted (vmdpy `init=2`).
    Random {
        /// Seed of the generator (vmdpy draws from NumPy's global, unseeded one).
        seed: u64,
    },
}

/// How the signal is continued past its ends before its spectrum is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Mirror {
    /// Mirrored at both ends (vmdpy). The mirror image of the whole signal at one end alone would
    /// be the same: it makes the same period, cut elsewhere.
    TwoSided,
    /// The newest half is mirrored at the newest end; the period then jumps to the oldest sample.
    /// A quarter fewer bins, for a seam at the old end.
    OneSided,
}

/// Which set of rules the iteration and the result follow.
///
/// | rule | `ScaleFree` | `Vmdpy` |
/// |---|---|---|
/// | stop rule | summed squared change against `tol` x variance of the signal | summed squared change (+ 2.2e-16) against `tol` |
/// | result | the last sweep | the sweep before the last one |
/// | order of the modes | rising centre frequency | as computed |
/// | odd length | every sample is kept, none is shifted | the last sample is dropped |
/// | Nyquist bin | zero, as the mirrored signal has it | overwritten with the highest bin's conjugate |
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Convention {
    /// The rules of this crate: nothing depends on the unit of the input.
    ScaleFree,
    /// The rules of vmdpy 0.2, to reproduce its numbers.
    Vmdpy,
}

/// Parameters of a variational mode decomposition.
///
/// | name | default | range | purpose | name in vmdpy |
/// |---|---|---|---|---|
/// | `k` | 8 | 1..=64 | number of modes | `K` |
/// | `alpha` | 2000 | (0, 1e12] | bandwidth penalty; larger means narrower modes | `alpha` |
/// | `tau` | 0 | [0, 10] | step of the dual ascent; 0 leaves noise in the residual | `tau` |
/// | `dc` | false | | pin the first mode at frequency zero | `DC` |
/// | `init` | `Uniform` | | where the centre frequencies start | `init` |
/// | `tol` | 1e-7 | [0, 1) | largest change at which the sweeps stop | `tol` |
/// | `max_sweeps` | 500 | 1..=100000 (2.. for `Vmdpy`) | largest number of sweeps | 499, fixed |
/// | `convention` | `ScaleFree` | | set of rules, see [`Convention`] | |
/// | `mirror` | `TwoSided` | `TwoSided` for `Vmdpy` | how the signal is continued past its ends | always two-sided |
/// | `standardise` | true | | take the mean out and divide by the standard deviation first; modes come back in the unit of the input | never |
/// | `trajectory` | false | | keep the centre frequencies of every sweep | always kept |
///
/// The Wiener filter of a sweep is `1 / (1 + alpha (w - w_k)^2)` with `w` in cycles per sample, as
/// in vmdpy; it is not the `1 + 2 alpha (w - w_k)^2` with angular `w` of the paper.
///
/// # Errors
/// [`VmdParams::check`], which every constructor that takes parameters calls, returns
/// [`Error::Parameter`] for a field outside its range.
///
/// ```
/// use mantis_vmd::{VmdParams, Vmd};
///
/// let params = VmdParams { k: 3, alpha: 1000.0, ..VmdParams::default() };
/// assert!(Vmd::new(&params, 400).is_ok());
/// assert!(Vmd::new(&VmdParams { k: 0, ..params }, 400).is_err());
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VmdParams {
    /// Number of modes.
    #[doc(alias = "K")]
    pub k: usize,
    /// Bandwidth penalty, per (cycle per sample) squared.
    pub alpha: f64,
    /// Step of the dual ascent.
    pub tau: f64,
    /// Pin the first mode at frequency zero.
    #[doc(alias = "DC")]
    pub dc: bool,
    /// Where the centre frequencies start.
    pub init: Init,
    /// Largest change at which the sweeps stop.
    pub tol: f64,
    /// Largest number of sweeps.
    pub max_sweeps: usize,
    /// Set of rules.
    pub convention: Convention,
    /// How the signal is continued past its ends.
    pub mirror: Mirror,
    /// Decompose the deviations from the mean, in standard deviations.
    pub standardise: bool,
    /// Keep the centre frequencies of every sweep.
    pub trajectory: bool,
}

impl Default for VmdParams {
    fn default() -> Self {
        Self {
            k: 8,
            alpha: 2000.0,
            tau: 0.0,
            dc: false,
            init: Init::Uniform,
            tol: 1e-7,
            max_sweeps: 500,
            convention: Convention::ScaleFree,
            mirror: Mirror::TwoSided,
            standardise: true,
            trajectory: false,
        }
    }
}

impl VmdParams {
    /// The rules of vmdpy 0.2 with its cap of 499 sweeps, on the input as it is; the rest as in
    /// [`VmdParams::default`].
    #[must_use]
    pub fn vmdpy() -> Self {
        Self {
            max_sweeps: 499,
            convention: Convention::Vmdpy,
            standardise: false,
            ..Self::default()
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first field outside its range.
    pub fn check(&self) -> Result<()> {
        let bad = |name, range, got, hint| Err(Error::Parameter { name, range, got, hint });
        if !(1..=64).contains(&self.k) {
            return bad("k", "between 1 and 64", self.k as f64, "3 to 12 modes are usual");
        }
        if !(self.alpha > 0.0 && self.alpha <= 1e12) {
            return bad("alpha", "above 0 and at most 1e12", self.alpha, "100 to 10000 is usual");
        }
        if !(0.0..=10.0).contains(&self.tau) {
            return bad("tau", "between 0 and 10", self.tau, "0 to 0.1 is usual");
        }
        if !(0.0..1.0).contains(&self.tol) {
            return bad("tol", "at least 0 and below 1", self.tol, "1e-7 is usual");
        }
        let sweeps = self.max_sweeps as f64;
        if !(1..=100_000).contains(&self.max_sweeps) {
            return bad("max_sweeps", "between 1 and 100000", sweeps, "500 is usual");
        }
        if self.convention == Convention::Vmdpy && self.max_sweeps < 2 {
            let hint = "vmdpy returns the sweep before the last one, which would be all zero";
            return bad("max_sweeps", "at least 2 with Convention::Vmdpy", sweeps, hint);
        }
        if self.convention == Convention::Vmdpy && self.mirror == Mirror::OneSided {
            return Err(Error::Combination {
                this: "Convention::Vmdpy",
                that: "Mirror::OneSided",
                hint: "vmdpy mirrors at both ends, so use Mirror::TwoSided or Convention::ScaleFree",
            });
        }
        Ok(())
    }

    /// Fewest samples that can be decomposed into `k` modes.
    pub(crate) fn min_len(&self) -> usize {
        self.k.max(4)
    }
}
