//! Wilder-smoothed moves of the close.

use std::ops::Range;

use crate::engine::{Kernel, Slot};
use crate::indicators::Build;
use crate::kernels::Smoother;

/// Rows whose moves are taken at once.
const PART: usize = 64;

/// Wilder-smoothed upward and downward moves.
#[derive(Clone, Debug)]
struct Moves {
    n: usize,
    age: usize,
    sums: [f64; 2],
    smooth: [Smoother; 2],
}

impl Moves {
    fn new(n: usize) -> Self {
        let take = 1.0 / n as f64;
        Self { n, age: 0, sums: [0.0; 2], smooth: [Smoother::new(1.0 - take, take, 0.0); 2] }
    }
}

impl Kernel<1, 2> for Moves {
    fn ready(&self) -> bool {
        self.age > self.n
    }

    fn lookback(&self) -> usize {
        1
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [gain, loss]: [&mut [f64]; 2]) {
        let first = rows.start;
        let mut row = first;
        while row < rows.end && self.age <= self.n {
            if self.age > 0 {
                let step = x[row] - x[row - 1];
                self.sums[0] += step.max(0.0);
                self.sums[1] += (-step).max(0.0);
                if self.age == self.n {
                    let mean = self.sums.map(|sum| sum / self.n as f64);
                    self.smooth[0].set(mean[0]);
                    self.smooth[1].set(mean[1]);
                    (gain[row - first], loss[row - first]) = (mean[0], mean[1]);
                }
            }
            self.age += 1;
            row += 1;
        }
        let mut part = [[0.0; PART]; 2];
        while row < rows.end {
            let rows = PART.min(rows.end - row);
            for (k, pair) in x[row - 1..row + rows].windows(2).enumerate() {
                let step = pair[1] - pair[0];
                (part[0][k], part[1][k]) = (step.max(0.0), (-step).max(0.0));
            }
            let at = row - first..row - first + rows;
            self.smooth[0].extend(&part[0][..rows], &mut gain[at.clone()]);
            self.smooth[1].extend(&part[1][..rows], &mut loss[at]);
            row += rows;
        }
    }
}

pub(super) fn moves(b: &mut Build<'_>, n: usize) -> [Slot; 2] {
    let close = b.close();
    b.run([close], Moves::new(n))
}
