//! Rows of a data set in memory, and as the bytes of a Parquet file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, TimestampMicrosecondArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use arrow::record_batch::RecordBatch;
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;
use parquet::file::properties::WriterProperties;
use parquet::file::statistics::Statistics;

use super::BAR_COLUMNS;
use super::dataset::DatasetKind;
use crate::bars::{BarColumns, BarSlices, check_rising};
use crate::error::{Error, Result};
use crate::range::TimeRange;
use crate::store::guard::{Whole, check_count, decoded};
use crate::time::{Interval, Timestamp};

const TIME: &str = "timestamp";

/// The column that holds times, as microseconds in memory and as a timestamp in files.
const CLOSE_TIME: &str = "close_time";

/// Rows of one read, so that a range costs little more than its part of the file.
const ROW_GROUP: usize = 1 << 16;

/// Rows of a [`Dataset`](super::Dataset): strictly rising stamps and named columns of 64-bit floats.
///
/// A value that a source leaves blank is NaN here and null in the file; `close_time` is in microseconds.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    times: Vec<Timestamp>,
    columns: BTreeMap<&'static str, Vec<f64>>,
}

impl Rows {
    /// Takes rows over.
    ///
    /// # Errors
    /// [`Error::ColumnLength`], [`Error::OutOfOrder`], [`Error::Duplicate`] or [`Error::TimeOutOfRange`].
    pub fn new(
        name: &str,
        times: Vec<Timestamp>,
        columns: impl IntoIterator<Item = (&'static str, Vec<f64>)>,
    ) -> Result<Self> {
        let columns: BTreeMap<_, _> = columns.into_iter().collect();
        for (&column, values) in &columns {
            if values.len() != times.len() {
                let (got, expected) = (values.len(), times.len());
                return Err(Error::ColumnLength { name: name.to_owned(), column, got, expected });
            }
        }
        check_rising(name, &times)?;
        Ok(Self { times, columns })
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The stamps, strictly rising.
    #[must_use]
    pub fn times(&self) -> &[Timestamp] {
        &self.times
    }

    /// The values of a column, NaN where there is none.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&[f64]> {
        self.columns.get(name).map(Vec::as_slice)
    }

    /// Names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.columns.keys().copied()
    }

    /// The rows in a range of time.
    #[must_use]
    pub fn between(&self, range: TimeRange) -> Self {
        let rows = self.positions(range);
        let cut =
            |(&name, values): (&&'static str, &Vec<f64>)| (name, values[rows.clone()].to_vec());
        Self {
            times: self.times[rows.clone()].to_vec(),
            columns: self.columns.iter().map(cut).collect(),
        }
    }

    fn positions(&self, range: TimeRange) -> Range<usize> {
        let first = self.times.partition_point(|&time| time < range.from);
        let last = self.times.partition_point(|&time| time < range.until);
        first..last.max(first)
    }

    /// The rows of each calendar year.
    pub(super) fn by_year(&self) -> Vec<(i32, Self)> {
        let mut years = Vec::new();
        let mut from = 0;
        while let Some(time) = self.times.get(from) {
            let year = time.year();
            let start = Timestamp::from_date(year, 1, 1).unwrap_or(Timestamp::MIN);
            let end = Timestamp::from_date(year + 1, 1, 1).unwrap_or(Timestamp::MAX);
            let rows = self.between(TimeRange::new(start, end));
            from += rows.len().max(1);
            years.push((year, rows));
        }
        years
    }

    /// Both together, and how many rows are new and how many differ; where both have a row, `newer` counts.
    pub(super) fn merge(&self, newer: &Self) -> (Self, usize, usize) {
        let mut order: Vec<(Option<usize>, Option<usize>)> =
            Vec::with_capacity(self.len() + newer.len());
        let (mut old, mut new) = (0, 0);
        while old < self.len() || new < newer.len() {
            let (a, b) = (self.times.get(old), newer.times.get(new));
            let take_old = b.is_none_or(|b| a.is_some_and(|a| a <= b));
            let take_new = a.is_none_or(|a| b.is_some_and(|b| b <= a));
            order.push((take_old.then_some(old), take_new.then_some(new)));
            old += usize::from(take_old);
            new += usize::from(take_new);
        }
        let names: std::collections::BTreeSet<_> = self.names().chain(newer.names()).collect();
        let mut differs = vec![false; order.len()];
        let mut columns = BTreeMap::new();
        for name in names {
            let (a, b) = (self.column(name), newer.column(name));
            let values = order.iter().zip(&mut differs).map(|(&(old, new), differs)| {
                let value = |column: Option<&[f64]>, row: Option<usize>| Some(column?[row?]);
                let (before, after) = (value(a, old), value(b, new));
                if let (Some(before), Some(after)) = (before, after) {
                    *differs |= before.to_bits() != after.to_bits();
                }
                after.or(before).unwrap_or(f64::NAN)
            });
            columns.insert(name, values.collect());
        }
        let times = order.iter().filter_map(|&(old, new)| {
            new.map(|row| newer.times[row]).or_else(|| old.map(|row| self.times[row]))
        });
        let added = order.iter().filter(|(old, _)| old.is_none()).count();
        let changed = differs.iter().filter(|&&differs| differs).count();
        (Self { times: times.collect(), columns }, added, changed)
    }

    /// These rows without those that stand for one of `newer` under a stamp that differs by less than `tolerance`.
    pub(super) fn without_near(&self, newer: &Self, tolerance: Interval) -> Self {
        let is_twin = |time: Timestamp| {
            let at = newer.times.partition_point(|&have| have < time);
            let around = [at.checked_sub(1), Some(at)].into_iter().flatten();
            around.filter_map(|at| newer.times.get(at)).any(|&have| {
                have != time && (have - time).as_micros().abs() < tolerance.as_micros()
            })
        };
        let kept: Vec<usize> = (0..self.len()).filter(|&row| !is_twin(self.times[row])).collect();
        if kept.len() == self.len() {
            return self.clone();
        }
        let column = |(&name, values): (&&'static str, &Vec<f64>)| {
            (name, kept.iter().map(|&row| values[row]).collect())
        };
        Self {
            times: kept.iter().map(|&row| self.times[row]).collect(),
            columns: self.columns.iter().map(column).collect(),
        }
    }

    /// Appends rows that all lie after these; columns that one side lacks are NaN there.
    pub(super) fn append(&mut self, later: Self) {
        let (before, after) = (self.len(), self.len() + later.len());
        for (name, values) in later.columns {
            let column = self.columns.entry(name).or_insert_with(|| vec![f64::NAN; before]);
            if column.is_empty() {
                *column = values;
            } else {
                column.extend_from_slice(&values);
            }
        }
        self.columns.values_mut().for_each(|column| column.resize(after, f64::NAN));
        if self.times.is_empty() {
            self.times = later.times;
        } else {
            self.times.extend_from_slice(&later.times);
        }
    }

    /// The price columns; those that are absent are empty.
    pub(crate) fn bar_slices(&self) -> BarSlices<'_> {
        let column = |name| (name, self.column(name).unwrap_or_default());
        BarSlices { open_time: &self.times, values: BAR_COLUMNS.map(column) }
    }

    /// The price columns; empty ones stay empty.
    pub(crate) fn into_bar_columns(mut self) -> BarColumns {
        let mut take = |name| self.columns.remove(name).unwrap_or_default();
        BarColumns {
            open: take("open"),
            high: take("high"),
            low: take("low"),
            close: take("close"),
            volume: take("volume"),
            open_time: self.times,
        }
    }

    pub(super) fn into_series(mut self, column: &str) -> (Vec<Timestamp>, Vec<f64>) {
        let values = self.columns.remove(column).unwrap_or_default();
        (self.times, values)
    }
}

/// The bytes of a Parquet file; the same rows give the same bytes.
pub(super) fn encode(kind: DatasetKind, rows: &Rows) -> std::result::Result<Vec<u8>, ParquetError> {
    let zone = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let stamps = |values: &mut dyn Iterator<Item = Option<i64>>| -> ArrayRef {
        Arc::new(values.collect::<TimestampMicrosecondArray>().with_data_type(zone.clone()))
    };
    let times = stamps(&mut rows.times.iter().map(|time| Some(time.as_micros())));
    let mut arrays: Vec<(&str, ArrayRef, bool)> = vec![(TIME, times, false)];
    for &(name, required) in kind.columns() {
        let Some(values) = rows.column(name) else { continue };
        if values.iter().all(|value| value.is_nan()) {
            continue;
        }
        let array: ArrayRef = if name == CLOSE_TIME {
            stamps(&mut values.iter().map(|&value| (!value.is_nan()).then_some(value as i64)))
        } else if required {
            Arc::new(Float64Array::from(values.to_vec()))
        } else {
            let present = values.iter().map(|&value| (!value.is_nan()).then_some(value));
            Arc::new(present.collect::<Float64Array>())
        };
        arrays.push((name, array, !required));
    }
    let batch = RecordBatch::try_from_iter_with_nullable(arrays)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .set_column_encoding(TIME.into(), Encoding::DELTA_BINARY_PACKED)
        .set_column_encoding(CLOSE_TIME.into(), Encoding::DELTA_BINARY_PACKED)
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .build();
    let options =
        ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new_with_options(&mut bytes, batch.schema(), options)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(bytes)
}

/// The rows of a range, with the columns asked for as far as the file has them.
pub(super) fn decode(
    bytes: Bytes,
    kind: DatasetKind,
    range: TimeRange,
    columns: &[&str],
) -> std::result::Result<Rows, ParquetError> {
    decoded(|| decode_all(bytes, kind, range, columns), |error| error)
}

fn decode_all(
    bytes: Bytes,
    kind: DatasetKind,
    range: TimeRange,
    columns: &[&str],
) -> std::result::Result<Rows, ParquetError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(Whole(bytes))?;
    let wanted: Vec<&'static str> = kind
        .columns()
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| columns.contains(name) && builder.schema().field_with_name(name).is_ok())
        .collect();
    let names = [TIME].into_iter().chain(wanted.iter().copied());
    let mask = ProjectionMask::columns(builder.parquet_schema(), names);
    let groups = builder.metadata().row_groups().iter().enumerate();
    let touched: Vec<usize> =
        groups.filter(|(_, group)| overlaps(group, range)).map(|(at, _)| at).collect();
    let reader = builder
        .with_projection(mask)
        .with_row_groups(touched)
        .with_batch_size(ROW_GROUP)
        .build()?;
    let mut rows = Rows::default();
    for batch in reader {
        rows.append(of_batch(batch?, &wanted)?);
        check_count(rows.len())?;
    }
    if range == TimeRange::ALL || rows.positions(range) == (0..rows.len()) {
        return Ok(rows);
    }
    Ok(rows.between(range))
}

/// Whether a row group may hold rows of the range; one without statistics may.
fn overlaps(group: &RowGroupMetaData, range: TimeRange) -> bool {
    match group.column(0).statistics() {
        Some(Statistics::Int64(stamps)) => {
            let after = stamps.min_opt().is_some_and(|&min| min >= range.until.as_micros());
            let before = stamps.max_opt().is_some_and(|&max| max < range.from.as_micros());
            !after && !before
        }
        _ => true,
    }
}

fn of_batch(
    mut batch: RecordBatch,
    wanted: &[&'static str],
) -> std::result::Result<Rows, ParquetError> {
    let strange = |name: &str| ParquetError::General(format!("column {name} has another type"));
    let mut take = |name: &str| {
        let at = batch.schema().index_of(name).map_err(|_| strange(name))?;
        Ok::<_, ParquetError>(batch.remove_column(at))
    };
    let times = take(TIME)?;
    let times = times.as_any().downcast_ref::<TimestampMicrosecondArray>();
    let times = times.filter(|times| times.null_count() == 0).ok_or_else(|| strange(TIME))?;
    let mut columns = BTreeMap::new();
    for &name in wanted {
        let mut array = take(name)?;
        if name == CLOSE_TIME {
            array = cast(&cast(&array, &DataType::Int64)?, &DataType::Float64)?;
        }
        let numbers = array.as_any().downcast_ref::<Float64Array>();
        let numbers = numbers.ok_or_else(|| strange(name))?.clone();
        drop(array);
        let values = if numbers.null_count() == 0 {
            // Nobody else holds the values now, so they are not copied.
            Vec::from(numbers.into_parts().1)
        } else {
            numbers.iter().map(|value| value.unwrap_or(f64::NAN)).collect()
        };
        columns.insert(name, values);
    }
    let times = times.values().iter().map(|&micros| Timestamp::from_micros(micros));
    Ok(Rows { times: times.collect(), columns })
}
