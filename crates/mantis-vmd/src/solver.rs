//! The sweeps of one signal, from its spectrum to its gains.

use crate::boundary::{MirrorTransform, nyquist_weight};
use crate::kernel::Spectrum;
use crate::simd::{Block, Isa, LANES};
use crate::{Convention, Error, Result, VmdParams, init};

/// Range of the largest magnitude of an input, within which no square of a spectrum overflows and
/// none that matters underflows.
const SCALE: (f64, f64) = (1e-120, 1e120);

/// How the iteration ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) sweeps: usize,
    pub(crate) converged: bool,
    /// Change of the last sweep, in the terms of the stop rule.
    pub(crate) change: f64,
}

/// Transform, sweeps and stop rule for signals of one length. Allocates nothing after `new`
/// unless the trajectory is kept.
#[derive(Clone)]
pub(crate) struct Solver {
    params: VmdParams,
    len: usize,
    transform: MirrorTransform,
    spectrum: Spectrum,
    coefficients: Vec<f64>,
    initial: Vec<f64>,
    centres: Vec<f64>,
    previous_centres: Vec<f64>,
    previous_gains: Vec<Block>,
    trajectory: Vec<f64>,
    order: Vec<usize>,
}

impl Solver {
    /// For signals of `len` samples, all of which are used.
    pub(crate) fn new(params: &VmdParams, len: usize) -> Result<Self> {
        params.check()?;
        let min = params.min_len();
        if len < min {
            return Err(Error::TooShort { k: params.k, len, min });
        }
        let spectrum = Spectrum::new(len, params.k, Isa::best());
        let initial = init::centre_frequencies(params, len);
        Ok(Self {
            len,
            transform: MirrorTransform::new(len),
            previous_gains: match params.convention {
                Convention::ScaleFree => Vec::new(),
                Convention::Vmdpy => spectrum.gains().to_vec(),
            },
            spectrum,
            coefficients: vec![0.0; len],
            centres: initial.clone(),
            previous_centres: initial.clone(),
            initial,
            trajectory: Vec::new(),
            order: (0..params.k).collect(),
            params: params.clone(),
        })
    }

    pub(crate) fn params(&self) -> &VmdParams {
        &self.params
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Finds the gains of `signal`, which must be finite.
    pub(crate) fn solve(&mut self, signal: &[f64]) -> Result<Outcome> {
        let variance = variance(signal)?;
        self.transform.forward(signal, &mut self.coefficients);
        self.spectrum.start(&self.coefficients);
        self.centres.copy_from_slice(&self.initial);
        self.trajectory.clear();
        let vmdpy = self.params.convention == Convention::Vmdpy;
        // Twice the length is the mirrored period, over which vmdpy takes the mean.
        let (scale, floor) = match self.params.convention {
            Convention::ScaleFree => (1.0 / (2.0 * self.len as f64 * variance), 0.0),
            Convention::Vmdpy => (1.0 / (2 * self.len) as f64, f64::EPSILON),
        };
        let (alpha, tau) = (self.params.alpha, self.params.tau);
        let mut outcome = Outcome { sweeps: 0, converged: false, change: f64::INFINITY };
        while !outcome.converged && outcome.sweeps < self.params.max_sweeps {
            self.keep_trajectory();
            if vmdpy {
                self.previous_gains.copy_from_slice(self.spectrum.gains());
                self.previous_centres.copy_from_slice(&self.centres);
            }
            let change = self.spectrum.sweep(alpha, tau, &self.centres) * scale + floor;
            outcome.sweeps += 1;
            if !change.is_finite() {
                return Err(Error::Diverged { sweep: outcome.sweeps, tau });
            }
            self.update_centres(outcome.sweeps)?;
            outcome.change = change;
            outcome.converged = change <= self.params.tol;
        }
        if vmdpy {
            if outcome.sweeps == 1 {
                let (change, tol) = (outcome.change, self.params.tol);
                return Err(Error::StoppedAtOnce { change, tol });
            }
            std::mem::swap(&mut self.centres, &mut self.previous_centres);
        } else {
            self.keep_trajectory();
        }
        self.sort();
        Ok(outcome)
    }

    fn keep_trajectory(&mut self) {
        if self.params.trajectory {
            self.trajectory.extend_from_slice(&self.centres);
        }
    }

    fn update_centres(&mut self, sweep: usize) -> Result<()> {
        for mode in usize::from(self.params.dc)..self.params.k {
            let (energy, moment) = self.spectrum.moments(mode);
            let centre = moment / energy;
            if !centre.is_finite() {
                return Err(Error::EmptyMode { mode, sweep });
            }
            self.centres[mode] = centre;
        }
        Ok(())
    }

    fn sort(&mut self) {
        let centres = &self.centres;
        for (i, place) in self.order.iter_mut().enumerate() {
            *place = i;
        }
        if self.params.convention == Convention::ScaleFree {
            self.order.sort_by(|&a, &b| centres[a].total_cmp(&centres[b]));
        }
    }

    /// Centre frequencies of the result, in the order of the result.
    pub(crate) fn centres(&self) -> impl Iterator<Item = f64> + '_ {
        self.order.iter().map(|&m| self.centres[m])
    }

    /// Centre frequencies at the start and after each sweep up to the result, rows x `k`, if kept.
    pub(crate) fn trajectory(&self) -> Option<Vec<f64>> {
        self.params.trajectory.then(|| {
            let rows = self.trajectory.chunks_exact(self.params.k);
            rows.flat_map(|row| self.order.iter().map(|&m| row[m])).collect()
        })
    }

    fn gains(&self) -> &[Block] {
        match self.params.convention {
            Convention::ScaleFree => self.spectrum.gains(),
            Convention::Vmdpy => &self.previous_gains,
        }
    }

    /// Writes the modes of the result, `k` x `len`.
    pub(crate) fn modes(&mut self, modes: &mut [f64]) {
        let (n, k) = (self.len, self.params.k);
        let gains = match self.params.convention {
            Convention::ScaleFree => self.spectrum.gains(),
            Convention::Vmdpy => &self.previous_gains,
        };
        let at = |m: usize, j: usize| gains[j / LANES * k + m].0[j % LANES] * self.coefficients[j];
        for (pair, out) in self.order.chunks(2).zip(modes.chunks_mut(2 * n)) {
            let (first, second) = out.split_at_mut(n);
            self.transform.inverse_pair(
                |j| at(pair[0], j),
                |j| pair.get(1).map_or(0.0, |&m| at(m, j)),
                |i, a, b| {
                    first[i] = a;
                    if let Some(value) = second.get_mut(i) {
                        *value = b;
                    }
                },
            );
        }
        if self.params.convention == Convention::Vmdpy {
            for (&m, mode) in self.order.iter().zip(modes.chunks_exact_mut(n)) {
                let highest = at(m, n - 1);
                for (i, value) in mode.iter_mut().enumerate() {
                    *value += highest * nyquist_weight(n, i);
                }
            }
        }
    }

    /// For each mode of the result, in its order: the sums over bins of gain x coefficient x
    /// `weights[0]` and `weights[1]`, and of gain^2 x power x `parseval`.
    pub(crate) fn project(
        &self,
        weights: [&[Block]; 2],
        parseval: &[Block],
        mut emit: impl FnMut(usize, [f64; 3]),
    ) {
        let k = self.params.k;
        let mut sums = vec![[Block::default(); 3]; k];
        let coefficients = self.coefficients.chunks(LANES);
        let bins = coefficients.zip(weights[0]).zip(weights[1]).zip(parseval);
        for ((((d, a), b), e), gains) in bins.zip(self.gains().chunks_exact(k)) {
            let mut factors = [[0.0; LANES]; 3];
            for (l, &d) in d.iter().enumerate() {
                factors[0][l] = d * a.0[l];
                factors[1][l] = d * b.0[l];
                factors[2][l] = d * d * e.0[l];
            }
            for (sum, gain) in sums.iter_mut().zip(gains) {
                for (l, &g) in gain.0.iter().enumerate() {
                    sum[0].0[l] += g * factors[0][l];
                    sum[1].0[l] += g * factors[1][l];
                    sum[2].0[l] += g * g * factors[2][l];
                }
            }
        }
        for (place, &m) in self.order.iter().enumerate() {
            emit(place, sums[m].map(|block| block.sum()));
        }
    }
}

impl std::fmt::Debug for Solver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Solver").field("params", &self.params).field("len", &self.len).finish()
    }
}

/// Refuses NaN and infinite samples; `offset` is the position of the first one in the input.
pub(crate) fn check_finite(signal: &[f64], offset: usize) -> Result<()> {
    match signal.iter().position(|x| !x.is_finite()) {
        Some(i) => Err(Error::NotFinite { index: offset + i, value: signal[i] }),
        None => Ok(()),
    }
}

/// Mean square deviation from the mean of a signal that can be decomposed.
fn variance(signal: &[f64]) -> Result<f64> {
    let len = signal.len();
    if signal.iter().all(|&x| x == signal[0]) {
        return Err(Error::Constant { len, value: signal[0] });
    }
    let (min, max) = SCALE;
    let largest = signal.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    if !(min..=max).contains(&largest) {
        return Err(Error::Scale { largest, min, max });
    }
    let mean = signal.iter().sum::<f64>() / len as f64;
    Ok(signal.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / len as f64)
}
