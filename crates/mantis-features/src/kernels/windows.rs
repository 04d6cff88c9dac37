//! What is taken from each window anew, in time proportional to the window.

use std::collections::VecDeque;
use std::ops::Range;

use crate::engine::Kernel;

/// Hands `each(row - rows.start, window)` the windows of `n` rows that are full.
fn each_window(
    x: &[f64],
    rows: Range<usize>,
    n: usize,
    missing: &mut usize,
    mut each: impl FnMut(usize, &[f64]),
) {
    let warming = (*missing).min(rows.len());
    *missing -= warming;
    for row in rows.start + warming..rows.end {
        each(row - rows.start, &x[row + 1 - n..=row]);
    }
}

/// `M` sums over a window in four interleaved lanes, a fixed order that the processor can overlap.
pub(crate) fn lanes<const M: usize>(window: &[f64], term: impl Fn(f64) -> [f64; M]) -> [f64; M] {
    let mut lanes = [[0.0; M]; 4];
    let (chunks, rest) = window.as_chunks::<4>();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            for (s, t) in lane.iter_mut().zip(term(v)) {
                *s += t;
            }
        }
    }
    for (lane, &v) in lanes.iter_mut().zip(rest) {
        for (s, t) in lane.iter_mut().zip(term(v)) {
            *s += t;
        }
    }
    std::array::from_fn(|m| (lanes[0][m] + lanes[1][m]) + (lanes[2][m] + lanes[3][m]))
}

/// Sums of the second to fourth power of the deviations from `mean`, in the lanes of [`lanes`] but power by power, which a
/// processor can take two at a time.
fn central_sums(window: &[f64], mean: f64) -> [f64; 3] {
    let mut sums = [[0.0; 4]; 3];
    let (chunks, rest) = window.as_chunks::<4>();
    let mut add = |values: &[f64]| {
        for (k, v) in values.iter().enumerate() {
            let d = v - mean;
            let d2 = d * d;
            sums[0][k] += d2;
            sums[1][k] += d2 * d;
            sums[2][k] += d2 * d2;
        }
    };
    for chunk in chunks {
        add(chunk);
    }
    add(rest);
    sums.map(|s| (s[0] + s[1]) + (s[2] + s[3]))
}

/// Bias-corrected sample skewness and excess kurtosis of the last `n >= 4` values; NaN in a flat window. Taken from scratch:
/// a sliding fourth moment loses its digits once a crash has left the window.
#[derive(Clone, Debug)]
pub(crate) struct Moments {
    n: usize,
    missing: usize,
}

impl Moments {
    pub(crate) fn new(n: usize) -> Self {
        Self { n, missing: n - 1 }
    }
}

impl Kernel<1, 2> for Moments {
    fn lookback(&self) -> usize {
        self.n
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [skew, kurt]: [&mut [f64]; 2]) {
        let count = self.n as f64;
        let skew_scale = (count * (count - 1.0)).sqrt() / (count - 2.0);
        let kurt_scale = (count - 1.0) / ((count - 2.0) * (count - 3.0));
        each_window(x, rows, self.n, &mut self.missing, |i, window| {
            let mean = lanes(window, |v| [v])[0] / count;
            let [m2, m3, m4] = central_sums(window, mean).map(|s| s / count);
            if m2 > 0.0 {
                skew[i] = skew_scale * m3 / (m2 * m2.sqrt());
                kurt[i] = kurt_scale * ((count + 1.0) * m4 / (m2 * m2) - 3.0 * (count - 1.0));
            }
        });
    }
}

/// Where the newest value stands among the last `n >= 2`: share of the others below it less share above it, -1..1.
#[derive(Clone, Debug)]
pub(crate) struct Rank {
    n: usize,
    missing: usize,
}

impl Rank {
    pub(crate) fn new(n: usize) -> Self {
        Self { n, missing: n - 1 }
    }
}

impl Kernel<1, 1> for Rank {
    fn ready(&self) -> bool {
        self.missing == 0
    }

    fn lookback(&self) -> usize {
        self.n
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        let n = self.n;
        each_window(x, rows, n, &mut self.missing, |i, window| {
            let newest = window[n - 1];
            let (mut below, mut above) = (0_i64, 0_i64);
            for &value in window {
                below += i64::from(value < newest);
                above += i64::from(value > newest);
            }
            out[i] = (below - above) as f64 / (n - 1) as f64;
        });
    }
}

/// Weighted sum of the last rows relative to the oldest of them: sum of `weights[k] (x_(t-k) - x_(t-n+1))`.
#[derive(Clone, Debug)]
pub(crate) struct Weights {
    /// Oldest row first.
    weights: Vec<f64>,
    missing: usize,
}

impl Weights {
    /// `newest_first` has one weight or more.
    pub(crate) fn new(newest_first: Vec<f64>) -> Self {
        let missing = newest_first.len() - 1;
        let mut weights = newest_first;
        weights.reverse();
        Self { weights, missing }
    }
}

impl Kernel<1, 1> for Weights {
    fn ready(&self) -> bool {
        self.missing == 0
    }

    fn lookback(&self) -> usize {
        self.weights.len()
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        let weights = &self.weights;
        each_window(x, rows, weights.len(), &mut self.missing, |i, window| {
            let oldest = window[0];
            out[i] = weights.iter().zip(window).map(|(w, v)| w * (v - oldest)).sum();
        });
    }
}

/// Mean of those of the last `n` rows that opened in the same UTC hour as the newest, itself included. Inputs: open time in
/// seconds, values.
#[derive(Clone, Debug)]
pub(crate) struct ByHour {
    n: usize,
    seen: usize,
    hours: Vec<VecDeque<(usize, f64)>>,
}

impl ByHour {
    pub(crate) fn new(n: usize) -> Self {
        Self { n, seen: 0, hours: vec![VecDeque::new(); 24] }
    }
}

impl Kernel<2, 1> for ByHour {
    fn advance(&mut self, [time, x]: [&[f64]; 2], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        for (i, row) in rows.enumerate() {
            let hour = (time[row] as i64).rem_euclid(86_400) / 3_600;
            let same = &mut self.hours[hour as usize];
            same.push_back((self.seen, x[row]));
            while same.front().is_some_and(|&(seen, _)| seen + self.n <= self.seen) {
                same.pop_front();
            }
            self.seen += 1;
            if self.seen >= self.n {
                out[i] = same.iter().map(|&(_, value)| value).sum::<f64>() / same.len() as f64;
            }
        }
    }
}
