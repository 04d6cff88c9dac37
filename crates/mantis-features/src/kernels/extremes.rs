//! Sliding maximum and minimum, and how long ago they stood.

use std::ops::Range;

use crate::engine::Kernel;

/// Largest (or smallest) of the last `n` values.
///
/// The best of windows of 1, 2, 4, .. rows are made one from the other, and two that overlap make the window of `n`: about log2 n
/// branch-free steps a row, whatever the values.
#[derive(Clone, Debug)]
pub(crate) struct Extreme {
    n: usize,
    smallest: bool,
    /// Rows still missing to the first full window.
    missing: usize,
    /// Best of the windows so far and of those twice as long.
    spans: [Vec<f64>; 2],
}

/// Fewer rows at a time than this are searched window by window.
const FEW: usize = 8;

impl Extreme {
    /// Largest of `n >= 1` rows.
    pub(crate) fn largest(n: usize) -> Self {
        Self { n, smallest: false, missing: n - 1, spans: [Vec::new(), Vec::new()] }
    }

    /// Smallest of `n >= 1` rows.
    pub(crate) fn smallest(n: usize) -> Self {
        Self { smallest: true, ..Self::largest(n) }
    }

    /// The best of each `n` neighbours in `x`.
    fn slide(&mut self, x: &[f64], out: &mut [f64], better: impl Fn(f64, f64) -> f64 + Copy) {
        // Adding zero makes one zero of two, whichever of them the steps came upon.
        if out.len() < FEW {
            for (window, out) in x.windows(self.n).zip(out) {
                *out = window.iter().fold(window[0], |best, &v| better(best, v)) + 0.0;
            }
            return;
        }
        let [best, twice] = &mut self.spans;
        best.clear();
        best.extend_from_slice(x);
        let mut span = 1;
        while 2 * span <= self.n {
            twice.clear();
            twice.extend(best.iter().zip(&best[span..]).map(|(&a, &b)| better(a, b)));
            std::mem::swap(best, twice);
            span *= 2;
        }
        let pairs = best.iter().zip(&best[self.n - span..]);
        for (out, (&a, &b)) in out.iter_mut().zip(pairs) {
            *out = better(a, b) + 0.0;
        }
    }
}

impl Kernel<1, 1> for Extreme {
    fn ready(&self) -> bool {
        self.missing == 0
    }

    fn lookback(&self) -> usize {
        self.n - 1
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        let warm = past_warm_up(&mut self.missing, self.n, x, rows, out);
        let Some((x, out)) = warm else { return };
        if self.smallest {
            self.slide(x, out, |a, b| if a < b { a } else { b });
        } else {
            self.slide(x, out, |a, b| if a > b { a } else { b });
        }
    }
}

/// The values of the windows that are full and the places of their results; `None` while the first window fills.
fn past_warm_up<'a>(
    missing: &mut usize,
    n: usize,
    x: &'a [f64],
    rows: Range<usize>,
    out: &'a mut [f64],
) -> Option<(&'a [f64], &'a mut [f64])> {
    let warming = rows.len().min(*missing);
    *missing -= warming;
    if warming == rows.len() {
        return None;
    }
    Some((&x[rows.start + warming + 1 - n..rows.end], &mut out[warming..rows.len()]))
}

/// How many rows ago the largest (or smallest) of the last `n` values stood; of equal values the newest counts.
///
/// As in [`Extreme`], with the age beside each best value.
#[derive(Clone, Debug)]
pub(crate) struct ExtremeAge {
    n: usize,
    smallest: bool,
    /// Rows still missing to the first full window.
    missing: usize,
    /// Best of the windows so far and its age, and those of windows twice as long.
    spans: [[Vec<f64>; 2]; 2],
}

impl ExtremeAge {
    /// Of the largest of `n >= 1` rows.
    pub(crate) fn largest(n: usize) -> Self {
        Self { n, smallest: false, missing: n - 1, spans: Default::default() }
    }

    /// Of the smallest of `n >= 1` rows.
    pub(crate) fn smallest(n: usize) -> Self {
        Self { smallest: true, ..Self::largest(n) }
    }

    /// The age of the best of each `n` neighbours in `x`; `beats(new, old)` holds for equal values too.
    fn slide(&mut self, x: &[f64], out: &mut [f64], beats: impl Fn(f64, f64) -> bool + Copy) {
        if out.len() < FEW {
            for (window, out) in x.windows(self.n).zip(out) {
                let (mut best, mut at) = (window[0], 0);
                for (i, &value) in window.iter().enumerate() {
                    if beats(value, best) {
                        (best, at) = (value, i);
                    }
                }
                *out = (self.n - 1 - at) as f64;
            }
            return;
        }
        let [[best, age], [twice, age_of_twice]] = &mut self.spans;
        best.clear();
        best.extend_from_slice(x);
        age.clear();
        age.resize(x.len(), 0.0);
        let mut span = 1;
        while 2 * span <= self.n {
            let rows = best.len() - span;
            twice.resize(rows, 0.0);
            age_of_twice.resize(rows, 0.0);
            later_or_best(
                [&best[..rows], &best[span..]],
                [&age[..rows], &age[span..]],
                span,
                beats,
                |i, value, ago| {
                    (twice[i], age_of_twice[i]) = (value, ago);
                },
            );
            std::mem::swap(best, twice);
            std::mem::swap(age, age_of_twice);
            span *= 2;
        }
        let (rows, ahead) = (out.len(), self.n - span);
        let pairs = [&best[..rows], &best[ahead..ahead + rows]];
        let ages = [&age[..rows], &age[ahead..ahead + rows]];
        later_or_best(pairs, ages, ahead, beats, |i, _, ago| out[i] = ago);
    }
}

/// For two windows of which the later ends `ahead` rows after the other: the best value of both, and its age at the end of the later.
#[inline(always)]
fn later_or_best(
    [early, late]: [&[f64]; 2],
    [early_age, late_age]: [&[f64]; 2],
    ahead: usize,
    beats: impl Fn(f64, f64) -> bool,
    mut each: impl FnMut(usize, f64, f64),
) {
    let ahead = ahead as f64;
    for (i, ((&early, &late), (&early_age, &late_age))) in
        early.iter().zip(late).zip(early_age.iter().zip(late_age)).enumerate()
    {
        let newer = beats(late, early);
        let value = if newer { late } else { early };
        let ago = if newer { late_age } else { early_age + ahead };
        each(i, value, ago);
    }
}

impl Kernel<1, 1> for ExtremeAge {
    fn work(&self) -> usize {
        19
    }

    fn ready(&self) -> bool {
        self.missing == 0
    }

    fn lookback(&self) -> usize {
        self.n - 1
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        let warm = past_warm_up(&mut self.missing, self.n, x, rows, out);
        let Some((x, out)) = warm else { return };
        if self.smallest {
            self.slide(x, out, |new, old| new <= old);
        } else {
            self.slide(x, out, |new, old| new >= old);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Extreme, ExtremeAge};
    use crate::engine::Kernel;

    fn run(mut kernel: impl Kernel<1, 1>, x: &[f64], at_once: usize) -> Vec<f64> {
        let mut out = vec![f64::NAN; x.len()];
        for start in (0..x.len()).step_by(at_once) {
            let end = x.len().min(start + at_once);
            let first = start.saturating_sub(kernel.lookback());
            kernel.advance([&x[first..end]], start - first..end - first, [&mut out[start..end]]);
        }
        out
    }

    proptest! {
        #[test]
        fn rows_may_come_in_any_number(
            // Few values, so that there are ties, and both zeros.
            x in prop::collection::vec(prop::sample::select(vec![-1.0, -0.0, 0.0, 0.5, 2.0]), 1..90),
            n in 1usize..40,
            at_once in 1usize..30,
        ) {
            let large = run(Extreme::largest(n), &x, at_once);
            let small = run(Extreme::smallest(n), &x, at_once);
            let since = run(ExtremeAge::largest(n), &x, at_once);
            for (row, window) in x.windows(n).enumerate() {
                let newest = row + n - 1;
                let largest = window.iter().copied().fold(f64::MIN, f64::max);
                prop_assert_eq!(large[newest].to_bits(), (largest + 0.0).to_bits());
                prop_assert_eq!(small[newest], window.iter().copied().fold(f64::MAX, f64::min));
                let ago = window.iter().rev().position(|v| *v == largest);
                prop_assert_eq!(Some(since[newest] as usize), ago);
            }
            prop_assert!(large.iter().take(n - 1).all(|v| v.is_nan()));
        }
    }
}
