//! Training on libtorch. The types of `tch` stay in this folder.

mod network;
mod replicas;

use std::path::PathBuf;

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use self::replicas::Replicas;
use super::checkpoint::{Checkpoint, State};
use super::device::Device;
use super::examples::Examples;
use super::params::{LearningCurves, LstmParams, TrainParams};
use super::weights::LstmWeights;
use crate::progress::{Progress, Stage};
use crate::sequences::Sequences;
use crate::{Error, Result};

/// How a training is run; apart from the seed, and the rounding of a CUDA device, nothing here changes its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOptions {
    /// Seed of the first weights, of the order of the rows and of the dropout.
    pub seed: u64,
    /// Threads; 0: one for each core.
    pub threads: usize,
    /// Where to train.
    pub device: Device,
    /// File that keeps the state after each epoch. A training that finds one goes on from there.
    pub checkpoint: Option<PathBuf>,
}

/// Trains a network on some examples and keeps the weights of the epoch with the lowest loss on others.
///
/// Every random number comes from the seed, batches are cut into shards of a fixed size and their gradients added in a fixed
/// order, so that the same input gives the same bits on any number of threads and after any number of restarts from a
/// checkpoint. `progress` is told batches done and batches planned.
///
/// # Errors
/// The errors of the parameter checks; [`Error::TooFewRows`] without rows; [`Error::OneClass`] for rows with one label;
/// [`Error::Diverged`], [`Error::Engine`], [`Error::Stopped`] when `progress` breaks; [`Error::Checkpoint`] for a checkpoint
/// of another training; [`Error::Device`] for a device that is not there.
pub fn train(
    (params, training): (&LstmParams, &TrainParams),
    sequences: &Sequences,
    (train, validation): (&Examples, &Examples),
    options: &RunOptions,
    progress: &mut Progress<'_>,
) -> Result<(LstmWeights, LearningCurves)> {
    training.check()?;
    training.loss.check(params.outputs)?;
    train.check("LSTM: training", &training.loss, params.outputs)?;
    validation.check("LSTM: validation", &training.loss, params.outputs)?;
    let random = Random { seed: options.seed };
    let weights = LstmWeights::random(params, sequences.features(), &mut random.weights())?;
    let mut replicas =
        Replicas::new((&weights, &training.loss), sequences, options.threads, options.device)?;
    let checkpoint = match &options.checkpoint {
        Some(path) => Some(Checkpoint::new(
            path,
            (params, training, options.seed),
            sequences,
            (train, validation),
        )?),
        None => None,
    };
    let restored = checkpoint.as_ref().map(Checkpoint::load).transpose()?.flatten();
    let mut state = restored.unwrap_or_else(|| State::new(weights.to_flat()));

    let batches = train.rows.len().div_ceil(training.batch);
    let total = batches * training.epochs;
    while !state.finished(training) {
        let epoch = state.curves.train_loss.len();
        let mut order: Vec<usize> = (0..train.rows.len()).collect();
        order.shuffle(&mut random.order(epoch));
        let rate = training.rate(&state.curves.validation_loss);
        let (mut sum, mut weight) = (0.0, 0.0);
        for (batch, chosen) in order.chunks(training.batch).enumerate() {
            let done = epoch * batches + batch;
            if progress(Stage::Lstm, done, total).is_break() {
                return Err(Error::Stopped { stage: Stage::Lstm.name(), done, total });
            }
            replicas.load(&state.weights)?;
            let dropout = |shard| random.dropout(epoch, batch, shard);
            let (loss, mut gradient) = replicas.gradient(train, chosen, dropout)?;
            let batch_weight: f64 = chosen.iter().map(|&i| f64::from(train.weight(i))).sum();
            let scale = (1.0 / batch_weight) as f32;
            gradient.iter_mut().for_each(|g| *g *= scale);
            state.optimiser.step(&mut state.weights, &gradient, training, rate);
            sum += loss;
            weight += batch_weight;
        }
        replicas.load(&state.weights)?;
        let (train_loss, validation_loss) = (sum / weight, replicas.evaluate(validation)?);
        if let Some(loss) = [train_loss, validation_loss].into_iter().find(|l| !l.is_finite()) {
            return Err(Error::Diverged { epoch: epoch + 1, loss });
        }
        state.end_epoch(train_loss, validation_loss);
        if let Some(checkpoint) = &checkpoint {
            checkpoint.save(&state)?;
        }
    }
    if progress(Stage::Lstm, total, total).is_break() {
        return Err(Error::Stopped { stage: Stage::Lstm.name(), done: total, total });
    }
    Ok((weights.with_flat(&state.best), state.curves))
}

/// The random numbers of a training: each use has a stream of its own, so that none depends on how far another has run.
struct Random {
    seed: u64,
}

impl Random {
    fn stream(&self, stream: u64) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(stream);
        rng
    }

    fn weights(&self) -> ChaCha8Rng {
        self.stream(0)
    }

    fn order(&self, epoch: usize) -> ChaCha8Rng {
        self.stream((1 << 63) | epoch as u64)
    }

    fn dropout(&self, epoch: usize, batch: usize, shard: usize) -> ChaCha8Rng {
        self.stream((1 << 62) | ((epoch as u64) << 44) | ((batch as u64) << 20) | shard as u64)
    }
}
