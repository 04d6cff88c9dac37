//! Whether a new artifact takes the place of the one in use.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use mantis_data::{Challenge, DataDir, Interval, LossKind, Timestamp, open_data_dir};
use mantis_models::Artifact;
use mantis_models::pooled::PooledModel;

use crate::models::source::{CONFIG, Candidate, is_about};
use crate::models::{heads, market};
use crate::{Error, Result};

/// Fewest hours that decide: a week.
pub const MIN_HOURS: usize = 168;

/// What became of a new artifact, and why.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// It is not worse on what neither has seen.
    Promoted(Compared),
    /// It is worse.
    Worse(Compared),
    /// There is too little that neither was fitted on.
    TooLittle {
        /// Hours that could be compared.
        hours: usize,
    },
    /// There is none in use.
    First,
    /// The one in use cannot be read, so that nothing can be said.
    Unreadable {
        /// Why.
        reason: String,
    },
}

/// Two artifacts on the same answers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Compared {
    /// Hours in which there were answers to compare.
    pub hours: usize,
    /// Mean log loss of the new one.
    pub new: f64,
    /// Mean log loss of the one in use.
    pub old: f64,
}

impl Verdict {
    /// Whether the new artifact takes over.
    #[must_use]
    pub const fn promotes(&self) -> bool {
        matches!(self, Self::Promoted(_) | Self::First)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Promoted(Compared { hours, new, old }) => {
                write!(f, "promoted: log loss {new:.5}, before {old:.5}, in {hours} unseen hours")
            }
            Self::Worse(Compared { hours, new, old }) => {
                write!(f, "kept back: log loss {new:.5}, in use {old:.5}, in {hours} unseen hours")
            }
            Self::TooLittle { hours } => write!(
                f,
                "kept back: {hours} hours that neither was fitted on, {MIN_HOURS} are needed; train with an earlier end"
            ),
            Self::First => f.write_str("promoted: none was in use"),
            Self::Unreadable { reason } => write!(
                f,
                "kept back: the one in use cannot be loaded ({reason}); repair it, or remove its folder to take the new one"
            ),
        }
    }
}

/// Log loss of one answer, by question, symbol and the time at which it was given.
type Losses = BTreeMap<(String, String, Timestamp), f64>;

/// Compares a new artifact with the one in use by the log loss of their answers to the same questions, at bars after the data
/// that either was fitted on, as far as the outcome is known at `now`.
///
/// # Errors
/// For a new artifact that cannot be loaded, that answers something else than the one in use, or that makes no forecasts.
pub fn compare(candidate: &Candidate, data_dir: &Path, now: Timestamp) -> Result<Verdict> {
    let Candidate { challenge, new, in_use } = candidate;
    let (from, new, old) = if challenge.loss == LossKind::Binary {
        let new = Artifact::load(new)?;
        check_direction(challenge, &new)?;
        let old = match loaded(in_use, |folder| Artifact::load(folder)) {
            Ok(old) => old,
            Err(verdict) => return Ok(verdict),
        };
        check_same(&new, &old)?;
        let data = open_data_dir(data_dir)?;
        let until = |artifact: &Artifact| artifact.recipe().dates.validation_end;
        let from = until(&new).max(until(&old));
        (from, direction(&new, &data, from, now)?, direction(&old, &data, from, now)?)
    } else {
        let new = PooledModel::load(new)?;
        let old = match loaded(in_use, |folder| PooledModel::load(folder)) {
            Ok(old) => old,
            Err(verdict) => return Ok(verdict),
        };
        let world = heads::world(challenge, data_dir, now)?;
        let questions = heads::questions(challenge, &world)?;
        let from = new.recipe().validation_end.max(old.recipe().validation_end);
        let losses = |model| answers(model, &world, &questions, from);
        (from, losses(&new)?, losses(&old)?)
    };
    debug_assert!(new.keys().chain(old.keys()).all(|(_, _, time)| *time >= from));
    Ok(judge(&new, &old))
}

/// The artifact in use, or what is to be said without it.
fn loaded<T>(
    folder: &Path,
    load: impl FnOnce(&Path) -> mantis_models::Result<T>,
) -> std::result::Result<T, Verdict> {
    if !folder.join(CONFIG).exists() {
        return Err(Verdict::First);
    }
    load(folder).map_err(|error| Verdict::Unreadable { reason: error.to_string() })
}

fn judge(new: &Losses, old: &Losses) -> Verdict {
    let pairs: Vec<_> =
        new.iter().filter_map(|(key, loss)| Some((key, *loss, *old.get(key)?))).collect();
    let mut times: Vec<Timestamp> = pairs.iter().map(|((_, _, time), _, _)| *time).collect();
    times.sort_unstable();
    times.dedup();
    let hours = times.len();
    if hours < MIN_HOURS {
        return Verdict::TooLittle { hours };
    }
    let count = pairs.len() as f64;
    let (new, old) = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.1, sum.1 + pair.2));
    let compared = Compared { hours, new: new / count, old: old / count };
    if compared.new <= compared.old {
        Verdict::Promoted(compared)
    } else {
        Verdict::Worse(compared)
    }
}

/// A forecast of another asset or horizon answers another question than the challenge asks.
fn check_direction(challenge: &Challenge, artifact: &Artifact) -> Result<()> {
    if !is_about(artifact, challenge) {
        let symbol = artifact.features().symbol();
        return Err(Error::usage(&format!(
            "it forecasts {symbol}, which {} is not about; check the training",
            challenge.ticker
        )));
    }
    const BLOCK: Interval = Interval::from_micros(12_000_000);
    let horizon = artifact.recipe().horizon;
    let asked =
        challenge.blocks_ahead.map(|n| Interval::from_micros(i64::from(n) * BLOCK.as_micros()));
    match asked {
        Some(asked) if asked != horizon => Err(Error::usage(&format!(
            "it forecasts {horizon} ahead, {} asks for {asked}; check the training",
            challenge.ticker
        ))),
        _ => Ok(()),
    }
}

fn check_same(new: &Artifact, old: &Artifact) -> Result<()> {
    let what = |artifact: &Artifact| {
        format!("{} {} ahead", artifact.features().symbol(), artifact.recipe().horizon)
    };
    let (new, old) = (what(new), what(old));
    if new == old {
        return Ok(());
    }
    Err(Error::usage(&format!("it forecasts {new}, the one in use {old}; check the training")))
}

/// Losses of the forecasts of bars that opened at `from` or later and whose outcome is known at `now`.
fn direction(
    artifact: &Artifact,
    data: &DataDir,
    from: Timestamp,
    now: Timestamp,
) -> Result<Losses> {
    let symbol = artifact.features().symbol();
    let panel = market::panel(data, artifact.features(), now)?;
    let missing = || mantis_features::Error::MissingSymbol { symbol: symbol.to_owned() };
    let bars = panel.bars(symbol).ok_or_else(missing)?;
    let horizon = artifact.recipe().horizon;
    let first = bars.open_time().partition_point(|&open| open < from);
    let steps = artifact.recipe().lstm.steps;
    let frame = artifact.frame(&panel, first.saturating_sub(steps), 1)?;
    let forecasts = artifact.forecasts(&frame, 0..frame.len(), 1)?;
    let loss = |forecast: &mantis_models::Forecast| {
        let row = bars.open_time().partition_point(|&open| open + bars.interval() < forecast.time);
        let open = *bars.open_time().get(row)?;
        let future = bars.position(open + horizon)?;
        let up = bars.close()[future] > bars.close()[row];
        let key = (String::new(), symbol.to_owned(), forecast.time);
        (open >= from).then(|| (key, log_loss(forecast.p_up, up)))
    };
    Ok(forecasts.iter().filter_map(loss).collect())
}

/// Losses of the answers at bars that were known at `from` or later.
fn answers(
    model: &PooledModel,
    world: &heads::World,
    questions: &[mantis_models::pooled::Question],
    from: Timestamp,
) -> Result<Losses> {
    let mut losses = Losses::new();
    let names: Vec<&str> = model.answers().iter().map(|a| a.name.as_str()).collect();
    for (asset, symbol) in world.symbols.iter().enumerate() {
        let Some(place) = model.recipe().symbols.iter().position(|known| known == symbol) else {
            continue;
        };
        let frame = model.recipe().frame(&world.panel, place, 0, 1)?;
        for question in questions {
            let Some(at) = names.iter().position(|name| *name == question.name) else { continue };
            for case in question.cases.iter().filter(|case| case.asset == asset) {
                let time = frame.known_at()[case.row];
                if time < from {
                    continue;
                }
                if let Some(p) = model.at(&frame, place, case.row, case.side)? {
                    let key = (question.name.clone(), symbol.clone(), time);
                    losses.insert(key, log_loss(p[at], case.yes));
                }
            }
        }
    }
    Ok(losses)
}

fn log_loss(p: f64, yes: bool) -> f64 {
    let p = if yes { p } else { 1.0 - p };
    -p.clamp(1e-12, 1.0).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(hours: i64, loss: f64) -> Losses {
        let start = Timestamp::parse("2026-01-01").unwrap();
        let key = |i| (String::new(), "BTCUSDT".to_owned(), start + Interval::hours(i));
        (0..hours).map(|i| (key(i), loss)).collect()
    }

    #[test]
    fn a_week_of_common_hours_decides_and_a_tie_is_for_the_new_one() {
        let week = MIN_HOURS as i64;
        assert_eq!(
            judge(&losses(week - 1, 0.1), &losses(week, 0.9)),
            Verdict::TooLittle { hours: MIN_HOURS - 1 }
        );
        assert!(judge(&losses(week, 0.5), &losses(week + 9, 0.5)).promotes());
        let worse = judge(&losses(week, 0.5001), &losses(week, 0.5));
        assert!(
            !worse.promotes() && worse.to_string().starts_with("kept back: log loss 0.50010"),
            "{worse}"
        );
    }

    #[test]
    fn many_answers_in_one_hour_are_one_hour() {
        let start = Timestamp::parse("2026-01-01").unwrap();
        let many: Losses =
            (0..1_000).map(|i| ((String::new(), format!("S{i}"), start), 0.5)).collect();
        assert_eq!(judge(&many, &many), Verdict::TooLittle { hours: 1 });
    }
}
