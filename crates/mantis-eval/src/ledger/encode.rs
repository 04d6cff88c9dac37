//! The columns `hotkeys` and `embeddings` as the validator's Python writes them.

use half::f16;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The content of an `embeddings` cell: the names in order as JSON, a zero byte, and the vectors as little-endian half
/// floats, rounded to nearest even.
///
/// ```
/// use mantis_eval::ledger::pack;
/// use std::collections::BTreeMap;
///
/// let cell = pack(&BTreeMap::from([("hkA".to_owned(), vec![1.0])]));
/// assert_eq!(cell, b"[\"hkA\"]\0\x00\x3c");
/// ```
#[must_use]
pub fn pack(vectors: &BTreeMap<String, Vec<f32>>) -> Vec<u8> {
    let mut cell = python_list(vectors.keys().map(String::as_str)).into_bytes();
    cell.push(0);
    let values = vectors.values().flatten();
    cell.extend(values.flat_map(|v| f16::from_f32(*v).to_le_bytes()));
    cell
}

/// A JSON list of names as `json.dumps` writes it: a blank after each comma, nothing but ASCII.
pub(crate) fn python_list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.map(python_string).collect();
    format!("[{}]", quoted.join(", "))
}

fn python_string(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            ' '..='~' => quoted.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(quoted, "\\u{unit:04x}");
                }
            }
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_python_writes_them() {
        let names = ["a\"b\\", "é\u{1f600}\u{7f}\n"];
        let expected = "[\"a\\\"b\\\\\", \"\\u00e9\\ud83d\\ude00\\u007f\\n\"]";
        assert_eq!(python_list(names.into_iter()), expected);
        assert_eq!(python_list(std::iter::empty()), "[]");
    }
}
