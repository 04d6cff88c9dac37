//! Constants that a case overrides.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Constants of the validator's configuration that no scorer here reads.
const UNUSED: [&str; 1] = ["BLOCKS_PER_DAY"];

/// `T` with the entries of `overrides` that it knows.
pub(crate) fn with_known<T: Default + Serialize + DeserializeOwned>(overrides: &Value) -> T {
    let kept: Map<String, Value> = overrides
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| knows::<T>(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    serde_json::from_value(Value::Object(kept)).unwrap()
}

/// Whether `T` has a constant of this name.
pub(crate) fn knows<T: Default + Serialize>(name: &str) -> bool {
    serde_json::to_value(T::default()).unwrap().as_object().unwrap().contains_key(name)
}

/// A name that no scorer knows would be an override without effect.
pub(crate) fn assert_known(case: &str, overrides: &Value, known: &[fn(&str) -> bool]) {
    for name in overrides.as_object().into_iter().flatten().map(|(name, _)| name) {
        let used = known.iter().any(|knows| knows(name)) || UNUSED.contains(&name.as_str());
        assert!(used, "{case}: no scorer knows the constant {name}");
    }
}
