//! Tables of challenges that a user writes.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::ChallengeError;
use super::table::{Challenge, ChallengeTable, LossKind};
use crate::error::{Error, Result};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: String,
    challenge: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    ticker: String,
    asset: Option<String>,
    assets: Option<Vec<String>>,
    loss: LossKind,
    dim: Option<usize>,
    blocks_ahead: Option<u32>,
    weight: Option<f64>,
}

pub(super) fn wrong(source: &str, problem: &str) -> Error {
    ChallengeError::Table { problem: format!("{source}: {problem}") }.into()
}

pub(super) fn table(text: &str, source: &str) -> Result<ChallengeTable> {
    let table: Table =
        toml::from_str(text).map_err(|error| wrong(source, error.to_string().trim_end()))?;
    if table.challenge.is_empty() {
        return Err(wrong(source, "there is no [[challenge]]"));
    }
    let mut keys = BTreeSet::new();
    let mut challenges = Vec::new();
    for row in table.challenge {
        let keyed = BTreeSet::from([row.name.clone(), row.ticker.clone()]);
        for key in keyed {
            if key.is_empty() || !keys.insert(key.clone()) {
                let problem = format!("{key:?} is the name or ticker of two challenges, or empty");
                return Err(wrong(source, &problem));
            }
        }
        let ticker = row.ticker.clone();
        let challenge = row.challenge();
        challenges
            .push(challenge.map_err(|problem| wrong(source, &format!("{ticker}: {problem}")))?);
    }
    Ok(ChallengeTable::new(table.name, challenges))
}

impl LossKind {
    /// Whether it is about several assets, and the values for each; none where a challenge may choose.
    fn shape(self) -> (bool, Option<usize>) {
        match self {
            Self::Binary => (false, None),
            Self::Hitfirst => (false, Some(3)),
            Self::Lbfgs => (false, Some(17)),
            Self::RangeBreakoutMulti => (true, Some(2)),
            Self::XsecRank | Self::FundingXsec | Self::TradeMix => (true, Some(1)),
        }
    }
}

impl Row {
    fn challenge(self) -> std::result::Result<Challenge, String> {
        const MOST: usize = 1000;
        let loss = self.loss;
        let (many, fixed) = loss.shape();
        let assets = match (many, self.asset, self.assets) {
            (false, Some(asset), None) => vec![asset],
            (true, None, Some(assets)) if !assets.is_empty() => assets,
            (false, ..) => return Err(format!("expected asset = \"..\" for kind {loss}")),
            (true, ..) => return Err(format!("expected assets = [\"..\"] for kind {loss}")),
        };
        if let Some(twice) = assets.iter().enumerate().find(|(i, a)| assets[..*i].contains(a)) {
            return Err(format!("asset {} is listed twice", twice.1));
        }
        let dim = match (self.dim, fixed) {
            (None, _) => fixed.unwrap_or(2),
            (Some(dim), None) if (2..=MOST).contains(&dim) => dim,
            (Some(dim), Some(fixed)) if dim == fixed => dim,
            (Some(dim), None) => return Err(format!("dim is {dim}, expected 2 to {MOST}")),
            (Some(dim), Some(fixed)) => {
                return Err(format!("dim is {dim}, expected {fixed} for kind {loss}"));
            }
        };
        let ends_itself = loss == LossKind::RangeBreakoutMulti;
        if self.blocks_ahead.is_some() == ends_itself || self.blocks_ahead == Some(0) {
            let expected = if ends_itself { "none" } else { "a number above 0" };
            return Err(format!("blocks_ahead: expected {expected} for kind {loss}"));
        }
        let weight = self.weight.unwrap_or(1.0);
        if !(weight > 0.0 && weight.is_finite()) {
            return Err(format!("weight is {weight}, expected a number above 0"));
        }
        Ok(Challenge {
            name: self.name,
            ticker: self.ticker,
            price_asset: (!many).then(|| assets[0].clone()),
            stored_dim: dim * assets.len(),
            assets,
            dim,
            blocks_ahead: self.blocks_ahead,
            loss,
            weight,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOL: &str =
        "[[challenge]]\nname = \"SOL-1H\"\nticker = \"SOL\"\nasset = \"SOL\"\nloss = \"binary\"\n";
    const RANK: &str = "[[challenge]]\nname = \"RANK\"\nticker = \"RANK\"\nloss = \"xsec_rank\"\nassets = [\"BTC\", \"ETH\"]\n";

    fn read(rows: &str) -> Result<ChallengeTable> {
        ChallengeTable::from_toml(&format!("name = \"mine\"\n{rows}"))
    }

    #[test]
    fn a_table_is_read_with_its_defaults() {
        let rows = format!("{SOL}blocks_ahead = 300\n{RANK}blocks_ahead = 1200\nweight = 2.5\n");
        let table = read(&rows).unwrap();
        assert_eq!(table.name(), "mine");
        let sol = table.get("SOL").unwrap();
        assert_eq!((sol.dim, sol.stored_dim, sol.weight), (2, 2, 1.0));
        assert!(!sol.is_multi_asset());
        let rank = table.get("RANK").unwrap();
        assert!(rank.is_multi_asset());
        assert_eq!((rank.dim, rank.stored_dim, rank.blocks_ahead), (1, 2, Some(1200)));
    }

    #[test]
    fn the_table_of_the_program_can_be_written_so() {
        let known = ChallengeTable::profile("2026-07").unwrap();
        let mut text = String::new();
        for c in known.challenges() {
            let (name, ticker, loss, dim) = (&c.name, &c.ticker, c.loss, c.dim);
            text += &format!(
                "[[challenge]]\nname = {name:?}\nticker = {ticker:?}\nloss = \"{loss}\"\ndim = {dim}\n"
            );
            text += &format!("weight = {:?}\n", c.weight);
            text += &match &c.price_asset {
                Some(asset) => format!("asset = {asset:?}\n"),
                None => format!("assets = {:?}\n", c.assets),
            };
            text += &c.blocks_ahead.map_or_else(String::new, |b| format!("blocks_ahead = {b}\n"));
        }
        assert_eq!(read(&text).unwrap().challenges(), known.challenges());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let ahead = "blocks_ahead = 300\n";
        for (rows, says) in [
            (String::from("challenge = []"), "there is no [[challenge]]"),
            (SOL.to_owned(), "SOL: blocks_ahead: expected a number above 0"),
            (format!("{SOL}{ahead}{SOL}{ahead}"), "\"SOL\" is the name or ticker of two"),
            (format!("{SOL}{ahead}dim = 1\n"), "dim is 1, expected 2 to 1000"),
            (format!("{SOL}{ahead}weight = -1.0\n"), "weight is -1"),
            (format!("{SOL}{ahead}wait = 1\n"), "wait"),
            (format!("{RANK}{ahead}dim = 2\n"), "dim is 2, expected 1 for kind xsec_rank"),
            (format!("{RANK}{ahead}asset = \"BTC\"\n"), "expected assets"),
            (format!("{}{ahead}", RANK.replace("ETH", "BTC")), "BTC is listed twice"),
            (format!("{}{ahead}", SOL.replace("binary", "lottery")), "lottery"),
        ] {
            let message = read(&rows).unwrap_err().to_string();
            assert!(message.contains(says), "{rows}\n{message}");
        }
        let message = ChallengeTable::open("nowhere/mine.toml").unwrap_err().to_string();
        assert!(message.contains("nowhere/mine.toml"), "{message}");
    }
}
