//! Graphs and LoGo matrices against fast-tmfg, and the structure of graphs of any similarity.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test fails where it must, and is told its folder in the environment"
)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use mantis_features::tmfg::{self, Tmfg};
use ndarray::Array2;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use serde_json::Value;

const EXACT: f64 = 1e-12;
#[cfg(feature = "linalg")]
const LOGO: f64 = 1e-9;

#[test]
fn golden_tmfg() {
    let folder = folder();
    let mut pending: BTreeSet<String> = fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let documents: Vec<String> = pending.iter().filter(|f| f.ends_with(".json")).cloned().collect();
    pending.retain(|f| !f.ends_with(".json") && f != "README.md");
    let mut covered = 0;
    for file in &documents {
        let document: Value =
            serde_json::from_reader(File::open(folder.join(file)).unwrap()).unwrap();
        for (at, case) in cases(file, &document).into_iter().enumerate() {
            let name = case["name"].as_str().map_or_else(|| format!("{file}[{at}]"), str::to_owned);
            check_case(&folder, file, &name, case, &mut pending);
            covered += 1;
        }
    }
    assert!(pending.is_empty(), "{}: unknown files {pending:?}", folder.display());
    assert!(covered > 0, "{}: no case found", folder.display());
    if cfg!(not(feature = "linalg")) {
        println!("LoGo matrices not checked: enable the feature linalg-openblas");
    }
    println!("tmfg: {covered} cases");
}

fn folder() -> PathBuf {
    match std::env::var_os("MANTIS_GOLDEN_DIR") {
        Some(root) => Path::new(&root).join("tmfg"),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/tmfg"),
    }
}

/// A document holds a list of cases, or is itself the one case that its `.weights.parquet` belongs to.
fn cases<'a>(file: &str, document: &'a Value) -> Vec<&'a Value> {
    match document.get("cases") {
        Some(list) => {
            list.as_array().unwrap_or_else(|| panic!("{file}: bad cases")).iter().collect()
        }
        None => vec![document],
    }
}

fn check_case(folder: &Path, file: &str, name: &str, case: &Value, pending: &mut BTreeSet<String>) {
    let mut read = |key: &str| {
        pending.remove(key);
        read_matrix(&folder.join(key))
    };
    let p = case["p"].as_u64().unwrap_or_else(|| panic!("{name}: unknown kind of case")) as usize;
    let (weights, correlation) = if case.get("W").is_some() {
        (inline_matrix(&case["W"]), None)
    } else if let Some(corr) = case["corr"].as_str() {
        assert_eq!(case["weights"], "square(corr)", "{name}: unknown weights");
        let correlation = read(corr);
        (&correlation * &correlation, Some(correlation))
    } else if case.get("names").is_some() {
        (read(&file.replace(".json", ".weights.parquet")), None)
    } else {
        panic!("{name}: unknown kind of case");
    };
    assert_eq!(weights.dim(), (p, p), "{name}: size");
    let mut graph = tmfg::build(&weights).unwrap();
    check_structure(name, &graph);
    assert_eq!(Value::from(graph.edges.len()), case["n_edges"], "{name}: number of edges");
    let seed: [usize; 4] = serde_json::from_value(case["cliques"][0].clone()).unwrap();
    let tied = seed != graph.cliques[0];
    if tied {
        check_tied_seed(name, &weights, seed);
        graph = tmfg::build_from_seed(&weights, seed).unwrap();
        check_structure(name, &graph);
    }
    check_graph(name, &graph, case);
    let sum = check_edge_sum(name, &graph, case);
    let logo = case["logo"].as_str().zip(correlation).map(|(file, c)| (read(file), c));
    let logo = logo.map_or_else(String::new, |(j, c)| check_logo(name, &graph, case, &j, &c));
    let from = if tied { " from the recorded one of the tied seeds" } else { "" };
    println!("{name}: p {p}, cliques, separators, edges and degrees exact{from}{sum}{logo}");
}

fn check_graph(name: &str, graph: &Tmfg, case: &Value) {
    let same = |what: &str, got: Value| {
        assert!(got == case[what], "{name}: {what} differ: got {got}, expected {}", case[what]);
    };
    same("cliques", serde_json::to_value(&graph.cliques).unwrap());
    same("separators", serde_json::to_value(&graph.separators).unwrap());
    let pairs: Vec<_> = graph.edges.iter().map(|e| [e.from, e.to]).collect();
    same("edges", serde_json::to_value(pairs).unwrap());
    let degree = graph.degree();
    if case.get("degree").is_some() {
        same("degree", serde_json::to_value(&degree).unwrap());
    }
    if case.get("tfs_rank_degree_desc_stable").is_some() {
        let mut rank: Vec<usize> = (0..graph.nodes).collect();
        rank.sort_by_key(|&node| std::cmp::Reverse(degree[node]));
        same("tfs_rank_degree_desc_stable", serde_json::to_value(rank).unwrap());
    }
}

fn check_edge_sum(name: &str, graph: &Tmfg, case: &Value) -> String {
    let Some(expected) = case["edge_weight_sum"].as_f64() else {
        return String::new();
    };
    let sum: f64 = graph.edges.iter().map(|edge| edge.weight).sum();
    let error = (sum / expected - 1.0).abs();
    assert!(error <= EXACT, "{name}: edge weight sum {sum}, expected {expected}");
    format!("; edge weight sum {error:.1e} (tolerance {EXACT:.0e})")
}

#[cfg(feature = "linalg")]
fn check_logo(
    name: &str,
    graph: &Tmfg,
    case: &Value,
    expected: &Array2<f64>,
    correlation: &Array2<f64>,
) -> String {
    let j = graph.logo(correlation).unwrap();
    let scale = expected.iter().fold(0.0_f64, |m, v| m.max(v.abs()));
    let error = j.iter().zip(expected).fold(0.0_f64, |m, (a, b)| m.max((a - b).abs())) / scale;
    assert!(error <= LOGO, "{name}: largest error of J {error:e}");
    for ((a, b), value) in j.indexed_iter() {
        assert!(a == b || graph.adjacent(a, b) || *value == 0.0, "{name}: J off the graph");
    }
    let trace = (&j * &correlation.t()).sum() / graph.nodes as f64 - 1.0;
    assert!(trace.abs() <= LOGO, "{name}: trace(J C) is off by {trace:e}");
    let expected = case["logdet_J"].as_f64().unwrap_or_else(|| panic!("{name}: no logdet_J"));
    let logdet = log_determinant(&j);
    let off = (logdet - expected).abs() / expected.abs().max(1.0);
    assert!(off <= LOGO, "{name}: log det J {logdet}, expected {expected}");
    format!("; J {error:.1e}, log det {off:.1e} (tolerance {LOGO:.0e})")
}

#[cfg(not(feature = "linalg"))]
fn check_logo(_: &str, _: &Tmfg, _: &Value, _: &Array2<f64>, _: &Array2<f64>) -> String {
    String::from("; J not checked")
}

/// From a plain Cholesky factorisation, which also proves that the matrix is positive definite.
#[cfg(feature = "linalg")]
fn log_determinant(matrix: &Array2<f64>) -> f64 {
    let mut factor = matrix.clone();
    let mut sum = 0.0;
    for j in 0..factor.nrows() {
        for k in 0..=j {
            let dot: f64 = (0..k).map(|m| factor[[j, m]] * factor[[k, m]]).sum();
            let rest = factor[[j, k]] - dot;
            factor[[j, k]] = if j == k { rest.sqrt() } else { rest / factor[[k, k]] };
        }
        sum += 2.0 * factor[[j, j]].ln();
    }
    assert!(sum.is_finite(), "not positive definite");
    sum
}

/// Replays the construction: every insertion must use an open face of the graph so far, which makes the result planar
/// (each node is drawn inside a triangle) and chordal (each node's earlier neighbours form a clique).
fn check_structure(name: &str, graph: &Tmfg) {
    let sorted = |corners: [usize; 3]| {
        let mut corners = corners;
        corners.sort_unstable();
        corners
    };
    let [s0, s1, s2, s3] = graph.cliques[0];
    let mut open: BTreeSet<[usize; 3]> =
        [[s0, s1, s2], [s0, s1, s3], [s0, s2, s3], [s1, s2, s3]].map(sorted).into();
    let mut placed = BTreeSet::from(graph.cliques[0]);
    let mut edges = BTreeSet::new();
    assert_eq!(placed.len(), 4, "{name}: seed repeats a node");
    for (clique, separator) in graph.cliques[1..].iter().zip(&graph.separators) {
        let [v, a, b, c] = *clique;
        assert_eq!([a, b, c], *separator, "{name}: clique and separator disagree");
        assert!(placed.insert(v), "{name}: node {v} inserted twice");
        assert!(open.remove(&sorted([a, b, c])), "{name}: {separator:?} is no open face");
        open.extend([[v, a, b], [v, a, c], [v, b, c]].map(sorted));
    }
    for clique in &graph.cliques {
        let pairs = clique.iter().flat_map(|&a| clique.iter().map(move |&b| (a, b)));
        edges.extend(pairs.filter(|(a, b)| a < b));
    }
    assert_eq!(placed.len(), graph.nodes, "{name}: nodes lost");
    assert_eq!(graph.cliques.len(), graph.nodes - 3, "{name}: cliques");
    assert_eq!(graph.separators.len(), graph.nodes - 4, "{name}: separators");
    assert_eq!(edges.len(), 3 * graph.nodes - 6, "{name}: edges");
    assert!(edges.into_iter().eq(graph.edges.iter().map(|e| (e.from, e.to))), "{name}: edges");
}

/// Another seed than ours is right only where the seed scores are equal: its scores must be the four best.
fn check_tied_seed(name: &str, weights: &Array2<f64>, seed: [usize; 4]) {
    let mean = weights.mean().unwrap();
    let score = |row: ndarray::ArrayView1<'_, f64>| row.iter().filter(|&&w| w > mean).sum::<f64>();
    let scores: Vec<f64> = weights.rows().into_iter().map(score).collect();
    let mut best = scores.clone();
    best.sort_by(|a, b| b.total_cmp(a));
    for (rank, node) in seed.into_iter().enumerate() {
        let gap = (best[rank] - scores[node]).abs();
        assert!(gap <= EXACT * best[rank].abs(), "{name}: seed {seed:?} is not among the best");
    }
}

fn inline_matrix(rows: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(rows.clone()).unwrap();
    let p = rows.len();
    Array2::from_shape_vec((p, p), rows.concat()).unwrap()
}

/// Square matrix with one Parquet column per feature.
fn read_matrix(path: &Path) -> Array2<f64> {
    let file = File::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for batch in reader {
        let batch = batch.unwrap();
        columns.resize(batch.num_columns(), Vec::new());
        for (column, array) in columns.iter_mut().zip(batch.columns()) {
            let wide = cast(array, &DataType::Float64).unwrap();
            assert_eq!(wide.null_count(), 0, "{}: not numeric", path.display());
            column.extend_from_slice(wide.as_primitive::<Float64Type>().values());
        }
    }
    let p = columns.len();
    assert!(columns.iter().all(|c| c.len() == p), "{}: not square", path.display());
    Array2::from_shape_fn((p, p), |(i, j)| columns[j][i])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn graphs_of_random_similarities_are_planar_and_chordal(
        p in 4usize..30,
        entries in prop::collection::vec(prop_oneof![Just(0.0), Just(-0.5), -1.0f64..1.0], 465),
    ) {
        let weights = Array2::from_shape_fn((p, p), |(i, j)| {
            let (a, b) = (i.min(j), i.max(j));
            entries[b * (b + 1) / 2 + a]
        });
        check_structure("random", &tmfg::build(&weights).unwrap());
    }
}
