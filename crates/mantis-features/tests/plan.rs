//! The whole default plan, on synthetic and on real data.

#![allow(clippy::unwrap_used, reason = "a test fails where it must")]

mod support;

use std::ops::ControlFlow;

use mantis_data::source::RandomWalk;
use mantis_data::{Interval, Panel, Series, SeriesKind, Timestamp};
use mantis_features::Error;
use mantis_features::frame::FeatureFrame;
use mantis_features::plan::{ComputeOptions, FeaturePlan};
use support::real;

const ROWS: usize = 896;

fn start() -> Timestamp {
    Timestamp::parse("2023-05-01").unwrap()
}

const SYMBOLS: [&str; 6] = ["BTCUSDT", "BTCUSDT_PERP", "ETHUSDT", "SOLUSDT", "XRPUSDT", "LTCUSDT"];

/// All symbols of the default plan, funding every 8 hours with some milliseconds of jitter, hourly open interest.
fn synthetic() -> Panel {
    let mut panel = Panel::new(Interval::HOUR);
    for (seed, symbol) in (1..).zip(SYMBOLS) {
        let bars = RandomWalk::default().bars(symbol, start(), Interval::HOUR, ROWS, seed).unwrap();
        panel.add_bars(symbol, bars).unwrap();
    }
    let every = |hours: i64, jitter: i64| -> Vec<Timestamp> {
        (0..ROWS as i64 / hours)
            .map(|i| start() + Interval::hours(hours * i) + Interval::from_micros(jitter))
            .collect()
    };
    let wave = |times: &[Timestamp]| (0..times.len()).map(|i| 2.0 + (i as f64).sin()).collect();
    for (kind, times) in [
        (SeriesKind::FundingRate, every(8, 3_000)),
        (SeriesKind::OpenInterest, every(1, 0)),
        (SeriesKind::TakerBuyVolume, every(1, Interval::HOUR.as_micros())),
    ] {
        let values = wave(&times);
        let series = Series::new("series", times, values).unwrap();
        panel.add_series("BTCUSDT", kind, series).unwrap();
    }
    panel
}

fn plan() -> FeaturePlan {
    FeaturePlan::default_for("BTCUSDT").with_vmd_window(64)
}

/// Panics unless the rows `from..to` of every column of `part` have the same bits in `whole`.
fn assert_same_bits(part: &FeatureFrame, whole: &FeatureFrame, from: usize, to: usize) {
    for (name, got) in part.names().iter().zip(part.columns()) {
        let expected = whole.column(name).unwrap();
        for row in from..to {
            let (a, b) = (got[row], expected[row]);
            let same = a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
            assert!(same, "{name} row {row}: {a} instead of {b}");
        }
    }
}

#[test]
fn a_cut_panel_has_the_same_bits_up_to_the_cut() {
    for panel in [synthetic(), real("2021-03-28", "2021-05-10")] {
        let whole = plan().compute(&panel, &ComputeOptions::default()).unwrap();
        for row in [90, 300, 555] {
            let known = whole.known_at()[row];
            let cut = plan().compute(&panel.as_of(known), &ComputeOptions::default()).unwrap();
            assert_eq!(cut.len(), row + 1);
            assert_eq!(cut.names(), whole.names());
            assert_same_bits(&cut, &whole, 0, row + 1);
        }
    }
}

#[test]
fn threads_rows_and_sub_plans_change_no_bit() {
    let panel = synthetic();
    let whole = plan().compute(&panel, &ComputeOptions::default()).unwrap();
    let threaded = plan().compute(&panel, &ComputeOptions::default().with_threads(2)).unwrap();
    assert_eq!(threaded.fingerprint(), whole.fingerprint());

    let late = plan().compute(&panel, &ComputeOptions::default().with_from_row(600)).unwrap();
    assert_eq!(late.first_row(), 600);
    assert_eq!(late.warmup(), whole.warmup());
    assert_same_bits(&late, &whole, 600, ROWS);

    let names =
        ["vmd_slope_3", "rsi_14", "basis_z_24@BTCUSDT_PERP", "rsi_14/1d"].map(str::to_owned);
    let few = plan().only(&names).unwrap();
    let few = few.compute(&panel, &ComputeOptions::default()).unwrap();
    assert_eq!(few.names(), names);
    assert_same_bits(&few, &whole, 0, ROWS);
}

#[test]
fn every_column_has_values_from_its_warm_up_on() {
    let frame = plan().compute(&synthetic(), &ComputeOptions::default()).unwrap();
    assert!(frame.left_out().is_empty() && frame.require_complete().is_ok());
    assert_eq!(frame.names().len(), plan().names().len());
    for ((name, column), &warmup) in frame.names().iter().zip(frame.columns()).zip(frame.warmup()) {
        assert!(column[..warmup].iter().all(|v| v.is_nan()), "{name} is early");
        assert!(column[warmup..].iter().all(|v| v.is_finite()), "{name} has gaps");
    }
    assert!(frame.first_row() < 520, "{}", frame.first_row());
}

#[test]
fn real_data_fills_every_column_whose_series_there_are() {
    let frame =
        plan().compute(&real("2021-03-28", "2021-05-10"), &ComputeOptions::default()).unwrap();
    for left in frame.left_out() {
        let absent = ["open interest of BTCUSDT", "taker buy volume of BTCUSDT"];
        let coins = ["bars of SOLUSDT", "bars of XRPUSDT", "bars of LTCUSDT"];
        assert!(absent.iter().chain(&coins).any(|a| left.missing == *a), "{left:?}");
    }
    assert!(frame.names().len() > 200, "{}", frame.names().len());
    let count = frame.left_out().len();
    assert!(
        matches!(frame.require_complete(), Err(Error::Incomplete { count: c, .. }) if c == count)
    );
    let first = frame.first_row();
    assert!(first < frame.len());
    for (name, column) in frame.names().iter().zip(frame.columns()) {
        assert!(column[first].is_finite(), "{name} has no value in row {first}");
    }
}

#[test]
fn a_gap_of_the_perpetual_is_nan_and_not_filled() {
    let whole = synthetic();
    let mut columns = whole.bars("BTCUSDT_PERP").unwrap().to_columns();
    const GAP: usize = 200;
    columns.open_time.remove(GAP);
    for column in [
        &mut columns.open,
        &mut columns.high,
        &mut columns.low,
        &mut columns.close,
        &mut columns.volume,
    ] {
        column.remove(GAP);
    }
    let mut panel = Panel::new(Interval::HOUR);
    panel.add_bars("BTCUSDT", whole.bars("BTCUSDT").unwrap().clone()).unwrap();
    let perpetual = mantis_data::Bars::new("BTCUSDT_PERP", Interval::HOUR, columns).unwrap();
    panel.add_bars("BTCUSDT_PERP", perpetual).unwrap();
    let names = ["basis@BTCUSDT_PERP", "basis_z_24@BTCUSDT_PERP"];
    let plan = FeaturePlan::of("BTCUSDT", &names).unwrap();
    let frame = plan.compute(&panel, &ComputeOptions::default()).unwrap();
    let (basis, z) = (&frame.columns()[0], &frame.columns()[1]);
    assert!(basis[GAP - 1].is_finite() && basis[GAP].is_nan() && basis[GAP + 1].is_finite());
    assert!(z[GAP - 1].is_finite() && z[GAP..GAP + 24].iter().all(|v| v.is_nan()));
    assert!(z[GAP + 24].is_finite());
}

#[test]
fn funding_is_seen_only_after_publication_and_only_while_fresh() {
    let panel = synthetic();
    let plan = FeaturePlan::of("BTCUSDT", &["funding_rate"]).unwrap();
    let frame = plan.compute(&panel, &ComputeOptions::default()).unwrap();
    let rate = &frame.columns()[0];
    // Published 3 ms after 00:00 and 08:00: the bar that closes at 08:00 still sees the older rate.
    assert_eq!(rate[0], 2.0);
    assert_eq!(rate[7], 2.0);
    assert_eq!(rate[8], 2.0 + 1.0_f64.sin());
    // The last rate is of row 712; nine hours later it is stale.
    let stopped = panel.as_of(start() + Interval::hours(100));
    let mut late = Panel::new(Interval::HOUR);
    late.add_bars("BTCUSDT", panel.bars("BTCUSDT").unwrap().clone()).unwrap();
    let series = stopped.series("BTCUSDT", SeriesKind::FundingRate).unwrap().clone();
    late.add_series("BTCUSDT", SeriesKind::FundingRate, series).unwrap();
    let rate = plan.compute(&late, &ComputeOptions::default()).unwrap().columns()[0].clone();
    // The last one came 3 ms after hour 96: a close at 105 h is within nine hours of it, one at 106 h is not.
    assert!(rate[104].is_finite() && rate[105].is_nan() && rate[300].is_nan());
}

#[test]
fn absent_inputs_leave_columns_out_and_an_absent_symbol_is_an_error() {
    let mut panel = Panel::new(Interval::HOUR);
    let walk = RandomWalk { mean_volume: 5.0, ..RandomWalk::default() };
    let mut columns = walk.bars("EURUSD", start(), Interval::HOUR, 300, 4).unwrap().to_columns();
    columns.volume.fill(0.0);
    let bars = mantis_data::Bars::new("EURUSD", Interval::HOUR, columns).unwrap();
    panel.add_bars("EURUSD", bars).unwrap();
    let plan = FeaturePlan::default_for("EURUSD").with_vmd_window(64);
    let frame = plan.compute(&panel, &ComputeOptions::default()).unwrap();
    let missing = |name: &str| {
        let left = frame.left_out().iter().find(|l| l.name == name);
        left.unwrap_or_else(|| panic!("{name} was not left out")).missing.clone()
    };
    assert_eq!(missing("funding_rate"), "funding rate of EURUSD");
    assert_eq!(missing("basis@EURUSD_PERP"), "bars of EURUSD_PERP");
    assert_eq!(missing("vol_ratio_5"), "volume of EURUSD (it is 0 in every bar)");
    assert!(frame.columns().iter().all(|c| c[280].is_finite() || c.iter().all(|v| v.is_nan())));
    let (resolved, left_out) = plan.resolve(&panel).unwrap();
    assert_eq!(resolved.names(), frame.names());
    assert_eq!(left_out, frame.left_out());
    let error = FeaturePlan::default_for("BTCUSDT").resolve(&panel).unwrap_err().to_string();
    assert!(error.contains("no bars of \"BTCUSDT\""), "{error}");
}

#[test]
fn progress_is_reported_and_can_stop() {
    let panel = synthetic();
    let mut seen = Vec::new();
    let mut note = |done, total| {
        seen.push((done, total));
        ControlFlow::Continue(())
    };
    let plan = plan().only(&["vmd_value_0".to_owned()]).unwrap();
    plan.compute(&panel, &ComputeOptions::default().with_progress(&mut note)).unwrap();
    assert_eq!(seen.last(), Some(&(ROWS - 63, ROWS - 63)));
    let mut stop = |_, _| ControlFlow::Break(());
    let error = plan.compute(&panel, &ComputeOptions::default().with_progress(&mut stop));
    assert!(matches!(error, Err(Error::Stopped { .. })));
}
