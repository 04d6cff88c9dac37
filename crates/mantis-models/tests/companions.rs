//! Training on several symbols, on made-up markets.

#![cfg(all(feature = "torch", feature = "lightgbm"))]
#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use mantis_data::source::RandomWalk;
use mantis_data::{Bars, Interval, Panel, Timestamp};
use mantis_features::plan::FeaturePlan;
use mantis_features::split::SplitDates;
use mantis_models::gbdt::{GbdtParams, LightGbm};
use mantis_models::lstm::{LstmParams, TrainParams};
use mantis_models::{
    Artifact, Companions, Dataset, Error, Recipe, TrainOptions, Trained, quiet, train,
};

const ROWS: usize = 700;

fn hour(row: i64) -> Timestamp {
    Timestamp::parse("2025-01-01").unwrap() + Interval::hours(row)
}

fn bars(symbol: &str, first: i64, seed: u64) -> Bars {
    let rows = ROWS - usize::try_from(first).unwrap();
    RandomWalk::default().bars(symbol, hour(first), Interval::HOUR, rows, seed).unwrap()
}

/// Bitcoin, ether whose bars start later, a coin that is listed after the end of training, and ether's bars from a row on replaced.
fn panel(replaced: Option<i64>) -> Panel {
    let mut ether = bars("ETHUSDT", 40, 6);
    if let Some(row) = replaced {
        let other = bars("ETHUSDT", 40, 9);
        let keep = usize::try_from(row - 40).unwrap();
        ether = joined(&ether, &other, keep);
    }
    let mut panel = Panel::new(Interval::HOUR);
    panel.add_bars("BTCUSDT", bars("BTCUSDT", 0, 5)).unwrap();
    panel.add_bars("ETHUSDT", ether).unwrap();
    panel.add_bars("NEWUSDT", bars("NEWUSDT", 410, 7)).unwrap();
    panel
}

fn joined(head: &Bars, tail: &Bars, keep: usize) -> Bars {
    let join = |a: &[f64], b: &[f64]| [&a[..keep], &b[keep..]].concat();
    let columns = mantis_data::BarColumns {
        open_time: head.open_time().to_vec(),
        open: join(head.open(), tail.open()),
        high: join(head.high(), tail.high()),
        low: join(head.low(), tail.low()),
        close: join(head.close(), tail.close()),
        volume: join(head.volume(), tail.volume()),
    };
    Bars::new("ETHUSDT", Interval::HOUR, columns).unwrap()
}

fn recipe(companions: &[&str]) -> Recipe {
    let names = ["rsi_14", "ret_1", "sma_ratio_20", "hl_spread", "close_location", "hour_sin"];
    let mut recipe = Recipe::guide("BTCUSDT").unwrap();
    recipe.plan = FeaturePlan::of("BTCUSDT", &names).unwrap();
    recipe.dates = SplitDates {
        train_end: hour(400),
        validation_end: hour(600),
        test_end: hour(ROWS as i64 + 1),
    };
    recipe.selector = recipe.selector.with_n(4);
    recipe.lstm = LstmParams { steps: 6, hidden: 8, dense: [8, 5], ..LstmParams::default() };
    recipe.training = TrainParams { batch: 64, epochs: 2, ..TrainParams::default() };
    recipe.head = GbdtParams { leaf_rows: 10, rounds: 8, ..GbdtParams::default() };
    let symbols = companions.iter().map(ToString::to_string).collect();
    recipe.companions = Companions { symbols, ..Companions::default() };
    recipe
}

fn fit(recipe: &Recipe, panel: &Panel, threads: usize) -> Trained {
    let dataset = Dataset::new(recipe, panel, threads, &mut quiet()).unwrap();
    let options = TrainOptions::threads(threads);
    train(recipe, panel, &dataset, &LightGbm, &options, &mut quiet()).unwrap()
}

/// The files of the model, without the one that tells what it was made from.
fn fitted(trained: &Trained) -> Vec<Vec<u8>> {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("model");
    trained.artifact.save(&folder).unwrap();
    let loaded = Artifact::load(&folder).unwrap();
    assert_eq!(loaded.log(), trained.artifact.log());
    let files = ["lstm_model.safetensors", "gbdt_model.txt", "scaler.json", "features.json"];
    files.iter().map(|name| std::fs::read(folder.join(name)).unwrap()).collect()
}

#[test]
fn companions_teach_what_was_known_when_training_ended_and_are_not_needed_to_serve() {
    let (both, alone) = (recipe(&["ETHUSDT", "NEWUSDT"]), recipe(&[]));
    let trained = fit(&both, &panel(None), 1);
    let rows = &trained.rows.companions;
    // Ether's first complete row follows 20 of its own bars and starts a sequence of 6; bar 399 is not resolved at hour 400.
    assert_eq!(rows["ETHUSDT"], 399 - (40 + 19 + 5));
    assert_eq!(rows["NEWUSDT"], 0, "listed after the end of training");
    assert_eq!(trained.rows.lstm, 399 - (19 + 5));

    let own = fitted(&trained);
    assert!(own == fitted(&fit(&both, &panel(None), 2)), "one thread and two");
    assert!(own == fitted(&fit(&both, &panel(Some(400)), 1)), "other bars after training");
    assert!(own != fitted(&fit(&both, &panel(Some(300)), 1)), "other bars in training");
    let without = fitted(&fit(&alone, &panel(None), 1));
    assert!(own[0] != without[0], "ether has changed the network");
    assert_eq!(own[2..], without[2..], "columns and scaler are bitcoin's alone");

    // A miner has bitcoin's bars alone.
    let mut served = Panel::new(Interval::HOUR);
    served.add_bars("BTCUSDT", bars("BTCUSDT", 0, 5)).unwrap();
    let live = trained.artifact.latest(&served.as_of(hour(650)), 1).unwrap();
    let again = trained.artifact.latest(&panel(None).as_of(hour(650)), 1).unwrap();
    assert_eq!(live, again);
}

#[test]
fn a_companion_is_another_symbol_with_bars() {
    let error = |companions: &[&str]| {
        let recipe = recipe(companions);
        Dataset::new(&recipe, &panel(None), 1, &mut quiet()).unwrap_err()
    };
    assert!(matches!(error(&["BTCUSDT"]), Error::Companion { .. }));
    assert!(matches!(error(&["ETHUSDT", "ETHUSDT"]), Error::Companion { .. }));
    assert!(error(&["XRPUSDT"]).to_string().contains("XRPUSDT"));
    let weightless =
        Recipe { companions: Companions { weight: 0.0, ..Companions::default() }, ..recipe(&[]) };
    assert!(weightless.check().unwrap_err().to_string().contains("companions.weight"));
}

#[test]
fn a_recipe_without_companions_is_written_as_before() {
    let text = serde_json::to_value(recipe(&[])).unwrap();
    assert!(text.get("companions").is_none());
    assert_eq!(serde_json::from_value::<Recipe>(text).unwrap(), recipe(&[]));
    let text = serde_json::to_value(recipe(&["ETHUSDT"])).unwrap();
    assert_eq!(text["companions"]["symbols"][0], "ETHUSDT");
}
