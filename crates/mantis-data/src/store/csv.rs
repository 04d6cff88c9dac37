//! One CSV file of bars or of a series, in the layout of the mining guide.
//!
//! | file | columns |
//! |---|---|
//! | `ohlcv.csv` | `timestamp` (bar open), `open`, `high`, `low`, `close`, `volume` |
//! | `funding_rates.csv` | `timestamp`, `funding_rate` |
//! | `open_interest.csv` | `timestamp`, `open_interest` |
//!
//! Names of columns are matched without regard to case; [`TIME_NAMES`] and their like list what
//! else is understood, among them what pandas and the exchanges write. The order of the columns does not matter and further
//! columns are ignored. A file without a header must have the columns above in that order.
//!
//! A time is a date, a date and time (without an offset it is UTC, as in the guide's files), or a number since the epoch
//! whose size tells the unit: s below 1e11, ms below 1e14, us below 1e17, else ns (rounded up to whole
//! microseconds, so that no value appears before its time).
//!
//! Files are written with the shortest digits that give the same 64-bit float back, so that what is written
//! and read again is equal in every bit.

use std::fmt::Write as _;
use std::path::Path;

use super::{atomic, table_file};
use crate::bars::{BarColumns, Bars};
use crate::error::{Error, Result};
use crate::series::{Series, SeriesKind};
use crate::store::StoreError;
use crate::time::{Interval, Timestamp};

/// Names of the time column.
pub const TIME_NAMES: [&str; 13] = [
    "timestamp",
    "time",
    "datetime",
    "date",
    "open_time",
    "opentime",
    "open time",
    "calc_time",
    "create_time",
    "fundingtime",
    "fundingratetimestamp",
    "index",
    "unnamed: 0",
];

/// A column as it is called here, and what others call it.
type Names = (&'static str, &'static [&'static str]);

const BARS: [Names; 5] = [
    ("open", &["open", "o"]),
    ("high", &["high", "h"]),
    ("low", &["low", "l"]),
    ("close", &["close", "c"]),
    ("volume", &["volume", "vol", "v", "base_volume"]),
];
const FUNDING: [Names; 1] =
    [("funding_rate", &["funding_rate", "fundingrate", "last_funding_rate", "funding", "rate"])];
const OPEN_INTEREST: [Names; 1] =
    [("open_interest", &["open_interest", "openinterest", "sum_open_interest", "oi"])];

/// Reads and checks a file of bars.
///
/// # Errors
/// [`StoreError::Missing`] or [`StoreError::Io`] for the file, [`StoreError::CsvHeader`] if a column is not found,
/// [`Error::AtLine`] around what is wrong with a row, and [`StoreError::FileInterval`] if the bars are
/// further apart than `interval`.
pub fn read_bars(path: &Path, name: &str, interval: Interval) -> Result<Bars> {
    let (columns, lines) = bar_columns(path)?;
    let bars = Bars::new(name, interval, columns).map_err(|error| at_line(error, path, &lines))?;
    super::check_spacing(path, None, &bars)?;
    Ok(bars)
}

/// Reads the columns of a file of bars without checking the rows.
///
/// # Errors
/// As [`read_bars`], for cells that are no times or numbers.
pub fn read_columns(path: &Path) -> Result<BarColumns> {
    Ok(bar_columns(path)?.0)
}

/// The length of the bars of a file: the distance that most rows have from the next; `None` for fewer than two rows.
///
/// # Errors
/// As [`read_columns`].
pub fn interval(path: &Path) -> Result<Option<Interval>> {
    Ok(super::usual_distance(&read_columns(path)?.open_time))
}

/// Reads and checks a file of a series.
///
/// # Errors
/// As [`read_bars`], with the errors of [`Series::new`].
pub fn read_series(path: &Path, name: &str, kind: SeriesKind) -> Result<Series> {
    let mut table = Table::parse(path, &table_file(path)?, names(path, kind)?)?;
    let values = table.values.swap_remove(0);
    let lines = table.lines;
    Series::new(name, table.times, values).map_err(|error| at_line(error, path, &lines))
}

/// Writes a file of bars, with folders as needed; an older file is replaced at once or not at all.
///
/// # Errors
/// [`StoreError::Io`].
pub fn write_bars(path: &Path, bars: &Bars) -> Result<()> {
    write(path, bars.open_time(), &bars.values())
}

/// Writes a file of a series; see [`write_bars`].
///
/// # Errors
/// [`StoreError::Io`].
pub fn write_series(path: &Path, kind: SeriesKind, series: &Series) -> Result<()> {
    let [(name, _)] = names(path, kind)? else { return Ok(()) };
    write(path, series.known_at(), &[(name, series.values())])
}

fn names(path: &Path, kind: SeriesKind) -> Result<&'static [Names]> {
    match kind {
        SeriesKind::FundingRate => Ok(&FUNDING),
        SeriesKind::OpenInterest => Ok(&OPEN_INTEREST),
        _ => Err(Error::from(StoreError::NoFileFor { path: path.to_owned(), kind })),
    }
}

fn bar_columns(path: &Path) -> Result<(BarColumns, Vec<u64>)> {
    let table = Table::parse(path, &table_file(path)?, &BARS)?;
    let mut values = table.values.into_iter();
    let mut next = || values.next().unwrap_or_default();
    let columns = BarColumns {
        open_time: table.times,
        open: next(),
        high: next(),
        low: next(),
        close: next(),
        volume: next(),
    };
    Ok((columns, table.lines))
}

/// Puts file and line in front of an error about a row.
fn at_line(error: Error, path: &Path, lines: &[u64]) -> Error {
    match error.row().and_then(|row| lines.get(row)) {
        Some(&line) => Error::AtLine { path: path.to_owned(), line, source: Box::new(error) },
        None => error.in_file(path),
    }
}

/// The rows of a file with the line of each.
struct Table {
    times: Vec<Timestamp>,
    values: Vec<Vec<f64>>,
    lines: Vec<u64>,
}

impl Table {
    fn parse(path: &Path, text: &[u8], wanted: &[Names]) -> Result<Self> {
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
        let mut record = csv::ByteRecord::new();
        let mut table =
            Self { times: Vec::new(), values: vec![Vec::new(); wanted.len()], lines: Vec::new() };
        let mut places: Option<(usize, Vec<usize>)> = None;
        loop {
            let line = reader.position().line();
            let broken =
                |source| Error::from(StoreError::Csv { path: path.to_owned(), line, source });
            if !reader.read_byte_record(&mut record).map_err(broken)? {
                break;
            }
            // Where the record really starts, after blank lines.
            let line = record.position().map_or(line, csv::Position::line);
            let (time_at, value_at) = match &places {
                Some((time, values)) => (*time, values.as_slice()),
                None => {
                    let (found, is_header) = columns(path, &record, wanted)?;
                    let (time, values) = places.insert(found);
                    if is_header {
                        continue;
                    }
                    (*time, values.as_slice())
                }
            };
            let cell = |at: usize, column| {
                let missing = || {
                    Error::from(StoreError::CsvCell {
                        path: path.to_owned(),
                        line,
                        column,
                        got: format!("{} fields", record.len()),
                        expected: "one field for each column",
                    })
                };
                record.get(at).map(<[u8]>::trim_ascii).ok_or_else(missing)
            };
            let wrong = |column, cell: &[u8], expected| {
                Error::from(StoreError::CsvCell {
                    path: path.to_owned(),
                    line,
                    column,
                    got: shown(cell),
                    expected,
                })
            };
            let stamp = cell(time_at, "timestamp")?;
            let time = parse_time(stamp).ok_or_else(|| {
                wrong("timestamp", stamp, "a date, a time or a number since the epoch")
            })?;
            table.times.push(time);
            table.lines.push(line);
            for (&at, ((column, _), values)) in
                value_at.iter().zip(wanted.iter().zip(&mut table.values))
            {
                let text = cell(at, column)?;
                let value = parse_number(text).ok_or_else(|| wrong(column, text, "a number"))?;
                values.push(value);
            }
        }
        Ok(table)
    }
}

/// Where the columns are, and whether the record is a header.
fn columns(
    path: &Path,
    record: &csv::ByteRecord,
    wanted: &[Names],
) -> Result<((usize, Vec<usize>), bool)> {
    let first = record.get(0).unwrap_or_default().trim_ascii();
    if parse_time(first).is_some() {
        return Ok(((0, (1..=wanted.len()).collect()), false));
    }
    let fields: Vec<String> = record.iter().map(|field| shown(field).to_lowercase()).collect();
    let find = |column: &'static str, names: &[&str]| {
        // The first name that is there counts: `open_time` stands beside `open` in some files.
        let place = names.iter().find_map(|name| {
            let mut hits = (0..fields.len()).filter(|&at| fields[at] == *name);
            hits.next().map(|at| (at, hits.next()))
        });
        match place {
            Some((at, None)) => Ok(at),
            got => Err(Error::from(StoreError::CsvHeader {
                path: path.to_owned(),
                column,
                problem: if got.is_some() { "given twice" } else { "missing" },
                found: fields.clone(),
            })),
        }
    };
    // pandas gives a nameless index an empty name.
    let time = find("timestamp", &TIME_NAMES).or_else(|e| find("", &[""]).map_err(|_| e))?;
    let values = wanted.iter().map(|(column, names)| find(column, names));
    Ok(((time, values.collect::<Result<_>>()?), true))
}

/// A field for people, without what a terminal might act on, and not too much of it.
fn shown(field: &[u8]) -> String {
    let text = String::from_utf8_lossy(field.trim_ascii());
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

/// A number; `nan` and `inf` are left to the checks of bars and series.
pub(crate) fn parse_number(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// A time in one of the forms that the module lists.
pub(crate) fn parse_time(cell: &[u8]) -> Option<Timestamp> {
    if !cell.is_empty() && cell.iter().all(u8::is_ascii_digit) {
        return from_epoch(std::str::from_utf8(cell).ok()?.parse().ok()?);
    }
    from_calendar(cell).or_else(|| Timestamp::parse(std::str::from_utf8(cell).ok()?).ok())
}

/// A number since the epoch whose size tells its unit.
pub(crate) fn from_epoch(number: i64) -> Option<Timestamp> {
    match number.unsigned_abs() {
        0..100_000_000_000 => Timestamp::from_secs(number),
        100_000_000_000..100_000_000_000_000 => Timestamp::from_millis(number),
        100_000_000_000_000..100_000_000_000_000_000 => Some(Timestamp::from_micros(number)),
        _ => {
            let up = i64::from(number.rem_euclid(1_000) != 0);
            Some(Timestamp::from_micros(number.div_euclid(1_000) + up))
        }
    }
}

/// `2025-06-30`, `2025-06-30 23:00:00`, with `T`, with up to 9 digits of a second, with `Z` or `+00:00`.
fn from_calendar(cell: &[u8]) -> Option<Timestamp> {
    let number = |from: usize, to: usize| {
        let digits = cell.get(from..to)?;
        digits.iter().try_fold(0_i64, |sum, &digit| {
            digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'))
        })
    };
    let is = |at: usize, what: &[u8]| cell.get(at).is_some_and(|byte| what.contains(byte));
    if !is(4, b"-") || !is(7, b"-") {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let date = Timestamp::from_date(year as i32, month as u32, day as u32)?;
    if cell.len() == 10 {
        return Some(date);
    }
    if !is(10, b"T ") || !is(13, b":") || !is(16, b":") {
        return None;
    }
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut micros = ((hour * 60 + minute) * 60 + second) * 1_000_000;
    let mut rest = &cell[19..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&digits) {
            return None;
        }
        let nanos = number(20, 20 + digits)? * 10_i64.pow(9 - digits as u32);
        micros += nanos / 1_000 + i64::from(nanos % 1_000 != 0);
        rest = &fraction[digits..];
    }
    matches!(rest, b"" | b"Z" | b"+00:00" | b"+0000" | b" UTC")
        .then(|| date + Interval::from_micros(micros))
}

fn write(path: &Path, times: &[Timestamp], columns: &[(&str, &[f64])]) -> Result<()> {
    let mut text = String::from("timestamp");
    for (name, _) in columns {
        text.push(',');
        text.push_str(name);
    }
    text.push('\n');
    for (row, time) in times.iter().enumerate() {
        // Writing into a String cannot fail.
        let _ = write!(text, "{time}");
        for (_, values) in columns {
            let _ = write!(text, ",{}", values[row]);
        }
        text.push('\n');
    }
    atomic::write(path, text.as_bytes())
}

#[cfg(test)]
mod tests;
