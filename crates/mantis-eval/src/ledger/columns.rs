//! Where the embeddings of one challenge stand: in memory, or column by column in a file.

use super::decode::{Problem, Vectors};
use crate::{Error, Result};
use half::f16;
use half::slice::{HalfBitsSliceExt, HalfFloatSliceExt};
use half::vec::HalfBitsVecExt;
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that wait in memory before they are written to a file of columns.
const BLOCK_BYTES: usize = 64 << 20;

/// The values of one hotkey in half precision.
#[derive(Debug, Clone)]
pub(super) enum Column {
    /// In memory.
    Held(Vec<f16>),
    /// The column of that number in a file.
    Stored(usize, Arc<ColumnFile>),
}

impl Column {
    /// Appends the values of a range of rows.
    pub(super) fn read(&self, dim: usize, rows: Range<usize>, into: &mut Vec<f32>) -> Result<()> {
        match self {
            Self::Held(values) => {
                into.extend(values[rows.start * dim..rows.end * dim].to_f32_vec());
                Ok(())
            }
            Self::Stored(number, file) => file.read(*number, dim, rows, into),
        }
    }
}

/// Columns one after the other at the start of a file, each with room for `stride` rows.
#[derive(Debug)]
pub(super) struct ColumnFile {
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) stride: usize,
}

impl ColumnFile {
    fn offset(&self, number: usize, dim: usize, row: usize) -> u64 {
        (2 * dim * (number * self.stride + row)) as u64
    }

    fn read(
        &self,
        number: usize,
        dim: usize,
        rows: Range<usize>,
        into: &mut Vec<f32>,
    ) -> Result<()> {
        let mut bytes = vec![0; 2 * dim * rows.len()];
        self.file
            .read_exact_at(&mut bytes, self.offset(number, dim, rows.start))
            .map_err(|source| cache(&self.path, "read columns", source))?;
        let (pairs, _) = bytes.as_chunks::<2>();
        let bits: Vec<u16> = pairs.iter().map(|&pair| u16::from_le_bytes(pair)).collect();
        let halves: &[f16] = bits.reinterpret_cast();
        into.extend(halves.to_f32_vec());
        Ok(())
    }

    fn write(&self, number: usize, dim: usize, row: usize, values: &[f16]) -> Result<()> {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.file
            .write_all_at(&bytes, self.offset(number, dim, row))
            .map_err(|source| cache(&self.path, "write columns", source))
    }
}

pub(super) fn cache(path: &Path, action: &'static str, source: io::Error) -> Error {
    Error::LedgerCache { path: path.to_owned(), action, source }
}

/// Collects rows of all hotkeys and lays them out column by column.
pub(super) struct ColumnWriter {
    dim: usize,
    /// Rows that are waiting, column by column; `room` rows fit.
    block: Vec<Vec<f16>>,
    room: usize,
    /// The first row of the block, and the one after its last.
    from: usize,
    rows: usize,
    file: Option<Arc<ColumnFile>>,
    columns: HashMap<String, usize>,
    /// The last header and the column of each of its names.
    header: Vec<u8>,
    targets: Vec<Option<usize>>,
}

impl ColumnWriter {
    /// Room for `stride` rows in memory, or for a block of them before a file.
    pub(super) fn new(
        hotkeys: &[String],
        dim: usize,
        stride: usize,
        file: Option<Arc<ColumnFile>>,
    ) -> Self {
        let block = (BLOCK_BYTES / (2 * dim * hotkeys.len().max(1))).max(1);
        let room = if file.is_some() { block.min(stride) } else { stride };
        Self {
            dim,
            block: hotkeys.iter().map(|_| zeros(room * dim)).collect(),
            room,
            from: 0,
            rows: 0,
            file,
            columns: hotkeys.iter().cloned().zip(0..).collect(),
            header: Vec::new(),
            targets: Vec::new(),
        }
    }

    /// The vectors of a cell if it decodes to something.
    pub(super) fn decode<'c>(
        &mut self,
        cell: Option<&'c [u8]>,
    ) -> std::result::Result<Option<Vectors<'c>>, Problem> {
        let Some(vectors) = Vectors::split(cell.unwrap_or_default())? else { return Ok(None) };
        if self.targets.is_empty() || self.header != vectors.header {
            let column = |name: Option<String>| Some(*self.columns.get(&name?)?);
            self.targets = vectors.names()?.into_iter().map(column).collect();
            self.header = vectors.header.to_vec();
        }
        Ok(vectors.fits(self.targets.len(), self.dim).then_some(vectors))
    }

    /// Adds a row with the vectors that [`ColumnWriter::decode`] returned last.
    pub(super) fn push(&mut self, vectors: Option<&Vectors<'_>>) -> Result<()> {
        if self.rows - self.from == self.room {
            self.flush()?;
        }
        let at = (self.rows - self.from) * self.dim;
        self.rows += 1;
        let Some(vectors) = vectors else { return Ok(()) };
        for (target, bytes) in self.targets.iter().zip(vectors.halves.chunks_exact(2 * self.dim)) {
            let Some(column) = target else { continue };
            let (pairs, _) = bytes.as_chunks::<2>();
            for (to, pair) in self.block[*column][at..at + self.dim].iter_mut().zip(pairs) {
                *to = f16::from_le_bytes(*pair);
            }
        }
        Ok(())
    }

    /// Writes the block away; without a file it has room for all rows.
    fn flush(&mut self) -> Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let values = (self.rows - self.from) * self.dim;
        for (number, column) in self.block.iter_mut().enumerate() {
            file.write(number, self.dim, self.from, &column[..values])?;
            column[..values].fill(f16::ZERO);
        }
        self.from = self.rows;
        Ok(())
    }

    /// The columns in the order of the hotkeys.
    pub(super) fn finish(mut self) -> Result<Vec<Column>> {
        self.flush()?;
        Ok(match self.file {
            Some(file) => (0..self.block.len()).map(|j| Column::Stored(j, file.clone())).collect(),
            None => self.block.into_iter().map(Column::Held).collect(),
        })
    }
}

/// Zeroed memory, which is not touched before something is stored in it.
pub(super) fn zeros(values: usize) -> Vec<f16> {
    vec![0_u16; values].reinterpret_into()
}
