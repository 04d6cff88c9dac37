//! The numbers of a network by name, and their file.

use std::collections::BTreeMap;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::params::LstmParams;
use crate::{Error, Result};

/// One tensor in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

/// The weights of an LSTM by name, in the layout of PyTorch.
///
/// | name | shape |
/// |---|---|
/// | `lstm.{l}.weight_ih` | 4 x hidden, features or hidden; gates in the order input, forget, cell, output |
/// | `lstm.{l}.weight_hh` | 4 x hidden, hidden |
/// | `lstm.{l}.bias_ih`, `lstm.{l}.bias_hh` | 4 x hidden |
/// | `dense.{0,1}.weight`, `.bias` | units, inputs; units |
/// | `output.weight`, `.bias` | outputs, units; outputs |
#[derive(Clone, Debug, PartialEq)]
pub struct LstmWeights {
    params: LstmParams,
    features: usize,
    tensors: BTreeMap<String, Tensor>,
}

/// Names and shapes of all tensors, layer by layer.
pub(crate) fn layout(params: &LstmParams, features: usize) -> Vec<(String, Vec<usize>)> {
    let (h, mut input) = (params.hidden, features);
    let mut all = Vec::new();
    for layer in 0..params.layers {
        all.push((format!("lstm.{layer}.weight_ih"), vec![4 * h, input]));
        all.push((format!("lstm.{layer}.weight_hh"), vec![4 * h, h]));
        all.push((format!("lstm.{layer}.bias_ih"), vec![4 * h]));
        all.push((format!("lstm.{layer}.bias_hh"), vec![4 * h]));
        input = h;
    }
    let dense = params.dense.iter().enumerate().map(|(i, &units)| (format!("dense.{i}"), units));
    for (name, units) in dense.chain([("output".to_owned(), params.outputs)]) {
        all.push((format!("{name}.weight"), vec![units, input]));
        all.push((format!("{name}.bias"), vec![units]));
        input = units;
    }
    all
}

impl LstmWeights {
    /// Draws every weight uniformly from plus or minus 1 over the root of its layer's width, as PyTorch does.
    ///
    /// # Errors
    /// As [`LstmParams::check`].
    pub fn random(params: &LstmParams, features: usize, rng: &mut ChaCha8Rng) -> Result<Self> {
        params.check()?;
        let mut tensors = BTreeMap::new();
        let mut width = params.hidden;
        for (name, shape) in layout(params, features) {
            // A bias has the bound of the weight before it.
            if !name.starts_with("lstm.") && shape.len() == 2 {
                width = shape[1];
            }
            let bound = 1.0 / (width as f32).sqrt();
            let values =
                (0..shape.iter().product()).map(|_| rng.gen_range(-bound..bound)).collect();
            tensors.insert(name, Tensor { shape, values });
        }
        Ok(Self { params: params.clone(), features, tensors })
    }

    /// Sizes of the network.
    #[must_use]
    pub fn params(&self) -> &LstmParams {
        &self.params
    }

    /// Features of each step.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }

    pub(crate) fn tensor(&self, name: &str) -> &Tensor {
        &self.tensors[name]
    }

    /// All numbers in one row, tensor by tensor in the order of the layout.
    #[cfg(feature = "torch")]
    pub(crate) fn to_flat(&self) -> Vec<f32> {
        let names = layout(&self.params, self.features).into_iter();
        names.flat_map(|(name, _)| self.tensors[&name].values.iter().copied()).collect()
    }

    /// The same network with the numbers of such a row.
    #[cfg(feature = "torch")]
    pub(crate) fn with_flat(mut self, flat: &[f32]) -> Self {
        let mut rest = flat;
        for (name, _) in layout(&self.params, self.features) {
            if let Some(tensor) = self.tensors.get_mut(&name) {
                let (own, after) = rest.split_at(tensor.values.len());
                tensor.values.copy_from_slice(own);
                rest = after;
            }
        }
        self
    }

    /// The same network without its last inputs, which are always these numbers: what they add to the first layer becomes a part of
    /// its bias.
    #[cfg(feature = "torch")]
    pub(crate) fn with_fixed_inputs(mut self, inputs: &[f32]) -> Self {
        let (before, kept) = (self.features, self.features - inputs.len());
        let names = ["lstm.0.weight_ih", "lstm.0.bias_ih"].map(str::to_owned);
        let [Some(weight), Some(mut bias)] = names.each_ref().map(|name| self.tensors.remove(name))
        else {
            return self;
        };
        let mut values = Vec::with_capacity(bias.values.len() * kept);
        for (row, bias) in weight.values.chunks_exact(before).zip(&mut bias.values) {
            values.extend_from_slice(&row[..kept]);
            *bias += row[kept..].iter().zip(inputs).map(|(w, x)| w * x).sum::<f32>();
        }
        let shape = vec![weight.shape[0], kept];
        self.tensors.extend(names.into_iter().zip([Tensor { shape, values }, bias]));
        Self { features: kept, ..self }
    }

    /// The content of a `.safetensors` file.
    ///
    /// # Errors
    /// [`Error::Engine`] if the library refuses it.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let bytes = |tensor: &Tensor| tensor.values.iter().flat_map(|v| v.to_le_bytes()).collect();
        let parts: Vec<(&String, &Tensor, Vec<u8>)> =
            self.tensors.iter().map(|(name, tensor)| (name, tensor, bytes(tensor))).collect();
        let views = parts
            .iter()
            .map(|(name, tensor, bytes)| {
                Ok((name, TensorView::new(Dtype::F32, tensor.shape.clone(), bytes)?))
            })
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(refused)?;
        safetensors::serialize(views, None).map_err(refused)
    }

    /// Reads the content of a `.safetensors` file for a network of these sizes.
    ///
    /// # Errors
    /// The reason in words: bytes that are no such file, a tensor that lacks, is unknown, or has another type or shape, a
    /// weight that is not finite.
    pub(crate) fn from_bytes(
        params: &LstmParams,
        features: usize,
        bytes: &[u8],
    ) -> std::result::Result<Self, String> {
        let file =
            SafeTensors::deserialize(bytes).map_err(|e| format!("no safetensors file: {e}"))?;
        let wanted = layout(params, features);
        if let Some(name) = file.names().into_iter().find(|n| wanted.iter().all(|(w, _)| w != n)) {
            return Err(format!("tensor {name} is not part of the network"));
        }
        let mut tensors = BTreeMap::new();
        for (name, shape) in wanted {
            let view = file.tensor(&name).map_err(|_| format!("tensor {name} is missing"))?;
            if view.dtype() != Dtype::F32 || view.shape() != shape {
                let (got, kind) = (view.shape(), view.dtype());
                return Err(format!("tensor {name} is {kind:?} {got:?}, expected F32 {shape:?}"));
            }
            let values: Vec<f32> = view
                .data()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                .collect();
            if let Some(at) = values.iter().position(|v| !v.is_finite()) {
                return Err(format!(
                    "tensor {name}: value {at} is {}, expected a finite number",
                    values[at]
                ));
            }
            tensors.insert(name, Tensor { shape, values });
        }
        Ok(Self { params: params.clone(), features, tensors })
    }
}

fn refused(error: safetensors::SafeTensorError) -> Error {
    Error::Engine { engine: "safetensors", reason: error.to_string() }
}
