//! What is known of every two of some hotkeys.

use crate::Result;
use crate::workers::Workers;
use serde::{Deserialize, Serialize};

/// A value for every two hotkeys; what an earlier measurement on the same rows found is taken over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pairs<P, T> {
    /// With which constants they were measured.
    pub(super) profile: P,
    /// Sorted.
    pub(super) hotkeys: Vec<String>,
    /// Of each hotkey with those after it.
    rows: Vec<Vec<T>>,
}

impl<P: Clone + PartialEq, T: Copy + Send + Sync> Pairs<P, T> {
    /// `pair(a, b)` is the value of hotkeys that are not both known.
    pub(super) fn fill(
        profile: &P,
        hotkeys: Vec<String>,
        known: Option<&Self>,
        workers: &Workers,
        pair: impl Fn(usize, usize) -> T + Sync,
    ) -> Result<Self> {
        let known = known.filter(|known| known.profile == *profile);
        let places: Vec<Option<usize>> =
            hotkeys.iter().map(|hotkey| known?.hotkeys.binary_search(hotkey).ok()).collect();
        let rows_known = known.map(|known| &known.rows);
        let value = |a: usize, b: usize| match (rows_known, places[a], places[b]) {
            (Some(rows), Some(a), Some(b)) => of(rows, a, b),
            _ => pair(a, b),
        };
        let order: Vec<usize> = (0..hotkeys.len()).collect();
        let row = |&a: &usize| Ok((a + 1..hotkeys.len()).map(|b| value(a, b)).collect());
        let rows = workers.map(&order, row, &mut |_| Ok(()))?;
        Ok(Self { profile: profile.clone(), hotkeys, rows })
    }

    /// The value of two hotkeys by their places.
    pub(super) fn of(&self, a: usize, b: usize) -> T {
        of(&self.rows, a, b)
    }
}

fn of<T: Copy>(rows: &[Vec<T>], a: usize, b: usize) -> T {
    rows[a.min(b)][a.max(b) - a.min(b) - 1]
}

#[cfg(feature = "ledger")]
impl<P, T> Pairs<P, T> {
    /// Hotkeys whose pairs are known.
    pub(crate) fn known(&self) -> usize {
        self.hotkeys.len()
    }

    /// Leaves out a hotkey.
    pub(crate) fn forget(&mut self, hotkey: &str) {
        let Ok(at) = self.hotkeys.binary_search_by(|h| h.as_str().cmp(hotkey)) else { return };
        self.hotkeys.remove(at);
        self.rows.remove(at);
        for before in 0..at {
            self.rows[before].remove(at - before - 1);
        }
    }
}
