//! Training on libtorch. The types of `tch` stay in this file.

use std::ops::ControlFlow;

use rand::RngCore;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tch::{Device, Kind, Reduction, TchError, Tensor};

use super::params::{LearningCurves, LstmParams, TrainParams};
use super::weights::{LstmWeights, layout};
use crate::progress::{Progress, Stage};
use crate::sequences::Sequences;
use crate::{Error, Result};

/// Rows of a set of sequences with their labels.
#[derive(Clone, Debug, Default)]
pub struct LabelledRows {
    /// Rows that have a sequence.
    pub rows: Vec<usize>,
    /// Whether the price rose, for each of them.
    pub up: Vec<bool>,
}

/// Sequences in one pass without gradients.
const EVALUATION_BATCH: usize = 2048;

impl From<TchError> for Error {
    fn from(error: TchError) -> Self {
        Self::Engine { engine: "libtorch", reason: error.to_string() }
    }
}

/// Trains a network on the rows of `train`, keeps the weights of the epoch with the lowest loss on `validation`.
///
/// Every random number (first weights, order of the rows, dropout) comes from `seed`, so that the same input gives the same
/// bits. libtorch runs on one thread: on more, its sums are split differently and end in other bits. That is set for the
/// whole of libtorch in this process. `progress` is told batches done and batches planned.
///
/// # Errors
/// The errors of the parameter checks; [`Error::TooFewRows`] without rows; [`Error::OneClass`] for validation rows with
/// one label; [`Error::Diverged`], [`Error::Engine`], and [`Error::Stopped`] when `progress` breaks.
pub fn train(
    (params, training): (&LstmParams, &TrainParams),
    sequences: &Sequences,
    (train, validation): (&LabelledRows, &LabelledRows),
    seed: u64,
    progress: &mut Progress<'_>,
) -> Result<(LstmWeights, LearningCurves)> {
    training.check()?;
    check(train, validation)?;
    tch::set_num_threads(1);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut weights = LstmWeights::random(params, sequences.features(), &mut rng)?;
    let data = Data::new(sequences)?;
    let network = Network::new(&weights)?;
    let mut optimiser = AdamW::new(&network, training);
    let mut curves = LearningCurves::default();
    let mut order: Vec<usize> = (0..train.rows.len()).collect();
    let batches = order.len().div_ceil(training.batch);
    let total = batches * training.epochs;
    for epoch in 0..training.epochs {
        order.shuffle(&mut rng);
        let mut sum = 0.0;
        for (batch, chosen) in order.chunks(training.batch).enumerate() {
            let (x, y) = data.batch(train, chosen)?;
            let loss = loss(&network.forward(&x, Some(&mut rng))?, &y)?;
            sum += loss.double_value(&[]) * chosen.len() as f64;
            loss.f_backward()?;
            optimiser.step(&network)?;
            let done = epoch * batches + batch + 1;
            if progress(Stage::Lstm, done, total).is_break() {
                return Err(Error::Stopped { stage: Stage::Lstm.name(), done, total });
            }
        }
        let validation_loss = network.evaluate(&data, validation)?;
        let train_loss = sum / order.len() as f64;
        if let Some(loss) = [train_loss, validation_loss].into_iter().find(|l| !l.is_finite()) {
            return Err(Error::Diverged { epoch: epoch + 1, loss });
        }
        curves.train_loss.push(train_loss);
        curves.validation_loss.push(validation_loss);
        if epoch == 0 || validation_loss < curves.validation_loss[curves.best_epoch] {
            curves.best_epoch = epoch;
            network.store(&mut weights)?;
        } else if epoch - curves.best_epoch >= training.patience {
            break;
        }
    }
    let _: ControlFlow<()> = progress(Stage::Lstm, total, total);
    Ok((weights, curves))
}

fn check(train: &LabelledRows, validation: &LabelledRows) -> Result<()> {
    for (what, part) in [("LSTM: training", train), ("LSTM: validation", validation)] {
        let (got, expected) = (part.up.len(), part.rows.len());
        if got != expected {
            return Err(Error::Length { what, input: "labels", got, expected });
        }
        let rows = part.rows.len();
        if rows == 0 {
            return Err(Error::TooFewRows { what, got: 0, least: 1 });
        }
        if part.up.iter().all(|&up| up == part.up[0]) {
            return Err(Error::OneClass { what, rows });
        }
    }
    Ok(())
}

/// All sequences as one overlapping view of the scaled values.
struct Data {
    windows: Tensor,
    steps: i64,
}

impl Data {
    fn new(sequences: &Sequences) -> Result<Self> {
        let (steps, features) = (sequences.steps() as i64, sequences.features() as i64);
        let windows = sequences.len() as i64 - steps + 1;
        let values = Tensor::f_from_slice(sequences.values())?;
        let windows =
            values.f_as_strided([windows, steps, features], [features, features, 1], None)?;
        Ok(Self { windows, steps })
    }

    fn batch(&self, part: &LabelledRows, chosen: &[usize]) -> Result<(Tensor, Tensor)> {
        let first: Vec<i64> =
            chosen.iter().map(|&i| part.rows[i] as i64 + 1 - self.steps).collect();
        let up: Vec<f32> = chosen.iter().map(|&i| f32::from(u8::from(part.up[i]))).collect();
        let x = self.windows.f_index_select(0, &Tensor::f_from_slice(&first)?)?;
        Ok((x, Tensor::f_from_slice(&up)?))
    }
}

fn loss(logit: &Tensor, y: &Tensor) -> Result<Tensor> {
    let none = None::<&Tensor>;
    Ok(logit.f_binary_cross_entropy_with_logits(y, none, none, Reduction::Mean)?)
}

struct Network {
    params: LstmParams,
    names: Vec<String>,
    tensors: Vec<Tensor>,
}

impl Network {
    fn new(weights: &LstmWeights) -> Result<Self> {
        let (mut names, mut tensors) = (Vec::new(), Vec::new());
        for (name, shape) in layout(weights.params(), weights.features()) {
            let shape: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
            let tensor = Tensor::f_from_slice(&weights.tensor(&name).values)?.f_reshape(shape)?;
            tensors.push(tensor.f_set_requires_grad(true)?);
            names.push(name);
        }
        Ok(Self { params: weights.params().clone(), names, tensors })
    }

    /// Log-odds of a batch of sequences; with a generator, dropout is on.
    fn forward(&self, x: &Tensor, mut dropout: Option<&mut ChaCha8Rng>) -> Result<Tensor> {
        let layers = self.params.layers;
        let state = [1, x.size()[0], self.params.hidden as i64];
        let zeros = || Tensor::f_zeros(state, (Kind::Float, Device::Cpu));
        let mut values = x.shallow_clone();
        for layer in 0..layers {
            let weights = &self.tensors[4 * layer..4 * layer + 4];
            let train = dropout.is_some();
            let start = [zeros()?, zeros()?];
            values = values.f_lstm(&start, weights, true, 1, 0.0, train, false, true)?.0;
            if layer + 1 == layers {
                values = values.f_select(1, -1)?;
            }
            if let Some(rng) = dropout.as_deref_mut() {
                values = values.f_mul(&mask(&values.size(), self.params.dropout, rng)?)?;
            }
        }
        let dense = self.tensors[4 * layers..].chunks_exact(2);
        let last = dense.len() - 1;
        for (i, pair) in dense.enumerate() {
            values = values.f_linear(&pair[0], Some(&pair[1]))?;
            if i < last {
                values = values.f_relu()?;
            }
        }
        Ok(values.f_squeeze_dim(1)?)
    }

    fn evaluate(&self, data: &Data, part: &LabelledRows) -> Result<f64> {
        let all: Vec<usize> = (0..part.rows.len()).collect();
        let mut sum = 0.0;
        for chosen in all.chunks(EVALUATION_BATCH) {
            let mean = tch::no_grad(|| -> Result<f64> {
                let (x, y) = data.batch(part, chosen)?;
                Ok(loss(&self.forward(&x, None)?, &y)?.double_value(&[]))
            })?;
            sum += mean * chosen.len() as f64;
        }
        Ok(sum / all.len() as f64)
    }

    fn store(&self, weights: &mut LstmWeights) -> Result<()> {
        for (name, tensor) in self.names.iter().zip(&self.tensors) {
            weights.set(name, Vec::<f32>::try_from(tensor.f_detach()?.f_reshape([-1])?)?);
        }
        Ok(())
    }
}

/// Zero with probability `dropout`, else `1 / (1 - dropout)`.
///
/// libtorch's own dropout draws from a generator of the whole process.
fn mask(shape: &[i64], dropout: f64, rng: &mut ChaCha8Rng) -> Result<Tensor> {
    let n: i64 = shape.iter().product();
    let mut random = vec![0_u8; 2 * n as usize];
    rng.fill_bytes(&mut random);
    // 16 bits are fine enough for a share: the error is below 1e-5.
    let limit = (dropout * 65_536.0).round() as u32;
    let keep = (1.0 / (1.0 - dropout)) as f32;
    let value = |b: &[u8]| {
        if u32::from(u16::from_le_bytes([b[0], b[1]])) < limit { 0.0 } else { keep }
    };
    let values: Vec<f32> = random.chunks_exact(2).map(value).collect();
    Ok(Tensor::f_from_slice(&values)?.f_reshape(shape)?)
}

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), after clipping the gradient's norm.
///
/// Its own code, because `tch` gives no access to the state that a resumed training needs.
struct AdamW {
    steps: i32,
    learning_rate: f64,
    weight_decay: f64,
    clip_norm: f64,
    mean: Vec<Tensor>,
    square: Vec<Tensor>,
}

impl AdamW {
    const BETA: (f64, f64) = (0.9, 0.999);
    const EPSILON: f64 = 1e-8;

    fn new(network: &Network, training: &TrainParams) -> Self {
        let zeros = || network.tensors.iter().map(Tensor::zeros_like).collect();
        Self {
            steps: 0,
            learning_rate: training.learning_rate,
            weight_decay: training.weight_decay,
            clip_norm: training.clip_norm,
            mean: zeros(),
            square: zeros(),
        }
    }

    fn step(&mut self, network: &Network) -> Result<()> {
        self.steps += 1;
        let rates = (1.0 - Self::BETA.0.powi(self.steps), 1.0 - Self::BETA.1.powi(self.steps));
        let gradients: Vec<Tensor> = network.tensors.iter().map(Tensor::grad).collect();
        let norm = gradients
            .iter()
            .map(|g| g.square().sum(Kind::Double).double_value(&[]))
            .sum::<f64>()
            .sqrt();
        let shrink = (self.clip_norm / (norm + 1e-6)).min(1.0);
        tch::no_grad(|| {
            let state = self.mean.iter_mut().zip(&mut self.square);
            for ((weight, mut gradient), (mean, square)) in
                network.tensors.iter().zip(gradients).zip(state)
            {
                let clipped = gradient.f_mul_scalar(shrink)?;
                let _ = mean.f_mul_scalar_(Self::BETA.0)?;
                *mean += clipped.f_mul_scalar(1.0 - Self::BETA.0)?;
                let _ = square.f_mul_scalar_(Self::BETA.1)?;
                *square += clipped.f_square()?.f_mul_scalar(1.0 - Self::BETA.1)?;
                let scale = square.f_div_scalar(rates.1)?.f_sqrt()?.f_add_scalar(Self::EPSILON)?;
                let step = mean.f_div(&scale)?.f_mul_scalar(self.learning_rate / rates.0)?;
                let mut weight = weight.shallow_clone();
                let _ = weight.f_mul_scalar_(1.0 - self.learning_rate * self.weight_decay)?;
                weight -= step;
                let _ = gradient.f_zero_()?;
            }
            Ok(())
        })
    }
}
