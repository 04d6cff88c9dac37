//! Prices at every minute between hourly closes.

use crate::metrics::count;
use crate::{Error, Result};
use mantis_data::{BarColumns, Bars, Interval, Timestamp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const WHAT: &str = "minute prices";
const HOUR_MINUTES: usize = 60;

/// The price at every minute of a span, both ends included.
///
/// ```
/// use mantis_data::{BarColumns, Bars, Interval, Timestamp};
/// use mantis_eval::simulate::MinutePath;
///
/// let start = Timestamp::parse("2025-01-01")?;
/// let open_time = (0..3).map(|i| start + Interval::hours(i)).collect();
/// let (open, high) = (vec![100.0, 101.0, 102.0], vec![103.0; 3]);
/// let (low, close) = (vec![99.0; 3], vec![101.0, 102.0, 100.0]);
/// let columns = BarColumns { open_time, open, high, low, close, volume: vec![1.0; 3] };
/// let bars = Bars::new("example", Interval::HOUR, columns)?;
/// let (from, to) = (bars.known_at(0), bars.known_at(2));
/// let path = MinutePath::bridge(&bars, from, to, 7)?;
/// assert_eq!(path.price_at(bars.known_at(1)), Some(102.0));
/// assert_eq!(path.price_at(to), Some(100.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MinutePath {
    from: Timestamp,
    price: Vec<f64>,
}

impl MinutePath {
    /// Synthetic prices: a Brownian bridge in log price between consecutive closes of hourly
    /// bars. Its variance per minute is that of the later bar's range (Parkinson: ln(high/low)^2 /
    /// (4 ln 2) per bar), and it passes exactly through the closes. Each hour has its own random
    /// stream, so the path of an hour does not depend on the span. Where bars are missing, one
    /// bridge spans the gap.
    ///
    /// # Errors
    /// [`Error::TooShort`] when the closes do not cover `from` to `to`.
    pub fn bridge(bars: &Bars, from: Timestamp, to: Timestamp, seed: u64) -> Result<Self> {
        let known: Vec<Timestamp> = (0..bars.len()).map(|i| bars.known_at(i)).collect();
        let first = known.partition_point(|&t| t <= from);
        if first == 0 || known.last().is_none_or(|&t| t < to) {
            return Err(uncovered(minutes_between(from, to), &known, from, to));
        }
        let close = bars.close();
        let start = known[first - 1];
        let mut path = Self { from: start, price: vec![close[first - 1]] };
        for i in first..bars.len() {
            if known[i - 1] >= to {
                break;
            }
            let minutes = minutes_between(known[i - 1], known[i]);
            let range = (bars.high()[i] / bars.low()[i]).ln();
            let per_minute = range.powi(2) / (4.0 * std::f64::consts::LN_2) / count(HOUR_MINUTES);
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(known[i].as_micros().unsigned_abs());
            let bridge = bridge(&mut rng, close[i - 1].ln(), close[i].ln(), minutes, per_minute);
            path.price.extend(bridge.into_iter().map(f64::exp));
            path.price.push(close[i]);
        }
        Ok(path.between(from, to))
    }

    /// Recorded prices: the close of each one-minute bar; a missing minute keeps the last close.
    ///
    /// # Errors
    /// [`Error::TooShort`] when the bars do not reach from `from` to `to`.
    pub fn recorded(minutes: &Bars, from: Timestamp, to: Timestamp) -> Result<Self> {
        let known: Vec<Timestamp> = (0..minutes.len()).map(|i| minutes.known_at(i)).collect();
        let wanted = minutes_between(from, to);
        let covered = known.first().is_some_and(|&t| t <= from);
        if !covered || known.last().is_none_or(|&t| t < to) {
            return Err(uncovered(wanted, &known, from, to));
        }
        let mut last = 0;
        let price = (0..=wanted)
            .map(|m| {
                let t = minute(from, m);
                while last + 1 < known.len() && known[last + 1] <= t {
                    last += 1;
                }
                minutes.close()[last]
            })
            .collect();
        Ok(Self { from, price })
    }

    /// Price at a whole minute of the span.
    #[must_use]
    pub fn price_at(&self, t: Timestamp) -> Option<f64> {
        let micros = (t - self.from).as_micros();
        let per_minute = Interval::MINUTE.as_micros();
        let minute = usize::try_from(micros / per_minute).ok().filter(|_| micros >= 0)?;
        (micros % per_minute == 0).then(|| self.price.get(minute).copied()).flatten()
    }

    fn between(self, from: Timestamp, to: Timestamp) -> Self {
        let skip = minutes_between(self.from, from);
        let keep = minutes_between(from, to) + 1;
        Self { from, price: self.price.into_iter().skip(skip).take(keep).collect() }
    }
}

fn uncovered(minutes: usize, known: &[Timestamp], from: Timestamp, to: Timestamp) -> Error {
    let start = known.first().map_or(to, |&t| t.max(from));
    let end = known.last().map_or(to, |&t| t.min(to));
    Error::TooShort {
        what: WHAT,
        unit: "minutes covered by closes",
        expected: minutes,
        got: minutes_between(start, end),
        remedy: "pass bars that cover the whole scored span, or score fewer days",
    }
}

/// Whole minutes from `a` to `b`; 0 when `b` is earlier.
pub(super) fn minutes_between(a: Timestamp, b: Timestamp) -> usize {
    usize::try_from((b - a).as_micros() / Interval::MINUTE.as_micros()).unwrap_or(0)
}

/// The time `n` minutes after `from`.
pub(super) fn minute(from: Timestamp, n: usize) -> Timestamp {
    from + Interval::minutes(i64::try_from(n).expect("a span of minutes fits in 64 bits"))
}

/// The inner points of a Brownian bridge from `a` to `b` over `steps` steps.
fn bridge(rng: &mut ChaCha8Rng, a: f64, b: f64, steps: usize, variance: f64) -> Vec<f64> {
    let mut walk = 0.0;
    let walked: Vec<f64> = (0..steps)
        .map(|_| {
            walk += variance.sqrt() * normal(rng);
            walk
        })
        .collect();
    let drift = (b - a - walk) / count(steps);
    (1..steps).map(|i| a + walked[i - 1] + drift * count(i)).collect()
}

/// A standard normal number (Box and Muller, 1958).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.r#gen::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.r#gen::<f64>()).cos()
}

/// Bars in which the return of every close got a random sign: same times, volumes and sizes of
/// moves, but nothing to predict. The shape of each bar is mirrored with its return.
///
/// # Errors
/// [`Error::Data`] when the flipped prices leave the range of finite numbers.
///
/// ```
/// use mantis_data::{BarColumns, Bars, Interval, Timestamp};
/// use mantis_eval::simulate::sign_flip;
///
/// let start = Timestamp::parse("2025-01-01")?;
/// let open_time = (0..3).map(|i| start + Interval::hours(i)).collect();
/// let (open, high) = (vec![100.0, 101.0, 102.0], vec![103.0; 3]);
/// let (low, close) = (vec![99.0; 3], vec![101.0, 102.0, 100.0]);
/// let columns = BarColumns { open_time, open, high, low, close, volume: vec![1.0; 3] };
/// let bars = Bars::new("example", Interval::HOUR, columns)?;
/// let flipped = sign_flip(&bars, 3)?;
/// let size = |b: &Bars| (b.close()[2] / b.close()[1]).ln().abs();
/// assert!((size(&flipped) - size(&bars)).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sign_flip(bars: &Bars, seed: u64) -> Result<Bars> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    with_signs(bars, |_| if rng.r#gen() { 1.0 } else { -1.0 })
}

/// The bars with the move of each bar times a sign (1 or -1) that is asked for by its open time, in order of time. Symbols that
/// get the same signs keep what ties them together.
///
/// # Errors
/// [`Error::Data`] when a price leaves the range of numbers.
pub fn with_signs(bars: &Bars, mut sign_at: impl FnMut(Timestamp) -> f64) -> Result<Bars> {
    let mut columns = BarColumns {
        open_time: bars.open_time().to_vec(),
        open: Vec::with_capacity(bars.len()),
        high: Vec::with_capacity(bars.len()),
        low: Vec::with_capacity(bars.len()),
        close: Vec::with_capacity(bars.len()),
        volume: bars.volume().to_vec(),
    };
    let (mut real, mut made) = bars.open().first().map_or((0.0, 0.0), |o| (o.ln(), o.ln()));
    for i in 0..bars.len() {
        let sign = sign_at(bars.open_time()[i]);
        let moved = |price: f64| (made + sign * (price.ln() - real)).exp();
        let [open, close] = [bars.open()[i], bars.close()[i]].map(moved);
        let [a, b] = [bars.high()[i], bars.low()[i]].map(moved);
        columns.open.push(open);
        columns.close.push(close);
        // Rounding may put an extreme a last bit inside the open or close.
        columns.high.push(a.max(b).max(open).max(close));
        columns.low.push(a.min(b).min(open).min(close));
        made += sign * (bars.close()[i].ln() - real);
        real = bars.close()[i].ln();
    }
    let name = format!("{} with random signs", bars.name());
    Bars::new(&name, bars.interval(), columns)
        .map_err(|source| Error::Data { what: "with_signs", source })
}
