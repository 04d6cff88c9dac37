//! The indicators and transforms that no library has, against their definitions (see `data/definitions/README.md`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use mantis_data::{BarColumns, Bars, Interval, Timestamp};
use mantis_features::indicators::Source;
use mantis_features::indicators::modes::ModeColumns;
use mantis_features::registry::{ColumnSpec, indicators, transforms};
use mantis_vmd::{VmdParams, rolling_many};

use crate::table::{Tolerance, compare, read};

/// The reference takes every window anew: what is left is the rounding of sliding sums. That of a quotient of sums follows the
/// sums and not the quotient, so a value near zero is held against the usual size of its column.
const TOLERANCE: f64 = 1e-10;
const OF_SIZE: f64 = 1e-11;

/// The last rows of the modes, their windows and their number, as in the script.
const MODE_ROWS: usize = 60;
const MODE_WINDOW: usize = 64;
const MODES: usize = 3;

type Table = BTreeMap<String, Vec<f64>>;

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/definitions")
}

fn bars(inputs: &Table, symbol: &str, prefix: &str) -> Bars {
    let column = |name: &str| inputs[&format!("{prefix}{name}")].clone();
    let open_time =
        inputs["unix"].iter().map(|&s| Timestamp::from_secs(s as i64).unwrap()).collect();
    let columns = BarColumns {
        open_time,
        open: column("open"),
        high: column("high"),
        low: column("low"),
        close: column("close"),
        volume: column("volume"),
    };
    Bars::new(symbol, Interval::HOUR, columns).unwrap()
}

fn source<'a>(inputs: &Table, own: &'a Bars) -> Source<'a> {
    let mut source = Source::from_bars(own).unwrap();
    source.add_other("OTHER", &bars(inputs, "OTHER", "other_"));
    source.add_other("THIRD", &bars(inputs, "THIRD", "third_"));
    source.set_funding(inputs["funding"].clone()).unwrap();
    source.set_open_interest(inputs["open_interest"].clone()).unwrap();
    source.set_taker_buy(inputs["taker_buy"].clone()).unwrap();
    let log: Vec<f64> = own.close().iter().map(|x| x.ln()).collect();
    let params = VmdParams { k: MODES, standardise: true, ..VmdParams::vmdpy() };
    let rows = own.len() - MODE_ROWS..own.len();
    let modes =
        rolling_many(&params, MODE_WINDOW, &log, rows, 1, &mut |_, _| ControlFlow::Continue(()));
    source.set_modes(ModeColumns::new(&modes.unwrap(), own.len())).unwrap();
    source
}

/// Root mean square of the finite values.
fn size(values: &[f64]) -> f64 {
    let finite: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
    (finite.iter().map(|v| v * v).sum::<f64>() / finite.len() as f64).sqrt()
}

#[test]
fn columns_without_a_library_are_what_their_definitions_say() {
    let (inputs, definitions) =
        (read(&folder().join("inputs.parquet")), read(&folder().join("definitions.parquet")));
    let own = bars(&inputs, "OWN", "");
    let source = source(&inputs, &own);
    let mut faults = Vec::new();
    for (name, expected) in &definitions {
        let spec = ColumnSpec::parse(name).unwrap_or_else(|e| panic!("{name}: {e}"));
        let got = spec.compute(&source).unwrap();
        let tolerance = Tolerance { relative: TOLERANCE, absolute: OF_SIZE * size(expected) };
        match compare(&got, expected, tolerance) {
            Ok((error, row)) => {
                println!("{name}: largest error {error:.2e} of {tolerance:?}, row {row}");
                if error > 1.0 {
                    let (got, expected) = (got[row], expected[row]);
                    faults.push(format!("{name}: row {row} has {got}, expected {expected}"));
                }
            }
            Err(fault) => faults.push(format!("{name}: {fault}")),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    println!("{} columns", definitions.len());
}

/// With the columns of the libraries, every indicator and every transform has values to be held against.
#[test]
fn every_indicator_and_transform_has_reference_values() {
    let mut covered = BTreeSet::new();
    let mut transformed = BTreeSet::new();
    let mut columns: Vec<String> =
        read(&folder().join("definitions.parquet")).into_keys().collect();
    for entry in fs::read_dir(crate::bundled()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "json") {
            columns.extend(crate::columns(&crate::described(&path)));
        }
    }
    for column in columns {
        let spec = ColumnSpec::parse(&column).unwrap();
        covered.insert(spec.indicator().name);
        transformed.extend(spec.transforms().iter().map(|t| t.transform().name));
    }
    let bare: Vec<_> = indicators().map(|i| i.name).filter(|n| !covered.contains(n)).collect();
    assert!(bare.is_empty(), "without reference values: {bare:?}");
    let bare: Vec<_> = transforms().map(|t| t.name).filter(|n| !transformed.contains(n)).collect();
    assert!(bare.is_empty(), "without reference values: {bare:?}");
}
