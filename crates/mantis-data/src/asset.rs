//! Which symbols of which free sources an asset of the challenges has.

use crate::challenge::ChallengeTable;
use crate::error::{Error, Result};

/// A free source with history, and the symbol that an asset has there.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Venue {
    /// Binance spot, from the public archive and the REST API.
    BinanceSpot(&'static str),
    /// Binance USD-M perpetual with funding and open interest, from the public archive and the REST API.
    BinancePerpetual(&'static str),
    /// Bybit linear perpetual with funding and open interest, from the v5 API.
    BybitPerpetual(&'static str),
    /// Yahoo chart, at most 729 days of hours.
    Yahoo {
        /// Symbol at Yahoo.
        symbol: &'static str,
        /// Symbol in the store.
        stored: &'static str,
        /// Whether the price is the reciprocal of what is wanted: high and low change places then.
        inverted: bool,
    },
}

impl Venue {
    /// Symbol in the store of the bars of this venue.
    #[must_use]
    pub fn bars_symbol(self) -> String {
        match self {
            Self::BinanceSpot(symbol) => symbol.to_owned(),
            Self::BinancePerpetual(symbol) => format!("{symbol}_PERP"),
            Self::BybitPerpetual(symbol) => format!("{symbol}_BYBIT"),
            Self::Yahoo { stored, .. } => stored.to_owned(),
        }
    }

    /// Symbol in the store of funding and open interest of this venue, if it has any.
    #[must_use]
    pub fn series_symbol(self) -> Option<String> {
        match self {
            Self::BinancePerpetual(symbol) => Some(symbol.to_owned()),
            Self::BybitPerpetual(symbol) => Some(format!("{symbol}_BYBIT")),
            Self::BinanceSpot(_) | Self::Yahoo { .. } => None,
        }
    }
}

/// One asset of the challenges or of the guide, and where its history is free.
///
/// | sources | assets |
/// |---|---|
/// | Binance spot and perpetual, Bybit | most of the crypto assets |
/// | Binance perpetual and Bybit only | XMR, ONDO |
/// | Bybit only | HYPE, CRO, MNT |
/// | Yahoo | CADUSD and CHFUSD (inverted), NZDUSD, EURUSD, GBPUSD, XAGUSD (`SI=F`) and XAUUSD (`GC=F`) |
/// | none | LEO (Bitfinex) and BGB (Bitget): the MANTIS price feed has their latest price only |
///
/// SHIB and PEPE trade as lots of 1000 on the perpetuals: their prices are 1000 times the spot price there.
///
/// ```
/// use mantis_data::{Asset, Venue};
///
/// let btc = Asset::get("BTC")?;
/// assert_eq!(btc.venues()?[0], Venue::BinanceSpot("BTCUSDT"));
/// assert_eq!(btc.symbols(), ["BTCUSDT", "BTCUSDT_PERP", "BTCUSDT_BYBIT"]);
///
/// let message = Asset::get("LEO")?.venues().unwrap_err().to_string();
/// assert!(message.contains("no free source"), "{message}");
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asset {
    /// Name in the challenge table, such as `BTC`.
    pub ticker: &'static str,
    venues: &'static [Venue],
    /// Why there is no venue.
    without: &'static str,
}

impl Asset {
    /// All assets: those of the challenges, then those of the guide alone.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &ASSETS
    }

    /// The asset of a ticker.
    #[must_use]
    pub fn find(ticker: &str) -> Option<&'static Self> {
        ASSETS.iter().find(|asset| asset.ticker == ticker)
    }

    /// The asset that a symbol stands for when nothing else is said: that of which it is the first venue's bars, or the first
    /// venue's series. `BTCUSDT` stands for BTC, `BTCUSDT_PERP` is one of its venues only.
    #[must_use]
    pub fn of_symbol(symbol: &str) -> Option<&'static Self> {
        ASSETS.iter().find(|asset| {
            let bars = asset.venues.first().map(|venue| venue.bars_symbol());
            let series = asset.venues.iter().find_map(|venue| venue.series_symbol());
            bars.as_deref() == Some(symbol) || series.as_deref() == Some(symbol)
        })
    }

    /// The asset of a ticker.
    ///
    /// # Errors
    /// [`Error::UnknownAsset`].
    pub fn get(ticker: &str) -> Result<&'static Self> {
        Self::find(ticker).ok_or_else(|| Error::UnknownAsset {
            got: ticker.to_owned(),
            known: ASSETS.iter().map(|asset| asset.ticker).collect(),
        })
    }

    /// The assets that the challenges of a table need, in the order of the table, each once.
    ///
    /// # Errors
    /// [`Error::UnknownAsset`] if the table has one that this crate does not know.
    pub fn of_table(table: &ChallengeTable) -> Result<Vec<&'static Self>> {
        let mut found: Vec<&Self> = Vec::new();
        for ticker in table.challenges().iter().flat_map(|challenge| &challenge.assets) {
            let asset = Self::get(ticker)?;
            if !found.contains(&asset) {
                found.push(asset);
            }
        }
        Ok(found)
    }

    /// Where its history is, the longest and most liquid first.
    ///
    /// # Errors
    /// [`Error::NoFreeSource`] if it is nowhere.
    pub fn venues(&self) -> Result<&'static [Venue]> {
        if self.venues.is_empty() {
            Err(Error::NoFreeSource { asset: self.ticker, why: self.without })
        } else {
            Ok(self.venues)
        }
    }

    /// The symbols that it has in a store, those of bars first, each once.
    #[must_use]
    pub fn symbols(&self) -> Vec<String> {
        let bars = self.venues.iter().map(|venue| venue.bars_symbol());
        let mut symbols: Vec<String> = bars.collect();
        for symbol in self.venues.iter().filter_map(|venue| venue.series_symbol()) {
            if !symbols.contains(&symbol) {
                symbols.push(symbol);
            }
        }
        symbols
    }
}

macro_rules! asset {
    ($ticker:literal: $($venue:expr),+) => {
        Asset { ticker: $ticker, venues: &[$($venue),+], without: "" }
    };
    ($ticker:literal without $why:literal) => {
        Asset { ticker: $ticker, venues: &[], without: $why }
    };
}

/// Spot and perpetual at Binance, perpetual at Bybit, all under one symbol.
macro_rules! everywhere {
    ($ticker:literal) => {
        asset!($ticker:
            Venue::BinanceSpot(concat!($ticker, "USDT")),
            Venue::BinancePerpetual(concat!($ticker, "USDT")),
            Venue::BybitPerpetual(concat!($ticker, "USDT")))
    };
}

const fn yahoo(symbol: &'static str, stored: &'static str) -> Venue {
    Venue::Yahoo { symbol, stored, inverted: false }
}

const fn inverted(symbol: &'static str, stored: &'static str) -> Venue {
    Venue::Yahoo { symbol, stored, inverted: true }
}

use Venue::{BinancePerpetual as Perp, BinanceSpot as Spot, BybitPerpetual as Bybit};

const ASSETS: [Asset; 42] = [
    everywhere!("BTC"),
    everywhere!("ETH"),
    everywhere!("XRP"),
    everywhere!("SOL"),
    everywhere!("TRX"),
    everywhere!("DOGE"),
    everywhere!("ADA"),
    everywhere!("BCH"),
    asset!("XMR": Perp("XMRUSDT"), Bybit("XMRUSDT")),
    everywhere!("LINK"),
    asset!("LEO" without "it trades on Bitfinex"),
    asset!("HYPE": Bybit("HYPEUSDT")),
    everywhere!("XLM"),
    everywhere!("ZEC"),
    everywhere!("SUI"),
    everywhere!("LTC"),
    everywhere!("AVAX"),
    everywhere!("HBAR"),
    asset!("SHIB": Spot("SHIBUSDT"), Perp("1000SHIBUSDT"), Bybit("SHIB1000USDT")),
    everywhere!("TON"),
    asset!("CRO": Bybit("CROUSDT")),
    everywhere!("DOT"),
    everywhere!("UNI"),
    asset!("MNT": Bybit("MNTUSDT")),
    asset!("BGB" without "it trades on Bitget"),
    everywhere!("TAO"),
    everywhere!("AAVE"),
    asset!("PEPE": Spot("PEPEUSDT"), Perp("1000PEPEUSDT"), Bybit("1000PEPEUSDT")),
    everywhere!("NEAR"),
    everywhere!("ICP"),
    everywhere!("ETC"),
    asset!("ONDO": Perp("ONDOUSDT"), Bybit("ONDOUSDT")),
    everywhere!("SKY"),
    asset!("CADUSD": inverted("USDCAD=X", "CADUSD")),
    asset!("NZDUSD": yahoo("NZDUSD=X", "NZDUSD")),
    asset!("CHFUSD": inverted("USDCHF=X", "CHFUSD")),
    asset!("XAGUSD": yahoo("SI=F", "XAGUSD_SIF")),
    asset!("EURUSD": yahoo("EURUSD=X", "EURUSD")),
    asset!("GBPUSD": yahoo("GBPUSD=X", "GBPUSD")),
    asset!("XAUUSD": yahoo("GC=F", "XAUUSD_GCF")),
    asset!("USDCAD": yahoo("USDCAD=X", "USDCAD")),
    asset!("USDCHF": yahoo("USDCHF=X", "USDCHF")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_asset_of_every_table_is_known() {
        for profile in ChallengeTable::PROFILES {
            let table = ChallengeTable::profile(profile).unwrap();
            let assets = Asset::of_table(&table).unwrap();
            assert!(!assets.is_empty(), "{profile}");
        }
        let table = ChallengeTable::profile("2026-07").unwrap();
        let assets = Asset::of_table(&table).unwrap();
        assert_eq!(assets.len(), 37);
        let without: Vec<&str> =
            assets.iter().filter(|a| a.venues().is_err()).map(|a| a.ticker).collect();
        assert_eq!(without, ["LEO", "BGB"]);
    }

    #[test]
    fn no_two_assets_share_a_ticker_or_a_symbol() {
        let mut seen = std::collections::BTreeSet::new();
        for asset in Asset::all() {
            assert!(seen.insert(asset.ticker.to_owned()), "{}", asset.ticker);
            for symbol in asset.symbols().into_iter().filter(|symbol| symbol != asset.ticker) {
                assert!(seen.insert(symbol.clone()), "{symbol}");
            }
        }
    }

    #[test]
    fn a_symbol_stands_for_the_asset_of_which_it_is_the_first_venue() {
        let ticker = |symbol| Asset::of_symbol(symbol).map(|asset| asset.ticker);
        assert_eq!(ticker("BTCUSDT"), Some("BTC"));
        assert_eq!(ticker("BTCUSDT_PERP"), None);
        assert_eq!((ticker("XMRUSDT_PERP"), ticker("XMRUSDT")), (Some("XMR"), Some("XMR")));
        assert_eq!((ticker("NZDUSD"), ticker("XAUUSD_GCF")), (Some("NZDUSD"), Some("XAUUSD")));
        assert_eq!(ticker("BTC"), None);
    }

    #[test]
    fn unknown_assets_are_refused() {
        let message = Asset::get("bitcoin").unwrap_err().to_string();
        assert!(message.contains("\"bitcoin\"") && message.contains("BTC, ETH"), "{message}");
    }
}
