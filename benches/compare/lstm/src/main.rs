//! compare-lstm THREADS EPOCHS: trains the guide's network on made-up hours and prints what an epoch took, as JSON.

use std::error::Error;
use std::ops::ControlFlow;
use std::time::Instant;

use mantis_data::source::RandomWalk;
use mantis_data::{Interval, Panel, Timestamp};
use mantis_features::plan::FeaturePlan;
use mantis_features::split::SplitDates;
use mantis_models::lstm::{Device, Examples, LstmParams, RunOptions, TrainParams, train};
use mantis_models::{Dataset, Recipe, Scaler, Sequences, quiet};

/// As many hours as the guide trains on: from September 2019 to the end of 2023, and a year of validation.
const TRAINING: i64 = 37_800;
const VALIDATION: i64 = 8_784;
const COLUMNS: [&str; 10] = [
    "rsi_14", "ret_1", "ret_2", "ret_3", "ret_6", "sma_ratio_20", "hl_spread", "vol_ratio_5", "close_location", "hour_sin",
];

fn main() -> Result<(), Box<dyn Error>> {
    let numbers: Vec<usize> = std::env::args().skip(1).map(|n| n.parse()).collect::<Result<_, _>>()?;
    let [threads, epochs] = numbers[..] else { return Err("expected THREADS EPOCHS".into()) };
    let start = Timestamp::parse("2019-09-08")?;
    let hours = |n: i64| start + Interval::hours(n);
    let rows = usize::try_from(TRAINING + VALIDATION + 2)?;
    let mut panel = Panel::new(Interval::HOUR);
    panel.add_bars("BTCUSDT", RandomWalk::default().bars("BTCUSDT", start, Interval::HOUR, rows, 1)?)?;
    let mut recipe = Recipe::guide("BTCUSDT")?;
    recipe.plan = FeaturePlan::of("BTCUSDT", &COLUMNS)?;
    recipe.dates = SplitDates {
        train_end: hours(TRAINING),
        validation_end: hours(TRAINING + VALIDATION),
        test_end: hours(TRAINING + VALIDATION + 2),
    };
    let dataset = Dataset::new(&recipe, &panel, threads, &mut quiet())?;
    let scaler = Scaler::fit(&dataset.training()?, &COLUMNS.map(str::to_owned))?;
    let params = LstmParams::default();
    let sequences = Sequences::new(&dataset.frame, &scaler, params.steps)?;
    let part = |rows: std::ops::Range<usize>| {
        let pairs = dataset.labelled(rows).into_iter().filter(|(row, _)| sequences.has(*row));
        let (rows, up): (Vec<usize>, Vec<bool>) = pairs.unzip();
        (rows.len(), Examples::directions(rows, &up))
    };
    let (rows, examples) = part(dataset.split.train.clone());
    let (validation, others) = part(dataset.split.validation.clone());
    let training = TrainParams { epochs, patience: epochs, ..TrainParams::default() };
    let options = RunOptions { seed: 42, threads, device: Device::Cpu, checkpoint: None };
    let (mut first, mut last) = (None, None);
    let progress = &mut |_, done: usize, total: usize| {
        if done == 0 {
            first = Some(Instant::now());
        }
        if done == total {
            last = Some(Instant::now());
        }
        ControlFlow::Continue(())
    };
    train((&params, &training), &sequences, (&examples, &others), &options, progress)?;
    let (Some(first), Some(last)) = (first, last) else { return Err("no training".into()) };
    let seconds = (last - first).as_secs_f64() / epochs as f64;
    let told = serde_json::json!({
        "rows": rows, "validation": validation, "batch": training.batch, "seconds": seconds,
    });
    println!("{told}");
    Ok(())
}
