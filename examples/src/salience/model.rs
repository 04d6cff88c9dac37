//! Where the embeddings of the user come from.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use mantis_data::input::{self, most};
use mantis_data::{Bars, DataDir, Interval, Panel, Timestamp};
use mantis_eval::competitors::TimedEmbedding;
use mantis_eval::simulate::with_signs;
use mantis_models::Artifact;

use super::Options;
use crate::models::market::panel;
use crate::models::source::artifact_folder;
use crate::models::timed::{probability_embedding, timed_embedding};
use crate::{Error, Result};

/// Where the forecasts come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// An artifact, or a folder with one for each ticker.
    Artifact(PathBuf),
    /// A CSV file with the columns `time` (UTC, from when on the forecast was known) and `p_up`, or `time`, `value_1` and `value_2`:
    /// the two numbers that are sent.
    Forecasts(PathBuf),
}

/// A model that can be asked again on other prices, or what one has said.
pub(super) enum Model {
    Artifact { artifact: Box<Artifact>, panel: Panel, threads: usize },
    Forecasts { symbol: String, embeddings: Vec<TimedEmbedding> },
}

impl Model {
    pub(super) fn open(options: &Options, data: &DataDir) -> Result<Self> {
        let symbol = data.bars_symbol(&options.ticker, Interval::HOUR);
        let symbol = symbol.ok_or_else(|| Error::Flag {
            flag: "--ticker",
            got: options.ticker.clone(),
            expected: format!("one with hourly bars in {}", options.data_dir.display()),
        })?;
        match &options.source {
            Source::Forecasts(path) => Ok(Self::Forecasts { symbol, embeddings: read(path)? }),
            Source::Artifact(path) => {
                let folder = artifact_folder(path, &options.ticker);
                let artifact = Box::new(Artifact::load(&folder)?);
                let own = artifact.features().symbol();
                if data.bars_symbol(own, Interval::HOUR).as_ref() != Some(&symbol) {
                    return Err(Error::Flag {
                        flag: "--model-path",
                        got: format!("{} (a model of {own})", folder.display()),
                        expected: format!("a model of {symbol}, as --ticker asks for"),
                    });
                }
                let panel =
                    panel(data, artifact.features(), options.until.unwrap_or(Timestamp::MAX))?;
                Ok(Self::Artifact { artifact, panel, threads: options.threads })
            }
        }
    }

    pub(super) fn symbol(&self) -> &str {
        match self {
            Self::Artifact { artifact, .. } => artifact.features().symbol(),
            Self::Forecasts { symbol, .. } => symbol,
        }
    }

    /// Whether it can be asked again on other prices.
    pub(super) fn reruns(&self) -> bool {
        matches!(self, Self::Artifact { .. })
    }

    /// The end of the data that the model was made from, if it lies within the last `minutes` of the bars.
    pub(super) fn seen_until(&self, bars: &Bars, minutes: usize) -> Option<Timestamp> {
        let Self::Artifact { artifact, .. } = self else { return None };
        let seen = artifact.recipe().dates.validation_end;
        let first = bars.len().checked_sub(hours(minutes))?;
        (bars.known_at(first) < seen).then_some(seen)
    }

    /// Embeddings of the last `minutes` of the bars.
    pub(super) fn embeddings(&self, bars: &Bars, minutes: usize) -> Result<Vec<TimedEmbedding>> {
        match self {
            Self::Forecasts { embeddings, .. } => Ok(embeddings.clone()),
            Self::Artifact { artifact, panel, threads } => {
                let panel = with_bars(panel, artifact.features().symbol(), bars)?;
                let first = bars.len().saturating_sub(hours(minutes));
                let from = first.saturating_sub(artifact.recipe().lstm.steps);
                let frame = artifact.frame(&panel, from, *threads)?;
                let forecasts = artifact.forecasts(&frame, first..frame.len(), *threads)?;
                Ok(forecasts.iter().map(timed_embedding).collect())
            }
        }
    }
}

/// Bars that cover the minutes, the last outcome and the forecast before the first row included.
fn hours(minutes: usize) -> usize {
    minutes.div_ceil(60) + 3
}

/// The panel with other bars of one symbol. Where these move against its own bars, all other symbols do so as well: a history with
/// random signs keeps the basis of the perpetual and the ties to other coins.
fn with_bars(panel: &Panel, symbol: &str, bars: &Bars) -> Result<Panel> {
    let Some(own) = panel.bars(symbol) else { return Ok(panel.clone()) };
    let turned = turned(own, bars);
    let pick = |name: &str, own: &Bars| {
        if name == symbol {
            return Ok(bars.clone());
        }
        if turned.is_empty() {
            return Ok(own.clone());
        }
        Ok(with_signs(own, |open| if turned.contains(&open) { -1.0 } else { 1.0 })?.renamed(name))
    };
    panel.map(pick, |_, _, series| Ok(series.clone()))
}

/// The open times of the bars that move the other way than the symbol's own.
fn turned(own: &Bars, other: &Bars) -> HashSet<Timestamp> {
    let moves = |bars: &Bars| -> HashMap<Timestamp, f64> {
        let pairs = bars.close().windows(2).map(|pair| pair[1] / pair[0] - 1.0);
        bars.open_time().iter().skip(1).copied().zip(pairs).collect()
    };
    let own = moves(own);
    let against = |(open, x): (Timestamp, f64)| (own.get(&open)? * x < 0.0).then_some(open);
    moves(other).into_iter().filter_map(against).collect()
}

/// What a file of forecasts holds.
const FORECASTS: &str = "the header time,p_up, and lines such as 2025-06-30T12:00:00Z,0.53; \
                         or the header time,value_1,value_2, with numbers from -1 to 1";

fn read(path: &Path) -> Result<Vec<TimedEmbedding>> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    let text = input::text(path, most::DOCUMENT).map_err(failed)?;
    let mut lines = text.lines();
    let bad = |line: usize, got: &str| Error::Flag {
        flag: "--forecasts",
        got: format!("{} with {got:?} in line {line}", path.display()),
        expected: FORECASTS.to_owned(),
    };
    let header = lines.next().unwrap_or_default();
    let whole = match header.trim() {
        "time,p_up" => false,
        "time,value_1,value_2" => true,
        _ => return Err(bad(1, header)),
    };
    let number = |text: &str, range: std::ops::RangeInclusive<f64>| {
        text.trim().parse::<f64>().ok().filter(|value| range.contains(value))
    };
    #[expect(clippy::cast_possible_truncation, reason = "embeddings are f32")]
    let parse = |line: &str| -> Option<TimedEmbedding> {
        let (time, rest) = line.split_once(',')?;
        let time = Timestamp::parse(time.trim()).ok()?;
        if !whole {
            return Some(probability_embedding(time, number(rest, 0.0..=1.0)?));
        }
        let (first, second) = rest.split_once(',')?;
        let value = |text| number(text, -1.0..=1.0).map(|value| value as f32);
        Some((time, [value(first)?, value(second)?]))
    };
    lines
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(i, line)| parse(line).ok_or_else(|| bad(i + 2, line)))
        .collect()
}
