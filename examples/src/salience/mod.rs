//! What the program `salience` does: the pay of a model, among synthetic miners or among the real ones of a ledger.

mod among;
mod model;
mod page;
mod submissions;
mod text;
mod write;

use std::ops::ControlFlow;
use std::path::PathBuf;

use mantis_data::{Bars, Interval, Panel, Timestamp, open_data_dir};
use mantis_eval::competitors::{TimedEmbedding, field};
use mantis_eval::metrics::{SignStrategy, sign_strategy};
use mantis_eval::report::Report;
use mantis_eval::score::Declined;
use mantis_eval::simulate::{StudyInput, StudyReport, study, warm_up_rows};
use serde::Serialize;
use serde_json::json;

use crate::models::flags::now;
use crate::runs::{Admitted, Made, RunFlags};
use crate::{Error, Result};

pub use among::{Among, AmongOptions, Cache, among};
pub use model::Source;
pub use write::{WriteOptions, Written, parse_miner, write};

/// Guide: "consistent performance across 1000+ blocks".
const LEAST_BLOCKS: usize = 1000;
/// Rows of a day.
const DAY: usize = 1440;

/// The flags of `salience` without a ledger.
#[derive(Clone, Debug)]
pub struct Options {
    /// Ticker of the challenge.
    pub ticker: String,
    /// Where the forecasts come from.
    pub source: Source,
    /// Folder with market data.
    pub data_dir: PathBuf,
    /// Only what was known then; all data without it.
    pub until: Option<Timestamp>,
    /// Rows that are scored.
    pub n_samples: usize,
    /// Synthetic miners.
    pub n_competitors: usize,
    /// What counts as a pass.
    pub min_percentile: f64,
    /// Blocks over which the standing is followed.
    pub blocks: usize,
    /// At how many moments of them.
    pub checks: usize,
    /// Histories with random signs.
    pub surrogates: usize,
    /// Score copies of the model too.
    pub copies: bool,
    /// Score data that the model was trained on.
    pub allow_seen: bool,
    /// What a change of position by the whole capital costs, for the equity of the sign strategy.
    pub cost: f64,
    /// Constants of the scoring that differ from the validator's.
    pub scoring: Option<PathBuf>,
    /// The record that the run is added to.
    pub record: RunFlags,
    /// Seed of competitors, minute prices and random signs.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
}

/// What came out.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Ticker of the challenge.
    pub ticker: String,
    /// Symbol whose bars were used.
    pub symbol: String,
    /// Rows asked for, and those added before them.
    pub n_samples: usize,
    /// Rows that were added before them.
    pub warm_up: usize,
    /// Seed of competitors, minute prices and random signs.
    pub seed: u64,
    /// What counts as a pass.
    pub min_percentile: f64,
    /// Scoring, consistency, surrogates and copies.
    pub report: StudyReport,
    /// Whether the surrogates ran the model again, or only kept what it had said.
    pub surrogates_rerun: bool,
    /// The first row that is scored, where the model was trained on data up to it or later.
    pub seen_until: Option<Timestamp>,
    /// Following the sign of every hourly forecast of the span.
    pub strategy: Strategy,
    /// Percentile, rank and consistency pass.
    pub passed: bool,
}

/// Following the sign of every hourly forecast.
#[derive(Clone, Debug, Serialize)]
pub struct Strategy {
    /// What a change of position by the whole capital costs.
    pub cost: f64,
    /// Close from which each position is held for an hour.
    pub times: Vec<Timestamp>,
    /// Returns before and after costs.
    pub returns: SignStrategy,
}

impl Outcome {
    /// 0 for a pass, 3 otherwise.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        if self.passed { 0 } else { 3 }
    }

    /// The text that is printed.
    #[must_use]
    pub fn text(&self) -> String {
        text::study(self)
    }

    /// The result as one HTML page.
    ///
    /// # Errors
    /// Those of the charts.
    pub fn page(&self) -> Result<Report> {
        page::study(self)
    }
}

/// Scores a model among synthetic competitors. `progress` receives (done, total).
///
/// # Errors
/// [`Error::Usage`] and [`Error::Flag`] for flags that do not fit the model or the data, and those of the crates.
pub fn run(
    options: &Options,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Outcome> {
    if options.blocks < LEAST_BLOCKS {
        let (flag, got) = ("--blocks", options.blocks.to_string());
        return Err(Error::Flag { flag, got, expected: format!("at least {LEAST_BLOCKS}") });
    }
    if options.n_competitors == 0 {
        let (flag, got) = ("--n-competitors", "0".to_owned());
        let expected = "at least 1: alone every model is the best".to_owned();
        return Err(Error::Flag { flag, got, expected });
    }
    if options.surrogates == 0 {
        let (flag, got) = ("--surrogates", "0".to_owned());
        let expected = "at least 1: a share says nothing without what chance earns".to_owned();
        return Err(Error::Flag { flag, got, expected });
    }
    let profile = among::scoring(options.scoring.as_deref())?;
    let data = open_data_dir(&options.data_dir)?;
    let model = model::Model::open(options, &data)?;
    let bars = data.bars(model.symbol(), Interval::HOUR)?;
    let bars = options.until.map_or_else(|| bars.clone(), |until| bars.as_of(until));
    // A folder with one file for a symbol holds bars of one interval; only a store has minutes beside hours.
    let minutes = match data.intervals(model.symbol())?.contains(&Interval::MINUTE) {
        true => Some(data.bars(model.symbol(), Interval::MINUTE)?),
        false => None,
    };
    let warm_up = warm_up_rows(&profile.binary);
    let rows = options.n_samples + warm_up;
    let seen_until = model.seen_until(&bars, rows + options.blocks / 5);
    if let (Some(until), false) = (seen_until, options.allow_seen) {
        return Err(Error::Flag {
            flag: "--n-samples",
            got: options.n_samples.to_string(),
            expected: format!(
                "rows after {until}, up to which the model has seen the data; give fewer, add data, or --allow-seen"
            ),
        });
    }
    let admitted = admit(options, &bars, rows + options.blocks / 5)?;
    // A late joiner comes when a third of the scored rows have passed.
    let late = (warm_up + options.blocks / 5 + options.n_samples / 3).div_ceil(DAY);
    let competitors = field(options.n_competitors, options.seed, late);
    let report = study(
        &StudyInput {
            bars: &bars,
            minutes: minutes.as_ref(),
            model: &|bars| Ok(model.embeddings(bars, rows + options.blocks / 5)?),
            competitors: &competitors,
            scored_rows: options.n_samples,
            blocks: options.blocks,
            checks: options.checks,
            surrogates: options.surrogates,
            copies: options.copies,
            seed: options.seed,
            profile: &profile,
            threads: options.threads,
        },
        progress,
    )?;
    let mine = model.embeddings(&bars, rows + options.blocks / 5)?;
    let strategy = strategy(&bars, &mine, options.cost)?;
    let passed = report.passes(options.min_percentile);
    if let Some(admitted) = admitted {
        let pay = &report.pay;
        let measures = [
            ("n", pay.rows as f64),
            ("share", pay.my_share),
            ("percentile", pay.my_percentile),
            ("rank", pay.my_rank as f64),
            ("share_of_chance", pay.surrogate_share.unwrap_or_default()),
        ];
        let config = json!({
            "source": format!("{:?}", options.source),
            "n_samples": options.n_samples,
            "n_competitors": options.n_competitors,
            "blocks": options.blocks,
            "scoring": profile,
        });
        let mut panel = Panel::new(Interval::HOUR);
        panel.add_bars(model.symbol(), bars.clone())?;
        let made = Made { config, data: panel.fingerprint(), seed: options.seed };
        admitted.record(made, measures, now())?;
    }
    Ok(Outcome {
        ticker: options.ticker.clone(),
        symbol: model.symbol().to_owned(),
        n_samples: options.n_samples,
        warm_up,
        seed: options.seed,
        min_percentile: options.min_percentile,
        report,
        surrogates_rerun: model.reruns(),
        seen_until,
        strategy,
        passed,
    })
}

/// Asks the record whether the span of a study may be looked at.
fn admit(options: &Options, bars: &Bars, minutes: usize) -> Result<Option<Admitted>> {
    let (Some(last), Ok(minutes)) = (bars.len().checked_sub(1), i64::try_from(minutes)) else {
        return Ok(None);
    };
    let to = bars.known_at(last);
    options.record.ask(&options.ticker, (to - Interval::minutes(minutes), to), now())
}

/// The forecasts whose hour is known.
fn strategy(bars: &Bars, mine: &[TimedEmbedding], cost: f64) -> Result<Strategy> {
    let close_at = |t: Timestamp| {
        let i = bars.open_time().binary_search(&(t - Interval::HOUR)).ok()?;
        Some(bars.close()[i])
    };
    let (mut times, mut p_up, mut returns) = (Vec::new(), Vec::new(), Vec::new());
    for &(time, [_, up]) in mine {
        if let (Some(now), Some(later)) = (close_at(time), close_at(time + Interval::HOUR)) {
            times.push(time);
            p_up.push(f64::midpoint(f64::from(up), 1.0));
            returns.push(later / now - 1.0);
        }
    }
    if times.is_empty() {
        return Err(Error::usage("no forecast falls on the close of an hourly bar of the data"));
    }
    Ok(Strategy { cost, times, returns: sign_strategy(&p_up, &returns, cost)? })
}

/// What stands in the place of a share.
fn nobody(declined: Option<Declined>) -> String {
    declined.map_or("pays nobody".to_owned(), |why| format!("pays nobody: {why}"))
}
