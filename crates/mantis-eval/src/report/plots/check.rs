//! Checks that every chart makes before it draws.

use mantis_data::Timestamp;

use crate::{Error, Result};

/// Larger values than this overflow when an axis is laid out.
const LARGEST: f64 = 1e100;

/// All `values` are finite and there are at least `least` of them.
pub(super) fn finite(
    chart: &'static str,
    series: &str,
    values: &[f64],
    least: usize,
) -> Result<()> {
    count(chart, series, values.len(), least)?;
    within(chart, series, values, is_drawable, "a finite number below 1e100 in size")
}

/// All `values` satisfy `allowed`, described by `expected`.
pub(super) fn within(
    chart: &'static str,
    series: &str,
    values: &[f64],
    allowed: impl Fn(f64) -> bool,
    expected: &'static str,
) -> Result<()> {
    match values.iter().position(|&v| !allowed(v)) {
        None => Ok(()),
        Some(index) => Err(Error::ChartValue {
            chart,
            series: series.to_owned(),
            index,
            value: values[index],
            expected,
        }),
    }
}

/// A number that an axis can show.
pub(super) fn is_drawable(value: f64) -> bool {
    value.abs() < LARGEST
}

/// A share between 0 and 1.
pub(super) fn is_share(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

/// There are at least `least` values.
pub(super) fn count(chart: &'static str, series: &str, got: usize, least: usize) -> Result<()> {
    if got < least {
        return Err(Error::ChartEmpty { chart, series: series.to_owned(), least, got });
    }
    Ok(())
}

/// Two inputs describe the same things.
pub(super) fn same_length(
    chart: &'static str,
    series: &str,
    got: usize,
    expected: usize,
) -> Result<()> {
    if got == expected {
        return Ok(());
    }
    Err(Error::ChartLength { chart, series: series.to_owned(), expected, got })
}

/// An index points at one of `len` things.
pub(super) fn index(
    chart: &'static str,
    what: &'static str,
    index: usize,
    len: usize,
) -> Result<()> {
    if index < len {
        return Ok(());
    }
    Err(Error::ChartIndex { chart, what, index, len })
}

/// At least two times, each later than the one before.
pub(super) fn rising(chart: &'static str, times: &[Timestamp]) -> Result<()> {
    count(chart, "time axis", times.len(), 2)?;
    match times.windows(2).position(|w| w[0] >= w[1]) {
        None => Ok(()),
        Some(i) => Err(Error::ChartOrder { chart, index: i + 1 }),
    }
}
