//! What an hourly model would be paid by a validator that samples every minute.

mod path;
mod rows;
#[cfg(test)]
pub(crate) mod tests;

pub use path::{MinutePath, sign_flip};

use crate::competitors::{Competitor, Market, TimedEmbedding};
use crate::metrics::count;
use crate::score::{
    BinaryProfile, ClusterProfile, EmbeddingMatrix, apply_clusters, out_of_sample_segments,
    score_binary,
};
use crate::workers::Progress;
use crate::{Error, Result};
use mantis_data::{Bars, Interval, Timestamp};
use rows::{Rows, Span};
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
}

/// Scores the user among competitors over the last `days`, one row a minute, as the validator
/// pays one binary challenge (with its copy detection).
///
/// The row of a minute carries the embedding of every miner that was known at that minute; its
/// outcome is the return over the 60 minutes after it. Rows in which nobody submitted, and rows
/// after the price stood still for more than 15 minutes, are dropped as the validator drops them.
/// Embeddings are rounded to half precision as the validator stores them. A shared share of zero
/// for everybody means that the scorer declined (see [`Declined`](crate::score::Declined)).
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
/// use mantis_eval::competitors::{TimedEmbedding, default_field};
/// use mantis_eval::simulate::{SimulationInput, Surrogate, simulate_pay};
/// use std::ops::ControlFlow;
///
/// fn pay(hourly: &Bars, mine: &[TimedEmbedding]) -> mantis_eval::Result<()> {
///     let competitors = default_field(1);
///     let input = SimulationInput {
///         bars: hourly,
///         minutes: None,
///         days: 60,
///         mine,
///         competitors: &competitors,
///         seed: 1,
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
    let profile = BinaryProfile::default();

    let mut first = |done: usize, total: usize| progress(done, runs * total);
    let path = match input.minutes {
        Some(minutes) => MinutePath::recorded(minutes, span.start, span.end())?,
        None => MinutePath::bridge(input.bars, span.start, span.end(), input.seed)?,
    };
    let world = World { bars: input.bars, mine: input.mine, path: &path, span };
    let (ranking, rows) = world.score(input, &profile, &mut first)?;

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
        let world = World { bars, mine: &mine, path: &path, span };
        let mut second = |done: usize, total: usize| progress(total + done, runs * total);
        surrogate_share = Some(my_entry(&world.score(input, &profile, &mut second)?.0).share);
    }

    let me = my_entry(&ranking);
    let others = ranking.len() - 1;
    let below = ranking.iter().filter(|r| r.share < me.share).count();
    let equal = ranking.iter().filter(|r| r.share == me.share).count() - 1;
    let my_percentile = if others == 0 {
        100.0
    } else {
        100.0 * (count(below) + 0.5 * count(equal)) / count(others)
    };
    let warm_up = out_of_sample_segments(rows, profile.chunk_size, profile.lag)
        .get(1)
        .map_or(rows, |&(_, first_predicted, _)| first_predicted);
    Ok(PayReport {
        from: span.start,
        to: span.last,
        rows,
        warm_up_rows: warm_up,
        synthetic_minutes: input.minutes.is_none(),
        my_share: me.share,
        my_rank: me.rank,
        my_percentile,
        uniform_share: 1.0 / count(ranking.len()),
        surrogate_share,
        ranking,
    })
}

fn check(input: &SimulationInput<'_>) -> Result<()> {
    let hourly = |what, parameter, bars: &Bars, interval: Interval, expected| {
        if bars.interval() == interval {
            return Ok(());
        }
        let got = bars.interval().as_hours_f64();
        Err(Error::Parameter { what, parameter, expected, got })
    };
    hourly(WHAT, "interval of bars (hours)", input.bars, Interval::HOUR, "one hour")?;
    if let Some(minutes) = input.minutes {
        hourly(WHAT, "interval of minutes (hours)", minutes, Interval::MINUTE, "one minute")?;
    }
    for (parameter, got) in [("days", input.days), ("threads", input.threads)] {
        if got == 0 {
            return Err(Error::Parameter {
                what: WHAT,
                parameter,
                expected: "at least 1",
                got: 0.0,
            });
        }
    }
    check_embeddings(input.mine)
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

fn my_entry(ranking: &[Ranked]) -> &Ranked {
    ranking.iter().find(|r| r.name == ME).expect("the user is always ranked")
}

/// One history of prices with the miners that act on it.
struct World<'a> {
    bars: &'a Bars,
    mine: &'a [TimedEmbedding],
    path: &'a MinutePath,
    span: Span,
}

impl World<'_> {
    /// The ranking and the rows scored.
    fn score(
        &self,
        input: &SimulationInput<'_>,
        profile: &BinaryProfile,
        progress: Progress<'_>,
    ) -> Result<(Vec<Ranked>, usize)> {
        let market = Market { bars: self.bars, mine: self.mine, span_start: self.span.start };
        let mut hotkeys = vec![ME.to_owned()];
        let mut families = vec!["this model".to_owned()];
        let mut streams = vec![self.mine.to_vec()];
        for competitor in input.competitors {
            hotkeys.push(competitor.name.clone());
            families.push(competitor.family.label());
            streams.push(competitor.embeddings(&market)?);
        }
        let rows = Rows::new(self.span, self.path, &streams)?;
        let matrix = EmbeddingMatrix::new(&hotkeys, 2, rows.embeddings.view())?;
        let outcome = score_binary(&matrix, &rows.returns, profile, input.threads, progress)?;
        let shares = outcome.salience.into_iter().collect();
        let shares = apply_clusters(&matrix, &shares, &ClusterProfile::default());
        let share_of = |name: &String| shares.get(name).copied().unwrap_or(0.0);
        let mut ranking: Vec<Ranked> = hotkeys
            .iter()
            .zip(families)
            .map(|(name, family)| Ranked {
                name: name.clone(),
                family,
                share: share_of(name),
                rank: 1 + hotkeys.iter().filter(|h| share_of(h) > share_of(name)).count(),
            })
            .collect();
        ranking.sort_by_key(|r| r.rank);
        Ok((ranking, rows.returns.len()))
    }
}
