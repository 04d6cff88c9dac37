//! How a signal is continued past its ends, and the transform that belongs to it.
//!
//! The sweeps multiply the spectrum of the continued signal by real gains, so they need one real
//! number for each non-negative bin; what else the way back takes stays in here.

mod fourier;
mod one_sided;
mod two_sided;

use fourier::Fourier;
use one_sided::OneSided;
use two_sided::TwoSided;
pub(crate) use two_sided::nyquist_weight;

use crate::Mirror;

/// Transform of signals of one length.
#[derive(Clone)]
pub(crate) enum Transform {
    TwoSided(TwoSided),
    OneSided(OneSided),
}

impl Transform {
    pub(crate) fn new(mirror: Mirror, len: usize) -> Self {
        match mirror {
            Mirror::TwoSided => Self::TwoSided(TwoSided::new(len)),
            Mirror::OneSided => Self::OneSided(OneSided::new(len)),
        }
    }

    /// Non-negative bins that are not always zero. Bin `j` is at `j / period` cycles per sample.
    pub(crate) fn bins(&self) -> usize {
        match self {
            Self::TwoSided(t) => t.bins(),
            Self::OneSided(t) => t.bins(),
        }
    }

    /// Samples of the continued signal.
    pub(crate) fn period(&self) -> usize {
        match self {
            Self::TwoSided(t) => t.period(),
            Self::OneSided(t) => t.period(),
        }
    }

    /// Writes one real number, of any sign, for each bin.
    pub(crate) fn forward(&mut self, signal: &[f64], coefficients: &mut [f64]) {
        match self {
            Self::TwoSided(t) => t.forward(signal, coefficients),
            Self::OneSided(t) => t.forward(signal, coefficients),
        }
    }

    /// Turns two sets of such numbers, for the last signal, back into samples.
    pub(crate) fn inverse_pair(&mut self, coefficients: [&[f64]; 2], samples: [&mut [f64]; 2]) {
        match self {
            Self::TwoSided(t) => t.inverse_pair(coefficients, samples),
            Self::OneSided(t) => t.inverse_pair(coefficients, samples),
        }
    }
}
