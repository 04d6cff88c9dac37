//! The numbers that a miner submits.

use serde::ser::{SerializeMap, Serializer};

use super::ChallengeError;
use super::table::{Challenge, ChallengeTable, LossKind};
use crate::error::Result;

/// The numbers for one challenge, checked to be what the validator takes as they are.
///
/// ```
/// use mantis_data::challenge::{ChallengeTable, Embedding};
///
/// let table = ChallengeTable::profile("guide")?;
/// let embedding = Embedding::from_probability(table.get("BTC")?, 0.75)?;
/// assert_eq!(embedding.values(), &[-0.5, 0.5]);
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Embedding {
    challenge: Challenge,
    values: Vec<f64>,
}

impl Embedding {
    /// Checks the values; for several assets they are in the order of
    /// [`Challenge::assets`], `dim` for each.
    ///
    /// # Errors
    /// [`ChallengeError::EmbeddingLength`] unless there are `stored_dim` values, and
    /// [`ChallengeError::EmbeddingValue`] for one outside [`LossKind::value_range`], NaN included.
    pub fn new(challenge: &Challenge, values: Vec<f64>) -> Result<Self> {
        let ticker = || challenge.ticker.clone();
        if values.len() != challenge.stored_dim {
            let (got, expected) = (values.len(), challenge.stored_dim);
            return Err(ChallengeError::EmbeddingLength { ticker: ticker(), got, expected }.into());
        }
        let (min, max) = challenge.loss.value_range();
        if let Some(index) = values.iter().position(|value| !(min..=max).contains(value)) {
            let got = values[index];
            return Err(
                ChallengeError::EmbeddingValue { ticker: ticker(), index, got, min, max }.into()
            );
        }
        Ok(Self { challenge: challenge.clone(), values })
    }

    /// No opinion: zeros, which the validator takes for no submission.
    #[must_use]
    pub fn absent(challenge: &Challenge) -> Self {
        Self { challenge: challenge.clone(), values: vec![0.0; challenge.stored_dim] }
    }

    /// `[2 p_down - 1, 2 p_up - 1]` with `p_down = 1 - p_up`.
    ///
    /// A probability of exactly 0.5 gives zeros and thus counts as absent.
    ///
    /// # Errors
    /// [`ChallengeError::LossKind`] unless the challenge is binary, [`ChallengeError::Probability`] unless `p_up` is
    /// in [0, 1], [`ChallengeError::EmbeddingLength`] unless it takes two values.
    pub fn from_probability(challenge: &Challenge, p_up: f64) -> Result<Self> {
        if !(0.0..=1.0).contains(&p_up) {
            let ticker = challenge.ticker.clone();
            return Err(ChallengeError::Probability { ticker, got: p_up }.into());
        }
        let p_down = 1.0 - p_up;
        Self::of_direction(challenge, vec![2.0 * p_down - 1.0, 2.0 * p_up - 1.0])
    }

    /// Any values for a challenge of a direction.
    ///
    /// # Errors
    /// [`ChallengeError::LossKind`] unless the challenge is binary, and as [`Embedding::new`].
    pub fn of_direction(challenge: &Challenge, values: Vec<f64>) -> Result<Self> {
        if challenge.loss != LossKind::Binary {
            let (got, expected) = (challenge.loss, LossKind::Binary);
            let ticker = challenge.ticker.clone();
            return Err(ChallengeError::LossKind { ticker, got, expected }.into());
        }
        Self::new(challenge, values)
    }

    /// The challenge.
    #[must_use]
    pub fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// The values.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Whether all values are zero, which the validator takes for no submission.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.values.iter().all(|&value| value == 0.0)
    }
}

/// A list; for several assets an object of asset -> number, or list if `dim` is above 1.
impl serde::Serialize for Embedding {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        if !self.challenge.is_multi_asset() {
            return self.values.serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(self.challenge.assets.len()))?;
        for (asset, values) in
            self.challenge.assets.iter().zip(self.values.chunks(self.challenge.dim))
        {
            match values {
                [value] => map.serialize_entry(asset, value)?,
                values => map.serialize_entry(asset, values)?,
            }
        }
        map.end()
    }
}

/// One [`Embedding`] for every challenge of a table, in its order.
///
/// ```
/// use mantis_data::challenge::{ChallengeTable, Embedding, EmbeddingSet};
///
/// let table = ChallengeTable::profile("guide")?;
/// let embedding = Embedding::from_probability(table.get("BTC")?, 0.75)?;
/// let set = EmbeddingSet::new(&table, vec![embedding])?;
/// assert_eq!(set.plaintext("5abc"), r#"{"BTC":[-0.5,0.5],"hotkey":"5abc"}"#);
///
/// let message = EmbeddingSet::new(&table, vec![]).unwrap_err().to_string();
/// assert!(message.contains("nothing for BTC"));
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct EmbeddingSet {
    embeddings: Vec<Embedding>,
}

impl EmbeddingSet {
    /// Takes one embedding for every challenge of the table, in any order.
    ///
    /// # Errors
    /// [`ChallengeError::MissingEmbeddings`] naming what lacks, [`ChallengeError::EmbeddingTwice`],
    /// and [`ChallengeError::UnknownChallenge`] for one that is not of this table.
    pub fn new(table: &ChallengeTable, mut embeddings: Vec<Embedding>) -> Result<Self> {
        for embedding in &embeddings {
            if table.get(&embedding.challenge.ticker)? != &embedding.challenge {
                return Err(ChallengeError::UnknownChallenge {
                    got: embedding.challenge.name.clone(),
                    profile: table.name().to_owned(),
                }
                .into());
            }
        }
        let place = |embedding: &Embedding| {
            table.challenges().iter().position(|challenge| *challenge == embedding.challenge)
        };
        embeddings.sort_by_key(place);
        if let Some(pair) =
            embeddings.windows(2).find(|pair| pair[0].challenge == pair[1].challenge)
        {
            return Err(ChallengeError::EmbeddingTwice {
                ticker: pair[0].challenge.ticker.clone(),
            }
            .into());
        }
        let given = |challenge: &&Challenge| embeddings.iter().all(|e| e.challenge != **challenge);
        let missing: Vec<String> =
            table.challenges().iter().filter(given).map(|c| c.ticker.clone()).collect();
        if !missing.is_empty() {
            return Err(ChallengeError::MissingEmbeddings {
                profile: table.name().to_owned(),
                missing,
            }
            .into());
        }
        Ok(Self { embeddings })
    }

    /// The embeddings in order of the table.
    #[must_use]
    pub fn embeddings(&self) -> &[Embedding] {
        &self.embeddings
    }

    /// The JSON text to be sealed: ticker -> values, then `"hotkey"`, without spaces.
    #[must_use]
    pub fn plaintext(&self, hotkey: &str) -> String {
        let plaintext = Plaintext { set: self, hotkey };
        #[expect(clippy::expect_used, reason = "string keys and finite numbers always serialise")]
        serde_json::to_string(&plaintext).expect("a map of strings and numbers")
    }
}

struct Plaintext<'a> {
    set: &'a EmbeddingSet,
    hotkey: &'a str,
}

impl serde::Serialize for Plaintext<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.set.embeddings.len() + 1))?;
        for embedding in &self.set.embeddings {
            map.serialize_entry(&embedding.challenge.ticker, embedding)?;
        }
        map.serialize_entry("hotkey", self.hotkey)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    fn table() -> ChallengeTable {
        ChallengeTable::profile("2026-07").unwrap()
    }

    fn all_absent() -> Vec<Embedding> {
        table().challenges().iter().map(Embedding::absent).collect()
    }

    #[test]
    fn values_are_checked() {
        let table = table();
        let eth = table.get("ETH").unwrap();
        let message = |key: &str, values: Vec<f64>| {
            Embedding::new(table.get(key).unwrap(), values).unwrap_err().to_string()
        };
        assert!(message("ETH", vec![0.0]).contains("1 values, expected 2"));
        assert!(message("ETH", vec![0.0, f64::NAN]).contains("value 1 is NaN"));
        assert!(
            message("ETH", vec![1.5, 0.0]).contains("value 0 is 1.5, expected a number from -1")
        );
        assert!(message("MULTIBREAKOUT", vec![-0.1; 66]).contains("from 0 to 1"));
        assert!(Embedding::new(eth, vec![-1.0, 1.0]).is_ok());
    }

    #[test]
    fn probabilities_map_to_both_ends() {
        let table = table();
        let eth = table.get("ETH").unwrap();
        let values = |p| Embedding::from_probability(eth, p).unwrap().values().to_vec();
        assert_eq!(values(0.0), [1.0, -1.0]);
        assert_eq!(values(1.0), [-1.0, 1.0]);
        assert!(Embedding::from_probability(eth, 0.5).unwrap().is_absent());
        for p in [-0.1, 1.1, f64::NAN] {
            let error = Embedding::from_probability(eth, p).unwrap_err();
            assert!(
                matches!(error, Error::Challenge(ChallengeError::Probability { .. })),
                "{error}"
            );
        }
        let lbfgs = Embedding::from_probability(table.get("ETHLBFGS").unwrap(), 0.5).unwrap_err();
        assert!(lbfgs.to_string().contains("is a lbfgs challenge, expected binary"), "{lbfgs}");
    }

    #[test]
    fn a_set_is_complete_and_in_order() {
        let table = table();
        let mut shuffled = all_absent();
        shuffled.reverse();
        let set = EmbeddingSet::new(&table, shuffled.clone()).unwrap();
        assert_eq!(set.embeddings(), all_absent());
        let mut twice = shuffled.clone();
        twice.push(shuffled[3].clone());
        let error = EmbeddingSet::new(&table, twice).unwrap_err();
        assert!(
            matches!(error, Error::Challenge(ChallengeError::EmbeddingTwice { .. })),
            "{error}"
        );
        shuffled.truncate(10);
        let message = EmbeddingSet::new(&table, shuffled).unwrap_err().to_string();
        assert!(message.contains("nothing for ETH, ETHHITFIRST;"), "{message}");
        let guide = ChallengeTable::profile("guide").unwrap();
        let error = EmbeddingSet::new(&guide, all_absent()).unwrap_err();
        assert!(
            matches!(error, Error::Challenge(ChallengeError::UnknownChallenge { .. })),
            "{error}"
        );
    }

    #[test]
    fn several_assets_become_objects() {
        let text = EmbeddingSet::new(&table(), all_absent()).unwrap().plaintext("5abc");
        assert!(text.starts_with(r#"{"ETH":[0.0,0.0],"ETHHITFIRST":[0.0,0.0,0.0],"#), "{text}");
        assert!(text.contains(r#""MULTIBREAKOUT":{"BTC":[0.0,0.0],"ETH":[0.0,0.0],"#), "{text}");
        let end = r#""TRADEMIX":{"BTC":0.0,"ETH":0.0,"TAO":0.0,"SOL":0.0},"hotkey":"5abc"}"#;
        assert!(text.ends_with(end), "{text}");
    }
}
