//! Jobs that wait for a thread.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Job;

#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that holds it can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(&self, jobs: impl IntoIterator<Item = Job>) {
        self.lock().jobs.extend(jobs);
        self.changed.notify_all();
    }

    /// The next job, or `None` when there will be none.
    pub(super) fn pop(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(job) = state.jobs.pop_front() {
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Closes the queue whatever happens, so that the threads end.
    pub(super) fn close_at_end(&self) -> Close<'_> {
        Close { queue: self, in_panic_only: false }
    }

    /// Closes the queue if its thread panics: the answer of its job would be waited for without end.
    pub(super) fn close_in_panic(&self) -> Close<'_> {
        Close { queue: self, in_panic_only: true }
    }
}

/// Closes a queue when it is dropped.
pub(super) struct Close<'a> {
    queue: &'a Queue,
    in_panic_only: bool,
}

impl Drop for Close<'_> {
    fn drop(&mut self) {
        if !self.in_panic_only || std::thread::panicking() {
            self.queue.lock().closed = true;
            self.queue.changed.notify_all();
        }
    }
}
