//! The guide's six checks for a model of answers.

use std::path::Path;

use mantis_data::{Challenge, Interval, Timestamp};
use mantis_models::pooled::{Answer, Answered, PooledModel};

use super::{World, embed, load, world};
use crate::models::live::Rows;
use crate::models::text::thousands;
use crate::models::verify::{Found, Verified, step};
use crate::{Error, Result};

/// Checks files, configuration, data, cases, features and a live embedding. Nothing is trained.
pub(crate) fn verify(
    challenge: &Challenge,
    folder: &Path,
    data_dir: &Path,
    as_of: Timestamp,
    threads: usize,
) -> Verified {
    let loaded = load(challenge, folder).map_err(Error::from);
    let world = world(challenge, data_dir, as_of);
    let of_model = |lines: &dyn Fn(&PooledModel) -> Vec<String>| match &loaded {
        Ok(model) => Ok(lines(model)),
        Err(error) => Err((Vec::new(), error.to_string())),
    };
    let ready = loaded.as_ref().ok().zip(world.as_ref().ok());
    let both = |check: &dyn Fn(&PooledModel, &World) -> Result<Vec<String>>| -> Found {
        let missing = || (Vec::new(), "not tried: it needs the model and the data".to_owned());
        let (model, world) = ready.ok_or_else(missing)?;
        check(model, world).map_err(|error| (Vec::new(), error.to_string()))
    };
    let data = match &world {
        Ok(world) => Ok(vec![
            format!("{} assets: {}", world.symbols.len(), world.symbols.join(" ")),
            format!("{} without data: {}", world.absent.len(), world.absent.join(" ")),
        ]),
        Err(error) => Err((Vec::new(), error.to_string())),
    };
    let steps = vec![
        step("Model Files", of_model(&|model| vec![format!("{} answers", model.answers().len())])),
        step("Configuration", of_model(&|model| configuration(challenge, model))),
        step("Data Loading", data),
        step("Data Splitting", of_model(&cases)),
        step("Feature Extraction", both(&|model, world| features(model, world, threads))),
        step("Model Architecture", both(&|model, _| live(challenge, model, data_dir, as_of))),
    ];
    Verified { ticker: challenge.ticker.clone(), steps }
}

fn configuration(challenge: &Challenge, model: &PooledModel) -> Vec<String> {
    let recipe = model.recipe();
    vec![
        format!("Embedding dimension: {}", challenge.stored_dim),
        format!("Assets: {}", recipe.symbols.len()),
        format!("Columns: {}", recipe.columns.len()),
        format!("GBDT: depth {}, rate {}", recipe.params.depth, recipe.params.rate),
    ]
}

fn cases(model: &PooledModel) -> Vec<String> {
    let line = |Answered { name, answer, cases, .. }: &Answered| {
        let by = match answer {
            Answer::Trees(trees) => format!("{} trees", trees.len()),
            Answer::Share(share) => format!("share {share:.4}"),
        };
        let (train, validation) = (thousands(cases.train), thousands(cases.validation));
        format!("{name}: {train} train, {validation} val, {by}")
    };
    model.answers().iter().map(line).collect()
}

/// The last row is the same computed alone and with those before it.
fn features(model: &PooledModel, world: &World, threads: usize) -> Result<Vec<String>> {
    let mut lines = Vec::new();
    for (asset, symbol) in model.recipe().symbols.iter().enumerate() {
        let Some(bars) = world.panel.bars(symbol) else { continue };
        let from = bars.len().saturating_sub(100);
        let frame = model.recipe().frame(&world.panel, asset, from, threads)?;
        let among = model.at(&frame, asset, frame.len() - 1, 0.0)?;
        let alone = model.latest(&world.panel, asset, 0.0, threads).ok().map(|live| live.p);
        if among != alone {
            return Err(Error::SelfCheck {
                what: "live answers",
                got: format!("{symbol}: {alone:?}"),
                expected: format!("{among:?}"),
            });
        }
        lines.push(format!("{symbol}: last bar {}", frame.known_at()[frame.len() - 1]));
    }
    Ok(lines)
}

fn live(
    challenge: &Challenge,
    model: &PooledModel,
    data_dir: &Path,
    as_of: Timestamp,
) -> Result<Vec<String>> {
    let world = world(challenge, data_dir, as_of)?;
    let live = embed(challenge, model, &world, &mut Rows::default(), (as_of, Interval::HOUR))?;
    let values = live.embedding.values();
    let zero = values.iter().filter(|&&value| value == 0.0).count();
    let mut lines = vec![format!("Inference: {} values, {zero} of them zero", values.len())];
    if !live.silent.is_empty() {
        lines.push(format!("Absent: {}", live.silent.join(", ")));
    }
    Ok(lines)
}
