//! Returns over several rows and the signs of one-row returns.

use crate::Result;
use crate::indicators::ratio_or_zero;
use crate::indicators::volume::sign;
use crate::rolling::{check_period, correlation, each_sum, run};

/// close / close n rows ago - 1. Warm-up n, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn simple_return(close: &[f64], n: usize) -> Result<Vec<f64>> {
    lagged("simple return", close, n, |now, before| now / before - 1.0)
}

/// ln(close / close n rows ago). Warm-up n, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn log_return(close: &[f64], n: usize) -> Result<Vec<f64>> {
    lagged("log return", close, n, |now, before| (now / before).ln())
}

/// `form(now, n rows ago)`; NaN where either row is, whatever lies between.
fn lagged(
    what: &'static str,
    close: &[f64],
    n: usize,
    form: impl Fn(f64, f64) -> f64,
) -> Result<Vec<f64>> {
    check_period(what, n, 1)?;
    let mut out = vec![f64::NAN; close.len()];
    for i in n..close.len() {
        out[i] = form(close[i], close[i - n]);
    }
    Ok(out)
}

/// Log return over `n` rows in units of its own expected size: ln(close / close n rows ago) / (sqrt n times the root mean
/// square of the last `volatility_window` one-row log returns); 0 without volatility. Warm-up max(n, volatility_window),
/// O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when a window is 0.
pub fn return_to_volatility(
    close: &[f64],
    one_row: &[f64],
    n: usize,
    volatility_window: usize,
) -> Result<Vec<f64>> {
    check_period("return to volatility (volatility window)", volatility_window, 1)?;
    let total = log_return(close, n)?;
    let count = volatility_window as f64;
    let steps = n as f64;
    Ok(run([one_row], |[r], out| {
        each_sum(
            r.len(),
            volatility_window,
            |i, _| [r[i] * r[i]],
            |i, [squares], _| {
                out[i] = (squares.max(0.0) / count * steps).sqrt();
            },
        );
    })
    .into_iter()
    .zip(total)
    .map(|(expected, total)| ratio_or_zero(total, expected))
    .collect())
}

/// Signed length of the current run of one-row returns of equal sign, at most `cap` in size; 0 after an unchanged close.
/// Takes log returns; -cap..cap, warm-up 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `cap` is 0.
pub fn sign_run(one_row: &[f64], cap: usize) -> Result<Vec<f64>> {
    check_period("sign run", cap, 1)?;
    let cap = cap as f64;
    Ok(run([one_row], |[r], out| {
        let mut length = 0.0_f64;
        for (out, &r) in out.iter_mut().zip(r) {
            let direction = sign(r);
            let same = direction * length > 0.0;
            length = if same { length + direction } else { direction };
            // Beyond the cap the run is held there, so that the value never depends on more than `cap` rows.
            length = length.clamp(-cap, cap);
            *out = length;
        }
    }))
}

/// (rising rows - falling rows) / n of the last `n` one-row returns, -1..1. Takes log returns; warm-up n, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is 0.
pub fn up_share(one_row: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("up share", n, 1)?;
    let count = n as f64;
    Ok(run([one_row], |[r], out| {
        each_sum(r.len(), n, |i, _| [sign(r[i])], |i, [net], _| out[i] = net / count);
    }))
}

/// Correlation of the last `n` returns with the returns one row before them, -1..1, 0 when flat. Takes log returns; warm-up
/// n + 1, O(1) a row.
///
/// # Errors
/// [`Error::Period`](crate::Error::Period) when `n` is below 2.
pub fn autocorrelation(one_row: &[f64], n: usize) -> Result<Vec<f64>> {
    check_period("autocorrelation", n, 2)?;
    let earlier = one_row.iter().take(one_row.len().saturating_sub(1));
    let before: Vec<f64> =
        std::iter::once(&f64::NAN).take(one_row.len()).chain(earlier).copied().collect();
    correlation(one_row, &before, n)
}
