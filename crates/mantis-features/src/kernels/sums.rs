//! Sliding sums in constant time a row.

use std::fmt;
use std::ops::Range;

use crate::engine::Kernel;

/// Rows between two fresh sums of a window of `n`.
pub(super) fn restart_every(n: usize) -> usize {
    (4 * n).max(256)
}

/// What a row adds to a window's sums, and what is made of them. `anchor` is the first row of the window at the last restart,
/// a nearby point of reference against cancellation.
pub(crate) trait Summed<const N: usize, const M: usize, const O: usize>:
    Clone + fmt::Debug + Send + 'static
{
    /// Whether a window of terms that are all 0 must sum to exactly 0, whatever was there before.
    const EXACT_ZERO: bool = true;

    /// What a row adds.
    fn term(x: [f64; N], anchor: [f64; N]) -> [f64; M];

    /// Called before the sums are taken from scratch.
    fn restart(&mut self) {}

    /// Results at a row from the sums of the `n` rows that end at it.
    fn result(&mut self, sums: [f64; M], anchor: [f64; N], newest: [f64; N], n: f64) -> [f64; O];
}

/// Slides the sums of [`Summed`] over windows of `n` rows.
#[derive(Clone, Debug)]
pub(crate) struct Sliding<S, const N: usize, const M: usize> {
    n: usize,
    what: S,
    sums: [f64; M],
    anchor: [f64; N],
    zeros: usize,
    /// Rows still missing to the first full window.
    missing: usize,
    /// Rows until the sums are taken from scratch.
    left: usize,
}

impl<S, const N: usize, const M: usize> Sliding<S, N, M> {
    /// Of windows of `n >= 1` rows.
    pub(crate) fn new(n: usize, what: S) -> Self {
        let n = n.max(1);
        Self { n, what, sums: [0.0; M], anchor: [0.0; N], zeros: 0, missing: n - 1, left: 0 }
    }
}

impl<S: Summed<N, M, O>, const N: usize, const M: usize, const O: usize> Kernel<N, O>
    for Sliding<S, N, M>
{
    fn work(&self) -> usize {
        3 + 2 * M
    }

    fn lookback(&self) -> usize {
        self.n
    }

    fn ready(&self) -> bool {
        self.missing == 0
    }

    fn advance(&mut self, x: [&[f64]; N], rows: Range<usize>, mut out: [&mut [f64]; O]) {
        let n = self.n;
        let first = rows.start;
        let warming = self.missing.min(rows.len());
        self.missing -= warming;
        let mut row = first + warming;
        while row < rows.end {
            if self.left == 0 {
                let newest = self.recompute(&x, row);
                let result = self.what.result(self.sums, self.anchor, newest, n as f64);
                for (out, value) in out.iter_mut().zip(result) {
                    out[row - first] = value;
                }
                self.left = restart_every(n) - 1;
                row += 1;
                continue;
            }
            let stop = rows.end.min(row + self.left);
            self.slide(
                &x,
                row..stop,
                out.each_mut().map(|out| &mut out[row - first..stop - first]),
            );
            self.left -= stop - row;
            row = stop;
        }
    }
}

impl<S, const N: usize, const M: usize> Sliding<S, N, M> {
    fn recompute<const O: usize>(&mut self, x: &[&[f64]; N], row: usize) -> [f64; N]
    where
        S: Summed<N, M, O>,
    {
        let at = |i: usize| -> [f64; N] { std::array::from_fn(|k| x[k][i]) };
        let oldest = row + 1 - self.n;
        self.what.restart();
        self.anchor = at(oldest);
        self.sums = [0.0; M];
        self.zeros = 0;
        for i in oldest..=row {
            let term = S::term(at(i), self.anchor);
            self.zeros = if term == [0.0; M] { self.zeros + 1 } else { 0 };
            for (sum, term) in self.sums.iter_mut().zip(term) {
                *sum += term;
            }
        }
        at(row)
    }

    fn slide<const O: usize>(&mut self, x: &[&[f64]; N], rows: Range<usize>, out: [&mut [f64]; O])
    where
        S: Summed<N, M, O>,
    {
        let (n, count, anchor) = (self.n, self.n as f64, self.anchor);
        let len = rows.len();
        let newest = x.map(|x| &x[rows.start..rows.start + len]);
        let oldest = x.map(|x| &x[rows.start - n..rows.start - n + len]);
        let (mut sums, mut zeros, mut what) = (self.sums, self.zeros, self.what.clone());
        let out = out.map(|out| &mut out[..len]);
        for i in 0..len {
            let row: [f64; N] = std::array::from_fn(|k| newest[k][i]);
            let gone: [f64; N] = std::array::from_fn(|k| oldest[k][i]);
            let (new, old) = (S::term(row, anchor), S::term(gone, anchor));
            for k in 0..M {
                sums[k] += new[k] - old[k];
            }
            if S::EXACT_ZERO {
                zeros = if new == [0.0; M] { zeros + 1 } else { 0 };
                if zeros >= n {
                    sums = [0.0; M];
                }
            }
            let result = what.result(sums, anchor, row, count);
            for k in 0..O {
                out[k][i] = result[k];
            }
        }
        (self.sums, self.zeros, self.what) = (sums, zeros, what);
    }
}

/// Sum of n values.
#[derive(Clone, Debug)]
pub(crate) struct Sum;

impl Summed<1, 1, 1> for Sum {
    fn term(x: [f64; 1], _: [f64; 1]) -> [f64; 1] {
        x
    }

    fn result(&mut self, sums: [f64; 1], _: [f64; 1], _: [f64; 1], _: f64) -> [f64; 1] {
        sums
    }
}

/// Mean of n values.
#[derive(Clone, Debug)]
pub(crate) struct Mean;

impl Summed<1, 1, 1> for Mean {
    fn term(x: [f64; 1], _: [f64; 1]) -> [f64; 1] {
        x
    }

    fn result(&mut self, [sum]: [f64; 1], _: [f64; 1], _: [f64; 1], n: f64) -> [f64; 1] {
        [sum / n]
    }
}

/// Sum of the first input over the sum of the second, which is not negative; 0 where that is 0.
#[derive(Clone, Debug)]
pub(crate) struct ShareOfVolume;

impl Summed<2, 2, 1> for ShareOfVolume {
    fn term(x: [f64; 2], _: [f64; 2]) -> [f64; 2] {
        x
    }

    fn result(&mut self, [part, whole]: [f64; 2], _: [f64; 2], _: [f64; 2], _: f64) -> [f64; 1] {
        [if whole > 0.0 { part / whole } else { 0.0 }]
    }
}

/// Mean of the first input weighted by the second, which is not negative; NaN where the weights sum to 0.
#[derive(Clone, Debug)]
pub(crate) struct VolumeWeighted;

impl Summed<2, 2, 1> for VolumeWeighted {
    fn term([x, weight]: [f64; 2], [anchor, _]: [f64; 2]) -> [f64; 2] {
        [(x - anchor) * weight, weight]
    }

    fn result(
        &mut self,
        [money, total]: [f64; 2],
        [anchor, _]: [f64; 2],
        _: [f64; 2],
        _: f64,
    ) -> [f64; 1] {
        [if total > 0.0 { anchor + money / total } else { f64::NAN }]
    }
}
