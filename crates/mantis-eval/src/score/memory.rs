//! What one scoring of a challenge leaves for the next one on the same rows.

use super::binary::BinaryMemory;
use super::cluster::Likeness;
use super::cross::CrossMemory;
use super::lbfgs::LbfgsMemory;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is known of the miners of one challenge from an earlier scoring of the same rows; a scorer takes from it what it
/// needs and adds what it finds. It changes no result.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory {
    pub(crate) likeness: Option<Likeness>,
    pub(crate) binary: BinaryMemory,
    pub(crate) lbfgs: LbfgsMemory,
    pub(crate) cross: CrossMemory,
}

/// What was found in walk-forward segments, each with the hotkeys whose miners were in its model, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Segments<T>(BTreeMap<usize, (Vec<String>, T)>);

impl<T> Default for Segments<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Clone> Segments<T> {
    /// What was found in a segment with these miners; `find` finds it if that is not known. What is known with others stays.
    pub(crate) fn get_or<E>(
        &mut self,
        number: usize,
        miners: Vec<String>,
        find: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some((_, found)) = self.0.get(&number).filter(|(known, _)| *known == miners) {
            return Ok(found.clone());
        }
        let found = find()?;
        self.0.entry(number).or_insert_with(|| (miners, found.clone()));
        Ok(found)
    }

    /// Leaves out the segments with a hotkey.
    #[cfg(feature = "ledger")]
    pub(crate) fn forget(&mut self, hotkey: &str) {
        self.0.retain(|_, (miners, _)| !miners.iter().any(|miner| miner == hotkey));
    }

    #[cfg(feature = "ledger")]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The same to be written down: all but the columns, which are kept in the order of their names.
#[cfg(feature = "ledger")]
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Known {
    likeness: Option<Likeness>,
    auc: BTreeMap<String, f32>,
    columns: Vec<String>,
    lbfgs: LbfgsMemory,
    cross: CrossMemory,
}

#[cfg(feature = "ledger")]
impl Known {
    pub(crate) fn with(self, columns: Vec<Vec<f32>>) -> Memory {
        let Self { likeness, auc, columns: names, lbfgs, cross } = self;
        let columns = names.into_iter().zip(columns).collect();
        Memory { likeness, binary: BinaryMemory { auc, columns }, lbfgs, cross }
    }
}

#[cfg(feature = "ledger")]
impl Memory {
    /// How much is known.
    pub(crate) fn size(&self) -> usize {
        let Self { likeness, binary, lbfgs, cross } = self;
        let pairs = likeness.as_ref().map_or(0, Likeness::known);
        pairs + binary.auc.len() + binary.columns.len() + lbfgs.size() + cross.size()
    }

    /// To be written down, and the columns beside it.
    pub(crate) fn parts(&self) -> (Known, Vec<&[f32]>) {
        let (names, columns) = self.binary.columns.iter().map(|(h, c)| (h.clone(), &c[..])).unzip();
        let known = Known {
            likeness: self.likeness.clone(),
            auc: self.binary.auc.clone(),
            columns: names,
            lbfgs: self.lbfgs.clone(),
            cross: self.cross.clone(),
        };
        (known, columns)
    }

    /// Leaves out what is known of a hotkey.
    pub(crate) fn forget(&mut self, hotkey: &str) {
        self.likeness.iter_mut().for_each(|likeness| likeness.forget(hotkey));
        self.binary.auc.remove(hotkey);
        self.binary.columns.remove(hotkey);
        self.lbfgs.forget(hotkey);
        self.cross.forget(hotkey);
    }
}
