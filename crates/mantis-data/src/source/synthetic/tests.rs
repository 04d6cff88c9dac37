use super::*;

fn start() -> Timestamp {
    Timestamp::parse("2025-01-01").unwrap()
}

#[test]
fn bars_join_and_spread_as_asked() {
    let walk = RandomWalk { volatility: 0.02, ..RandomWalk::default() };
    let bars = walk.bars("TEST", start(), Interval::HOUR, 5_000, 1).unwrap();
    assert_eq!(bars.open()[1..], bars.close()[..4_999]);
    let returns: Vec<f64> =
        bars.open().iter().zip(bars.close()).map(|(open, close)| (close / open).ln()).collect();
    let mean = returns.iter().sum::<f64>() / 5_000.0;
    let spread = (returns.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / 5_000.0).sqrt();
    assert!((spread / 0.02 - 1.0).abs() < 0.05, "spread {spread}");
}

#[test]
fn out_of_range_fields_are_named() {
    let walk = RandomWalk { volatility: f64::NAN, ..RandomWalk::default() };
    let message = walk.bars("TEST", start(), Interval::HOUR, 1, 1).unwrap_err().to_string();
    assert!(message.contains("volatility must be from 0 to 0.5, got NaN"), "{message}");
}

#[test]
fn a_start_off_the_grid_is_refused() {
    let off = start() + Interval::MINUTE;
    let error = RandomWalk::default().bars("TEST", off, Interval::HOUR, 1, 1).unwrap_err();
    assert!(matches!(error, Error::Misaligned { row: 0, .. }), "{error}");
}
