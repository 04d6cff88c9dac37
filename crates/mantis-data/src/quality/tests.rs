use super::*;
use crate::source::synthetic::RandomWalk;

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn walk() -> BarColumns {
    let walk = RandomWalk::default();
    walk.bars("TEST", at("2025-01-01"), Interval::HOUR, 20, 1).unwrap().to_columns()
}

fn report(change: impl FnOnce(&mut BarColumns)) -> QualityReport {
    let mut columns = walk();
    change(&mut columns);
    QualityReport::of_columns(&columns, Interval::HOUR).unwrap()
}

#[test]
fn clean_bars_have_no_findings() {
    let bars = Bars::new("TEST", Interval::HOUR, walk()).unwrap();
    let report = QualityReport::of(&bars);
    assert_eq!(report.severity(), None);
    assert_eq!((report.rows, report.missing_bars()), (20, 0));
    assert!(report.to_string().contains("nothing odd"), "{report}");
}

#[test]
fn each_check_fires_once_for_one_bad_row() {
    type Change = fn(&mut BarColumns);
    let cases: [(Check, Change); 9] = [
        (Check::OutOfOrder, |c| c.open_time.swap(4, 5)),
        (Check::Duplicate, |c| c.open_time[5] = c.open_time[4]),
        (Check::Misaligned, |c| c.open_time[5] = c.open_time[5] + Interval::MINUTE),
        (Check::NotFinite, |c| c.close[5] = f64::NAN),
        (Check::PriceOrder, |c| c.high[5] = c.low[5] / 2.0),
        (Check::NegativeVolume, |c| c.volume[5] = -1.0),
        (Check::NonPositivePrice, |c| c.low[5] = 0.0),
        (Check::Flat, |c| {
            for column in [&mut c.high, &mut c.low, &mut c.close] {
                column[5] = c.open[5];
            }
        }),
        (Check::ZeroVolume, |c| c.volume[5] = 0.0),
    ];
    for (check, change) in cases {
        let report = report(change);
        assert_eq!(report.count(check), 1, "{report}");
        let finding = report.findings.iter().find(|finding| finding.check == check).unwrap();
        assert_eq!((finding.severity, finding.examples[0].row), (check.severity(), 5));
        assert!(report.severity() >= Some(check.severity()));
        assert!(report.to_string().contains(&check.to_string()), "{report}");
    }
}

#[test]
fn gaps_are_counted_in_bars() {
    let report = report(|c| c.open_time.iter_mut().skip(7).for_each(|t| *t = *t + Interval::DAY));
    let from = at("2025-01-01T07:00:00Z");
    assert_eq!(report.gaps, [Gap { from, until: from + Interval::DAY, missing: 24 }]);
    assert!(report.to_string().contains("1 gaps, 24 bars missing"), "{report}");
    assert!(report.to_string().contains("2025-01-01T07:00:00Z to 2025-01-02T07:00:00Z"));
}

#[test]
fn jumps_and_wicks_are_found_with_their_sign() {
    let jump = report(|c| c.close[9] = c.high[9] * 2.0);
    let mut moves = [&jump.largest_moves[0], &jump.largest_moves[1]];
    moves.sort_by_key(|extreme| extreme.at.row);
    assert_eq!(moves.map(|extreme| extreme.at.row), [9, 10]);
    assert!(moves[0].log_move > 0.6 && moves[1].log_move < -0.6);
    let wick = report(|c| c.low[3] /= 4.0);
    assert_eq!(wick.largest_wicks[0].at.row, 3);
    assert!(wick.largest_wicks[0].log_move < -1.3);
}

#[test]
fn garbage_stamps_do_not_panic() {
    let report = report(|c| {
        c.open_time[0] = Timestamp::from_micros(i64::MAX);
        c.open_time[1] = Timestamp::from_micros(i64::MIN);
    });
    assert!(!report.to_string().is_empty());
}

#[test]
fn columns_must_have_one_length() {
    let mut columns = walk();
    columns.low.truncate(3);
    let error = QualityReport::of_columns(&columns, Interval::HOUR).unwrap_err();
    assert!(matches!(error, Error::ColumnLength { column: "low", .. }), "{error}");
}

#[test]
fn survives_json() {
    let report = report(|c| c.volume[2] = 0.0);
    let json = serde_json::to_string(&report).unwrap();
    assert!(json.contains(r#""check":"zero_volume","severity":"info","count":1"#), "{json}");
    assert_eq!(serde_json::from_str::<QualityReport>(&json).unwrap(), report);
}
