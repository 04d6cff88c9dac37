//! Reading of golden files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Entries of a folder in name order.
pub(crate) fn entries(folder: &Path) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("{}: no golden folder ({e})", folder.display()));
    let mut found: Vec<PathBuf> = read.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

pub(crate) fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_str(&text(path)).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A case, all of whose fields must be asked for.
pub(crate) struct Case<'a> {
    value: &'a Value,
    /// File and position, for messages.
    pub(crate) place: String,
    left: BTreeSet<&'a str>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(value: &'a Value, place: String) -> Self {
        let object = value.as_object().unwrap_or_else(|| panic!("{place}: not an object"));
        Self { value, left: object.keys().map(String::as_str).collect(), place }
    }

    /// The cases of a list.
    pub(crate) fn list(value: &'a Value, path: &Path) -> Vec<Self> {
        let list = value.as_array().unwrap_or_else(|| panic!("{}: not a list", path.display()));
        let place = |index| format!("{} case {index}", path.display());
        list.iter().enumerate().map(|(index, case)| Self::new(case, place(index))).collect()
    }

    pub(crate) fn value(&mut self, field: &str) -> &'a Value {
        self.left.remove(field);
        self.value.get(field).unwrap_or_else(|| panic!("{}: no {field}", self.place))
    }

    pub(crate) fn text(&mut self, field: &str) -> &'a str {
        let value = self.value(field);
        value.as_str().unwrap_or_else(|| panic!("{}: {field} is no string", self.place))
    }

    pub(crate) fn number(&mut self, field: &str) -> u64 {
        let value = self.value(field);
        value.as_u64().unwrap_or_else(|| panic!("{}: {field} is no number", self.place))
    }

    pub(crate) fn bytes(&mut self, field: &str) -> Vec<u8> {
        let text = self.text(field);
        hex::decode(text.trim_start_matches("0x"))
            .unwrap_or_else(|e| panic!("{}: {field}: {e}", self.place))
    }

    pub(crate) fn inner(&mut self, field: &str) -> Self {
        Self::new(self.value(field), format!("{} {field}", self.place))
    }

    /// Panics if a field was never asked for.
    pub(crate) fn finish(self) {
        assert!(self.left.is_empty(), "{}: unknown fields {:?}", self.place, self.left);
    }
}
