//! Collecting the training matrix of one challenge row by row.

use super::decode::{Problem, Vectors};
use super::{Dataset, Observed};
use half::f16;
use half::vec::HalfBitsVecExt;
use mantis_data::challenge::Challenge;
use std::collections::HashMap;

/// Collects rows in half precision.
pub(crate) struct DatasetBuilder {
    dataset: Dataset,
    columns: HashMap<String, usize>,
    /// The last header and the column of each of its names.
    header: Vec<u8>,
    targets: Vec<Option<usize>>,
}

impl DatasetBuilder {
    /// Room for `stride` rows.
    pub(crate) fn new(
        challenge: &Challenge,
        hotkeys: Vec<String>,
        stride: usize,
        observed: Observed,
    ) -> Self {
        let columns = hotkeys.iter().cloned().zip(0..).collect();
        // Zeroed pages are not touched before something is stored in them.
        let values = vec![0_u16; hotkeys.len() * stride * challenge.stored_dim];
        let dataset = Dataset {
            challenge: challenge.clone(),
            hotkeys,
            sidx: Vec::new(),
            observed,
            values: values.reinterpret_into(),
            stride,
        };
        Self { dataset, columns, header: Vec::new(), targets: Vec::new() }
    }

    pub(crate) fn observed(&mut self) -> &mut Observed {
        &mut self.dataset.observed
    }

    /// The vectors of a cell if it decodes to something.
    pub(crate) fn decode<'c>(
        &mut self,
        cell: Option<&'c [u8]>,
    ) -> std::result::Result<Option<Vectors<'c>>, Problem> {
        let Some(vectors) = Vectors::split(cell.unwrap_or_default())? else { return Ok(None) };
        if self.targets.is_empty() || self.header != vectors.header {
            let column = |name: Option<String>| Some(*self.columns.get(&name?)?);
            self.targets = vectors.names()?.into_iter().map(column).collect();
            self.header = vectors.header.to_vec();
        }
        Ok(vectors.fits(self.targets.len(), self.dataset.challenge.stored_dim).then_some(vectors))
    }

    /// Adds a row with the vectors that [`DatasetBuilder::decode`] returned last.
    pub(crate) fn push(&mut self, sidx: i64, vectors: Option<&Vectors<'_>>) {
        let (row, dim) = (self.dataset.sidx.len(), self.dataset.challenge.stored_dim);
        self.dataset.sidx.push(sidx);
        let Some(vectors) = vectors else { return };
        for (target, bytes) in self.targets.iter().zip(vectors.halves.chunks_exact(2 * dim)) {
            let Some(column) = target else { continue };
            let from = (column * self.dataset.stride + row) * dim;
            let (pairs, _) = bytes.as_chunks::<2>();
            for (to, pair) in self.dataset.values[from..from + dim].iter_mut().zip(pairs) {
                *to = f16::from_le_bytes(*pair);
            }
        }
    }

    /// The data; nothing when no row was kept.
    pub(crate) fn finish(self) -> Option<Dataset> {
        (!self.dataset.sidx.is_empty()).then_some(self.dataset)
    }
}
