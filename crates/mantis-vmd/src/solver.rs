//! The sweeps of one or several channels that share their centre frequencies, from the samples to
//! the modes.

use crate::boundary::{Transform, nyquist_weight};
use crate::kernel::Spectrum;
use crate::simd::{Block, Isa};
use crate::{Convention, Error, Result, VmdParams, init};

/// Range of the largest magnitude of an input, within which no square of a spectrum overflows and
/// none that matters underflows.
const SCALE: (f64, f64) = (1e-120, 1e120);

/// While the change exceeds this many times `tol`, the stop is taken to be more than a sweep away:
/// the change is not measured to its end, and for vmdpy's sake no sweep is kept. The result does
/// not depend on the number.
const NEAR: f64 = 2.0;

/// How the iteration ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) sweeps: usize,
    pub(crate) converged: bool,
    /// Change of the last sweep, in the terms of the stop rule.
    pub(crate) change: f64,
}

/// Where the iteration starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Start {
    /// From the initial centre frequencies and empty modes.
    Cold,
    /// From the centre frequencies and gains at which the call before ended.
    Warm,
}

/// One channel. Samples go in with [`Solver::load`].
#[derive(Clone)]
struct Channel {
    transform: Transform,
    coefficients: Vec<f64>,
    /// Coefficients of the signal before, for a warm start.
    before: Vec<f64>,
    spectrum: Spectrum,
    /// Modes of the sweep before the last one, which vmdpy returns.
    previous: Vec<Block>,
    variance: f64,
}

/// Transforms, sweeps and stop rule for signals of one length. Allocates nothing after `new`
/// unless the trajectory is kept.
#[derive(Clone)]
pub(crate) struct Solver {
    params: VmdParams,
    len: usize,
    channels: Vec<Channel>,
    initial: Vec<f64>,
    centres: Vec<f64>,
    previous_centres: Vec<f64>,
    trajectory: Vec<f64>,
    order: Vec<usize>,
    /// Coefficients of two modes, and samples of the second one of an odd number of modes.
    pair: [Vec<f64>; 2],
    spare: Vec<f64>,
}

impl Solver {
    /// For signals of `len` samples, all of which are used.
    pub(crate) fn new(params: &VmdParams, len: usize, channels: usize) -> Result<Self> {
        Self::with_isa(params, len, channels, Isa::best())
    }

    /// As `new`, with instructions chosen by the caller.
    pub(crate) fn with_isa(
        params: &VmdParams,
        len: usize,
        channels: usize,
        isa: Isa,
    ) -> Result<Self> {
        params.check()?;
        let min = params.min_len();
        if len < min {
            return Err(Error::TooShort { k: params.k, len, min });
        }
        let transform = Transform::new(params.mirror, len);
        let (bins, period) = (transform.bins(), transform.period());
        let spectrum = Spectrum::new(bins, period, params.k, params.alpha, isa);
        let channel = Channel {
            coefficients: vec![0.0; bins],
            before: vec![0.0; bins],
            previous: match params.convention {
                Convention::ScaleFree => Vec::new(),
                Convention::Vmdpy => spectrum.modes().to_vec(),
            },
            transform,
            spectrum,
            variance: 0.0,
        };
        let initial = init::centre_frequencies(params, len);
        Ok(Self {
            len,
            channels: vec![channel; channels],
            centres: initial.clone(),
            previous_centres: initial.clone(),
            initial,
            trajectory: Vec::new(),
            order: (0..params.k).collect(),
            pair: [vec![0.0; bins], vec![0.0; bins]],
            spare: vec![0.0; len],
            params: params.clone(),
        })
    }

    pub(crate) fn params(&self) -> &VmdParams {
        &self.params
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Takes the samples of one channel, which must be finite.
    pub(crate) fn load(&mut self, channel: usize, signal: &[f64]) -> Result<()> {
        let variance = variance(signal)?;
        let channel = &mut self.channels[channel];
        channel.variance = variance;
        std::mem::swap(&mut channel.before, &mut channel.coefficients);
        channel.transform.forward(signal, &mut channel.coefficients);
        Ok(())
    }

    /// Finds the modes of the loaded samples.
    pub(crate) fn solve(&mut self, start: Start) -> Result<Outcome> {
        self.trajectory.clear();
        self.start(start);
        let vmdpy = self.params.convention == Convention::Vmdpy;
        let (scale, floor) = self.change_terms();
        let mut outcome = Outcome { sweeps: 0, converged: false, change: f64::INFINITY };
        let mut kept = false;
        while !outcome.converged && outcome.sweeps < self.params.max_sweeps {
            let last = outcome.sweeps + 1 == self.params.max_sweeps;
            kept = vmdpy && (last || outcome.change <= NEAR * self.params.tol);
            if kept {
                self.keep_sweep();
            }
            self.previous_centres.copy_from_slice(&self.centres);
            self.keep_trajectory();
            outcome.sweeps += 1;
            let near = (NEAR * self.params.tol - floor) / scale;
            let enough = if last { f64::INFINITY } else { near.max(0.0) };
            outcome.change = self.sweep(outcome.sweeps, enough)? * scale + floor;
            outcome.converged = outcome.change <= self.params.tol;
        }
        if vmdpy {
            if outcome.sweeps == 1 {
                let (change, tol) = (outcome.change, self.params.tol);
                return Err(Error::StoppedAtOnce { change, tol });
            }
            if !kept {
                self.repeat_sweeps(start, outcome.sweeps - 1)?;
            }
            std::mem::swap(&mut self.centres, &mut self.previous_centres);
        } else {
            self.keep_trajectory();
        }
        self.sort();
        Ok(outcome)
    }

    /// Factor and summand that turn the summed squares of a sweep into the change of the stop rule.
    fn change_terms(&self) -> (f64, f64) {
        let period = self.channels[0].transform.period() as f64;
        match self.params.convention {
            Convention::ScaleFree => {
                let variance: f64 = self.channels.iter().map(|c| c.variance).sum();
                (1.0 / (period * variance), 0.0)
            }
            // vmdpy takes the mean over the mirrored period.
            Convention::Vmdpy => (1.0 / period, f64::EPSILON),
        }
    }

    fn start(&mut self, start: Start) {
        if start == Start::Cold {
            self.centres.copy_from_slice(&self.initial);
        }
        for c in &mut self.channels {
            match start {
                Start::Cold => c.spectrum.start(&c.coefficients),
                Start::Warm => c.spectrum.start_warm(&c.before, &c.coefficients),
            }
        }
    }

    /// One sweep of all channels; returns the sum of the squared changes, which stops short once
    /// it has passed `enough`.
    fn sweep(&mut self, number: usize, enough: f64) -> Result<f64> {
        let mut change = 0.0;
        for c in &mut self.channels {
            change += c.spectrum.sweep(self.params.tau, &self.centres, enough - change);
        }
        let diverged = Error::Diverged { sweep: number, tau: self.params.tau };
        if !change.is_finite() {
            return Err(diverged);
        }
        for mode in usize::from(self.params.dc)..self.params.k {
            let (mut energy, mut moment) = (0.0, 0.0);
            for c in &self.channels {
                let (e, m) = c.spectrum.moments(mode);
                energy += e;
                moment += m;
            }
            if !moment.is_finite() || !energy.is_finite() {
                return Err(diverged);
            }
            if energy == 0.0 {
                return Err(Error::EmptyMode { mode, sweep: number });
            }
            self.centres[mode] = moment / energy;
        }
        Ok(change)
    }

    fn keep_sweep(&mut self) {
        for c in &mut self.channels {
            c.previous.copy_from_slice(c.spectrum.modes());
        }
    }

    /// Does the first `sweeps` sweeps once more and keeps the last of them, for the rare case that
    /// the stop came as a surprise.
    fn repeat_sweeps(&mut self, start: Start, sweeps: usize) -> Result<()> {
        debug_assert_eq!(start, Start::Cold, "a warm start has no beginning to go back to");
        self.start(start);
        for number in 1..=sweeps {
            self.sweep(number, 0.0)?;
        }
        self.keep_sweep();
        Ok(())
    }

    fn keep_trajectory(&mut self) {
        if self.params.trajectory {
            self.trajectory.extend_from_slice(&self.centres);
        }
    }

    fn sort(&mut self) {
        let centres = &self.centres;
        for (i, place) in self.order.iter_mut().enumerate() {
            *place = i;
        }
        if self.params.convention == Convention::ScaleFree {
            // Equal centres stay in their order, without the buffer of a stable sort.
            self.order.sort_unstable_by(|&a, &b| centres[a].total_cmp(&centres[b]).then(a.cmp(&b)));
        }
    }

    /// Centre frequencies of the result, in the order of the result.
    pub(crate) fn centres(&self) -> impl Iterator<Item = f64> + '_ {
        self.order.iter().map(|&m| self.centres[m])
    }

    /// Centre frequencies at the start and after each sweep up to the result, rows x `k`, if kept.
    pub(crate) fn trajectory(&self) -> impl Iterator<Item = f64> + '_ {
        let rows = self.trajectory.chunks_exact(self.params.k);
        rows.flat_map(|row| self.order.iter().map(|&m| row[m]))
    }

    /// Writes the modes of one channel of the result, `k` x `len`.
    pub(crate) fn modes(&mut self, channel: usize, modes: &mut [f64]) {
        let n = self.len;
        let vmdpy = self.params.convention == Convention::Vmdpy;
        let Channel { transform, spectrum, previous, .. } = &mut self.channels[channel];
        let values = if vmdpy { previous.as_slice() } else { spectrum.modes() };
        let [first, second] = &mut self.pair;
        for (pair, out) in self.order.chunks(2).zip(modes.chunks_mut(2 * n)) {
            spectrum.read(values, pair[0], first);
            // An odd last mode is transformed together with itself.
            spectrum.read(values, pair[pair.len() - 1], second);
            let (one, rest) = out.split_at_mut(n);
            let two = if rest.is_empty() { &mut self.spare[..] } else { rest };
            transform.inverse_pair([first, second], [&mut *one, &mut *two]);
            if vmdpy {
                let last = first.len() - 1;
                for (mode, highest) in [(one, first[last]), (two, second[last])] {
                    for (i, value) in mode.iter_mut().enumerate() {
                        *value += highest * nyquist_weight(n, i);
                    }
                }
            }
        }
    }
}

impl std::fmt::Debug for Solver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Solver")
            .field("params", &self.params)
            .field("len", &self.len)
            .field("channels", &self.channels.len())
            .finish()
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
    let mean = mean(signal);
    Ok(signal.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / len as f64)
}

/// Mean, taken about the first sample, so that a large level costs no digits.
pub(crate) fn mean(signal: &[f64]) -> f64 {
    signal[0] + signal.iter().map(|x| x - signal[0]).sum::<f64>() / signal.len() as f64
}

#[cfg(test)]
mod tests;
