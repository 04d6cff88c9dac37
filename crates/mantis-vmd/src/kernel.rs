//! One sweep of the alternating direction method on real numbers.
//!
//! Every iterate of VMD is the spectrum of the signal times a real gain, so the phase of a bin
//! never changes and a sweep needs its magnitude `D(w)` alone, over the non-negative bins:
//!
//! ```text
//! U_k  <- (D - sum of the other U - L / 2) / (1 + alpha (w - w_k)^2)
//! w_k  <- sum w U_k^2 / sum U_k^2
//! L    <- L + tau (sum of all U - D)
//! ```
//!
//! A bin needs the `w_k` of the sweep before and nothing of other bins. So a sweep takes a chunk of
//! bins that fits the first-level cache through all modes before it turns to the next chunk: modes
//! must follow each other, but the bins of a chunk do not, which keeps the arithmetic units busy.

use crate::simd::{Block, Isa, LANES, Lanes, Task};

/// Modes whose reciprocals are found with one division, which costs as much as a dozen products.
const GROUP: usize = 4;

/// Blocks of a chunk. With eight modes a chunk takes 15 kB.
const CHUNK: usize = 16;

/// Modes, multiplier and residual of one signal in the frequency domain. Frequencies are kept
/// times `sqrt(alpha)`, which saves a product for each mode and bin. Lanes past the last bin hold
/// zero.
#[derive(Clone)]
pub(crate) struct Spectrum {
    k: usize,
    isa: Isa,
    root_alpha: f64,
    frequency: Vec<Block>,
    /// `D - sum of all U`.
    residual: Vec<Block>,
    half_multiplier: Vec<Block>,
    /// The `U`: chunk by chunk, in a chunk mode by mode.
    modes: Vec<Block>,
    /// `sum U_k^2` of the last sweep, by lane.
    energy: Vec<Block>,
    /// `sum w U_k^2` of the last sweep, by lane.
    moment: Vec<Block>,
}

impl Spectrum {
    /// For `bins` bins at `j / period` cycles per sample and `k` modes.
    pub(crate) fn new(bins: usize, period: usize, k: usize, alpha: f64, isa: Isa) -> Self {
        let blocks = bins.div_ceil(LANES);
        let root_alpha = alpha.sqrt();
        let frequency = |j: usize| j as f64 / period as f64 * root_alpha;
        Self {
            k,
            isa,
            root_alpha,
            frequency: (0..blocks)
                .map(|b| Block(std::array::from_fn(|l| frequency(b * LANES + l))))
                .collect(),
            residual: vec![Block::default(); blocks],
            half_multiplier: vec![Block::default(); blocks],
            modes: vec![Block::default(); blocks * k],
            energy: vec![Block::default(); k],
            moment: vec![Block::default(); k],
        }
    }

    /// Starts again from empty modes with the magnitudes of a new signal.
    pub(crate) fn start(&mut self, magnitudes: &[f64]) {
        for (block, d) in self.residual.iter_mut().zip(magnitudes.chunks(LANES)) {
            block.0[..d.len()].copy_from_slice(d);
        }
        self.half_multiplier.fill(Block::default());
        self.modes.fill(Block::default());
    }

    /// Starts from the gains that the modes reached on the signal `before` it.
    pub(crate) fn start_warm(&mut self, before: &[f64], magnitudes: &[f64]) {
        // A bin without magnitude has no gain.
        let ratio = |j: usize| if before[j] == 0.0 { 0.0 } else { magnitudes[j] / before[j] };
        for j in 0..magnitudes.len() {
            let (block, lane, ratio) = (j / LANES, j % LANES, ratio(j));
            let (chunk, at) = (block / CHUNK * CHUNK, block % CHUNK);
            let size = CHUNK.min(self.residual.len() - chunk);
            let mut residual = magnitudes[j];
            for m in 0..self.k {
                let value = &mut self.modes[chunk * self.k + m * size + at].0[lane];
                *value *= ratio;
                residual -= *value;
            }
            self.residual[block].0[lane] = residual;
            self.half_multiplier[block].0[lane] *= ratio;
        }
    }

    /// One sweep with the given centre frequencies.
    ///
    /// Returns the sum of the squared changes of all modes and bins. Once the sum has passed
    /// `enough` the rest is not added up any more, as it could only grow.
    pub(crate) fn sweep(&mut self, tau: f64, centres: &[f64], enough: f64) -> f64 {
        let isa = self.isa;
        if tau == 0.0 {
            isa.run(Sweep::<false> { spectrum: self, tau, centres, enough })
        } else {
            isa.run(Sweep::<true> { spectrum: self, tau, centres, enough })
        }
    }

    /// Energy of mode `m` in the last sweep, and the sum of frequency times energy.
    pub(crate) fn moments(&self, m: usize) -> (f64, f64) {
        (self.energy[m].sum(), self.moment[m].sum() / self.root_alpha)
    }

    /// All modes, to be kept and read with [`Spectrum::read`].
    pub(crate) fn modes(&self) -> &[Block] {
        &self.modes
    }

    /// Copies mode `m` out of `modes`, bin by bin.
    pub(crate) fn read(&self, modes: &[Block], m: usize, out: &mut [f64]) {
        for (chunk, out) in modes.chunks(CHUNK * self.k).zip(out.chunks_mut(CHUNK * LANES)) {
            let size = chunk.len() / self.k;
            for (block, out) in chunk[m * size..].iter().zip(out.chunks_mut(LANES)) {
                out.copy_from_slice(&block.0[..out.len()]);
            }
        }
    }
}

struct Sweep<'a, const DUAL: bool> {
    spectrum: &'a mut Spectrum,
    tau: f64,
    centres: &'a [f64],
    enough: f64,
}

impl<const DUAL: bool> Task for Sweep<'_, DUAL> {
    type Output = f64;

    #[inline(always)]
    fn run<V: Lanes>(self) -> f64 {
        let Spectrum {
            k,
            root_alpha,
            frequency,
            residual,
            half_multiplier,
            modes,
            energy,
            moment,
            ..
        } = self.spectrum;
        energy.fill(Block::default());
        moment.fill(Block::default());
        let mut change = Block::default();
        let mut measured = 0.0_f64;
        let mut filters = [[Block::default(); CHUNK]; GROUP];
        let chunks = frequency
            .chunks(CHUNK)
            .zip(residual.chunks_mut(CHUNK))
            .zip(half_multiplier.chunks_mut(CHUNK))
            .zip(modes.chunks_mut(CHUNK * *k));
        for (((frequency, residual), half_multiplier), modes) in chunks {
            // NaN is not enough, so that it reaches the caller.
            let measure = measured <= self.enough || measured.is_nan();
            for (m, mode) in modes.chunks_exact_mut(frequency.len()).enumerate() {
                if m % GROUP == 0 {
                    let group = &self.centres[m..(m + GROUP).min(*k)];
                    find_filters::<V>(frequency, group, *root_alpha, &mut filters);
                }
                let bins = Bins {
                    frequency,
                    filter: &filters[m % GROUP][..frequency.len()],
                    half_multiplier,
                    residual,
                    mode,
                };
                let sums = [&mut energy[m], &mut moment[m], &mut change];
                if measure {
                    bins.update::<V, DUAL, true>(sums);
                } else {
                    bins.update::<V, DUAL, false>(sums);
                }
            }
            if DUAL {
                let half_tau = V::splat(0.5 * self.tau);
                for (h, r) in half_multiplier.iter_mut().zip(&*residual) {
                    (V::load(h) - half_tau * V::load(r)).store(h);
                }
            }
            measured = change.sum();
        }
        measured
    }
}

/// Writes `1 / (1 + (frequency - centre)^2)` for up to four modes.
#[inline(always)]
fn find_filters<V: Lanes>(
    frequency: &[Block],
    centres: &[f64],
    root_alpha: f64,
    filters: &mut [[Block; CHUNK]; GROUP],
) {
    let one = V::splat(1.0);
    // Loops, because a closure would not be compiled for the vector unit.
    let mut scaled = [V::splat(0.0); GROUP];
    for (scaled, centre) in scaled.iter_mut().zip(centres) {
        *scaled = V::splat(centre * root_alpha);
    }
    let [first, second, third, fourth] = filters;
    let rows = first.iter_mut().zip(second).zip(third).zip(fourth);
    for (w, (((a, b), c), d)) in frequency.iter().zip(rows) {
        let w = V::load(w);
        let mut penalty = [one; GROUP];
        for (penalty, centre) in penalty.iter_mut().zip(scaled) {
            let distance = w - centre;
            *penalty = one + distance * distance;
        }
        let [of_a, of_b, of_c, of_d] = reciprocals(penalty);
        of_a.store(a);
        of_b.store(b);
        of_c.store(c);
        of_d.store(d);
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

/// The bins of one chunk for one mode; all slices have the same length.
struct Bins<'a> {
    frequency: &'a [Block],
    filter: &'a [Block],
    half_multiplier: &'a [Block],
    residual: &'a mut [Block],
    mode: &'a mut [Block],
}

impl Bins<'_> {
    /// Updates the mode and adds to its energy, its moment and the squared change.
    #[inline(always)]
    fn update<V: Lanes, const DUAL: bool, const MEASURE: bool>(
        self,
        [energy, moment, change]: [&mut Block; 3],
    ) {
        let (mut e, mut m, mut c) = (V::load(energy), V::load(moment), V::load(change));
        let inputs = self.frequency.iter().zip(self.filter).zip(self.half_multiplier);
        let state = self.residual.iter_mut().zip(self.mode);
        for (((w, filter), h), (residual, mode)) in inputs.zip(state) {
            let old = V::load(mode);
            // The residual with this mode taken out.
            let rest = V::load(residual) + old;
            let target = if DUAL { rest - V::load(h) } else { rest };
            let new = target * V::load(filter);
            new.store(mode);
            (rest - new).store(residual);
            let square = new * new;
            e = e + square;
            m = m + square * V::load(w);
            if MEASURE {
                let step = new - old;
                c = c + step * step;
            }
        }
        e.store(energy);
        m.store(moment);
        if MEASURE {
            c.store(change);
        }
    }
}

#[cfg(test)]
mod tests;
