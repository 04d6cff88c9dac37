//! The plan as text.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::{FeaturePlan, ModeSettings};
use crate::registry::ColumnSpec;
use crate::{Error, Result};

/// The plan as it is written, before repeated columns are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanText {
    symbol: String,
    columns: Vec<ColumnSpec>,
    #[serde(default)]
    modes: ModeSettings,
}

impl TryFrom<PlanText> for FeaturePlan {
    type Error = Error;

    fn try_from(text: PlanText) -> Result<Self> {
        Ok(Self::of_columns(&text.symbol, text.columns)?.with_modes(text.modes))
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
