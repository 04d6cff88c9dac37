//! One replica of the network in libtorch, used by one thread at a time.

use rand::RngCore;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Reduction, Tensor};

use super::super::examples::Examples;
use super::super::loss::Loss;
use super::super::params::LstmParams;
use super::super::weights::{LstmWeights, layout};
use crate::sequences::Sequences;
use crate::{Error, Result};

/// All sequences as one overlapping view of the scaled values.
pub(super) struct Data {
    windows: Tensor,
    steps: i64,
    device: Device,
}

/// Some examples: sequences, targets, weights.
pub(super) struct Batch {
    x: Tensor,
    y: Tensor,
    weights: Tensor,
}

impl Data {
    pub(super) fn new(sequences: &Sequences, device: Device) -> Result<Self> {
        let (steps, features) = (sequences.steps() as i64, sequences.features() as i64);
        let windows = sequences.len() as i64 - steps + 1;
        let values = on(device, sequences.values())?;
        let windows =
            values.f_as_strided([windows, steps, features], [features, features, 1], None)?;
        Ok(Self { windows, steps, device })
    }

    /// The same memory for another thread.
    pub(super) fn share(&self) -> Self {
        Self { windows: self.windows.shallow_clone(), steps: self.steps, device: self.device }
    }

    fn batch(&self, part: &Examples, chosen: &[usize]) -> Result<Batch> {
        let width = part.targets.len() / part.rows.len();
        let first: Vec<i64> =
            chosen.iter().map(|&i| part.rows[i] as i64 + 1 - self.steps).collect();
        let targets: Vec<f32> = chosen
            .iter()
            .flat_map(|&i| &part.targets[i * width..(i + 1) * width])
            .copied()
            .collect();
        let weights: Vec<f32> = chosen.iter().map(|&i| part.weight(i)).collect();
        Ok(Batch {
            x: self.windows.f_index_select(0, &on(self.device, &first)?)?,
            y: on(self.device, &targets)?.f_reshape([-1, width as i64])?,
            weights: on(self.device, &weights)?,
        })
    }
}

pub(super) struct Network {
    params: LstmParams,
    loss: Loss,
    data: Data,
    tensors: Vec<Tensor>,
}

impl Network {
    pub(super) fn new(weights: &LstmWeights, loss: &Loss, data: Data) -> Result<Self> {
        let mut tensors = Vec::new();
        for (name, shape) in layout(weights.params(), weights.features()) {
            let shape: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
            let tensor = on(data.device, &weights.tensor(&name).values)?.f_reshape(shape)?;
            tensors.push(tensor.f_set_requires_grad(true)?);
        }
        Ok(Self { params: weights.params().clone(), loss: loss.clone(), data, tensors })
    }

    /// Takes over the weights, all in one row in the order of the layout.
    pub(super) fn load(&mut self, flat: &[f32]) -> Result<()> {
        tch::no_grad(|| {
            let mut rest = flat;
            for tensor in &mut self.tensors {
                let (own, after) = rest.split_at(tensor.numel());
                tensor.f_copy_(&Tensor::f_from_slice(own)?.f_reshape(tensor.size())?)?;
                rest = after;
            }
            Ok(())
        })
    }

    /// The weighted sum of the losses of some examples, and its gradient by all weights in one row.
    pub(super) fn gradient(
        &mut self,
        part: &Examples,
        chosen: &[usize],
        dropout: &mut ChaCha8Rng,
    ) -> Result<(f64, Vec<f32>)> {
        let batch = self.data.batch(part, chosen)?;
        let loss = self.loss_sum(&batch, Some(dropout))?;
        loss.f_backward()?;
        let mut flat = Vec::new();
        for tensor in &self.tensors {
            let mut gradient = tensor.f_grad()?;
            let start = flat.len();
            flat.resize(start + gradient.numel(), 0.0);
            gradient.f_to_device(Device::Cpu)?.f_copy_data(&mut flat[start..], gradient.numel())?;
            let _ = gradient.f_zero_()?;
        }
        Ok((loss.f_double_value(&[])?, flat))
    }

    /// The weighted sum of the losses of some examples, without dropout.
    pub(super) fn evaluate(&self, part: &Examples, chosen: &[usize]) -> Result<f64> {
        tch::no_grad(|| {
            let batch = self.data.batch(part, chosen)?;
            Ok(self.loss_sum(&batch, None)?.f_double_value(&[])?)
        })
    }

    fn loss_sum(&self, batch: &Batch, dropout: Option<&mut ChaCha8Rng>) -> Result<Tensor> {
        let outputs = self.forward(&batch.x, dropout)?;
        let (y, none) = (&batch.y, None::<&Tensor>);
        let mean = |losses: Tensor| losses.f_mean_dim([1_i64].as_slice(), false, Kind::Float);
        let losses = match &self.loss {
            Loss::Logistic => {
                let each = Reduction::None;
                mean(outputs.f_binary_cross_entropy_with_logits(y, none, none, each)?)?
            }
            Loss::Squared => mean(outputs.f_sub(y)?.f_square()?)?,
            Loss::Quantile(levels) => {
                let levels: Vec<f32> = levels.iter().map(|&q| q as f32).collect();
                let levels = on(self.data.device, &levels)?;
                let above = y.f_sub(&outputs)?;
                let below = levels.f_sub_scalar(1.0)?.f_mul(&above)?;
                mean(levels.f_mul(&above)?.f_maximum(&below)?)?
            }
            Loss::Classes => {
                let class = y.f_squeeze_dim(1)?.f_to_kind(Kind::Int64)?;
                outputs.f_cross_entropy_loss(&class, none, Reduction::None, -100, 0.0)?
            }
        };
        Ok(losses.f_mul(&batch.weights)?.f_sum(Kind::Float)?)
    }

    /// Outputs (rows x outputs) for a batch of sequences; with a generator, dropout is on.
    fn forward(&self, x: &Tensor, mut dropout: Option<&mut ChaCha8Rng>) -> Result<Tensor> {
        let layers = self.params.layers;
        let state = [1, x.size()[0], self.params.hidden as i64];
        let zeros = || Tensor::f_zeros(state, (Kind::Float, self.data.device));
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
                values = values.f_mul(&self.mask(&values.size(), rng)?)?;
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
        Ok(values)
    }

    /// Zero with probability `dropout`, else `1 / (1 - dropout)`.
    ///
    /// libtorch's own dropout draws from a generator of the whole process.
    fn mask(&self, shape: &[i64], rng: &mut ChaCha8Rng) -> Result<Tensor> {
        let dropout = self.params.dropout;
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
        Ok(on(self.data.device, &values)?.f_reshape(shape)?)
    }
}

/// Values in the memory of a device.
fn on<T: tch::kind::Element>(device: Device, values: &[T]) -> Result<Tensor> {
    Ok(Tensor::f_from_slice(values)?.f_to_device(device)?)
}

impl From<tch::TchError> for Error {
    fn from(error: tch::TchError) -> Self {
        Self::Engine { engine: "libtorch", reason: error.to_string() }
    }
}
