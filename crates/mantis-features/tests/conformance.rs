//! What every registered indicator must hold to.

#![allow(clippy::unwrap_used, reason = "a test fails where it must")]

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use mantis_data::source::RandomWalk;
use mantis_data::{BarColumns, Bars, Interval, Timestamp};
use mantis_features::indicators::Source;
use mantis_features::indicators::modes::ModeColumns;
use mantis_features::registry::{
    ColumnSpec, Columns, Indicator, Input, Unit, indicators, transforms,
};
use mantis_vmd::{VmdParams, rolling_many};

const ROWS: usize = 1_200;
const WINDOW: usize = 64;

fn start() -> Timestamp {
    Timestamp::parse("2024-03-06T05:00:00Z").unwrap()
}

/// A walk with everything an indicator may read; `seed` chooses it.
fn bars(seed: u64) -> Bars {
    RandomWalk::default().bars("X", start(), Interval::HOUR, ROWS, seed).unwrap()
}

fn cut(bars: &Bars, rows: usize) -> Bars {
    bars.as_of(start() + Interval::hours(rows as i64))
}

/// The source of bars, complete with other symbols, funding, open interest, taker flow and modes. What it holds at a time of
/// day does not depend on where the bars start.
fn source<'a>(bars: &'a Bars, other: &Bars) -> Source<'a> {
    let mut source = Source::from_bars(bars).unwrap();
    complete(&mut source, bars, other);
    source
}

/// A wave in the time of day, above zero.
fn wave(bars: &Bars, step: f64) -> Vec<f64> {
    let first = bars.open_time().first().map_or(0, |t| (*t - start()).as_hours_f64() as usize);
    (0..bars.len()).map(|i| 1.5 + ((first + i) as f64 * step).sin()).collect()
}

/// A part of the volume.
fn taker(bars: &Bars) -> Vec<f64> {
    wave(bars, 0.7).iter().zip(bars.volume()).map(|(w, v)| w / 3.0 * v).collect()
}

fn third(rows: usize) -> Bars {
    RandomWalk::default().bars("X", start(), Interval::HOUR, rows, 77).unwrap()
}

/// Adds two other symbols, funding, open interest, taker flow and the modes.
fn complete(source: &mut Source<'_>, bars: &Bars, other: &Bars) {
    source.add_other("OTHER", other);
    source.add_other("THIRD", &third(other.len().max(ROWS)));
    source.set_funding(wave(bars, 0.3)).unwrap();
    source.set_open_interest(wave(bars, 0.1)).unwrap();
    source.set_taker_buy(taker(bars)).unwrap();
    let rows = (WINDOW - 1).min(bars.len())..bars.len();
    let log: Vec<f64> = bars.close().iter().map(|x| x.ln()).collect();
    let params = VmdParams { k: 2, max_sweeps: 20, ..VmdParams::default() };
    let modes = rolling_many(&params, WINDOW, &log, rows, 1, &mut |_, _| ControlFlow::Continue(()));
    source.set_modes(ModeColumns::new(&modes.unwrap(), bars.len())).unwrap();
}

fn spec(indicator: &Indicator, params: &[usize]) -> ColumnSpec {
    let mut name = indicator.name.to_owned();
    for param in params {
        name += &format!("_{param}");
    }
    if indicator.needs_other() {
        let several = indicator.inputs.iter().any(|i| format!("{i:?}") == "Others");
        name += if several { "@OTHER+THIRD" } else { "@OTHER" };
    }
    ColumnSpec::parse(&name).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Every indicator with its usual parameters, and every transform on one of them.
fn specs() -> impl Iterator<Item = ColumnSpec> {
    let transformed = transforms().map(|t| {
        let argument = t.least.map_or(String::new(), |least| format!("({})", least + 20));
        ColumnSpec::parse(&format!("retz_1_48|{}{argument}", t.name)).unwrap()
    });
    indicators().map(|i| spec(i, &i.defaults())).chain(transformed)
}

fn same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
}

#[test]
fn names_are_unique_and_documented() {
    let names: BTreeSet<_> = indicators().map(|i| i.name).collect();
    assert_eq!(names.len(), indicators().count());
    for indicator in indicators() {
        let Indicator { name, doc, source, inputs, .. } = indicator;
        assert!(!doc.is_empty() && !source.is_empty() && !inputs.is_empty(), "{name}");
    }
    for spec in specs() {
        assert_eq!(ColumnSpec::parse(&spec.name()).unwrap(), spec);
    }
}

#[test]
fn the_declared_inputs_are_those_that_are_read() {
    let (x, y) = (bars(1), bars(2));
    let whole = source(&x, &y);
    let whole: Vec<_> = specs().map(|spec| (spec.compute(&whole).unwrap(), spec)).collect();
    let mut faults = Vec::new();
    for (field, input) in FIELDS {
        let mut c = x.to_columns();
        // Bars of a panel must keep their order; a source of slices takes any value.
        let waved = |(i, v): (usize, &mut f64)| *v *= 1.0 + 1e-3 * (i as f64).sin();
        column(&mut c, field).iter_mut().enumerate().for_each(waved);
        let BarColumns { open, high, low, close, volume, .. } = &c;
        let mut changed = Source::new(x.open_time(), [open, high, low, close, volume]).unwrap();
        complete(&mut changed, &x, &y);
        for (whole, spec) in &whole {
            let read = !same(whole, &spec.compute(&changed).unwrap());
            if read != spec.reads(input) {
                faults.push(format!("{spec}: {field} is declared {}, read {read}", !read));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

const FIELDS: [(&str, Input); 5] = [
    ("open", Input::Open),
    ("high", Input::High),
    ("low", Input::Low),
    ("close", Input::Close),
    ("volume", Input::Volume),
];

fn column<'a>(columns: &'a mut BarColumns, field: &str) -> &'a mut Vec<f64> {
    match field {
        "open" => &mut columns.open,
        "high" => &mut columns.high,
        "low" => &mut columns.low,
        "close" => &mut columns.close,
        _ => &mut columns.volume,
    }
}

#[test]
fn the_declared_warm_up_is_the_observed_one() {
    let (x, y) = (bars(1), bars(2));
    let source = source(&x, &y);
    for spec in specs() {
        let values = spec.compute(&source).unwrap();
        let modes = spec.name().starts_with("vmd_");
        let declared = spec.warmup() + if modes { WINDOW - 1 } else { 0 };
        assert_eq!(values.len(), ROWS, "{spec}");
        let first = values.iter().position(|v| !v.is_nan());
        assert_eq!(first, Some(declared), "{spec}");
        assert!(values[declared..].iter().all(|v| v.is_finite()), "{spec} has gaps");
    }
}

#[test]
fn the_future_changes_no_bit() {
    let (x, y) = (bars(3), bars(4));
    let whole = source(&x, &y);
    for rows in [1, 2, 30, 255, 256, 257, 511, 512, 513, 1_199] {
        let (short_x, short_y) = (cut(&x, rows), cut(&y, rows));
        let short = source(&short_x, &short_y);
        for spec in specs() {
            let (all, part) = (spec.compute(&whole).unwrap(), spec.compute(&short).unwrap());
            assert!(same(&all[..rows], &part), "{spec} at {rows} rows sees the future");
        }
    }
}

/// A history that starts `LATE` rows later gives the same values once the declared rows have passed.
#[test]
fn restart_drift_stays_within_its_bound() {
    const LATE: usize = 150;
    const LONG: usize = 6_000;
    let walk = |seed| RandomWalk::default().bars("X", start(), Interval::HOUR, LONG, seed).unwrap();
    let (x, y) = (walk(10), walk(11));
    let end = start() + Interval::hours(LONG as i64);
    let late = x.between(start() + Interval::hours(LATE as i64), end);
    let (whole, part) = (source(&x, &y), source(&late, &y));
    for spec in specs() {
        let (all, restarted) = (spec.compute(&whole).unwrap(), spec.compute(&part).unwrap());
        let all = &all[LATE..];
        let modes = spec.name().starts_with("vmd_");
        let first = spec.warmup() + if modes { WINDOW - 1 } else { 0 };
        let size = all[first..].iter().map(|v| v.abs()).sum::<f64>() / (all.len() - first) as f64;
        let worst = |from: usize| {
            let pairs = all[from..].iter().zip(&restarted[from..]);
            pairs.map(|(a, b)| (a - b).abs()).fold(0.0, largest) / size
        };
        if let Some(rows) = spec.settles() {
            let from = first + rows;
            assert!(from < restarted.len(), "{spec} is not tested");
            assert!(worst(from) < 1e-6, "{spec}: {:e}", worst(from));
        } else {
            let steps = |v: &[f64]| v.windows(2).map(|w| w[1] - w[0]).collect::<Vec<_>>();
            let (a, b) = (steps(&all[1..]), steps(&restarted[1..]));
            let worst = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, largest);
            assert!(worst / size < 1e-6, "{spec}: {worst:e}");
        }
    }
}

/// As `f64::max`, but a NaN stays.
fn largest(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

/// What can be missing at a row, and how a source without it is made.
const HOLES: [(&str, &[Input]); 10] = [
    ("open", &[Input::Open]),
    ("high", &[Input::High]),
    ("low", &[Input::Low]),
    ("close", &[Input::Close]),
    ("volume", &[Input::Volume]),
    ("bar", &[Input::Open, Input::High, Input::Low, Input::Close, Input::Volume]),
    ("other", &[Input::Other, Input::Others]),
    ("funding", &[Input::Funding]),
    ("open interest", &[Input::OpenInterest]),
    ("taker buy", &[Input::TakerBuy]),
];

#[test]
fn a_hole_in_any_input_neither_panics_nor_reaches_back_nor_stays() {
    const HOLE: usize = 600;
    let (x, y) = (bars(5), bars(6));
    let clean = source(&x, &y);
    let clean: Vec<_> = specs().map(|spec| (spec.compute(&clean).unwrap(), spec)).collect();
    let mut faults = Vec::new();
    for (hole, inputs) in HOLES {
        for value in [f64::NAN, f64::INFINITY] {
            let mut c = x.to_columns();
            for (field, _) in FIELDS {
                if hole == field || hole == "bar" {
                    column(&mut c, field)[HOLE] = value;
                }
            }
            let ohlcv = [&c.open[..], &c.high[..], &c.low[..], &c.close[..], &c.volume[..]];
            let mut holed = Source::new(x.open_time(), ohlcv).unwrap();
            let others = y.to_columns();
            let without = if hole == "other" { drop_row(others, HOLE) } else { others };
            complete(&mut holed, &x, &Bars::new("OTHER", Interval::HOUR, without).unwrap());
            let (mut rate, mut interest, mut bought) = (wave(&x, 0.3), wave(&x, 0.1), taker(&x));
            match hole {
                "funding" => rate[HOLE] = value,
                "open interest" => interest[HOLE] = value,
                "taker buy" => bought[HOLE] = value,
                _ => {}
            }
            holed.set_funding(rate).unwrap();
            holed.set_open_interest(interest).unwrap();
            holed.set_taker_buy(bought).unwrap();
            for (clean, spec) in &clean {
                let values = spec.compute(&holed).unwrap();
                let mut expect = |held: bool, fault: &str| {
                    if !held {
                        faults.push(format!("{spec}: {hole} {value} {fault}"));
                    }
                };
                expect(same(&clean[..HOLE], &values[..HOLE]), "reached back");
                let after = HOLE + 2 + spec.warmup();
                let back = values[after..].iter().all(|v| v.is_finite());
                expect(back, "is still felt after the warm-up");
                if !inputs.iter().any(|input| spec.reads(*input)) {
                    expect(same(clean, &values), "is felt, though not read");
                } else if value.is_nan() {
                    expect(!values[HOLE].is_finite(), "is passed over");
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn drop_row(mut columns: BarColumns, row: usize) -> BarColumns {
    columns.open_time.remove(row);
    for (field, _) in FIELDS {
        column(&mut columns, field).remove(row);
    }
    columns
}

/// All indicators of the symbol's own bars.
fn own(source: &Source<'_>) -> Vec<(ColumnSpec, Vec<f64>)> {
    specs().filter_map(|spec| Some((spec.clone(), spec.compute(source).ok()?))).collect()
}

#[test]
fn flat_and_short_inputs_never_panic_or_overflow() {
    for rows in [0, 1, 2, 3, 40, 600] {
        let time: Vec<Timestamp> = (0..rows).map(|i| start() + Interval::hours(i)).collect();
        for (price, volume) in [(1.0, 0.0), (42_000.5, 3.0)] {
            let (p, v) = (vec![price; time.len()], vec![volume; time.len()]);
            let source = Source::new(&time, [&p, &p, &p, &p, &v]).unwrap();
            for (spec, values) in own(&source) {
                assert_eq!(values.len(), time.len(), "{spec}");
                assert!(!values.iter().any(|v| v.is_infinite()), "{spec} overflows on flat input");
            }
        }
    }
}

#[test]
fn the_least_parameters_work() {
    let (x, y) = (bars(6), bars(7));
    let source = source(&x, &y);
    for indicator in indicators() {
        let mut least: Vec<usize> = indicator.params.iter().map(|p| p.least).collect();
        if indicator.rising {
            least[1] = least[1].max(least[0] + 1);
        }
        let spec = spec(indicator, &least);
        let values = spec.compute(&source).unwrap();
        assert!(values.iter().any(|v| v.is_finite()), "{spec}");
    }
}

/// Prices in another currency and volumes in another coin: values change as their unit says.
#[test]
fn values_scale_with_their_unit() {
    const PRICE: f64 = 512.0;
    const VOLUME: f64 = 64.0;
    let rescaled = |bars: &Bars| {
        let mut c = bars.to_columns();
        for (field, _) in FIELDS {
            let factor = if field == "volume" { VOLUME } else { PRICE };
            column(&mut c, field).iter_mut().for_each(|v| *v *= factor);
        }
        Bars::new("X", Interval::HOUR, c).unwrap()
    };
    let (x, y) = (bars(8), bars(9));
    let (other_x, other_y) = (rescaled(&x), rescaled(&y));
    let (plain, mut scaled) = (source(&x, &y), source(&other_x, &other_y));
    scaled.add_other("THIRD", &rescaled(&third(ROWS)));
    for spec in specs() {
        let unit = spec.indicator().unit;
        let factor = match unit {
            _ if spec.scale_free() => 1.0,
            Unit::Price | Unit::PricePerRow => PRICE,
            Unit::Volume => VOLUME,
            _ => panic!("{spec}: who would think that {unit} depends on the scale?"),
        };
        let (a, b) = (spec.compute(&plain).unwrap(), spec.compute(&scaled).unwrap());
        for (row, (a, b)) in a.iter().map(|a| a * factor).zip(&b).enumerate() {
            let near = (a - b).abs() <= 1e-6 * (1.0 + a.abs()) || (a.is_nan() && b.is_nan());
            assert!(near, "{spec} row {row}: {a} becomes {b}");
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits_and_memory_is_used_again() {
    let (x, y) = (bars(12), bars(13));
    let source = source(&x, &y);
    let specs: Vec<ColumnSpec> = specs().collect();
    // Some columns twice, so that one place is written for two.
    let specs = [&specs[..], &specs[..7]].concat();
    let alone: Vec<Vec<f64>> = specs.iter().map(|s| s.compute(&source).unwrap()).collect();
    for threads in [0, 1, 2, 5, 1_000] {
        let mut columns = Columns::with_threads(&specs, threads).unwrap();
        let mut out = vec![vec![7.0; ROWS + 5]; specs.len()];
        for _ in 0..2 {
            columns.compute_into(&source, &mut out).unwrap();
            for ((spec, alone), out) in specs.iter().zip(&alone).zip(&out) {
                assert!(same(alone, out), "{spec} on {threads} threads");
            }
        }
    }
}
