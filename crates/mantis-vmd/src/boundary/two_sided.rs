//! Mirror at both ends.
//!
//! The signal `f` of `N` samples is extended to the period `2 N` with the edge samples repeated.
//! Wherever the period is cut, its spectrum is a phase times the real numbers
//! `D_j = 2 sum_n f_n cos(pi j (2 n + 1) / 2 N)`, a discrete cosine transform of type II over the
//! `N` non-negative bins `j / 2 N` (the Nyquist bin is zero). So no mirrored copy is made, and odd
//! lengths need no special case.

use std::f64::consts::PI;

use rustfft::num_complex::Complex;

use super::Fourier;

/// Cosine transform of one length with its scratch, after Makhoul (1980): one complex FFT of the
/// same length forward, one for every two modes back.
#[derive(Clone)]
pub(crate) struct TwoSided {
    len: usize,
    fourier: Fourier,
    /// `exp(-i pi j / 2 N)`.
    twist: Vec<Complex<f64>>,
}

impl TwoSided {
    pub(super) fn new(len: usize) -> Self {
        Self {
            len,
            fourier: Fourier::new(len),
            twist: (0..len)
                .map(|j| Complex::from_polar(1.0, -PI * j as f64 / (2 * len) as f64))
                .collect(),
        }
    }

    pub(super) fn bins(&self) -> usize {
        self.len
    }

    pub(super) fn period(&self) -> usize {
        2 * self.len
    }

    /// Writes `D_j` of `signal` into `coefficients`; both have the length of the plan.
    pub(super) fn forward(&mut self, signal: &[f64], coefficients: &mut [f64]) {
        for (i, &x) in signal.iter().enumerate() {
            let slot = self.slot(i);
            self.fourier.buffer[slot] = Complex::new(x, 0.0);
        }
        self.fourier.forward();
        for ((d, v), t) in coefficients.iter_mut().zip(&self.fourier.buffer).zip(&self.twist) {
            *d = 2.0 * (v.re * t.re - v.im * t.im);
        }
    }

    /// Turns the coefficients of two signals back into samples.
    pub(super) fn inverse_pair(&mut self, coefficients: [&[f64]; 2], samples: [&mut [f64]; 2]) {
        let n = self.len;
        let half = 0.5 / n as f64;
        let [first, second] = coefficients;
        let partner = |c: &[f64], j: usize| if j == 0 { 0.0 } else { c[n - j] };
        for j in 0..n {
            let a = Complex::new(first[j], -partner(first, j));
            let b = Complex::new(second[j], -partner(second, j));
            self.fourier.buffer[j] = self.twist[j].conj() * (a + Complex::new(-b.im, b.re)) * half;
        }
        self.fourier.inverse();
        let [one, two] = samples;
        for (i, (one, two)) in one.iter_mut().zip(two).enumerate() {
            let v = self.fourier.buffer[self.slot(i)];
            (*one, *two) = (v.re, v.im);
        }
    }

    /// Where sample `i` sits in the FFT buffer: even samples rising, then odd samples falling.
    fn slot(&self, i: usize) -> usize {
        if i.is_multiple_of(2) { i / 2 } else { self.len - 1 - i / 2 }
    }
}

/// What vmdpy adds to sample `at` of a mode for each unit of its highest coefficient, because it
/// overwrites the Nyquist bin (zero in a mirrored signal) with that bin's conjugate.
pub(crate) fn nyquist_weight(len: usize, at: usize) -> f64 {
    let prefix = len / 2;
    let phase = PI * (len - 1) as f64 * (prefix as f64 - 0.5) / len as f64;
    let sign = if (prefix + at).is_multiple_of(2) { 1.0 } else { -1.0 };
    sign * phase.cos() / (2 * len) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signal(len: usize) -> Vec<f64> {
        (0..len).map(|i| ((i * i) as f64 * 0.37).sin() + 0.1 * i as f64).collect()
    }

    /// The definition, summed directly.
    fn naive(x: &[f64]) -> Vec<f64> {
        let n = x.len();
        (0..n)
            .map(|j| {
                let term = |i: usize| x[i] * (PI * (j * (2 * i + 1)) as f64 / (2 * n) as f64).cos();
                2.0 * (0..n).map(term).sum::<f64>()
            })
            .collect()
    }

    #[test]
    fn forward_and_back_for_every_small_length() {
        for n in 2..70 {
            let x = signal(n);
            let mut transform = TwoSided::new(n);
            let mut d = vec![0.0; n];
            transform.forward(&x, &mut d);
            for (a, b) in d.iter().zip(naive(&x)) {
                assert!((a - b).abs() < 1e-10, "n={n}: {a} and {b}");
            }
            let scaled: Vec<f64> = d.iter().map(|d| -3.0 * d).collect();
            let (mut one, mut two) = (vec![0.0; n], vec![0.0; n]);
            transform.inverse_pair([&d, &scaled], [&mut one, &mut two]);
            for i in 0..n {
                assert!((one[i] - x[i]).abs() < 1e-11, "n={n}, sample {i}");
                assert!((two[i] + 3.0 * x[i]).abs() < 1e-11, "n={n}, sample {i}");
            }
        }
    }
}
