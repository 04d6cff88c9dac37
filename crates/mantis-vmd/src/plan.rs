//! From the samples of one or several channels to their decompositions.

use crate::solver::{Outcome, Solver, Start, check_finite, mean};
use crate::{Convention, Decomposition, Error, Result, VmdParams};

/// Decomposes channels of one length, which share their centre frequencies.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    planned: usize,
    channels: usize,
    solver: Solver,
    /// Standardised samples of one channel.
    input: Vec<f64>,
}

impl Plan {
    pub(crate) fn new(params: &VmdParams, len: usize, channels: usize) -> Result<Self> {
        // DIFFERENCE: vmdpy drops the last sample of an odd signal; the default keeps every sample.
        let used = match params.convention {
            Convention::ScaleFree => len,
            Convention::Vmdpy => len - len % 2,
        };
        let solver = Solver::new(params, used, channels)?;
        Ok(Self { planned: len, channels, solver, input: vec![0.0; used] })
    }

    pub(crate) fn planned(&self) -> usize {
        self.planned
    }

    /// Decomposes one signal for each channel into as many results, whose buffers are reused.
    pub(crate) fn decompose<'a>(
        &mut self,
        start: Start,
        signals: impl Iterator<Item = &'a [f64]> + Clone,
        out: &mut [Decomposition],
    ) -> Result<()> {
        for (channel, (signal, out)) in signals.clone().zip(out.iter_mut()).enumerate() {
            self.load(channel, signal, out).map_err(|source| match self.channels {
                1 => source,
                _ => Error::Channel { channel, source: Box::new(source) },
            })?;
        }
        let outcome = self.solver.solve(start)?;
        for (channel, (signal, out)) in signals.zip(out).enumerate() {
            self.unload(channel, signal, outcome, out);
        }
        Ok(())
    }

    fn load(&mut self, channel: usize, signal: &[f64], out: &mut Decomposition) -> Result<()> {
        if signal.len() != self.planned {
            return Err(Error::Length { planned: self.planned, len: signal.len() });
        }
        check_finite(signal, 0)?;
        let signal = &signal[..self.solver.len()];
        (out.mean, out.scale) = standardise(signal, &mut self.input)?;
        if self.solver.params().standardise {
            self.solver.load(channel, &self.input)
        } else {
            out.mean = 0.0;
            self.solver.load(channel, signal)
        }
    }

    fn unload(
        &mut self,
        channel: usize,
        signal: &[f64],
        outcome: Outcome,
        out: &mut Decomposition,
    ) {
        let (k, len) = (self.solver.params().k, self.solver.len());
        (out.k, out.len) = (k, len);
        out.modes.resize(k * len, 0.0);
        self.solver.modes(channel, &mut out.modes);
        if self.solver.params().standardise {
            for value in &mut out.modes {
                *value *= out.scale;
            }
        }
        refill(&mut out.centre_frequency, self.solver.centres());
        let energy = |samples: &[f64]| samples.iter().map(|x| x * x).sum::<f64>();
        refill(&mut out.energy, out.modes.chunks_exact(len).map(energy));
        refill(&mut out.residual, signal[..len].iter().map(|x| x - out.mean));
        for mode in out.modes.chunks_exact(len) {
            for (r, u) in out.residual.iter_mut().zip(mode) {
                *r -= u;
            }
        }
        out.residual_energy = energy(&out.residual);
        out.sweeps = outcome.sweeps;
        out.converged = outcome.converged;
        out.change = outcome.change;
        refill(&mut out.trajectory, self.solver.trajectory());
    }
}

/// Replaces the content of a buffer and keeps its memory.
fn refill(buffer: &mut Vec<f64>, values: impl Iterator<Item = f64>) {
    buffer.clear();
    buffer.extend(values);
}

/// Writes `(x - mean) / standard deviation`; returns both.
fn standardise(signal: &[f64], out: &mut [f64]) -> Result<(f64, f64)> {
    let n = signal.len() as f64;
    if signal.iter().all(|&x| x == signal[0]) {
        return Err(Error::Constant { len: signal.len(), value: signal[0] });
    }
    let mean = mean(signal);
    // Divided by the largest deviation first, whose square might leave the range of `f64`.
    let largest = signal.iter().fold(0.0_f64, |m, x| m.max((x - mean).abs()));
    for (z, x) in out.iter_mut().zip(signal) {
        *z = (x - mean) / largest;
    }
    let deviation = (out.iter().map(|z| z * z).sum::<f64>() / n).sqrt();
    for z in out.iter_mut() {
        *z /= deviation;
    }
    Ok((mean, largest * deviation))
}
