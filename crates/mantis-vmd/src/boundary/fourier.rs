//! The complex Fourier transform that both continuations are made of.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlannerScalar};

/// Transforms of one length, there and back, in a buffer of their own.
#[derive(Clone)]
pub(super) struct Fourier {
    forward: Arc<dyn Fft<f64>>,
    inverse: Arc<dyn Fft<f64>>,
    pub(super) buffer: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

impl Fourier {
    pub(super) fn new(len: usize) -> Self {
        // The scalar planner, because the vector ones round differently from CPU to CPU.
        let mut planner = FftPlannerScalar::new();
        let forward = planner.plan_fft_forward(len);
        let inverse = planner.plan_fft_inverse(len);
        let scratch = forward.get_inplace_scratch_len().max(inverse.get_inplace_scratch_len());
        Self {
            forward,
            inverse,
            buffer: vec![Complex::default(); len],
            scratch: vec![Complex::default(); scratch],
        }
    }

    /// Transforms the buffer.
    pub(super) fn forward(&mut self) {
        self.forward.process_with_scratch(&mut self.buffer, &mut self.scratch);
    }

    /// Transforms the buffer back, times its length.
    pub(super) fn inverse(&mut self) {
        self.inverse.process_with_scratch(&mut self.buffer, &mut self.scratch);
    }
}
