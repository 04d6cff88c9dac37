//! What the validator keeps of a submission.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::python_json::{Value, parse};
use super::table::{Challenge, ChallengeTable, LossKind};

/// Smallest probability of an [`LossKind::Lbfgs`] embedding; the largest is 1 minus this.
const LBFGS_FLOOR: f64 = 1e-6;

/// Number of bucket probabilities at the head of an [`LossKind::Lbfgs`] embedding; they
/// are scaled to a sum of 1.
const LBFGS_BUCKETS: usize = 5;

/// Why a whole submission counts as zeros.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rejection {
    /// The text is not JSON as Python reads it.
    NotJson,
    /// The JSON is not an object.
    NotAnObject,
    /// `"hotkey"` is missing, or not the hotkey of the uploader.
    WrongHotkey,
    /// An entry of this list cannot become a number, which ends the validator's reading.
    NotANumber {
        /// Ticker of the challenge.
        ticker: String,
        /// Position in the list.
        index: usize,
    },
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => f.write_str("the text is not JSON"),
            Self::NotAnObject => f.write_str("the JSON is not an object"),
            Self::WrongHotkey => f.write_str("\"hotkey\" is not the hotkey of the uploader"),
            Self::NotANumber { ticker, index } => {
                write!(f, "{ticker}: entry {index} is not a number, which voids all challenges")
            }
        }
    }
}

/// What the validator stores for one challenge.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StoredEmbedding {
    /// Ticker of the challenge.
    pub ticker: String,
    /// The values after cleaning.
    pub clean: Vec<f64>,
    /// The same values as 16-bit floats, which is what scoring reads.
    pub stored: Vec<f64>,
}

/// Why a [`Difference`] came about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// No challenge has this name or ticker.
    UnknownKey,
    /// The challenge has no such asset.
    UnknownAsset,
    /// The value has the wrong shape, length or range and is ignored.
    Invalid,
    /// A number was clipped or scaled.
    Changed,
    /// Nothing other than zero is left, which counts as no submission.
    Absent,
    /// Something is stored, but as 16-bit floats it is all zeros.
    Underflow,
}

/// Something that the validator does not store as it was submitted. Rounding to 16-bit
/// floats, which happens to every value, is not listed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Difference {
    /// Key in the submission, or ticker of the challenge.
    pub key: String,
    /// Asset or position inside it, if it is about a part.
    pub part: Option<String>,
    /// Why.
    pub reason: Reason,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        if let Some(part) = &self.part {
            write!(f, " [{part}]")?;
        }
        f.write_str(match self.reason {
            Reason::UnknownKey => ": unknown key, ignored",
            Reason::UnknownAsset => ": unknown asset, ignored",
            Reason::Invalid => ": wrong shape, length or range, ignored",
            Reason::Changed => ": clipped or scaled",
            Reason::Absent => ": nothing but zeros, counts as not submitted",
            Reason::Underflow => ": rounds to zeros in 16 bits",
        })
    }
}

/// What the validator keeps of a submission.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ValidatorView {
    /// Why nothing at all is kept.
    pub rejection: Option<Rejection>,
    /// Challenges with a value other than zero, in order of the table.
    pub stored: Vec<StoredEmbedding>,
    /// What is not stored as it was submitted.
    pub differences: Vec<Difference>,
}

impl ValidatorView {
    /// What is stored for a ticker; `None` counts as zeros.
    #[must_use]
    pub fn get(&self, ticker: &str) -> Option<&StoredEmbedding> {
        self.stored.iter().find(|stored| stored.ticker == ticker)
    }

    fn rejected(rejection: Rejection) -> Self {
        Self { rejection: Some(rejection), ..Self::default() }
    }
}

/// What the validator keeps of the plaintext that `hotkey` uploaded.
///
/// The replica of commit `bcff57b` of the validator. Any text gives an answer, so there
/// is no error: what is wrong with it is in [`ValidatorView::rejection`] and
/// [`ValidatorView::differences`].
///
/// ```
/// use mantis_data::challenge::{ChallengeTable, Reason, as_validator_sees};
///
/// let table = ChallengeTable::profile("2026-07")?;
/// let text = r#"{"ETH":[0.5,-0.5],"XAGUSD":[1.5,0.0],"hotkey":"5abc"}"#;
/// let view = as_validator_sees(&table, text, "5abc");
/// assert_eq!(view.get("ETH").map(|eth| eth.clean.clone()), Some(vec![0.5, -0.5]));
/// assert_eq!(view.get("XAGUSD"), None);
/// let silver = view.differences.iter().find(|difference| difference.key == "XAGUSD");
/// assert_eq!(silver.map(|difference| difference.reason), Some(Reason::Invalid));
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[must_use]
pub fn as_validator_sees(table: &ChallengeTable, json_text: &str, hotkey: &str) -> ValidatorView {
    let Some(plaintext) = parse(json_text) else {
        return ValidatorView::rejected(Rejection::NotJson);
    };
    let Value::Object(pairs) = &plaintext else {
        return ValidatorView::rejected(Rejection::NotAnObject);
    };
    let hotkey = Value::Text(hotkey.to_owned());
    if !pairs.iter().any(|(key, value)| key == "hotkey" && *value == hotkey) {
        return ValidatorView::rejected(Rejection::WrongHotkey);
    }
    read(table, &plaintext)
}

/// The cleaning step alone, without the test of the hotkey. It also takes a list with one
/// entry per challenge, which [`as_validator_sees`] never lets through.
#[must_use]
pub fn validate_plaintext(table: &ChallengeTable, json_text: &str) -> ValidatorView {
    match parse(json_text) {
        Some(plaintext) => read(table, &plaintext),
        None => ValidatorView::rejected(Rejection::NotJson),
    }
}

fn read(table: &ChallengeTable, plaintext: &Value) -> ValidatorView {
    let mut reader = Reader { key: "", differences: Vec::new() };
    let mut clean: Vec<Option<Vec<f64>>> = vec![None; table.challenges().len()];
    let challenges = || table.challenges().iter().enumerate();
    let mut entries: Vec<(&str, usize, &Value)> = Vec::new();
    match plaintext {
        Value::Object(pairs) => {
            for (key, value) in pairs.iter().filter(|(key, _)| key != "hotkey") {
                match challenges().find(|(_, c)| c.ticker == *key || c.name == *key) {
                    Some((place, _)) => entries.push((key, place, value)),
                    None => reader.differs(key, None, Reason::UnknownKey),
                }
            }
        }
        Value::List(values) if values.len() == clean.len() => {
            entries.extend(challenges().zip(values).map(|((i, c), v)| (c.ticker.as_str(), i, v)));
        }
        _ => {}
    }
    for (key, place, value) in entries {
        let challenge = &table.challenges()[place];
        reader.key = key;
        match reader.clean(challenge, value) {
            Ok(Some(values)) => clean[place] = Some(values),
            Ok(None) => reader.differs(key, None, Reason::Invalid),
            Err(index) => {
                let ticker = challenge.ticker.clone();
                return ValidatorView::rejected(Rejection::NotANumber { ticker, index });
            }
        }
    }
    let mut stored = Vec::new();
    for ((_, challenge), clean) in challenges().zip(clean) {
        let ticker = challenge.ticker.clone();
        // NaN differs from zero, as it does in the validator.
        match clean.filter(|values| values.iter().any(|&value| value != 0.0)) {
            None => reader.differs(&ticker, None, Reason::Absent),
            Some(clean) => {
                let halves: Vec<f64> = clean.iter().map(|&value| to_half(value)).collect();
                if halves.iter().all(|&value| value == 0.0) {
                    reader.differs(&ticker, None, Reason::Underflow);
                }
                stored.push(StoredEmbedding { ticker, clean, stored: halves });
            }
        }
    }
    ValidatorView { rejection: None, stored, differences: reader.differences }
}

struct Reader<'a> {
    key: &'a str,
    differences: Vec<Difference>,
}

impl Reader<'_> {
    fn differs(&mut self, key: &str, part: Option<String>, reason: Reason) {
        self.differences.push(Difference { key: key.to_owned(), part, reason });
    }

    fn part_differs(&mut self, part: &str, reason: Reason) {
        self.differs(self.key, Some(part.to_owned()), reason);
    }

    /// The cleaned values, `None` if the value is ignored, or the entry that voids
    /// the submission.
    fn clean(&mut self, challenge: &Challenge, value: &Value) -> Result<Option<Vec<f64>>, usize> {
        match value {
            Value::List(list) if list.len() != challenge.stored_dim => Ok(None),
            Value::List(list) if challenge.loss == LossKind::Lbfgs => self.lbfgs(list).map(Some),
            Value::List(list) => Ok(list.iter().map(|v| number_in(v, -1.0, 1.0)).collect()),
            Value::Object(pairs) if challenge.is_multi_asset() => {
                Ok(Some(self.assets(challenge, pairs)))
            }
            _ => Ok(None),
        }
    }

    fn lbfgs(&mut self, list: &[Value]) -> Result<Vec<f64>, usize> {
        let values: Vec<f64> = list
            .iter()
            .enumerate()
            .map(|(index, value)| python_float(value).ok_or(index))
            .collect::<Result<_, _>>()?;
        if values.iter().all(|&value| value == 0.0) {
            return Ok(values);
        }
        let mut clean: Vec<f64> =
            values.iter().map(|value| value.clamp(LBFGS_FLOOR, 1.0 - LBFGS_FLOOR)).collect();
        let buckets = &mut clean[..LBFGS_BUCKETS];
        let sum: f64 = buckets.iter().sum();
        buckets.iter_mut().for_each(|p| *p /= sum);
        for (index, (before, after)) in values.iter().zip(&clean).enumerate() {
            // Dividing by a sum of 1 that is off by rounding is not worth a word.
            if (before - after).abs() > 1e-12 || after.is_nan() {
                self.part_differs(&index.to_string(), Reason::Changed);
            }
        }
        Ok(clean)
    }

    fn assets(&mut self, challenge: &Challenge, pairs: &[(String, Value)]) -> Vec<f64> {
        let mut clean = vec![0.0; challenge.stored_dim];
        for (asset, value) in pairs {
            let Some(place) = challenge.assets.iter().position(|known| known == asset) else {
                self.part_differs(asset, Reason::UnknownAsset);
                continue;
            };
            let target = &mut clean[place * challenge.dim..][..challenge.dim];
            let values = if challenge.loss == LossKind::RangeBreakoutMulti {
                pair(value, challenge.dim)
            } else {
                self.scalar(asset, value).map(|value| vec![value])
            };
            match values {
                Some(values) => target.copy_from_slice(&values),
                None => self.part_differs(asset, Reason::Invalid),
            }
        }
        clean
    }

    /// A number in [-1, 1], or a list of one number, which is clipped instead.
    fn scalar(&mut self, asset: &str, value: &Value) -> Option<f64> {
        let Value::List(list) = value else {
            return number_in(value, -1.0, 1.0);
        };
        let [only] = list.as_slice() else { return None };
        let before = plain_number(only)?;
        let after = before.clamp(-1.0, 1.0);
        if before != after {
            self.part_differs(asset, Reason::Changed);
        }
        Some(after)
    }
}

/// A list of `dim` numbers in [0, 1].
fn pair(value: &Value, dim: usize) -> Option<Vec<f64>> {
    match value {
        Value::List(list) if list.len() == dim => {
            list.iter().map(|value| number_in(value, 0.0, 1.0)).collect()
        }
        _ => None,
    }
}

/// Numbers, and truth values as 0 and 1.
fn plain_number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Value::Number { value, .. } => Some(*value),
        _ => None,
    }
}

/// NaN is in no range.
fn number_in(value: &Value, min: f64, max: f64) -> Option<f64> {
    plain_number(value).filter(|value| (min..=max).contains(value))
}

/// Python's `float()`: also takes strings, and refuses integers that do not fit.
fn python_float(value: &Value) -> Option<f64> {
    match value {
        Value::Number { overflow: true, .. } => None,
        Value::Text(text) => {
            let text = text.trim();
            let bytes = text.as_bytes();
            let between_digits = |at: usize| {
                let digit = |at: Option<usize>| {
                    at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit)
                };
                digit(at.checked_sub(1)) && digit(at.checked_add(1))
            };
            let misplaced = text.match_indices('_').any(|(at, _)| !between_digits(at));
            if misplaced { None } else { text.replace('_', "").parse().ok() }
        }
        _ => plain_number(value),
    }
}

/// Rounds to the nearest 16-bit float, ties to even: 11 significant bits, exponents
/// from -14 to 15. Not by way of 32 bits, which would round twice.
fn to_half(value: f64) -> f64 {
    const LARGEST: f64 = 65_504.0;
    const SMALLEST_EXPONENT: i32 = -14;
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let exponent = ((value.to_bits() >> 52) & 0x7ff) as i32 - 1_023;
    let unit = 2_f64.powi(exponent.max(SMALLEST_EXPONENT) - 10);
    let rounded = (value / unit).round_ties_even() * unit;
    if rounded.abs() > LARGEST { f64::INFINITY.copysign(value) } else { rounded }
}

#[cfg(test)]
mod tests;
