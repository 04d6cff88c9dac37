//! One Parquet file of bars or of a series.
//!
//! | file | columns |
//! |---|---|
//! | bars | `timestamp` (bar open), `open`, `high`, `low`, `close`, `volume` |
//! | funding rate | `timestamp`, `funding_rate` |
//! | open interest | `timestamp`, `open_interest` |
//!
//! `timestamp` is an Arrow timestamp; its type tells the unit (s, ms, us or ns), and a
//! column without a zone is UTC. Nanoseconds are rounded up to whole microseconds, so that no
//! value appears before its time. All other columns are 64-bit floats. Further
//! columns are ignored; a null is an error.
//!
//! Files are written with stamps in ms where that is exact, else in us, and
//! replace an older file at once or not at all.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, Float64Array, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray,
};
use arrow::datatypes::{DataType, Schema, TimeUnit};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use super::guard::{Whole, check_count, decoded};
use super::{atomic, table_file};
use crate::bars::{BarColumns, Bars};
use crate::error::{Error, Result};
use crate::series::{Series, SeriesKind};
use crate::store::StoreError;
use crate::time::{Interval, Timestamp};

const TIME: &str = "timestamp";
const BAR_VALUES: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// Key of the file metadata that holds the bar interval in microseconds.
const INTERVAL_KEY: &str = "interval_us";

/// Reads and checks a file of bars.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::Io`], [`StoreError::Parquet`], [`StoreError::MissingColumn`],
/// [`StoreError::ColumnType`], [`StoreError::Null`] or [`StoreError::StampOverflow`] for the file,
/// [`StoreError::FileInterval`] if it holds bars of another interval, and
/// [`Error::InFile`] around the errors of [`Bars::new`].
pub fn read_bars(path: &Path, name: &str, interval: Interval) -> Result<Bars> {
    let table = Table::read(path, &BAR_VALUES)?;
    let recorded = table.interval;
    let bars = Bars::new(name, interval, table.into_columns()).map_err(|e| e.in_file(path))?;
    super::check_spacing(path, recorded, &bars)?;
    Ok(bars)
}

/// Reads the columns of a file of bars without checking the rows.
///
/// # Errors
/// The first seven of [`read_bars`].
pub fn read_columns(path: &Path) -> Result<BarColumns> {
    Ok(Table::read(path, &BAR_VALUES)?.into_columns())
}

/// The length of the bars of a file: what its writer noted, else the distance that most rows have from the next. `None` for fewer
/// than two rows without a note.
///
/// # Errors
/// The first seven of [`read_bars`].
pub fn interval(path: &Path) -> Result<Option<Interval>> {
    let noted = Table::noted(path)?;
    if noted.is_some() {
        return Ok(noted);
    }
    Ok(super::usual_distance(&Table::read(path, &[])?.times))
}

/// Reads and checks a file of a series. The stamps stay as they are; see [`Series`].
///
/// # Errors
/// The first seven of [`read_bars`], and [`Error::InFile`] around the errors of [`Series::new`].
pub fn read_series(path: &Path, name: &str, kind: SeriesKind) -> Result<Series> {
    let mut table = Table::read(path, &[value_column(path, kind)?])?;
    let values = table.values.swap_remove(0);
    Series::new(name, table.times, values).map_err(|e| e.in_file(path))
}

/// Writes a file of bars, with folders as needed.
///
/// # Errors
/// [`StoreError::Io`] or [`StoreError::Parquet`]; an older file is then untouched.
pub fn write_bars(path: &Path, bars: &Bars) -> Result<()> {
    let interval = KeyValue::new(INTERVAL_KEY.to_owned(), bars.interval().as_micros().to_string());
    write(path, bars.open_time(), &bars.values(), Some(vec![interval]))
}

/// Writes a file of a series, with folders as needed.
///
/// # Errors
/// [`StoreError::Io`] or [`StoreError::Parquet`]; an older file is then untouched.
pub fn write_series(path: &Path, kind: SeriesKind, series: &Series) -> Result<()> {
    write(path, series.known_at(), &[(value_column(path, kind)?, series.values())], None)
}

fn value_column(path: &Path, kind: SeriesKind) -> Result<&'static str> {
    match kind {
        SeriesKind::FundingRate => Ok("funding_rate"),
        SeriesKind::OpenInterest => Ok("open_interest"),
        _ => Err(Error::from(StoreError::NoFileFor { path: path.to_owned(), kind })),
    }
}

/// The raw rows of a file.
struct Table {
    times: Vec<Timestamp>,
    values: Vec<Vec<f64>>,
    interval: Option<Interval>,
}

impl Table {
    /// The bar interval that the writer of a file noted.
    fn noted(path: &Path) -> Result<Option<Interval>> {
        decoded(|| Ok(Self::open(path, &[])?.1), |source| damaged(path, source))
    }

    fn read(path: &Path, columns: &[&'static str]) -> Result<Self> {
        decoded(|| Self::read_all(path, columns), |source| damaged(path, source))
    }

    /// The file, and the bar interval that its writer noted.
    fn open(
        path: &Path,
        columns: &[&'static str],
    ) -> Result<(ParquetRecordBatchReaderBuilder<Whole>, Option<Interval>)> {
        let damaged = |source| damaged(path, source);
        let file = Whole(table_file(path)?.into());
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(damaged)?;
        let told = builder.metadata().file_metadata().num_rows();
        check_count(usize::try_from(told).unwrap_or(usize::MAX)).map_err(damaged)?;
        check_schema(path, builder.schema(), columns)?;
        let interval = builder
            .metadata()
            .file_metadata()
            .key_value_metadata()
            .and_then(|pairs| pairs.iter().find(|pair| pair.key == INTERVAL_KEY))
            .and_then(|pair| pair.value.as_ref()?.parse().ok())
            .map(Interval::from_micros);
        Ok((builder, interval))
    }

    fn read_all(path: &Path, columns: &[&'static str]) -> Result<Self> {
        let damaged = |source| damaged(path, source);
        let (builder, interval) = Self::open(path, columns)?;
        let mut table =
            Self { times: Vec::new(), values: vec![Vec::new(); columns.len()], interval };
        let names = [TIME].into_iter().chain(columns.iter().copied());
        let mask = ProjectionMask::columns(builder.parquet_schema(), names);
        for batch in builder.with_projection(mask).build().map_err(damaged)? {
            table.append(path, &batch.map_err(|e| damaged(e.into()))?, columns)?;
            // Pages can hold more than the file tells of.
            check_count(table.times.len()).map_err(damaged)?;
        }
        Ok(table)
    }

    fn append(&mut self, path: &Path, batch: &RecordBatch, columns: &[&'static str]) -> Result<()> {
        let first = self.times.len();
        let null = |array: &dyn Array| (0..array.len()).find(|&row| array.is_null(row));
        let times = column(path, batch, TIME)?;
        if let Some(row) = null(times) {
            let row = first + row;
            return Err(Error::from(StoreError::Null {
                path: path.to_owned(),
                row,
                time: None,
                column: TIME,
            }));
        }
        read_times(path, times, &mut self.times)?;
        for (&name, target) in columns.iter().zip(&mut self.values) {
            let array = column(path, batch, name)?;
            if let Some(row) = null(array) {
                let time = self.times.get(first + row).copied();
                let row = first + row;
                return Err(Error::from(StoreError::Null {
                    path: path.to_owned(),
                    row,
                    time,
                    column: name,
                }));
            }
            let floats = array.as_any().downcast_ref::<Float64Array>();
            let floats = floats.ok_or_else(|| wrong_type(path, name, array.data_type()))?;
            target.extend_from_slice(floats.values());
        }
        Ok(())
    }

    /// For a table that was read with [`BAR_VALUES`].
    fn into_columns(self) -> BarColumns {
        let mut values = self.values.into_iter();
        let mut next = || values.next().unwrap_or_default();
        BarColumns {
            open_time: self.times,
            open: next(),
            high: next(),
            low: next(),
            close: next(),
            volume: next(),
        }
    }
}

fn damaged(path: &Path, source: ParquetError) -> Error {
    Error::from(StoreError::Parquet { path: path.to_owned(), source })
}

fn check_schema(path: &Path, schema: &Schema, columns: &[&'static str]) -> Result<()> {
    for &name in [TIME].iter().chain(columns) {
        let field = schema.field_with_name(name).map_err(|_| missing(path, name, schema))?;
        let right = match field.data_type() {
            DataType::Timestamp(_, _) => name == TIME,
            DataType::Float64 => name != TIME,
            _ => false,
        };
        if !right {
            return Err(wrong_type(path, name, field.data_type()));
        }
    }
    Ok(())
}

fn column<'a>(path: &Path, batch: &'a RecordBatch, name: &'static str) -> Result<&'a dyn Array> {
    let array = batch.column_by_name(name).ok_or_else(|| missing(path, name, &batch.schema()))?;
    Ok(array.as_ref())
}

fn missing(path: &Path, column: &'static str, schema: &Schema) -> Error {
    let found = schema.fields().iter().map(|field| field.name().clone()).collect();
    Error::from(StoreError::MissingColumn { path: path.to_owned(), column, found })
}

fn wrong_type(path: &Path, column: &'static str, got: &DataType) -> Error {
    let expected = if column == TIME { "a timestamp (s, ms, us or ns)" } else { "Float64" };
    Error::from(StoreError::ColumnType {
        path: path.to_owned(),
        column,
        got: got.to_string(),
        expected,
    })
}

/// Appends the stamps of an array without nulls.
fn read_times(path: &Path, array: &dyn Array, times: &mut Vec<Timestamp>) -> Result<()> {
    type Convert = fn(i64) -> Option<Timestamp>;
    let any = array.as_any();
    let (raw, unit, convert): (&[i64], _, Convert) =
        if let Some(array) = any.downcast_ref::<TimestampSecondArray>() {
            (array.values(), "s", Timestamp::from_secs)
        } else if let Some(array) = any.downcast_ref::<TimestampMillisecondArray>() {
            (array.values(), "ms", Timestamp::from_millis)
        } else if let Some(array) = any.downcast_ref::<TimestampMicrosecondArray>() {
            (array.values(), "us", |us| Some(Timestamp::from_micros(us)))
        } else if let Some(array) = any.downcast_ref::<TimestampNanosecondArray>() {
            (array.values(), "ns", |ns| {
                let up = i64::from(ns.rem_euclid(1_000) != 0);
                Some(Timestamp::from_micros(ns.div_euclid(1_000) + up))
            })
        } else {
            return Err(wrong_type(path, TIME, array.data_type()));
        };
    for &raw in raw {
        let row = times.len();
        let overflow =
            || Error::from(StoreError::StampOverflow { path: path.to_owned(), row, raw, unit });
        times.push(convert(raw).ok_or_else(overflow)?);
    }
    Ok(())
}

fn write(
    path: &Path,
    times: &[Timestamp],
    columns: &[(&'static str, &[f64])],
    metadata: Option<Vec<KeyValue>>,
) -> Result<()> {
    let file = atomic::start(path)?;
    encode(file.as_file(), times, columns, metadata)
        .map_err(|source| Error::from(StoreError::Parquet { path: path.to_owned(), source }))?;
    atomic::finish(file, path)
}

fn encode(
    file: &std::fs::File,
    times: &[Timestamp],
    columns: &[(&'static str, &[f64])],
    metadata: Option<Vec<KeyValue>>,
) -> std::result::Result<(), ParquetError> {
    let mut arrays: Vec<(&str, ArrayRef, bool)> = vec![(TIME, time_array(times), false)];
    for (name, values) in columns {
        arrays.push((name, Arc::new(Float64Array::from(values.to_vec())), false));
    }
    let batch = RecordBatch::try_from_iter_with_nullable(arrays)?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_enabled(false)
        .set_column_encoding(TIME.into(), Encoding::DELTA_BINARY_PACKED)
        .set_key_value_metadata(metadata)
        .build();
    let options =
        ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(file, batch.schema(), options)?;
    writer.write(&batch)?;
    writer.close()?;
    Ok(())
}

fn time_array(times: &[Timestamp]) -> ArrayRef {
    let zone = |unit| DataType::Timestamp(unit, Some("UTC".into()));
    let whole_millis = times.iter().all(|time| time.as_micros() % 1_000 == 0);
    if whole_millis {
        let millis = times.iter().map(|time| time.as_millis());
        Arc::new(
            TimestampMillisecondArray::from_iter_values(millis)
                .with_data_type(zone(TimeUnit::Millisecond)),
        )
    } else {
        let micros = times.iter().map(|time| time.as_micros());
        Arc::new(
            TimestampMicrosecondArray::from_iter_values(micros)
                .with_data_type(zone(TimeUnit::Microsecond)),
        )
    }
}
