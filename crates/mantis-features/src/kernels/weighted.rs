//! Sliding sums weighted by position.

use std::ops::Range;

use super::sums::restart_every;
use crate::engine::Kernel;

/// Weighted average and least-squares line of the last `n` values, in constant time a row.
///
/// Results: the linearly weighted mean (weights 1 oldest .. n newest), and slope per row and centre of the least-squares line.
#[derive(Clone, Debug)]
pub(crate) struct Weighted {
    n: usize,
    sum: f64,
    weighted: f64,
    anchor: f64,
    missing: usize,
    left: usize,
}

impl Weighted {
    /// Of windows of `n >= 1` rows.
    pub(crate) fn new(n: usize) -> Self {
        Self { n, sum: 0.0, weighted: 0.0, anchor: 0.0, missing: n - 1, left: 0 }
    }
}

impl Kernel<1, 3> for Weighted {
    fn ready(&self) -> bool {
        self.missing == 0
    }

    fn lookback(&self) -> usize {
        self.n
    }

    fn advance(
        &mut self,
        [x]: [&[f64]; 1],
        rows: Range<usize>,
        [mean, slope, centre]: [&mut [f64]; 3],
    ) {
        let count = self.n as f64;
        let middle = (count - 1.0) / 2.0;
        // A division takes longer than all the rest of a row.
        let per_weight = 2.0 / (count * (count + 1.0));
        let per_spread = 1.0 / (count * (count * count - 1.0) / 12.0).max(1.0);
        let per_row = 1.0 / count;
        for (i, row) in rows.enumerate() {
            if self.missing > 0 {
                self.missing -= 1;
                continue;
            }
            if self.left == 0 {
                let window = &x[row + 1 - self.n..=row];
                self.anchor = window[0];
                (self.sum, self.weighted) = (0.0, 0.0);
                for (weight, value) in window.iter().enumerate() {
                    self.sum += value - self.anchor;
                    self.weighted += weight as f64 * (value - self.anchor);
                }
                self.left = restart_every(self.n);
            } else {
                let (new, old) = (x[row] - self.anchor, x[row - self.n] - self.anchor);
                self.weighted += (count - 1.0) * new - (self.sum - old);
                self.sum += new - old;
            }
            self.left -= 1;
            mean[i] = self.anchor + (self.weighted + self.sum) * per_weight;
            slope[i] = (self.weighted - middle * self.sum) * per_spread;
            centre[i] = self.anchor + self.sum * per_row;
        }
    }
}
