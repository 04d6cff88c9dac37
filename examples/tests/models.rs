//! From training to embedding on the bundled bars, with small networks, and the programs that are left without a model.

#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use mantis_data::testing::{Exchange, Server};
use mantis_data::{Challenge, ChallengeTable, FolderStore, Interval, Timestamp};
use mantis_eval::metrics::PassCriterion;
use mantis_eval::runs::{RunLog, RunSpan};
use mantis_examples::models::check::{Outcome, Span, check, check_any};
use mantis_examples::models::embed::{embed, embed_each};
use mantis_examples::models::source::ArtifactSettings;
use mantis_examples::models::sweep::{self, Search};
use mantis_examples::models::sync::Fetching;
use mantis_examples::models::train::{Changes, Engine, Options, recipe, run_any};
use mantis_examples::models::verify::verify;
use mantis_examples::models::{market, walk};
use mantis_examples::runs::RunFlags;
use mantis_features::select::Selector;
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
columns = ["ret_1", "ret_2", "ret_3", "rsi_14", "close_location", "hl_spread", "sma_ratio_20", "bb_pctb_20", "basis@CADUSD_PERP"]

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

/// What a folder of the first format looks like to a later program.
fn of_another_version(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("config.json"), "{\"format_version\": 1, \"recipe\": {}}").unwrap();
}

/// Runs a program on the bundled data.
fn program(path: &str, model_dir: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(path);
    command.arg("--model-dir").arg(model_dir).arg("--data-dir").arg(data());
    command.args(["--quiet", "--jobs", "1", "--as-of", "2025-07-01"]).args(more);
    command.output().unwrap()
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

/// A copy of a folder without folders in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// Takes the bars of a symbol away that open at a time or later.
fn end_bars(folder: &Path, symbol: &str, end: Timestamp) {
    let bars = FolderStore::open(folder).unwrap().bars(symbol, Interval::HOUR).unwrap();
    let mut csv = "timestamp,open,high,low,close,volume\n".to_owned();
    for row in 0..bars.open_time().partition_point(|&open| open < end) {
        let (open, high) = (bars.open()[row], bars.high()[row]);
        let (low, close, volume) = (bars.low()[row], bars.close()[row], bars.volume()[row]);
        let at = bars.open_time()[row];
        writeln!(csv, "{at},{open},{high},{low},{close},{volume}").unwrap();
    }
    std::fs::remove_file(folder.join(symbol).join("ohlcv.parquet")).unwrap();
    std::fs::write(folder.join(symbol).join("ohlcv.csv"), csv).unwrap();
}

fn serving(model_dir: &Path) -> ArtifactSettings {
    ArtifactSettings {
        model_dir: model_dir.to_owned(),
        data_dir: data(),
        max_age: Interval::HOUR,
        max_artifact_age: Interval::days(365),
    }
}

#[test]
fn a_currency_goes_from_training_to_embedding_with_either_engine() {
    for engine in [Engine::LightGbm, Engine::Native] {
        let home = tempfile::tempdir().unwrap();
        let options = options(home.path(), engine);
        let challenge = challenge("CADUSD");
        let Outcome::Direction(trained) = run_any(&challenge, &options).unwrap() else { panic!() };
        let text = trained.to_string();
        assert!(
            text.contains("1 columns without bars of CADUSD_PERP: basis@CADUSD_PERP"),
            "{text}"
        );
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

        // The same model in a table of one's own, which asks for more numbers.
        let own = home.path().join("own.toml");
        let row = "name = \"CAD-5\"\nticker = \"CADUSD\"\nasset = \"CADUSD\"\nloss = \"binary\"\ndim = 5\nblocks_ahead = 300\n";
        std::fs::write(&own, format!("name = \"own\"\n[[challenge]]\n{row}")).unwrap();
        let table = ChallengeTable::open(own.to_str().unwrap()).unwrap();
        assert_eq!(market::challenge(own.to_str(), "CAD-5").unwrap(), table.challenges()[0]);
        let wide = embed(serving(&options.model_dir), &table, time("2025-06-30T12:00:00Z"));
        let wide: Vec<f64> =
            serde_json::from_value(wide.unwrap().embeddings["CADUSD"].clone()).unwrap();
        let log_odds: f64 = wide.iter().map(|value| value.atanh()).sum();
        let p_up = 1.0 / (1.0 + (-log_odds).exp());
        assert!(wide.len() == 5 && (p_up - judged.p_up[at]).abs() < 1e-12, "{wide:?}");
        assert!(embedded.warnings.iter().any(|warning| warning.contains("ETHLBFGS: no model")));

        // A model that cannot be read stands between nobody and the others.
        of_another_version(&options.model_dir.join("ETH"));
        let all = program(env!("CARGO_BIN_EXE_check"), &options.model_dir, &[]);
        let (out, err) = texts(&all);
        assert_eq!(all.status.code(), Some(1), "{err}");
        assert!(out.contains("CADUSD (CADUSD-1H-BINARY)"), "{out}");
        assert!(err.starts_with("error: ETH: ") && err.contains("train again"), "{err}");

        // Nor is one taken for that of another challenge.
        let nzd = market::challenge(None, "NZDUSD").unwrap();
        let error = check((&nzd, &folder), &data(), span("2025-07-01"), 1, true).unwrap_err();
        let message = error.to_string();
        assert!(message.contains("of CADUSD, expected one of NZDUSD"), "{message}");

        trials_are_recorded_and_a_sealed_span_is_judged_once(&options.model_dir, home.path());

        std::fs::write(folder.join("scaler.json"), "{}").unwrap();
        let verified = verify(&challenge, &folder, &data(), time("2025-06-30T12:00:00Z"), 1);
        assert!(!verified.passed());
        assert!(verified.to_string().contains("✗ FAIL: Configuration"), "{verified}");
    }
}

fn trials_are_recorded_and_a_sealed_span_is_judged_once(model_dir: &Path, home: &Path) {
    let file = home.join("runs.jsonl");
    let seal = |to: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runs"));
        command.arg("--file").arg(&file).args(["seal", "--experiment", "CADUSD"]);
        command.args(["--from", "2025-05-01", "--to", to]).output().unwrap()
    };
    assert!(seal("2025-05-31").status.success());
    let run = |from: &str, to: &str, more: &[&str]| {
        let span = ["--ticker", "CADUSD", "--test-start", from, "--test-end", to];
        let record = ["--runs", file.to_str().unwrap()];
        let output = program(
            env!("CARGO_BIN_EXE_backtest"),
            model_dir,
            &[&span[..], &record[..], more].concat(),
        );
        (output.status.code(), texts(&output).1)
    };
    assert_eq!(run("2025-04-02", "2025-04-30", &[]).0, Some(3));
    let (code, message) = run("2025-04-02", "2025-05-02", &[]);
    assert!(code == Some(1) && message.contains("is sealed"), "{message}");
    assert_eq!(run("2025-05-01", "2025-05-31", &["--open-sealed"]).0, Some(3));
    let (code, message) = run("2025-05-01", "2025-05-31", &["--open-sealed"]);
    assert!(code == Some(1) && message.contains("was opened before"), "{message}");
    let log = mantis_eval::runs::RunLog::open(&file).unwrap();
    let sealed: Vec<bool> = log.runs().map(|run| run.sealed).collect();
    assert_eq!(sealed, [false, true]);
    assert!(log.best_accuracy("CADUSD").unwrap().is_some());
}

#[test]
fn other_challenges_are_trained_checked_and_embedded_and_name_what_is_absent() {
    const TICKERS: [(&str, usize); 6] = [
        ("ETHHITFIRST", 3),
        ("ETHLBFGS", 17),
        ("TRADEMIX", 4),
        ("MULTIBREAKOUT", 33 * 2),
        ("MULTIXSEC", 33),
        ("FUNDINGXSEC", 20),
    ];
    let mut absent = Vec::new();
    let home = tempfile::tempdir().unwrap();
    let mut options = options(home.path(), Engine::LightGbm);
    options = options.of_trees();
    options.changes.config = None;
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
        let short = Span { end: time("2025-05-01"), ..span("2025-07-01") };
        let short = check_any((&challenge, &folder), &data(), short, 1, true).unwrap();
        let Outcome::Answers(short) = short else { panic!() };
        let tested = |report: &mantis_examples::models::heads::Report| report.questions[0].test;
        assert!(tested(&short) > 0 && 2 * tested(&short) < tested(&checked), "{short}");
        assert!(
            trained.questions.iter().all(|line| line.test > 0 || line.name.contains("against")),
            "{trained}"
        );
        let verified = verify(&challenge, &folder, &data(), now, 1);
        assert!(verified.passed(), "{verified}");
        absent.push(trained.absent.join(" "));
    }
    let settings = serving(&options.model_dir);
    let table = ChallengeTable::profile("2026-07").unwrap();
    let embedded = embed(settings, &table, now).unwrap();
    // Hour by hour, what each model has read is kept, and changes nothing.
    let times = [now - Interval::hours(2), now - Interval::hours(1), now];
    let mut each = Vec::new();
    embed_each(serving(&options.model_dir), &table, &times, |one, _| each.push(one)).unwrap();
    for (time, one) in times.into_iter().zip(&each) {
        let alone = embed(serving(&options.model_dir), &table, time).unwrap();
        assert_eq!(alone.json(), one.json());
    }
    assert_eq!(each[2].json(), embedded.json());
    for (ticker, values) in TICKERS {
        let text = embedded.embeddings[ticker].to_string();
        assert_eq!(text.split(',').count(), values, "{text}");
    }
    assert_eq!(absent[2], "TAO");
    let warning = embedded.warnings.iter().find(|text| text.starts_with("TRADEMIX")).unwrap();
    assert!(warning.contains("TAO (no data)"), "{warning}");
    assert_eq!(embedded.embeddings["TRADEMIX"]["TAO"], 0.0);
    assert!(absent[4].contains("LEO") && absent[4].contains("BGB"), "{}", absent[4]);

    // The model of one challenge in the folder of another is told, and serves nobody.
    let place = options.model_dir.join("MULTIXSEC");
    std::fs::remove_dir_all(&place).unwrap();
    copy(&options.model_dir.join("TRADEMIX"), &place);
    let error = check_any((&challenge("MULTIXSEC"), &place), &data(), span("2025-07-01"), 1, true);
    let message = error.unwrap_err().to_string();
    assert!(message.contains("holds a model of TRADEMIX"), "{message}");
    let embedded = embed(serving(&options.model_dir), &table, now).unwrap();
    assert!(!embedded.embeddings.contains_key("MULTIXSEC"));
    let told = |warning: &&String| warning.contains("MULTIXSEC: ");
    assert!(embedded.warnings.iter().find(told).unwrap().contains("of TRADEMIX"));
}

#[test]
fn an_asset_that_is_traded_no_more_does_not_silence_the_others() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("data");
    for symbol in ["BTCUSDT", "ETHUSDT", "SOLUSDT"] {
        copy(&data().join(symbol), &folder.join(symbol));
    }
    let mut options = options(home.path(), Engine::Native).of_trees();
    options.data_dir.clone_from(&folder);
    options.changes.config = None;
    options.changes.train_start = Some(time("2024-01-01"));
    run_any(&challenge("TRADEMIX"), &options).unwrap();

    end_bars(&folder, "SOLUSDT", time("2025-06-20"));
    let now = time("2025-06-30T12:00:00Z");
    let settings = ArtifactSettings { data_dir: folder, ..serving(&options.model_dir) };
    let table = ChallengeTable::profile("2026-07").unwrap().only(&["TRADEMIX"]).unwrap();
    let embedded = embed(settings.clone(), &table, now).unwrap();
    let values = &embedded.embeddings["TRADEMIX"];
    assert_eq!((&values["SOL"], &values["TAO"]), (&0.0.into(), &0.0.into()));
    assert!(values["BTC"] != 0.0 && values["ETH"] != 0.0, "{values}");
    assert_eq!(embedded.as_of["TRADEMIX"], now.to_string());
    let [warning] = &embedded.warnings[..] else { panic!("{:?}", embedded.warnings) };
    assert!(warning.contains("SOL (stale, the last bar closed 2025-06-20"), "{warning}");

    // Where all are old, all are said, and that they are old.
    let old = embed(settings.clone(), &table, time("2025-06-20")).unwrap();
    assert_ne!(old.embeddings["TRADEMIX"]["SOL"], 0.0);

    // A file that cannot be read silences its own asset alone, and is named.
    std::fs::write(settings.data_dir.join("ETHUSDT/ohlcv.parquet"), "no bars").unwrap();
    let damaged = embed(settings, &table, now).unwrap();
    let values = &damaged.embeddings["TRADEMIX"];
    assert!(values["BTC"] != 0.0 && values["ETH"] == 0.0, "{values}");
    assert!(damaged.warnings.iter().any(|text| text.starts_with("data: ETHUSDT: ")));
}

#[test]
fn a_training_that_fetches_goes_on_without_what_no_source_has() {
    let fixtures = FolderStore::open(data()).unwrap();
    let mut exchange = Exchange::new(time("2025-07-01T00:30:00Z"));
    for symbol in ["BTCUSDT", "ETHUSDT", "ADAUSDT"] {
        exchange = exchange.bars(symbol, fixtures.bars(symbol, Interval::HOUR).unwrap());
    }
    let server = Server::start(move |request| exchange.answer(request)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut options = options(home.path(), Engine::Native).of_trees();
    options.data_dir = home.path().join("data");
    options.changes.config = None;
    options.fetching = Some(Fetching {
        since: time("2024-06-01"),
        base_urls: vec![server.url()],
        proxy: None,
        now: Some(time("2025-07-01T00:30:00Z")),
    });
    let assets = ["BTC", "LEO", "ETH", "SOL", "ADA", "BGB"].map(str::to_owned).to_vec();
    let challenge = Challenge { assets, ..challenge("MULTIXSEC") };
    let Outcome::Answers(report) = run_any(&challenge, &options).unwrap() else { panic!() };
    assert_eq!(report.symbols, ["BTCUSDT", "ETHUSDT", "ADAUSDT"]);
    assert_eq!(report.absent, ["LEO", "SOL", "BGB"]);
    let text = report.to_string();
    assert!(text.contains("absent, no data: LEO SOL BGB"), "{text}");
    assert!(report.questions[0].test > 0, "{text}");
}

#[test]
fn a_model_of_another_format_is_told_in_one_line() {
    let home = tempfile::tempdir().unwrap();
    of_another_version(&home.path().join("CADUSD"));
    let says = "format version 1, expected 2: written by an older version; train again";
    let programs = [env!("CARGO_BIN_EXE_check"), env!("CARGO_BIN_EXE_embed")];
    // By its ticker, and as the only one in its folder.
    for folder in [home.path().to_owned(), home.path().join("CADUSD")] {
        for path in programs {
            let output = program(path, &folder, &["--ticker", "CADUSD"]);
            let (out, err) = texts(&output);
            assert!(!output.status.success(), "{path}: {out}");
            assert!(err.starts_with("error: ") && err.contains(says), "{path}: {err}");
            assert_eq!(err.trim_end().lines().count(), 1, "{path}: {err}");
        }
    }
    let output = program(env!("CARGO_BIN_EXE_verify"), home.path(), &["--ticker", "CADUSD"]);
    let (out, _) = texts(&output);
    assert_eq!(output.status.code(), Some(3));
    assert!(out.lines().any(|line| line.contains('✗') && line.contains(says)), "{out}");
}

#[test]
fn flags_that_mean_nothing_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let [train, check, backtest] =
        [env!("CARGO_BIN_EXE_train"), env!("CARGO_BIN_EXE_check"), env!("CARGO_BIN_EXE_backtest")];
    let walk = ["--walk-forward", "--ticker", "ETH", "--test-start", "2024-01-01"];
    let cases: [(&str, Vec<&str>, &str); 9] = [
        (
            train,
            vec!["--ticker", "TRADEMIX", "--offline", "--companion", "ETH"],
            "--companion is of the LSTM",
        ),
        (
            train,
            vec!["--ticker", "ETH", "--offline", "--companion", "ETH"],
            "name each other symbol once",
        ),
        (
            train,
            vec!["--ticker", "TRADEMIX", "--offline", "--epochs", "3"],
            "--epochs is of the LSTM",
        ),
        (train, vec!["--ticker", "ETHLBFGS", "--offline", "--resume"], "--resume is of the LSTM"),
        (check, vec!["--ticker", "TRADEMIX", "--min-accuracy", "0.6"], "has no criterion"),
        (check, vec!["--ticker", "ETH", "--jobs", "0"], "--jobs"),
        (backtest, [&walk[..], &["--seeds", "0"]].concat(), "--seeds"),
        (backtest, [&walk[..], &["--train-days=-3"]].concat(), "--train-days"),
        (backtest, [&walk[..], &["--refit-days", "0"]].concat(), "--refit-days"),
    ];
    for (path, flags, says) in cases {
        let output = program(path, home.path(), &flags);
        let (_, err) = texts(&output);
        assert_eq!(output.status.code(), Some(2), "{flags:?}: {err}");
        assert!(err.contains(says), "{flags:?}: {err}");
    }
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
    assert_eq!((whole.folds, whole.rows.len()), (2, 13));
    assert!(whole.to_string().contains("fitted on the training days alone"));
    let fold = |name: &str| walk.out.join("CADUSD").join(name);
    let kept = std::fs::read(fold("fold-2025-02-01.json")).unwrap();
    std::fs::remove_file(fold("fold-2025-03-03.json")).unwrap();
    let again = walk::walk(&challenge, &walk).unwrap();
    assert_eq!(again.to_string(), whole.to_string(), "a fold that was lost comes back the same");
    assert_eq!(std::fs::read(fold("fold-2025-02-01.json")).unwrap(), kept);

    let changes = Changes { seed: Some(7), ..walk.changes.clone() };
    let error = walk::walk(&challenge, &walk::Options { changes, ..walk.clone() });
    let message = error.unwrap_err().to_string();
    assert!(message.contains("another recipe (seed)"), "{message}");

    // Folds side by side have the same numbers, and companions leave those of the symbol's own models as they are.
    let companions = walk::Options {
        out: home.path().join("companions"),
        threads: 2,
        changes: Changes { companions: vec!["CHFUSD".to_owned()], ..walk.changes.clone() },
        ..walk.clone()
    };
    let both = walk::walk(&challenge, &companions).unwrap();
    assert_eq!(both.rows.len(), 13 + 5);
    assert!(both.not_run.len() < whole.not_run.len());
    for row in &whole.rows {
        let same = both.rows.iter().find(|other| other.name == row.name).unwrap();
        assert_eq!(format!("{:?}", same.judgement), format!("{:?}", row.judgement), "{}", row.name);
    }

    // It ends where the data does, as without --test-end, and does not start where there is nothing to train on.
    let late = walk::Options {
        out: home.path().join("late"),
        from: time("2025-06-20"),
        to: time("2026-06-20"),
        as_of: time("2026-06-20"),
        ..walk.clone()
    };
    let whole = walk::walk(&challenge, &late).unwrap();
    assert_eq!(whole.folds, 1);
    assert!(whole.span.1 > time("2025-06-27") && whole.span.1 < time("2025-07-01"), "{whole}");
    for (from, to) in [("2023-09-01", "2024-01-01"), ("2025-07-05", "2025-08-01")] {
        let beyond = walk::Options { from: time(from), to: time(to), ..late.clone() };
        let message = walk::walk(&challenge, &beyond).unwrap_err().to_string();
        assert!(message.contains("the bars reach from 2023-09"), "{message}");
    }
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
    // A method of its own takes no field of the one before; without one the fields are those of the guide's.
    let selector = |text: &str, changes: &Changes| {
        std::fs::write(&file, text).unwrap();
        recipe(&challenge("ETH"), changes, Engine::LightGbm).map(|recipe| recipe.selector)
    };
    let forest = "[selector]\nmethod = \"forest\"\nn = 7\n";
    let Selector::Forest(chosen) = selector(forest, &changes).unwrap() else { panic!("{forest}") };
    assert_eq!((chosen.n, chosen.duplicate_threshold), (7, 0.999));
    let Selector::Tmfg(chosen) = selector("[selector]\nn = 5\n", &changes).unwrap() else {
        panic!("the guide's is the TMFG")
    };
    assert_eq!((chosen.n, chosen.redundancy), (5, 0.9));
    let flag = Changes { selector: Selector::named("information"), ..changes.clone() };
    let chosen = selector(forest, &flag).unwrap();
    assert_eq!((chosen.name(), chosen.n()), ("information", 7));
    let wrong = selector("[selector]\nmethod = \"forest\"\nredundancy = 0.5\n", &changes);
    assert!(wrong.unwrap_err().to_string().contains("unknown field `redundancy`"));
    std::fs::write(&file, "hed_share = 0.5\n").unwrap();
    let error = recipe(&challenge("ETH"), &changes, Engine::LightGbm).unwrap_err();
    assert!(error.to_string().contains("hed_share") && error.exit_code() == 2, "{error}");
    let none = Changes::default();
    let error = recipe(&challenge("ETHLBFGS"), &none, Engine::LightGbm).unwrap_err();
    assert!(error.to_string().contains("kind lbfgs"), "{error}");
    assert!(market::challenge(None, "NOPE").unwrap_err().to_string().contains("2026-07: ETH"));
}

#[test]
fn successive_halving_trains_the_best_for_longer_and_waits_for_other_parts() {
    let home = tempfile::tempdir().unwrap();
    let space = home.path().join("space.toml");
    std::fs::write(&space, "training.learning_rate = [0.01, 0.003, 0.001, 0.0001]\n").unwrap();
    let options = sweep::Options {
        data_dir: data(),
        out: home.path().join("whole"),
        changes: Changes { epochs: Some(4), ..options(home.path(), Engine::LightGbm).changes },
        space: space.clone(),
        search: Search::Halving { trials: 4, seed: 1, factor: 2 },
        judged: Interval::days(60),
        shard: (0, 1),
        engine: Engine::LightGbm,
        record: RunFlags { runs: None, experiment: None, open_sealed: false },
        threads: 1,
        quiet: true,
    };
    let cad = challenge("CADUSD");
    let whole = sweep::sweep(&cad, &options).unwrap();
    assert_eq!((whole.planned, whole.awaited), (Some(7), 0));
    let of_rung = |rung: usize| -> Vec<&sweep::Trial> {
        whole.trials.iter().filter(|trial| trial.rung == rung).collect()
    };
    for (rung, (trials, epochs)) in [(4, 1), (2, 2), (1, 4)].into_iter().enumerate() {
        let found = of_rung(rung);
        assert_eq!(found.len(), trials, "{whole}");
        assert!(found.iter().all(|trial| trial.recipe["training"]["epochs"] == epochs));
    }
    // The best of each rung are those of the next.
    for rung in [1, 2] {
        let mut next: Vec<usize> = of_rung(rung).iter().map(|trial| trial.number).collect();
        let mut best: Vec<usize> =
            of_rung(rung - 1)[..next.len()].iter().map(|trial| trial.number).collect();
        next.sort_unstable();
        best.sort_unstable();
        assert_eq!(next, best, "{whole}");
    }
    assert_eq!((whole.trials[0].rung, whole.trials.len()), (2, 7));

    // Two parts in one folder: the first waits for the second, and in the end all is the same.
    let shared = home.path().join("shared");
    let part = |i: usize| {
        let own = sweep::Options { out: shared.clone(), shard: (i, 2), ..options.clone() };
        sweep::sweep(&cad, &own).unwrap()
    };
    let first = part(0);
    assert_eq!((first.trials.len(), first.awaited), (2, 2));
    assert!(first.to_string().contains("that the next rung waits for: 2"), "{first}");
    for i in [1, 0, 1, 0, 1] {
        part(i);
    }
    assert_eq!(part(0), whole);

    std::fs::write(&space, "training.epochs = [1, 2]\n").unwrap();
    let message = sweep::sweep(&cad, &options).unwrap_err().to_string();
    assert!(message.contains("sets training.epochs itself"), "{message}");
}

#[test]
fn a_search_never_reads_the_test_period_goes_on_and_joins_its_parts() {
    let home = tempfile::tempdir().unwrap();
    let space = home.path().join("space.toml");
    std::fs::write(&space, "lstm.hidden = [4, 6]\n[head]\nrounds = [5, 10]\n").unwrap();
    let options = sweep::Options {
        data_dir: data(),
        out: home.path().join("whole"),
        changes: options(home.path(), Engine::LightGbm).changes,
        space: space.clone(),
        search: Search::Grid,
        judged: Interval::days(60),
        shard: (0, 1),
        engine: Engine::LightGbm,
        record: RunFlags {
            runs: Some(home.path().join("runs.jsonl")),
            experiment: None,
            open_sealed: false,
        },
        threads: 1,
        quiet: true,
    };
    let cad = challenge("CADUSD");
    let whole = sweep::sweep(&cad, &options).unwrap();
    // Every trial counts, with what it was made of.
    let log = RunLog::open(home.path().join("runs.jsonl")).unwrap();
    assert_eq!(log.trials("CADUSD"), 4);
    let run = log.runs().next().unwrap();
    assert_eq!((run.span.to, run.config["seed"].as_u64()), (time("2025-04-01"), Some(run.seed)));
    assert!(run.data == whole.trials[0].data && run.code.len() > 20, "{run:?}");
    assert!(run.metrics["n"] > 500.0);
    // A sealed span stops the search before it looks.
    let sealed =
        RunFlags { runs: Some(home.path().join("sealed.jsonl")), ..options.record.clone() };
    let mut log = RunLog::open(home.path().join("sealed.jsonl")).unwrap();
    let span = RunSpan { from: time("2024-12-01"), to: time("2025-03-01") };
    log.seal("CADUSD", span, time("2025-03-01")).unwrap();
    let out = home.path().join("sealed");
    let refused = sweep::sweep(&cad, &sweep::Options { record: sealed, out, ..options.clone() });
    assert!(refused.unwrap_err().to_string().contains("is sealed"));
    assert_eq!((whole.trials.len(), whole.planned), (4, Some(4)));
    assert!(whole.trials.is_sorted_by(|a, b| a.log_loss <= b.log_loss));
    assert!(whole.trials.iter().all(|trial| trial.rows > 500), "{whole}");
    let losses: std::collections::BTreeSet<u64> =
        whole.trials.iter().map(|trial| trial.log_loss.to_bits()).collect();
    assert!(losses.len() > 1, "the values matter: {whole}");

    // Without any bar of the test period all is the same, in two parts.
    let cut = home.path().join("data");
    for symbol in ["CADUSD", "BTCUSDT", "ETHUSDT"] {
        copy(&data().join(symbol), &cut.join(symbol));
        end_bars(&cut, symbol, time("2025-04-01"));
    }
    let parts = [0, 1].map(|part| {
        let out = home.path().join(format!("part-{part}"));
        let shard = (part, 2);
        let own =
            sweep::Options { data_dir: cut.clone(), out: out.clone(), shard, ..options.clone() };
        assert_eq!(sweep::sweep(&cad, &own).unwrap().trials.len(), 2);
        out.join("CADUSD")
    });
    assert_eq!(sweep::merge(&parts).unwrap().trials, whole.trials);

    // A trial that was lost comes back the same, and the others stay.
    let file = |number: usize| options.out.join(format!("CADUSD/trial-{number:05}.json"));
    let kept = std::fs::metadata(file(0)).unwrap().modified().unwrap();
    std::fs::remove_file(file(2)).unwrap();
    assert_eq!(sweep::sweep(&cad, &options).unwrap(), whole);
    assert_eq!(std::fs::metadata(file(0)).unwrap().modified().unwrap(), kept);

    let other = sweep::Options { judged: Interval::days(30), ..options.clone() };
    let message = sweep::sweep(&cad, &other).unwrap_err().to_string();
    assert!(message.contains("of another search"), "{message}");
    for (text, says) in [
        ("lstm.hiden = [4]\n", "hiden"),
        ("head_share = 0.5\n", "head_share: expected a list"),
        ("[dates]\ntrain_end = [0]\n", "not searched"),
    ] {
        std::fs::write(&space, text).unwrap();
        let message = sweep::sweep(&cad, &options).unwrap_err().to_string();
        assert!(message.contains(says), "{message}");
    }
}
