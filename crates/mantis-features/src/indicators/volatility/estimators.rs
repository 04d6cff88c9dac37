//! Volatility per bar from open, high, low and close, and roughness.

use std::f64::consts::LN_2;

use super::FAMILY;
use crate::engine::Slot;
use crate::indicators::Build;
use crate::registry::{Indicator, Param, input, window};

const TWENTY: &[Param] = &[window(20, 2)];

/// Lags of the Hurst exponent.
const HURST_LAGS: [usize; 5] = [2, 4, 8, 16, 32];

fn garman_klass(b: &mut Build<'_>) -> Slot {
    let bar = b.log_bar();
    let square = b.map(bar, |[o, h, l, c]| {
        let (range, body) = (h - l, c - o);
        0.5 * range * range - (2.0 * LN_2 - 1.0) * body * body
    });
    let n = b.p(0);
    b.root_mean(square, n)
}

/// Rogers and Satchell's variance of one bar: ln(h/c) ln(h/o) + ln(l/c) ln(l/o).
fn rogers_satchell_bar(b: &mut Build<'_>) -> Slot {
    let bar = b.log_bar();
    b.map(bar, |[o, h, l, c]| (h - c) * (h - o) + (l - c) * (l - o))
}

fn yang_zhang(b: &mut Build<'_>) -> Slot {
    let ([open, _, _, close], n) = (b.log_bar(), b.p(0));
    let before = b.lag(close, 1);
    let (overnight, body) = (b.sub(open, before), b.sub(close, open));
    let bar = rogers_satchell_bar(b);
    let parts = [b.variance(overnight, n)[1], b.variance(body, n)[1], b.mean(bar, n)];
    b.map_with(parts, n as f64, |[night, day, bar], n| {
        let k = 0.34 / (1.34 + (n + 1.0) / (n - 1.0));
        let variance = (night + k * day) / (n - 1.0) + (1.0 - k) * bar;
        if variance < 0.0 { 0.0 } else { variance.sqrt() }
    })
}

/// Least-squares slope of ln(standard deviation of the lag-g differences inside n rows) on ln g.
fn hurst(b: &mut Build<'_>) -> Slot {
    let (price, n) = (b.log_close(), b.p(0));
    let spreads = HURST_LAGS.map(|lag| {
        let step = b.change(price, lag);
        b.deviation(step, n - lag, 0)
    });
    b.map(spreads, |spreads| {
        let x = HURST_LAGS.map(|lag| (lag as f64).ln());
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let width: f64 = x.iter().map(|v| (v - mean) * (v - mean)).sum();
        let slope: f64 = x.iter().zip(spreads).map(|(x, s)| (x - mean) / width * s.ln()).sum();
        if slope.is_finite() { slope } else { f64::NAN }
    })
}

pub(super) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "parkinson"),
        "sqrt(mean(ln(h / l)^2, n) / (4 ln 2))",
        input::HL,
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let n = b.p(0);
            b.parkinson(n)
        },
    )
    .source("Parkinson 1980"),
    Indicator::free(
        (FAMILY, "garman_klass"),
        "sqrt(mean(ln(h / l)^2 / 2 - (2 ln 2 - 1) ln(c / o)^2, n))",
        input::OHLC,
        TWENTY,
        |p| p[0] - 1,
        garman_klass,
    )
    .source("Garman and Klass 1980"),
    Indicator::free(
        (FAMILY, "rogers_satchell"),
        "sqrt(mean(ln(h/c) ln(h/o) + ln(l/c) ln(l/o), n))",
        input::OHLC,
        TWENTY,
        |p| p[0] - 1,
        |b| {
            let (bar, n) = (rogers_satchell_bar(b), b.p(0));
            b.root_mean(bar, n)
        },
    )
    .source("Rogers and Satchell 1991"),
    Indicator::free(
        (FAMILY, "yang_zhang"),
        "sqrt(var(overnight) + k var(body) + (1 - k) mean(Rogers-Satchell)) over n rows, k = 0.34 / (1.34 + (n + 1) / (n - 1))",
        input::OHLC,
        TWENTY,
        |p| p[0],
        yang_zhang,
    )
    .source("Yang and Zhang 2000"),
    Indicator::free(
        (FAMILY, "realised_vol"),
        "sqrt(sum of n squared log returns)",
        input::C,
        TWENTY,
        |p| p[0],
        |b| {
            let n = b.p(0);
            let per_bar = b.volatility(n);
            b.map_with([per_bar], (n as f64).sqrt(), |[v], root| v * root)
        },
    )
    .source("Andersen and Bollerslev 1998"),
    Indicator::free(
        (FAMILY, "hurst"),
        "slope of ln(std of lag-g differences of the log close within n rows) on ln g, g = 2, 4, 8, 16, 32; about 0.5 for a random walk",
        input::C,
        &[window(256, 34)],
        |p| p[0] - 1,
        hurst,
    )
    .source("Hurst 1951, standard deviation form"),
];
