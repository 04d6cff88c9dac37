//! Edge cases of every chart, and what each refuses.

use mantis_data::{Interval, Timestamp};

use super::{AccuracyBar, NamedSeries};
use crate::metrics::{CalibrationBin, RocPoint};
use crate::report::Svg;
use crate::{Error, Result};

fn hours(count: i64) -> Vec<Timestamp> {
    let start = Timestamp::parse("2024-02-28").expect("a date");
    (0..count).map(|h| start + Interval::hours(h)).collect()
}

fn message(outcome: Result<Svg>) -> String {
    outcome.expect_err("this input must be refused").to_string()
}

fn bar(label: &str, accuracy: f64, n: usize) -> AccuracyBar {
    AccuracyBar { label: label.into(), accuracy, low: 0.0, high: 1.0, n }
}

fn point(false_positive_rate: f64, true_positive_rate: f64) -> RocPoint {
    RocPoint { false_positive_rate, true_positive_rate, threshold: None }
}

#[test]
fn a_value_that_is_not_finite_is_named_with_its_series_and_place() {
    let times = hours(3);
    let series = |v: f64| [NamedSeries { name: "mode 4".into(), values: vec![1.0, v, 2.0] }];
    for bad in [f64::NAN, f64::INFINITY, -1e200] {
        let text = message(super::modes(&times, &series(bad)));
        assert!(text.contains("value 1 of mode 4"), "{text}");
        let text = message(super::contributions(&["a", "b"], &[0.1, bad]));
        assert!(text.contains("value 1 of contributions"), "{text}");
        let text = message(super::learning_curves(&[0.7, 0.6], &[0.7, bad], 0));
        assert!(text.contains("value 1 of validation loss"), "{text}");
        let text = message(super::ranking(&["a", "b"], &[0.1, bad], 0));
        assert!(text.contains("value 1 of shares"), "{text}");
        let text = message(super::graph(&["a", "b"], &[(0, 1, bad)], &[]));
        assert!(text.contains("value 0 of edge weights"), "{text}");
        let text = message(super::roc(&[point(0.0, 0.0), point(1.0, bad)], 0.5));
        assert!(text.contains("value 1 of true positive rate"), "{text}");
        let text = message(super::accuracy_bars("By month", &[bar("1", bad, 9)]));
        assert!(text.contains("value 0 of accuracy"), "{text}");
        let text = message(super::price_with_span(&times, &[1.0, 2.0, bad], times[1]..times[2]));
        assert!(text.contains("value 2 of closes"), "{text}");
    }
}

#[test]
fn nothing_to_draw_is_an_error() {
    let none: [&str; 0] = [];
    let refused = [
        super::modes(&hours(2), &[]),
        super::contributions(&none, &[]),
        super::learning_curves(&[], &[], 0),
        super::ranking(&none, &[], 0),
        super::graph(&none, &[], &[]),
        super::roc(&[], 0.5),
        super::calibration(&[]),
        super::accuracy_bars("By month", &[]),
    ];
    for outcome in refused {
        assert!(matches!(outcome, Err(Error::ChartEmpty { .. })), "{outcome:?}");
    }
    let times = hours(3);
    let outside = times[2] + Interval::DAY;
    let text = message(super::price_with_span(&times, &[1.0; 3], outside..outside));
    assert!(text.contains("test span has 0 values"), "{text}");
}

#[test]
fn inputs_that_do_not_belong_together_are_errors() {
    let times = hours(3);
    let back = [times[0], times[2], times[1]];
    let refused = [
        super::price_with_span(&times, &[1.0; 2], times[0]..times[1]),
        super::price_with_span(&back, &[1.0; 3], times[0]..times[1]),
        super::contributions(&["a"], &[0.1, 0.2]),
        super::learning_curves(&[0.7], &[0.7, 0.6], 0),
        super::learning_curves(&[0.7], &[0.7], 1),
        super::ranking(&["a"], &[0.1], 1),
        super::graph(&["a", "b"], &[(0, 2, 1.0)], &[]),
        super::graph(&["a", "b"], &[], &[2]),
    ];
    for outcome in refused {
        let error = outcome.expect_err("this input must be refused");
        let known = matches!(
            error,
            Error::ChartLength { .. } | Error::ChartIndex { .. } | Error::ChartOrder { .. }
        );
        assert!(known, "{error}");
    }
}

#[test]
fn the_smallest_and_flattest_inputs_draw() -> Result<()> {
    let times = hours(2);
    let flat = [NamedSeries { name: "flat".into(), values: vec![1.0, 1.0 + f64::EPSILON] }];
    let bin = CalibrationBin { low: 0.5, high: 0.6, n: 1, mean_probability: 0.5, frequency: 1.0 };
    let drawn = [
        super::modes(&times, &flat)?,
        super::price_with_span(&times, &[0.00012, 0.00012], times[0]..times[1])?,
        super::contributions(&["a"], &[0.0])?,
        super::learning_curves(&[0.0], &[0.0], 0)?,
        super::ranking(&["a"], &[0.0], 0)?,
        super::graph(&["a", "b"], &[], &[])?,
        super::graph(&["a", "b", "c"], &[(0, 1, 0.0), (1, 2, 0.0)], &[0, 1, 2])?,
        super::roc(&[point(0.0, 0.0), point(1.0, 1.0)], 0.5)?,
        super::calibration(&[bin])?,
        super::accuracy_bars("By month", &[bar("2025-01", 0.5, 0)])?,
    ];
    for svg in drawn {
        for text in [Some(svg.as_str()), svg.narrow()].into_iter().flatten() {
            assert!(!text.contains("NaN") && !text.contains("inf"), "{}", svg.title());
        }
    }
    Ok(())
}

#[test]
fn names_are_escaped() -> Result<()> {
    let evil = "<script>alert('x')</script>&\"";
    let drawn = [
        super::contributions(&[evil], &[0.1])?,
        super::ranking(&[evil], &[0.1], 0)?,
        super::graph(&[evil, "b"], &[(0, 1, 1.0)], &[0])?,
        super::accuracy_bars(evil, &[bar(evil, 0.5, 3)])?,
    ];
    for svg in drawn {
        for text in [Some(svg.as_str()), svg.narrow()].into_iter().flatten() {
            assert!(!text.contains("<script"), "{text}");
            roxmltree::Document::parse(text).expect("well-formed");
        }
    }
    Ok(())
}

#[test]
fn thinning_keeps_ends_and_extremes() {
    let mut values: Vec<f64> = (0..10_000).map(|i| f64::from(i % 7)).collect();
    values[4321] = 99.0;
    values[8765] = -99.0;
    let kept = super::thin::thin(&values, 100);
    assert!(kept.len() <= 202 && kept.windows(2).all(|w| w[0] < w[1]));
    for index in [0, 4321, 8765, 9999] {
        assert!(kept.contains(&index), "{index} was dropped");
    }
}

#[test]
fn a_long_ranking_shows_the_best_and_mine() -> Result<()> {
    let names: Vec<String> = (0..100).map(|i| format!("miner {i}")).collect();
    let shares: Vec<f64> = (0..100).map(|i| f64::from(100 - i)).collect();
    let svg = super::ranking(&names, &shares, 60)?;
    for shown in ["1. miner 0", "61. miner 60", "100. miner 99", "… ranks 11 to 58"] {
        assert!(svg.as_str().contains(shown), "{shown} is missing");
    }
    assert!(!svg.as_str().contains("30. miner 29"));
    Ok(())
}
