//! The challenges that ask for more than a direction: which model answers each, and how its answers become an embedding.

mod embedding;
mod labels;
mod report;
#[cfg(feature = "engines")]
mod train;
mod verify;

use std::path::Path;

use mantis_data::{Challenge, Embedding, Interval, LossKind, Panel, SeriesKind, Timestamp};
use mantis_models::pooled::PooledModel;

use super::check::Span;
use super::live::Rows;
use super::market;
use crate::{Error, Result};

pub use labels::questions;
pub use report::{Report, report};
#[cfg(feature = "engines")]
pub use train::train;
pub(crate) use verify::verify;

/// Columns of every asset, all without unit.
const COLUMNS: [&str; 36] = [
    "ret_1",
    "ret_2",
    "ret_3",
    "ret_6",
    "ret_12",
    "ret_24",
    "retz_1_168",
    "retz_3_168",
    "retz_6_168",
    "retz_24_168",
    "sma_ratio_20",
    "sma_ratio_50",
    "sma_ratio_200",
    "rsi_14",
    "macd_ratio",
    "adx_14",
    "di_balance_14",
    "aroonosc_25",
    "stoch_k",
    "cci_20",
    "close_rank_24",
    "close_rank_168",
    "atr_ratio_14",
    "realised_vol_24",
    "vol_regime_24_168",
    "bb_pctb_20",
    "donchian_pos_20",
    "parkinson_20",
    "close_location",
    "hl_spread",
    "upper_wick",
    "lower_wick",
    "sign_run_12",
    "up_share_48",
    "hour_sin",
    "hour_cos",
];

/// Columns of an asset with a funding rate.
const FUNDING_COLUMNS: [&str; 5] =
    ["funding_rate", "funding_mean_8", "funding_mean_24", "funding_mom_8", "funding_dev_24"];

/// The columns that the model of a challenge reads.
#[must_use]
pub fn columns(challenge: &Challenge) -> Vec<String> {
    let funding = challenge.loss == LossKind::FundingXsec;
    let more: &[&str] = if funding { &FUNDING_COLUMNS } else { &[] };
    COLUMNS.iter().chain(more).map(ToString::to_string).collect()
}

/// The assets of a challenge that there is data of, and those that there is none of.
#[derive(Clone, Debug)]
pub struct World {
    /// Bars and series of the assets.
    pub panel: Panel,
    /// The symbols that have what the model needs.
    pub symbols: Vec<String>,
    /// The assets that have not.
    pub absent: Vec<String>,
}

/// Loads what there is of a challenge's assets, as it was known at `as_of`.
///
/// # Errors
/// [`Error::Usage`] if there is nothing of any of them, and those of the folder.
pub fn world(challenge: &Challenge, data_dir: &Path, as_of: Timestamp) -> Result<World> {
    let data = market::open(data_dir)?;
    let symbols: Vec<String> = challenge.assets.iter().map(|asset| market::symbol(asset)).collect();
    world_of(challenge, market::panel_of(&data, &symbols)?.as_of(as_of), data_dir)
}

/// As [`world`], of what was read already.
///
/// # Errors
/// [`Error::Usage`] if there is nothing of any of the assets.
pub fn world_of(challenge: &Challenge, panel: Panel, data_dir: &Path) -> Result<World> {
    let symbols: Vec<String> = challenge.assets.iter().map(|asset| market::symbol(asset)).collect();
    let needs = |symbol: &String| {
        let bars = panel.bars(symbol).is_some_and(|bars| !bars.is_empty());
        let funding = challenge.loss != LossKind::FundingXsec
            || panel.series(symbol, SeriesKind::FundingRate).is_some();
        bars && funding
    };
    let has: Vec<bool> = symbols.iter().map(needs).collect();
    let pick = |names: &[String], wanted: bool| -> Vec<String> {
        names.iter().zip(&has).filter(|(_, has)| **has == wanted).map(|(n, _)| n.clone()).collect()
    };
    let (symbols, absent) = (pick(&symbols, true), pick(&challenge.assets, false));
    if symbols.is_empty() {
        return Err(Error::usage(&format!(
            "{}: {} holds hourly data of none of its assets ({}); fetch some",
            challenge.ticker,
            data_dir.display(),
            absent.join(" ")
        )));
    }
    Ok(World { panel, symbols, absent })
}

impl World {
    /// The world of a model: its symbols in its order. Answers are relative to all of them, so that none may be missing; those that
    /// the model does not know are left out.
    fn of(self, challenge: &Challenge, symbols: &[String]) -> Result<Self> {
        let missing: Vec<&str> =
            symbols.iter().filter(|s| !self.symbols.contains(s)).map(String::as_str).collect();
        if !missing.is_empty() {
            return Err(Error::usage(&format!(
                "{}: the model is also of {}, which there is no data of; fetch it, or train again without",
                challenge.ticker,
                missing.join(" ")
            )));
        }
        Ok(Self { symbols: symbols.to_vec(), ..self })
    }
}

/// Loads the model of a challenge.
///
/// # Errors
/// Those of the folder, and [`mantis_models::Error::WrongModel`] for a model of another challenge.
pub fn load(challenge: &Challenge, folder: &Path) -> mantis_models::Result<PooledModel> {
    let model = PooledModel::load(folder)?;
    let recipe = model.recipe();
    if (&recipe.ticker, recipe.loss) != (&challenge.ticker, challenge.loss) {
        return Err(mantis_models::Error::WrongModel {
            path: folder.to_owned(),
            got: format!("{} ({})", recipe.ticker, recipe.loss),
            expected: format!("{} ({})", challenge.ticker, challenge.loss),
        });
    }
    Ok(model)
}

/// Judges a stored model on the cases of a span after its own.
///
/// # Errors
/// For a model or data that cannot be read.
pub fn check(
    (challenge, folder): (&Challenge, &Path),
    data_dir: &Path,
    span: Span,
    threads: usize,
) -> Result<Report> {
    let model = load(challenge, folder)?;
    let recipe = model.recipe();
    let world = world(challenge, data_dir, span.as_of)?.of(challenge, &recipe.symbols)?;
    let frames = (0..recipe.symbols.len())
        .map(|asset| Ok(recipe.frame(&world.panel, asset, 0, threads)?))
        .collect::<Result<Vec<_>>>()?;
    let span = (recipe.validation_end, span.end);
    report(challenge, &world, &model, &frames, &questions(challenge, &world)?, span)
}

/// A live embedding with its age, and the assets that it is silent about.
#[derive(Clone, Debug)]
pub struct Live {
    /// The numbers.
    pub embedding: Embedding,
    /// When the oldest bar behind it closed.
    pub as_of: Timestamp,
    /// Asset and reason.
    pub silent: Vec<String>,
}

/// The embedding of the last bars. An asset whose last bar is older than an hour and `max_age` is left absent while there are fresh
/// ones, so that one that is not traded any more does not silence the others.
///
/// # Errors
/// If the model can say nothing of any asset.
pub fn embed(
    challenge: &Challenge,
    model: &PooledModel,
    world: &World,
    rows: &mut Rows,
    (now, max_age): (Timestamp, Interval),
) -> Result<Live> {
    let mut answers = Vec::new();
    let mut silent = Vec::new();
    let mut as_of: Option<Timestamp> = None;
    let newest = world.symbols.iter().filter_map(|symbol| last_close(&world.panel, symbol)).max();
    let oldest = newest.unwrap_or(now).min(now - Interval::HOUR - max_age);
    for asset in &challenge.assets {
        let symbol = market::symbol(asset);
        let place = model.recipe().symbols.iter().position(|known| *known == symbol);
        let there = world.symbols.contains(&symbol);
        let found = match place {
            _ if !there => Err("no data".to_owned()),
            None => Err("not in training".to_owned()),
            Some(place) => match last_close(&world.panel, &symbol) {
                Some(close) if close < oldest => Err(format!("stale, the last bar closed {close}")),
                _ => {
                    let side = labels::side(challenge.loss, &world.panel, &symbol);
                    let columns = &model.recipe().columns;
                    let recent = rows.of(&symbol, columns, || model.recent_rows(place));
                    let live = recent
                        .and_then(|recent| model.latest_of(recent, &world.panel, place, side));
                    live.map_err(|error| error.to_string())
                }
            },
        };
        match found {
            Ok(live) => {
                as_of = Some(as_of.map_or(live.time, |time| time.min(live.time)));
                answers.push(Some(live.p));
            }
            Err(reason) => {
                silent.push(format!("{asset} ({reason})"));
                answers.push(None);
            }
        }
    }
    let Some(as_of) = as_of else {
        return Err(Error::usage(&format!("{}: {}", challenge.ticker, silent.join(", "))));
    };
    Ok(Live { embedding: embedding::embedding(challenge, &answers)?, as_of, silent })
}

fn last_close(panel: &Panel, symbol: &str) -> Option<Timestamp> {
    let bars = panel.bars(symbol)?;
    Some(*bars.open_time().last()? + bars.interval())
}
