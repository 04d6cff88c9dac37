//! Cases of one challenge each: trade mix, barrier hits, ranks of returns and of funding rates.

use crate::Shown;
use crate::files::{self, Table};
use crate::profiles::with_known;
use mantis_eval::score::{
    CrossOutcome, CrossProfile, EmbeddingMatrix, HitfirstProfile, LbfgsProfile, Outcome,
    TradeMixOutcome, TradeMixProfile, hitfirst_labels, score_funding, score_hitfirst, score_lbfgs,
    score_trade_mix, score_xsec,
};
use ndarray::Array2;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

const TRADE_MIX_TOLERANCE: f64 = 1e-9;
const EVIDENCE_TOLERANCE: f64 = 1e-6;
/// A port of the validator's solver follows its path; sums run in another order.
const PORT_TOLERANCE: f64 = 1e-6;
/// The validator's solver nearly reaches the optimum, which is where the fits here end.
const CLASSIFIER_TOLERANCE: f64 = 1e-5;
const QUANTILE_TOLERANCE: f64 = 2e-5;
const THREADS: usize = 2;

pub(crate) fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Sidecar, table and embeddings of one case.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) side: Value,
    pub(crate) table: Table,
    pub(crate) hotkeys: Vec<String>,
    pub(crate) parts: Vec<String>,
    pub(crate) values: Array2<f32>,
}

impl Case {
    pub(crate) fn read(path: &Path, kind: &str) -> Self {
        let side = files::json(path);
        let name = format!("{kind}/{}", side["case"].as_str().unwrap());
        let hotkeys = files::strings(&side["hotkeys"]);
        let parts = if side["assets"].is_array() {
            files::strings(&side["assets"])
        } else {
            files::numbers(side["dim"].as_u64().unwrap() as usize)
        };
        let table = Table::read(&path.with_extension("parquet"));
        let values = table.matrix(&hotkeys, &parts);
        if let Some(expected) = side["x_sha256_f32le"].as_str() {
            assert_eq!(files::hash(&values), expected, "{name}: x_sha256_f32le");
        }
        Self { name, side, table, hotkeys, parts, values }
    }

    pub(crate) fn matrix(&self) -> EmbeddingMatrix<'_> {
        EmbeddingMatrix::new(&self.hotkeys, self.parts.len(), self.values.view()).unwrap()
    }

    pub(crate) fn blocks_ahead(&self) -> u32 {
        self.side["params"]["blocks_ahead"].as_u64().unwrap() as u32
    }

    pub(crate) fn sidx(&self) -> Option<Vec<i64>> {
        let used = self.side["params"]["use_sidx"] != Value::Bool(false);
        used.then(|| self.table.i64("sidx"))
    }

    pub(crate) fn shown(&self, shares: Vec<(String, f64)>, tolerance: f64) -> Shown {
        let shares: BTreeMap<String, f64> = shares.into_iter().collect();
        let expected = &self.side["expected"]["salience"];
        let error = files::largest_difference(&shares, expected, &self.name);
        Shown { text: self.name.clone(), error, tolerance }
    }
}

pub(crate) fn trade_mix_profile(spec: &Value) -> TradeMixProfile {
    let mut spec = spec.as_object().cloned().unwrap_or_default();
    // The reward table keeps these beside the constants.
    for other in ["dim", "blocks_ahead"] {
        spec.remove(other);
    }
    serde_json::from_value(Value::Object(spec)).unwrap()
}

pub(crate) fn trade_mix(folder: &Path) -> Vec<Shown> {
    let case = |path: &std::path::PathBuf| {
        let case = Case::read(path, "trade_mix");
        let profile = trade_mix_profile(&case.side["params"]["spec"]);
        let prices = case.table.by_asset("price", &case.parts);
        let sidx = case.sidx();
        let outcome =
            score_trade_mix(&case.matrix(), prices.view(), sidx.as_deref(), &profile).unwrap();
        let worst = evidence(&case, &outcome);
        assert!(worst <= EVIDENCE_TOLERANCE, "{}: evidence differs by {worst}", case.name);
        case.shown(outcome.salience, TRADE_MIX_TOLERANCE)
    };
    files::sidecars(folder, &[]).iter().map(case).collect()
}

/// Largest difference of a diagnostic; gates must be equal.
fn evidence(case: &Case, outcome: &TradeMixOutcome) -> f64 {
    let diagnostics = &case.side["diagnostics"];
    if outcome.miners.is_empty() {
        return 0.0;
    }
    let mut worst: f64 = 0.0;
    for (hotkey, miner) in case.hotkeys.iter().zip(&outcome.miners) {
        for (field, got) in [
            ("first_seen", miner.first_seen as f64),
            ("coverage", miner.coverage),
            ("t_rv", miner.t_rv),
            ("p_rv", miner.p_rv),
            ("t_beta", miner.t_beta),
            ("p_beta", miner.p_beta),
            ("attr_rv", miner.attribution_rv),
            ("attr_beta", miner.attribution_beta),
        ] {
            if let Some(expected) = diagnostics[field][hotkey].as_f64() {
                let error = (got - expected).abs();
                assert!(error <= 1e-6, "{}: {field} of {hotkey}: {got} {expected}", case.name);
                worst = worst.max(error);
            }
        }
        for (field, got) in [
            ("gate_rv", miner.gated_rv),
            ("gate_beta", miner.gated_beta),
            ("eligible", miner.eligible),
            ("active_rv", miner.active),
        ] {
            if let Some(list) = diagnostics[field].as_array() {
                let expected = list.iter().any(|h| h == hotkey.as_str());
                assert_eq!(got, expected, "{}: {field} of {hotkey}", case.name);
            }
        }
    }
    worst
}

pub(crate) fn hitfirst(folder: &Path) -> Vec<Shown> {
    let case = |path: &std::path::PathBuf| {
        let case = Case::read(path, "hitfirst");
        let mut params = case.side["params"].as_object().unwrap().clone();
        params.retain(|name, _| !["blocks_ahead", "sample_every"].contains(&name.as_str()));
        let profile: HitfirstProfile = serde_json::from_value(Value::Object(params)).unwrap();
        let price = case.table.f64("price");
        if let Some(file) = case.side["labels_file"].as_str().and_then(|f| f.split(' ').next()) {
            let window =
                profile.min_required_samples.max((1440.0 * profile.min_days).ceil() as usize);
            let horizon = case.blocks_ahead() as usize / 5;
            let found: Vec<i64> =
                hitfirst_labels(&price, window, horizon).iter().map(|l| i64::from(l.0)).collect();
            let labels = Table::read(&path.with_file_name(file));
            let column = labels.names().next().unwrap().clone();
            assert_eq!(found, labels.i64(&column), "{}: labels", case.name);
        }
        let outcome = score_hitfirst(
            &case.matrix(),
            &price,
            case.blocks_ahead(),
            &profile,
            THREADS,
            &mut go_on,
        )
        .unwrap();
        case.shown(outcome.salience, PORT_TOLERANCE)
    };
    files::sidecars(folder, &[".labels"]).iter().map(case).collect()
}

pub(crate) fn xsec(folder: &Path) -> Vec<Shown> {
    let case = |path: &std::path::PathBuf| {
        let case = Case::read(path, "xsec");
        let profile: CrossProfile = with_known(&case.side["config_overrides"]);
        let prices = case.table.by_asset("price", &case.parts);
        let ahead = case.blocks_ahead();
        let found = score_xsec(&case.matrix(), prices.view(), ahead, &profile, THREADS, &mut go_on);
        segments(&case, found.unwrap())
    };
    files::sidecars(folder, &[]).iter().map(case).collect()
}

pub(crate) fn funding(folder: &Path) -> Vec<Shown> {
    let case = |path: &std::path::PathBuf| {
        let case = Case::read(path, "funding");
        let profile: CrossProfile = with_known(&case.side["config_overrides"]);
        let rates = case.table.by_asset("funding", &case.parts);
        let (sidx, ahead) = (case.sidx(), case.blocks_ahead());
        let (matrix, sidx) = (case.matrix(), sidx.as_deref());
        let found =
            score_funding(&matrix, rates.view(), sidx, ahead, &profile, THREADS, &mut go_on);
        segments(&case, found.unwrap())
    };
    files::sidecars(folder, &[]).iter().map(case).collect()
}

fn segments(case: &Case, found: CrossOutcome) -> Shown {
    if let Some(expected) = case.side["diagnostics"]["segments_used"].as_array() {
        let numbers: Vec<u64> = expected.iter().map(|s| s["segment"].as_u64().unwrap()).collect();
        let got: Vec<u64> = found.segments.iter().map(|s| s.segment as u64).collect();
        assert_eq!(got, numbers, "{}: segments", case.name);
        for (got, expected) in found.segments.iter().zip(expected) {
            let expected = expected["val_auc"].as_f64().unwrap();
            let error = (got.auc - expected).abs();
            assert!(error < 1e-6, "{}: AUC {} for {expected}", case.name, got.auc);
        }
    }
    case.shown(found.outcome.salience, PORT_TOLERANCE)
}

pub(crate) fn lbfgs(folder: &Path) -> Vec<Shown> {
    let case = |path: &std::path::PathBuf| {
        let case = Case::read(path, "lbfgs");
        let mut params = case.side["params"].as_object().unwrap().clone();
        params.retain(|name, _| !["blocks_ahead", "sample_every"].contains(&name.as_str()));
        let profile: LbfgsProfile = serde_json::from_value(Value::Object(params)).unwrap();
        let price = case.table.f64("price");
        let (matrix, ahead) = (case.matrix(), case.blocks_ahead());
        let found = score_lbfgs(&matrix, &price, ahead, &profile, THREADS, &mut go_on).unwrap();
        let path = |field: &str, outcome: Outcome, tolerance: f64| {
            let name = format!("{} {field}", case.name);
            let shares: BTreeMap<String, f64> = outcome.salience.into_iter().collect();
            let expected = &case.side["expected"][field]["salience"];
            let error = files::largest_difference(&shares, expected, &name);
            Shown { text: name, error, tolerance }
        };
        let mut worst = path("cls", found.classifier, CLASSIFIER_TOLERANCE);
        let quantiles = path("q", found.quantiles, QUANTILE_TOLERANCE);
        assert!(quantiles.error <= quantiles.tolerance, "{}: {}", quantiles.text, quantiles.error);
        worst.text = format!("{} (q {:.3e})", worst.text, quantiles.error);
        worst
    };
    files::sidecars(folder, &[]).iter().map(case).collect()
}
