//! The challenges of the subnet, by version of its configuration.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ChallengeError, own};
use crate::error::Result;
use crate::input::{self, most};

/// How a challenge is scored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LossKind {
    /// Up or down after the horizon.
    Binary,
    /// Which barrier is hit first.
    Hitfirst,
    /// Buckets of the return and probabilities of its extremes.
    Lbfgs,
    /// Breakouts of a range, continued or reversed, for many assets.
    RangeBreakoutMulti,
    /// Rank of returns across assets.
    XsecRank,
    /// Rank of funding rates across assets.
    FundingXsec,
    /// Positions in a few assets.
    TradeMix,
}

impl LossKind {
    /// The range in which the validator takes values of this kind as they are.
    #[must_use]
    pub fn value_range(self) -> (f64, f64) {
        match self {
            Self::Lbfgs | Self::RangeBreakoutMulti => (0.0, 1.0),
            _ => (-1.0, 1.0),
        }
    }
}

/// The name in the validator's configuration.
impl fmt::Display for LossKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Binary => "binary",
            Self::Hitfirst => "hitfirst",
            Self::Lbfgs => "lbfgs",
            Self::RangeBreakoutMulti => "range_breakout_multi",
            Self::XsecRank => "xsec_rank",
            Self::FundingXsec => "funding_xsec",
            Self::TradeMix => "trade_mix",
        })
    }
}

/// One row of the challenge table.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Challenge {
    /// Name, such as `ETH-1H-BINARY`.
    pub name: String,
    /// Key in a submission, such as `ETH`.
    pub ticker: String,
    /// Asset whose price decides; `None` for a challenge over several assets.
    pub price_asset: Option<String>,
    /// The assets in order of submission; the price asset alone for a single one.
    pub assets: Vec<String>,
    /// Values per asset.
    pub dim: usize,
    /// Values in all: `dim`, times the number of assets for a challenge over several.
    pub stored_dim: usize,
    /// Horizon in blocks of 12 s; `None` where an event ends it.
    pub blocks_ahead: Option<u32>,
    /// How it is scored.
    pub loss: LossKind,
    /// Weight in the reward.
    pub weight: f64,
}

impl Challenge {
    /// Whether a submission gives an object of asset -> values instead of a list.
    #[must_use]
    pub fn is_multi_asset(&self) -> bool {
        self.price_asset.is_none()
    }

    fn single(
        name: &str,
        ticker: &str,
        asset: &str,
        loss: LossKind,
        dim: usize,
        blocks_ahead: u32,
        weight: f64,
    ) -> Self {
        Self {
            name: name.to_owned(),
            ticker: ticker.to_owned(),
            price_asset: Some(asset.to_owned()),
            assets: vec![asset.to_owned()],
            dim,
            stored_dim: dim,
            blocks_ahead: Some(blocks_ahead),
            loss,
            weight,
        }
    }

    fn multi(
        name: &str,
        ticker: &str,
        assets: &[&str],
        loss: LossKind,
        dim: usize,
        blocks_ahead: Option<u32>,
        weight: f64,
    ) -> Self {
        Self {
            name: name.to_owned(),
            ticker: ticker.to_owned(),
            price_asset: None,
            assets: assets.iter().map(|&asset| asset.to_owned()).collect(),
            dim,
            stored_dim: dim * assets.len(),
            blocks_ahead,
            loss,
            weight,
        }
    }
}

/// The challenges of one version of the validator's configuration, in its order.
///
/// | profile | challenges |
/// |---|---|
/// | `guide` | BTC-1H-BINARY alone, with 2 values, as the mining guide describes it |
/// | `2026-07` | the 12 challenges of July 2026 |
///
/// ```
/// use mantis_data::challenge::ChallengeTable;
///
/// let table = ChallengeTable::profile("2026-07")?;
/// assert_eq!(table.challenges().len(), 12);
/// assert_eq!(table.get("MULTI-BREAKOUT")?.stored_dim, 66);
/// assert_eq!(ChallengeTable::profile("guide")?.get("BTC")?.dim, 2);
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ChallengeTable {
    profile: String,
    challenges: Vec<Challenge>,
}

impl ChallengeTable {
    /// Names of the tables that come with this crate, oldest first.
    pub const PROFILES: [&'static str; 2] = ["guide", Self::NEWEST];

    /// Name of the newest of them, which programs take if nothing is said.
    pub const NEWEST: &'static str = "2026-07";

    /// The table of a profile, or of a file of one's own: its name ends with `.toml`.
    ///
    /// # Errors
    /// As [`ChallengeTable::profile`] and [`ChallengeTable::from_toml`], and [`ChallengeError::Table`] for a file that cannot be read.
    pub fn open(name: &str) -> Result<Self> {
        if !name.ends_with(".toml") {
            return Self::profile(name);
        }
        let read = input::text(Path::new(name), most::SETTINGS).map_err(|error| error.to_string());
        own::table(&read.map_err(|problem| own::wrong(name, &problem))?, name)
    }

    /// A table of one's own.
    ///
    /// | key | meaning |
    /// |---|---|
    /// | `name` | of the table, as validators tell it |
    /// | `challenge` | the challenges in order |
    /// | `challenge.name`, `.ticker` | unique; the ticker is the key of a submission |
    /// | `challenge.asset` or `.assets` | the asset whose price decides, or those of a challenge over several |
    /// | `challenge.loss` | kind, as [`LossKind`] writes it |
    /// | `challenge.dim` | values, for each asset; the kind's own unless it is binary, which has 2 where nothing is said |
    /// | `challenge.blocks_ahead` | horizon in blocks of 12 s; not for breakouts |
    /// | `challenge.weight` | above 0; 1 where nothing is said |
    ///
    /// # Errors
    /// [`ChallengeError::Table`] for text that is no TOML and for the first challenge that breaks a rule.
    ///
    /// ```
    /// use mantis_data::ChallengeTable;
    ///
    /// let table = ChallengeTable::from_toml(
    ///     r#"
    ///     name = "mine"
    ///     [[challenge]]
    ///     name = "SOL-1H-BINARY"
    ///     ticker = "SOL"
    ///     asset = "SOL"
    ///     loss = "binary"
    ///     dim = 5
    ///     blocks_ahead = 300
    ///     "#,
    /// )?;
    /// assert_eq!(table.get("SOL")?.stored_dim, 5);
    /// # Ok::<(), mantis_data::Error>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self> {
        own::table(text, "the text")
    }

    /// A table of checked challenges.
    pub(super) fn new(profile: String, challenges: Vec<Challenge>) -> Self {
        Self { profile, challenges }
    }

    /// The table of a profile.
    ///
    /// # Errors
    /// [`ChallengeError::UnknownProfile`] for a name not in [`ChallengeTable::PROFILES`].
    pub fn profile(name: &str) -> Result<Self> {
        let challenges = match name {
            "guide" => vec![Challenge::single(
                "BTC-1H-BINARY",
                "BTC",
                "BTC",
                LossKind::Binary,
                2,
                300,
                1.0,
            )],
            "2026-07" => july_2026(),
            _ => {
                let known = Self::PROFILES.to_vec();
                return Err(ChallengeError::UnknownProfile { got: name.to_owned(), known }.into());
            }
        };
        Ok(Self { profile: name.to_owned(), challenges })
    }

    /// Name of the profile.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.profile
    }

    /// The challenges in order.
    #[must_use]
    pub fn challenges(&self) -> &[Challenge] {
        &self.challenges
    }

    /// The challenge of a ticker or name.
    ///
    /// # Errors
    /// [`ChallengeError::UnknownChallenge`] if there is none.
    pub fn get(&self, key: &str) -> Result<&Challenge> {
        self.challenges.iter().find(|c| c.ticker == key || c.name == key).ok_or_else(|| {
            ChallengeError::UnknownChallenge { got: key.to_owned(), profile: self.profile.clone() }
                .into()
        })
    }

    /// The table with the challenges of some tickers or names alone, in the order of the table.
    ///
    /// # Errors
    /// As [`ChallengeTable::get`].
    ///
    /// ```
    /// use mantis_data::ChallengeTable;
    ///
    /// let table = ChallengeTable::profile("2026-07")?.only(&["TRADEMIX", "ETH"])?;
    /// let tickers: Vec<_> = table.challenges().iter().map(|c| c.ticker.as_str()).collect();
    /// assert_eq!(tickers, ["ETH", "TRADEMIX"]);
    /// # Ok::<(), mantis_data::Error>(())
    /// ```
    pub fn only<K: AsRef<str>>(&self, keys: &[K]) -> Result<Self> {
        let wanted: Vec<&Challenge> =
            keys.iter().map(|key| self.get(key.as_ref())).collect::<Result<_>>()?;
        let challenges = self.challenges.iter().filter(|c| wanted.contains(c)).cloned().collect();
        Ok(Self { profile: self.profile.clone(), challenges })
    }
}

const BREAKOUT_ASSETS: [&str; 33] = [
    "BTC", "ETH", "XRP", "SOL", "TRX", "DOGE", "ADA", "BCH", "XMR", "LINK", "LEO", "HYPE", "XLM",
    "ZEC", "SUI", "LTC", "AVAX", "HBAR", "SHIB", "TON", "CRO", "DOT", "UNI", "MNT", "BGB", "TAO",
    "AAVE", "PEPE", "NEAR", "ICP", "ETC", "ONDO", "SKY",
];

const FUNDING_ASSETS: [&str; 20] = [
    "BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "AVAX", "LINK", "DOT", "SUI", "NEAR", "AAVE", "UNI",
    "LTC", "HBAR", "PEPE", "TRX", "SHIB", "TAO", "ONDO",
];

fn july_2026() -> Vec<Challenge> {
    use LossKind as L;
    let one = Challenge::single;
    let many = Challenge::multi;
    let mut table = vec![
        one("ETH-1H-BINARY", "ETH", "ETH", L::Binary, 2, 300, 1.0),
        one("ETH-HITFIRST-100M", "ETHHITFIRST", "ETH", L::Hitfirst, 3, 500, 1.25),
        one("ETH-LBFGS", "ETHLBFGS", "ETH", L::Lbfgs, 17, 300, 3.5),
        one("BTC-LBFGS-6H", "BTCLBFGS", "BTC", L::Lbfgs, 17, 1800, 2.875),
        one("CADUSD-1H-BINARY", "CADUSD", "CADUSD", L::Binary, 2, 300, 0.5),
        one("NZDUSD-1H-BINARY", "NZDUSD", "NZDUSD", L::Binary, 2, 300, 0.5),
        one("CHFUSD-1H-BINARY", "CHFUSD", "CHFUSD", L::Binary, 2, 300, 1.0),
        one("XAGUSD-1H-BINARY", "XAGUSD", "XAGUSD", L::Binary, 2, 300, 1.0),
        many(
            "MULTI-BREAKOUT",
            "MULTIBREAKOUT",
            &BREAKOUT_ASSETS,
            L::RangeBreakoutMulti,
            2,
            None,
            5.0,
        ),
        many("XSEC-RANK", "MULTIXSEC", &BREAKOUT_ASSETS, L::XsecRank, 1, Some(1200), 3.0),
        many("FUNDING-XSEC", "FUNDINGXSEC", &FUNDING_ASSETS, L::FundingXsec, 1, Some(2400), 4.0),
    ];
    // The validator sets this weight to a tenth of the whole, in 64-bit floats.
    let others: f64 = table.iter().map(|challenge| challenge.weight).sum();
    let weight = 0.10 * others / 0.90;
    let assets = ["BTC", "ETH", "TAO", "SOL"];
    table.push(many("TRADE-MIX", "TRADEMIX", &assets, L::TradeMix, 1, Some(300), weight));
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn july_2026_has_its_sizes_and_weights() {
        let table = ChallengeTable::profile("2026-07").unwrap();
        let dims: Vec<usize> = table.challenges().iter().map(|c| c.stored_dim).collect();
        assert_eq!(dims, [2, 3, 17, 17, 2, 2, 2, 2, 66, 33, 20, 4]);
        let weights: f64 = table.challenges().iter().map(|c| c.weight).sum();
        assert_eq!(weights, 26.25);
        assert_eq!(table.get("TRADEMIX").unwrap().weight, 2.625_000_000_000_000_4);
        assert_eq!(table.get("MULTIBREAKOUT").unwrap().blocks_ahead, None);
        assert_eq!(table.get("BTC-LBFGS-6H").unwrap().blocks_ahead, Some(1800));
    }

    #[test]
    fn names_and_tickers_are_unique_in_every_profile() {
        for profile in ChallengeTable::PROFILES {
            let table = ChallengeTable::profile(profile).unwrap();
            for challenge in table.challenges() {
                assert_eq!(table.get(&challenge.ticker).unwrap(), challenge);
                assert_eq!(table.get(&challenge.name).unwrap(), challenge);
            }
        }
    }

    #[test]
    fn unknown_names_are_refused() {
        let message = ChallengeTable::profile("2020").unwrap_err().to_string();
        assert!(message.contains("choose one of guide, 2026-07"), "{message}");
        let table = ChallengeTable::profile("guide").unwrap();
        let message = table.get("ETH").unwrap_err().to_string();
        assert!(message.contains("\"ETH\" is not in table guide"), "{message}");
    }
}
