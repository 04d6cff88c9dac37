//! Trees pooled over assets, on made-up markets.

#![cfg(feature = "native-gbdt")]
#![expect(clippy::unwrap_used, reason = "a failure here must fail the test")]

use mantis_data::source::RandomWalk;
use mantis_data::{Interval, LossKind, Panel, Timestamp};
use mantis_features::FeatureFrame;
use mantis_models::Error;
use mantis_models::gbdt::{GbdtBackend, GbdtParams, NativeGbdt};
use mantis_models::pooled::{Answer, Case, PooledModel, PooledRecipe, Question};

const ROWS: usize = 900;

fn start() -> Timestamp {
    Timestamp::parse("2025-01-01").unwrap()
}

fn panel() -> Panel {
    let mut panel = Panel::new(Interval::HOUR);
    for (seed, symbol) in [(1, "BTCUSDT"), (2, "ETHUSDT")] {
        let walk = RandomWalk::default();
        panel
            .add_bars(symbol, walk.bars(symbol, start(), Interval::HOUR, ROWS, seed).unwrap())
            .unwrap();
    }
    panel
}

fn recipe() -> PooledRecipe {
    PooledRecipe {
        ticker: "POOL".to_owned(),
        loss: LossKind::XsecRank,
        symbols: vec!["BTCUSDT".to_owned(), "ETHUSDT".to_owned()],
        columns: vec!["ret_1".to_owned(), "ret_3".to_owned(), "rsi_14".to_owned()],
        train_start: None,
        train_end: start() + Interval::hours(500),
        validation_end: start() + Interval::hours(700),
        least_cases: 50,
        params: GbdtParams { leaf_rows: 10, rounds: 30, ..NativeGbdt.capabilities().defaults() },
    }
}

fn frames(recipe: &PooledRecipe, panel: &Panel) -> Vec<FeatureFrame> {
    (0..2).map(|asset| recipe.frame(panel, asset, 0, 1).unwrap()).collect()
}

/// Whether the last return was above a level that differs by asset and side: something that can be learned from the inputs
/// alone, and only with the asset and the side among them.
fn known(frames: &[FeatureFrame]) -> Question {
    let mut cases = Vec::new();
    for (asset, frame) in frames.iter().enumerate() {
        let returns = frame.column("ret_1").unwrap();
        for (row, &value) in returns.iter().enumerate().filter(|(_, value)| value.is_finite()) {
            let side = if row % 2 == 0 { 1.0 } else { -1.0 };
            let up = (value > 0.0) ^ (asset == 1) ^ (side < 0.0);
            let resolves_at = frame.known_at()[row] + Interval::HOUR;
            cases.push(Case { asset, row, resolves_at, side, yes: up });
        }
    }
    Question { name: "known".to_owned(), cases }
}

/// Almost never.
fn rare(frames: &[FeatureFrame]) -> Question {
    let mut question = known(frames);
    question.name = "rare".to_owned();
    question.cases.iter_mut().for_each(|case| case.yes = case.row % 100 == 30);
    question
}

fn fit(panel: &Panel) -> (PooledModel, Vec<FeatureFrame>) {
    let recipe = recipe();
    let frames = frames(&recipe, panel);
    let questions = [known(&frames), rare(&frames)];
    (PooledModel::fit(recipe, panel, &frames, &questions, &NativeGbdt).unwrap(), frames)
}

#[test]
fn asset_and_side_are_inputs_and_later_cases_have_no_part() {
    let panel = panel();
    let (model, frames) = fit(&panel);
    let test = known(&frames);
    let later: Vec<&Case> = test
        .cases
        .iter()
        .filter(|case| frames[case.asset].known_at()[case.row] >= recipe().validation_end)
        .collect();
    assert!(later.len() > 300);
    let right = later
        .iter()
        .filter(|case| {
            let p =
                model.at(&frames[case.asset], case.asset, case.row, case.side).unwrap().unwrap();
            (p[0] > 0.5) == case.yes
        })
        .count();
    assert!(right * 100 > later.len() * 85, "{right} of {}", later.len());

    // Cases that resolve after validation may say anything.
    let mut questions = [known(&frames), rare(&frames)];
    for question in &mut questions {
        for case in &mut question.cases {
            if case.resolves_at > recipe().validation_end {
                case.yes = !case.yes;
            }
        }
    }
    let same = PooledModel::fit(recipe(), &panel, &frames, &questions, &NativeGbdt).unwrap();
    let row = frames[0].len() - 1;
    assert_eq!(
        same.at(&frames[0], 0, row, 1.0).unwrap(),
        model.at(&frames[0], 0, row, 1.0).unwrap()
    );
}

#[test]
fn a_question_without_enough_cases_is_answered_by_its_share() {
    let (model, _) = fit(&panel());
    let answers = model.answers();
    assert!(matches!(answers[0].answer, Answer::Trees(_)));
    let Answer::Share(share) = answers[1].answer else { panic!("{:?}", answers[1]) };
    assert!((0.005..0.03).contains(&share), "{share}");
    let [learned, rare] = [0, 1].map(|at| answers[at].validation.unwrap());
    assert!(learned.answer < 0.9 * learned.share, "{learned:?}");
    assert_eq!(rare.answer, rare.share);
}

#[test]
fn training_starts_where_the_recipe_says_and_the_fingerprint_sees_no_later_data() {
    let panel = panel();
    let (model, frames) = fit(&panel);
    let late = PooledRecipe { train_start: Some(start() + Interval::hours(300)), ..recipe() };
    let questions = [known(&frames)];
    let shorter = PooledModel::fit(late, &panel, &frames, &questions, &NativeGbdt).unwrap();
    let cases = |model: &PooledModel| model.answers()[0].cases;
    // A bar of hour n is known at hour n + 1, and two assets have one each.
    let warm = frames[0].first_row();
    assert_eq!(cases(&model).train - cases(&shorter).train, 2 * (299 - warm));
    assert_eq!(cases(&model).validation, cases(&shorter).validation);

    let cut = panel.as_of(recipe().validation_end);
    let frames = frames_of(&cut);
    let same = PooledModel::fit(recipe(), &cut, &frames, &[known(&frames)], &NativeGbdt).unwrap();
    assert_eq!(same.fingerprints(), model.fingerprints());
    let earlier = panel.as_of(start() + Interval::hours(600));
    let frames = frames_of(&earlier);
    let other =
        PooledModel::fit(recipe(), &earlier, &frames, &[known(&frames)], &NativeGbdt).unwrap();
    assert_ne!(other.fingerprints().data, model.fingerprints().data);
}

fn frames_of(panel: &Panel) -> Vec<FeatureFrame> {
    frames(&recipe(), panel)
}

#[test]
fn a_question_may_not_be_named_as_a_path() {
    let panel = panel();
    let frames = frames_of(&panel);
    for names in [["../known", "rare"], ["", "rare"], ["a/b", "rare"], ["rare", "rare"]] {
        let questions = names.map(|name| Question { name: name.to_owned(), ..known(&frames) });
        let error = PooledModel::fit(recipe(), &panel, &frames, &questions, &NativeGbdt);
        let message = error.unwrap_err().to_string();
        assert!(message.starts_with("question") && message.contains("underscores"), "{message}");
    }
}

#[test]
fn a_loaded_model_says_live_what_it_said_among_other_rows() {
    let home = tempfile::tempdir().unwrap();
    let panel = panel();
    let (model, frames) = fit(&panel);
    let folder = home.path().join("POOL");
    model.save(&folder).unwrap();
    model.save(&folder).unwrap();
    let loaded = PooledModel::load(&folder).unwrap();
    assert_eq!((loaded.recipe(), loaded.fingerprints()), (model.recipe(), model.fingerprints()));
    for asset in 0..2 {
        let mut recent = loaded.recent_rows(asset).unwrap();
        for row in [400, 777, ROWS - 1] {
            let time = frames[asset].known_at()[row];
            let known = panel.as_of(time);
            let live = loaded.latest(&known, asset, -1.0, 1).unwrap();
            let again = loaded.latest_of(&mut recent, &known, asset, -1.0).unwrap();
            assert_eq!(again, live);
            assert_eq!(live.time, time);
            let resolves_at = time + Interval::HOUR;
            let case = Case { asset, row, resolves_at, side: -1.0, yes: false };
            assert_eq!(model.one(1, &frames[asset], &case).unwrap(), Some(live.p[1]));
            assert_eq!(Some(live.p), model.at(&frames[asset], asset, row, -1.0).unwrap());
        }
    }
    let early = loaded.latest(&panel.as_of(start() + Interval::hours(5)), 0, 0.0, 1).unwrap_err();
    assert!(matches!(early, Error::NoForecast { .. }), "{early}");

    let mut other = Panel::new(Interval::HOUR);
    let bars = RandomWalk::default()
        .bars("BTCUSDT", start() + Interval::HOUR, Interval::HOUR, 300, 1)
        .unwrap();
    other.add_bars("BTCUSDT", bars).unwrap();
    assert!(matches!(loaded.latest(&other, 0, 0.0, 1).unwrap_err(), Error::HistoryStart { .. }));
}

#[test]
fn a_damaged_or_foreign_folder_is_refused() {
    let home = tempfile::tempdir().unwrap();
    let (model, frames) = fit(&panel());
    let folder = home.path().join("POOL");
    model.save(&folder).unwrap();
    let spoil = |file: &str, change: &dyn Fn(String) -> String| {
        let path = folder.join(file);
        let good = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, change(good.clone())).unwrap();
        let error = PooledModel::load(&folder).unwrap_err();
        std::fs::write(&path, good).unwrap();
        error.to_string()
    };
    assert!(
        spoil("known.txt", &|text| text.replace("leaf_value", "leaf_valu")).contains("SHA-256")
    );
    assert!(
        spoil("config.json", &|text| text.replace("pooled", "other"))
            .contains("holds a model of kind \"other\", expected one of kind \"pooled\"")
    );
    let version = |text: String| text.replace("\"format_version\": 2", "\"format_version\": 7");
    assert!(spoil("config.json", &version).contains("format version 7"));
    let outside = |text: String| text.replace("\"known\"", "\"../known\"");
    let error = spoil("config.json", &outside);
    assert!(error.contains("config.json: question \"../known\""), "{error}");
    let columns = |text: String| text.replace("rsi_14", "rsi_21");
    assert!(spoil("config.json", &columns).contains("train again"));
    let few = PooledModel::fit(recipe(), &panel(), &frames[..1], &[], &NativeGbdt).unwrap_err();
    assert!(few.to_string().contains("frames has 1 values, expected 2"), "{few}");
}
