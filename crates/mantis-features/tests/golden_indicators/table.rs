//! Tables of reference values, and what is near enough to them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// How far a value may be from its reference.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tolerance {
    pub(crate) relative: f64,
    pub(crate) absolute: f64,
}

impl Tolerance {
    fn at(self, expected: f64) -> f64 {
        self.absolute + self.relative * expected.abs()
    }
}

/// The columns of a Parquet file as numbers, NaN where there is none.
pub(crate) fn read(path: &Path) -> BTreeMap<String, Vec<f64>> {
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut table: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for batch in reader {
        let batch = batch.unwrap();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let column = cast(column, &DataType::Float64).unwrap();
            let values = column.as_primitive::<Float64Type>();
            let values = values.iter().map(|v| v.unwrap_or(f64::NAN));
            table.entry(field.name().clone()).or_default().extend(values);
        }
    }
    table
}

/// Largest error as a multiple of the tolerance, and its row; an error if one side has a value where the other has none.
pub(crate) fn compare(
    got: &[f64],
    expected: &[f64],
    tolerance: Tolerance,
) -> Result<(f64, usize), String> {
    if got.len() != expected.len() {
        return Err(format!("{} rows, expected {}", got.len(), expected.len()));
    }
    let mut worst = (0.0, 0);
    for (row, (&got, &expected)) in got.iter().zip(expected).enumerate() {
        if got.is_finite() != expected.is_finite() {
            return Err(format!("row {row}: {got}, expected {expected}"));
        }
        if expected.is_finite() {
            let error = (got - expected).abs() / tolerance.at(expected);
            if error > worst.0 {
                worst = (error, row);
            }
        }
    }
    Ok(worst)
}

#[test]
fn the_comparison_sees_errors_and_lets_rounding_pass() {
    const TOLERANCE: Tolerance = Tolerance { relative: 1e-8, absolute: 1e-9 };
    let reference = [f64::NAN, 100.0, -1e-12];
    assert!(compare(&reference, &reference, TOLERANCE).unwrap().0 == 0.0);
    assert!(compare(&[f64::NAN, 100.0 + 5e-7, 0.0], &reference, TOLERANCE).unwrap().0 < 1.0);
    let (error, row) = compare(&[f64::NAN, 100.0 + 2e-6, 0.0], &reference, TOLERANCE).unwrap();
    assert!(error > 1.0 && row == 1);
    assert!(compare(&[0.0, 100.0, 0.0], &reference, TOLERANCE).is_err());
    assert!(compare(&[f64::NAN, 100.0], &reference, TOLERANCE).is_err());
}
