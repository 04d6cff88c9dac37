//! Adam with decoupled weight decay, on the numbers of a network in one row.
//!
//! Own code, because its state has to survive a killed training, and its sums have to run in one order.

use super::params::TrainParams;

/// The state of the optimiser (Loshchilov and Hutter 2019, "Decoupled weight decay regularization").
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AdamW {
    pub(crate) steps: i32,
    pub(crate) mean: Vec<f32>,
    pub(crate) square: Vec<f32>,
}

impl AdamW {
    const BETA: (f64, f64) = (0.9, 0.999);
    const EPSILON: f32 = 1e-8;

    pub(crate) fn new(numbers: usize) -> Self {
        Self { steps: 0, mean: vec![0.0; numbers], square: vec![0.0; numbers] }
    }

    /// Shortens the gradient to `clip_norm` at most and moves the weights against it, `rate` being the step size.
    pub(crate) fn step(
        &mut self,
        weights: &mut [f32],
        gradient: &[f32],
        params: &TrainParams,
        rate: f64,
    ) {
        self.steps += 1;
        let norm = gradient.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
        let shrink = (params.clip_norm / (norm + 1e-6)).min(1.0) as f32;
        let (b1, b2) = (Self::BETA.0 as f32, Self::BETA.1 as f32);
        let unbias = (1.0 - Self::BETA.0.powi(self.steps), 1.0 - Self::BETA.1.powi(self.steps));
        let (rate_1, root_2) = ((rate / unbias.0) as f32, unbias.1.sqrt() as f32);
        let keep = (1.0 - rate * params.weight_decay) as f32;
        let state = self.mean.iter_mut().zip(&mut self.square);
        for ((w, &g), (mean, square)) in weights.iter_mut().zip(gradient).zip(state) {
            let g = g * shrink;
            *mean = b1 * *mean + (1.0 - b1) * g;
            *square = b2 * *square + (1.0 - b2) * g * g;
            *w = *w * keep - rate_1 * *mean / (square.sqrt() / root_2 + Self::EPSILON);
        }
    }
}
