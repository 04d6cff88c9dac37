//! Training of a challenge that asks for more than a direction.

use mantis_data::{Challenge, Timestamp};
use mantis_models::gbdt::GbdtParams;
use mantis_models::pooled::{PooledModel, PooledRecipe};

use super::{Report, columns, questions, report, world};
use crate::Result;
use crate::models::train::Options;
use crate::ui::Stages;

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
    let changes = &options.changes;
    let backend = options.engine.backend();
    let end = |given: Option<Timestamp>, default: &str| match given {
        Some(time) => Ok(time),
        None => Timestamp::parse(default),
    };
    let recipe = PooledRecipe {
        symbols: world.symbols.clone(),
        columns: columns(challenge),
        train_end: end(changes.train_end, "2024-01-01")?,
        validation_end: end(changes.validation_end, "2025-01-01")?,
        least_cases: LEAST_CASES,
        params: GbdtParams {
            rate: 0.03,
            rounds: 300,
            patience: 30,
            seed: changes.seed.map_or(42, |seed| seed as u32),
            ..backend.capabilities().defaults()
        },
    };
    let total = world.symbols.len();
    let frames = (0..total)
        .map(|asset| {
            let _ = stage.at(asset, total);
            Ok(recipe.frame(&world.panel, asset, 0, options.threads)?)
        })
        .collect::<Result<Vec<_>>>()?;
    let mut questions = questions(challenge, &world)?;
    if let Some(start) = changes.train_start {
        for question in &mut questions {
            question.cases.retain(|case| frames[case.asset].known_at()[case.row] >= start);
        }
    }
    stages.finish(stage);

    let stage = stages.start("trees", &challenge.ticker);
    let model = PooledModel::fit(recipe, &world.panel, &frames, &questions, backend)?;
    model.save(options.model_dir.join(&challenge.ticker))?;
    let report = report(challenge, &world, &model, &frames, &questions)?;
    stages.finish(stage);
    Ok(report)
}
