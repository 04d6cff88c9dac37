//! Cases of all challenges together.

use crate::challenges::{Case, go_on};
use crate::events::samples;
use crate::profiles::{assert_known, knows, with_known};
use crate::{Shown, files};
use mantis_data::challenge::{ChallengeTable, LossKind};
use mantis_eval::score::{
    BinaryProfile, ChallengeShares, CrossProfile, EmbeddingMatrix, Evidence, ScoringProfile,
    aggregate, score_challenge,
};
use serde_json::Value;
use std::path::Path;

/// What the binary scorer's stochastic solver leaves, in the mean of several challenges.
const TOLERANCE: f64 = 2e-4;
/// A single challenge of the breakdown.
const SINGLE_TOLERANCE: f64 = 5e-4;
const THREADS: usize = 2;

pub(crate) fn replay(folder: &Path) -> Vec<Shown> {
    files::sidecars(folder, &[]).iter().flat_map(|path| case(path)).collect()
}

/// Binary, cross-section and funding read their constants from the same configuration.
pub(crate) fn configured(case: &str, overrides: &Value) -> ScoringProfile {
    let known = [knows::<BinaryProfile>, knows::<CrossProfile>];
    assert_known(case, overrides, &known);
    ScoringProfile {
        binary: with_known(overrides),
        xsec: with_known(overrides),
        funding: with_known(overrides),
        ..ScoringProfile::default()
    }
}

fn case(path: &Path) -> Vec<Shown> {
    let side = files::json(path);
    let name = format!("multi/{}", side["case"].as_str().unwrap());
    let profile = configured(&name, &side["config_overrides"]);
    let table = ChallengeTable::profile("2026-07").unwrap();
    let mut all = Vec::new();
    for ticker in files::strings(&side["order"]) {
        let challenge = table.get(&ticker).unwrap();
        assert_eq!(side["weights"][&ticker], challenge.weight, "{name}: weight of {ticker}");
        let input = &side["inputs"][&ticker];
        let file = path.parent().unwrap().join(input["parquet"].as_str().unwrap());
        all.push(match challenge.loss {
            LossKind::RangeBreakoutMulti => {
                let sibling = files::json(&file.with_extension("json"));
                let hotkeys = files::strings(&sibling["hotkeys"]);
                let mut samples = samples(&files::Table::read(&file), &hotkeys);
                for sample in &mut samples {
                    let renamed = std::mem::take(&mut sample.embeddings).into_iter();
                    sample.embeddings = renamed.map(|(h, v)| (new_name(input, &h), v)).collect();
                }
                score(challenge, Evidence::Breakouts(&samples), &profile)
            }
            kind => {
                let case = Case::read(&file.with_extension("json"), &ticker);
                let hotkeys: Vec<String> =
                    case.hotkeys.iter().map(|h| new_name(input, h)).collect();
                let matrix =
                    EmbeddingMatrix::new(&hotkeys, case.parts.len(), case.values.view()).unwrap();
                let minutes = || case.table.i64("sidx");
                match kind {
                    LossKind::Binary => {
                        let evidence = Evidence::Returns(matrix, &case.table.f32("y"));
                        score(challenge, evidence, &profile)
                    }
                    LossKind::Hitfirst | LossKind::Lbfgs => {
                        let evidence = Evidence::Price(matrix, &case.table.f64("price"));
                        score(challenge, evidence, &profile)
                    }
                    LossKind::XsecRank => {
                        let prices = case.table.by_asset("price", &case.parts);
                        let evidence = Evidence::Assets(matrix, prices.view(), None);
                        score(challenge, evidence, &profile)
                    }
                    _ => {
                        let prefix = if kind == LossKind::TradeMix { "price" } else { "funding" };
                        let observed = case.table.by_asset(prefix, &case.parts);
                        let evidence = Evidence::Assets(matrix, observed.view(), Some(&minutes()));
                        score(challenge, evidence, &profile)
                    }
                }
            }
        });
    }
    compare(&name, &side["expected"], &all, &|_| SINGLE_TOLERANCE, TOLERANCE)
}

fn new_name(input: &Value, hotkey: &str) -> String {
    input["rename"][hotkey].as_str().unwrap().to_owned()
}

pub(crate) fn score(
    challenge: &mantis_data::challenge::Challenge,
    evidence: Evidence<'_>,
    profile: &ScoringProfile,
) -> ChallengeShares {
    score_challenge(challenge, evidence, profile, THREADS, &mut go_on).unwrap()
}

/// The breakdown by challenge, and the total.
pub(crate) fn compare(
    name: &str,
    expected: &Value,
    all: &[ChallengeShares],
    tolerance: &dyn Fn(&str) -> f64,
    total_tolerance: f64,
) -> Vec<Shown> {
    let breakdown = expected["breakdown"].as_object().unwrap();
    for ticker in breakdown.keys() {
        assert!(all.iter().any(|c| c.ticker == *ticker), "{name}: no {ticker}");
    }
    for found in all {
        let none = Value::Object(serde_json::Map::new());
        let expected = breakdown.get(&found.ticker).unwrap_or(&none);
        let single = format!("{name} {}", found.ticker);
        let error = files::largest_difference(&found.shares, expected, &single);
        let allowed = tolerance(&found.ticker);
        assert!(error <= allowed, "{single}: differs by {error:e}, tolerance {allowed:e}");
    }
    let total = aggregate(all);
    let error = files::largest_difference(&total, &expected["salience"], name);
    vec![Shown { text: name.to_owned(), error, tolerance: total_tolerance }]
}
