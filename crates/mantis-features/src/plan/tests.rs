use std::collections::BTreeSet;

use super::*;
use crate::registry;

#[test]
fn the_default_plan_holds_every_name_of_its_lists_once() {
    let plan = FeaturePlan::default_for("BTCUSDT");
    let names = plan.names();
    assert_eq!(names.len(), super::defaults::listed(plan.modes.params.k));
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    assert!(names.len() >= 90);
    for column in plan.columns() {
        assert!(column.indicator().scale_free, "{column} depends on a unit");
    }
    let families: BTreeSet<_> = plan.columns().iter().map(|c| c.indicator().family).collect();
    let all: BTreeSet<_> = registry::indicators().map(|i| i.family).collect();
    assert_eq!(families, all);
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
fn names_that_do_not_fit_are_refused_with_the_reason() {
    let message = |name: &str| FeaturePlan::of("X", &[name]).unwrap_err().to_string();
    assert!(message("nonsense_3").contains("no indicator of that name"));
    assert!(message("sma").contains("expected 1 numbers"));
    assert!(message("sma_2_3").contains("got 2"));
    assert!(message("rsi_1").contains("n must be at least 2, got 1"));
    assert!(message("rsi_014").contains("no indicator of that name"));
    assert!(message("basis").contains("@SYMBOL"));
    assert!(message("sma_3@ETHUSDT").contains("expected no @SYMBOL"));
    assert!(message("@").contains("no indicator of that name"));
    let twice = FeaturePlan::of("X", &["sma_3", "sma_3"]).unwrap_err().to_string();
    assert!(twice.contains("stands twice"));
}

#[test]
fn only_keeps_the_asked_order_and_refuses_strangers() {
    let plan = FeaturePlan::default_for("BTCUSDT");
    let names = ["ret_1".to_owned(), "rsi_14".to_owned()];
    assert_eq!(plan.only(&names).unwrap().names(), names);
    assert!(matches!(plan.only(&["sma_20".to_owned()]), Err(Error::UnknownColumn { .. })));
}
