//! The ways to make features of modes, and the learner that judges them.

use std::ops::{ControlFlow, Range};

use mantis_features::learn::Logistic;
use mantis_vmd::{RollingModes, Vmd, VmdParams, rolling_many};
use ndarray::Array2;

use super::{INCREMENTS, Options};
use crate::Result;

/// Where the features of a bar come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Modes of the whole series.
    Whole,
    /// Modes of the training and of the test part.
    EachPart,
    /// Modes of windows that end at the bar.
    Causal,
    /// Returns alone.
    NoModes,
    /// Learned from the modes of the whole series, tested on those of windows.
    TrainedOnWhole,
}

impl Variant {
    /// Name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "modes of the whole series",
            Self::EachPart => "modes of the training part and of the test part",
            Self::Causal => "modes of windows that end at the bar",
            Self::NoModes => "as many returns, no modes",
            Self::TrainedOnWhole => "learned from the whole series, used on windows",
        }
    }

    /// Whether the features it is tested on hold what was not known at the time.
    #[must_use]
    pub fn leaks(self) -> bool {
        matches!(self, Self::Whole | Self::EachPart)
    }
}

/// Values of the modes at each bar as seen from there, and one bar before as seen from the same place.
pub(super) struct Modes {
    k: usize,
    /// `k` of each bar.
    value: Vec<f64>,
    previous: Vec<f64>,
}

pub(super) fn whole(params: &VmdParams, x: &[f64]) -> Result<Modes> {
    let k = params.k;
    let found = Vmd::new(params, x.len())?.decompose(x)?;
    let value: Vec<f64> = (0..x.len())
        .flat_map(|t| (0..k).map(move |m| (m, t)))
        .map(|(m, t)| found.mode(m)[t])
        .collect();
    let mut previous = vec![f64::NAN; k];
    previous.extend_from_slice(&value[..value.len() - k]);
    Ok(Modes { k, value, previous })
}

pub(super) fn each_part(params: &VmdParams, x: &[f64], cut: usize) -> Result<Modes> {
    let (mut first, second) = (whole(params, &x[..cut])?, whole(params, &x[cut..])?);
    first.value.extend(second.value);
    first.previous.extend(second.previous);
    Ok(first)
}

pub(super) fn rolling(
    params: &VmdParams,
    x: &[f64],
    options: &Options,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Modes> {
    let (k, window) = (params.k, options.window);
    let rows = window - 1..x.len();
    let RollingModes { value, previous, .. } =
        rolling_many(params, window, x, rows, options.threads, progress)?;
    let pad = vec![f64::NAN; (window - 1) * k];
    Ok(Modes { k, value: [pad.clone(), value].concat(), previous: [pad, previous].concat() })
}

impl Modes {
    fn at(&self, t: usize, m: usize) -> f64 {
        self.value[t * self.k + m]
    }

    /// Median over the bars of |value at t as seen at t + 1 - value at t as seen at t|, by the mode's standard deviation.
    pub(super) fn change_by_next_bar(&self) -> Vec<f64> {
        let bars = self.value.len() / self.k;
        let of = |m: usize| {
            let known: Vec<f64> =
                (0..bars).map(|t| self.at(t, m)).filter(|v| v.is_finite()).collect();
            let mean = known.iter().sum::<f64>() / known.len() as f64;
            let variance =
                known.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / known.len() as f64;
            let change = |t: usize| (self.previous[(t + 1) * self.k + m] - self.at(t, m)).abs();
            let mut changes: Vec<f64> =
                (0..bars - 1).map(change).filter(|c| c.is_finite()).collect();
            changes.sort_by(f64::total_cmp);
            changes[changes.len() / 2] / variance.sqrt()
        };
        (0..self.k).map(of).collect()
    }
}

/// The direction of the next bar, learned on the rows before `cut` and judged on those from it on.
pub(super) struct Task<'a> {
    pub(super) log_close: &'a [f64],
    pub(super) rows: Range<usize>,
    pub(super) cut: usize,
}

impl Task<'_> {
    /// The newest increments of each mode, by the standard deviation of a week's returns.
    pub(super) fn of_modes(&self, modes: &Modes) -> Array2<f64> {
        self.scaled(modes.k * INCREMENTS, |t, j| {
            let (m, back) = (j % modes.k, j / modes.k);
            modes.at(t - back, m) - modes.at(t - back - 1, m)
        })
    }

    /// The newest returns, scaled in the same way.
    pub(super) fn of_returns(&self, count: usize) -> Array2<f64> {
        self.scaled(count, |t, back| self.log_close[t - back] - self.log_close[t - back - 1])
    }

    fn scaled(&self, columns: usize, value: impl Fn(usize, usize) -> f64) -> Array2<f64> {
        const WEEK: usize = 168;
        let volatility = |t: usize| {
            let returns = self.log_close[t - WEEK..=t].windows(2).map(|w| w[1] - w[0]);
            (returns.map(|r| r * r).sum::<f64>() / WEEK as f64).sqrt()
        };
        let scale: Vec<f64> = self.rows.clone().map(volatility).collect();
        Array2::from_shape_fn((self.rows.len(), columns), |(i, j)| {
            value(self.rows.start + i, j) / scale[i]
        })
    }

    fn up(&self, rows: Range<usize>) -> Vec<bool> {
        rows.map(|t| self.log_close[t + 1] > self.log_close[t]).collect()
    }

    /// The last training row resolves before the first test row.
    fn train_rows(&self) -> usize {
        self.cut - 1 - self.rows.start
    }

    /// Rows of the training, of the test, and the accuracy on the test of the training's more frequent direction.
    pub(super) fn counts(&self) -> (usize, usize, f64) {
        let (train, test) =
            (self.up(self.rows.start..self.cut - 1), self.up(self.cut..self.rows.end));
        let rises = |up: &[bool]| up.iter().filter(|&&u| u).count() as f64 / up.len() as f64;
        let majority = if rises(&train) > 0.5 { rises(&test) } else { 1.0 - rises(&test) };
        (train.len(), test.len(), majority)
    }

    /// Labels and probabilities of the test rows.
    pub(super) fn judge(
        &self,
        learned_from: &Array2<f64>,
        tested_on: &Array2<f64>,
    ) -> Result<(Vec<bool>, Vec<f64>)> {
        let train = self.train_rows();
        let design = learned_from.slice(ndarray::s![..train, ..]);
        let mean = design.mean_axis(ndarray::Axis(0)).unwrap_or_default();
        let deviation = design.std_axis(ndarray::Axis(0), 0.0);
        let z = |x: &Array2<f64>| ((x - &mean) / &deviation).mapv(|v| v.clamp(-5.0, 5.0));
        let fitted = Logistic { c: 1.0, ..Logistic::default() };
        let z_train = z(learned_from);
        let linear = fitted.fit(
            z_train.slice(ndarray::s![..train, ..]),
            &self.up(self.rows.start..self.cut - 1),
            None,
        )?;
        let first = self.cut - self.rows.start;
        let p_up = linear.probabilities(z(tested_on).slice(ndarray::s![first.., ..]))?;
        Ok((self.up(self.cut..self.rows.end), p_up))
    }
}
