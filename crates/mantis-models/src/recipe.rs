//! What to train.

use mantis_data::{Interval, Timestamp};
use mantis_features::plan::FeaturePlan;
use mantis_features::select::Selector;
use mantis_features::split::SplitDates;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::gbdt::GbdtParams;
use crate::lstm::{LstmParams, TrainParams};
use crate::{Error, Result};

/// Everything that decides what a training gives, apart from the data.
///
/// | name | default | purpose |
/// |---|---|---|
/// | `plan` | the default plan of the symbol | columns to choose from |
/// | `horizon` | 1 h | from a close to the close that it is compared with |
/// | `embargo` | 1 h | distance between the parts, at least the horizon |
/// | `train_start` | none | first bar that may be trained on; none: as soon as all columns have values |
/// | `dates` | the mining guide's | end of training, of validation and of the test |
/// | `head_share` | 2/3 | share of the validation rows that the head is fitted on; see [`head_rows`](crate::head_rows) |
/// | `selector` | TMFG, 10 columns | choice of the columns; see [`Selector`] |
/// | `lstm`, `training` | the guide's network | see [`LstmParams`] and [`TrainParams`] |
/// | `head` | the guide's trees | see [`GbdtParams`] |
/// | `companions` | none | other symbols that the LSTM is trained on as well; see [`Companions`] |
/// | `seed` | 42 | seed of all random choices |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Columns to choose from.
    pub plan: FeaturePlan,
    /// From a close to the close that it is compared with.
    pub horizon: Interval,
    /// Distance between the parts.
    pub embargo: Interval,
    /// First bar that may be trained on, by its close.
    pub train_start: Option<Timestamp>,
    /// Ends of the parts.
    pub dates: SplitDates,
    /// Share of the validation rows that the head is fitted on.
    pub head_share: f64,
    /// Choice of the columns; its `method` is `tmfg` where a configuration names none.
    #[serde(deserialize_with = "tmfg_unless_named")]
    pub selector: Selector,
    /// Sizes of the network.
    pub lstm: LstmParams,
    /// Training of the network.
    pub training: TrainParams,
    /// The trees.
    pub head: GbdtParams,
    /// Other symbols that the LSTM is trained on as well.
    #[serde(default, skip_serializing_if = "Companions::is_none")]
    pub companions: Companions,
    /// Seed.
    pub seed: u64,
}

/// Other symbols whose rows the LSTM is trained on as well, with the asset as an input.
///
/// Each has a scaler of its own, fitted on its own training rows. A companion that lacks one of the chosen columns, or has no
/// training row, teaches nothing; [`FittedRows::companions`](crate::FittedRows::companions) says how many rows each had. The
/// choice of the columns, early stopping and the head are the symbol's alone.
///
/// | name | default | range | purpose |
/// |---|---|---|---|
/// | `symbols` | none | each once, not the recipe's own | the other symbols |
/// | `weight` | 0.5 | above 0, finite | what one of their rows counts beside a row of the symbol's own |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Companions {
    /// The other symbols.
    pub symbols: Vec<String>,
    /// What one of their rows counts.
    pub weight: f32,
}

impl Default for Companions {
    fn default() -> Self {
        Self { symbols: Vec::new(), weight: 0.5 }
    }
}

impl Companions {
    /// Whether there are none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.symbols.is_empty()
    }

    fn check(&self, own: &str) -> Result<()> {
        if !(self.weight > 0.0 && self.weight.is_finite()) {
            return Err(Error::Parameter {
                what: "recipe",
                parameter: "companions.weight",
                expected: "above 0 and finite",
                got: f64::from(self.weight),
            });
        }
        let mut seen = vec![own];
        for symbol in &self.symbols {
            if seen.contains(&symbol.as_str()) {
                return Err(Error::Companion { symbol: symbol.clone(), own: own.to_owned() });
            }
            seen.push(symbol);
        }
        Ok(())
    }
}

/// Recipes of before there was a choice name no method.
fn tmfg_unless_named<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Selector, D::Error> {
    let mut value = serde_json::Value::deserialize(deserializer)?;
    if let Some(fields) = value.as_object_mut() {
        fields.entry("method").or_insert_with(|| Selector::default().name().into());
    }
    serde_json::from_value(value).map_err(D::Error::custom)
}

impl Recipe {
    /// The mining guide's recipe for a symbol: training to the end of 2023, validation 2024, test the first half of 2025.
    ///
    /// # Errors
    /// None that depend on the symbol; the dates are read from text.
    ///
    /// ```
    /// let recipe = mantis_models::Recipe::guide("BTCUSDT")?;
    /// assert_eq!(recipe.dates.train_end.to_string(), "2024-01-01T00:00:00Z");
    /// assert_eq!((recipe.lstm.steps, recipe.selector.n()), (20, 10));
    /// # Ok::<(), mantis_models::Error>(())
    /// ```
    pub fn guide(symbol: &str) -> Result<Self> {
        Ok(Self {
            plan: FeaturePlan::guide(symbol),
            horizon: Interval::HOUR,
            embargo: Interval::HOUR,
            train_start: None,
            dates: SplitDates {
                train_end: Timestamp::parse("2024-01-01")?,
                validation_end: Timestamp::parse("2025-01-01")?,
                test_end: Timestamp::parse("2025-07-01")?,
            },
            head_share: 2.0 / 3.0,
            selector: Selector::default(),
            lstm: LstmParams::default(),
            training: TrainParams::default(),
            head: GbdtParams::default(),
            companions: Companions::default(),
            seed: 42,
        })
    }

    /// The same for the symbol alone.
    #[must_use]
    pub fn alone(&self) -> Self {
        Self { companions: Companions::default(), ..self.clone() }
    }

    /// Checks what the parts do not check themselves.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first field outside its range, [`Error::Companion`] for a symbol that stands twice.
    pub fn check(&self) -> Result<()> {
        self.companions.check(self.plan.symbol())?;
        self.lstm.check()?;
        self.training.check()?;
        self.head.check()?;
        if !(self.head_share > 0.0 && self.head_share < 1.0) {
            return Err(Error::Parameter {
                what: "recipe",
                parameter: "head_share",
                expected: "above 0 and below 1",
                got: self.head_share,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Recipe;

    #[test]
    fn a_recipe_of_before_there_was_a_choice_of_selectors_is_read() -> Result<(), crate::Error> {
        let recipe = Recipe::guide("BTCUSDT")?;
        let mut json = serde_json::json!(recipe);
        json["selector"] =
            serde_json::json!({ "n": 10, "duplicate_threshold": 0.999, "redundancy": 0.9 });
        assert_eq!(serde_json::from_value::<Recipe>(json.clone()).ok(), Some(recipe));
        json["selector"]["depth"] = 3.into();
        let error = serde_json::from_value::<Recipe>(json).map_err(|error| error.to_string());
        assert!(error.is_err_and(|error| error.contains("unknown field `depth`")));
        Ok(())
    }
}
