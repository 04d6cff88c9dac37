//! Where market data comes from.
//!
//! [`synthetic`] needs nothing. Everything on the network is behind the feature `http`: [`Binance`], [`Bybit`] and
//! [`Yahoo`] are sources of history for [`sync`](crate::sync), [`PriceFeed`] has the latest prices.

mod feed;
pub mod synthetic;

#[cfg(feature = "http")]
pub mod binance;
#[cfg(feature = "http")]
pub(crate) mod bybit;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "http")]
pub(crate) mod json;
#[cfg(feature = "http")]
mod price_feed;
#[cfg(feature = "http")]
mod yahoo;

#[cfg(feature = "http")]
pub use binance::{Binance, BinanceUrls};
#[cfg(feature = "http")]
pub use bybit::Bybit;
pub use feed::{Outcome, Scope, Source, Task};
#[cfg(feature = "http")]
pub use price_feed::{LatestPrices, PriceFeed};
pub use synthetic::RandomWalk;
#[cfg(feature = "http")]
pub use yahoo::{Yahoo, parse_chart};
