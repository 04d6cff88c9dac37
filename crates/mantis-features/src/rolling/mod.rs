//! Sliding-window primitives shared by the indicators.
//!
//! Two rules hold for everything built on this module.
//!
//! * **Runs.** An indicator is computed on each maximal run of rows in which all its inputs are finite. A leading NaN only
//!   shifts the warm-up; a NaN in the middle gives NaN there and starts the warm-up anew after it. Nothing is filled and
//!   nothing stays poisoned.
//! * **Restarts.** A sliding sum is recomputed from scratch at fixed distances from the start of its run, so rounding errors
//!   cannot pile up, and the value of a row depends on the rows before it only, never on how long the series is.

mod extremes;
mod moments;
mod sums;

pub use extremes::{maximum, minimum};
pub use moments::{correlation, skewness_kurtosis, standard_deviation, z_score};
pub use sums::{mean, rank, sum};

pub(crate) use extremes::each_extreme;
pub(crate) use moments::{each_comoment, each_variance};
pub(crate) use sums::{each_sum, each_weighted};

use crate::{Error, Result};

/// Runs `kernel` on every maximal stretch of rows in which all inputs are finite; rows that it does not write stay NaN.
pub(crate) fn runs<const N: usize, const M: usize>(
    inputs: [&[f64]; N],
    mut kernel: impl FnMut([&[f64]; N], [&mut [f64]; M]),
) -> [Vec<f64>; M] {
    let len = inputs.first().map_or(0, |x| x.len());
    let mut outputs: [Vec<f64>; M] = std::array::from_fn(|_| vec![f64::NAN; len]);
    let finite = |row: usize| inputs.iter().all(|x| x[row].is_finite());
    let mut start = 0;
    while start < len {
        if !finite(start) {
            start += 1;
            continue;
        }
        let end = (start..len).find(|&row| !finite(row)).unwrap_or(len);
        kernel(inputs.map(|x| &x[start..end]), outputs.each_mut().map(|out| &mut out[start..end]));
        start = end;
    }
    outputs
}

/// [`runs`] for kernels with one output.
pub(crate) fn run<const N: usize>(
    inputs: [&[f64]; N],
    mut kernel: impl FnMut([&[f64]; N], &mut [f64]),
) -> Vec<f64> {
    let [out] = runs(inputs, |x, [out]: [&mut [f64]; 1]| kernel(x, out));
    out
}

/// Refuses a period below `least`.
pub(crate) fn check_period(what: &'static str, period: usize, least: usize) -> Result<()> {
    if period < least {
        return Err(Error::Period { what, least, got: period });
    }
    Ok(())
}

/// Refuses named inputs that are not as long as the first.
pub(crate) fn check_lengths(what: &'static str, inputs: &[(&'static str, &[f64])]) -> Result<()> {
    let expected = inputs.first().map_or(0, |(_, x)| x.len());
    match inputs.iter().find(|(_, x)| x.len() != expected) {
        Some((input, x)) => Err(Error::Length { what, input, got: x.len(), expected }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
