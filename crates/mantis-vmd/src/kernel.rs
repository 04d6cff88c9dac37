//! One sweep of the alternating direction method on real gains.
//!
//! Every iterate of VMD is the spectrum of the signal times a real gain `G_k(w)`, so a sweep needs
//! only the gains and the power `P(w)` of the signal over the non-negative bins:
//!
//! ```text
//! G_k  <- (1 - sum of the other gains - L / 2) / (1 + alpha (w - w_k)^2)
//! w_k  <- sum w G_k^2 P / sum G_k^2 P
//! L    <- L + tau (sum of all gains - 1)
//! ```
//!
//! A bin needs the `w_k` of the sweep before and nothing of other bins, so all modes of a bin are
//! updated in one pass while it stays in registers.

use crate::simd::{Block, Isa, LANES, Lanes, Task};

/// Modes whose reciprocals are found with one division, which costs as much as a dozen products.
const GROUP: usize = 4;

/// Gains, multiplier and power of one signal. Bins past the end of the spectrum have no power.
#[derive(Clone)]
pub(crate) struct Spectrum {
    k: usize,
    isa: Isa,
    frequency: Vec<Block>,
    power: Vec<Block>,
    /// `1 - sum of all gains`.
    residual: Vec<Block>,
    half_multiplier: Vec<Block>,
    /// Gain of mode `m` in bins `8 b ..` at `b * k + m`.
    gain: Vec<Block>,
    /// `sum G_k^2 P` of the last sweep, by lane.
    energy: Vec<Block>,
    /// `sum w G_k^2 P` of the last sweep, by lane.
    moment: Vec<Block>,
}

impl Spectrum {
    /// For `bins` bins at `j / (2 bins)` cycles per sample and `k` modes.
    pub(crate) fn new(bins: usize, k: usize, isa: Isa) -> Self {
        let blocks = bins.div_ceil(LANES);
        let frequency = (0..blocks)
            .map(|b| Block(std::array::from_fn(|l| (b * LANES + l) as f64 / (2 * bins) as f64)))
            .collect();
        Self {
            k,
            isa,
            frequency,
            power: vec![Block::default(); blocks],
            residual: vec![Block::default(); blocks],
            half_multiplier: vec![Block::default(); blocks],
            gain: vec![Block::default(); blocks * k],
            energy: vec![Block::default(); k],
            moment: vec![Block::default(); k],
        }
    }

    /// Starts again from zero gains with the power of a new signal.
    pub(crate) fn start(&mut self, coefficients: &[f64]) {
        for (block, d) in self.power.iter_mut().zip(coefficients.chunks(LANES)) {
            for (p, d) in block.0.iter_mut().zip(d) {
                *p = d * d;
            }
        }
        self.residual.fill(Block([1.0; LANES]));
        self.half_multiplier.fill(Block::default());
        self.gain.fill(Block::default());
    }

    /// One sweep with the given centre frequencies; returns `sum over modes and bins of dG^2 P`.
    pub(crate) fn sweep(&mut self, alpha: f64, tau: f64, centres: &[f64]) -> f64 {
        let isa = self.isa;
        if tau == 0.0 {
            isa.run(Sweep::<false> { spectrum: self, alpha, tau, centres })
        } else {
            isa.run(Sweep::<true> { spectrum: self, alpha, tau, centres })
        }
    }

    /// Energy and first moment of the frequency of mode `m` in the last sweep.
    pub(crate) fn moments(&self, m: usize) -> (f64, f64) {
        (self.energy[m].sum(), self.moment[m].sum())
    }

    /// Gains by block of bins, then mode.
    pub(crate) fn gains(&self) -> &[Block] {
        &self.gain
    }
}

struct Sweep<'a, const DUAL: bool> {
    spectrum: &'a mut Spectrum,
    alpha: f64,
    tau: f64,
    centres: &'a [f64],
}

impl<const DUAL: bool> Task for Sweep<'_, DUAL> {
    type Output = f64;

    #[inline(always)]
    fn run<V: Lanes>(self) -> f64 {
        let Spectrum {
            k, frequency, power, residual, half_multiplier, gain, energy, moment, ..
        } = self.spectrum;
        energy.fill(Block::default());
        moment.fill(Block::default());
        let alpha = V::splat(self.alpha);
        let half_tau = V::splat(0.5 * self.tau);
        let mut change = V::splat(0.0);
        let blocks = frequency.iter().zip(power).zip(residual).zip(half_multiplier);
        for ((((w, p), r), h), gains) in blocks.zip(gain.chunks_exact_mut(*k)) {
            let mut bins = Bins {
                alpha,
                frequency: V::load(w),
                power: V::load(p),
                half_multiplier: V::load(h),
                residual: V::load(r),
                squares: V::splat(0.0),
            };
            let mut first = 0;
            while first < *k {
                let size = GROUP.min(*k - first);
                let range = first..first + size;
                let modes = Modes {
                    centres: &self.centres[range.clone()],
                    gains: &mut gains[range.clone()],
                    energy: &mut energy[range.clone()],
                    moment: &mut moment[range],
                };
                match size {
                    1 => bins.update::<1, DUAL>(modes),
                    2 => bins.update::<2, DUAL>(modes),
                    3 => bins.update::<3, DUAL>(modes),
                    _ => bins.update::<GROUP, DUAL>(modes),
                }
                first += size;
            }
            bins.residual.store(r);
            if DUAL {
                (bins.half_multiplier - half_tau * bins.residual).store(h);
            }
            change = change + bins.squares * bins.power;
        }
        let mut total = Block::default();
        change.store(&mut total);
        total.sum()
    }
}

/// Eight neighbouring bins in registers.
struct Bins<V> {
    alpha: V,
    frequency: V,
    power: V,
    half_multiplier: V,
    residual: V,
    /// Sum of the squared changes of the gains.
    squares: V,
}

/// A few neighbouring modes.
struct Modes<'a> {
    centres: &'a [f64],
    gains: &'a mut [Block],
    energy: &'a mut [Block],
    moment: &'a mut [Block],
}

impl<V: Lanes> Bins<V> {
    #[inline(always)]
    fn update<const M: usize, const DUAL: bool>(&mut self, modes: Modes<'_>) {
        let one = V::splat(1.0);
        // A loop, because a closure would not be compiled for the vector unit.
        let mut penalty = [one; GROUP];
        for (penalty, &centre) in penalty.iter_mut().zip(modes.centres) {
            let distance = self.frequency - V::splat(centre);
            *penalty = one + self.alpha * (distance * distance);
        }
        let filter = reciprocals(penalty);
        let power_moment = self.frequency * self.power;
        for (m, &filter) in filter.iter().enumerate().take(M) {
            let old = V::load(&modes.gains[m]);
            // The residual with this mode taken out.
            let rest = self.residual + old;
            let target = if DUAL { rest - self.half_multiplier } else { rest };
            let new = target * filter;
            new.store(&mut modes.gains[m]);
            self.residual = rest - new;
            let step = new - old;
            self.squares = self.squares + step * step;
            let square = new * new;
            (V::load(&modes.energy[m]) + square * self.power).store(&mut modes.energy[m]);
            (V::load(&modes.moment[m]) + square * power_moment).store(&mut modes.moment[m]);
        }
    }
}

/// `1 / x` for each of four values of at least 1, with one division: the reciprocal of the product
/// of all, times the product of the others.
#[inline(always)]
fn reciprocals<V: Lanes>([a, b, c, d]: [V; GROUP]) -> [V; GROUP] {
    let (ab, cd) = (a * b, c * d);
    let all = V::splat(1.0) / (ab * cd);
    let (of_ab, of_cd) = (all * cd, all * ab);
    [of_ab * b, of_ab * a, of_cd * d, of_cd * c]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        for (k, tau) in [(1, 0.0), (3, 0.1), (5, 0.0), (8, 0.0), (8, 0.1)] {
            let signal: Vec<f64> = (0..37).map(|j| 10.0 / (1.0 + j as f64)).collect();
            let results: Vec<_> = Isa::available()
                .into_iter()
                .map(|isa| {
                    let mut s = Spectrum::new(signal.len(), k, isa);
                    s.start(&signal);
                    let mut centres: Vec<f64> = (0..k).map(|i| 0.06 * i as f64).collect();
                    let mut changes = vec![];
                    for _ in 0..20 {
                        changes.push(s.sweep(500.0, tau, &centres));
                        for (m, c) in centres.iter_mut().enumerate() {
                            let (energy, moment) = s.moments(m);
                            *c = moment / energy;
                        }
                    }
                    (changes, centres, s.gain)
                })
                .collect();
            assert!(results.windows(2).all(|pair| pair[0] == pair[1]), "k={k}, tau={tau}");
        }
    }
}
