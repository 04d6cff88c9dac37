use std::ops::ControlFlow;

use mantis_data::source::RandomWalk;
use mantis_data::{Bars, Interval, Panel, Series, SeriesKind, Timestamp};
use mantis_vmd::VmdParams;

use super::*;
use crate::FeaturePlan;
use crate::plan::ModeSettings;
use crate::registry::{Family, Indicator, Input, indicators, transforms};

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

/// Two more symbols, and all series of the first, each value some seconds after its hour.
fn complete(rows: usize) -> Panel {
    let mut panel = panel(rows);
    let clock = panel.clock().to_vec();
    let bars = RandomWalk::default().bars("SOL", clock[0], Interval::HOUR, rows, 9).unwrap();
    panel.add_bars("SOL", bars).unwrap();
    let volume = panel.bars("BTCUSDT").unwrap().volume().to_vec();
    for (kind, every) in [
        (SeriesKind::FundingRate, 8),
        (SeriesKind::OpenInterest, 1),
        (SeriesKind::TakerBuyVolume, 1),
    ] {
        let within = if kind == SeriesKind::TakerBuyVolume {
            Interval::HOUR
        } else {
            Interval::from_micros(7_000_000)
        };
        let rows = (0..rows).step_by(every);
        let known_at = rows.clone().map(|i| clock[i] + within).collect();
        let wave = |i: usize| 1.5 + (0.37 * i as f64).sin() * (0.011 * i as f64).cos();
        let value = |i: usize| match kind {
            SeriesKind::FundingRate => 1e-4 * wave(i),
            SeriesKind::OpenInterest => 9e4 * wave(i),
            _ => volume[i] * wave(i) / 3.0,
        };
        let series = Series::new("series", known_at, rows.map(value).collect()).unwrap();
        panel.add_series("BTCUSDT", kind, series).unwrap();
    }
    panel
}

#[test]
fn every_registered_indicator_and_transform_is_clean() {
    let of = |i: &Indicator| {
        let params: String = i.params.iter().map(|p| format!("_{}", p.default)).collect();
        let others = match (i.needs_other(), i.inputs.contains(&Input::Others)) {
            (true, true) => "@ETHUSDT+SOL",
            (true, false) => "@ETHUSDT",
            _ => "",
        };
        format!("{}{params}{others}", i.name)
    };
    let mut names: Vec<String> = indicators().map(of).collect();
    names.extend(transforms().map(|t| match t.least {
        Some(least) => format!("retz_1_48|{}({})", t.name, least + 20),
        None => format!("retz_1_48|{}", t.name),
    }));
    names.extend(["rsi_14/4h", "retz_1_48@ETHUSDT", "funding_oi_24|zscore(24)"].map(str::to_owned));
    let few = VmdParams { k: 2, max_sweeps: 20, ..VmdParams::default() };
    let plan = FeaturePlan::of("BTCUSDT", &names)
        .unwrap()
        .with_modes(ModeSettings { params: few, window: 64 });
    // Long enough for the longest window.
    let options = AuditOptions { exact_rows: 700, learner_rows: 2_500, ..quick() };
    let report = run(&plan, &complete(2_500), &options, &mut |_| {}).unwrap();
    assert_eq!((report.columns, report.left_out.len()), (names.len(), 0));
    assert!(report.checks.iter().all(|c| c.verdict == Verdict::Passed), "{report}");
    let note = &report.check("availability").unwrap().note;
    assert!(note.contains("each of 6 series"), "{note}");
}

#[test]
fn the_default_plan_is_clean() {
    let plan = FeaturePlan::default_for("BTCUSDT").without(Family::Modes);
    let options = AuditOptions { exact_rows: 600, ..quick() };
    let report = run(&plan, &panel(3_000), &options, &mut |_| {}).unwrap();
    assert!(report.checks.iter().all(|c| c.verdict == Verdict::Passed), "{report}");
    assert!(!report.left_out.is_empty() && report.columns > 150);
}

/// One column over the bars of the main symbol.
fn one(name: &'static str, column: impl Fn(&Panel, &Bars) -> Vec<f64> + 'static) -> impl Subject {
    from_fn(name, "BTCUSDT", move |panel: &Panel| {
        let bars = panel.bars("BTCUSDT").ok_or("no bars")?;
        let known_at = (0..bars.len()).map(|i| bars.known_at(i)).collect();
        Ok(Table { known_at, names: vec![name.to_owned()], columns: vec![column(panel, bars)] })
    })
}

fn verdict(report: &AuditReport, check: &str) -> Verdict {
    report.check(check).unwrap().verdict
}

#[test]
fn a_series_read_before_it_is_published_is_found() {
    // What is published some seconds after the hour is taken for known at the hour.
    let early = one("early_interest", |panel, bars| {
        let interest = panel.series("BTCUSDT", SeriesKind::OpenInterest).unwrap();
        let after =
            |i: usize| interest.latest_at(bars.known_at(i) + Interval::from_micros(60_000_000));
        (0..bars.len()).map(|i| after(i).map_or(f64::NAN, |(_, value)| value)).collect()
    });
    let report = run(&early, &complete(600), &quick(), &mut |_| {}).unwrap();
    assert_eq!(verdict(&report, "availability"), Verdict::Failed, "{report}");
    let fault = &report.check("availability").unwrap().faults[0];
    assert_eq!(fault.column, "early_interest");
}

#[test]
fn values_moved_up_by_a_gap_and_gaps_filled_from_behind_are_found() {
    const GAP: std::ops::Range<usize> = 450..455;
    let mut panel = Panel::new(Interval::HOUR);
    for symbol in ["BTCUSDT", "ETHUSDT"] {
        let mut columns = self::panel(600).bars(symbol).unwrap().to_columns();
        if symbol == "ETHUSDT" {
            columns.remove(GAP);
        }
        panel.add_bars(symbol, Bars::new(symbol, Interval::HOUR, columns).unwrap()).unwrap();
    }
    // The other symbol's rows by number: after its gap each comes from a later time.
    let by_number = one("by_number", |panel, bars| {
        let other = panel.bars("ETHUSDT").unwrap().close();
        (0..bars.len()).map(|i| other.get(i).copied().unwrap_or(f64::NAN)).collect()
    });
    // The gap filled with the next price there is.
    let back_filled = one("back_filled", |panel, bars| {
        let other = panel.bars("ETHUSDT").unwrap();
        let next = |t| other.open_time().iter().position(|&open| open >= t);
        let price = |&t: &Timestamp| next(t).map_or(f64::NAN, |i| other.close()[i]);
        bars.open_time().iter().map(price).collect()
    });
    let many = AuditOptions { cuts: 60, ..quick() };
    for subject in [&by_number as &dyn Subject, &back_filled] {
        let report = run(subject, &panel, &many, &mut |_| {}).unwrap();
        assert_eq!(verdict(&report, "truncation"), Verdict::Failed, "{report}");
    }
    let honest = FeaturePlan::of("BTCUSDT", &["basis@ETHUSDT", "other_corr_24@ETHUSDT"]).unwrap();
    let report = run(&honest, &panel, &many, &mut |_| {}).unwrap();
    assert!(report.passed() && report.not_checked().is_empty(), "{report}");

    // A row for a bar that is not there.
    let filled = from_fn("filled", "ETHUSDT", |panel: &Panel| {
        let known_at: Vec<_> = panel.clock().iter().map(|&open| open + Interval::HOUR).collect();
        let columns = vec![vec![1.0; known_at.len()]];
        Ok(Table { known_at, names: vec!["one".into()], columns })
    });
    let report = run(&filled, &panel, &quick(), &mut |_| {}).unwrap();
    assert_eq!(verdict(&report, "availability"), Verdict::Failed, "{report}");
}

#[test]
fn a_live_form_of_ones_own_is_compared() {
    let table = |panel: &Panel| {
        let bars = panel.bars("BTCUSDT").ok_or("no bars")?;
        let known_at = (0..bars.len()).map(|i| bars.known_at(i)).collect();
        Ok(Table { known_at, names: vec!["close".into()], columns: vec![bars.close().to_vec()] })
    };
    let live = |factor: f64, width: usize| {
        move || -> Box<dyn Live> {
            Box::new(move |panel: &Panel| {
                let bars = panel.bars("BTCUSDT").ok_or("no bars")?;
                let last = bars.len().checked_sub(1);
                let row = last.map(|i| (bars.known_at(i), vec![bars.close()[i] * factor; width]));
                Ok::<_, SubjectError>(row)
            })
        }
    };
    let audit = |factor, width| {
        run(
            &from_fns("own", "BTCUSDT", table, live(factor, width)),
            &panel(600),
            &quick(),
            &mut |_| {},
        )
    };
    assert_eq!(verdict(&audit(1.0, 1).unwrap(), "streaming"), Verdict::Passed);
    let other = audit(1.0 + 1e-9, 1).unwrap();
    assert_eq!(verdict(&other, "streaming"), Verdict::Failed, "{other}");
    let error = audit(1.0, 2).unwrap_err().to_string();
    assert!(error.contains("2 values for 1 columns"), "{error}");
}

#[test]
fn what_was_not_checked_and_what_no_learner_saw_is_told() {
    let sparse = from_fn("sparse", "BTCUSDT", |panel: &Panel| {
        let bars = panel.bars("BTCUSDT").ok_or("no bars")?;
        let known_at = (0..bars.len()).map(|i| bars.known_at(i)).collect();
        let rare = (0..bars.len()).map(|i| if i % 5 == 0 { i as f64 } else { f64::NAN }).collect();
        let names = vec!["volume".into(), "rare".into()];
        Ok(Table { known_at, names, columns: vec![bars.volume().to_vec(), rare] })
    });
    let report = run(&sparse, &panel(600), &quick(), &mut |_| {}).unwrap();
    for check in ["sign-flip surrogate", "shuffled labels", "delay curve"] {
        let note = &report.check(check).unwrap().note;
        assert!(note.ends_with("in a third of the rows at most: rare"), "{note}");
    }
    assert_eq!(report.not_checked(), ["streaming"]);
    let text = report.to_string();
    assert!(
        text.contains("streaming            not checked: the subject has no live form"),
        "{text}"
    );
    assert!(text.ends_with("no look-ahead found; not checked: streaming"), "{text}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["checks"][4]["verdict"], "not_checked");
    let report = run(&sparse, &panel(150), &quick(), &mut |_| {}).unwrap();
    let note = &report.check("delay curve").unwrap().note;
    assert!(note.starts_with("150 rows have all of 1 columns, expected 200"), "{note}");
}

#[test]
fn a_fault_names_column_time_and_size() {
    let report =
        run(canaries("BTCUSDT")[1].subject.as_ref(), &panel(3_000), &quick(), &mut |_| {}).unwrap();
    assert!(!report.passed());
    let fault = &report.check("truncation").unwrap().faults[0];
    assert_eq!(fault.column, "centred_mean");
    assert!(fault.first.is_some() && fault.size > 1e-3 && fault.size.is_finite());
    assert_eq!(report.check("streaming").unwrap().verdict, Verdict::NotChecked);
    let text = report.to_string();
    assert!(text.contains("FAIL  truncation") && text.contains("centred_mean: first differs"));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["checks"][1]["verdict"], "failed");
    assert!(json["checks"][1]["faults"][0]["first"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn rows_before_their_bar_closed_are_found() {
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
    // JSON has no infinite number.
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["checks"][0]["faults"][0]["size"], "infinite");
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
