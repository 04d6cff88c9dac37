//! Cases of the binary scorer.

use crate::Shown;
use crate::files::{self, Table};
use crate::profiles::with_known;
use mantis_eval::score::{
    BinaryProfile, ClusterProfile, EmbeddingMatrix, correlated_cohorts, exact_clusters,
    score_binary,
};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

/// Against the validator itself, whose meta model is solved stochastically in f32.
const VALIDATOR_TOLERANCE: f64 = 5e-4;
/// Against the validator's pipeline with every fit driven to its optimum.
const CONVERGED_TOLERANCE: f64 = 1e-5;

pub(crate) fn replay(folder: &Path) -> Vec<Shown> {
    files::sidecars(folder, &[]).iter().flat_map(|path| case(path)).collect()
}

fn case(path: &Path) -> Vec<Shown> {
    let side = files::json(path);
    let name = format!("binary/{}", side["case"].as_str().unwrap());
    let hotkeys = files::strings(&side["hotkeys"]);
    let dim = usize::try_from(side["dim"].as_u64().unwrap()).unwrap();
    let table = Table::read(&path.with_extension("parquet"));
    let values = table.matrix(&hotkeys, &files::numbers(dim));
    assert_eq!(files::hash(&values), side["x_sha256_f32le"], "{name}: x_sha256_f32le");

    let matrix = EmbeddingMatrix::new(&hotkeys, dim, values.view()).unwrap();
    let profile: BinaryProfile = with_known(&side["config_overrides"]);
    let mut go_on = |_, _| ControlFlow::Continue(());
    let outcome = score_binary(&matrix, &table.f32("y"), &profile, 2, &mut go_on).unwrap();
    let selected: Vec<String> = outcome.salience.iter().map(|(h, _)| h.clone()).collect();
    assert_eq!(selected, files::strings(&side["selected_in_order"]), "{name}: selection");
    let diagnostics = &side["diagnostics"];
    if let Some(rows) = diagnostics["upstream"]["rows_with_any"].as_u64() {
        assert_eq!(u64::try_from(outcome.meta_rows).unwrap(), rows, "{name}: rows_with_any");
    }
    let clusters = ClusterProfile::default();
    for (field, found) in [
        ("find_clusters", exact_clusters(&matrix, &clusters, 2).unwrap()),
        ("find_correlated_cohorts", correlated_cohorts(&matrix, &clusters, 2).unwrap()),
    ] {
        if !diagnostics[field].is_null() {
            assert_eq!(found, files::groups(&diagnostics[field]), "{name}: {field}");
        }
    }
    let shares: BTreeMap<String, f64> = outcome.salience.into_iter().collect();
    let against = |field: &str, tolerance: f64| Shown {
        text: format!("{name} against {field}"),
        error: files::largest_difference(&shares, &side["expected"][field], &name),
        tolerance,
    };
    vec![
        against("salience", VALIDATOR_TOLERANCE),
        against("salience_converged", CONVERGED_TOLERANCE),
    ]
}
