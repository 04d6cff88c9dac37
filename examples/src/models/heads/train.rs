//! Training of a challenge that asks for more than a direction.

use mantis_data::{Challenge, Timestamp};
use mantis_models::gbdt::GbdtParams;
use mantis_models::pooled::{PooledModel, PooledRecipe};

use super::{Report, columns, questions, report, world};
use crate::models::train::{Changes, Options, merged};
use crate::ui::Stages;
use crate::{Error, Result};

/// Fewest training cases of the rarer answer that trees are grown for.
const LEAST_CASES: usize = 500;

/// Trains the model of one challenge, stores it as `TICKER`, and judges it on the cases after its own.
///
/// # Errors
/// Those of the data, of the trees and of the folder.
pub fn train(challenge: &Challenge, options: &Options) -> Result<Report> {
    let mut stages = Stages::new(3, options.quiet);
    let stage = stages.start("data", &challenge.ticker);
    let world = world(challenge, &options.data_dir, options.as_of)?;
    stages.finish(stage);

    let stage = stages.start("features", &challenge.ticker);
    let backend = options.engine.backend();
    let params = GbdtParams {
        rate: 0.03,
        rounds: 300,
        patience: 30,
        seed: 42,
        ..backend.capabilities().defaults()
    };
    let recipe = recipe(challenge, &world.symbols, &options.changes, params)?;
    let total = world.symbols.len();
    let frames = (0..total)
        .map(|asset| {
            let _ = stage.at(asset, total);
            Ok(recipe.frame(&world.panel, asset, 0, options.threads)?)
        })
        .collect::<Result<Vec<_>>>()?;
    let questions = questions(challenge, &world)?;
    stages.finish(stage);

    let stage = stages.start("trees", &challenge.ticker);
    let model = PooledModel::fit(recipe, &world.panel, &frames, &questions, backend)?;
    model.save(options.model_dir.join(&challenge.ticker))?;
    let span = (model.recipe().validation_end, options.as_of);
    let report = report(challenge, &world, &model, &frames, &questions, span)?;
    stages.finish(stage);
    Ok(report)
}

/// The recipe of a challenge: the defaults, then the file, then the flags.
fn recipe(
    challenge: &Challenge,
    symbols: &[String],
    changes: &Changes,
    params: GbdtParams,
) -> Result<PooledRecipe> {
    let default = PooledRecipe {
        ticker: challenge.ticker.clone(),
        loss: challenge.loss,
        symbols: symbols.to_vec(),
        columns: columns(challenge),
        train_start: None,
        train_end: Timestamp::parse("2024-01-01")?,
        validation_end: Timestamp::parse("2025-01-01")?,
        least_cases: LEAST_CASES,
        params,
    };
    let mut recipe = match &changes.config {
        Some(path) => merged(&default, path)?,
        None => default.clone(),
    };
    let of = |recipe: &PooledRecipe| (recipe.ticker.clone(), recipe.loss, recipe.symbols.clone());
    if of(&recipe) != of(&default) {
        return Err(Error::usage(&format!(
            "--config: ticker, loss and symbols follow from the challenge {}; leave them out",
            challenge.ticker
        )));
    }
    recipe.train_start = changes.train_start.or(recipe.train_start);
    recipe.train_end = changes.train_end.unwrap_or(recipe.train_end);
    recipe.validation_end = changes.validation_end.unwrap_or(recipe.validation_end);
    if let Some(seed) = changes.seed {
        let what = |_| Error::usage(&format!("--seed {seed}: trees take a seed below 2^32"));
        recipe.params.seed = u32::try_from(seed).map_err(what)?;
    }
    if recipe.train_end >= recipe.validation_end {
        return Err(Error::usage(&format!(
            "{}: training ends {}, validation {}; give a --train-end before --val-end",
            challenge.ticker, recipe.train_end, recipe.validation_end
        )));
    }
    Ok(recipe)
}
