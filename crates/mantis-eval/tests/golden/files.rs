//! Reading of golden folders.

use arrow::array::AsArray;
use arrow::datatypes::{DataType, Float32Type, Float64Type, Int8Type, Int32Type, Int64Type};
use ndarray::Array2;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

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

pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e == extension)
}

pub(crate) fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub(crate) fn strings(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

pub(crate) fn groups(value: &Value) -> Vec<Vec<String>> {
    let mut groups: Vec<Vec<String>> = serde_json::from_value(value.clone()).unwrap();
    for group in &mut groups {
        group.sort();
    }
    groups.sort();
    groups
}

/// Columns of a Parquet file by name; nulls are kept apart from NaN.
pub(crate) struct Table {
    path: PathBuf,
    columns: BTreeMap<String, Vec<Option<f64>>>,
}

impl Table {
    pub(crate) fn read(path: &Path) -> Self {
        let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let mut columns = BTreeMap::<String, Vec<Option<f64>>>::new();
        for batch in reader {
            let batch = batch.unwrap();
            for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
                let slot = columns.entry(field.name().clone()).or_default();
                match field.data_type() {
                    DataType::Float32 => {
                        let values = array.as_primitive::<Float32Type>();
                        slot.extend(values.iter().map(|v| v.map(f64::from)));
                    }
                    DataType::Float64 => slot.extend(array.as_primitive::<Float64Type>().iter()),
                    DataType::Int64 => {
                        let values = array.as_primitive::<Int64Type>();
                        slot.extend(values.iter().map(|v| v.map(|v| v as f64)));
                    }
                    DataType::Int32 => {
                        let values = array.as_primitive::<Int32Type>();
                        slot.extend(values.iter().map(|v| v.map(f64::from)));
                    }
                    DataType::Int8 => {
                        let values = array.as_primitive::<Int8Type>();
                        slot.extend(values.iter().map(|v| v.map(f64::from)));
                    }
                    other => panic!("{}: {} has type {other}", path.display(), field.name()),
                }
            }
        }
        Self { path: path.to_owned(), columns }
    }

    pub(crate) fn rows(&self) -> usize {
        self.columns.values().next().map_or(0, Vec::len)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.columns.keys()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.columns.contains_key(name)
    }

    pub(crate) fn optional(&self, name: &str) -> &[Option<f64>] {
        self.columns
            .get(name)
            .unwrap_or_else(|| panic!("{}: no column {name}", self.path.display()))
    }

    pub(crate) fn f64(&self, name: &str) -> Vec<f64> {
        let value = |v: &Option<f64>| {
            v.unwrap_or_else(|| panic!("{}: null in {name}", self.path.display()))
        };
        self.optional(name).iter().map(value).collect()
    }

    pub(crate) fn f32(&self, name: &str) -> Vec<f32> {
        self.f64(name).into_iter().map(|v| v as f32).collect()
    }

    pub(crate) fn i64(&self, name: &str) -> Vec<i64> {
        self.f64(name).into_iter().map(|v| v as i64).collect()
    }

    /// The embeddings of `hotkeys`, one column for each of `parts` (numbers or assets).
    pub(crate) fn matrix(&self, hotkeys: &[String], parts: &[String]) -> Array2<f32> {
        let columns: Vec<Vec<f32>> = hotkeys
            .iter()
            .flat_map(|h| parts.iter().map(move |part| format!("{h}|{part}")))
            .map(|name| self.f32(&name))
            .collect();
        Array2::from_shape_fn((self.rows(), columns.len()), |(t, c)| columns[c][t])
    }

    /// Columns `prefix:asset` side by side.
    pub(crate) fn by_asset(&self, prefix: &str, assets: &[String]) -> Array2<f64> {
        let columns: Vec<Vec<f64>> =
            assets.iter().map(|asset| self.f64(&format!("{prefix}:{asset}"))).collect();
        Array2::from_shape_fn((self.rows(), columns.len()), |(t, c)| columns[c][t])
    }
}

/// Names of the values of a vector without assets.
pub(crate) fn numbers(dim: usize) -> Vec<String> {
    (0..dim).map(|d| d.to_string()).collect()
}

/// SHA-256 of the row-major little-endian f32 matrix with NaN as 0.
pub(crate) fn hash(values: &Array2<f32>) -> String {
    let mut hasher = Sha256::new();
    for v in values {
        hasher.update(if v.is_nan() { 0.0_f32 } else { *v }.to_le_bytes());
    }
    hex::encode(hasher.finalize())
}

/// Largest difference of shares; a missing hotkey has 0.
pub(crate) fn largest_difference(
    shares: &BTreeMap<String, f64>,
    expected: &Value,
    name: &str,
) -> f64 {
    let expected: BTreeMap<String, f64> =
        serde_json::from_value(expected.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(shares.values().all(|s| s.is_finite()), "{name}: a share is not finite");
    shares
        .keys()
        .chain(expected.keys())
        .map(|h| (shares.get(h).unwrap_or(&0.0) - expected.get(h).unwrap_or(&0.0)).abs())
        .fold(0.0, f64::max)
}

/// Sidecars of a folder of cases; every Parquet file must belong to one, by name or as a named companion.
pub(crate) fn sidecars(folder: &Path, companions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return found;
    }
    for path in entries(folder) {
        if has_extension(&path, "json") {
            found.push(path);
            continue;
        }
        let stem = name(&path);
        let stem = stem.strip_suffix(".parquet").unwrap_or_else(|| {
            panic!("{}: this suite knows no such file", path.display());
        });
        let stem = companions.iter().fold(stem, |s, c| s.strip_suffix(c).unwrap_or(s));
        let json = path.with_file_name(format!("{stem}.json"));
        assert!(json.is_file(), "{}: belongs to no case", path.display());
    }
    found
}
