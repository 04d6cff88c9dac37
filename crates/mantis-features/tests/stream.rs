//! A live stream has the bits of the batch.

#![allow(clippy::unwrap_used, reason = "a test fails where it must")]

mod support;

use mantis_data::source::RandomWalk;
use mantis_data::{Bars, Interval, Panel, Series, SeriesKind, Timestamp};
use mantis_features::Error;
use mantis_features::plan::{
    ComputeOptions, FeaturePlan, FeatureStream, LiveBar, LiveValue, ModeSettings, RecentRows, Tick,
};
use mantis_features::registry::{Family, Input, indicators, transforms};
use mantis_vmd::VmdParams;
use support::real;

const ROWS: usize = 900;

fn start() -> Timestamp {
    Timestamp::parse("2023-05-01T03:00:00Z").unwrap()
}

/// Without the rows that `missing` names.
fn holed(bars: &Bars, missing: impl Fn(usize) -> bool) -> Bars {
    let mut columns = bars.to_columns();
    let mut row = 0..bars.len();
    columns.open_time.retain(|_| row.next().is_some_and(|r| !missing(r)));
    for column in [
        &mut columns.open,
        &mut columns.high,
        &mut columns.low,
        &mut columns.close,
        &mut columns.volume,
    ] {
        let mut row = 0..bars.len();
        column.retain(|_| row.next().is_some_and(|r| !missing(r)));
    }
    Bars::new(bars.name(), bars.interval(), columns).unwrap()
}

/// Every symbol of the default plan, each with its own gaps; funding with jitter and an outage; hourly open interest.
fn panel() -> Panel {
    let mut panel = Panel::new(Interval::HOUR);
    let symbols = ["BTCUSDT", "BTCUSDT_PERP", "ETHUSDT", "SOLUSDT", "XRPUSDT", "LTCUSDT"];
    for (seed, symbol) in (1..).zip(symbols) {
        let bars = RandomWalk::default().bars(symbol, start(), Interval::HOUR, ROWS, seed).unwrap();
        let gap = 100 * seed as usize;
        let bars = holed(&bars, |row| (gap..gap + 5).contains(&row) || row == 777);
        panel.add_bars(symbol, bars).unwrap();
    }
    let series = |hours: i64, jitter: i64| {
        let times: Vec<Timestamp> = (0..ROWS as i64 / hours)
            .filter(|i| !(300..340).contains(&(i * hours)))
            .map(|i| start() + Interval::hours(hours * i) + Interval::from_micros(jitter))
            .collect();
        let values = (0..times.len()).map(|i| 2.0 + (i as f64).sin()).collect();
        Series::new("series", times, values).unwrap()
    };
    for symbol in ["BTCUSDT", "ETHUSDT"] {
        panel.add_series(symbol, SeriesKind::FundingRate, series(8, 3_000)).unwrap();
        panel.add_series(symbol, SeriesKind::OpenInterest, series(1, 0)).unwrap();
        panel.add_series(symbol, SeriesKind::TakerBuyVolume, series(1, 0)).unwrap();
    }
    panel
}

fn small(plan: FeaturePlan) -> FeaturePlan {
    let params = VmdParams { k: 8, max_sweeps: 5, ..VmdParams::default() };
    plan.with_modes(ModeSettings { window: 64, params })
}

/// Every row of the stream against the batch, bit for bit.
fn assert_streams(plan: &FeaturePlan, panel: &Panel) {
    let (plan, _) = plan.resolve(panel).unwrap();
    let frame = plan.compute(panel, &ComputeOptions::default()).unwrap();
    let mut stream = FeatureStream::new(&plan, panel.interval()).unwrap();
    let mut row = 0;
    for &open_time in panel.clock() {
        let known = panel.as_of(open_time + panel.interval());
        let Some(live) = stream.catch_up(&known).unwrap() else { continue };
        assert_eq!(live.known_at(), frame.known_at()[row]);
        for ((name, column), &value) in frame.names().iter().zip(frame.columns()).zip(live.values())
        {
            let batch = column[row];
            let same = batch.to_bits() == value.to_bits() || (batch.is_nan() && value.is_nan());
            assert!(same, "{name} row {row}: live {value}, batch {batch}");
        }
        row += 1;
    }
    assert_eq!(row, frame.len());
}

#[test]
fn every_registered_indicator_streams_with_the_bits_of_the_batch() {
    let transformed = transforms().map(|transform| {
        let argument = transform.least.map_or(String::new(), |least| format!("({})", least + 20));
        format!("retz_1_48|{}{argument}", transform.name)
    });
    let names: Vec<String> = indicators()
        .flat_map(|indicator| {
            let numbers: String = indicator.defaults().iter().map(|n| format!("_{n}")).collect();
            let other = match indicator.inputs {
                inputs if inputs.contains(&Input::Others) => "@ETHUSDT+SOLUSDT",
                inputs if inputs.contains(&Input::Other) => "@ETHUSDT",
                _ => "",
            };
            let own = format!("{}{numbers}{other}", indicator.name);
            let longer = format!("{own}/4h");
            let foreign = format!("{}{numbers}@ETHUSDT", indicator.name);
            let modes = indicator.family == Family::Modes;
            let mut names = vec![own];
            names.extend((!modes).then_some(longer));
            names.extend((!modes && other.is_empty()).then_some(foreign));
            names
        })
        .chain(transformed)
        .collect();
    assert!(names.len() > 300);
    assert_streams(&small(FeaturePlan::of("BTCUSDT", &names).unwrap()), &panel());
}

#[test]
fn the_default_plan_streams_with_the_bits_of_the_batch() {
    assert_streams(&small(FeaturePlan::default_for("BTCUSDT")), &panel());
}

#[test]
fn real_outages_stream_with_the_bits_of_the_batch() {
    let plan = FeaturePlan::default_for("BTCUSDT").without(Family::Modes);
    assert_streams(&plan, &real("2021-04-10", "2021-05-10"));
}

/// A value may come after the row of its time.
#[test]
fn values_that_come_late_are_seen_by_the_next_row() {
    let plan = FeaturePlan::of("BTCUSDT", &["funding_rate", "taker_imbalance_4"]).unwrap();
    let open = |hour: i64| start() + Interval::hours(hour);
    let bars = RandomWalk::default().bars("BTCUSDT", start(), Interval::HOUR, 12, 1).unwrap();
    let rates = [(open(1), 1e-4), (open(9), 2e-4)];
    let bought: Vec<(Timestamp, f64)> =
        (0..12).map(|hour| (open(hour + 1), 1.0 + hour as f64)).collect();
    let of = |values: &[(Timestamp, f64)]| {
        let (times, values) = values.iter().copied().unzip();
        Series::new("BTCUSDT", times, values).unwrap()
    };
    let panel = |rows: usize, rates: &[(Timestamp, f64)], bought: &[(Timestamp, f64)]| {
        let mut panel = Panel::new(Interval::HOUR);
        panel.add_bars("BTCUSDT", bars.between(start(), open(rows as i64))).unwrap();
        panel.add_series("BTCUSDT", SeriesKind::FundingRate, of(rates)).unwrap();
        panel.add_series("BTCUSDT", SeriesKind::TakerBuyVolume, of(bought)).unwrap();
        panel
    };
    let mut stream = FeatureStream::new(&plan, Interval::HOUR).unwrap();
    // The rate of the ninth hour is not there when its row is made.
    let early = panel(9, &rates[..1], &bought[..9]);
    assert_eq!(stream.catch_up(&early).unwrap().unwrap().values()[0], 1e-4);
    let whole = panel(10, &rates, &bought[..10]);
    let live = stream.catch_up(&whole).unwrap().unwrap().values().to_vec();
    let frame = plan.compute(&whole, &ComputeOptions::default()).unwrap();
    let batch: Vec<f64> = frame.columns().iter().map(|column| column[9]).collect();
    assert_eq!(live, batch);
    assert_eq!(live[0], 2e-4);
}

fn bar(symbol: &str, price: f64) -> LiveBar<'_> {
    LiveBar { symbol, ohlcv: [price, price, price, price, 1.0] }
}

#[test]
fn an_absent_series_is_named_with_the_column() {
    let plan =
        FeaturePlan::of("BTC", &["ret_1", "basis@PERP", "funding_rate", "ret_1@ETH/2h"]).unwrap();
    let mut stream = FeatureStream::new(&plan, Interval::HOUR).unwrap();
    let zero = Timestamp::parse("2025-01-01").unwrap();
    let rate =
        LiveValue { symbol: "BTC", kind: SeriesKind::FundingRate, known_at: zero, value: 1e-4 };
    for hour in 0..12 {
        let price = 100.0 + hour as f64;
        let mut bars = vec![bar("BTC", price), bar("PERP", price), bar("ETH", price)];
        if hour == 6 {
            bars.remove(1);
        }
        if hour >= 7 {
            bars.truncate(2);
        }
        let values = if hour == 0 { &[rate][..] } else { &[] };
        let tick = Tick { open_time: zero + Interval::hours(hour), bars: &bars, values };
        let row = stream.push(&tick).unwrap().unwrap();
        let expected = match hour {
            0 => Some("\"ret_1\" has no value yet"),
            1..=2 => Some("\"ret_1@ETH/2h\" has no value yet"),
            3..=5 => None,
            6 => Some(
                "\"basis@PERP\" has no value for want of the bar of PERP known at 2025-01-01T07",
            ),
            // The two hours to 08:00 have one bar of ETH, those after have none.
            7 => None,
            8 => None,
            9..=11 => Some("for want of the funding rate of BTC"),
            _ => None,
        };
        let got = row.require();
        match expected {
            None => assert!(got.is_ok(), "hour {hour}: {got:?}"),
            Some(expected) => {
                let message = got.unwrap_err().to_string();
                assert!(message.contains(expected), "hour {hour}: {message}");
            }
        }
    }
}

#[test]
fn ticks_out_of_order_and_bad_values_are_refused_and_change_nothing() {
    let plan = FeaturePlan::of("BTC", &["ret_1"]).unwrap();
    let mut stream = FeatureStream::new(&plan, Interval::HOUR).unwrap();
    let at = |hour: i64| Timestamp::parse("2025-01-01").unwrap() + Interval::hours(hour);
    fn tick<'a>(open_time: Timestamp, bars: &'a [LiveBar<'a>]) -> Tick<'a> {
        Tick { open_time, bars, values: &[] }
    }
    stream.push(&tick(at(1), &[bar("BTC", 100.0)])).unwrap();
    for open_time in [at(0), at(1), at(2) + Interval::MINUTE] {
        let error = stream.push(&tick(open_time, &[bar("BTC", 1.0)])).unwrap_err();
        assert!(matches!(error, Error::TickOrder { .. }), "{error}");
    }
    let error = stream.push(&tick(at(2), &[bar("BTC", f64::NAN)])).unwrap_err();
    assert!(matches!(error, Error::TickValue { .. }), "{error}");
    assert!(stream.push(&tick(at(2), &[bar("ETH", 1.0)])).unwrap().is_none());
    let row = stream.push(&tick(at(3), &[bar("BTC", 110.0)])).unwrap().unwrap();
    assert!((row.values()[0] - 0.1).abs() < 1e-12);
}

#[test]
fn plans_that_the_bars_do_not_allow_are_refused() {
    let refused = |name: &str| {
        let plan = FeaturePlan::of("BTC", &[name]).unwrap();
        FeatureStream::new(&plan, Interval::HOUR).unwrap_err().to_string()
    };
    assert!(refused("ret_1/30m").contains("must be a multiple of the bars' 1h"));
    assert!(refused("ret_1/90m").contains("must be a multiple of the bars' 1h"));
    assert!(refused("vmd_value_0/4h").contains("plan's own bars only"));
    assert!(refused("vmd_value_8").contains("mode 8 is not among the 8"));
}

/// The last rows against those of the batch, bit for bit.
fn assert_recent(recent: &mut RecentRows, plan: &FeaturePlan, panel: &Panel, what: &str) {
    let last = recent.of(panel).unwrap();
    let whole = plan.compute(panel, &ComputeOptions::default()).unwrap();
    let first = whole.len() - last.len();
    assert_eq!(last.names(), whole.names(), "{what}");
    assert_eq!(last.known_at(), &whole.known_at()[first..], "{what}");
    assert_eq!(last.open_time(), &whole.open_time()[first..], "{what}");
    for ((name, last), whole) in last.names().iter().zip(last.columns()).zip(whole.columns()) {
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        // What a transform of modes needs of earlier rows is there after a while only.
        let absent = name.contains("vmd_") && name.contains('|') && last[0].is_nan();
        assert!(absent || bits(last) == bits(&whole[first..]), "{what}: {name}");
    }
}

#[test]
fn recent_rows_are_those_of_the_batch_whatever_comes_late_or_is_corrected() {
    let whole = panel();
    let plan = small(FeaturePlan::default_for("BTCUSDT"));
    let mut recent = RecentRows::new(&plan, 5);
    let at = |row: i64| start() + Interval::hours(row);
    let bars_of = |panel: &Panel, symbol: &str, keep: &dyn Fn(usize) -> bool| {
        let cut = |name: &str, bars: &Bars| {
            let cut = if name == symbol { holed(bars, |row| !keep(row)) } else { bars.clone() };
            Ok::<_, Error>(cut)
        };
        panel.map(cut, |_, _, series| Ok(series.clone())).unwrap()
    };
    for row in 700..704 {
        assert_recent(&mut recent, &plan, &whole.as_of(at(row)), "hour by hour");
    }
    assert_recent(&mut recent, &plan, &whole.as_of(at(704)), "a new hour");
    assert_recent(&mut recent, &plan, &whole.as_of(at(704)), "nothing new");
    assert_recent(&mut recent, &plan, &whole.as_of(at(790)), "many hours");
    assert_recent(&mut recent, &plan, &whole.as_of(at(784)), "the clock went back");

    let mut young = RecentRows::new(&plan, 5);
    assert_recent(&mut young, &plan, &whole.as_of(at(790)), "a start");
    assert_recent(&mut young, &plan, &whole.as_of(at(788)), "back to before the start");

    // The newest bars of another symbol, and of the symbol itself, come an hour late.
    let known = whole.as_of(at(791));
    for symbol in ["ETHUSDT", "BTCUSDT"] {
        let rows = known.bars(symbol).unwrap().len();
        let late = bars_of(&known, symbol, &|row| row + 1 < rows);
        assert_recent(&mut recent, &plan, &late, "without the newest bar");
        assert_recent(&mut recent, &plan, &known, "with it");
    }
    // A bar of yesterday, and one of last week, turn up or go.
    for back in [30, 200] {
        let rows = known.bars("ETHUSDT").unwrap().len();
        let without = bars_of(&known, "ETHUSDT", &|row| row + back != rows);
        assert_recent(&mut recent, &plan, &without, "without an older bar");
        assert_recent(&mut recent, &plan, &known, "with it again");
    }
    // The newest funding rate is published after the bar of its hour.
    let late = |name: &str, kind: SeriesKind, series: &Series| {
        let newest = known.clock().last().map(|&open| open - Interval::hours(10));
        let cut = newest.filter(|_| name == "BTCUSDT" && kind == SeriesKind::FundingRate);
        Ok::<_, Error>(cut.map_or_else(|| series.clone(), |time| series.as_of(time)))
    };
    let without = known.map(|_, bars| Ok::<_, Error>(bars.clone()), late).unwrap();
    assert_recent(&mut recent, &plan, &without, "before the funding rate");
    assert_recent(&mut recent, &plan, &known, "after it");
    // A symbol that was not there.
    let mut fewer = Panel::new(Interval::HOUR);
    for symbol in ["BTCUSDT", "ETHUSDT"] {
        fewer.add_bars(symbol, known.bars(symbol).unwrap().clone()).unwrap();
    }
    assert_recent(&mut recent, &plan, &fewer, "fewer symbols");
    assert_recent(&mut recent, &plan, &known, "all of them");
}
