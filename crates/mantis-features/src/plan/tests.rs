use std::collections::BTreeSet;

use super::*;
use crate::registry;

#[test]
fn the_named_plans_hold_every_name_of_their_lists_once() {
    let expected = super::defaults::listed(ModeSettings::default().params.k);
    for (plan, expected) in
        [FeaturePlan::guide("BTCUSDT"), FeaturePlan::default_for("BTCUSDT")].iter().zip(expected)
    {
        let names = plan.names();
        assert_eq!(names.len(), expected);
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        for column in plan.columns() {
            assert!(column.scale_free(), "{column} depends on a unit");
        }
        let families: BTreeSet<_> = plan.columns().iter().map(|c| c.indicator().family).collect();
        let all: BTreeSet<_> = registry::indicators().map(|i| i.family).collect();
        assert_eq!(families, all);
    }
}

#[test]
fn the_default_plan_has_150_columns_without_open_interest_and_taker_flow() {
    for symbol in ["BTCUSDT", "ETHUSDT"] {
        let plan = FeaturePlan::default_for(symbol);
        let rare = [Input::OpenInterest, Input::TakerBuy];
        let common = plan.columns().iter().filter(|c| !rare.iter().any(|&i| c.reads(i)));
        assert!(common.count() >= 150);
    }
}

#[test]
fn ethereum_is_compared_with_bitcoin() {
    let names = FeaturePlan::default_for("ETHUSDT").names();
    assert!(names.contains(&"other_ret_1@BTCUSDT".to_owned()));
    assert!(names.contains(&"basis@ETHUSDT_PERP".to_owned()));
}

#[test]
fn a_plan_survives_json_and_its_fingerprint_sees_each_setting() {
    let plan = FeaturePlan::default_for("BTCUSDT").with_vmd_window(256);
    let json = serde_json::to_string(&plan).unwrap();
    let back: FeaturePlan = serde_json::from_str(&json).unwrap();
    assert_eq!(back, plan);
    assert_eq!(back.fingerprint(), plan.fingerprint());
    assert_ne!(plan.fingerprint(), plan.clone().with_vmd_window(512).fingerprint());
    assert_ne!(plan.fingerprint(), plan.without(Family::Time).fingerprint());
    let unknown = json.replacen("rsi_14", "rsj_14", 1);
    assert!(serde_json::from_str::<FeaturePlan>(&unknown).is_err());
}

#[test]
fn names_that_do_not_fit_are_refused_with_place_and_reason() {
    let cases = [
        ("nonsense_3", "character 1: no indicator of that name"),
        ("@", "character 1: no indicator of that name"),
        ("rsi_014", "character 1: no indicator of that name"),
        ("sma", "character 4: expected 1 numbers after the indicator's name, got 0"),
        ("sma_2_3", "character 4: expected 1 numbers after the indicator's name, got 2"),
        ("rsi_1", "character 5: parameter n must be at least 2, got 1"),
        ("sma(999999999)", "character 5: parameter n must be at most 175200, got 999999999"),
        ("rsi(14", "character 7: expected \")\" after the numbers"),
        ("rsi( x )", "character 6: expected a whole number"),
        ("ppo(26,12)", "character 8: fast must be below slow, got 26 and 12"),
        ("basis", "character 6: expected @SYMBOL at the end"),
        ("rsi_14@", "character 8: expected a symbol"),
        ("rsi_14@B C", "character 8: expected a symbol"),
        ("rsi_14@BTC+ETH", "character 12: expected one symbol"),
        ("rsi_14@BTC/4x", "character 12: expected a timeframe"),
        ("rsi_14/0h", "character 8: expected a timeframe"),
        ("rsi_14|zscor(3)", "character 8: no transform of that name"),
        ("rsi_14|zscore", "character 14: expected 1 numbers"),
        ("rsi_14|zscore(1)", "character 15: parameter n must be at least 2"),
        ("rsi_14|abs(1)", "character 11: expected 0 numbers"),
        ("", "character 1: no indicator of that name"),
        ("é|zscore(é)", "character 1: no indicator of that name"),
        ("rsi_14|é", "character 8: no transform of that name"),
    ];
    for (name, expected) in cases {
        let message = FeaturePlan::of("X", &[name]).unwrap_err().to_string();
        assert!(message.contains(expected), "{name}: {message}");
    }
    let twice = FeaturePlan::of("X", &["sma_3", "sma(3)"]).unwrap_err().to_string();
    assert!(twice.contains("stands twice"));
}

#[test]
fn names_have_one_canonical_form() {
    for (name, canonical) in [
        ("rsi(14)", "rsi_14"),
        (
            " rsi( 14 ) @ BTCUSDT / 240m | zscore( 168 ) | clip_3",
            "rsi_14@BTCUSDT/4h|zscore(168)|clip(3)",
        ),
        ("macd", "macd"),
        ("xs_rank(24)@ETHUSDT+SOLUSDT", "xs_rank_24@ETHUSDT+SOLUSDT"),
        ("ret_1|abs|rank_24", "ret_1|abs|rank(24)"),
    ] {
        let column = ColumnSpec::parse(name).unwrap();
        assert_eq!(column.name(), canonical);
        assert_eq!(ColumnSpec::parse(canonical).unwrap(), column);
    }
}

#[test]
fn a_plan_in_toml_is_read_and_its_faults_are_pointed_at() {
    let text = r#"
        symbol = "BTCUSDT"
        columns = [
            "rsi(14)|zscore(168)", # a comment
            "ret_1/4h",
        ]
        [modes]
        window = 256
    "#;
    let plan: FeaturePlan = text.parse().unwrap();
    assert_eq!(plan.names(), ["rsi_14|zscore(168)", "ret_1/4h"]);
    assert_eq!(plan.modes().window, 256);
    assert_eq!(plan.to_string().parse::<FeaturePlan>().unwrap(), plan);
    let default = FeaturePlan::default_for("BTCUSDT");
    assert_eq!(default.to_string().parse::<FeaturePlan>().unwrap(), default);
    let fault = |text: &str| text.parse::<FeaturePlan>().unwrap_err().to_string();
    let message = fault(&text.replace("ret_1/4h", "ret_1/4q"));
    assert!(message.contains("line 5") && message.contains("character 7"), "{message}");
    assert!(fault(&text.replace("window", "windows")).contains("line 8"));
    let message = fault(&text.replace("ret_1/4h", "rsi_14|zscore_168"));
    assert!(message.contains("line 5, column 13") && message.contains("stands twice"), "{message}");
}

#[test]
fn only_keeps_the_asked_order_and_refuses_strangers() {
    let plan = FeaturePlan::default_for("BTCUSDT");
    let names = ["ret_1".to_owned(), "rsi_14".to_owned()];
    assert_eq!(plan.only(&names).unwrap().names(), names);
    assert!(matches!(plan.only(&["sma_20".to_owned()]), Err(Error::UnknownColumn { .. })));
}
