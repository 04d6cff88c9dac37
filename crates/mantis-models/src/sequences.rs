//! The sequences of scaled features that the LSTM reads.

use mantis_features::FeatureFrame;

use crate::scaler::Scaler;
use crate::{Error, Result};

/// Scaled features of all rows of a frame, read as overlapping windows of `steps` rows.
///
/// The sequence of row `t` is the rows `t + 1 - steps ..= t`. It exists only where every feature has a value in each of
/// them: nothing is filled.
#[derive(Clone, Debug)]
pub struct Sequences {
    values: Vec<f32>,
    features: usize,
    steps: usize,
    /// For every row the number of rows up to and with it in a row without a missing value, up to `steps`.
    complete: Vec<usize>,
}

impl Sequences {
    /// Scales the columns that the scaler names.
    ///
    /// # Errors
    /// [`Error::MissingColumn`] for a column that is not in the frame.
    pub fn new(frame: &FeatureFrame, scaler: &Scaler, steps: usize) -> Result<Self> {
        let column = |name: &String| {
            let (what, columns) = ("sequences", frame.names().len());
            let missing = || Error::MissingColumn { what, column: name.clone(), columns };
            frame.column(name).ok_or_else(missing)
        };
        let columns = scaler.names.iter().map(column).collect::<Result<Vec<_>>>()?;
        Ok(Self::of_columns(&columns, scaler, steps))
    }

    /// Scales columns of the same length, which stand in the order of the scaler's.
    pub(crate) fn of_columns(columns: &[&[f64]], scaler: &Scaler, steps: usize) -> Self {
        let (rows, features) = (columns.first().map_or(0, |column| column.len()), columns.len());
        let (mut values, mut complete) = (Vec::with_capacity(rows * features), Vec::new());
        let mut run = 0;
        for row in 0..rows {
            values.extend(columns.iter().enumerate().map(|(j, c)| scaler.scale(j, c[row])));
            let whole = columns.iter().all(|column| column[row].is_finite());
            run = if whole { (run + 1).min(steps) } else { 0 };
            complete.push(run);
        }
        Self { values, features, steps, complete }
    }

    /// Rows of several symbols, one symbol below the other. One more input for each symbol tells whose row it is: 1 for that one,
    /// 0 for the others. No sequence reaches from one symbol into another.
    #[cfg(feature = "torch")]
    pub(crate) fn joined(all: &[Self]) -> Self {
        let (own, steps) = (all[0].features, all[0].steps);
        let features = own + all.len();
        let rows: usize = all.iter().map(Self::len).sum();
        let (mut values, mut complete) = (Vec::with_capacity(rows * features), Vec::new());
        for (i, sequences) in all.iter().enumerate() {
            for row in sequences.values.chunks_exact(own) {
                values.extend_from_slice(row);
                values.extend((0..all.len()).map(|j| f32::from(u8::from(i == j))));
            }
            complete.extend_from_slice(&sequences.complete);
        }
        Self { values, features, steps, complete }
    }

    /// Rows, with or without a sequence.
    #[must_use]
    pub fn len(&self) -> usize {
        self.complete.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.complete.is_empty()
    }

    /// Features of each step.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }

    /// Steps of each sequence.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Whether the row has a whole sequence.
    #[must_use]
    pub fn has(&self, row: usize) -> bool {
        self.complete.get(row).is_some_and(|&run| run == self.steps)
    }

    /// The sequence of a row, step by step (`steps x features`); `None` where it is not whole.
    #[must_use]
    pub fn of(&self, row: usize) -> Option<&[f32]> {
        let end = (row + 1) * self.features;
        self.has(row).then(|| &self.values[end - self.steps * self.features..end])
    }

    /// All scaled values, row by row.
    #[cfg(feature = "torch")]
    pub(crate) fn values(&self) -> &[f32] {
        &self.values
    }
}
