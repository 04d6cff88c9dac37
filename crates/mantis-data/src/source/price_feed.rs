//! The prices that the validators score with.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::http::{Http, place};
use super::json;
use crate::challenge::{ChallengeTable, LossKind};
use crate::error::Result;
use crate::store::csv::parse_time;
use crate::time::{Interval, Timestamp};

/// The feed that the validators of MANTIS read once a minute.
///
/// The validators do not look at the time of the file, so a stale one counts like a fresh one; [`LatestPrices::age`] says how old it is.
#[derive(Clone, Debug)]
pub struct PriceFeed {
    http: Arc<Http>,
    url: String,
}

impl PriceFeed {
    /// A feed at an address, which is the validators' `PRICE_DATA_URL`.
    #[must_use]
    pub fn new(http: Arc<Http>, url: &str) -> Self {
        Self { http, url: url.to_owned() }
    }

    /// The latest prices.
    ///
    /// # Errors
    /// [`Error::Http`](crate::Error::Http) and [`Error::Content`](crate::Error::Content).
    pub fn latest(&self) -> Result<LatestPrices> {
        let answer = self.http.get(&self.url)?;
        let place = place(&self.url);
        if !answer.found() {
            return Err(json::content(&place, "there is no such file"));
        }
        LatestPrices::parse(&place, answer.body())
    }
}

/// What the feed says.
#[derive(Clone, PartialEq, Debug)]
pub struct LatestPrices {
    /// The time in the file; the feed means UTC.
    pub stamped: Timestamp,
    /// US dollars per unit of each asset. Entries that are no positive number are left out, as the validators do.
    pub prices: BTreeMap<String, f64>,
    /// Funding rates as fractions.
    pub funding_rates: BTreeMap<String, f64>,
}

impl LatestPrices {
    /// Reads the file.
    ///
    /// # Errors
    /// [`Error::Content`](crate::Error::Content) for another form.
    pub fn parse(place: &str, body: &[u8]) -> Result<Self> {
        let value: Value = serde_json::from_slice(body)
            .map_err(|error| json::content(place, format!("not JSON: {error}")))?;
        let stamped = value.get("timestamp").and_then(Value::as_str);
        let stamped = stamped.and_then(|text| parse_time(text.as_bytes()));
        let map = |name: &str, positive: bool| -> BTreeMap<String, f64> {
            let entries = value.get(name).and_then(Value::as_object).into_iter().flatten();
            entries
                .filter_map(|(asset, value)| Some((asset.clone(), value.as_f64()?)))
                .filter(|(_, value)| value.is_finite() && (!positive || *value > 0.0))
                .collect()
        };
        Ok(Self {
            stamped: stamped
                .ok_or_else(|| json::content(place, "timestamp is missing or no time"))?,
            prices: map("prices", true),
            funding_rates: map("funding_rates", false),
        })
    }

    /// How old the file is; negative if its clock is ahead.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Interval {
        now - self.stamped
    }

    /// Assets of the challenges of a table for which a price, or a funding rate where that is scored, is missing.
    #[must_use]
    pub fn missing(&self, table: &ChallengeTable) -> Vec<String> {
        let mut missing = Vec::new();
        for challenge in table.challenges() {
            let (known, what) = match challenge.loss {
                LossKind::FundingXsec => (&self.funding_rates, "funding rate of "),
                _ => (&self.prices, ""),
            };
            for asset in challenge.assets.iter().filter(|asset| !known.contains_key(*asset)) {
                let name = format!("{what}{asset}");
                if !missing.contains(&name) {
                    missing.push(name);
                }
            }
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_file_is_read_and_its_gaps_are_named() {
        let body =
            include_bytes!("../../../../fixtures/samples/mantis_latest_prices_2025-08-12.json");
        let latest = LatestPrices::parse("feed", body).unwrap();
        assert_eq!(latest.prices["BTC"], 119_094.8);
        let now = Timestamp::parse("2025-08-12T08:16:25Z").unwrap();
        assert_eq!(latest.age(now).as_micros() / 1_000_000, 3_599);
        let missing = latest.missing(&ChallengeTable::profile("2026-07").unwrap());
        assert!(
            missing.contains(&"SOL".to_owned())
                && missing.contains(&"funding rate of BTC".to_owned())
        );
        assert!(!missing.contains(&"BTC".to_owned()));
        assert!(latest.missing(&ChallengeTable::profile("guide").unwrap()).is_empty());
    }

    #[test]
    fn only_positive_numbers_are_prices() {
        let body = br#"{"timestamp":"2025-08-12","prices":{"A":1,"B":"2","C":0,"D":-1,"E":null}}"#;
        let latest = LatestPrices::parse("feed", body).unwrap();
        assert_eq!(latest.prices.keys().collect::<Vec<_>>(), ["A"]);
        for wrong in ["{}", "[]", "x", r#"{"timestamp":5}"#, r#"{"timestamp":"soon"}"#] {
            assert!(LatestPrices::parse("feed", wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
