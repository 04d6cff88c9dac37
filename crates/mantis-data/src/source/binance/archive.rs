//! Files of the public archive.

use sha2::{Digest, Sha256};

use super::{Binance, Market, content, csv, single_file};
use crate::error::{Error, Result};
use crate::range::TimeRange;
use crate::source::feed::{Outcome, Scope, Task};
use crate::source::http::place;
use crate::store::{Dataset, DatasetKind, Piece, Rows};
use crate::time::{Interval, Timestamp};

/// Name of the source in manifests.
const SOURCE: &str = "binance-archive";

impl Binance {
    /// The rows of a file, or `None` if it is not published.
    pub(super) fn file(
        &self,
        dataset: &Dataset,
        origin: &str,
        range: TimeRange,
        now: Timestamp,
    ) -> Result<Option<(Piece, Rows)>> {
        let Some(expected) = self.published_checksum(origin)? else { return Ok(None) };
        let url = format!("{}/{origin}", self.urls.archive);
        // A copy that was damaged on the way, or a file that is just being replaced, is whole the second time.
        let mut got = String::new();
        for _ in 0..2 {
            let answer = self.http.get(&url)?;
            if !answer.found() {
                // It is published, so this is no month without data.
                return Err(content(&place(&url), "its checksum is there, but the file is not"));
            }
            got = hex::encode(Sha256::digest(answer.body()));
            if got != expected {
                continue;
            }
            let stem = origin.rsplit('/').next().unwrap_or_default().trim_end_matches(".zip");
            let text = single_file(&place(&url), answer.body(), &format!("{stem}.csv"))?;
            let name = place(&url);
            let rows = match dataset.kind {
                DatasetKind::Bars(interval) => csv::parse_klines(&name, &text, interval)?,
                DatasetKind::FundingRate => csv::parse_funding(&name, &text)?,
                _ => csv::parse_metrics(&name, &text)?,
            };
            check_range(&name, dataset.kind, &rows, range)?;
            return Ok(Some((piece(origin, Some(expected), range, rows.len(), now), rows)));
        }
        Err(content(
            &place(&url),
            format!("its SHA-256 is {got}, but the published checksum is {expected}"),
        ))
    }

    /// The checksum beside a file, or `None` if the file is not published.
    pub(super) fn published_checksum(&self, origin: &str) -> Result<Option<String>> {
        let url = format!("{}/{origin}.CHECKSUM", self.urls.archive);
        let answer = self.http.get(&url)?;
        if !answer.found() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(answer.body()).into_owned();
        let mut words = text.split_ascii_whitespace();
        let hash = words.next().unwrap_or_default().to_ascii_lowercase();
        let file = words.next().unwrap_or_default().trim_start_matches('*');
        let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        if !is_hash || !origin.ends_with(&format!("/{file}")) {
            return Err(content(
                &place(&url),
                format!("expected a SHA-256 and the name of the file, got {:?}", answer.excerpt()),
            ));
        }
        Ok(Some(hash))
    }
}

/// The archive has nothing for a range.
pub(super) fn nothing(origin: &str, range: TimeRange, now: Timestamp) -> Outcome {
    Outcome::Nothing(piece(origin, None, range, 0, now))
}

fn piece(
    origin: &str,
    sha256: Option<String>,
    range: TimeRange,
    rows: usize,
    now: Timestamp,
) -> Piece {
    let origin = Some(origin.to_owned());
    Piece { range, source: SOURCE.to_owned(), origin, sha256, rows, fetched_at: now }
}

/// A file must hold the time that its name says. Metrics run from 00:05 to the next midnight, with seconds of delay, and
/// funding is stamped some milliseconds late.
fn check_range(name: &str, kind: DatasetKind, rows: &Rows, range: TimeRange) -> Result<()> {
    let slack = match kind {
        DatasetKind::Bars(_) => Interval::default(),
        _ => Interval::minutes(5),
    };
    let allowed = TimeRange::new(range.from, range.until + slack);
    let outside = rows.times().iter().find(|&&time| !allowed.contains(time));
    match outside {
        Some(time) => Err(content(name, format!("it has a row of {time}, outside {range}"))),
        None => Ok(()),
    }
}

/// The name that Binance has for a bar length.
pub(super) fn kline_interval(interval: Interval) -> Result<String> {
    const OFFERED: [&str; 14] =
        ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d"];
    let name = interval.to_string();
    // Bars of 3 days do not start at multiples of 3 days since the epoch.
    if OFFERED.contains(&name.as_str()) && name != "3d" {
        return Ok(name);
    }
    Err(Error::NotOffered {
        source_name: "binance",
        what: format!("bars of {interval}"),
        hint: "choose 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h or 1d",
    })
}

/// Path of a file in the archive.
pub(super) fn path(kind: DatasetKind, market: Market, symbol: &str, task: &Task) -> Result<String> {
    let (frequency, date) = match task.scope {
        Scope::Month => ("monthly", task.range.from.date()[..7].to_owned()),
        _ => ("daily", task.range.from.date()),
    };
    Ok(match kind {
        DatasetKind::Bars(interval) => {
            let interval = kline_interval(interval)?;
            let market = match market {
                Market::Spot => "spot",
                Market::Futures => "futures/um",
            };
            format!(
                "data/{market}/{frequency}/klines/{symbol}/{interval}/{symbol}-{interval}-{date}.zip"
            )
        }
        DatasetKind::FundingRate => {
            format!(
                "data/futures/um/{frequency}/fundingRate/{symbol}/{symbol}-fundingRate-{date}.zip"
            )
        }
        DatasetKind::OpenInterest => {
            format!("data/futures/um/{frequency}/metrics/{symbol}/{symbol}-metrics-{date}.zip")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_archive() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let month =
            Task { range: TimeRange::new(at("2024-02-01"), at("2024-03-01")), scope: Scope::Month };
        let day =
            Task { range: TimeRange::new(at("2024-02-03"), at("2024-02-04")), scope: Scope::Day };
        let bars = DatasetKind::Bars(Interval::HOUR);
        assert_eq!(
            path(bars, Market::Spot, "BTCUSDT", &month).unwrap(),
            "data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-02.zip"
        );
        assert_eq!(
            path(bars, Market::Futures, "BTCUSDT", &day).unwrap(),
            "data/futures/um/daily/klines/BTCUSDT/1h/BTCUSDT-1h-2024-02-03.zip"
        );
        assert_eq!(
            path(DatasetKind::FundingRate, Market::Futures, "BTCUSDT", &month).unwrap(),
            "data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2024-02.zip"
        );
        assert_eq!(
            path(DatasetKind::OpenInterest, Market::Futures, "BTCUSDT", &day).unwrap(),
            "data/futures/um/daily/metrics/BTCUSDT/BTCUSDT-metrics-2024-02-03.zip"
        );
        assert!(path(DatasetKind::Bars(Interval::hours(7)), Market::Spot, "X", &day).is_err());
    }
}
