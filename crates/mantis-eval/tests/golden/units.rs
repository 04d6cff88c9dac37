//! Cases of single steps: random block starts, copy detection, helpers.

use crate::{Shown, files, rules};
use mantis_eval::score::{
    ClusterProfile, EmbeddingMatrix, JointProfile, MarketModel, Pcg64, TradeMixProfile,
    WeightInput, WeightProfile, block_starts, collapse_shares, correlated_cohorts, discoveries,
    equalise_shares, exact_clusters, final_weights, forward_pairs, hitfirst_labels, joint_cohorts,
    make_bins, out_of_sample_segments, recent_mass_weights, rolling_std, safe_logit, seed_words,
    sigma_from_price, softplus, time_weights,
};
use ndarray::Array2;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const KINDS: [&str; 9] = [
    "clusters",
    "commit_and_payload",
    "helpers",
    "hitfirst_labels",
    "ledger_binary_builder",
    "ledger_validate",
    "pcg64_block_starts",
    "trade_mix",
    "validator_weights",
];
/// Floating point in another order of operations.
const TOLERANCE: f64 = 1e-12;
/// Cumulative sums leave noise near zero, which a square root magnifies.
const ROLLING_TOLERANCE: f64 = 1e-7;
const F32_TOLERANCE: f64 = 1e-6;

/// The kind of a unit file: the known name that its own starts with.
fn kind(path: &Path) -> Option<&'static str> {
    let name = files::name(path);
    KINDS.iter().find(|k| files::has_extension(path, "json") && name.starts_with(**k)).copied()
}

pub(crate) fn replay(folder: &Path) -> Vec<Shown> {
    let (mut shown, mut used) = (Vec::new(), BTreeSet::new());
    let mut matrices = BTreeSet::new();
    for path in files::entries(folder) {
        if let Some(kind) = kind(&path) {
            let content = files::json(&path);
            let (error, tolerance) = match kind {
                "clusters" => clusters(folder, &content, &mut used),
                "commit_and_payload" => rules::commitments(&content),
                "helpers" => helpers(&content),
                "hitfirst_labels" => first_hits(&content),
                "ledger_binary_builder" => rules::binary_rows(&content),
                "ledger_validate" => rules::submissions(&content),
                "trade_mix" => trade_mix(&content),
                "validator_weights" => weights(&content),
                _ => random_starts(&content),
            };
            let text = format!("units/{}", files::name(&path));
            shown.push(Shown { text, error, tolerance });
        } else if files::has_extension(&path, "parquet") {
            matrices.insert(path);
        } else {
            panic!("{}: this suite knows no such file", path.display());
        }
    }
    assert_eq!(matrices, used, "every unit matrix belongs to a case of the same folder");
    shown
}

fn get<T: serde::de::DeserializeOwned>(value: &Value, field: &str) -> T {
    serde_json::from_value(value[field].clone()).unwrap_or_else(|e| panic!("{field}: {e}"))
}

/// Arguments that follow the function's name in a field name, e.g. `_tau_0.5`.
fn arguments(suffix: &str) -> Vec<(String, f64)> {
    let (mut found, mut name) = (Vec::new(), Vec::new());
    for part in suffix.split('_').filter(|p| !p.is_empty()) {
        match part.parse::<f64>() {
            Ok(value) => found.push((std::mem::take(&mut name).join("_"), value)),
            Err(_) => name.push(part),
        }
    }
    assert!(name.is_empty(), "{suffix}: an argument has no value");
    found
}

fn whole(value: f64) -> usize {
    assert!(value >= 0.0 && value.fract() == 0.0, "{value} is no count");
    value as usize
}

fn clusters(folder: &Path, content: &Value, used: &mut BTreeSet<PathBuf>) -> (f64, f64) {
    for case in content.as_array().unwrap() {
        let file = folder.join(case["file"].as_str().unwrap());
        let hotkeys = files::strings(&case["hotkeys"]);
        let dim: usize = get(case, "D");
        let values = files::Table::read(&file).matrix(&hotkeys, &files::numbers(dim));
        used.insert(file.clone());
        let matrix = EmbeddingMatrix::new(&hotkeys, dim, values.view()).unwrap();
        assert_eq!((matrix.rows(), hotkeys.len()), (get(case, "T"), get(case, "H")));
        for (field, expected) in case.as_object().unwrap() {
            let found = if let Some(suffix) = field.strip_prefix("find_clusters") {
                assert!(suffix.is_empty(), "{field}: unknown argument");
                exact_clusters(&matrix, &ClusterProfile::default(), 2).unwrap()
            } else if let Some(suffix) = field.strip_prefix("find_correlated_cohorts") {
                correlated_cohorts(&matrix, &soft_profile(suffix), 2).unwrap()
            } else if let Some(suffix) = field.strip_prefix("find_lbfgs_joint_cohorts") {
                joint_cohorts(&matrix, &joint_profile(suffix), 2).unwrap()
            } else if field == "representatives" {
                let smallest: BTreeMap<String, String> =
                    exact_clusters(&matrix, &ClusterProfile::default(), 2)
                        .unwrap()
                        .into_iter()
                        .flat_map(|g| g.clone().into_iter().map(move |m| (m, g[0].clone())))
                        .collect();
                assert_eq!(smallest, get(case, field), "{}: {field}", file.display());
                continue;
            } else {
                let known = ["file", "T", "H", "D", "hotkeys"];
                assert!(known.contains(&field.as_str()), "{}: unknown {field}", file.display());
                continue;
            };
            assert_eq!(found, files::groups(expected), "{}: {field}", file.display());
        }
    }
    (0.0, 0.0)
}

fn soft_profile(suffix: &str) -> ClusterProfile {
    let mut profile = ClusterProfile::default();
    for (name, value) in arguments(suffix) {
        match name.as_str() {
            "tau" => profile.correlation = value,
            "min" => profile.min_active = whole(value),
            _ => panic!("find_correlated_cohorts: unknown argument {name}"),
        }
    }
    profile
}

fn joint_profile(suffix: &str) -> JointProfile {
    let mut profile = JointProfile::default();
    for (name, value) in arguments(suffix) {
        match name.as_str() {
            "bucket_dims" => profile.dims = whole(value),
            "min" => (profile.min_active, profile.min_joint) = (whole(value), whole(value)),
            "tau" => profile.correlation = value,
            _ => panic!("find_lbfgs_joint_cohorts: unknown argument {name}"),
        }
    }
    profile
}

fn random_starts(content: &Value) -> (f64, f64) {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Case {
        seed: u64,
        #[serde(rename = "T")]
        rows: usize,
        block: usize,
        n_blocks: usize,
        seedseq_state4_u64: Vec<String>,
        pcg_state: String,
        pcg_inc: String,
        first20_unsorted: Vec<usize>,
        sorted: Option<Vec<usize>>,
        sum: usize,
        raw_u64_first5: Vec<String>,
    }
    let cases: Vec<Case> = serde_json::from_value(content.clone()).unwrap();
    for case in cases {
        let seed = case.seed;
        let words = seed_words(seed).map(|w| w.to_string());
        assert_eq!(words.to_vec(), case.seedseq_state4_u64, "seed {seed}: seed words");
        let mut generator = Pcg64::seed(seed);
        let (state, increment) = generator.state();
        assert_eq!((state.to_string(), increment.to_string()), (case.pcg_state, case.pcg_inc));
        for expected in case.raw_u64_first5 {
            assert_eq!(generator.next_u64().to_string(), expected, "seed {seed}: raw output");
        }
        let starts = block_starts(seed, case.rows, case.block);
        assert_eq!(starts.len(), case.n_blocks, "seed {seed}: blocks");
        assert_eq!(starts.iter().sum::<usize>(), case.sum, "seed {seed}: sum");
        assert!(case.first20_unsorted.iter().all(|s| starts.contains(s)), "seed {seed}: first 20");
        if let Some(sorted) = case.sorted {
            assert_eq!(starts, sorted, "seed {seed}: starts");
        }
    }
    (0.0, 0.0)
}

/// Tracks the largest error relative to its own tolerance, so that one number tells.
#[derive(Default)]
struct Worst(f64);

impl Worst {
    fn see(&mut self, what: &str, got: f64, expected: f64, tolerance: f64) {
        let error = (got - expected).abs();
        assert!(error <= tolerance, "{what}: got {got}, expected {expected}");
        self.0 = self.0.max(error);
    }

    fn see_all<G: Into<f64>>(
        &mut self,
        what: &str,
        got: impl IntoIterator<Item = G>,
        expected: &[f64],
        tolerance: f64,
    ) {
        let got: Vec<f64> = got.into_iter().map(Into::into).collect();
        assert_eq!(got.len(), expected.len(), "{what}: length");
        for (g, e) in got.into_iter().zip(expected) {
            if !(g.is_nan() && e.is_nan()) {
                self.see(what, g, *e, tolerance);
            }
        }
    }
}

/// Numbers where null stands for NaN.
fn numbers(value: &Value) -> Vec<f64> {
    let values: Vec<Option<f64>> = serde_json::from_value(value.clone()).unwrap();
    values.into_iter().map(|v| v.unwrap_or(f64::NAN)).collect()
}

fn helpers(content: &Value) -> (f64, f64) {
    let mut worst = Worst::default();
    for (section, cases) in content.as_object().unwrap() {
        if section == "salience_ops" {
            share_operations(cases, &mut worst);
            continue;
        }
        for case in cases.as_array().unwrap_or(&Vec::new()) {
            match section.as_str() {
                "rolling_std_fast" => {
                    let got = rolling_std(&numbers(&case["x"]), get(case, "window"));
                    worst.see_all(section, got, &numbers(&case["out"]), ROLLING_TOLERANCE);
                }
                "sigma_from_price" => {
                    let (h, w) = (get(case, "return_horizon_steps"), get(case, "vol_window"));
                    let got = sigma_from_price(&numbers(&case["price"]), h, w);
                    worst.see_all(section, got, &numbers(&case["out"]), ROLLING_TOLERANCE);
                }
                "make_bins_from_price" => bins(case),
                "recent_mass_weights" => {
                    let (n, mass) = (get(case, "recent_samples"), get(case, "recent_mass"));
                    let got = recent_mass_weights(&numbers(&case["t"]), n, mass);
                    worst.see_all(section, got, &numbers(&case["out_f32"]), F32_TOLERANCE);
                }
                "logit" => {
                    let got = numbers(&case["p"]).into_iter().map(safe_logit);
                    worst.see_all(section, got, &numbers(&case["out"]), TOLERANCE);
                }
                "time_weights" => {
                    let rows: usize = get(case, "T");
                    let got = time_weights(rows, 15.0, 1440);
                    let sum = got.iter().sum::<f64>();
                    let ends = [got[0], got[rows - 1], got[rows / 2], sum];
                    for (field, got) in ["first", "last", "mid", "sum"].into_iter().zip(ends) {
                        worst.see(section, got, get(case, field), TOLERANCE * rows as f64);
                    }
                }
                "oos_segments" => {
                    let [rows, chunk, lag]: [usize; 3] = get(case, "args");
                    let got = out_of_sample_segments(rows, chunk, lag);
                    assert_eq!(got, get::<Vec<(usize, usize, usize)>>(case, "out"));
                }
                _ => panic!("helpers: this suite knows no section {section}"),
            }
        }
        if !cases.is_array() {
            let known = [("eps", Value::from(1e-12)), ("null_means", Value::from("NaN"))];
            let entry = (section.as_str(), cases.clone());
            assert!(known.contains(&entry), "helpers: unknown field {section}");
        }
    }
    (worst.0, ROLLING_TOLERANCE)
}

fn bins(case: &Value) {
    let horizon: usize = get(case, "horizon_steps");
    let sigma: Option<usize> = get(case, "sigma_return_horizon_steps");
    let price = numbers(&case["price"]);
    let (class, row): (Vec<usize>, Vec<usize>) =
        make_bins(&price, horizon, sigma.unwrap_or(horizon), get(case, "vol_window"))
            .into_iter()
            .map(|(class, row)| (usize::from(class), row))
            .unzip();
    assert_eq!((class, row), (get(case, "y"), get(case, "valid_idx")), "make_bins_from_price");
}

fn share_operations(sections: &Value, worst: &mut Worst) {
    type Operation = fn(&BTreeMap<String, f64>, &BTreeMap<String, String>) -> BTreeMap<String, f64>;
    for (name, cases) in sections.as_object().unwrap() {
        let operation: Operation = match name.as_str() {
            "collapse" => collapse_shares,
            "equalize" => equalise_shares,
            _ => panic!("helpers: this suite knows no operation {name}"),
        };
        for case in cases.as_array().unwrap() {
            let got = operation(&get(case, "salience"), &get(case, "reps"));
            let expected: BTreeMap<String, f64> = get(case, "out");
            assert!(got.keys().eq(expected.keys()), "{name}: hotkeys");
            for (hotkey, share) in got {
                worst.see(name, share, expected[&hotkey], TOLERANCE);
            }
        }
    }
}

fn first_hits(content: &Value) -> (f64, f64) {
    for case in content.as_array().unwrap() {
        let horizon = get::<usize>(case, "blocks_ahead") / get::<usize>(case, "sample_every");
        let price = numbers(&case["price"]);
        let found: Vec<u8> = hitfirst_labels(&price, get(case, "sigma_window"), horizon)
            .into_iter()
            .map(|(label, _)| label)
            .collect();
        assert_eq!(found, get::<Vec<u8>>(case, "labels_of_valid_rows"), "hitfirst_labels");
        assert_eq!(found.len(), get::<usize>(case, "n_valid"), "hitfirst_labels: n_valid");
    }
    (0.0, 0.0)
}

fn table(value: &Value) -> Array2<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(t, a)| rows[t][a])
}

fn trade_mix(content: &Value) -> (f64, f64) {
    const TOLERANCE: f64 = 1e-9;
    let mut worst = Worst::default();
    let prices = table(&content["prices"]);
    let hours = prices.nrows();
    let model = MarketModel::new(prices.view(), &TradeMixProfile::default());
    let row = |table: &Array2<f64>, t: usize| table.row(t).to_vec();
    worst.see_all(
        "w_last",
        row(&model.weights, hours - 1),
        &numbers(&content["w_last"]),
        TOLERANCE,
    );
    let betas = &model.betas;
    worst.see_all("betas_last", row(betas, hours - 1), &numbers(&content["betas_last"]), TOLERANCE);
    for (field, table) in [("w_row", &model.weights), ("betas_row", betas)] {
        for (t, expected) in content[field].as_object().unwrap() {
            worst.see_all(field, row(table, t.parse().unwrap()), &numbers(expected), TOLERANCE);
        }
    }
    worst.see_all("mkt", model.market.clone(), &numbers(&content["mkt"]), TOLERANCE);
    // Hours x miners x assets.
    let positions: Vec<Vec<Vec<f64>>> = get(content, "positions");
    let miners = positions[0].len();
    let books: Vec<Vec<(f64, Vec<f64>)>> = (0..miners)
        .map(|j| (0..hours).map(|t| model.hedge(t, &positions[t][j])).collect())
        .collect();
    for (j, book) in books.iter().enumerate() {
        worst.see("m_row_300", book[300].0, numbers(&content["m_row_300"])[j], TOLERANCE);
        let expected = numbers(&content["q_row_300"][j]);
        worst.see_all("q_row_300", book[300].1.clone(), &expected, TOLERANCE);
        let hedged: Vec<f64> = book.iter().flat_map(|(_, q)| q.clone()).collect();
        let (t, p) = model.evidence(&hedged);
        let expected = numbers(&content["evidence_t_p"][j]);
        worst.see("evidence t", t, expected[0], 1e-6);
        worst.see("evidence p", p, expected[1], 1e-6);
    }
    for case in content["bh"].as_array().unwrap() {
        assert_eq!(
            discoveries(&numbers(&case["p"]), get(case, "q")),
            get::<Vec<bool>>(case, "out")
        );
    }
    for case in content["softplus"].as_array().unwrap() {
        let [x, expected] = serde_json::from_value(case.clone()).unwrap();
        worst.see("softplus", softplus(x), expected, TOLERANCE);
    }
    for case in content["forward_pairs"].as_array().unwrap() {
        let found: Vec<i64> =
            forward_pairs(&get::<Vec<i64>>(case, "sidx"), get(case, "ahead"), 0.15)
                .into_iter()
                .map(|pair| pair.map_or(-1, |row| row as i64))
                .collect();
        assert_eq!(found, get::<Vec<i64>>(case, "out"), "forward_pairs");
    }
    (worst.0, 1e-6)
}

fn weights(content: &Value) -> (f64, f64) {
    let mut worst = Worst::default();
    for case in content.as_array().unwrap() {
        let hotkeys = files::strings(&case["hotkeys_by_uid"]);
        let previous: Option<BTreeMap<String, f64>> = case["previous"].as_object().map(|saved| {
            let weights = numbers(&saved["weights"]);
            files::strings(&saved["hotkeys"]).into_iter().zip(weights).collect()
        });
        let input = WeightInput {
            hotkeys: &hotkeys,
            shares: &get(case, "salience"),
            first_blocks: &get(case, "first_block"),
            block: get(case, "block"),
            previous: previous.as_ref(),
        };
        let profile = WeightProfile { burn_pct: get(case, "burn_pct"), ..Default::default() };
        let found = final_weights(input, &profile).unwrap();
        assert_eq!(found.is_none(), case["weights_f32"].is_null(), "validator_weights: {case}");
        if let Some(found) = found {
            worst.see_all("weights", found, &numbers(&case["weights_f32"]), F32_TOLERANCE);
        }
    }
    (worst.0, F32_TOLERANCE)
}
