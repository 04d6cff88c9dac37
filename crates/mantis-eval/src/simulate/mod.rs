//! What an hourly model would be paid by a validator that samples every minute.

#[cfg(feature = "ledger")]
mod ledger;
mod path;
mod rows;
mod scene;
mod study;
#[cfg(test)]
pub(crate) mod tests;

#[cfg(feature = "ledger")]
pub use ledger::{LedgerScenario, LedgerSource, Says, write_ledger};
pub use path::{MinutePath, sign_flip, with_signs};
pub use study::{
    Consistency, CopyCheck, ModelError, Standing, StudyInput, StudyReport, study, warm_up_rows,
};

use crate::competitors::{Competitor, Market, TimedEmbedding};
use crate::metrics::count;
use crate::score::{BinaryProfile, Declined, ScoringProfile, out_of_sample_segments};
use crate::workers::Progress;
use crate::{Error, Result};
use mantis_data::{Bars, Interval, Timestamp};
use rows::Span;
use scene::Scene;
use serde::{Deserialize, Serialize};

const WHAT: &str = "simulate_pay";
/// Name of the user in the ranking.
pub const ME: &str = "me";

/// What [`simulate_pay`] needs.
#[derive(Clone, Copy)]
pub struct SimulationInput<'a> {
    /// Hourly bars. They end where the span ends, and start early enough for the competitors'
    /// fits (500 hours and a week before the scored span).
    pub bars: &'a Bars,
    /// Real one-minute bars of the same market over the scored span; without them minute prices
    /// are a seeded bridge between the hourly closes.
    pub minutes: Option<&'a Bars>,
    /// Days scored, counted from the last close that has an outcome; 60 is what the validator
    /// looks at.
    pub days: usize,
    /// The user's embeddings, times rising, each usable from its time on until the next one.
    pub mine: &'a [TimedEmbedding],
    /// The other miners.
    pub competitors: &'a [Competitor],
    /// Seed of the bridge and of the surrogate's signs.
    pub seed: u64,
    /// Constants of the scoring.
    pub profile: &'a ScoringProfile,
    /// Worker threads; the result does not depend on their number.
    pub threads: usize,
    /// Also score a world without predictability, see [`Surrogate`].
    pub surrogate: Surrogate<'a>,
}

impl std::fmt::Debug for SimulationInput<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimulationInput")
            .field("bars", &self.bars.name())
            .field("days", &self.days)
            .field("mine", &self.mine.len())
            .field("competitors", &self.competitors.len())
            .field("seed", &self.seed)
            .field("surrogate", &self.surrogate)
            .finish_non_exhaustive()
    }
}

/// A second run on bars whose returns got random signs, so that nothing can be predicted. The
/// validator's AUC is taken within days and favours fading even there, so the share earned in
/// this run is what the user's *shape* earns without any skill.
#[derive(Clone, Copy)]
pub enum Surrogate<'a> {
    /// No second run.
    Off,
    /// The user's embeddings are taken as they are; to the flipped prices they are noise.
    KeepEmbeddings,
    /// The user's model is run again on the flipped bars.
    Rerun(&'a dyn Fn(&Bars) -> Vec<TimedEmbedding>),
}

impl std::fmt::Debug for Surrogate<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            Self::KeepEmbeddings => "KeepEmbeddings",
            Self::Rerun(_) => "Rerun",
        })
    }
}

/// One miner of the ranking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ranked {
    /// Name; the user is [`ME`].
    pub name: String,
    /// Behaviour.
    pub family: String,
    /// Share of the challenge's pay.
    pub share: f64,
    /// 1 for the largest share; equal shares have the same rank.
    pub rank: usize,
}

/// What the user would have been paid, and among whom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PayReport {
    /// Time of the first row.
    pub from: Timestamp,
    /// Time of the last row; its outcome is known an hour later.
    pub to: Timestamp,
    /// Rows scored (one a minute).
    pub rows: usize,
    /// Rows at the start that only train the first models.
    pub warm_up_rows: usize,
    /// Whether the prices between hourly closes are synthetic.
    pub synthetic_minutes: bool,
    /// All miners, largest share first.
    pub ranking: Vec<Ranked>,
    /// The user's share.
    pub my_share: f64,
    /// The user's rank from 1.
    pub my_rank: usize,
    /// Competitors with a smaller share, equal ones counted half, in percent; 100 alone.
    pub my_percentile: f64,
    /// What everybody would get if all were paid the same.
    pub uniform_share: f64,
    /// The user's share in the run without predictability, if it was asked for.
    pub surrogate_share: Option<f64>,
    /// Why the scorer pays nobody, if it does not.
    pub declined: Option<Declined>,
}

/// Scores the user among competitors over the last `days`, one row a minute, as the validator
/// pays one binary challenge (with its copy detection).
///
/// The row of a minute carries the embedding of every miner that was known at that minute; its
/// outcome is the return over the 60 minutes after it. Rows in which nobody submitted, and rows
/// after the price stood still for more than 15 minutes, are dropped as the validator drops them.
/// Embeddings are rounded to half precision as the validator stores them. A shared share of zero
/// for everybody means that the scorer declined (see [`Declined`]).
///
/// `progress` receives (done, total) over both runs.
///
/// # Errors
/// [`Error::TooShort`] when the bars do not cover the span, [`Error::Parameter`] for bars that are
/// not hourly (or minutes that are not), `days` or `threads` = 0 or an embedding outside -1 to 1,
/// [`Error::NotRising`] for embeddings out of order, [`Error::Duplicate`] for a name used twice,
/// [`Error::Stopped`] when `progress` breaks, and the errors of the scorer and the competitors.
///
/// ```no_run
/// use mantis_data::Bars;
/// use mantis_eval::competitors::{TimedEmbedding, field};
/// use mantis_eval::score::ScoringProfile;
/// use mantis_eval::simulate::{SimulationInput, Surrogate, simulate_pay};
/// use std::ops::ControlFlow;
///
/// fn pay(hourly: &Bars, mine: &[TimedEmbedding]) -> mantis_eval::Result<()> {
///     let competitors = field(12, 1, 20);
///     let input = SimulationInput {
///         bars: hourly,
///         minutes: None,
///         days: 60,
///         mine,
///         competitors: &competitors,
///         seed: 1,
///         profile: &ScoringProfile::default(),
///         threads: 2,
///         surrogate: Surrogate::KeepEmbeddings,
///     };
///     let report = simulate_pay(&input, &mut |_, _| ControlFlow::Continue(()))?;
///     assert_eq!(report.rows, 86_400);
///     Ok(())
/// }
/// ```
pub fn simulate_pay(input: &SimulationInput<'_>, progress: Progress<'_>) -> Result<PayReport> {
    check(input)?;
    let span = Span::last_days(input.bars, input.days)?;
    let runs = if matches!(input.surrogate, Surrogate::Off) { 1 } else { 2 };
    let profile = input.profile;

    let mut first = |done: usize, total: usize| progress(done, runs * total);
    let path = minute_path(input.bars, input.minutes, span, input.seed)?;
    let market = Market { bars: input.bars, mine: input.mine, span_start: span.start };
    let scene = Scene::new(&market, &path, span, input.competitors)?;
    let scored = scene.score(0..usize::MAX, profile, input.threads, &mut first)?;

    let flipped;
    let surrogate = match input.surrogate {
        Surrogate::Off => None,
        Surrogate::KeepEmbeddings => {
            flipped = sign_flip(input.bars, input.seed)?;
            Some((&flipped, input.mine.to_vec()))
        }
        Surrogate::Rerun(model) => {
            flipped = sign_flip(input.bars, input.seed)?;
            Some((&flipped, model(&flipped)))
        }
    };
    let mut surrogate_share = None;
    if let Some((bars, mine)) = surrogate {
        check_embeddings(&mine)?;
        let path = MinutePath::bridge(bars, span.start, span.end(), input.seed)?;
        let market = Market { bars, mine: &mine, span_start: span.start };
        let scene = Scene::new(&market, &path, span, input.competitors)?;
        let mut second = |done: usize, total: usize| progress(total + done, runs * total);
        let scored = scene.score(0..usize::MAX, profile, input.threads, &mut second)?;
        surrogate_share = Some(scored.standing().share);
    }
    let mine = scored.standing();
    Ok(PayReport {
        from: span.start,
        to: span.last,
        rows: scored.rows,
        warm_up_rows: trained_only(scored.rows, &profile.binary),
        synthetic_minutes: input.minutes.is_none(),
        my_share: mine.share,
        my_rank: mine.rank,
        my_percentile: mine.percentile,
        uniform_share: 1.0 / count(scored.ranking.len()),
        surrogate_share,
        ranking: scored.ranking,
        declined: scored.declined,
    })
}

/// Rows at the start that get no out-of-sample prediction.
fn trained_only(rows: usize, profile: &BinaryProfile) -> usize {
    out_of_sample_segments(rows, profile.chunk_size, profile.lag)
        .get(1)
        .map_or(rows, |&(_, first_predicted, _)| first_predicted)
}

/// Recorded prices where there are some, else a bridge.
fn minute_path(bars: &Bars, minutes: Option<&Bars>, span: Span, seed: u64) -> Result<MinutePath> {
    match minutes {
        Some(minutes) => MinutePath::recorded(minutes, span.start, span.end()),
        None => MinutePath::bridge(bars, span.start, span.end(), seed),
    }
}

fn check(input: &SimulationInput<'_>) -> Result<()> {
    check_interval("interval of bars (hours)", input.bars, Interval::HOUR, "one hour")?;
    if let Some(minutes) = input.minutes {
        let parameter = "interval of minutes (hours)";
        check_interval(parameter, minutes, Interval::MINUTE, "one minute")?;
    }
    check_positive(&[("days", input.days), ("threads", input.threads)])?;
    check_embeddings(input.mine)
}

fn check_interval(
    parameter: &'static str,
    bars: &Bars,
    interval: Interval,
    expected: &'static str,
) -> Result<()> {
    if bars.interval() == interval {
        return Ok(());
    }
    let got = bars.interval().as_hours_f64();
    Err(Error::Parameter { what: WHAT, parameter, expected, got })
}

fn check_positive(values: &[(&'static str, usize)]) -> Result<()> {
    match values.iter().find(|(_, value)| *value == 0) {
        None => Ok(()),
        Some(&(parameter, _)) => {
            Err(Error::Parameter { what: WHAT, parameter, expected: "at least 1", got: 0.0 })
        }
    }
}

fn check_embeddings(mine: &[TimedEmbedding]) -> Result<()> {
    let what = "simulate_pay: my embeddings";
    if let Some(i) = (1..mine.len()).find(|&i| mine[i].0 <= mine[i - 1].0) {
        return Err(Error::NotRising { what, index: i, time: mine[i].0 });
    }
    match mine.iter().flat_map(|(_, v)| v).find(|v| !(-1.0..=1.0).contains(*v)) {
        Some(&v) => Err(Error::Parameter {
            what,
            parameter: "value",
            expected: "within -1 to 1",
            got: f64::from(v),
        }),
        None => Ok(()),
    }
}
