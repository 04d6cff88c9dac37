use proptest::prelude::*;

use super::*;
use crate::bars::BarColumns;

const START: i64 = 1_735_689_600;

fn hour(n: i64) -> Timestamp {
    Timestamp::from_secs(START + n * 3_600).unwrap()
}

fn bars(hours: &[i64], price: f64) -> Bars {
    let prices: Vec<f64> = hours.iter().map(|&h| price + h as f64).collect();
    let columns = BarColumns {
        open_time: hours.iter().map(|&h| hour(h)).collect(),
        open: prices.clone(),
        high: prices.iter().map(|p| p + 1.0).collect(),
        low: prices.iter().map(|p| p - 1.0).collect(),
        close: prices,
        volume: vec![1.0; hours.len()],
    };
    Bars::new("TEST", Interval::HOUR, columns).unwrap()
}

fn series(millis: &[i64]) -> Series {
    let known_at =
        millis.iter().map(|&ms| Timestamp::from_millis(START * 1_000 + ms).unwrap()).collect();
    Series::new("TEST", known_at, vec![0.5; millis.len()]).unwrap()
}

fn panel(symbols: &[Vec<i64>], funding: &[i64]) -> Panel {
    let mut panel = Panel::new(Interval::HOUR);
    for (n, hours) in symbols.iter().enumerate() {
        panel.add_bars(&format!("S{n}"), bars(hours, 100.0 * (n + 1) as f64)).unwrap();
    }
    panel.add_series("S0", SeriesKind::FundingRate, series(funding)).unwrap();
    panel
}

fn rising(max: i64) -> impl Strategy<Value = Vec<i64>> {
    prop::collection::btree_set(0..max, 0..12).prop_map(|set| set.into_iter().collect())
}

fn panels() -> impl Strategy<Value = Panel> {
    let symbols = prop::collection::vec(rising(30), 1..4);
    (symbols, rising(30 * 3_600_000)).prop_map(|(symbols, funding)| panel(&symbols, &funding))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn nothing_later_than_t_comes_out(panel in panels(), micros in -1_000_000..32 * 3_600_000_000_i64) {
        let t = Timestamp::from_micros(START * 1_000_000 + micros);
        let known = panel.as_of(t);
        prop_assert_eq!(known.symbols(), panel.symbols());
        prop_assert!(known.clock().iter().all(|&open| open + Interval::HOUR <= t));
        for symbol in panel.symbols() {
            if let Some(all) = panel.bars(symbol) {
                let bars = known.bars(symbol).unwrap();
                prop_assert!((0..bars.len()).all(|i| bars.known_at(i) <= t));
                prop_assert!(all.len() == bars.len() || all.known_at(bars.len()) > t);
            }
            if let Some(all) = panel.series(symbol, SeriesKind::FundingRate) {
                let values = known.series(symbol, SeriesKind::FundingRate).unwrap();
                prop_assert!(values.known_at().iter().all(|&at| at <= t));
                prop_assert!(all.len() == values.len() || all.known_at()[values.len()] > t);
            }
        }
    }

    #[test]
    fn presence_rows_point_at_the_bar_of_their_clock_row(panel in panels(), hours in 0..32_i64) {
        for panel in [panel.as_of(hour(hours)), panel] {
            prop_assert!(panel.clock().is_sorted_by(|a, b| a < b));
            for symbol in panel.symbols() {
                let Some(bars) = panel.bars(symbol) else { continue };
                let rows = panel.rows(symbol).unwrap();
                prop_assert_eq!(rows.len(), panel.clock().len());
                for (row, time) in rows.iter().zip(panel.clock()) {
                    prop_assert_eq!(*row, bars.position(*time));
                }
                prop_assert_eq!(rows.iter().flatten().count(), bars.len());
            }
        }
    }

    #[test]
    fn a_panel_of_known_parts_is_the_known_panel(panel in panels(), hours in 0..32_i64) {
        let t = hour(hours);
        let mut rebuilt = Panel::new(Interval::HOUR);
        for symbol in panel.symbols() {
            if let Some(bars) = panel.bars(symbol) {
                rebuilt.add_bars(symbol, bars.as_of(t)).unwrap();
            }
            if let Some(series) = panel.series(symbol, SeriesKind::FundingRate) {
                rebuilt.add_series(symbol, SeriesKind::FundingRate, series.as_of(t)).unwrap();
            }
        }
        prop_assert_eq!(rebuilt.fingerprint(), panel.as_of(t).fingerprint());
        prop_assert_eq!(rebuilt, panel.as_of(t));
    }

    #[test]
    fn the_fingerprint_sees_every_value(
        hours in rising(30).prop_filter("needs a bar", |hours| !hours.is_empty()),
        row in any::<prop::sample::Index>(),
        column in 0..6_usize,
    ) {
        let original = bars(&hours, 100.0);
        let row = row.index(hours.len());
        let mut columns = original.to_columns();
        match column {
            0 => columns.open_time.iter_mut().skip(row).for_each(|t| *t = *t + Interval::HOUR),
            1 => columns.open[row] = columns.open[row].next_up(),
            2 => columns.high[row] = columns.high[row].next_up(),
            3 => columns.low[row] = columns.low[row].next_down(),
            4 => columns.close[row] = columns.close[row].next_up(),
            _ => columns.volume[row] = columns.volume[row].next_up(),
        }
        let changed = Bars::new("TEST", Interval::HOUR, columns).unwrap();
        let print = |bars| {
            let mut panel = Panel::new(Interval::HOUR);
            panel.add_bars("S", bars).unwrap();
            panel.fingerprint()
        };
        prop_assert_ne!(print(original.clone()), print(changed));
        prop_assert_eq!(print(original.clone()), print(original));
    }
}

#[test]
fn the_fingerprint_tells_parts_apart() {
    let base = panel(&[vec![0, 1]], &[5]);
    let mut other_kind = Panel::new(Interval::HOUR);
    other_kind.add_bars("S0", bars(&[0, 1], 100.0)).unwrap();
    let without_series = other_kind.fingerprint();
    other_kind.add_series("S0", SeriesKind::OpenInterest, series(&[5])).unwrap();
    let prints = [
        base.fingerprint(),
        without_series,
        other_kind.fingerprint(),
        panel(&[vec![0, 1]], &[6]).fingerprint(),
        panel(&[vec![0, 1], vec![]], &[5]).fingerprint(),
        Panel::new(Interval::HOUR).fingerprint(),
        Panel::new(Interval::DAY).fingerprint(),
    ];
    for (n, print) in prints.iter().enumerate() {
        assert_eq!(print.len(), 64);
        assert!(!prints[..n].contains(print), "{n}");
    }
}

#[test]
fn the_order_of_adding_does_not_matter() {
    let mut a = Panel::new(Interval::HOUR);
    a.add_bars("A", bars(&[0, 3], 1.0)).unwrap();
    a.add_bars("B", bars(&[1, 3], 9.0)).unwrap();
    let mut b = Panel::new(Interval::HOUR);
    b.add_bars("B", bars(&[1, 3], 9.0)).unwrap();
    b.add_bars("A", bars(&[0, 3], 1.0)).unwrap();
    assert_eq!(a, b);
    assert_eq!(a.fingerprint(), b.fingerprint());
}

#[test]
fn a_symbol_is_added_once_and_with_the_right_interval() {
    let mut panel = panel(&[vec![0]], &[5]);
    let before = panel.clone();
    let twice = panel.add_bars("S0", bars(&[1], 1.0)).unwrap_err();
    assert!(matches!(twice, Error::BarsTwice { .. }), "{twice}");
    let twice = panel.add_series("S0", SeriesKind::FundingRate, series(&[7])).unwrap_err();
    assert!(matches!(twice, Error::SeriesTwice { .. }), "{twice}");
    let daily = Bars::new("D", Interval::DAY, BarColumns::default()).unwrap();
    let message = panel.add_bars("D", daily).unwrap_err().to_string();
    assert!(message.contains("bars of 1d, expected 1h"), "{message}");
    assert_eq!(panel, before);
}
