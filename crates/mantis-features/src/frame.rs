//! The result of a plan: one row per bar, one named column per feature.

use mantis_data::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// A column of the plan that was not computed, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Name of the column.
    pub name: String,
    /// The input that the panel lacks, in words.
    pub missing: String,
}

/// Features of one symbol: rows are its bars, oldest first, columns are named.
///
/// A value is NaN while its indicator warms up and where one of its inputs is absent. Row `i` uses nothing that was not known
/// at `known_at()[i]`.
#[derive(Clone, Debug)]
pub struct FeatureFrame {
    pub(crate) open_time: Vec<Timestamp>,
    pub(crate) known_at: Vec<Timestamp>,
    pub(crate) names: Vec<String>,
    pub(crate) columns: Vec<Vec<f64>>,
    pub(crate) warmup: Vec<usize>,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) from_row: usize,
}

impl FeatureFrame {
    /// Open time of each bar.
    #[must_use]
    pub fn open_time(&self) -> &[Timestamp] {
        &self.open_time
    }

    /// When each row became known: the close of its bar.
    #[must_use]
    pub fn known_at(&self) -> &[Timestamp] {
        &self.known_at
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open_time.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open_time.is_empty()
    }

    /// Column names, in the plan's order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// A column by name, one value per row.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        self.names.iter().position(|n| n == name).map(|i| self.columns[i].as_slice())
    }

    /// All columns, in the plan's order.
    #[must_use]
    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    /// For each column the first row with a value, counted from row 0 of the frame; the number of rows if there is none.
    ///
    /// For columns of the symbol's own bars this is the indicator's declared warm-up. A column that reads another series
    /// starts when that series does.
    #[must_use]
    pub fn warmup(&self) -> &[usize] {
        &self.warmup
    }

    /// First row from which every column has warmed up and was computed: the largest warm-up, and never before the
    /// `from_row` of the computation. Later rows may still hold NaN where an input has a gap.
    #[must_use]
    pub fn first_row(&self) -> usize {
        self.warmup.iter().copied().fold(self.from_row, usize::max).min(self.len())
    }

    /// Columns of the plan that the panel had no input for.
    #[must_use]
    pub fn left_out(&self) -> &[LeftOut] {
        &self.left_out
    }

    /// Refuses a frame that lacks columns of its plan; for serving, where a column that was trained on must be there.
    ///
    /// # Errors
    /// [`Error::Incomplete`] with the first column left out.
    pub fn require_complete(&self) -> Result<()> {
        match self.left_out.first() {
            None => Ok(()),
            Some(first) => Err(Error::Incomplete {
                count: self.left_out.len(),
                name: first.name.clone(),
                missing: first.missing.clone(),
            }),
        }
    }

    /// SHA-256 in hex over times, names and the bits of every value (all NaN count as the same).
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update((self.len() as u64).to_le_bytes());
        for time in &self.open_time {
            hash.update(time.as_micros().to_le_bytes());
        }
        let mut bytes = Vec::with_capacity(8 * self.len());
        for (name, column) in self.names.iter().zip(&self.columns) {
            hash.update((name.len() as u64).to_le_bytes());
            hash.update(name.as_bytes());
            bytes.clear();
            for value in column {
                let bits = if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
                bytes.extend_from_slice(&bits.to_le_bytes());
            }
            hash.update(&bytes);
        }
        hex::encode(hash.finalize())
    }
}
