//! Several replicas of a network, one for each thread, whose sums do not depend on how many they are.

use std::sync::Mutex;

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::super::device::Device;
use super::super::examples::Examples;
use super::super::loss::Loss;
use super::super::weights::LstmWeights;
use super::network::{Data, Network};
use crate::sequences::Sequences;
use crate::{Error, Result};

/// Examples that one thread computes at once. A batch is cut into shards of this size whatever the number of threads, and
/// the shards' results are added in their order: so one thread and many give the same bits. 128 sequences of the guide's
/// network fit into a core's cache, which makes them faster than a whole batch even on one thread.
const SHARD: usize = 128;

/// Examples of one pass without gradients.
const EVALUATION_SHARD: usize = 1024;

pub(super) struct Replicas {
    pool: rayon::ThreadPool,
    /// One for each thread of the pool.
    networks: Vec<Mutex<Network>>,
}

impl Replicas {
    /// libtorch itself is told to use one thread in each of ours: on more, its own sums are split differently.
    pub(super) fn new(
        (weights, loss): (&LstmWeights, &Loss),
        sequences: &Sequences,
        threads: usize,
        device: Device,
    ) -> Result<Self> {
        let device = device.torch()?;
        let failed = |e: rayon::ThreadPoolBuildError| Error::Engine {
            engine: "rayon",
            reason: e.to_string(),
        };
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .start_handler(|_| tch::set_num_threads(1))
            .build()
            .map_err(failed)?;
        let data = Data::new(sequences, device)?;
        let network = |_| Ok(Mutex::new(Network::new(weights, loss, data.share())?));
        let networks = (0..pool.current_num_threads()).map(network).collect::<Result<_>>()?;
        Ok(Self { pool, networks })
    }

    /// Sets the weights of all replicas.
    pub(super) fn load(&mut self, flat: &[f32]) -> Result<()> {
        let all = |network: &mut Mutex<Network>| own(network.get_mut()).load(flat);
        self.networks.iter_mut().try_for_each(all)
    }

    /// Sum of the weighted losses of some examples and its gradient; `dropout` gives each shard its own generator.
    pub(super) fn gradient(
        &self,
        part: &Examples,
        chosen: &[usize],
        dropout: impl Fn(usize) -> ChaCha8Rng + Sync,
    ) -> Result<(f64, Vec<f32>)> {
        let shard = |(i, shard): (usize, &[usize])| {
            self.mine(|network| network.gradient(part, shard, &mut dropout(i)))
        };
        let shards: Vec<_> = self
            .pool
            .install(|| chosen.par_chunks(SHARD).enumerate().map(shard).collect::<Result<_>>())?;
        let mut shards = shards.into_iter();
        let (mut loss, mut gradient) = shards.next().unwrap_or_default();
        for (more_loss, more) in shards {
            loss += more_loss;
            gradient.iter_mut().zip(&more).for_each(|(sum, g)| *sum += g);
        }
        Ok((loss, gradient))
    }

    /// Weighted mean of the losses of all examples, without dropout.
    pub(super) fn evaluate(&self, part: &Examples) -> Result<f64> {
        let all: Vec<usize> = (0..part.rows.len()).collect();
        let shard = |shard: &[usize]| self.mine(|network| network.evaluate(part, shard));
        let sums: Vec<f64> = self
            .pool
            .install(|| all.par_chunks(EVALUATION_SHARD).map(shard).collect::<Result<_>>())?;
        let weight: f64 = all.iter().map(|&i| f64::from(part.weight(i))).sum();
        Ok(sums.iter().sum::<f64>() / weight)
    }

    /// Runs on the replica of the current thread.
    fn mine<T>(&self, run: impl FnOnce(&mut Network) -> Result<T>) -> Result<T> {
        let thread = rayon::current_thread_index().unwrap_or(0);
        let mut network = own(self.networks[thread].lock());
        run(&mut network)
    }
}

/// A replica after a panic elsewhere is still whole: its weights are loaded anew for each batch.
fn own<T>(lock: std::sync::LockResult<T>) -> T {
    lock.unwrap_or_else(std::sync::PoisonError::into_inner)
}
