use super::*;

fn wave(len: usize) -> Vec<f64> {
    (0..len)
        .map(|i| (i as f64 * 0.37).sin() * 3.0 + (i as f64 * 0.011).cos() * 50.0 + 100.0)
        .collect()
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-11 * (1.0 + b.abs())
}

#[test]
fn sliding_forms_equal_naive_windows_at_every_size() {
    let x = wave(1500);
    let y: Vec<f64> = x.iter().enumerate().map(|(i, v)| v * 0.5 + (i as f64).sin()).collect();
    for n in [1, 2, 3, 7, 20, 64, 333] {
        let (s, mx, mn) = (sum(&x, n).unwrap(), maximum(&x, n).unwrap(), minimum(&x, n).unwrap());
        let sd = standard_deviation(&x, n, 0).unwrap();
        let corr = correlation(&x, &y, n).unwrap();
        for i in 0..x.len() {
            if i + 1 < n {
                assert!(s[i].is_nan() && mx[i].is_nan() && sd[i].is_nan());
                continue;
            }
            let (wx, wy) = (&x[i + 1 - n..=i], &y[i + 1 - n..=i]);
            let (m, my) = (wx.iter().sum::<f64>() / n as f64, wy.iter().sum::<f64>() / n as f64);
            let xx: f64 = wx.iter().map(|v| (v - m).powi(2)).sum();
            let yy: f64 = wy.iter().map(|v| (v - my).powi(2)).sum();
            let xy: f64 = wx.iter().zip(wy).map(|(a, b)| (a - m) * (b - my)).sum();
            assert!(close(s[i], wx.iter().sum()));
            assert_eq!(mx[i], wx.iter().copied().fold(f64::MIN, f64::max));
            assert_eq!(mn[i], wx.iter().copied().fold(f64::MAX, f64::min));
            // Sums of squares slide: their rounding is a share of the largest sum since the last restart, and values lie
            // within 106 of each other.
            let noise = 4e-14 * n as f64 * 106.0 * 106.0;
            assert!((sd[i] * sd[i] * n as f64 - xx).abs() <= noise, "n {n} row {i}");
            let expected = if n > 1 { xy / (xx * yy).sqrt() } else { 0.0 };
            // A small comoment magnifies that rounding by its ratio to the other one.
            assert!(corr[i].abs() <= 1.0);
            if xx.min(yy) > noise {
                let off = (corr[i] - expected).abs() * (xx * yy).sqrt();
                let ratio = (xx / yy).sqrt() + (yy / xx).sqrt();
                assert!(off <= noise * (1.0 + ratio), "n {n} row {i}: {} {expected}", corr[i]);
            }
        }
    }
}

#[test]
fn an_interior_nan_restarts_the_warm_up_and_does_not_poison() {
    let mut x = wave(60);
    x[20] = f64::NAN;
    let m = mean(&x, 5).unwrap();
    assert!(m[19].is_finite() && (20..25).all(|i| m[i].is_nan()) && m[25].is_finite());
}

#[test]
fn a_flat_window_has_exactly_no_deviation() {
    let mut x = wave(40);
    x.extend([123.4; 60]);
    let sd = standard_deviation(&x, 20, 1).unwrap();
    assert!(sd[59..].iter().all(|&v| v == 0.0));
    assert!(z_score(&x, 20).unwrap()[59..].iter().all(|&v| v == 0.0));
    assert!(skewness_kurtosis(&x, 20).unwrap()[0][60..].iter().all(|v| v.is_nan()));
}

#[test]
fn a_zero_period_is_refused() {
    let error = mean(&[1.0], 0).unwrap_err().to_string();
    assert_eq!(error, "rolling mean: period must be at least 1, got 0; choose a longer period");
}
