//! Inference of the LSTM in plain Rust: the one path that back-tests and live embeddings share.

use rayon::prelude::*;

use super::weights::LstmWeights;
use crate::sequences::Sequences;
use crate::{Error, Result};

/// Sequences computed together, so that a weight read once serves all of them. Every sequence is computed in an order of
/// its own operations that does not depend on its neighbours: a row alone and a row among others give the same bits.
const BLOCK: usize = 4;

/// A matrix with the inputs as rows, which is the order in which the products run.
#[derive(Clone, Debug)]
struct Matrix {
    outputs: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// From the layout of PyTorch (outputs x inputs).
    fn transposed(outputs: usize, values: &[f32]) -> Self {
        let inputs = values.len() / outputs;
        let mut turned = vec![0.0; values.len()];
        for (i, row) in values.chunks_exact(inputs).enumerate() {
            for (j, &value) in row.iter().enumerate() {
                turned[j * outputs + i] = value;
            }
        }
        Self { outputs, values: turned }
    }

    /// Adds `x W` for each of the block's vectors; `x` holds the inputs and `out` the outputs of one vector after another.
    fn add_product(&self, x: &[f32], out: &mut [f32]) {
        let (n, inputs) = (self.outputs, self.values.len() / self.outputs);
        let [a, b, c, d] = split::<BLOCK>(out, n);
        for (j, weights) in self.values.chunks_exact(n).enumerate() {
            let [xa, xb, xc, xd] = std::array::from_fn(|r| x[r * inputs + j]);
            let rows = a.iter_mut().zip(b.iter_mut()).zip(c.iter_mut()).zip(d.iter_mut());
            for ((((a, b), c), d), w) in rows.zip(weights) {
                *a += xa * w;
                *b += xb * w;
                *c += xc * w;
                *d += xd * w;
            }
        }
    }
}

/// The first `N` chunks of `n` values.
fn split<const N: usize>(values: &mut [f32], n: usize) -> [&mut [f32]; N] {
    let mut chunks = values.chunks_exact_mut(n);
    std::array::from_fn(|_| chunks.next().unwrap_or_default())
}

#[derive(Clone, Debug)]
struct Layer {
    from_input: Matrix,
    from_state: Matrix,
    /// Sum of the two biases of PyTorch.
    bias: Vec<f32>,
}

#[derive(Clone, Debug)]
struct Dense {
    weights: Matrix,
    bias: Vec<f32>,
}

/// The network ready for inference.
///
/// ```
/// use mantis_models::lstm::{Lstm, LstmParams, LstmWeights};
/// use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng};
///
/// let params = LstmParams { hidden: 16, ..LstmParams::default() };
/// let weights = LstmWeights::random(&params, 3, &mut ChaCha8Rng::seed_from_u64(1))?;
/// let out = Lstm::new(&weights).of_one(&vec![0.5; 20 * 3])?;
/// assert_eq!(out.hidden.len(), 32);
/// assert!((0.0..=1.0).contains(&out.probability()[0]));
/// # Ok::<(), mantis_models::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Lstm {
    features: usize,
    steps: usize,
    hidden: usize,
    layers: Vec<Layer>,
    dense: Vec<Dense>,
    output: Dense,
}

/// What the network says about some sequences.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outputs {
    /// Last dense layer, row by row.
    pub hidden: Vec<f32>,
    /// The network's outputs, row by row: for the guide's network the log-odds of "up".
    pub logit: Vec<f32>,
}

impl Outputs {
    /// The outputs as probabilities, each by itself.
    #[must_use]
    pub fn probability(&self) -> Vec<f64> {
        self.logit.iter().map(|&z| mantis_features::learn::sigmoid(f64::from(z))).collect()
    }
}

impl Lstm {
    /// Prepares the weights.
    #[must_use]
    pub fn new(weights: &LstmWeights) -> Self {
        let params = weights.params();
        let matrix = |name: &str| {
            let tensor = weights.tensor(name);
            Matrix::transposed(tensor.shape[0], &tensor.values)
        };
        let dense = |name: &str| Dense {
            weights: matrix(&format!("{name}.weight")),
            bias: weights.tensor(&format!("{name}.bias")).values.clone(),
        };
        let layer = |l: usize| {
            let bias = |side| &weights.tensor(&format!("lstm.{l}.bias_{side}")).values;
            Layer {
                from_input: matrix(&format!("lstm.{l}.weight_ih")),
                from_state: matrix(&format!("lstm.{l}.weight_hh")),
                bias: bias("ih").iter().zip(bias("hh")).map(|(a, b)| a + b).collect(),
            }
        };
        Self {
            features: weights.features(),
            steps: params.steps,
            hidden: params.hidden,
            layers: (0..params.layers).map(layer).collect(),
            dense: (0..params.dense.len()).map(|i| dense(&format!("dense.{i}"))).collect(),
            output: dense("output"),
        }
    }

    /// One sequence, step by step (`steps x features`).
    ///
    /// # Errors
    /// [`Error::Length`] for another number of values.
    pub fn of_one(&self, sequence: &[f32]) -> Result<Outputs> {
        let (got, expected) = (sequence.len(), self.steps * self.features);
        if got != expected {
            return Err(Error::Length { what: "LSTM", input: "sequence", got, expected });
        }
        Ok(self.block(&[sequence]))
    }

    /// The sequences of some rows, on as many threads as the current rayon pool has; the bits do not depend on it.
    ///
    /// # Errors
    /// [`Error::Length`] for sequences of another shape; [`Error::TooFewRows`] for a row without a sequence.
    pub fn of_rows(&self, sequences: &Sequences, rows: &[usize]) -> Result<Outputs> {
        let pairs = [
            ("features", sequences.features(), self.features),
            ("steps", sequences.steps(), self.steps),
        ];
        if let Some((input, got, expected)) = pairs.into_iter().find(|(_, a, b)| a != b) {
            return Err(Error::Length { what: "LSTM", input, got, expected });
        }
        let found = rows.iter().map(|&row| {
            let what = "LSTM: complete rows of the sequence";
            sequences.of(row).ok_or(Error::TooFewRows { what, got: 0, least: self.steps })
        });
        let found = found.collect::<Result<Vec<_>>>()?;
        let parts: Vec<Outputs> = found.par_chunks(BLOCK).map(|block| self.block(block)).collect();
        let mut all = Outputs::default();
        for part in parts {
            all.hidden.extend(part.hidden);
            all.logit.extend(part.logit);
        }
        Ok(all)
    }

    /// Up to `BLOCK` sequences; the empty places of the block are computed on zeros and dropped.
    fn block(&self, sequences: &[&[f32]]) -> Outputs {
        let h = self.hidden;
        let mut state = vec![vec![0.0_f32; BLOCK * h]; self.layers.len()];
        let mut cell = state.clone();
        let mut gates = vec![0.0_f32; BLOCK * 4 * h];
        let mut input = vec![0.0_f32; BLOCK * self.features];
        for step in 0..self.steps {
            for (to, from) in input.chunks_exact_mut(self.features).zip(sequences) {
                to.copy_from_slice(&from[step * self.features..(step + 1) * self.features]);
            }
            for (l, layer) in self.layers.iter().enumerate() {
                gates.chunks_exact_mut(4 * h).for_each(|row| row.copy_from_slice(&layer.bias));
                let (below, own) = state.split_at_mut(l);
                layer.from_input.add_product(below.last().unwrap_or(&input), &mut gates);
                layer.from_state.add_product(&own[0], &mut gates);
                for r in 0..BLOCK {
                    let part = r * h..(r + 1) * h;
                    let gates = &gates[4 * r * h..4 * (r + 1) * h];
                    advance(gates, &mut cell[l][part.clone()], &mut own[0][part]);
                }
            }
        }
        let mut values = state.pop().unwrap_or_default();
        for dense in &self.dense {
            values = dense.of(&values);
            values.iter_mut().for_each(|v| *v = v.max(0.0));
        }
        let mut logit = self.output.of(&values);
        values.truncate(sequences.len() * (values.len() / BLOCK));
        logit.truncate(sequences.len() * (logit.len() / BLOCK));
        Outputs { hidden: values, logit }
    }
}

impl Dense {
    fn of(&self, x: &[f32]) -> Vec<f32> {
        let mut out = self.bias.repeat(BLOCK);
        self.weights.add_product(x, &mut out);
        out
    }
}

fn sigmoid(z: f32) -> f32 {
    1.0 / (1.0 + (-z).exp())
}

/// One step of one sequence: gates in the order input, forget, cell, output.
fn advance(gates: &[f32], cell: &mut [f32], state: &mut [f32]) {
    let h = cell.len();
    for k in 0..h {
        let (input, forget) = (sigmoid(gates[k]), sigmoid(gates[h + k]));
        let (proposal, output) = (gates[2 * h + k].tanh(), sigmoid(gates[3 * h + k]));
        cell[k] = forget * cell[k] + input * proposal;
        state[k] = output * cell[k].tanh();
    }
}
