//! A pool of exactly the threads asked for, and progress from it.

use crate::{Error, Result};
use rayon::prelude::*;
use std::ops::ControlFlow;

/// Progress and stop: called with (done, total); `Break` stops the work.
pub(crate) type Progress<'a> = &'a mut dyn FnMut(usize, usize) -> ControlFlow<()>;

/// Worker threads that map slices in order, so that results do not depend on their number.
pub(crate) struct Workers {
    pool: rayon::ThreadPool,
    what: &'static str,
}

impl Workers {
    pub(crate) fn new(what: &'static str, threads: usize) -> Result<Self> {
        if threads == 0 {
            let expected = "at least 1";
            return Err(Error::Parameter { what, parameter: "threads", expected, got: 0.0 });
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .map_err(|source| Error::Threads { what, threads, source })?;
        Ok(Self { pool, what })
    }

    /// `work` over `items` in order. `step` receives the number of items finished after each
    /// round of one item per thread.
    pub(crate) fn map<I: Sync, O: Send>(
        &self,
        items: &[I],
        work: impl Fn(&I) -> Result<O> + Sync,
        step: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<Vec<O>> {
        let mut outputs = Vec::with_capacity(items.len());
        for round in items.chunks(self.pool.current_num_threads()) {
            let results: Vec<Result<O>> =
                self.pool.install(|| round.par_iter().map(&work).collect());
            for result in results {
                outputs.push(result?);
            }
            step(outputs.len())?;
        }
        Ok(outputs)
    }

    /// Reports progress; an error when the caller wants to stop.
    pub(crate) fn report(&self, progress: Progress<'_>, done: usize, total: usize) -> Result<()> {
        match progress(done, total) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Stopped { what: self.what, done, total }),
        }
    }
}
