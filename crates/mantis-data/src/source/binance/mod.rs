//! Binance: the public archive, and the REST API for what the archive does not have yet.

mod archive;
mod csv;
pub(crate) mod rest;
mod zip;

use std::sync::Arc;

use super::feed::{Outcome, Scope, Source, Task};
use super::http::Http;
use crate::error::{Error, Result};
use crate::range::TimeRange;
use crate::store::{Dataset, DatasetKind};
use crate::time::{Interval, Timestamp};

pub(super) use self::csv::check_bars;
pub use self::csv::{parse_funding, parse_klines, parse_metrics};
pub use self::zip::single_file;

/// Addresses of the services of Binance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BinanceUrls {
    /// The public archive.
    pub archive: String,
    /// The spot API.
    pub spot: String,
    /// The API of USD-margined futures.
    pub futures: String,
}

impl Default for BinanceUrls {
    fn default() -> Self {
        Self {
            archive: "https://data.binance.vision".to_owned(),
            // Serves the public part of the spot API without the limits of the trading hosts.
            spot: "https://data-api.binance.vision".to_owned(),
            futures: "https://fapi.binance.com".to_owned(),
        }
    }
}

impl BinanceUrls {
    /// All services at one address, for mirrors and tests.
    #[must_use]
    pub fn all_at(base: &str) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { archive: base.clone(), spot: base.clone(), futures: base }
    }
}

/// Which market the symbols belong to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Market {
    /// Spot: `BTCUSDT`.
    Spot,
    /// USD-M perpetuals: `BTCUSDT_PERP` in the store for bars, `BTCUSDT` for funding and open interest.
    Futures,
}

/// Binance as a [`Source`]: for a month its archive file, if that is not out yet the files of its days, and what
/// is not out by day from the REST API. Archive files are compared with the checksum published beside them.
///
/// Open interest comes from the daily files only and from the API for the last 30 days, at steps of 5 minutes.
///
/// | data set | archive | API |
/// |---|---|---|
/// | bars | `klines`, monthly and daily | `/api/v3/klines`, `/fapi/v1/klines` |
/// | funding | `fundingRate`, monthly | `/fapi/v1/fundingRate` |
/// | open interest | `metrics`, daily | `/futures/data/openInterestHist` |
#[derive(Clone, Debug)]
pub struct Binance {
    http: Arc<Http>,
    urls: BinanceUrls,
}

/// A month that ended longer ago and has no file never gets one.
const PUBLISHED_AFTER: Interval = Interval::days(45);

/// The first day of the daily metrics.
const METRICS_SINCE: Timestamp = Timestamp::from_micros(1_598_918_400_000_000);

/// The API keeps open interest for this long, less a little so that the request is never too early.
const LIVE_OPEN_INTEREST: Interval = Interval::hours(29 * 24 + 12);

impl Binance {
    /// A source that sends its requests through `http`.
    #[must_use]
    pub fn new(http: Arc<Http>, urls: BinanceUrls) -> Self {
        Self { http, urls }
    }

    /// The market of a data set, and the symbol that the exchange knows.
    fn listing(dataset: &Dataset) -> (Market, &str) {
        match (dataset.symbol.strip_suffix("_PERP"), dataset.kind) {
            (Some(symbol), _) => (Market::Futures, symbol),
            (None, DatasetKind::Bars(_)) => (Market::Spot, &dataset.symbol),
            (None, _) => (Market::Futures, &dataset.symbol),
        }
    }
}

impl Source for Binance {
    fn name(&self) -> &'static str {
        "binance"
    }

    fn plan(&self, dataset: &Dataset, range: TimeRange, now: Timestamp) -> Result<Vec<Task>> {
        let mut range = TimeRange::new(range.from, range.until.min(now));
        match dataset.kind {
            DatasetKind::Bars(interval) => {
                archive::kline_interval(interval)?;
            }
            DatasetKind::OpenInterest => {
                range.from = range.from.max(METRICS_SINCE);
                return Ok(days(range, now));
            }
            DatasetKind::FundingRate => {}
        }
        let month = |month: TimeRange| {
            let part = month.intersect(range);
            if month.until <= now {
                vec![Task { range: month, scope: Scope::Month }]
            } else if dataset.kind == DatasetKind::FundingRate {
                rest::windows(dataset.kind, part)
            } else {
                days(part, now)
            }
        };
        Ok(range.months().flat_map(month).collect())
    }

    fn fetch(&self, dataset: &Dataset, task: &Task, now: Timestamp) -> Result<Outcome> {
        let (market, symbol) = Self::listing(dataset);
        if task.scope == Scope::Window {
            return self.window(dataset, market, symbol, task.range, now);
        }
        let origin = archive::path(dataset.kind, market, symbol, task)?;
        if let Some((piece, rows)) = self.file(dataset, &origin, task.range, now)? {
            return Ok(Outcome::Rows(piece, rows));
        }
        match (task.scope, dataset.kind) {
            (Scope::Month, kind) => {
                let recent = task.range.until + PUBLISHED_AFTER > now;
                let day = Task {
                    range: TimeRange::new(task.range.until - Interval::DAY, task.range.until),
                    scope: Scope::Day,
                };
                if kind == DatasetKind::FundingRate {
                    return Ok(if recent {
                        Outcome::Instead(rest::windows(kind, task.range))
                    } else {
                        archive::nothing(&origin, task.range, now)
                    });
                }
                let daily = archive::path(kind, market, symbol, &day)?;
                // Before a listing there is no month and no day; a month that was lost still has its days.
                if recent || self.checksum(&daily)?.is_some() {
                    return Ok(Outcome::Instead(days(task.range, now)));
                }
                Ok(archive::nothing(&origin, task.range, now))
            }
            (_, DatasetKind::OpenInterest) if task.range.until + LIVE_OPEN_INTEREST < now => {
                Ok(archive::nothing(&origin, task.range, now))
            }
            (_, kind) => Ok(Outcome::Instead(rest::windows(kind, task.range))),
        }
    }

    fn checksum(&self, origin: &str) -> Result<Option<String>> {
        self.published_checksum(origin)
    }
}

/// A task for every day that the archive may have, and windows for the day that is still running.
fn days(range: TimeRange, now: Timestamp) -> Vec<Task> {
    let day = |day: TimeRange| {
        if day.until <= now {
            vec![Task { range: day, scope: Scope::Day }]
        } else {
            vec![Task { range: day.intersect(range), scope: Scope::Window }]
        }
    };
    range.days().flat_map(day).collect()
}

/// What has the wrong form, with the place where it was found.
fn content(place: &str, problem: impl Into<String>) -> Error {
    Error::Content {
        place: place.to_owned(),
        problem: problem.into(),
        hint: "nothing of it was stored; try again, and report it if it stays",
    }
}
