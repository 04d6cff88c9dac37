//! Sliding sums weighted by position.

use std::ops::Range;

use super::sums::restart_every;
use crate::engine::Kernel;

/// Sum of the last `n` values and sum of each times its place (0 oldest), both relative to `anchor`, in constant time a row.
#[derive(Clone, Debug)]
struct Placed {
    n: usize,
    sum: f64,
    weighted: f64,
    anchor: f64,
    missing: usize,
    left: usize,
}

impl Placed {
    fn new(n: usize) -> Self {
        Self { n, sum: 0.0, weighted: 0.0, anchor: 0.0, missing: n - 1, left: 0 }
    }

    /// Hands `each(row - rows.start, anchor, sum, weighted)` those of the full windows.
    #[inline(always)]
    fn advance(
        &mut self,
        x: &[f64],
        rows: Range<usize>,
        mut each: impl FnMut(usize, f64, f64, f64),
    ) {
        let (n, last) = (self.n, (self.n - 1) as f64);
        let warming = self.missing.min(rows.len());
        self.missing -= warming;
        let mut row = rows.start + warming;
        while row < rows.end {
            if self.left == 0 {
                let window = &x[row + 1 - n..=row];
                self.anchor = window[0];
                (self.sum, self.weighted) = (0.0, 0.0);
                for (place, value) in window.iter().enumerate() {
                    self.sum += value - self.anchor;
                    self.weighted += place as f64 * (value - self.anchor);
                }
                self.left = restart_every(n) - 1;
                each(row - rows.start, self.anchor, self.sum, self.weighted);
                row += 1;
                continue;
            }
            let stop = rows.end.min(row + self.left);
            let (newest, oldest) = (&x[row..stop], &x[row - n..stop - n]);
            let (mut sum, mut weighted, anchor) = (self.sum, self.weighted, self.anchor);
            for (i, (new, old)) in newest.iter().zip(oldest).enumerate() {
                let (new, old) = (new - anchor, old - anchor);
                weighted += last * new - (sum - old);
                sum += new - old;
                each(row - rows.start + i, anchor, sum, weighted);
            }
            (self.sum, self.weighted) = (sum, weighted);
            self.left -= stop - row;
            row = stop;
        }
    }
}

/// Linearly weighted mean of the last `n >= 1` values, weights 1 oldest .. n newest.
#[derive(Clone, Debug)]
pub(crate) struct LinearMean(Placed);

impl LinearMean {
    pub(crate) fn new(n: usize) -> Self {
        Self(Placed::new(n))
    }
}

impl Kernel<1, 1> for LinearMean {
    fn work(&self) -> usize {
        10
    }

    fn ready(&self) -> bool {
        self.0.missing == 0
    }

    fn lookback(&self) -> usize {
        self.0.n
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [mean]: [&mut [f64]; 1]) {
        // A division takes longer than all the rest of a row.
        let count = self.0.n as f64;
        let per_weight = 2.0 / (count * (count + 1.0));
        let mean = &mut mean[..rows.len()];
        self.0.advance(x, rows, |i, anchor, sum, weighted| {
            mean[i] = anchor + (weighted + sum) * per_weight;
        });
    }
}

/// Slope per row, and centre, of the least-squares line through the last `n >= 1` values.
#[derive(Clone, Debug)]
pub(crate) struct Line(Placed);

impl Line {
    pub(crate) fn new(n: usize) -> Self {
        Self(Placed::new(n))
    }
}

impl Kernel<1, 2> for Line {
    fn work(&self) -> usize {
        10
    }

    fn ready(&self) -> bool {
        self.0.missing == 0
    }

    fn lookback(&self) -> usize {
        self.0.n
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [slope, centre]: [&mut [f64]; 2]) {
        let count = self.0.n as f64;
        let middle = (count - 1.0) / 2.0;
        let per_spread = 1.0 / (count * (count * count - 1.0) / 12.0).max(1.0);
        let per_row = 1.0 / count;
        let (slope, centre) = (&mut slope[..rows.len()], &mut centre[..rows.len()]);
        self.0.advance(x, rows, |i, anchor, sum, weighted| {
            slope[i] = (weighted - middle * sum) * per_spread;
            centre[i] = anchor + sum * per_row;
        });
    }
}
