//! The newest values of one series.

use std::cell::Cell;

/// Keeps the last rows of a series, at least as many as its readers look back on.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    /// Room for `limit` rows, of which the first `len` are in use.
    values: Vec<f64>,
    len: usize,
    keep: usize,
    fresh: usize,
    finite: Cell<Option<bool>>,
}

impl Tape {
    /// For readers that look back `keep` rows, advanced by at most `block` rows at a time.
    pub(crate) fn new(keep: usize, block: usize) -> Self {
        let limit = keep + keep.max(block);
        Self { values: vec![f64::NAN; limit], len: 0, keep, fresh: 0, finite: Cell::new(None) }
    }

    /// Appends rows and hands them out; all of them must be written, they hold old values.
    pub(crate) fn extend(&mut self, rows: usize) -> &mut [f64] {
        if self.len + rows > self.values.len() {
            let kept = self.keep.min(self.len);
            self.values.copy_within(self.len - kept..self.len, 0);
            self.len = kept;
            if self.len + rows > self.values.len() {
                self.values.resize(self.len + rows, f64::NAN);
            }
        }
        let start = self.len;
        self.len += rows;
        self.fresh = rows;
        self.finite.set(None);
        &mut self.values[start..start + rows]
    }

    /// The last `count` values, fewer while there are no more.
    pub(crate) fn recent(&self, count: usize) -> &[f64] {
        &self.values[self.len.saturating_sub(count)..self.len]
    }

    /// The rows of the last [`Tape::extend`].
    pub(crate) fn fresh(&self) -> &[f64] {
        self.recent(self.fresh)
    }

    /// Lets the next `rows` rows be written into `memory`, all of which stay there, from an empty tape on.
    pub(crate) fn borrow_memory(&mut self, mut memory: Vec<f64>, rows: usize) {
        // What it holds is written over, so its values need not be cleared.
        memory.resize(rows, f64::NAN);
        self.clear();
        (self.values, self.keep) = (memory, rows);
    }

    /// Gives that memory back, with the rows in it.
    pub(crate) fn return_memory(&mut self) -> Vec<f64> {
        self.clear();
        std::mem::take(&mut self.values)
    }

    /// Whether all fresh rows are finite.
    pub(crate) fn finite(&self) -> bool {
        self.finite.get().unwrap_or_else(|| {
            // No early exit, so that it runs in lanes.
            let finite = self.fresh().iter().fold(true, |all, v| all & v.is_finite());
            self.finite.set(Some(finite));
            finite
        })
    }

    /// Forgets all rows.
    pub(crate) fn clear(&mut self) {
        (self.len, self.fresh) = (0, 0);
        self.finite.set(None);
    }
}
