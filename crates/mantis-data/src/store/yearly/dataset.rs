//! What a data set is, and which columns it has.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::series::SeriesKind;
use crate::store::check_symbol;
use crate::time::Interval;

/// What the rows of a [`Dataset`] are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum DatasetKind {
    /// Price bars of one length, keyed by their open time.
    Bars(Interval),
    /// Funding rates, keyed by their settlement.
    FundingRate,
    /// Open interest, keyed by the time at which it was measured.
    OpenInterest,
}

impl DatasetKind {
    /// The columns: name, and whether every row has a value.
    pub(super) fn columns(self) -> &'static [(&'static str, bool)] {
        match self {
            Self::Bars(_) => &[
                ("open", true),
                ("high", true),
                ("low", true),
                ("close", true),
                ("volume", true),
                ("close_time", false),
                ("quote_volume", false),
                ("trades", false),
                ("taker_buy_volume", false),
                ("taker_buy_quote_volume", false),
            ],
            Self::FundingRate => {
                &[("funding_rate", true), ("interval_hours", false), ("mark_price", false)]
            }
            Self::OpenInterest => &[
                ("open_interest", true),
                ("open_interest_value", false),
                ("top_trader_account_ratio", false),
                ("top_trader_position_ratio", false),
                ("account_ratio", false),
                ("taker_volume_ratio", false),
            ],
        }
    }

    /// The names of all columns.
    pub(super) fn names(self) -> Vec<&'static str> {
        self.columns().iter().map(|&(name, _)| name).collect()
    }

    /// The kind of a series; `None` for one that is a column of bars.
    #[must_use]
    pub fn of_series(kind: SeriesKind) -> Option<Self> {
        match kind {
            SeriesKind::FundingRate => Some(Self::FundingRate),
            SeriesKind::OpenInterest => Some(Self::OpenInterest),
            _ => None,
        }
    }

    /// The column of bars that a series is made of.
    pub(super) fn bar_column(kind: SeriesKind) -> Option<&'static str> {
        match kind {
            SeriesKind::QuoteVolume => Some("quote_volume"),
            SeriesKind::TradeCount => Some("trades"),
            SeriesKind::TakerBuyVolume => Some("taker_buy_volume"),
            SeriesKind::FundingRate | SeriesKind::OpenInterest => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text {
            "funding_rate" => Some(Self::FundingRate),
            "open_interest" => Some(Self::OpenInterest),
            _ => text.strip_prefix("bars_")?.parse().ok().map(Self::Bars),
        }
    }
}

/// As in the name of its folder: `bars_1h`, `funding_rate`, `open_interest`.
impl fmt::Display for DatasetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bars(interval) => write!(f, "bars_{interval}"),
            Self::FundingRate => f.write_str("funding_rate"),
            Self::OpenInterest => f.write_str("open_interest"),
        }
    }
}

/// One table of a [`Store`](super::Store): a symbol and what is known about it.
///
/// A symbol stands for one venue: `BTCUSDT` is Binance spot, `BTCUSDT_PERP` the Binance perpetual,
/// `BTCUSDT_BYBIT` the Bybit perpetual, so that no table mixes venues.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Dataset {
    /// Name of the symbol, which is also the name of a folder.
    pub symbol: String,
    /// What the rows are.
    pub kind: DatasetKind,
}

impl Dataset {
    /// A data set of a symbol.
    ///
    /// # Errors
    /// [`StoreError::BadSymbol`](crate::store::StoreError::BadSymbol)(crate::Error::BadSymbol) if the symbol cannot be the name of a folder.
    pub fn new(symbol: &str, kind: DatasetKind) -> Result<Self> {
        check_symbol(symbol)?;
        Ok(Self { symbol: symbol.to_owned(), kind })
    }

    /// The bars of a symbol.
    ///
    /// # Errors
    /// [`StoreError::BadSymbol`](crate::store::StoreError::BadSymbol)(crate::Error::BadSymbol).
    pub fn bars(symbol: &str, interval: Interval) -> Result<Self> {
        Self::new(symbol, DatasetKind::Bars(interval))
    }

    pub(super) fn from_names(symbol: &str, kind: &str) -> Option<Self> {
        Self::new(symbol, DatasetKind::parse(kind)?).ok()
    }

    pub(super) fn folder(&self, root: &Path) -> PathBuf {
        root.join(&self.symbol).join(self.kind.to_string())
    }
}

/// `BTCUSDT/bars_1h`.
impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.symbol, self.kind)
    }
}
