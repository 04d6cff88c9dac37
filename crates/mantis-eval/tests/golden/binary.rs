//! Cases of the binary scorer.

use crate::{Shown, files};
use mantis_eval::score::{
    BinaryProfile, ClusterProfile, EmbeddingMatrix, correlated_cohorts, exact_clusters,
    score_binary,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

/// Against the validator itself, whose meta model is solved stochastically in f32.
const VALIDATOR_TOLERANCE: f64 = 5e-4;
/// Against the validator's pipeline with every fit driven to its optimum.
const CONVERGED_TOLERANCE: f64 = 1e-5;

/// Constants of the validator that do not enter this scorer.
const NOT_BINARY: [&str; 3] = ["BLOCKS_PER_DAY", "CLUSTER_SCAN_MAX_ROWS", "WINDOWS_HALF_LIFE"];

pub(crate) fn cases(folder: &Path) -> usize {
    if !folder.is_dir() {
        return 0;
    }
    files::entries(folder).iter().filter(|p| files::has_extension(p, "json")).count()
}

pub(crate) fn replay(folder: &Path) -> Vec<Shown> {
    let mut shown = Vec::new();
    for path in files::entries(folder) {
        let partner = |extension: &str| path.with_extension(extension).is_file();
        if files::has_extension(&path, "json") {
            shown.extend(case(&path));
        } else if !(files::has_extension(&path, "parquet") && partner("json")) {
            panic!("{}: this suite knows no such file", path.display());
        }
    }
    shown
}

fn profile(overrides: &Value) -> BinaryProfile {
    let mut overrides = overrides.as_object().unwrap().clone();
    overrides.retain(|name, _| !NOT_BINARY.contains(&name.as_str()));
    serde_json::from_value(Value::Object(overrides)).unwrap()
}

fn case(path: &Path) -> Vec<Shown> {
    let side = files::json(path);
    let name = format!("binary/{}", side["case"].as_str().unwrap());
    let hotkeys = files::strings(&side["hotkeys"]);
    let dim = usize::try_from(side["dim"].as_u64().unwrap()).unwrap();
    let columns = files::columns(&path.with_extension("parquet"));
    let values = files::matrix(&columns, &hotkeys, dim);
    let mut hasher = Sha256::new();
    for v in &values {
        hasher.update(if v.is_nan() { 0.0_f32 } else { *v }.to_le_bytes());
    }
    assert_eq!(hex::encode(hasher.finalize()), side["x_sha256_f32le"], "{name}: x_sha256_f32le");

    let matrix = EmbeddingMatrix::new(&hotkeys, dim, values.view()).unwrap();
    let profile = profile(&side["config_overrides"]);
    let mut go_on = |_, _| ControlFlow::Continue(());
    let outcome = score_binary(&matrix, &columns["y"], &profile, 2, &mut go_on).unwrap();
    let selected: Vec<String> = outcome.salience.iter().map(|(h, _)| h.clone()).collect();
    assert_eq!(selected, files::strings(&side["selected_in_order"]), "{name}: selection");
    let diagnostics = &side["diagnostics"];
    if let Some(rows) = diagnostics["upstream"]["rows_with_any"].as_u64() {
        assert_eq!(u64::try_from(outcome.meta_rows).unwrap(), rows, "{name}: rows_with_any");
    }
    let clusters = ClusterProfile::default();
    for (field, found) in [
        ("find_clusters", exact_clusters(&matrix, &clusters)),
        ("find_correlated_cohorts", correlated_cohorts(&matrix, &clusters)),
    ] {
        if !diagnostics[field].is_null() {
            assert_eq!(found, files::groups(&diagnostics[field]), "{name}: {field}");
        }
    }
    let shares: BTreeMap<String, f64> = outcome.salience.into_iter().collect();
    let against = |field: &str, tolerance: f64| Shown {
        text: format!("{name} against {field}"),
        error: largest_difference(&shares, &side["expected"][field], &name),
        tolerance,
    };
    vec![
        against("salience", VALIDATOR_TOLERANCE),
        against("salience_converged", CONVERGED_TOLERANCE),
    ]
}

fn largest_difference(shares: &BTreeMap<String, f64>, expected: &Value, name: &str) -> f64 {
    let expected: BTreeMap<String, f64> =
        serde_json::from_value(expected.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(shares.values().all(|s| s.is_finite()), "{name}: a share is not finite");
    shares
        .keys()
        .chain(expected.keys())
        .map(|h| (shares.get(h).unwrap_or(&0.0) - expected.get(h).unwrap_or(&0.0)).abs())
        .fold(0.0, f64::max)
}
