//! The REST API, for the days that the archive does not have yet.

use serde_json::Value;

use super::csv::check_bars;
use super::{Binance, Market, archive};
use crate::error::{Error, Result};
use crate::range::TimeRange;
use crate::source::feed::{Outcome, Scope, Task};
use crate::source::http::{Answer, Refusal, judge_status, place};
use crate::source::json;
use crate::store::{Dataset, DatasetKind, Rows};
use crate::time::{Interval, Timestamp};

/// Name of the source in manifests.
const SOURCE: &str = "binance-rest";

/// Most rows of an answer of the spot API.
const MOST_KLINES: i64 = 1_000;

/// Windows of funding have room for a settlement every hour.
const MOST_FUNDING: i64 = 1_000;

/// Open interest is asked for at the step that the archive has.
const OPEN_INTEREST_STEP: Interval = Interval::minutes(5);
const MOST_OPEN_INTEREST: i64 = 500;

/// The windows of a range.
pub(super) fn windows(kind: DatasetKind, range: TimeRange) -> Vec<Task> {
    let (step, most) = match kind {
        DatasetKind::Bars(interval) => (interval, MOST_KLINES),
        DatasetKind::FundingRate => (Interval::HOUR, MOST_FUNDING),
        DatasetKind::OpenInterest => (OPEN_INTEREST_STEP, MOST_OPEN_INTEREST),
    };
    let windows = json::windows(range, step, most).into_iter();
    windows.map(|range| Task { range, scope: Scope::Window }).collect()
}

impl Binance {
    pub(super) fn window(
        &self,
        dataset: &Dataset,
        market: Market,
        symbol: &str,
        range: TimeRange,
        now: Timestamp,
    ) -> Result<Outcome> {
        // The day that is running may be longer than one answer.
        let parts = windows(dataset.kind, range);
        if parts.len() > 1 {
            return Ok(Outcome::Instead(parts));
        }
        let (base, path) = match (dataset.kind, market) {
            (DatasetKind::Bars(_), Market::Spot) => (&self.urls.spot, "/api/v3/klines"),
            (DatasetKind::Bars(_), Market::Futures) => (&self.urls.futures, "/fapi/v1/klines"),
            (DatasetKind::FundingRate, _) => (&self.urls.futures, "/fapi/v1/fundingRate"),
            (DatasetKind::OpenInterest, _) => {
                (&self.urls.futures, "/futures/data/openInterestHist")
            }
        };
        let (from, until) = (range.from.as_millis(), range.until.as_millis() - 1);
        let (step, most) = match dataset.kind {
            DatasetKind::Bars(interval) => {
                (format!("&interval={}", archive::kline_interval(interval)?), MOST_KLINES)
            }
            DatasetKind::FundingRate => (String::new(), MOST_FUNDING),
            DatasetKind::OpenInterest => ("&period=5m".to_owned(), MOST_OPEN_INTEREST),
        };
        let url = format!(
            "{base}{path}?symbol={symbol}{step}&startTime={from}&endTime={until}&limit={most}"
        );
        let answer = self.http.get_judged(&url, judge)?;
        let name = place(&url);
        let rows = rows(&name, &json::parse(&name, answer.body())?, dataset.kind)?;
        let complete = answer.complete_until(now);
        Ok(json::window(SOURCE, dataset.kind, range, &rows, complete, now))
    }
}

/// The API says what is wrong in a code of its own.
fn judge(answer: &Answer) -> std::result::Result<(), Refusal> {
    if answer.found() {
        judge_status(answer)?;
    }
    let value = json::judge_json(answer)?;
    match value.get("code").and_then(Value::as_i64).filter(|&code| code != 0) {
        None if answer.found() => Ok(()),
        code => Err(Refusal::for_good(
            format!(
                "error {} {:?}",
                code.unwrap_or_default(),
                value.get("msg").and_then(Value::as_str).unwrap_or_default()
            ),
            "check the symbol and the address of the source",
        )),
    }
}

/// The rows of an answer.
pub(crate) fn rows(place: &str, value: &Value, kind: DatasetKind) -> Result<Rows> {
    match kind {
        DatasetKind::Bars(interval) => klines(place, value, interval),
        DatasetKind::FundingRate => funding(place, value),
        DatasetKind::OpenInterest => open_interest(place, value),
    }
}

/// Klines as lists of twelve values.
fn klines(place: &str, value: &Value, interval: Interval) -> Result<Rows> {
    const NAMES: [&str; 10] = [
        "open",
        "high",
        "low",
        "close",
        "volume",
        "close_time",
        "quote_volume",
        "trades",
        "taker_buy_volume",
        "taker_buy_quote_volume",
    ];
    let row = |row: &Value| {
        let cell = |at: usize| row.get(at);
        let mut values = [0.0; 10];
        for (at, target) in values.iter_mut().enumerate() {
            *target = if at == 5 {
                json::millis(cell(6)?)?.as_micros() as f64
            } else {
                json::number(cell(at + 1)?)?
            };
        }
        Some((json::millis(cell(0)?)?, values))
    };
    let rows = in_order(place, json::list(place, value, "")?, row, NAMES)?;
    check_bars(place, interval, &rows)?;
    Ok(rows)
}

fn funding(place: &str, value: &Value) -> Result<Rows> {
    let row = |row: &Value| {
        // Old rows have an empty mark price.
        let mark = row.get("markPrice").and_then(json::number).unwrap_or(f64::NAN);
        Some((
            json::millis(row.get("fundingTime")?)?,
            [json::number(row.get("fundingRate")?)?, mark],
        ))
    };
    in_order(place, json::list(place, value, "")?, row, ["funding_rate", "mark_price"])
}

fn open_interest(place: &str, value: &Value) -> Result<Rows> {
    let row = |row: &Value| {
        let value = row.get("sumOpenInterestValue").and_then(json::number).unwrap_or(f64::NAN);
        let amount = json::number(row.get("sumOpenInterest")?)?;
        Some((json::millis(row.get("timestamp")?)?, [amount, value]))
    };
    in_order(place, json::list(place, value, "")?, row, ["open_interest", "open_interest_value"])
}

fn in_order<const N: usize>(
    place: &str,
    list: &[Value],
    row: impl Fn(&Value) -> Option<(Timestamp, [f64; N])>,
    names: [&'static str; N],
) -> Result<Rows> {
    let strange =
        |at: usize| -> Error { json::content(place, format!("row {at} has another form")) };
    let rows = list.iter().enumerate().map(|(at, value)| row(value).ok_or_else(|| strange(at)));
    json::in_order(place, rows.collect::<Result<_>>()?, names)
}

#[cfg(test)]
mod tests;
