use std::ops::ControlFlow;

use mantis_data::source::RandomWalk;
use mantis_data::{Interval, Panel, Timestamp};

use super::*;
use crate::FeaturePlan;

fn panel(rows: usize) -> Panel {
    let start = Timestamp::parse("2023-05-01T03:00:00Z").unwrap();
    let mut panel = Panel::new(Interval::HOUR);
    for (seed, symbol) in (1..).zip(["BTCUSDT", "ETHUSDT"]) {
        let bars = RandomWalk::default().bars(symbol, start, Interval::HOUR, rows, seed).unwrap();
        panel.add_bars(symbol, bars).unwrap();
    }
    panel
}

fn quick() -> AuditOptions {
    AuditOptions { cuts: 4, exact_rows: 400, learner_rows: 3_000, ..AuditOptions::default() }
}

#[test]
fn every_canary_is_caught_by_every_check_that_should() {
    let mut seen = Vec::new();
    let mut note = |name: &str| {
        seen.push(name.to_owned());
        ControlFlow::Continue(())
    };
    let caught = check_canaries("BTCUSDT", &panel(3_000), &quick(), &mut note).unwrap();
    assert_eq!(caught.len(), 6);
    assert_eq!(seen.len(), 6);
    for canary in caught {
        assert!(canary.caught, "{canary:?}");
    }
}

#[test]
fn clean_indicators_pass_every_check() {
    let names: Vec<String> =
        FeaturePlan::default_for("BTCUSDT").without(crate::registry::Family::Modes).names();
    let plan = FeaturePlan::of("BTCUSDT", &names).unwrap();
    // Long enough for the longest window.
    let options = AuditOptions { exact_rows: 600, ..quick() };
    let report = run(&plan, &panel(3_000), &options, &mut |_| {}).unwrap();
    assert!(report.passed(), "{report}");
    assert!(report.checks.iter().all(|c| c.verdict == Verdict::Passed), "{report}");
    assert!(!report.left_out.is_empty() && report.columns > 150);
}

#[test]
fn a_fault_names_column_time_and_size() {
    let report =
        run(canaries("BTCUSDT")[1].subject.as_ref(), &panel(3_000), &quick(), &mut |_| {}).unwrap();
    assert!(!report.passed());
    let fault = &report.check("truncation").unwrap().faults[0];
    assert_eq!(fault.column, "centred_mean");
    assert!(fault.first.is_some() && fault.size > 1e-3 && fault.size.is_finite());
    assert_eq!(report.check("streaming").unwrap().verdict, Verdict::Skipped);
    let text = report.to_string();
    assert!(text.contains("FAIL  truncation") && text.contains("centred_mean: first differs"));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["checks"][1]["verdict"], "failed");
    assert!(json["checks"][1]["faults"][0]["first"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn rows_before_their_bar_closed_and_rows_in_gaps_are_found() {
    let early = from_fn("early", "BTCUSDT", |panel: &Panel| {
        let bars = panel.bars("BTCUSDT").ok_or("no bars")?;
        let known_at = bars.open_time().to_vec();
        Ok(Table { known_at, names: vec!["one".into()], columns: vec![vec![1.0; bars.len()]] })
    });
    let report = run(&early, &panel(600), &quick(), &mut |_| {}).unwrap();
    let check = report.check("availability").unwrap();
    assert_eq!(check.verdict, Verdict::Failed, "{report}");
}

#[test]
fn subjects_that_fail_or_give_no_table_are_told_so() {
    let fails = from_fn("fails", "BTCUSDT", |_: &Panel| Err("out of order".into()));
    let error = run(&fails, &panel(600), &quick(), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("fails could not be computed: out of order"));
    let ragged = from_fn("ragged", "BTCUSDT", |_: &Panel| {
        Ok(Table { known_at: vec![], names: vec!["x".into()], columns: vec![vec![1.0]] })
    });
    let error = run(&ragged, &panel(600), &quick(), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("1 values for 0 rows"), "{error}");
    for (rows, names) in [(0, vec!["x".to_owned()]), (600, vec![])] {
        let empty = from_fn("empty", "BTCUSDT", move |panel: &Panel| {
            let bars = panel.bars("BTCUSDT").ok_or("no bars")?;
            let known_at = (0..rows.min(bars.len())).map(|i| bars.known_at(i)).collect();
            Ok(Table { known_at, columns: vec![vec![]; names.len()], names: names.clone() })
        });
        let error = run(&empty, &panel(600), &quick(), &mut |_| {}).unwrap_err();
        assert!(matches!(error, Error::AuditTable { .. }), "{error}");
    }
    let short = run(&ragged, &panel(20), &quick(), &mut |_| {});
    assert!(matches!(short, Err(Error::AuditRows { got: 20, .. })));
    let none = run(&ragged, &panel(600), &AuditOptions { cuts: 0, ..quick() }, &mut |_| {});
    assert!(matches!(none, Err(Error::Parameter { parameter: "cuts", .. })));
}

#[test]
fn a_column_without_a_value_does_not_pass() {
    let blank = from_fn("blank", "BTCUSDT", |panel: &Panel| {
        let bars = panel.bars("BTCUSDT").ok_or("no bars")?;
        let known_at = (0..bars.len()).map(|i| bars.known_at(i)).collect();
        let columns = vec![bars.volume().to_vec(), vec![f64::NAN; bars.len()]];
        Ok(Table { known_at, names: vec!["volume".into(), "blank".into()], columns })
    });
    let report = run(&blank, &panel(600), &quick(), &mut |_| {}).unwrap();
    assert!(!report.passed());
    let faults = &report.check("values").unwrap().faults;
    assert_eq!((faults.len(), faults[0].column.as_str()), (1, "blank"));
    assert!(report.to_string().contains("not all columns were audited"), "{report}");
}

#[test]
fn an_audit_of_canaries_that_is_stopped_says_how_far_it_came() {
    let mut left = 2;
    let mut stop = |_: &str| {
        left -= 1;
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let stopped = check_canaries("BTCUSDT", &panel(600), &quick(), &mut stop);
    assert!(matches!(stopped, Err(Error::Stopped { done: 1, total: 6 })), "{stopped:?}");
}
