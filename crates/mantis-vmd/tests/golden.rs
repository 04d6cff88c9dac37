//! Replays every case of the VMD golden folder: `$MANTIS_GOLDEN_DIR/vmd` if that variable is set,
//! else `fixtures/golden/vmd`. A file, field or column that the suite does not know is a failure.

#![expect(clippy::unwrap_used, reason = "a broken golden file must fail the test")]
#![expect(clippy::print_stdout, reason = "the suite states what it replayed and how closely")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use mantis_vmd::{Decomposition, Init, Vmd, VmdParams};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Deserialize;

/// Absolute, in cycles per sample.
const CENTRE_TOLERANCE: f64 = 1e-10;
/// Of the largest mode value; for energies and the error of the reconstruction of their own size.
const MODE_TOLERANCE: f64 = 1e-9;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    #[serde(rename = "oracle")]
    _oracle: String,
    #[serde(rename = "note")]
    _note: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    file: String,
    omega_file: String,
    #[serde(rename = "N")]
    len: usize,
    #[serde(rename = "N_out")]
    len_out: usize,
    #[serde(rename = "K")]
    k: usize,
    alpha: f64,
    tau: f64,
    #[serde(rename = "DC")]
    dc: u8,
    init: u8,
    tol: f64,
    n_updates: usize,
    hit_cap: bool,
    omega_final: Vec<f64>,
    omega_sorted: bool,
    rel_recon_err: f64,
    mode_energy: Vec<f64>,
    /// How long the reference took, which is not compared.
    #[serde(rename = "seconds")]
    _seconds: f64,
}

fn folder() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the judge names another folder this way")]
    let chosen = std::env::var("MANTIS_GOLDEN_DIR").ok().map(PathBuf::from);
    let bundled = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden");
    chosen.unwrap_or_else(bundled).join("vmd")
}

/// The columns of a Parquet file by name.
fn columns(path: &Path) -> BTreeMap<String, Vec<f64>> {
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut columns = BTreeMap::<String, Vec<f64>>::new();
    for batch in reader {
        let batch = batch.unwrap();
        for (field, array) in batch.schema().fields().iter().zip(batch.columns()) {
            let values = array.as_primitive::<Float64Type>().values();
            columns.entry(field.name().clone()).or_default().extend(values);
        }
    }
    columns
}

/// Takes the columns `prefix0`, `prefix1` .. out of a file.
fn series(columns: &mut BTreeMap<String, Vec<f64>>, prefix: &str, k: usize) -> Vec<Vec<f64>> {
    (0..k).map(|m| columns.remove(&format!("{prefix}{m}")).unwrap()).collect()
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "two series of different lengths are compared");
    // `max` would drop a NaN.
    a.iter()
        .zip(b)
        .map(|(x, y)| (x - y).abs())
        .fold(0.0, |m, d| if d > m || d.is_nan() { d } else { m })
}

fn decompose(case: &Case, signal: &[f64]) -> Decomposition {
    let params = VmdParams {
        k: case.k,
        alpha: case.alpha,
        tau: case.tau,
        dc: case.dc == 1,
        init: match case.init {
            0 => Init::Zero,
            1 => Init::Uniform,
            other => panic!("{}: init {other} is random in the reference", case.name),
        },
        tol: case.tol,
        trajectory: true,
        ..VmdParams::vmdpy()
    };
    Vmd::new(&params, signal.len()).unwrap().decompose(signal).unwrap()
}

/// Replays one case; returns what was wrong with it.
fn replay(folder: &Path, case: &Case) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |what: &str, error: f64, tolerance: f64| {
        if error > tolerance || error.is_nan() {
            wrong.push(format!("{}: {what} off by {error:e}, allowed {tolerance:e}", case.name));
        }
        error
    };

    let mut data = columns(&folder.join(&case.file));
    let input = data.remove("input").unwrap();
    let padded = series(&mut data, "u", case.k);
    assert!(data.is_empty(), "{}: unknown columns {:?}", case.file, data.keys());
    assert_eq!(input.len(), case.len, "{}: N", case.name);
    let expected: Vec<&[f64]> = padded.iter().map(|mode| &mode[..case.len_out]).collect();
    let got = decompose(case, &input);
    assert_eq!((got.len, got.k), (case.len_out, case.k), "{}: shape", case.name);

    let updates = got.sweeps.abs_diff(case.n_updates) as f64;
    check("number of sweeps", updates, 0.0);
    // vmdpy calls a run capped whose last allowed sweep met the stop rule; none of these does.
    check("cap", f64::from(u8::from(got.converged == case.hit_cap)), 0.0);

    let mut omegas = columns(&folder.join(&case.omega_file));
    let trajectory = series(&mut omegas, "w", case.k);
    assert!(omegas.is_empty(), "{}: unknown columns {:?}", case.omega_file, omegas.keys());
    let mine = &got.trajectory;
    let mut centre_error = check(
        "final centre frequencies",
        distance(&got.centre_frequency, &case.omega_final),
        CENTRE_TOLERANCE,
    );
    for (m, reference) in trajectory.iter().enumerate() {
        let column: Vec<f64> = mine.iter().skip(m).step_by(case.k).copied().collect();
        let error = check("trajectory", distance(&column, reference), CENTRE_TOLERANCE);
        centre_error = centre_error.max(error);
    }
    let sorted = got.centre_frequency.is_sorted();
    check("order of the centre frequencies", f64::from(u8::from(sorted != case.omega_sorted)), 0.0);

    let largest = expected.iter().flat_map(|u| u.iter()).fold(0.0_f64, |m, u| m.max(u.abs()));
    let mut mode_error = 0.0_f64;
    for (m, reference) in expected.iter().enumerate() {
        let error = distance(got.mode(m), reference) / largest;
        mode_error = mode_error.max(check("mode values", error, MODE_TOLERANCE));
        let energy = got.energy[m] / case.mode_energy[m] - 1.0;
        check("energy of a mode", energy.abs(), MODE_TOLERANCE);
    }
    let norm = |x: &[f64]| x.iter().map(|v| v * v).sum::<f64>().sqrt();
    let left = norm(&got.residual) / norm(&input[..case.len_out]);
    check("relative residual", (left / case.rel_recon_err - 1.0).abs(), MODE_TOLERANCE);

    println!(
        "{}: {} sweeps, centres within {centre_error:.1e}, modes within {mode_error:.1e}",
        case.name, got.sweeps
    );
    wrong
}

#[test]
fn golden_vmd() {
    let folder = folder();
    let manifest = folder.join("vmd_manifest.json");
    let text = std::fs::read_to_string(&manifest)
        .unwrap_or_else(|e| panic!("{}: no golden manifest ({e})", manifest.display()));
    let manifest: Manifest = serde_json::from_str(&text).unwrap();

    let mut known: BTreeSet<String> =
        ["README.md", "vmd_manifest.json"].map(str::to_owned).into_iter().collect();
    for case in &manifest.cases {
        known.extend([case.file.clone(), case.omega_file.clone()]);
    }
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(known.contains(&name), "{name}: no case of the manifest names this file");
    }

    let wrong: Vec<String> = manifest.cases.iter().flat_map(|case| replay(&folder, case)).collect();
    assert!(wrong.is_empty(), "beyond tolerance:\n{}", wrong.join("\n"));
    assert!(!manifest.cases.is_empty(), "{}: no case found", folder.display());
    println!("vmd: {} cases", manifest.cases.len());
}
