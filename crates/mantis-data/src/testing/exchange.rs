//! Given bars and series in the formats of the exchanges.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zip::write::{SimpleFileOptions, ZipWriter};

use super::server::{Reply, Request};
use crate::bars::Bars;
use crate::range::TimeRange;
use crate::series::Series;
use crate::time::{Interval, Timestamp};

/// A stand-in for Binance (archive and REST), Bybit and Yahoo, which knows everything that was given to it and shows what there
/// would be at `now`: archive files of months and days that are over, and rows of the APIs up to the running bar.
///
/// Columns that [`Bars`] does not have are made up: quote volume is volume times close, trades are the whole volume plus one, takers buy
/// half.
#[derive(Clone, Debug)]
pub struct Exchange {
    now: Timestamp,
    /// By symbol as the exchange writes it; futures under `SYMBOL_PERP`, Bybit under `SYMBOL_BYBIT`, Yahoo under its own name.
    bars: BTreeMap<String, Bars>,
    funding: BTreeMap<String, Series>,
    open_interest: BTreeMap<String, Series>,
}

impl Exchange {
    /// An exchange that knows nothing yet.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            bars: BTreeMap::new(),
            funding: BTreeMap::new(),
            open_interest: BTreeMap::new(),
        }
    }

    /// Adds bars under a symbol.
    #[must_use]
    pub fn bars(mut self, symbol: &str, bars: Bars) -> Self {
        self.bars.insert(symbol.to_owned(), bars);
        self
    }

    /// Adds funding rates under a symbol.
    #[must_use]
    pub fn funding(mut self, symbol: &str, rates: Series) -> Self {
        self.funding.insert(symbol.to_owned(), rates);
        self
    }

    /// Adds open interest under a symbol.
    #[must_use]
    pub fn open_interest(mut self, symbol: &str, amounts: Series) -> Self {
        self.open_interest.insert(symbol.to_owned(), amounts);
        self
    }

    /// The answer to a request.
    #[must_use]
    pub fn answer(&self, request: &Request) -> Reply {
        let path = request.path.trim_matches('/');
        let reply = match path.split('/').collect::<Vec<_>>().as_slice() {
            ["data", rest @ ..] => self.archive(rest),
            ["api", "v3", "klines"] => self.klines(request, ""),
            ["fapi", "v1", "klines"] => self.klines(request, "_PERP"),
            ["fapi", "v1", "fundingRate"] => self.binance_series(request, &self.funding, |t, v| {
                json!({"symbol": "X", "fundingRate": v.to_string(), "fundingTime": t.as_millis(), "markPrice": ""})
            }),
            ["futures", "data", "openInterestHist"] => {
                self.binance_series(request, &self.open_interest, |t, v| {
                    json!({"sumOpenInterest": v.to_string(), "sumOpenInterestValue": (v * 2.0).to_string(), "timestamp": t.as_millis()})
                })
            }
            ["v5", "market", what @ ..] => self.bybit(request, what),
            ["v8", "finance", "chart", symbol] => self.yahoo(request, symbol),
            _ => None,
        };
        let reply = reply.unwrap_or_else(|| Reply::status(404, "not here"));
        match jiff::Timestamp::from_second(self.now.as_secs()) {
            Ok(now) => {
                let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
                match printer.timestamp_to_rfc9110_string(&now) {
                    Ok(date) => reply.with("date", &date),
                    Err(_) => reply,
                }
            }
            Err(_) => reply,
        }
    }

    fn archive(&self, parts: &[&str]) -> Option<Reply> {
        let file = *parts.last()?;
        let (file, is_checksum) = match file.strip_suffix(".CHECKSUM") {
            Some(file) => (file, true),
            None => (file, false),
        };
        let stem = file.strip_suffix(".zip")?;
        let text = self.archive_text(parts, stem)?;
        let bytes = zip_of(&format!("{stem}.csv"), text.as_bytes());
        Some(Reply::ok(if is_checksum {
            format!("{}  {file}\n", hex::encode(Sha256::digest(&bytes))).into_bytes()
        } else {
            bytes
        }))
    }

    /// The file in an archive, if its time is over.
    fn archive_text(&self, parts: &[&str], stem: &str) -> Option<String> {
        let futures = parts.first() == Some(&"futures");
        let rest = if futures { parts.get(2..)? } else { parts.get(1..)? };
        let [frequency, kind, symbol, ..] = rest else { return None };
        let date = stem.rsplit_once(if *frequency == "monthly" { "-" } else { "\0" });
        let range = match date {
            // SYMBOL-1h-2024-02: the month is the last part, the year the one before.
            Some((head, month)) => {
                let year = head.rsplit_once('-')?.1;
                let from = Timestamp::from_date(year.parse().ok()?, month.parse().ok()?, 1)?;
                TimeRange::new(from, (from + Interval::days(31)).month_start())
            }
            None => {
                let from = Timestamp::parse(stem.get(stem.len().checked_sub(10)?..)?).ok()?;
                TimeRange::new(from, from + Interval::DAY)
            }
        };
        if range.until > self.now {
            return None;
        }
        match *kind {
            "klines" => {
                let suffix = if futures { "_PERP" } else { "" };
                let bars = self.bars.get(&format!("{symbol}{suffix}"))?;
                let bars = bars.between(range.from, range.until);
                let micros = !futures && range.from.year() >= 2025;
                (!bars.is_empty()).then(|| klines_csv(&bars, futures, micros))
            }
            "fundingRate" if *frequency == "monthly" => {
                let mut text = "calc_time,funding_interval_hours,last_funding_rate\n".to_owned();
                let rows = rows(self.funding.get(*symbol)?, range);
                for (time, rate) in &rows {
                    let _ = writeln!(text, "{},8,{rate}", time.as_millis());
                }
                (!rows.is_empty()).then_some(text)
            }
            "metrics" if *frequency == "daily" => {
                let mut text = "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,\
                    sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio\n"
                    .to_owned();
                let rows = rows(self.open_interest.get(*symbol)?, range);
                // The real files are in no order.
                for (time, amount) in rows.iter().rev() {
                    let stamp = time.to_string().replace('T', " ").replace('Z', "");
                    let _ = writeln!(text, "{stamp},{symbol},{amount},{},,,1.5,", amount * 2.0);
                }
                (!rows.is_empty()).then_some(text)
            }
            _ => None,
        }
    }

    /// The bars of a request that have opened.
    fn opened(&self, symbol: &str, from: Option<i64>, to: Option<i64>) -> Option<Bars> {
        let bars = self.bars.get(symbol)?;
        let from = from.and_then(Timestamp::from_millis).unwrap_or(Timestamp::MIN);
        let to = to.and_then(Timestamp::from_millis).unwrap_or(Timestamp::MAX);
        let tick = Interval::from_micros(1);
        Some(bars.between(from, (to + tick).min(self.now + tick)))
    }

    fn klines(&self, request: &Request, suffix: &str) -> Option<Reply> {
        let symbol = request.query.get("symbol")?;
        let Some(bars) = self.opened(
            &format!("{symbol}{suffix}"),
            request.number("startTime"),
            request.number("endTime"),
        ) else {
            let body = r#"{"code":-1121,"msg":"Invalid symbol."}"#;
            return Some(Reply::status(400, body));
        };
        let most = request.number("limit")?.min(1_000) as usize;
        let rows = (0..bars.len().min(most)).map(|row| {
            let close = bars.known_at(row).as_millis() - 1;
            let volume = bars.volume()[row];
            json!([
                bars.open_time()[row].as_millis(),
                bars.open()[row].to_string(),
                bars.high()[row].to_string(),
                bars.low()[row].to_string(),
                bars.close()[row].to_string(),
                volume.to_string(),
                close,
                (volume * bars.close()[row]).to_string(),
                volume as i64 + 1,
                (volume / 2.0).to_string(),
                (volume * bars.close()[row] / 2.0).to_string(),
                "0"
            ])
        });
        Some(Reply::json(&rows.collect()))
    }

    fn binance_series(
        &self,
        request: &Request,
        from: &BTreeMap<String, Series>,
        row: impl Fn(Timestamp, f64) -> Value,
    ) -> Option<Reply> {
        let range = TimeRange::new(
            Timestamp::from_millis(request.number("startTime")?)?,
            Timestamp::from_millis(request.number("endTime")? + 1)?
                .min(self.now + Interval::from_micros(1)),
        );
        let most = request.number("limit")? as usize;
        let rows = rows(from.get(request.query.get("symbol")?)?, range);
        Some(Reply::json(&rows.into_iter().take(most).map(|(t, v)| row(t, v)).collect()))
    }

    /// Strings, newest first, at most `limit` of the newest.
    fn bybit(&self, request: &Request, what: &[&str]) -> Option<Reply> {
        let symbol = format!("{}_BYBIT", request.query.get("symbol")?);
        let most = request.number("limit")? as usize;
        let start = request.number("start").or(request.number("startTime"));
        let end = request.number("end").or(request.number("endTime"));
        let list: Vec<Value> = match what {
            ["kline"] => {
                let bars = self.opened(&symbol, start, end);
                let Some(bars) = bars else {
                    return Some(Reply::json(
                        &json!({"retCode": 10001, "retMsg": "params error: symbol invalid", "result": {}}),
                    ));
                };
                let row = |row: usize| {
                    let text = |column: &[f64]| column[row].to_string();
                    json!([
                        bars.open_time()[row].as_millis().to_string(),
                        text(bars.open()),
                        text(bars.high()),
                        text(bars.low()),
                        text(bars.close()),
                        text(bars.volume()),
                        (bars.volume()[row] * bars.close()[row]).to_string()
                    ])
                };
                (0..bars.len()).rev().take(most).map(row).collect()
            }
            [kind @ ("open-interest" | "funding"), ..] => {
                let series = if *kind == "funding" { &self.funding } else { &self.open_interest };
                let range = TimeRange::new(
                    Timestamp::from_millis(start?)?,
                    Timestamp::from_millis(end? + 1)?.min(self.now + Interval::from_micros(1)),
                );
                let row = |(t, v): (Timestamp, f64)| {
                    let (time, value) = (t.as_millis().to_string(), v.to_string());
                    if *kind == "funding" {
                        json!({"symbol": "X", "fundingRate": value, "fundingRateTimestamp": time})
                    } else {
                        json!({"openInterest": value, "timestamp": time})
                    }
                };
                rows(series.get(&symbol)?, range).into_iter().rev().take(most).map(row).collect()
            }
            _ => return None,
        };
        Some(Reply::json(&json!({"retCode": 0, "retMsg": "OK", "result": {"list": list}})))
    }

    fn yahoo(&self, request: &Request, symbol: &str) -> Option<Reply> {
        let from = request.number("period1")?;
        if from * 1_000_000 < (self.now - Interval::days(730)).as_micros() {
            let body = r#"{"chart":{"result":null,"error":{"code":"Unprocessable Entity","description":"1h data not available for startTime=1 and endTime=2. The requested range must be within the last 730 days."}}}"#;
            return Some(Reply::status(422, body));
        }
        let until = request.number("period2")?;
        let bars = self.opened(symbol, Some(from * 1_000), Some(until * 1_000));
        let Some(bars) = bars else {
            let body = r#"{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}"#;
            return Some(Reply::status(404, body));
        };
        let quote = json!({
            "open": bars.open(), "high": bars.high(), "low": bars.low(),
            "close": bars.close(), "volume": bars.volume()
        });
        let stamps: Vec<i64> = bars.open_time().iter().map(|time| time.as_secs()).collect();
        let result = if bars.is_empty() {
            json!({"meta": {}, "indicators": {"quote": [{}]}})
        } else {
            json!({"meta": {}, "timestamp": stamps, "indicators": {"quote": [quote]}})
        };
        Some(Reply::json(&json!({"chart": {"result": [result], "error": null}})))
    }
}

fn rows(series: &Series, range: TimeRange) -> Vec<(Timestamp, f64)> {
    let all = series.known_at().iter().copied().zip(series.values().iter().copied());
    all.filter(|(time, _)| range.contains(*time)).collect()
}

/// Bars as the text of a klines file.
#[must_use]
pub fn klines_csv(bars: &Bars, header: bool, micros: bool) -> String {
    let mut text = String::new();
    if header {
        text.push_str("open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n");
    }
    for row in 0..bars.len() {
        let (open, end) = (bars.open_time()[row], bars.known_at(row));
        let (open, close) = if micros {
            (open.as_micros(), end.as_micros() - 1)
        } else {
            (open.as_millis(), end.as_millis() - 1)
        };
        let (volume, price) = (bars.volume()[row], bars.close()[row]);
        let quote = volume * price;
        let _ = writeln!(
            text,
            "{open},{},{},{},{price},{volume},{close},{quote},{},{},{},0",
            bars.open()[row],
            bars.high()[row],
            bars.low()[row],
            volume as i64 + 1,
            volume / 2.0,
            quote / 2.0
        );
    }
    text
}

/// An archive with one file in it; empty if it cannot be made.
#[must_use]
pub fn zip_of(name: &str, content: &[u8]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let made = writer
        .start_file(name, SimpleFileOptions::default())
        .and_then(|()| writer.write_all(content).map_err(Into::into));
    match made.and_then(|()| writer.finish()) {
        Ok(cursor) => cursor.into_inner(),
        Err(_) => Vec::new(),
    }
}
