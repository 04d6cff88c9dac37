//! Exponential smoothing.

use std::ops::Range;

use crate::engine::Kernel;

/// Rows after which the level is rounded anew. Within a group each level is reached from the group's start, so that the
/// processor need not wait for one row to begin the next.
const GROUP: usize = 8;

/// The recursion `level = keep * level + take * x`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Smoother {
    keep: [f64; GROUP],
    take: f64,
    base: f64,
    part: f64,
    done: usize,
}

impl Smoother {
    /// With those weights, from `level`.
    pub(crate) fn new(keep: f64, take: f64, level: f64) -> Self {
        let mut power = 1.0;
        let keep = std::array::from_fn(|_| {
            power *= keep;
            power
        });
        Self { keep, take, base: level, part: 0.0, done: 0 }
    }

    /// Starts from another level.
    pub(crate) fn set(&mut self, level: f64) {
        (self.base, self.part, self.done) = (level, 0.0, 0);
    }

    /// The next level.
    #[inline]
    pub(crate) fn push(&mut self, x: f64) -> f64 {
        self.part = self.keep[0] * self.part + self.take * x;
        let level = self.keep[self.done] * self.base + self.part;
        self.done += 1;
        if self.done == GROUP {
            self.set(level);
        }
        level
    }

    /// The next levels, one for each value.
    pub(crate) fn extend(&mut self, x: &[f64], out: &mut [f64]) {
        let lead = ((GROUP - self.done) % GROUP).min(x.len());
        for (out, &x) in out.iter_mut().zip(&x[..lead]) {
            *out = self.push(x);
        }
        let (groups, rest) = x[lead..].as_chunks::<GROUP>();
        let (outs, rest_out) = out[lead..].as_chunks_mut::<GROUP>();
        for (x, out) in groups.iter().zip(outs) {
            // As `push`, with `done` running from 0.
            let mut part = 0.0;
            for k in 0..GROUP {
                part = self.keep[0] * part + self.take * x[k];
                out[k] = self.keep[k] * self.base + part;
            }
            self.base = out[GROUP - 1];
        }
        for (out, &x) in rest_out.iter_mut().zip(rest) {
            *out = self.push(x);
        }
    }
}

/// Takes the mean of the last `n` of `first` rows, and smooths from it.
#[derive(Clone, Debug)]
struct Seeded {
    n: usize,
    /// Rows still missing to the seed.
    missing: usize,
    sum: f64,
    smoother: Smoother,
}

impl Seeded {
    fn new(n: usize, seed: usize, smoother: Smoother) -> Self {
        Self { n, missing: seed + 1, sum: 0.0, smoother }
    }

    fn advance(&mut self, x: &[f64], out: &mut [f64]) {
        let warming = self.missing.min(x.len());
        for (out, &x) in out.iter_mut().zip(&x[..warming]) {
            if self.missing <= self.n {
                self.sum += x;
            }
            self.missing -= 1;
            if self.missing == 0 {
                let seed = self.sum / self.n as f64;
                self.smoother.set(seed);
                *out = seed;
            }
        }
        self.smoother.extend(&x[warming..], &mut out[warming..]);
    }
}

/// Exponential average, smoothing 2 / (n + 1), seeded with the mean of the `n` rows that end at the first row with a value.
#[derive(Clone, Debug)]
pub(crate) struct Ema(Seeded);

impl Ema {
    pub(crate) fn new(n: usize) -> Self {
        Self::seeded_at(n, n - 1)
    }

    /// With the first value at row `seed >= n - 1`.
    pub(crate) fn seeded_at(n: usize, seed: usize) -> Self {
        let take = 2.0 / (n as f64 + 1.0);
        Self(Seeded::new(n, seed, Smoother::new(1.0 - take, take, 0.0)))
    }
}

impl Kernel<1, 1> for Ema {
    fn work(&self) -> usize {
        3
    }

    fn ready(&self) -> bool {
        self.0.missing == 0
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        self.0.advance(&x[rows], out);
    }
}

/// Wilder's average, smoothing 1 / n, seeded with the mean of the first n rows.
#[derive(Clone, Debug)]
pub(crate) struct Wilder(Seeded);

impl Wilder {
    pub(crate) fn new(n: usize) -> Self {
        let take = 1.0 / n as f64;
        Self(Seeded::new(n, n - 1, Smoother::new(1.0 - take, take, 0.0)))
    }
}

impl Kernel<1, 1> for Wilder {
    fn work(&self) -> usize {
        3
    }

    fn ready(&self) -> bool {
        self.0.missing == 0
    }

    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        self.0.advance(&x[rows], out);
    }
}

/// Rows that are smoothed at once.
const PART: usize = 64;

/// Difference of two exponential averages that both start at the first value, known from row `first` on (TA-Lib ADOSC).
#[derive(Clone, Debug)]
pub(crate) struct EmaPair {
    missing: usize,
    started: bool,
    fast: Smoother,
    slow: Smoother,
}

impl EmaPair {
    pub(crate) fn new(fast: usize, slow: usize) -> Self {
        let smoother = |n: usize| {
            let take = 2.0 / (n as f64 + 1.0);
            Smoother::new(1.0 - take, take, 0.0)
        };
        // The first value counts as smoothed.
        let missing = fast.max(slow) - 2;
        Self { missing, started: false, fast: smoother(fast), slow: smoother(slow) }
    }
}

impl Kernel<1, 1> for EmaPair {
    fn advance(&mut self, [x]: [&[f64]; 1], rows: Range<usize>, [out]: [&mut [f64]; 1]) {
        let mut x = &x[rows];
        let mut out = &mut out[..x.len()];
        if !self.started {
            let Some((&first, rest)) = x.split_first() else { return };
            self.started = true;
            self.fast.set(first);
            self.slow.set(first);
            (x, out) = (rest, &mut out[1..]);
        }
        let mut levels = [[0.0; PART]; 2];
        for (x, out) in x.chunks(PART).zip(out.chunks_mut(PART)) {
            let [fast, slow] = levels.each_mut().map(|levels| &mut levels[..x.len()]);
            self.fast.extend(x, fast);
            self.slow.extend(x, slow);
            let warming = self.missing.min(x.len());
            self.missing -= warming;
            let known = out.iter_mut().zip(&*fast).zip(&*slow).skip(warming);
            known.for_each(|((out, fast), slow)| *out = fast - slow);
        }
    }
}
