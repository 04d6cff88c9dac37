//! Yahoo's chart API, version 8, for foreign exchange and metals.

use std::sync::Arc;

use serde_json::Value;

use super::bybit::encode;
use super::feed::{Outcome, Scope, Source, Task};
use super::http::{Answer, Http, Refusal, judge_status, place};
use super::json;
use crate::asset::{Asset, Venue};
use crate::error::{Error, Result};
use crate::range::TimeRange;
use crate::source::binance::check_bars;
use crate::store::{Dataset, DatasetKind, Rows};
use crate::time::{Interval, Timestamp};

/// Name of the source in manifests.
const SOURCE: &str = "yahoo";

/// One answer has at most this much.
const WINDOW: Interval = Interval::days(90);

/// Prices of futures are shown this much later.
const FUTURES_DELAY: Interval = Interval::minutes(20);

/// Yahoo's chart as a [`Source`] of bars.
///
/// - Hours reach 729 days back, quarters of an hour and 5 minutes 59 days, minutes 6 days; what is older cannot be had and is left out of
///   the plan, which [`Source::limit`] says.
/// - Rows with a hole are no bars. The row of the running bar, which carries the time of the last trade, is left out. Rows whose
///   prices contradict each other are left out and named.
/// - Prices are 32-bit floats written with 64 bits; they get the digits that they had.
/// - `CADUSD` and `CHFUSD` are the reciprocals of `USDCAD=X` and `USDCHF=X`, high and low changing places.
/// - The volume of foreign exchange is always 0.
#[derive(Clone, Debug)]
pub struct Yahoo {
    http: Arc<Http>,
    base: String,
}

impl Yahoo {
    /// Address of the API.
    pub const URL: &'static str = "https://query2.finance.yahoo.com";

    /// A source that sends its requests through `http`.
    #[must_use]
    pub fn new(http: Arc<Http>, base: &str) -> Self {
        Self { http, base: base.trim_end_matches('/').to_owned() }
    }
}

impl Source for Yahoo {
    fn name(&self) -> &'static str {
        SOURCE
    }

    fn plan(&self, dataset: &Dataset, range: TimeRange, now: Timestamp) -> Result<Vec<Task>> {
        listing(dataset)?;
        let (_, reach) = kline_interval(dataset)?;
        let from = range.from.max(now - reach);
        let range = TimeRange::new(from, range.until.min(now));
        let windows = json::windows(range, Interval::DAY, WINDOW.as_micros() / 86_400_000_000);
        Ok(windows.into_iter().map(|range| Task { range, scope: Scope::Window }).collect())
    }

    fn limit(&self, dataset: &Dataset, range: TimeRange, now: Timestamp) -> Option<String> {
        let (interval, reach) = kline_interval(dataset).ok()?;
        let earliest = now - reach;
        (range.from < earliest).then(|| {
            format!(
                "{dataset}: Yahoo has bars of {interval} for the last {} days only; nothing before {earliest} can be \
                 fetched. Import older bars as {}/ohlcv.csv",
                reach.as_micros() / Interval::DAY.as_micros(),
                dataset.symbol
            )
        })
    }

    fn fetch(&self, dataset: &Dataset, task: &Task, now: Timestamp) -> Result<Outcome> {
        let (symbol, inverted) = listing(dataset)?;
        let (interval, reach) = kline_interval(dataset)?;
        let DatasetKind::Bars(length) = dataset.kind else { return Ok(Outcome::NotYet) };
        // The edge moves on while a plan is carried out.
        let from = task.range.from.max(now - reach);
        let range = TimeRange::new(from, task.range.until);
        let url = format!(
            "{}/v8/finance/chart/{}?period1={}&period2={}&interval={interval}&includePrePost=false",
            self.base,
            encode(symbol),
            range.from.as_secs(),
            range.until.as_secs()
        );
        let answer = self.http.get_judged(&url, judge)?;
        let name = place(&url);
        let (rows, left_out) = parse_chart(&name, answer.body(), length, inverted)?;
        let delay = if symbol.ends_with("=F") { FUTURES_DELAY } else { Interval::default() };
        let complete = answer.complete_until(now) - delay;
        let outcome = json::window(SOURCE, dataset.kind, range, &rows, complete, now);
        Ok(match (outcome, left_out.is_empty()) {
            (Outcome::Rows(piece, rows), false) => Outcome::Noted(piece, rows, left_out),
            (outcome, _) => outcome,
        })
    }
}

/// The symbol at Yahoo, and whether its price is the reciprocal.
fn listing(dataset: &Dataset) -> Result<(&'static str, bool)> {
    let venues = Asset::all().iter().filter_map(|asset| asset.venues().ok()).flatten();
    let found = venues.copied().find_map(|venue| match venue {
        Venue::Yahoo { symbol, stored, inverted } if stored == dataset.symbol => {
            Some((symbol, inverted))
        }
        _ => None,
    });
    found.filter(|_| matches!(dataset.kind, DatasetKind::Bars(_))).ok_or_else(|| Error::NotOffered {
        source_name: SOURCE,
        what: dataset.to_string(),
        hint: "it has bars of CADUSD, CHFUSD, NZDUSD, EURUSD, GBPUSD, USDCAD, USDCHF, XAGUSD_SIF and XAUUSD_GCF",
    })
}

/// The name of a bar length, and how far back it reaches.
fn kline_interval(dataset: &Dataset) -> Result<(&'static str, Interval)> {
    let DatasetKind::Bars(interval) = dataset.kind else {
        return listing(dataset).map(|_| ("", Interval::default()));
    };
    Ok(match interval.as_micros() / Interval::MINUTE.as_micros() {
        1 => ("1m", Interval::days(6)),
        5 => ("5m", Interval::days(59)),
        15 => ("15m", Interval::days(59)),
        30 => ("30m", Interval::days(59)),
        60 => ("1h", Interval::days(729)),
        1_440 => ("1d", Interval::days(20_000)),
        _ => {
            return Err(Error::NotOffered {
                source_name: SOURCE,
                what: format!("bars of {interval}"),
                hint: "choose 1m, 5m, 15m, 30m, 1h or 1d",
            });
        }
    })
}

/// Errors come with a code and a sentence in JSON, limits as plain text.
fn judge(answer: &Answer) -> std::result::Result<(), Refusal> {
    if matches!(answer.status(), 408 | 418 | 429 | 451 | 500..=599) {
        return judge_status(answer);
    }
    let value = json::judge_json(answer)?;
    let error = value.pointer("/chart/error").or_else(|| value.pointer("/finance/error"));
    match error.filter(|error| !error.is_null()) {
        None => judge_status(answer),
        Some(error) => {
            let part = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
            let got =
                format!("status {}, {}: {}", answer.status(), part("code"), part("description"));
            Err(Refusal::for_good(
                got,
                match answer.status() {
                    422 => {
                        "Yahoo has hours of the last 729 days only; check the clock of this machine or fetch a later range"
                    }
                    404 => {
                        "Yahoo does not know the symbol at the moment; try again later, or import bars of your own"
                    }
                    401 => "Yahoo wants a session; import bars of your own",
                    _ => "check the symbol and the range",
                },
            ))
        }
    }
}

/// Reads a chart: its bars, and sentences about rows that were left out.
///
/// # Errors
/// [`Error::Content`] for another form, and the errors of [`Bars::new`](crate::Bars::new).
pub fn parse_chart(
    place: &str,
    body: &[u8],
    interval: Interval,
    inverted: bool,
) -> Result<(Rows, Vec<String>)> {
    const NAMES: [&str; 5] = ["open", "high", "low", "close", "volume"];
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| json::content(place, format!("not JSON: {error}")))?;
    let result = value
        .pointer("/chart/result/0")
        .ok_or_else(|| json::content(place, "expected a result"))?;
    // A window without trading has neither stamps nor columns.
    let stamps = match result.get("timestamp") {
        None | Some(Value::Null) => return Ok((Rows::default(), Vec::new())),
        Some(stamps) => json::list(place, stamps, "")?,
    };
    let column = |name: &str| -> Result<&Vec<Value>> {
        let list = json::list(place, result, &format!("/indicators/quote/0/{name}"))?;
        if list.len() == stamps.len() {
            return Ok(list);
        }
        let (got, expected) = (list.len(), stamps.len());
        Err(json::content(place, format!("{name} has {got} values, expected {expected}")))
    };
    let columns =
        [column("open")?, column("high")?, column("low")?, column("close")?, column("volume")?];
    let mut found = Vec::with_capacity(stamps.len());
    let mut contradicting = Vec::new();
    for (row, stamp) in stamps.iter().enumerate() {
        let time = stamp.as_i64().and_then(Timestamp::from_secs);
        let time = time.filter(|&time| time >= Timestamp::MIN && time <= Timestamp::MAX);
        let time = time.ok_or_else(|| json::content(place, format!("stamp {row} is no time")))?;
        // The running bar carries the time of the last trade.
        if row + 1 == stamps.len() && time.floor_to(interval) != time {
            continue;
        }
        let cells = columns.map(|column| &column[row]);
        if cells.iter().any(|cell| cell.is_null()) {
            continue;
        }
        let mut values = [0.0; 5];
        for (target, cell) in values.iter_mut().zip(cells) {
            *target = json::number(cell)
                .map(short)
                .ok_or_else(|| json::content(place, format!("row {row} has no number")))?;
        }
        if inverted {
            let [open, high, low, close, volume] = values;
            values = [1.0 / open, 1.0 / low, 1.0 / high, 1.0 / close, volume];
        }
        let [open, high, low, close, volume] = values;
        let sound = values[..4].iter().all(|price| price.is_finite() && *price > 0.0);
        if !sound || volume < 0.0 || low > open.min(close) || high < open.max(close) {
            contradicting.push(time.to_string());
            continue;
        }
        found.push((time, values));
    }
    let mut notes = Vec::new();
    if !contradicting.is_empty() {
        let (count, first) =
            (contradicting.len(), contradicting[..contradicting.len().min(3)].join(", "));
        notes.push(format!("{place}: left out {count} rows with contradicting prices ({first})"));
    }
    let rows = json::in_order(place, found, NAMES)?;
    check_bars(place, interval, &rows)?;
    Ok((rows, notes))
}

/// A 32-bit float that was written with 64 bits, with the digits that it has.
fn short(value: f64) -> f64 {
    let narrow = value as f32;
    if f64::from(narrow) == value { narrow.to_string().parse().unwrap_or(value) } else { value }
}

#[cfg(test)]
mod tests;
