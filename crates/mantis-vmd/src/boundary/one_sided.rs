//! Mirror at the newest end alone.
//!
//! The signal `f` of `N` samples is followed by its last `N / 2` samples in reverse. The period is
//! a quarter shorter than that of the mirror at both ends, but it jumps where its end meets the
//! oldest sample.

use rustfft::num_complex::Complex;

use super::Fourier;

/// Fourier transform of one extended length with its scratch.
#[derive(Clone)]
pub(crate) struct OneSided {
    len: usize,
    fourier: Fourier,
    /// Phase of each non-negative bin of the last signal.
    phase: Vec<Complex<f64>>,
}

impl OneSided {
    pub(super) fn new(len: usize) -> Self {
        let period = len + len / 2;
        Self { len, fourier: Fourier::new(period), phase: vec![Complex::default(); period / 2 + 1] }
    }

    pub(super) fn bins(&self) -> usize {
        self.phase.len()
    }

    pub(super) fn period(&self) -> usize {
        self.fourier.buffer.len()
    }

    /// Writes the magnitudes of the spectrum and keeps the phases for the way back.
    pub(super) fn forward(&mut self, signal: &[f64], magnitudes: &mut [f64]) {
        let extended = signal.iter().chain(signal.iter().rev());
        for (slot, &x) in self.fourier.buffer.iter_mut().zip(extended) {
            *slot = Complex::new(x, 0.0);
        }
        self.fourier.forward();
        for ((v, phase), d) in self.fourier.buffer.iter().zip(&mut self.phase).zip(magnitudes) {
            *d = v.norm_sqr().sqrt();
            // A bin without magnitude stays empty, whatever its phase.
            *phase = if *d == 0.0 { Complex::default() } else { v / *d };
        }
    }

    /// Turns real multiples of the phases back into the samples of two signals.
    pub(super) fn inverse_pair(&mut self, magnitudes: [&[f64]; 2], samples: [&mut [f64]; 2]) {
        let period = self.period();
        let scale = 1.0 / period as f64;
        for (j, phase) in self.phase.iter().enumerate() {
            let (a, b) = (magnitudes[0][j] * scale, magnitudes[1][j] * scale);
            // Two real signals as the real and the imaginary part of one. The bin zero and, if the
            // period is even, the middle one are their own mirror image.
            self.fourier.buffer[j] = phase * Complex::new(a, b);
            if j != 0 && 2 * j != period {
                self.fourier.buffer[period - j] = phase.conj() * Complex::new(a, b);
            }
        }
        self.fourier.inverse();
        let [one, two] = samples;
        for ((v, one), two) in self.fourier.buffer[..self.len].iter().zip(one).zip(two) {
            (*one, *two) = (v.re, v.im);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_for_every_small_length() {
        for n in 4..70 {
            let x: Vec<f64> =
                (0..n).map(|i| ((i * i) as f64 * 0.37).sin() + 0.1 * i as f64).collect();
            let mut transform = OneSided::new(n);
            let mut d = vec![0.0; transform.bins()];
            transform.forward(&x, &mut d);
            let scaled: Vec<f64> = d.iter().map(|d| -3.0 * d).collect();
            let (mut one, mut two) = (vec![0.0; n], vec![0.0; n]);
            transform.inverse_pair([&d, &scaled], [&mut one, &mut two]);
            for i in 0..n {
                assert!((one[i] - x[i]).abs() < 1e-11, "n={n}, sample {i}");
                assert!((two[i] + 3.0 * x[i]).abs() < 1e-11, "n={n}, sample {i}");
            }
        }
    }

    #[test]
    fn the_magnitudes_hold_the_energy_of_one_period() {
        for n in [8, 9, 10, 11] {
            let x: Vec<f64> = (0..n).map(|i| (i as f64).sin()).collect();
            let mut transform = OneSided::new(n);
            let mut d = vec![0.0; transform.bins()];
            transform.forward(&x, &mut d);
            let period = transform.period();
            let energy: f64 = x.iter().chain(&x[n - n / 2..]).map(|x| x * x).sum();
            let twice = |j: usize| if j == 0 || 2 * j == period { 1.0 } else { 2.0 };
            let bins: f64 = d.iter().enumerate().map(|(j, d)| twice(j) * d * d).sum();
            assert!((bins / period as f64 - energy).abs() < 1e-12 * energy, "n={n}");
        }
    }
}
