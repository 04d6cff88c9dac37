//! Training, storing and serving on a made-up market.

#![cfg(all(feature = "torch", feature = "lightgbm"))]
#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use mantis_data::source::RandomWalk;
use mantis_data::{
    BarColumns, Bars, ChallengeTable, Interval, Panel, Series, SeriesKind, Timestamp,
};
use mantis_features::plan::FeaturePlan;
use mantis_features::split::SplitDates;
use mantis_models::gbdt::{GbdtParams, LightGbm};
use mantis_models::lstm::{LstmParams, TrainParams};
use mantis_models::{Artifact, Dataset, Error, Recipe, Stage, TrainOptions, Trained, quiet, train};
use sha2::{Digest, Sha256};

const ROWS: usize = 900;

fn start() -> Timestamp {
    Timestamp::parse("2025-01-01").unwrap()
}

fn panel() -> Panel {
    let bars = RandomWalk::default().bars("BTCUSDT", start(), Interval::HOUR, ROWS, 5).unwrap();
    let mut panel = Panel::new(Interval::HOUR);
    panel.add_bars("BTCUSDT", bars).unwrap();
    panel
}

fn recipe() -> Recipe {
    let names = [
        "rsi_14",
        "ret_1",
        "ret_3",
        "sma_ratio_20",
        "hl_spread",
        "vol_ratio_5",
        "close_location",
        "hour_sin",
        "vmd_slope_1",
    ];
    let mut recipe = Recipe::guide("BTCUSDT").unwrap();
    recipe.plan = FeaturePlan::of("BTCUSDT", &names).unwrap().with_vmd_window(32);
    recipe.dates = SplitDates {
        train_end: start() + Interval::hours(500),
        validation_end: start() + Interval::hours(750),
        test_end: start() + Interval::hours(ROWS as i64 + 1),
    };
    recipe.selector = recipe.selector.with_n(4);
    recipe.lstm = LstmParams { steps: 6, hidden: 8, dense: [8, 5], ..LstmParams::default() };
    recipe.training = TrainParams { batch: 64, epochs: 2, ..TrainParams::default() };
    recipe.head = GbdtParams { leaf_rows: 10, rounds: 8, ..GbdtParams::default() };
    recipe
}

fn fit(panel: &Panel, threads: usize) -> (Dataset, Trained) {
    let recipe = recipe();
    let dataset = Dataset::new(&recipe, panel, threads, &mut quiet()).unwrap();
    let trained =
        train(&recipe, panel, &dataset, &LightGbm, &TrainOptions::threads(threads), &mut quiet())
            .unwrap();
    (dataset, trained)
}

fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(p).unwrap()))
        .collect()
}

/// The same market, other prices from a row on.
fn changed_from(panel: &Panel, row: usize) -> Panel {
    let bars = panel.bars("BTCUSDT").unwrap();
    let bend = |v: &[f64]| -> Vec<f64> {
        v.iter().enumerate().map(|(i, &x)| if i < row { x } else { x * 1.5 }).collect()
    };
    let columns = BarColumns {
        open_time: bars.open_time().to_vec(),
        open: bend(bars.open()),
        high: bend(bars.high()),
        low: bend(bars.low()),
        close: bend(bars.close()),
        volume: bars.volume().to_vec(),
    };
    let mut changed = Panel::new(Interval::HOUR);
    changed.add_bars("BTCUSDT", Bars::new("BTCUSDT", Interval::HOUR, columns).unwrap()).unwrap();
    changed
}

#[test]
fn the_folder_is_the_same_bytes_for_any_threads_and_any_test_data() {
    let home = tempfile::tempdir().unwrap();
    let panel = panel();
    let save = |name: &str, panel: &Panel, threads| {
        let folder = home.path().join(name);
        fit(panel, threads).1.artifact.save(&folder).unwrap();
        bytes(&folder)
    };
    let one = save("one", &panel, 1);
    assert_eq!(one.len(), 5);
    assert!(one == save("two", &panel, 2), "one thread and two");
    // Bar 750 closes at hour 751, after the end of validation: nothing fitted may see it.
    assert!(one == save("bent", &changed_from(&panel, 750), 1), "other test data");
    assert!(one != save("bent earlier", &changed_from(&panel, 700), 1), "other validation data");
}

#[test]
fn a_loaded_model_forecasts_live_what_the_back_test_forecast() {
    let home = tempfile::tempdir().unwrap();
    let panel = panel();
    let (dataset, trained) = fit(&panel, 1);
    let folder = home.path().join("model");
    trained.artifact.save(&folder).unwrap();
    let loaded = Artifact::load(&folder).unwrap();
    let test = dataset.split.test.clone();
    let forecasts = trained.artifact.forecasts(&dataset.frame, test.clone(), 2).unwrap();
    assert_eq!(forecasts.len(), test.len());
    assert_eq!(loaded.forecasts(&dataset.frame, test, 1).unwrap(), forecasts);
    let mut recent = loaded.recent_rows();
    for forecast in forecasts.iter().step_by(37) {
        let live = loaded.latest(&panel.as_of(forecast.time), 1).unwrap();
        assert_eq!(live, *forecast);
        assert_eq!(loaded.latest_of(&mut recent, &panel.as_of(forecast.time)).unwrap(), live);
        let explanation = loaded.explain(&panel.as_of(forecast.time), 1).unwrap();
        let sum: f64 = explanation.units.iter().sum();
        let log_odds = (live.p_up / (1.0 - live.p_up)).ln();
        assert!((sum - log_odds).abs() < 1e-12, "{sum} {log_odds}");
        assert_eq!(explanation.features.len(), 4);
    }
    let late = RandomWalk::default()
        .bars("BTCUSDT", start() + Interval::HOUR, Interval::HOUR, 300, 5)
        .unwrap();
    let mut other = Panel::new(Interval::HOUR);
    other.add_bars("BTCUSDT", late).unwrap();
    assert!(matches!(loaded.latest(&other, 1).unwrap_err(), Error::HistoryStart { .. }));
    let error = loaded.latest(&panel.as_of(start() + Interval::hours(20)), 1).unwrap_err();
    assert!(error.to_string().contains("no forecast at 2025-01-01T20:00:00Z"), "{error}");
}

#[test]
fn a_series_that_stops_is_named_with_the_column_that_reads_it() {
    let times: Vec<_> = (0..=ROWS as i64 / 8).map(|i| start() + Interval::hours(8 * i)).collect();
    let rates = |n: usize| {
        let values = (0..n).map(|i| 1e-4 * (1.7 * i as f64).sin()).collect();
        Series::new("funding rate", times[..n].to_vec(), values).unwrap()
    };
    let with = |rates: Series| {
        let mut panel = panel();
        panel.add_series("BTCUSDT", SeriesKind::FundingRate, rates).unwrap();
        panel
    };
    let mut recipe = recipe();
    let names = ["rsi_14", "ret_1", "hl_spread", "funding_dev_24"];
    recipe.plan = FeaturePlan::of("BTCUSDT", &names).unwrap();
    let whole = with(rates(times.len()));
    let dataset = Dataset::new(&recipe, &whole, 1, &mut quiet()).unwrap();
    let options = TrainOptions::threads(1);
    let trained = train(&recipe, &whole, &dataset, &LightGbm, &options, &mut quiet()).unwrap();
    let artifact = trained.artifact;
    assert!(artifact.latest(&whole, 1).is_ok());
    let without = with(rates(times.len() - 2));
    let message = artifact.latest(&without, 1).unwrap_err().to_string();
    let mut recent = artifact.recent_rows();
    assert!(artifact.latest_of(&mut recent, &whole).is_ok());
    let again = artifact.latest_of(&mut recent, &without).unwrap_err().to_string();
    assert_eq!(again, message);
    let expected =
        "funding_dev_24 has no value 0 bars earlier, for want of the funding rate of BTCUSDT";
    assert!(message.contains(expected), "{message}");
    let early = artifact.latest(&whole.as_of(start() + Interval::hours(20)), 1).unwrap_err();
    assert!(early.to_string().contains("it needs more history"), "{early}");
}

#[test]
fn a_damaged_or_foreign_folder_is_refused_and_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let (_, trained) = fit(&panel(), 1);
    let folder = home.path().join("model");
    trained.artifact.save(&folder).unwrap();
    trained.artifact.save(&folder).unwrap();
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1, "no temporary folder is left");

    let spoil = |file: &str, change: &dyn Fn(String) -> String| {
        let path = folder.join(file);
        let good = std::fs::read(&path).unwrap();
        std::fs::write(&path, change(String::from_utf8_lossy(&good).into_owned())).unwrap();
        let error = Artifact::load(&folder).unwrap_err();
        std::fs::write(&path, good).unwrap();
        error
    };
    let error = spoil("config.json", &|text| {
        text.replace("\"format_version\": 2", "\"format_version\": 9")
    });
    assert!(matches!(error, Error::FormatVersion { got: 9, expected: 2, .. }), "{error}");
    let error = spoil("config.json", &|text| {
        text.replace("\"format_version\": 2", "\"format_version\": 1")
    });
    assert!(error.to_string().contains("written by an older version; train again"), "{error}");
    let error = spoil("config.json", &|text| text.replace("\"hybrid\"", "\"pooled\""));
    assert!(matches!(error, Error::WrongModel { .. }), "{error}");
    let error = spoil("features.json", &|text| text.replace("ret_1", "ret_2"));
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    let error = spoil("gbdt_model.txt", &|text| text[..text.len() / 2].to_owned());
    assert!(error.to_string().contains("gbdt_model.txt: its SHA-256 is"), "{error}");
    let error = spoil("config.json", &|text| text[..100].to_owned());
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    std::fs::remove_file(folder.join("scaler.json")).unwrap();
    let error = Artifact::load(&folder).unwrap_err();
    assert!(error.to_string().contains("scaler.json: cannot read"), "{error}");

    let precious = home.path().join("precious");
    std::fs::create_dir(&precious).unwrap();
    std::fs::write(precious.join("keys"), "mine").unwrap();
    let error = trained.artifact.save(&precious).unwrap_err();
    assert!(matches!(error, Error::Occupied { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(precious.join("keys")).unwrap(), "mine");
}

/// Stores a model of some columns, and takes settings of the decomposition out of its plan, as a version wrote it that did not
/// know them yet.
fn of_an_older_version(home: &Path, names: &[&str]) -> mantis_models::Result<Artifact> {
    let mut recipe = recipe();
    recipe.plan = FeaturePlan::of("BTCUSDT", names).unwrap().with_vmd_window(32);
    let panel = panel();
    let dataset = Dataset::new(&recipe, &panel, 1, &mut quiet()).unwrap();
    let options = TrainOptions::threads(1);
    let trained = train(&recipe, &panel, &dataset, &LightGbm, &options, &mut quiet()).unwrap();
    let folder = home.join(names[0]);
    trained.artifact.save(&folder).unwrap();
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let hash = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    let new = read("features.json");
    let mut plan: serde_json::Value = serde_json::from_slice(&new).unwrap();
    let params = plan["modes"]["params"].as_object_mut().unwrap();
    for setting in ["standardise", "trajectory"] {
        params.remove(setting).unwrap();
    }
    // As a later default would: what the file does not say is completed otherwise than it was meant.
    params.insert("standardise".to_owned(), false.into());
    let old = serde_json::to_vec_pretty(&plan).unwrap();
    let config = String::from_utf8(read("config.json")).unwrap().replace(&hash(&new), &hash(&old));
    std::fs::write(folder.join("features.json"), old).unwrap();
    std::fs::write(folder.join("config.json"), config).unwrap();
    Artifact::load(&folder)
}

#[test]
fn settings_added_to_the_decomposition_matter_to_models_with_modes_alone() {
    let home = tempfile::tempdir().unwrap();
    let plain = ["rsi_14", "ret_1", "hl_spread", "close_location"];
    let loaded = of_an_older_version(home.path(), &plain).unwrap();
    assert!(loaded.latest(&panel(), 1).is_ok());
    let modes = ["vmd_slope_1", "ret_1", "hl_spread", "close_location"];
    let error = of_an_older_version(home.path(), &modes).unwrap_err();
    assert!(matches!(error, Error::OlderPlan { .. }), "{error}");
    assert!(error.to_string().contains("written by an older version; train again"), "{error}");
}

#[test]
fn training_can_be_stopped_in_every_stage() {
    let panel = panel();
    let recipe = recipe();
    for stop in [Stage::Features, Stage::Select, Stage::Lstm, Stage::Head] {
        let mut progress = |stage: Stage, _: usize, _: usize| {
            if stage == stop { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let result = Dataset::new(&recipe, &panel, 1, &mut progress).and_then(|data| {
            train(&recipe, &panel, &data, &LightGbm, &TrainOptions::threads(1), &mut progress)
        });
        let error = result.err().unwrap();
        assert!(error.to_string().starts_with(stop.name()), "{stop:?}: {error}");
    }
}

#[test]
fn an_embedding_of_many_values_takes_the_head_apart() {
    let panel = panel();
    let (_, trained) = fit(&panel, 1);
    let forecast = trained.artifact.latest(&panel, 1).unwrap();
    let table = |dim: usize| {
        let row = "name = \"X\"\nticker = \"X\"\nasset = \"BTC\"\nloss = \"binary\"\nblocks_ahead = 300\n";
        let text = format!("name = \"mine\"\n[[challenge]]\n{row}dim = {dim}\n");
        ChallengeTable::from_toml(&text).unwrap()
    };
    let values = |dim: usize| {
        let table = table(dim);
        let embedding = trained.artifact.embedding(table.get("X").unwrap(), &forecast).unwrap();
        embedding.values().to_vec()
    };
    assert_eq!(values(2), [1.0 - 2.0 * forecast.p_up, 2.0 * forecast.p_up - 1.0]);
    let log_odds = (forecast.p_up / (1.0 - forecast.p_up)).ln();
    // Fewer values than units, as many as there are, and more.
    for dim in [3, 6, 9] {
        let sum: f64 = values(dim).iter().map(|value| value.atanh()).sum();
        assert!((sum - log_odds).abs() < 1e-12, "{dim}: {sum} {log_odds}");
    }
    assert_eq!(values(9)[5..8], [0.0; 3]);
    assert_eq!(values(3)[..2], values(9)[..2]);
    let head = trained.artifact.head();
    let (importances, splits) = (head.importances(), head.contributions(&forecast.hidden).unwrap());
    let first = (0..5).max_by_key(|&unit| (importances[unit], 5 - unit)).unwrap();
    assert!(importances[first] > 0 && values(3)[0] == splits[first].tanh());

    let ranks = ChallengeTable::profile("2026-07").unwrap();
    let error = trained.artifact.embedding(ranks.get("MULTIXSEC").unwrap(), &forecast);
    assert!(error.is_err());
}
