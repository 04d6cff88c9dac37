//! Bybit linear perpetuals from the v5 API.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::feed::{Outcome, Scope, Source, Task};
use super::http::{Answer, Http, Refusal, judge_status, place};
use super::json;
use crate::error::{Error, Result};
use crate::range::TimeRange;
use crate::source::binance::check_bars;
use crate::store::{Dataset, DatasetKind, Rows};
use crate::time::{Interval, Timestamp};

/// Name of the source in manifests.
const SOURCE: &str = "bybit";

/// End of the symbols of this source in a store.
const SUFFIX: &str = "_BYBIT";

/// The exchange listed its first linear perpetual in March 2020.
const SINCE: Timestamp = Timestamp::from_micros(1_584_057_600_000_000);

/// Most rows of an answer.
const MOST_KLINES: i64 = 1_000;
const MOST_FUNDING: i64 = 200;
const MOST_OPEN_INTEREST: i64 = 200;

/// The exchange locks an address out for this long.
const LOCKED_OUT: Duration = Duration::from_secs(600);

/// Bybit as a [`Source`]. Answers hold the newest rows of a window first and at most so many; windows are cut so that all
/// rows fit into one answer, and an answer that is full all the same is continued backwards from its oldest row, so that
/// no row is passed over and none counts twice.
///
/// Open interest is read by the hour, for which the exchange keeps the longest history.
#[derive(Clone, Debug)]
pub struct Bybit {
    http: Arc<Http>,
    base: String,
}

impl Bybit {
    /// Address of the API.
    pub const URL: &'static str = "https://api.bybit.com";

    /// A source that sends its requests through `http`.
    #[must_use]
    pub fn new(http: Arc<Http>, base: &str) -> Self {
        Self { http, base: base.trim_end_matches('/').to_owned() }
    }

    /// All rows of a window.
    fn rows(
        &self,
        kind: DatasetKind,
        symbol: &str,
        range: TimeRange,
        now: Timestamp,
    ) -> Result<(Rows, Timestamp)> {
        let page = Page::of(kind)?;
        let mut found = Vec::new();
        let mut end = range.until - Interval::from_micros(1_000);
        let mut complete = now;
        let mut cursor: Option<String> = None;
        let mut name;
        loop {
            let mut url = format!(
                "{}{}?category=linear&symbol={symbol}{}&{}={}&{}={}&limit={}",
                self.base,
                page.path,
                page.step,
                page.start,
                range.from.as_millis(),
                page.end,
                end.as_millis(),
                page.most
            );
            if let Some(cursor) = &cursor {
                url.push_str("&cursor=");
                url.push_str(&encode(cursor));
            }
            let answer = self.http.get_judged(&url, judge)?;
            complete = complete.min(answer.complete_until(now));
            name = place(&url);
            let value = json::parse(&name, answer.body())?;
            let more = page.found(&name, &value)?;
            let (length, oldest) = (more.len(), more.iter().map(|row| row.0).min());
            found.extend(more);
            if length < page.most as usize {
                break;
            }
            let next = value.pointer("/result/nextPageCursor").and_then(Value::as_str);
            match (oldest, next) {
                // The cursor arrives encoded once and is encoded again on the way out.
                (_, Some(next)) if !next.is_empty() && cursor.as_deref() != Some(&decode(next)) => {
                    cursor = Some(decode(next));
                }
                (Some(oldest), _) if oldest > range.from && oldest <= end => {
                    cursor = None;
                    end = oldest - Interval::from_micros(1_000);
                }
                _ => break,
            }
        }
        found.retain(|row| range.contains(row.0));
        Ok((in_order(&name, kind, found)?, complete))
    }
}

/// A row of an answer before it has its place.
type Found = (Timestamp, Vec<f64>);

/// The rows of one answer.
#[cfg(feature = "testing")]
pub(crate) fn rows(place: &str, value: &Value, kind: DatasetKind) -> Result<Rows> {
    in_order(place, kind, Page::of(kind)?.found(place, value)?)
}

fn in_order(place: &str, kind: DatasetKind, found: Vec<Found>) -> Result<Rows> {
    match kind {
        DatasetKind::Bars(interval) => {
            let names = ["open", "high", "low", "close", "volume", "quote_volume"];
            let rows = json::in_order(place, fixed(found), names)?;
            check_bars(place, interval, &rows)?;
            Ok(rows)
        }
        DatasetKind::FundingRate => json::in_order(place, fixed(found), ["funding_rate"]),
        DatasetKind::OpenInterest => json::in_order(place, fixed(found), ["open_interest"]),
    }
}

fn fixed<const N: usize>(found: Vec<Found>) -> Vec<(Timestamp, [f64; N])> {
    let row = |(time, values): Found| {
        (time, std::array::from_fn(|at| values.get(at).copied().unwrap_or(f64::NAN)))
    };
    found.into_iter().map(row).collect()
}

type Row = fn(&Value) -> Option<Found>;

/// How an endpoint is asked and answers.
struct Page {
    path: &'static str,
    step: String,
    start: &'static str,
    end: &'static str,
    most: i64,
    spacing: Interval,
    row: Row,
}

impl Page {
    fn found(&self, place: &str, value: &Value) -> Result<Vec<Found>> {
        let row = |(at, row)| {
            let strange = || json::content(place, format!("row {at} has another form"));
            (self.row)(row).ok_or_else(strange)
        };
        json::list(place, value, "/result/list")?.iter().enumerate().map(row).collect()
    }

    fn of(kind: DatasetKind) -> Result<Self> {
        Ok(match kind {
            DatasetKind::Bars(interval) => Self {
                path: "/v5/market/kline",
                step: format!("&interval={}", kline_interval(interval)?),
                start: "start",
                end: "end",
                most: MOST_KLINES,
                spacing: interval,
                row: |row| {
                    let values: Option<Vec<f64>> =
                        (1..7).map(|at| json::number(row.get(at)?)).collect();
                    Some((json::millis(row.get(0)?)?, values?))
                },
            },
            DatasetKind::FundingRate => Self {
                path: "/v5/market/funding/history",
                step: String::new(),
                start: "startTime",
                end: "endTime",
                most: MOST_FUNDING,
                // Some symbols settle every hour.
                spacing: Interval::HOUR,
                row: |row| {
                    let time = json::millis(row.get("fundingRateTimestamp")?)?;
                    Some((time, vec![json::number(row.get("fundingRate")?)?]))
                },
            },
            DatasetKind::OpenInterest => Self {
                path: "/v5/market/open-interest",
                step: "&intervalTime=1h".to_owned(),
                start: "startTime",
                end: "endTime",
                most: MOST_OPEN_INTEREST,
                spacing: Interval::HOUR,
                row: |row| {
                    let time = json::millis(row.get("timestamp")?)?;
                    Some((time, vec![json::number(row.get("openInterest")?)?]))
                },
            },
        })
    }
}

impl Source for Bybit {
    fn name(&self) -> &'static str {
        SOURCE
    }

    fn plan(&self, dataset: &Dataset, range: TimeRange, now: Timestamp) -> Result<Vec<Task>> {
        exchange_symbol(dataset)?;
        let page = Page::of(dataset.kind)?;
        let range = TimeRange::new(range.from.max(SINCE), range.until.min(now));
        // One row less than fits, as both ends of a window count.
        let windows = json::windows(range, page.spacing, page.most - 1).into_iter();
        Ok(windows.map(|range| Task { range, scope: Scope::Window }).collect())
    }

    fn fetch(&self, dataset: &Dataset, task: &Task, now: Timestamp) -> Result<Outcome> {
        let symbol = exchange_symbol(dataset)?;
        let (rows, complete) = self.rows(dataset.kind, symbol, task.range, now)?;
        Ok(json::window(SOURCE, dataset.kind, task.range, &rows, complete, now))
    }
}

fn exchange_symbol(dataset: &Dataset) -> Result<&str> {
    dataset.symbol.strip_suffix(SUFFIX).ok_or_else(|| Error::NotOffered {
        source_name: SOURCE,
        what: dataset.to_string(),
        hint: "its symbols end in _BYBIT, such as BTCUSDT_BYBIT",
    })
}

/// Errors arrive with status 200 and a code.
fn judge(answer: &Answer) -> std::result::Result<(), Refusal> {
    const LIMIT: &str = "the host limits requests; wait ten minutes, or lower --threads";
    if answer.status() == 403 {
        return Err(Refusal::for_now(
            format!("status 403: {}", answer.excerpt()),
            LIMIT,
            Some(answer.retry_after().unwrap_or(LOCKED_OUT)),
        ));
    }
    judge_status(answer)?;
    let value = json::judge_json(answer)?;
    let code = value.get("retCode").and_then(Value::as_i64);
    let text = value.get("retMsg").and_then(Value::as_str).unwrap_or_default();
    let got = || format!("retCode {} {text:?}", code.unwrap_or(-1));
    match code {
        Some(0) if answer.found() => Ok(()),
        Some(10_006) => {
            let reset = answer.header("x-bapi-limit-reset-timestamp").and_then(|t| t.parse().ok());
            let wait = reset.zip(answer.server_time()).map(|(reset, now): (i64, Timestamp)| {
                Duration::from_millis((reset - now.as_millis()).clamp(0, 600_000).unsigned_abs())
            });
            Err(Refusal::for_now(got(), LIMIT, Some(wait.unwrap_or(Duration::from_secs(5)))))
        }
        Some(10_000 | 10_016) => {
            Err(Refusal::for_now(got(), "the server is failing; try again later", None))
        }
        Some(10_009) => Err(Refusal {
            closes: true,
            ..Refusal::for_good(
                got(),
                "the exchange does not serve this country; use --source binance, or a mirror with --base-url",
            )
        }),
        Some(10_001 | 10_029) => {
            Err(Refusal::for_good(got(), "check the symbol: the exchange does not list it"))
        }
        _ => Err(Refusal::for_good(got(), "check the symbol and the address of the source")),
    }
}

fn kline_interval(interval: Interval) -> Result<String> {
    let minutes = interval.as_micros() / Interval::MINUTE.as_micros();
    match minutes {
        1 | 3 | 5 | 15 | 30 | 60 | 120 | 240 | 360 | 720 => Ok(minutes.to_string()),
        1_440 => Ok("D".to_owned()),
        _ => Err(Error::NotOffered {
            source_name: SOURCE,
            what: format!("bars of {interval}"),
            hint: "choose 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 12h or 1d",
        }),
    }
}

/// Undoes percent-encoding once; what is no encoding stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let digits = hex.filter(|pair| pair.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                plain.push(byte);
                at += 3;
            }
            _ => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Percent-encodes a value of a query.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cursors_are_decoded_once() {
        assert_eq!(
            decode("lastid%3D19408935%26lasttime%3D1780617600"),
            "lastid=19408935&lasttime=1780617600"
        );
        assert_eq!(decode("%"), "%");
        assert_eq!(decode("%zz%4"), "%zz%4");
        assert_eq!(encode("lastid=1&x"), "lastid%3D1%26x");
    }

    proptest! {
        #[test]
        fn encoding_is_undone(text in ".{0,40}") {
            prop_assert_eq!(decode(&encode(&text)), text);
        }

        #[test]
        fn decoding_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = decode(&String::from_utf8_lossy(&bytes));
        }
    }
}
