//! Statistics against scikit-learn, SciPy and NumPy; see `data/statistics/README.md`.

#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use mantis_eval::backtest::overfitting;
use mantis_eval::metrics::balanced_accuracy;
use mantis_eval::statistics::{
    SharpeEvidence, deflated_sharpe, diebold_mariano, expected_maximum_sharpe, kendall, normal_cdf,
    normal_quantile, probabilistic_sharpe, quantile, spearman, student_t_cdf,
};
use ndarray::Array2;
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("data/statistics/statistics.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

/// Within 1e-12, absolutely or of the expected value: sums are taken in another order than NumPy's.
#[track_caller]
fn close(what: &str, got: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    let error = (got - expected).abs();
    assert!(error <= 1e-12 * expected.abs().max(1.0), "{what}: got {got}, expected {expected}");
}

/// Within 1e-12 of the expected value, however small it is.
#[track_caller]
fn close_relative(what: &str, got: f64, expected: f64) {
    assert!(
        (got - expected).abs() <= 1e-12 * expected.abs(),
        "{what}: got {got}, expected {expected}"
    );
}

#[test]
fn balanced_accuracy_equals_scikit_learn() {
    let case = &reference()["balanced_accuracy"];
    let up: Vec<bool> =
        case["up"].as_array().unwrap().iter().map(|u| u.as_bool().unwrap()).collect();
    let got = balanced_accuracy(&up, &numbers(&case["p_up"])).unwrap();
    close("balanced accuracy", got, &case["value"]);
}

#[test]
fn rank_correlations_equal_scipy() {
    for case in reference()["ranks"].as_array().unwrap() {
        let (a, b) = (numbers(&case["a"]), numbers(&case["b"]));
        close("spearman", spearman(&a, &b).unwrap().unwrap(), &case["spearman"]);
        close("kendall", kendall(&a, &b).unwrap().unwrap(), &case["kendall"]);
    }
    assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]).unwrap(), None);
    assert_eq!(kendall(&[1.0, 1.0], &[1.0, 2.0]).unwrap(), None);
    assert!(spearman(&[1.0], &[f64::NAN]).is_err() && kendall(&[], &[]).is_err());
}

#[test]
fn distributions_equal_scipy_in_their_tails_too() {
    let reference = &reference()["distributions"];
    let rows = |name: &str| -> Vec<Vec<f64>> {
        reference[name].as_array().unwrap().iter().map(numbers).collect()
    };
    for row in rows("normal_cdf") {
        close_relative(&format!("normal cdf {row:?}"), normal_cdf(row[0]), row[1]);
    }
    for row in rows("normal_quantile") {
        close_relative(&format!("normal quantile {row:?}"), normal_quantile(row[0]), row[1]);
    }
    for row in rows("student_t_cdf") {
        close_relative(&format!("t cdf {row:?}"), student_t_cdf(row[0], row[1]), row[2]);
    }
    assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
    assert_eq!(normal_quantile(1.0), f64::INFINITY);
    assert!(normal_quantile(1.5).is_nan() && normal_quantile(f64::NAN).is_nan());
}

#[test]
fn quantiles_equal_numpy() {
    let case = &reference()["quantile"];
    let values = numbers(&case["values"]);
    for (q, expected) in numbers(&case["q"]).into_iter().zip(case["expected"].as_array().unwrap()) {
        close("quantile", quantile(&values, q).unwrap(), expected);
    }
    assert!(quantile(&values, 1.1).is_err() && quantile(&[], 0.5).is_err());
}

#[test]
fn diebold_mariano_equals_the_formula_on_scipy() {
    for case in reference()["diebold_mariano"].as_array().unwrap() {
        let horizon = case["horizon"].as_u64().unwrap() as usize;
        let (a, b) = (numbers(&case["a"]), numbers(&case["b"]));
        let test = diebold_mariano(&a, &b, horizon).unwrap();
        close("difference", test.difference, &case["difference"]);
        close("statistic", test.statistic, &case["statistic"]);
        close("p value", test.p_value, &case["p_value"]);
    }
    let same = [0.5; 30];
    assert!(diebold_mariano(&same, &same, 1).is_err());
    assert!(diebold_mariano(&same, &same[1..], 1).is_err());
    assert!(diebold_mariano(&same, &same, 30).is_err());
}

#[test]
fn sharpe_ratios_are_deflated_as_published() {
    let case = &reference()["sharpe"];
    let trials = numbers(&case["trials"]);
    let evidence = SharpeEvidence::new(&numbers(&case["returns"])).unwrap();
    close("sharpe", evidence.sharpe, &case["sharpe"]);
    close("skewness", evidence.skewness, &case["skewness"]);
    close("kurtosis", evidence.kurtosis, &case["kurtosis"]);
    close("probabilistic", probabilistic_sharpe(&evidence, 0.0), &case["probabilistic"]);
    close(
        "deflated",
        deflated_sharpe(&evidence, &trials, trials.len()).unwrap(),
        &case["deflated"],
    );
    let n = trials.len() as f64;
    let mean = trials.iter().sum::<f64>() / n;
    let deviation = (trials.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let expected = expected_maximum_sharpe(trials.len(), deviation).unwrap();
    close("expected maximum", expected, &case["expected_maximum"]);
    assert!(SharpeEvidence::new(&[0.1, 0.1]).is_err() && SharpeEvidence::new(&[0.1]).is_err());
    assert!(deflated_sharpe(&evidence, &[], 3).is_err());
    assert!(deflated_sharpe(&evidence, &trials, trials.len() - 1).is_err());
    let more = deflated_sharpe(&evidence, &trials, 10 * trials.len()).unwrap();
    assert!(more < deflated_sharpe(&evidence, &trials, trials.len()).unwrap());
    assert!(expected_maximum_sharpe(0, 0.1).is_err() && expected_maximum_sharpe(3, -0.1).is_err());
}

#[test]
fn overfitting_equals_the_published_procedure() {
    let case = &reference()["overfitting"];
    let values = numbers(&case["table"]);
    let trials = case["trials"].as_u64().unwrap() as usize;
    let table = Array2::from_shape_vec((values.len() / trials, trials), values).unwrap();
    let found = overfitting(table.view(), case["blocks"].as_u64().unwrap() as usize).unwrap();
    close("probability", found.probability, &case["probability"]);
    close("loss probability", found.loss_probability, &case["loss_probability"]);
    let expected = case["logits"].as_array().unwrap();
    assert_eq!(found.logits.len(), expected.len());
    for (got, expected) in found.logits.iter().zip(expected) {
        close("logit", *got, expected);
    }
}
