//! Embeddings of another program, as JSON.

use mantis_data::{Challenge, ChallengeTable, Embedding};
use serde_json::{Map, Value};

use super::Note;
use crate::error::{Error, Result};
use crate::wallet::Hotkey;

/// Larger texts are refused.
pub(super) const MAX_BYTES: usize = 1024 * 1024;

/// Reads an object of ticker (or name) -> numbers: a list for one asset, an object of asset ->
/// number or list for several, as the validator takes them. `"hotkey"` may be there and must then
/// be `hotkey`.
///
/// What is wrong with a challenge is noted, and the others are kept: a number that the validator
/// would clip, scale or drop is refused here, and so are NaN, infinity and zeros throughout, which
/// count as not submitted.
///
/// ```
/// use mantis_data::ChallengeTable;
/// use mantis_submit::source::parse_embeddings;
///
/// let table = ChallengeTable::profile("2026-07")?;
/// let hotkey = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR".parse()?;
/// let text = r#"{"ETH": [0.2, -0.1], "CADUSD": [7, 0]}"#;
/// let (embeddings, notes) = parse_embeddings(&table, &hotkey, "model.json", text)?;
/// assert_eq!(embeddings.len(), 1);
/// assert!(notes[0].text.contains("value 0 is 7"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::Embeddings`] if the text is no JSON object, or speaks for another hotkey.
pub fn parse_embeddings(
    table: &ChallengeTable,
    hotkey: &Hotkey,
    from: &str,
    text: &str,
) -> Result<(Vec<Embedding>, Vec<Note>)> {
    let refuse = |problem: String| Error::Embeddings {
        from: from.to_owned(),
        problem,
        hint: "expected one JSON object of ticker -> numbers, as the README of mantis-submit shows",
    };
    if text.len() > MAX_BYTES {
        return Err(refuse(format!("{} bytes, at most {MAX_BYTES} are read", text.len())));
    }
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        refuse(format!("no JSON at line {line} column {column} (NaN and Infinity are none either)"))
    })?;
    let Value::Object(entries) = value else {
        return Err(refuse("the JSON is not an object".to_owned()));
    };
    let (mut embeddings, mut notes) = (Vec::<Embedding>::new(), Vec::new());
    for (key, value) in &entries {
        if key == "hotkey" {
            if value.as_str() != Some(&hotkey.to_string()) {
                let problem = format!("\"hotkey\" is not {hotkey}, for which this miner submits");
                return Err(refuse(problem));
            }
            continue;
        }
        let read = table
            .get(key)
            .map_err(|error| error.to_string())
            .and_then(|challenge| embedding(challenge, value))
            .and_then(|read| {
                let twice = embeddings.iter().any(|other| other.challenge() == read.challenge());
                if twice { Err("given by its name and by its ticker".to_owned()) } else { Ok(read) }
            });
        match read {
            Ok(embedding) => embeddings.push(embedding),
            Err(text) => notes.push(Note { subject: crate::error::shorten(key), text }),
        }
    }
    Ok((embeddings, notes))
}

fn embedding(challenge: &Challenge, value: &Value) -> std::result::Result<Embedding, String> {
    let values = match value {
        Value::Object(entries) if challenge.is_multi_asset() => assets(challenge, entries)?,
        Value::Array(items) if !challenge.is_multi_asset() => numbers(items)?,
        _ if challenge.is_multi_asset() => return Err("not an object of its assets".to_owned()),
        _ => return Err("not a list of numbers".to_owned()),
    };
    let embedding = Embedding::new(challenge, values).map_err(|error| error.to_string())?;
    if embedding.is_absent() {
        return Err("zeros throughout, which counts as not submitted; leave it out".to_owned());
    }
    Ok(embedding)
}

fn assets(
    challenge: &Challenge,
    entries: &Map<String, Value>,
) -> std::result::Result<Vec<f64>, String> {
    if let Some(unknown) = entries.keys().find(|asset| !challenge.assets.contains(asset)) {
        return Err(format!("{:?} is none of its assets", crate::error::shorten(unknown)));
    }
    let mut values = Vec::with_capacity(challenge.stored_dim);
    for asset in &challenge.assets {
        let here = match entries.get(asset) {
            None => return Err(format!("nothing for {asset}")),
            Some(Value::Array(items)) => numbers(items),
            Some(item) => numbers(std::slice::from_ref(item)),
        };
        let here = here.map_err(|problem| format!("{asset}: {problem}"))?;
        if here.len() != challenge.dim {
            return Err(format!("{asset}: {} values, expected {}", here.len(), challenge.dim));
        }
        values.extend(here);
    }
    Ok(values)
}

fn numbers(items: &[Value]) -> std::result::Result<Vec<f64>, String> {
    let number = |(index, item): (usize, &Value)| {
        item.as_f64().ok_or_else(|| format!("value {index} is not a number"))
    };
    items.iter().enumerate().map(number).collect()
}
