//! Synthetic competitors with known behaviour.
//!
//! Each acts once per closed hourly bar, on public prices known then, and keeps its embedding
//! until the next bar closes. An embedding is `[-x, x]`, where `x` within -1 to 1 is
//! `2 p_up - 1` of the competitor.

mod indicators;
mod logistic;
#[cfg(test)]
mod tests;

use crate::{Error, Result};
use indicators::Method;
use mantis_data::{Bars, Interval, Timestamp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// An embedding of dimension 2 and the time from which it may be used.
pub type TimedEmbedding = (Timestamp, [f32; 2]);

/// Bars in the trailing volatility that scales a signal (one week of hours).
const VOLATILITY_BARS: usize = 168;

/// How a competitor makes its embeddings.
///
/// | family | behaviour |
/// |---|---|
/// | `Noise` | uniform random `x` each hour |
/// | `Momentum` | `x = tanh(z / 2)`, `z` the return of the last `hours` in trailing volatilities |
/// | `Fade` | the opposite of `Momentum` |
/// | `LaggedLogistic` | L2 logistic on the last 24 hourly returns, fitted only before the scored span |
/// | `IndicatorLogistic` | L2 logistic on 18 public indicators, fitted on the year before the scored span |
/// | `BoostedTrees` | 40 boosted trees of depth 3 on the same indicators and rows |
/// | `Constant` | always `x = value` |
/// | `NearClone` | the user's embedding plus uniform noise of this amplitude, kept within -1 to 1 |
/// | `LateJoiner` | absent for the first `days` of the scored span, then as `of` |
/// | `DelayedCopy` | the user's embedding, `hours` late |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Family {
    /// Uniform random each hour.
    Noise,
    /// Follows the last `hours`.
    Momentum {
        /// Hours looked back, at least 1.
        hours: usize,
    },
    /// Bets against the last `hours`.
    Fade {
        /// Hours looked back, at least 1.
        hours: usize,
    },
    /// Logistic regression on lagged returns, fitted before the scored span.
    LaggedLogistic,
    /// Logistic regression on public indicators, fitted before the scored span.
    IndicatorLogistic,
    /// Boosted trees on public indicators, fitted before the scored span.
    BoostedTrees,
    /// The same embedding always.
    Constant {
        /// The value `x`, within -1 to 1 and not 0.
        value: f32,
    },
    /// Copies the user with noise.
    NearClone {
        /// Largest noise, within 0 to 1.
        amplitude: f32,
    },
    /// Starts late.
    LateJoiner {
        /// Days of the scored span without a submission.
        days: usize,
        /// Behaviour afterwards.
        of: Box<Family>,
    },
    /// Copies the user late.
    DelayedCopy {
        /// Delay, at least 1.
        hours: usize,
    },
}

impl Family {
    /// Short name for tables, e.g. `fade 2h`.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Noise => "noise".to_owned(),
            Self::Momentum { hours } => format!("momentum {hours}h"),
            Self::Fade { hours } => format!("fade {hours}h"),
            Self::LaggedLogistic => "lagged logistic".to_owned(),
            Self::IndicatorLogistic => "indicator logistic".to_owned(),
            Self::BoostedTrees => "boosted trees".to_owned(),
            Self::Constant { .. } => "constant".to_owned(),
            Self::NearClone { amplitude } if *amplitude == 0.0 => "twin".to_owned(),
            Self::NearClone { .. } => "near clone".to_owned(),
            Self::LateJoiner { of, .. } => format!("late {}", of.label()),
            Self::DelayedCopy { hours } => format!("copy {hours}h late"),
        }
    }

    /// Whether the user's embeddings are what it submits.
    #[must_use]
    pub fn copies_the_user(&self) -> bool {
        match self {
            Self::NearClone { .. } | Self::DelayedCopy { .. } => true,
            Self::LateJoiner { of, .. } => of.copies_the_user(),
            _ => false,
        }
    }
}

/// A competitor: a unique name, a behaviour, and the seed of its random choices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Competitor {
    /// Unique name (stands for the hotkey).
    pub name: String,
    /// Behaviour.
    pub family: Family,
    /// Seed of its own random numbers.
    pub seed: u64,
}

/// What a competitor may look at.
#[derive(Debug, Clone, Copy)]
pub struct Market<'a> {
    /// Hourly bars; only those closed at a given time are used for an embedding of that time.
    pub bars: &'a Bars,
    /// The user's embeddings, times rising.
    pub mine: &'a [TimedEmbedding],
    /// First row of the scored span; nothing is fitted on data from then on.
    pub span_start: Timestamp,
}

fn named(families: impl IntoIterator<Item = Family>, seed: u64) -> Vec<Competitor> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut uses = std::collections::BTreeMap::new();
    let named = |family: Family| {
        let mut name = family.label().replace(' ', "-");
        let used: &mut usize = uses.entry(name.clone()).or_default();
        *used += 1;
        if *used > 1 {
            name = format!("{name}-{used}");
        }
        Competitor { name, family, seed: rng.r#gen() }
    };
    families.into_iter().map(named).collect()
}

/// The first `n` competitors of an endless field, reproducible from `seed`: those of the first places are the most
/// different from each other; from the nineteenth on the rules come back with other horizons and the noise with another
/// seed. Late joiners are absent for the first `late_days` of the span, its rows before the first scored one included. Copies have
/// names after "me": of two exact copies the validator pays the one whose name comes first.
///
/// ```
/// use mantis_eval::competitors::field;
///
/// let five: Vec<String> = field(5, 7, 3).iter().map(|c| c.family.label()).collect();
/// assert_eq!(five, ["noise", "momentum 6h", "fade 2h", "indicator logistic", "boosted trees"]);
/// assert_eq!(field(5, 7, 3)[..], field(30, 7, 3)[..5]);
/// ```
#[must_use]
pub fn field(n: usize, seed: u64, late_days: usize) -> Vec<Competitor> {
    let late = |of| Family::LateJoiner { days: late_days, of: Box::new(of) };
    let first = [
        Family::Noise,
        Family::Momentum { hours: 6 },
        Family::Fade { hours: 2 },
        Family::IndicatorLogistic,
        Family::BoostedTrees,
        Family::Fade { hours: 1 },
        Family::Momentum { hours: 24 },
        Family::LaggedLogistic,
        Family::NearClone { amplitude: 0.05 },
        Family::DelayedCopy { hours: 1 },
        late(Family::Fade { hours: 3 }),
        Family::Constant { value: 0.25 },
        Family::Fade { hours: 6 },
        Family::Momentum { hours: 1 },
        Family::NearClone { amplitude: 0.0 },
        Family::Fade { hours: 24 },
        Family::NearClone { amplitude: 0.3 },
        Family::Momentum { hours: 72 },
    ];
    let again = (1..).flat_map(|round| {
        [
            Family::Noise,
            Family::Fade { hours: 2 + 2 * round },
            Family::Momentum { hours: 6 + 5 * round },
            late(Family::Fade { hours: 3 + 2 * round }),
            Family::DelayedCopy { hours: 1 + round },
        ]
    });
    named(first.into_iter().chain(again).take(n), seed)
}

impl Competitor {
    /// Embeddings in time order, one for each bar that this behaviour can act on.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a parameter outside its range; [`Error::TooShort`] when the bars
    /// before the scored span are too few to fit on; [`Error::Learn`] when that fit fails.
    ///
    /// ```
    /// use mantis_data::{BarColumns, Bars, Interval, Timestamp};
    /// use mantis_eval::competitors::{Competitor, Family, Market};
    ///
    /// let start = Timestamp::parse("2025-01-01")?;
    /// let close: Vec<f64> = (0..200).map(|i| 100.0 + f64::from(i % 3)).collect();
    /// let open_time = (0..200).map(|i| start + Interval::hours(i)).collect();
    /// let (open, high, low) = (close.clone(), close.clone(), close.clone());
    /// let volume = vec![1.0; 200];
    /// let columns = BarColumns { open_time, open, high, low, close, volume };
    /// let bars = Bars::new("example", Interval::HOUR, columns)?;
    /// let market = Market { bars: &bars, mine: &[], span_start: start };
    /// let fade =
    ///     Competitor { name: "f".to_owned(), family: Family::Fade { hours: 1 }, seed: 1 };
    /// // The last bar rose, so a fade expects a fall.
    /// let embeddings = fade.embeddings(&market)?;
    /// assert!(embeddings.last().is_some_and(|(_, [down, up])| *down > 0.0 && *up < 0.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn embeddings(&self, market: &Market<'_>) -> Result<Vec<TimedEmbedding>> {
        self.act(&self.family, market)
    }

    fn act(&self, family: &Family, market: &Market<'_>) -> Result<Vec<TimedEmbedding>> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let bars = market.bars;
        let each_bar = |x: &mut dyn FnMut() -> f64| {
            (0..bars.len()).map(|i| (bars.known_at(i), embedding(x()))).collect()
        };
        match family {
            Family::Noise => Ok(each_bar(&mut || rng.gen_range(-1.0..1.0))),
            Family::Momentum { hours } => signal(bars, *hours, 1.0),
            Family::Fade { hours } => signal(bars, *hours, -1.0),
            Family::IndicatorLogistic => {
                indicators::embeddings(Method::Logistic, bars, market.span_start)
            }
            Family::BoostedTrees => {
                indicators::embeddings(Method::Boosting, bars, market.span_start)
            }
            Family::LaggedLogistic => logistic::embeddings(bars, market.span_start),
            Family::Constant { value } => {
                let x = f64::from(*value);
                if !(x.abs() <= 1.0 && x != 0.0) {
                    return Err(parameter("value", "within -1 to 1 and not 0", x));
                }
                Ok(each_bar(&mut || x))
            }
            Family::NearClone { amplitude } => {
                if !(0.0..=1.0).contains(amplitude) {
                    let got = f64::from(*amplitude);
                    return Err(parameter("amplitude", "within 0 to 1", got));
                }
                let mut near =
                    |v: f32| (v + amplitude * rng.gen_range(-1.0_f32..1.0)).clamp(-1.0, 1.0);
                Ok(market.mine.iter().map(|&(t, v)| (t, v.map(&mut near))).collect())
            }
            Family::LateJoiner { days, of } => {
                let start = market.span_start + Interval::days(whole(*days));
                let all = self.act(of, market)?;
                Ok(all.into_iter().filter(|(t, _)| *t >= start).collect())
            }
            Family::DelayedCopy { hours } => {
                if *hours == 0 {
                    return Err(parameter("hours", "at least 1", 0.0));
                }
                let delay = Interval::hours(whole(*hours));
                Ok(market.mine.iter().map(|&(t, v)| (t + delay, v)).collect())
            }
        }
    }
}

fn parameter(parameter: &'static str, expected: &'static str, got: f64) -> Error {
    Error::Parameter { what: "competitor", parameter, expected, got }
}

/// A count as the signed number that time arithmetic takes; absurd sizes stay absurd.
fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::from(i32::MAX)).min(i64::from(i32::MAX))
}

/// `[2 p_down - 1, 2 p_up - 1]` for `x = 2 p_up - 1`.
fn embedding(x: f64) -> [f32; 2] {
    #[expect(clippy::cast_possible_truncation, reason = "embeddings are f32")]
    let x = x as f32;
    [-x, x]
}

/// Population standard deviation of the last [`VOLATILITY_BARS`] one-bar log returns up to bar
/// `i`; `None` with fewer of them or without movement.
fn volatility(close: &[f64], i: usize) -> Option<f64> {
    let from = i.checked_sub(VOLATILITY_BARS)?;
    let returns = || close[from..=i].windows(2).map(|w| (w[1] / w[0]).ln());
    let n = crate::metrics::count(VOLATILITY_BARS);
    let mean = returns().sum::<f64>() / n;
    let variance = returns().map(|r| (r - mean).powi(2)).sum::<f64>() / n;
    (variance > 0.0).then(|| variance.sqrt())
}

/// `x = sign * tanh(z / 2)` of the return over the last `hours` bars.
fn signal(bars: &Bars, hours: usize, sign: f64) -> Result<Vec<TimedEmbedding>> {
    if hours == 0 {
        return Err(parameter("hours", "at least 1", 0.0));
    }
    let close = bars.close();
    let act = |i: usize| {
        let before = i.checked_sub(hours)?;
        let scale = volatility(close, i)? * crate::metrics::count(hours).sqrt();
        let z = (close[i] / close[before]).ln() / scale;
        Some((bars.known_at(i), embedding(sign * (z / 2.0).tanh())))
    };
    Ok((0..bars.len()).filter_map(act).collect())
}
