//! What is known of every two of some hotkeys.

use crate::Result;
use crate::workers::Workers;
use serde::{Deserialize, Serialize};

/// A value for every two hotkeys; what an earlier measurement on the same rows found is taken over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Pairs<T> {
    /// Sorted.
    pub(super) hotkeys: Vec<String>,
    /// Of each hotkey with those after it.
    rows: Vec<Vec<T>>,
}

impl<T: Copy + Send + Sync> Pairs<T> {
    /// `pair(a, b)` is the value of hotkeys that are not both known.
    pub(super) fn measure(
        hotkeys: Vec<String>,
        known: Option<&Self>,
        workers: &Workers,
        pair: impl Fn(usize, usize) -> T + Sync,
    ) -> Result<Self> {
        let places: Vec<Option<usize>> =
            hotkeys.iter().map(|hotkey| known?.hotkeys.binary_search(hotkey).ok()).collect();
        let value = |a: usize, b: usize| match (known, places[a], places[b]) {
            (Some(known), Some(a), Some(b)) => known.of(a, b),
            _ => pair(a, b),
        };
        let order: Vec<usize> = (0..hotkeys.len()).collect();
        let row = |&a: &usize| Ok((a + 1..hotkeys.len()).map(|b| value(a, b)).collect());
        let rows = workers.map(&order, row, &mut |_| Ok(()))?;
        Ok(Self { hotkeys, rows })
    }

    /// The value of two hotkeys by their places.
    pub(super) fn of(&self, a: usize, b: usize) -> T {
        self.rows[a.min(b)][a.max(b) - a.min(b) - 1]
    }

    /// Leaves out a hotkey.
    #[cfg(feature = "ledger")]
    pub(super) fn forget(&mut self, hotkey: &str) {
        let Ok(at) = self.hotkeys.binary_search_by(|h| h.as_str().cmp(hotkey)) else { return };
        self.hotkeys.remove(at);
        self.rows.remove(at);
        for before in 0..at {
            self.rows[before].remove(at - before - 1);
        }
    }
}
