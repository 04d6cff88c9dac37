//! Sliding maximum and minimum.

use std::ops::Range;

use crate::engine::Kernel;

/// Largest (or smallest) of the last `n` values, and how many rows ago it stood; of equal values the newest counts.
///
/// The window is searched again only when its extreme leaves it: about constant time a row on prices, O(n) at worst.
#[derive(Clone, Debug)]
pub(crate) struct Extreme {
    n: usize,
    smallest: bool,
    /// Rows still missing to the first full window.
    missing: usize,
    best: f64,
    ago: usize,
}

impl Extreme {
    /// Largest of `n >= 1` rows.
    pub(crate) fn largest(n: usize) -> Self {
        Self { n, smallest: false, missing: n - 1, best: f64::NAN, ago: n }
    }

    /// Smallest of `n >= 1` rows.
    pub(crate) fn smallest(n: usize) -> Self {
        Self { smallest: true, ..Self::largest(n) }
    }

    fn run<const SMALLEST: bool>(
        &mut self,
        x: &[f64],
        rows: Range<usize>,
        [best_out, ago_out]: [&mut [f64]; 2],
    ) {
        let beats = |new: f64, old: f64| if SMALLEST { new <= old } else { new >= old };
        let warming = self.missing.min(rows.len());
        self.missing -= warming;
        let (mut best, mut ago) = (self.best, self.ago);
        for row in rows.start + warming..rows.end {
            ago += 1;
            let value = x[row];
            if beats(value, best) {
                (best, ago) = (value, 0);
            } else if ago >= self.n {
                let window = &x[row + 1 - self.n..=row];
                best = lanes(window, |a, b| if beats(b, a) { b } else { a });
                ago = window.iter().rev().position(|&v| v == best).unwrap_or(0);
            }
            best_out[row - rows.start] = best;
            ago_out[row - rows.start] = ago as f64;
        }
        (self.best, self.ago) = (best, ago);
    }
}

/// Reduces a window in four interleaved lanes.
fn lanes(window: &[f64], better: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [window[0]; 4];
    let (chunks, rest) = window.as_chunks::<4>();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane = better(*lane, v);
        }
    }
    rest.iter().chain(&lanes).fold(window[0], |best, &v| better(best, v))
}

impl Kernel<1, 2> for Extreme {
    fn ready(&self) -> bool {
        self.missing == 0
    }

    fn lookback(&self) -> usize {
        self.n
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, out: [&mut [f64]; 2]) {
        if self.smallest { self.run::<true>(x, rows, out) } else { self.run::<false>(x, rows, out) }
    }
}
