//! What one scoring of a challenge leaves for the next one on the same rows.

use super::binary::BinaryMemory;
use super::cluster::Likeness;
#[cfg(feature = "ledger")]
use serde::{Deserialize, Serialize};

/// What is known of the miners of one challenge from an earlier scoring of the same rows; a scorer takes from it what it
/// needs and adds what it finds. It changes no result.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    pub(crate) likeness: Option<Likeness>,
    pub(crate) binary: BinaryMemory,
}

/// The same to be written down: all but the columns, which are kept in the order of their names.
#[cfg(feature = "ledger")]
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Known {
    likeness: Option<Likeness>,
    auc: std::collections::BTreeMap<String, f32>,
    columns: Vec<String>,
}

#[cfg(feature = "ledger")]
impl Known {
    pub(crate) fn with(self, columns: Vec<Vec<f32>>) -> Memory {
        let columns = self.columns.into_iter().zip(columns).collect();
        let binary = BinaryMemory { auc: self.auc, columns };
        Memory { likeness: self.likeness, binary }
    }
}

#[cfg(feature = "ledger")]
impl Memory {
    /// How much is known.
    pub(crate) fn size(&self) -> usize {
        let pairs = self.likeness.as_ref().map_or(0, Likeness::hotkeys);
        pairs + self.binary.auc.len() + self.binary.columns.len()
    }

    /// To be written down, and the columns beside it.
    pub(crate) fn parts(&self) -> (Known, Vec<&[f32]>) {
        let (likeness, auc) = (self.likeness.clone(), self.binary.auc.clone());
        let (names, columns) = self.binary.columns.iter().map(|(h, c)| (h.clone(), &c[..])).unzip();
        (Known { likeness, auc, columns: names }, columns)
    }

    /// Leaves out what is known of a hotkey.
    pub(crate) fn forget(&mut self, hotkey: &str) {
        self.likeness.iter_mut().for_each(|likeness| likeness.forget(hotkey));
        self.binary.auc.remove(hotkey);
        self.binary.columns.remove(hotkey);
    }
}
