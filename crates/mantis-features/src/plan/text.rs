//! The plan as text.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{FeaturePlan, ModeSettings};
use crate::registry::ColumnSpec;
use crate::{Error, Result};

/// The plan as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanText {
    symbol: String,
    #[serde(deserialize_with = "each_once")]
    columns: Vec<ColumnSpec>,
    #[serde(default)]
    modes: ModeSettings,
}

/// Column names of which none stands twice; refused where it stands, so that a text format can point there.
fn each_once<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<ColumnSpec>, D::Error> {
    struct List;
    struct Name<'a>(&'a mut HashSet<String>);

    impl<'de> Visitor<'de> for List {
        type Value = Vec<ColumnSpec>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of column names")
        }

        fn visit_seq<A: SeqAccess<'de>>(
            self,
            mut list: A,
        ) -> std::result::Result<Self::Value, A::Error> {
            let (mut seen, mut columns) = (HashSet::new(), Vec::new());
            while let Some(column) = list.next_element_seed(Name(&mut seen))? {
                columns.push(column);
            }
            Ok(columns)
        }
    }

    impl<'de> DeserializeSeed<'de> for Name<'_> {
        type Value = ColumnSpec;

        fn deserialize<D: Deserializer<'de>>(
            self,
            deserializer: D,
        ) -> std::result::Result<ColumnSpec, D::Error> {
            deserializer.deserialize_str(self)
        }
    }

    impl Visitor<'_> for Name<'_> {
        type Value = ColumnSpec;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the name of a column")
        }

        fn visit_str<E: serde::de::Error>(self, name: &str) -> std::result::Result<ColumnSpec, E> {
            let column = ColumnSpec::parse(name).map_err(E::custom)?;
            let name = column.name();
            if self.0.insert(name.clone()) {
                Ok(column)
            } else {
                Err(E::custom(Error::RepeatedColumn { name }))
            }
        }
    }

    deserializer.deserialize_seq(List)
}

impl From<PlanText> for FeaturePlan {
    fn from(PlanText { symbol, columns, modes }: PlanText) -> Self {
        Self { symbol, columns, modes }
    }
}

/// Reads TOML.
///
/// ```
/// use mantis_features::FeaturePlan;
///
/// let plan: FeaturePlan = r#"
///     symbol = "BTCUSDT"
///     columns = ["rsi(14)", "rsi(14)@ETHUSDT/4h|zscore(168)", "basis@BTCUSDT_PERP"]
/// "#.parse()?;
/// assert_eq!(plan.names()[1], "rsi_14@ETHUSDT/4h|zscore(168)");
/// assert_eq!(plan.to_string().parse::<FeaturePlan>()?, plan);
///
/// let error = "symbol = \"BTCUSDT\"\ncolumns = [\"rsi(1)\"]".parse::<FeaturePlan>().unwrap_err();
/// assert!(error.to_string().contains("line 2, column 12"), "{error}");
/// assert!(error.to_string().contains("character 5: parameter n must be at least 2, got 1"));
/// # Ok::<(), mantis_features::Error>(())
/// ```
impl FromStr for FeaturePlan {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| Error::PlanText { reason: error.to_string() })
    }
}

/// Writes TOML.
impl fmt::Display for FeaturePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&toml::to_string_pretty(self).map_err(|_| fmt::Error)?)
    }
}
