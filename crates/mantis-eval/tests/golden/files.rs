//! Reading of golden folders.

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use ndarray::Array2;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
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

pub(crate) fn count_files(path: &Path) -> usize {
    if path.is_file() { 1 } else { entries(path).iter().map(|p| count_files(p)).sum() }
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

/// Columns of a Parquet file by name, as f32 (`y` and the embeddings are stored so).
pub(crate) fn columns(path: &Path) -> BTreeMap<String, Vec<f32>> {
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut columns = BTreeMap::<String, Vec<f32>>::new();
    for batch in reader {
        let batch = batch.unwrap();
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            assert_eq!(array.null_count(), 0, "{}: null in {}", path.display(), field.name());
            let slot = columns.entry(field.name().clone()).or_default();
            match field.data_type() {
                DataType::Float32 => slot.extend(array.as_primitive::<Float32Type>().values()),
                DataType::Float64 => {
                    let values = array.as_primitive::<Float64Type>().values();
                    slot.extend(values.iter().map(|&v| v as f32));
                }
                other => panic!("{}: {} has type {other}", path.display(), field.name()),
            }
        }
    }
    columns
}

/// The embeddings of `hotkeys`, `dim` columns each.
pub(crate) fn matrix(
    columns: &BTreeMap<String, Vec<f32>>,
    hotkeys: &[String],
    dim: usize,
) -> Array2<f32> {
    let picked: Vec<&Vec<f32>> = hotkeys
        .iter()
        .flat_map(|h| (0..dim).map(move |d| format!("{h}|{d}")))
        .map(|name| columns.get(&name).unwrap_or_else(|| panic!("no column {name}")))
        .collect();
    Array2::from_shape_fn((picked[0].len(), picked.len()), |(t, c)| picked[c][t])
}
