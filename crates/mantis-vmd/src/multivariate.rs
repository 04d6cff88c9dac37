//! Decomposition of several channels with common centre frequencies.

use crate::plan::Plan;
use crate::solver::Start;
use crate::{Decomposition, Error, Result, VmdParams};

/// A plan for multivariate VMD: mode `m` has the same centre frequency in every channel, so that
/// modes of different channels can be compared (Rehman and Aftab 2019, IEEE Transactions on Signal
/// Processing 67, 6039-6052, doi 10.1109/TSP.2019.2951223).
///
/// The filters of a channel are those of [`Vmd`](crate::Vmd); a centre frequency is the mean
/// frequency of the energy of its mode summed over all channels, and the change of the stop rule is
/// that of all channels. With [`VmdParams::standardise`] all channels have the same weight,
/// without it a channel has the weight of its squared unit. One channel gives what `Vmd` gives.
///
/// ```
/// use mantis_vmd::{MultivariateVmd, VmdParams};
///
/// let tone = |f: f64, at: f64| (std::f64::consts::TAU * f * at).cos();
/// let one: Vec<f64> = (0..400).map(|i| tone(0.02, i as f64) + tone(0.2, i as f64)).collect();
/// let two: Vec<f64> = (0..400).map(|i| 50.0 * tone(0.2, i as f64 + 2.0)).collect();
///
/// let params = VmdParams { k: 2, ..VmdParams::default() };
/// let modes = MultivariateVmd::new(&params, 400, 2)?.decompose(&[&one, &two])?;
/// assert_eq!(modes[0].centre_frequency, modes[1].centre_frequency);
/// assert!((modes[0].centre_frequency[1] - 0.2).abs() < 1e-3);
/// assert!(modes[1].energy[0] < 0.01 * modes[1].energy[1]);
/// # Ok::<(), mantis_vmd::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MultivariateVmd {
    plan: Plan,
    channels: usize,
}

impl MultivariateVmd {
    /// Plans for `channels` signals of `len` samples each.
    ///
    /// # Errors
    /// As [`Vmd::new`](crate::Vmd::new); [`Error::Channels`] for no channel at all.
    pub fn new(params: &VmdParams, len: usize, channels: usize) -> Result<Self> {
        if channels == 0 {
            return Err(Error::Channels { planned: 1, got: 0 });
        }
        Ok(Self { plan: Plan::new(params, len, channels)?, channels })
    }

    /// Decomposes one signal for each channel; returns one decomposition for each, of which
    /// centre frequencies, sweeps, change and trajectory are common to all.
    ///
    /// # Errors
    /// [`Error::Channels`] for another number of channels; [`Error::Channel`] with what
    /// [`Vmd::decompose`](crate::Vmd::decompose) says about a channel; [`Error::Diverged`],
    /// [`Error::EmptyMode`] and [`Error::StoppedAtOnce`] from the iteration.
    pub fn decompose(&mut self, signals: &[&[f64]]) -> Result<Vec<Decomposition>> {
        let mut out = vec![Decomposition::default(); self.channels];
        self.decompose_into(signals, &mut out)?;
        Ok(out)
    }

    /// As [`MultivariateVmd::decompose`], into results whose buffers are reused: from the second
    /// call on nothing is allocated. After an error the content of `out` means nothing.
    ///
    /// # Errors
    /// As [`MultivariateVmd::decompose`]; `out` needs one element for each channel too.
    pub fn decompose_into(&mut self, signals: &[&[f64]], out: &mut [Decomposition]) -> Result<()> {
        for got in [signals.len(), out.len()] {
            if got != self.channels {
                return Err(Error::Channels { planned: self.channels, got });
            }
        }
        self.plan.decompose(Start::Cold, signals.iter().copied(), out)
    }
}
