//! What is inside a payload.

use std::fmt;

use mantis_data::{Embedding, EmbeddingSet};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::wallet::Hotkey;

/// The JSON text inside a payload: ticker -> numbers, and `"hotkey"`.
///
/// ```
/// use mantis_data::{ChallengeTable, Embedding, EmbeddingSet};
/// use mantis_submit::{Plaintext, wallet::Hotkey};
///
/// let hotkey: Hotkey = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR".parse()?;
/// let table = ChallengeTable::profile("guide")?;
/// let btc = Embedding::from_probability(table.get("BTC")?, 0.75)?;
/// let plaintext = Plaintext::new(&EmbeddingSet::new(&table, vec![btc])?, &hotkey);
/// assert!(plaintext.as_str().starts_with(r#"{"BTC":[-0.5,0.5],"hotkey":"5EJH"#));
///
/// // A text from elsewhere, for example from a Python model, is checked.
/// let text = plaintext.as_str().replace("0.5]", "NaN]");
/// assert!(Plaintext::parse(&text).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Plaintext {
    text: Zeroizing<String>,
    hotkey: Hotkey,
}

impl Plaintext {
    /// The text of a complete set of embeddings, finite and in range by construction.
    #[must_use]
    pub fn new(embeddings: &EmbeddingSet, hotkey: &Hotkey) -> Self {
        let text = Zeroizing::new(embeddings.plaintext(&hotkey.to_string()));
        Self { text, hotkey: *hotkey }
    }

    /// The text of some embeddings. Challenges that are left out count as not submitted, which is
    /// what a missing prediction is; a neutral filler would be scored as if it were one.
    #[must_use]
    pub fn partial(embeddings: &[Embedding], hotkey: &Hotkey) -> Self {
        let entries = embeddings.iter().map(|embedding| {
            let ticker = Value::from(embedding.challenge().ticker.as_str());
            #[expect(clippy::expect_used, reason = "finite numbers always serialise")]
            let values = serde_json::to_string(embedding).expect("finite numbers");
            format!("{ticker}:{values},")
        });
        let entries: Zeroizing<String> = Zeroizing::new(entries.collect());
        let text = Zeroizing::new(format!("{{{}\"hotkey\":\"{hotkey}\"}}", *entries));
        Self { text, hotkey: *hotkey }
    }

    /// Takes a text as it is: an object whose `"hotkey"` is an address and whose other entries
    /// are numbers, or lists and objects of numbers. NaN, infinity and `null` are refused.
    ///
    /// Which tickers and how many numbers is left to `as_validator_sees` of `mantis-data`.
    ///
    /// # Errors
    /// [`Error::Plaintext`] with the place, and [`Error::Address`].
    pub fn parse(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).map_err(|error| Error::Plaintext {
            place: format!("line {} column {}", error.line(), error.column()),
            problem: "not JSON (NaN and Infinity are no JSON either)".to_owned(),
        })?;
        let Value::Object(entries) = value else {
            return Err(refuse("the whole text", "not an object"));
        };
        let mut hotkey = None;
        for (key, value) in &entries {
            match value {
                Value::String(address) if key == "hotkey" => hotkey = Some(address.parse()?),
                _ if key == "hotkey" => return Err(refuse("hotkey", "not a string")),
                Value::Array(_) | Value::Object(_) => check_numbers(key, value)?,
                _ => return Err(refuse(key, "neither a list nor an object")),
            }
        }
        let hotkey = hotkey.ok_or_else(|| refuse("hotkey", "missing"))?;
        Ok(Self { text: Zeroizing::new(text.to_owned()), hotkey })
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The hotkey in the text.
    #[must_use]
    pub const fn hotkey(&self) -> &Hotkey {
        &self.hotkey
    }
}

/// The predictions are worth money until the lock ends, so they are not shown.
impl fmt::Debug for Plaintext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plaintext({} bytes for {})", self.text.len(), self.hotkey)
    }
}

/// The reader limits the depth, so the recursion ends.
fn check_numbers(place: &str, value: &Value) -> Result<()> {
    match value {
        Value::Number(_) => Ok(()),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| check_numbers(&format!("{place}[{index}]"), item)),
        Value::Object(entries) => entries
            .iter()
            .try_for_each(|(key, entry)| check_numbers(&format!("{place}.{key}"), entry)),
        Value::Null => Err(refuse(place, "null, which is what NaN becomes in some writers")),
        Value::Bool(_) | Value::String(_) => Err(refuse(place, "not a number")),
    }
}

fn refuse(place: &str, problem: &str) -> Error {
    Error::Plaintext { place: crate::error::shorten(place), problem: problem.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOTKEY: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";

    fn problem(entries: &str) -> String {
        let text = format!("{{{entries}\"hotkey\":\"{HOTKEY}\"}}");
        Plaintext::parse(&text).unwrap_err().to_string()
    }

    #[test]
    fn numbers_only() {
        assert!(problem("\"ETH\":[0.1,null],").contains("plaintext: ETH[1]: null"));
        assert!(problem("\"X\":{\"BTC\":[0,true]},").contains("X.BTC[1]: not a number"));
        assert!(problem("\"ETH\":0.5,").contains("ETH: neither a list nor an object"));
        for number in ["NaN", "Infinity", "-Infinity", "1e999"] {
            let message = problem(&format!("\"ETH\":[{number}],"));
            assert!(message.contains("line 1 column") && message.contains("NaN"), "{message}");
        }
        let deep = format!("\"ETH\":{}", "[".repeat(100_000));
        assert!(problem(&deep).contains("not JSON"));
    }

    #[test]
    fn a_partial_text_of_everything_is_the_whole_text() {
        let table = mantis_data::ChallengeTable::profile("2026-07").unwrap();
        let value = |i: usize| (i as f64 * 0.618).fract();
        let embeddings: Vec<Embedding> = table
            .challenges()
            .iter()
            .map(|c| Embedding::new(c, (0..c.stored_dim).map(value).collect()).unwrap())
            .collect();
        let hotkey: Hotkey = HOTKEY.parse().unwrap();
        let whole =
            Plaintext::new(&EmbeddingSet::new(&table, embeddings.clone()).unwrap(), &hotkey);
        assert_eq!(Plaintext::partial(&embeddings, &hotkey), whole);
        let two = Plaintext::partial(&embeddings[..2], &hotkey);
        assert!(Plaintext::parse(two.as_str()).is_ok_and(|read| read == two), "{}", two.as_str());
        assert!(!two.as_str().contains("ETHLBFGS"));
        let none = Plaintext::partial(&[], &hotkey);
        assert_eq!(none.as_str(), format!("{{\"hotkey\":\"{HOTKEY}\"}}"));
    }

    #[test]
    fn the_hotkey_is_needed() {
        let message = |text: &str| Plaintext::parse(text).unwrap_err().to_string();
        assert!(message("[]").contains("the whole text: not an object"));
        assert!(message("{}").contains("hotkey: missing"));
        assert!(message(r#"{"hotkey":5}"#).contains("hotkey: not a string"));
        assert!(message(r#"{"hotkey":"5abc"}"#).contains("address \"5abc\""));
        let text = format!(r#"{{ "hotkey" : "{HOTKEY}" }}"#);
        let plaintext = Plaintext::parse(&text).unwrap();
        assert_eq!(plaintext.as_str(), text);
        assert_eq!(plaintext.hotkey().to_string(), HOTKEY);
        assert!(!format!("{plaintext:?}").contains('{'));
    }
}
