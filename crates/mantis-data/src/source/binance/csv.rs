//! The files inside the archives.

use crate::error::Result;
use crate::store::Rows;
use crate::store::csv::{from_epoch, parse_number, parse_time};
use crate::time::{Interval, Timestamp};

use super::content;

/// Names of the value columns of klines, after the open time.
const KLINES: [&str; 5] = ["open", "high", "low", "close", "volume"];

/// Number of columns of klines; the last one has no meaning.
const KLINE_COLUMNS: usize = 12;

/// Reads klines: twelve columns, with or without a header, times in ms or us by their size.
///
/// # Errors
/// [`Error::Content`](crate::Error::Content) for a line of another form, and the errors of [`Bars::new`](crate::Bars::new).
pub fn parse_klines(place: &str, text: &[u8], interval: Interval) -> Result<Rows> {
    let estimate = text.len() / 100;
    let column = || Vec::with_capacity(estimate);
    let mut times = column();
    let mut values: [Vec<f64>; 10] = std::array::from_fn(|_| Vec::with_capacity(estimate));
    for (line, text) in lines(text) {
        let fields: [&[u8]; KLINE_COLUMNS] =
            split(text).ok_or_else(|| wrong(place, line, "expected 12 columns"))?;
        let Some(open) = epoch(fields[0]) else {
            if line == 1 && parse_number(fields[1]).is_none() {
                continue;
            }
            return Err(wrong(place, line, "open_time is not a time since the epoch"));
        };
        let close =
            epoch(fields[6]).ok_or_else(|| wrong(place, line, "close_time is not a time"))?;
        times.push(open);
        let number = |at: usize| {
            parse_number(fields[at])
                .ok_or_else(|| wrong(place, line, &format!("column {} is not a number", at + 1)))
        };
        for at in 0..5 {
            values[at].push(number(at + 1)?);
        }
        // To the millisecond: the archive of later years counts in microseconds, the API does not.
        values[5].push((close.as_micros() / 1000 * 1000) as f64);
        for at in 6..10 {
            values[at].push(number(at + 1)?);
        }
    }
    let [open, high, low, close, volume, close_time, quote_volume, trades, taker, taker_quote] =
        values;
    let prices = KLINES.into_iter().zip([open, high, low, close, volume]);
    let rows = Rows::new(
        place,
        times,
        prices.chain([
            ("close_time", close_time),
            ("quote_volume", quote_volume),
            ("trades", trades),
            ("taker_buy_volume", taker),
            ("taker_buy_quote_volume", taker_quote),
        ]),
    )?;
    check_bars(place, interval, &rows)?;
    Ok(rows)
}

/// Checks rows as bars, so that a broken one is named with its source.
pub(crate) fn check_bars(place: &str, interval: Interval, rows: &Rows) -> Result<()> {
    rows.bar_slices().check(place, interval)
}

/// Reads funding rates: stamp, hours between settlements, rate.
///
/// # Errors
/// As [`parse_klines`].
pub fn parse_funding(place: &str, text: &[u8]) -> Result<Rows> {
    let (mut times, mut hours, mut rates) = (Vec::new(), Vec::new(), Vec::new());
    for (line, text) in lines(text) {
        let fields: [&[u8]; 3] =
            split(text).ok_or_else(|| wrong(place, line, "expected 3 columns"))?;
        let Some(time) = epoch(fields[0]) else {
            if line == 1 && parse_number(fields[1]).is_none() {
                continue;
            }
            return Err(wrong(place, line, "calc_time is not a time since the epoch"));
        };
        times.push(time);
        let number = |at: usize, name: &str| {
            parse_number(fields[at])
                .filter(|value| value.is_finite())
                .ok_or_else(|| wrong(place, line, &format!("{name} is not a number")))
        };
        hours.push(number(1, "funding_interval_hours")?);
        rates.push(number(2, "last_funding_rate")?);
    }
    Rows::new(place, times, [("funding_rate", rates), ("interval_hours", hours)])
}

/// Reads metrics: open interest and ratios at steps of 5 minutes. Rows may stand in any order; a cell that is blank
/// is missing, but open interest itself must be there.
///
/// # Errors
/// As [`parse_klines`].
pub fn parse_metrics(place: &str, text: &[u8]) -> Result<Rows> {
    const NAMES: [&str; 6] = [
        "open_interest",
        "open_interest_value",
        "top_trader_account_ratio",
        "top_trader_position_ratio",
        "account_ratio",
        "taker_volume_ratio",
    ];
    let mut found: Vec<(Timestamp, [f64; 6])> = Vec::new();
    for (line, text) in lines(text) {
        let fields: [&[u8]; 8] =
            split(text).ok_or_else(|| wrong(place, line, "expected 8 columns"))?;
        let Some(time) = parse_time(fields[0]) else {
            if line == 1 && parse_number(fields[2]).is_none() {
                continue;
            }
            return Err(wrong(place, line, "create_time is not a time"));
        };
        let mut values = [f64::NAN; 6];
        for (at, value) in values.iter_mut().enumerate() {
            let cell = fields[at + 2];
            if cell.is_empty() && at > 0 {
                continue;
            }
            *value = parse_number(cell)
                .filter(|value| value.is_finite())
                .ok_or_else(|| wrong(place, line, &format!("column {} is not a number", at + 3)))?;
        }
        found.push((time, values));
    }
    found.sort_by_key(|&(time, _)| time);
    // A row that is there twice, equal in every value, says the same thing once.
    found.dedup_by(|a, b| a.0 == b.0 && a.1.map(f64::to_bits) == b.1.map(f64::to_bits));
    let times = found.iter().map(|row| row.0).collect();
    let columns = NAMES
        .into_iter()
        .enumerate()
        .map(|(at, name)| (name, found.iter().map(|row| row.1[at]).collect()));
    Rows::new(place, times, columns)
}

/// Lines with their number from 1; blank ones are passed over.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let lines = text.split(|&byte| byte == b'\n').enumerate();
    lines.map(|(at, line)| (at + 1, line.trim_ascii_end())).filter(|(_, line)| !line.is_empty())
}

/// The fields of a line, which must be `N`. These files quote nothing.
fn split<const N: usize>(line: &[u8]) -> Option<[&[u8]; N]> {
    let mut fields = [&[][..]; N];
    let mut parts = line.split(|&byte| byte == b',');
    for field in &mut fields {
        *field = parts.next()?;
    }
    parts.next().is_none().then_some(fields)
}

fn epoch(field: &[u8]) -> Option<Timestamp> {
    let digits = !field.is_empty() && field.iter().all(u8::is_ascii_digit);
    from_epoch(std::str::from_utf8(field).ok().filter(|_| digits)?.parse().ok()?)
}

fn wrong(place: &str, line: usize, problem: &str) -> crate::error::Error {
    content(place, format!("line {line}: {problem}"))
}

#[cfg(test)]
mod tests;
