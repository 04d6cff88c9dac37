//! Signals whose parts are known, and real prices.

#![expect(clippy::unwrap_used, reason = "a broken fixture must fail the test")]

use std::f64::consts::TAU;
use std::fs::File;
use std::path::Path;

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use mantis_vmd::{Convention, Decomposition, Mirror, Reason, Vmd, VmdParams, suggest_k};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

fn decompose(params: &VmdParams, x: &[f64]) -> Decomposition {
    Vmd::new(params, x.len()).unwrap().decompose(x).unwrap()
}

/// Half-way between the samples of a mirror, so that the mirror continues the tone.
fn tone(f: f64, i: usize) -> f64 {
    (TAU * f * (i as f64 + 0.5)).cos()
}

/// Hourly closes of BTC, the last `len` of the fixture.
fn btc(len: usize) -> Vec<f64> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/data/BTCUSDT/ohlcv.parquet");
    let file = File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut closes = vec![];
    for batch in reader {
        let batch = batch.unwrap();
        closes
            .extend(batch.column_by_name("close").unwrap().as_primitive::<Float64Type>().values());
    }
    closes.split_off(closes.len() - len).iter().map(|c: &f64| c.ln()).collect()
}

#[test]
fn pure_tones_are_recovered() {
    for mirror in [Mirror::TwoSided, Mirror::OneSided] {
        for len in [600, 601] {
            let parts = [(0.0125, 1.0), (0.15, 0.6), (0.3625, 0.3)];
            let x: Vec<f64> =
                (0..len).map(|i| parts.iter().map(|(f, a)| a * tone(*f, i)).sum()).collect();
            let d = decompose(&VmdParams { k: 3, mirror, tau: 0.1, ..VmdParams::default() }, &x);
            assert!(d.converged);
            for (m, (f, a)) in parts.iter().enumerate() {
                assert!((d.centre_frequency[m] - f).abs() < 2e-3, "{mirror:?} {len}, mode {m}");
                // Away from the ends, where the mirror breaks the phase of some tones.
                for i in len / 4..3 * len / 4 {
                    assert!(
                        (d.mode(m)[i] - a * tone(*f, i)).abs() < 0.02,
                        "{mirror:?} {len}, {m}, {i}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_chirp_is_cut_into_bands_in_order() {
    let x: Vec<f64> = (0..1000).map(|i| (TAU * 0.0002 * (i * i) as f64).cos()).collect();
    let params = VmdParams { k: 5, alpha: 1000.0, tau: 0.1, ..VmdParams::default() };
    let d = decompose(&params, &x);
    // The frequency rises, so the energy of a later mode must lie later.
    let middle = |m: usize| {
        let weight = |i: usize| d.mode(m)[i] * d.mode(m)[i];
        (0..d.len).map(|i| i as f64 * weight(i)).sum::<f64>() / d.energy[m]
    };
    let middles: Vec<f64> = (0..5).map(middle).collect();
    assert!(middles.is_sorted(), "{middles:?}");
    assert!(d.residual_energy < 0.06 * 500.0, "{}", d.residual_energy);
}

#[test]
fn the_dual_step_closes_the_residual() {
    let x: Vec<f64> =
        (0..400).map(|i| tone(0.03, i) + tone(0.17, i) + 0.2 * tone(0.3, i)).collect();
    let residual = |tau| {
        let params = VmdParams { k: 2, tau, tol: 1e-10, ..VmdParams::default() };
        decompose(&params, &x).residual_energy
    };
    assert!(residual(0.1) < 0.25 * residual(0.0), "{} and {}", residual(0.1), residual(0.0));
}

#[test]
fn a_step_leaves_its_level_in_the_slowest_mode() {
    let x: Vec<f64> = (0..400).map(|i| if i < 200 { 1.0 } else { 3.0 }).collect();
    let d = decompose(&VmdParams { k: 3, ..VmdParams::default() }, &x);
    assert_eq!((d.mean, d.scale), (2.0, 1.0));
    for i in (20..130).chain(270..380) {
        assert!((d.mode(0)[i] - (x[i] - 2.0)).abs() < 0.15, "sample {i}: {}", d.mode(0)[i]);
    }
    assert!(d.energy[0] > 0.85 * 400.0);
}

#[test]
fn a_pinned_mode_keeps_the_level() {
    let x: Vec<f64> = (0..300).map(|i| 5.0 + tone(0.2, i)).collect();
    let params = VmdParams { k: 2, dc: true, standardise: false, ..VmdParams::default() };
    let d = decompose(&params, &x);
    assert_eq!(d.centre_frequency[0], 0.0);
    assert!((d.mode(0)[150] - 5.0).abs() < 0.05, "{}", d.mode(0)[150]);
}

#[test]
fn real_prices_add_up_and_converge() {
    let x = btc(2048);
    let d = decompose(&VmdParams { max_sweeps: 5000, ..VmdParams::default() }, &x);
    assert!(d.converged, "change {:e} after {} sweeps", d.change, d.sweeps);
    assert!(d.residual_energy < 0.02 * d.scale * d.scale * 2048.0);
    // The slowest mode is the trend.
    assert!(d.energy[0] > 0.5 * d.energy.iter().sum::<f64>());
}

/// vmdpy leaves the modes of this chirp unsorted; the default returns the same modes in order.
#[test]
fn the_order_is_a_permutation_of_vmdpys() {
    let x: Vec<f64> = (0..1000).map(|i| (TAU * 0.0001 * (i * i) as f64).cos()).collect();
    let theirs = decompose(&VmdParams { tol: 0.0, max_sweeps: 300, ..VmdParams::vmdpy() }, &x);
    assert!(!theirs.centre_frequency.is_sorted(), "this signal shows nothing");
    // vmdpy returns the sweep before the last one.
    let ours = VmdParams {
        tol: 0.0,
        max_sweeps: 299,
        convention: Convention::ScaleFree,
        ..VmdParams::vmdpy()
    };
    let ours = decompose(&ours, &x);
    assert!(ours.centre_frequency.is_sorted());
    let mut sorted = theirs.centre_frequency.clone();
    sorted.sort_by(f64::total_cmp);
    assert_eq!(ours.centre_frequency, sorted);
    for (m, centre) in sorted.iter().enumerate() {
        let at = theirs.centre_frequency.iter().position(|c| c == centre).unwrap();
        let (a, b) = (ours.mode(m), theirs.mode(at));
        // What vmdpy puts into the Nyquist bin is all that differs.
        let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        let alternates = difference.windows(2).all(|p| (p[0] + p[1]).abs() < 1e-12);
        assert!(alternates, "mode {m} differs from vmdpy's by more than its Nyquist bin");
    }
}

#[test]
fn the_number_of_modes_is_suggested_with_its_reason() {
    let x: Vec<f64> =
        (0..500).map(|i| tone(0.05, i) + tone(0.2, i) + 0.5 * tone(0.35, i)).collect();
    let met = suggest_k(&VmdParams::default(), &x, 1..=8, 0.05).unwrap();
    assert_eq!((met.k, met.reason, met.tried.len()), (3, Reason::LossMet, 3));
    assert!(met.tried[1].loss > 0.05 && met.tried[2].loss <= 0.05);

    // Wide modes overlap before they can leave nothing.
    let wide = VmdParams { alpha: 20.0, ..VmdParams::default() };
    let overlap = suggest_k(&wide, &btc(512), 1..=20, 0.0).unwrap();
    assert_eq!(overlap.reason, Reason::NextOverlaps);
    let last = overlap.tried.last().unwrap();
    assert!(last.spacing < 1.0 && last.k == overlap.k + 1, "{overlap}");

    let first = suggest_k(&wide, &btc(512), 15..=20, 0.0).unwrap();
    assert_eq!((first.k, first.reason), (15, Reason::FirstOverlaps));

    let end = suggest_k(&VmdParams::default(), &x, 1..=2, 0.0).unwrap();
    assert_eq!((end.k, end.reason), (2, Reason::EndOfRange));
    let text = end.to_string();
    assert!(text.starts_with("2 modes: ") && text.lines().count() == 3, "{text}");
}
