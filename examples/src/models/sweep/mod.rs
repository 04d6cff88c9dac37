//! What the program `sweep` does: a search over the parameters of a recipe.
//!
//! A trial is judged on the last days of the recipe's validation and has its own training and validation before them, so that the
//! search never sees the test period: data after the end of validation is not read at all.

mod space;
mod trials;

use std::path::PathBuf;

use mantis_data::{Challenge, Interval, Panel};
use mantis_eval::metrics::{Judgement, PassCriterion};
use mantis_models::{Dataset, Recipe, TrainOptions, quiet, train};

use super::flags::now;
use super::train::{Changes, Engine, recipe};
use super::{judge, market};
use crate::files::{create_folder, write_whole};
use crate::runs::{Made, RunFlags};
use crate::ui::Stages;
use crate::{Error, Result};

pub use space::Search;
use space::{Rung, Space, applied};
use trials::done;
pub use trials::{Swept, Trial, merge};

/// How to search.
///
/// | field | meaning |
/// |---|---|
/// | `space` | a TOML file: a list of values for each part of a recipe, as `lstm.hidden = [64, 128]` |
/// | `judged` | span at the end of validation that trials are judged on |
/// | `shard` | `(i, n)`: the trials whose number leaves `i` when it is divided by `n` |
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder with market data.
    pub data_dir: PathBuf,
    /// Folder of the trials that are done, those of a ticker in a folder of its own.
    pub out: PathBuf,
    /// What differs from the guide's recipe in all trials.
    pub changes: Changes,
    /// The values to try.
    pub space: PathBuf,
    /// Which combinations.
    pub search: Search,
    /// Span at the end of validation that trials are judged on.
    pub judged: Interval,
    /// Which part of the trials is run here.
    pub shard: (usize, usize),
    /// The engine of the head.
    pub engine: Engine,
    /// The record that trials are added to.
    pub record: RunFlags,
    /// Threads.
    pub threads: usize,
    /// No progress bars.
    pub quiet: bool,
}

/// Runs the trials of a shard that are not done yet. The next rung of successive halving is run when the one before is whole, which
/// shards that write into one folder can see.
///
/// # Errors
/// Those of the data and of the training, [`Error::Usage`] for a space that is no part of a recipe and for a folder with trials of
/// something else.
pub fn sweep(challenge: &Challenge, options: &Options) -> Result<Swept> {
    let (shard, shards) = options.shard;
    if shards == 0 || shard >= shards || options.judged < Interval::DAY {
        return Err(Error::usage(
            "a sweep needs --shard I/N with I from 1 to N, and --judge-days of at least 1",
        ));
    }
    let mut sweep = Sweep::new(challenge, options)?;
    let rungs = options.search.rungs(sweep.space.combinations(), sweep.base.training.epochs);
    let planned = Some(rungs.iter().map(|rung| rung.trials).sum());
    let of_shard = |number: &usize| number % shards == shard;
    let mut left: Vec<usize> = (0..sweep.numbers.len()).collect();
    let mut stages = Stages::new(rungs.len(), options.quiet);
    for (number, rung) in rungs.iter().enumerate() {
        let stage = stages.start("trials", &challenge.ticker);
        let wanted: Vec<(Recipe, Trial)> = left
            .iter()
            .map(|&trial| sweep.wanted(trial, (number, *rung)))
            .collect::<Result<_>>()?;
        let own: Vec<_> = wanted.iter().filter(|(_, trial)| of_shard(&trial.number)).collect();
        for (i, (recipe, trial)) in own.iter().enumerate() {
            let _ = stage.at(i, own.len());
            if done(&sweep.out, trial)?.is_none() {
                sweep.run(recipe, trial.clone())?;
            }
        }
        stages.finish(stage);
        let Some(next) = rungs.get(number + 1) else { break };
        let found: Vec<Trial> = wanted
            .iter()
            .filter_map(|(_, trial)| done(&sweep.out, trial).transpose())
            .collect::<Result<_>>()?;
        let awaited = wanted.len() - found.len();
        if awaited > 0 {
            return Ok(Swept { planned, awaited, ..merge(&[sweep.out])? });
        }
        left = best(found, next.trials);
    }
    Ok(Swept { planned, ..merge(&[sweep.out])? })
}

/// The numbers of the best trials, in order.
fn best(mut trials: Vec<Trial>, keep: usize) -> Vec<usize> {
    trials.sort_by(|a, b| a.log_loss.total_cmp(&b.log_loss));
    let mut numbers: Vec<usize> = trials.iter().take(keep).map(|trial| trial.number).collect();
    numbers.sort_unstable();
    numbers
}

/// A search that is running.
struct Sweep<'a> {
    options: &'a Options,
    challenge: &'a Challenge,
    base: Recipe,
    space: Space,
    /// Which combination each trial is.
    numbers: Vec<usize>,
    panel: Panel,
    out: PathBuf,
    /// The columns of the last trial with its recipe.
    last: Option<(Recipe, Dataset)>,
}

impl<'a> Sweep<'a> {
    fn new(challenge: &'a Challenge, options: &'a Options) -> Result<Self> {
        let mut base = recipe(challenge, &options.changes, options.engine)?;
        let dates = &mut base.dates;
        dates.test_end = dates.validation_end;
        dates.validation_end = dates.validation_end - options.judged;
        dates.train_end = dates.train_end - options.judged;
        let space = Space::read(&options.space)?;
        let halving = match options.search {
            Search::Halving { factor, .. } if factor < 2 => {
                return Err(Error::usage(&format!("--factor {factor}: expected at least 2")));
            }
            Search::Halving { .. } => true,
            _ => false,
        };
        if halving && space.names().any(|name| name == "training.epochs") {
            return Err(Error::usage(&format!(
                "--space {}: successive halving sets training.epochs itself; leave it out",
                options.space.display()
            )));
        }
        let numbers = space.numbers(options.search);
        for &at in &numbers {
            applied(&base, &space.values(at), &options.space)?;
        }
        let data = market::open(&options.data_dir)?;
        let panel = market::training_panel(&data, &base, base.dates.test_end)?;
        let out = options.out.join(&challenge.ticker);
        create_folder(&out)?;
        Ok(Self { options, challenge, base, space, numbers, panel, out, last: None })
    }

    /// The recipe of a trial, and the trial without results.
    fn wanted(&self, number: usize, (rung, round): (usize, Rung)) -> Result<(Recipe, Trial)> {
        let values = self.space.values(self.numbers[number]);
        let mut recipe = applied(&self.base, &values, &self.options.space)?;
        recipe.training.epochs = round.epochs.unwrap_or(recipe.training.epochs);
        let trial = Trial {
            number,
            rung,
            values,
            recipe: serde_json::to_value(&recipe).map_err(|e| Error::usage(&e.to_string()))?,
            data: self.panel.fingerprint(),
            rows: 0,
            log_loss: 0.0,
            auc: 0.0,
            accuracy: 0.0,
        };
        Ok((recipe, trial))
    }

    /// Trains and judges a trial, and keeps it.
    fn run(&mut self, recipe: &Recipe, mut trial: Trial) -> Result<()> {
        let options = self.options;
        let span = (recipe.dates.validation_end, recipe.dates.test_end);
        let admitted = options.record.ask(&self.challenge.ticker, span, now())?;
        // Columns are computed again only if they, or the rows they are needed of, are others.
        let same = |of: &Recipe| {
            (&of.plan, of.horizon, of.train_start)
                == (&recipe.plan, recipe.horizon, recipe.train_start)
                && of.lstm.steps >= recipe.lstm.steps
        };
        let dataset = match self.last.take().filter(|(of, _)| same(of)) {
            Some((_, old)) => old.with_dates(recipe)?,
            None => Dataset::new(recipe, &self.panel, options.threads, &mut quiet())?,
        };
        let judgement = self.judged(recipe, &dataset)?;
        self.last = Some((recipe.clone(), dataset));
        trial.rows = judgement.n;
        trial.log_loss = judgement.log_loss;
        trial.auc = judgement.auc;
        trial.accuracy = judgement.accuracy;
        let text = serde_json::to_string(&trial).map_err(|e| Error::usage(&e.to_string()))?;
        write_whole(&trial.path(&self.out), &text)?;
        if let Some(admitted) = admitted {
            let made = Made { config: trial.recipe, data: trial.data, seed: recipe.seed };
            admitted.record_judgement(made, Some(&judgement), now())?;
        }
        Ok(())
    }

    fn judged(&self, recipe: &Recipe, dataset: &Dataset) -> Result<Judgement> {
        let (threads, backend) = (self.options.threads, self.options.engine.backend());
        let run = TrainOptions::threads(threads);
        let trained = train(recipe, &self.panel, dataset, backend, &run, &mut quiet())?;
        let test = dataset.split.test.clone();
        let criterion = PassCriterion::default();
        let judged = judge::judge(recipe, dataset, &trained.artifact, test, criterion, threads)?;
        Ok(judged.hybrid.judgement)
    }
}
