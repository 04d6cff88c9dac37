//! The columns `hotkeys`, `embeddings` and `price_data` as the validator's Python reads them.

use mantis_data::challenge::python_json::{Value, parse};

/// What is wrong with a stored value that would end the validator's reader.
pub(crate) type Problem = &'static str;

/// The names that Python would meet when it iterates over a JSON value.
fn iterated(value: Value) -> Result<Vec<Option<String>>, Problem> {
    let name = |value: Value| if let Value::Text(name) = value { Some(name) } else { None };
    match value {
        Value::List(entries) => Ok(entries.into_iter().map(name).collect()),
        Value::Object(entries) => Ok(entries.into_iter().map(|(key, _)| Some(key)).collect()),
        Value::Text(text) => Ok(text.chars().map(|c| Some(c.to_string())).collect()),
        _ => Err("JSON that is no list"),
    }
}

/// The hotkeys of a `hotkeys` cell; `None` stands for an entry that is no string.
pub(crate) fn listed(text: &str) -> Result<Vec<Option<String>>, Problem> {
    iterated(parse(text).ok_or("no JSON")?)
}

/// Names and values of an `embeddings` cell.
pub(crate) struct Vectors<'a> {
    /// The cell up to its zero byte.
    pub(crate) header: &'a [u8],
    /// Little-endian half floats, one vector after the other.
    pub(crate) halves: &'a [u8],
}

impl<'a> Vectors<'a> {
    /// Splits a cell; nothing for an empty one.
    pub(crate) fn split(cell: &'a [u8]) -> Result<Option<Self>, Problem> {
        if cell.is_empty() {
            return Ok(None);
        }
        let zero = cell.iter().position(|&b| b == 0).ok_or("no zero byte after the names")?;
        Ok(Some(Self { header: &cell[..zero], halves: &cell[zero + 1..] }))
    }

    /// The names of the header.
    pub(crate) fn names(&self) -> Result<Vec<Option<String>>, Problem> {
        let text = std::str::from_utf8(self.header).map_err(|_| "names that are no UTF-8")?;
        iterated(parse(text).ok_or("names that are no JSON")?)
    }

    /// Whether there is one vector of `dim` values for each of `names`.
    pub(crate) fn fits(&self, names: usize, dim: usize) -> bool {
        names > 0 && self.halves.len() == names * dim * 2
    }
}

/// Prices or rates of `assets` from a `price_data` cell; `missing` where an asset has none.
pub(crate) fn asset_values(
    text: &str,
    assets: &[String],
    missing: f64,
) -> Result<Vec<f64>, Problem> {
    let Some(Value::Object(entries)) = parse(text) else {
        return Err("no JSON object");
    };
    let value = |asset: &String| match entries.iter().find(|(key, _)| key == asset) {
        None => Ok(missing),
        Some((_, value)) => number(value).ok_or("a value that is no number"),
    };
    assets.iter().map(value).collect()
}

/// Python's `float(value)`.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number { overflow: true, .. } => None,
        Value::Number { value, .. } => Some(*value),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_as_python_reads_them() {
        assert_eq!(listed("[]"), Ok(vec![]));
        assert_eq!(listed(r#""ab""#).unwrap().len(), 2);
        assert_eq!(listed("7"), Err("JSON that is no list"));
        assert!(Vectors::split(b"").unwrap().is_none());
        assert!(Vectors::split(b"abc").is_err());
        let cell = b"[\"a\"]\0\x00\x3c";
        let vectors = Vectors::split(cell).unwrap().unwrap();
        assert_eq!(vectors.names(), Ok(vec![Some("a".to_owned())]));
        assert!(vectors.fits(1, 1) && !vectors.fits(1, 2));
        let assets = ["BTC", "ETH"].map(str::to_owned);
        let text = r#"{"BTC": "12.5", "SOL": null, "BTC": 3}"#;
        assert_eq!(asset_values(text, &assets, 0.0), Ok(vec![3.0, 0.0]));
        assert!(asset_values(r#"{"BTC": null}"#, &assets, 0.0).is_err());
        assert!(asset_values("[1]", &assets, 0.0).is_err());
    }
}
