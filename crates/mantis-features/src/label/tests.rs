use mantis_data::{BarColumns, Bars, Interval, Timestamp};

use super::direction;
use crate::Error;

fn bars(hours: &[i64], close: &[f64]) -> Bars {
    let at = |h: &i64| Timestamp::from_micros(h * Interval::HOUR.as_micros());
    let columns = BarColumns {
        open_time: hours.iter().map(at).collect(),
        open: close.to_vec(),
        high: close.to_vec(),
        low: close.to_vec(),
        close: close.to_vec(),
        volume: vec![0.0; close.len()],
    };
    Bars::new("BTCUSDT", Interval::HOUR, columns).unwrap()
}

#[test]
fn a_tie_is_not_up_and_the_end_is_unresolved() {
    let labels = direction(&bars(&[0, 1, 2, 3], &[10.0, 10.0, 11.0, 9.0]), Interval::HOUR).unwrap();
    assert_eq!(labels.up, [Some(false), Some(true), Some(false), None]);
    assert_eq!(labels.forward_return[0], Some(0.0));
    assert_eq!(labels.forward_return[3], None);
}

#[test]
fn only_the_bar_exactly_one_horizon_later_counts() {
    let bars = bars(&[0, 1, 3, 4, 7], &[10.0, 11.0, 12.0, 13.0, 14.0]);
    let labels = direction(&bars, Interval::hours(3)).unwrap();
    assert_eq!(labels.up, [Some(true), Some(true), None, Some(true), None]);
    for row in 0..bars.len() {
        assert_eq!(labels.resolves_at[row], bars.known_at(row) + Interval::hours(3));
    }
}

#[test]
fn labels_that_resolved_do_not_depend_on_later_bars() {
    let all = bars(&[0, 1, 2, 3, 5, 6], &[5.0, 6.0, 5.5, 7.0, 8.0, 7.5]);
    let whole = direction(&all, Interval::hours(2)).unwrap();
    for cut in 0..all.len() {
        let now = all.known_at(cut);
        let seen = direction(&all.as_of(now), Interval::hours(2)).unwrap();
        for row in 0..=cut {
            let resolved = whole.resolves_at[row] <= now;
            assert_eq!(seen.up[row], if resolved { whole.up[row] } else { None });
        }
    }
}

#[test]
fn bad_horizons_and_prices_are_refused() {
    let good = bars(&[0, 1], &[1.0, 2.0]);
    for minutes in [0, -60, 30, 90] {
        let got = direction(&good, Interval::minutes(minutes));
        assert!(matches!(got, Err(Error::Horizon { .. })));
    }
    let zero = bars(&[0, 1], &[1.0, 0.0]);
    assert!(matches!(direction(&zero, Interval::HOUR), Err(Error::Price { row: 1, .. })));
    let beyond = direction(&good, Interval::hours(2_562_047_788));
    assert!(matches!(beyond, Err(Error::TimeRange { .. })));
}
