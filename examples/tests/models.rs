//! From training to embedding on the bundled bars, with small networks.

#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use std::path::{Path, PathBuf};

use mantis_data::{Challenge, ChallengeTable, Interval, Timestamp};
use mantis_eval::metrics::PassCriterion;
use mantis_examples::models::check::{Outcome, Span, check, check_any};
use mantis_examples::models::embed::embed;
use mantis_examples::models::source::ArtifactSettings;
use mantis_examples::models::train::{Changes, Engine, Options, recipe, run_any};
use mantis_examples::models::verify::verify;
use mantis_examples::models::{market, walk};
use mantis_models::lstm::Device;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/data")
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn challenge(ticker: &str) -> Challenge {
    market::challenge(None, ticker).unwrap()
}

/// A small recipe in a file, as a user would write one.
const CONFIG: &str = r#"
[plan]
columns = ["ret_1", "ret_2", "ret_3", "rsi_14", "close_location", "hl_spread", "sma_ratio_20", "bb_pctb_20"]

[selector]
n = 4

[lstm]
steps = 5
hidden = 6
layers = 1
dense = [6, 4]

[head]
rounds = 10
leaf_rows = 50
"#;

fn options(home: &Path, engine: Engine) -> Options {
    let config = home.join("recipe.toml");
    std::fs::write(&config, CONFIG).unwrap();
    Options {
        data_dir: data(),
        model_dir: home.join("models"),
        as_of: time("2025-07-01"),
        changes: Changes {
            config: Some(config),
            train_end: Some(time("2024-10-01")),
            validation_end: Some(time("2025-04-01")),
            epochs: Some(1),
            ..Changes::default()
        },
        engine,
        device: Device::Cpu,
        threads: 1,
        resume: false,
        fetching: None,
        quiet: true,
    }
}

fn span(as_of: &str) -> Span {
    let as_of = time(as_of);
    Span { start: None, end: as_of, as_of, criterion: PassCriterion::default() }
}

fn serving(model_dir: &Path) -> ArtifactSettings {
    ArtifactSettings {
        model_dir: model_dir.to_owned(),
        data_dir: data(),
        max_age: Interval::HOUR,
        max_artifact_age: Interval::days(365),
        threads: 1,
    }
}

#[test]
fn a_currency_goes_from_training_to_embedding_with_either_engine() {
    for engine in [Engine::LightGbm, Engine::Native] {
        let home = tempfile::tempdir().unwrap();
        let options = options(home.path(), engine);
        let challenge = challenge("CADUSD");
        let Outcome::Direction(trained) = run_any(&challenge, &options).unwrap() else { panic!() };
        let judged = trained.judged.as_ref().unwrap();
        let names: Vec<&str> = judged.models().map(|model| model.name).collect();
        assert_eq!(
            names,
            ["hybrid", "lstm", "logistic", "gbdt", "fade_2h", "persistence", "majority"]
        );
        let left: Vec<_> = std::fs::read_dir(&options.model_dir).unwrap().collect();
        assert_eq!(left.len(), 1, "no checkpoint is left: {left:?}");

        let folder = options.model_dir.join("CADUSD");
        let checked = check((&challenge, &folder), &data(), span("2025-07-01"), 1, true).unwrap();
        let again = checked.judged.unwrap();
        assert_eq!(again.p_up, judged.p_up, "check says what training said");
        assert_eq!(again.hybrid.judgement, judged.hybrid.judgement);

        let empty = check((&challenge, &folder), &data(), span("2025-03-01"), 1, true).unwrap();
        assert!(empty.judged.is_none() && empty.to_string().contains("EMPTY"));
        let early = Span { start: Some(time("2024-01-01")), ..span("2025-07-01") };
        let error = check((&challenge, &folder), &data(), early, 1, true).unwrap_err();
        assert!(error.to_string().contains("--test-start"), "{error}");

        let verified = verify(&challenge, &folder, &data(), time("2025-06-30T12:00:00Z"), 1);
        assert!(verified.passed() && verified.steps.len() == 6, "{verified}");

        let settings = serving(&options.model_dir);
        let table = ChallengeTable::profile("2026-07").unwrap();
        let embedded = embed(settings, &table, time("2025-06-30T12:00:00Z")).unwrap();
        assert_eq!(embedded.embeddings.len(), 1);
        let values = embedded.embeddings["CADUSD"].as_array().unwrap();
        assert_eq!(values.len(), 2);
        // The live embedding is the forecast that the back-test judged at that bar.
        let at = judged.times.iter().position(|&t| t == time("2025-06-30T12:00:00Z")).unwrap();
        assert_eq!(values[1].as_f64().unwrap().to_bits(), (2.0 * judged.p_up[at] - 1.0).to_bits());
        assert!(embedded.warnings.iter().any(|warning| warning.contains("ETHLBFGS: no model")));

        std::fs::write(folder.join("scaler.json"), "{}").unwrap();
        let verified = verify(&challenge, &folder, &data(), time("2025-06-30T12:00:00Z"), 1);
        assert!(!verified.passed());
        assert!(verified.to_string().contains("✗ FAIL: Configuration"), "{verified}");
    }
}

#[test]
fn other_challenges_are_trained_checked_and_embedded_and_name_what_is_absent() {
    const TICKERS: [(&str, usize); 3] = [("ETHHITFIRST", 3), ("ETHLBFGS", 17), ("TRADEMIX", 4)];
    let mut absent = Vec::new();
    let home = tempfile::tempdir().unwrap();
    let mut options = options(home.path(), Engine::LightGbm);
    options.changes.train_start = Some(time("2024-01-01"));
    let now = time("2025-06-30T12:00:00Z");
    for (ticker, _) in TICKERS {
        let challenge = challenge(ticker);
        let Outcome::Answers(trained) = run_any(&challenge, &options).unwrap() else { panic!() };
        let folder = options.model_dir.join(ticker);
        let checked =
            check_any((&challenge, &folder), &data(), span("2025-07-01"), 1, true).unwrap();
        let Outcome::Answers(checked) = checked else { panic!() };
        assert_eq!(checked.to_string(), trained.to_string(), "check says what training said");
        assert!(
            trained.questions.iter().all(|line| line.test > 0 || line.name.contains("against"))
        );
        let verified = verify(&challenge, &folder, &data(), now, 1);
        assert!(verified.passed(), "{verified}");
        absent.push(trained.absent.join(" "));
    }
    let settings = serving(&options.model_dir);
    let table = ChallengeTable::profile("2026-07").unwrap();
    let embedded = embed(settings, &table, now).unwrap();
    for (ticker, values) in TICKERS {
        let text = embedded.embeddings[ticker].to_string();
        assert_eq!(text.split(',').count(), values, "{text}");
    }
    assert_eq!(absent[2], "TAO");
    let warning = embedded.warnings.iter().find(|text| text.starts_with("TRADEMIX")).unwrap();
    assert!(warning.contains("TAO (no data)"), "{warning}");
    assert_eq!(embedded.embeddings["TRADEMIX"]["TAO"], 0.0);
}

#[test]
fn a_walk_forward_goes_on_where_it_stopped_and_refuses_what_has_changed() {
    let home = tempfile::tempdir().unwrap();
    let training = options(home.path(), Engine::LightGbm);
    let walk = walk::Options {
        data_dir: data(),
        out: home.path().join("folds"),
        as_of: time("2025-07-01"),
        from: time("2025-02-01"),
        to: time("2025-04-01"),
        refit: Interval::days(30),
        validation: Interval::days(60),
        train: Some(Interval::days(200)),
        seeds: 1,
        changes: Changes {
            config: training.changes.config.clone(),
            epochs: Some(1),
            ..Changes::default()
        },
        engine: Engine::LightGbm,
        threads: 1,
        quiet: true,
    };
    let challenge = challenge("CADUSD");
    let whole = walk::walk(&challenge, &walk).unwrap();
    assert_eq!((whole.folds, whole.rows.len()), (2, 10));
    let fold = |name: &str| walk.out.join(name);
    let kept = std::fs::read(fold("fold-2025-02-01.json")).unwrap();
    std::fs::remove_file(fold("fold-2025-03-03.json")).unwrap();
    let again = walk::walk(&challenge, &walk).unwrap();
    assert_eq!(again.to_string(), whole.to_string(), "a fold that was lost comes back the same");
    assert_eq!(std::fs::read(fold("fold-2025-02-01.json")).unwrap(), kept);

    let changes = Changes { seed: Some(7), ..walk.changes.clone() };
    let error = walk::walk(&challenge, &walk::Options { changes, ..walk.clone() });
    let message = error.unwrap_err().to_string();
    assert!(message.contains("another recipe (seed)"), "{message}");
}

#[test]
fn a_config_changes_a_recipe_and_a_wrong_one_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("recipe.toml");
    let changes = Changes { config: Some(file.clone()), epochs: Some(9), ..Changes::default() };
    std::fs::write(&file, "head_share = 0.5\n[training]\nepochs = 3\nbatch = 64\n").unwrap();
    let eth = recipe(&challenge("ETH"), &changes, Engine::LightGbm).unwrap();
    assert_eq!((eth.head_share, eth.training.epochs, eth.training.batch), (0.5, 9, 64));
    assert_eq!(eth.plan.symbol(), "ETHUSDT");
    std::fs::write(&file, "hed_share = 0.5\n").unwrap();
    let error = recipe(&challenge("ETH"), &changes, Engine::LightGbm).unwrap_err();
    assert!(error.to_string().contains("hed_share") && error.exit_code() == 2, "{error}");
    let none = Changes::default();
    let error = recipe(&challenge("ETHLBFGS"), &none, Engine::LightGbm).unwrap_err();
    assert!(error.to_string().contains("kind lbfgs"), "{error}");
    assert!(market::challenge(None, "NOPE").unwrap_err().to_string().contains("2026-07: ETH"));
}
