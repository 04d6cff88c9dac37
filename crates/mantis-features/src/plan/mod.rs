//! What to compute: an ordered list of columns of one symbol.

mod absence;
mod compile;
mod compute;
mod defaults;
mod resample;
mod stream;
mod text;

use std::collections::HashSet;

use mantis_data::{Panel, SeriesKind};
use mantis_vmd::VmdParams;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::frame::LeftOut;
use crate::registry::{ColumnSpec, Family, Input};
use crate::{Error, Result};

pub use compute::{ComputeOptions, Progress};
pub use stream::{FeatureStream, LiveBar, LiveRow, LiveValue, RecentRows, Tick};

/// How the modes of the `vmd_*` columns are made.
///
/// | name | default | range | purpose |
/// |---|---|---|---|
/// | `window` | 512 | what `mantis_vmd` takes | rows of the trailing window that each row decomposes |
/// | `params` | `VmdParams::default()` (K = 8) | see there | the decomposition |
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModeSettings {
    /// Rows of the trailing window.
    pub window: usize,
    /// The decomposition.
    pub params: VmdParams,
}

impl Default for ModeSettings {
    fn default() -> Self {
        Self { window: 512, params: VmdParams::default() }
    }
}

/// An ordered list of columns to compute from a panel, for one main symbol whose bars are the rows.
///
/// The plan is plain data: it is serialised into a trained artifact and read back for serving, so that both run the same
/// code on the same columns.
///
/// ```
/// use mantis_data::{Bars, BarColumns, Interval, Panel, Timestamp};
/// use mantis_features::plan::{ComputeOptions, FeaturePlan};
///
/// let start = Timestamp::parse("2025-01-01")?;
/// let close: Vec<f64> = (0..50).map(|i| 100.0 + f64::from(i % 7)).collect();
/// let bars = Bars::new("BTCUSDT", Interval::HOUR, BarColumns {
///     open_time: (0..50).map(|i| start + Interval::hours(i)).collect(),
///     open: close.clone(), high: close.clone(), low: close.clone(), close, volume: vec![1.0; 50],
/// })?;
/// let mut panel = Panel::new(Interval::HOUR);
/// panel.add_bars("BTCUSDT", bars)?;
///
/// let plan = FeaturePlan::of("BTCUSDT", &["rsi_14", "sma_ratio_20", "basis@BTCUSDT_PERP"])?;
/// let frame = plan.compute(&panel, &ComputeOptions::default())?;
/// assert_eq!(frame.names(), ["rsi_14", "sma_ratio_20"]);
/// assert_eq!(frame.warmup(), [14, 19]);
/// assert_eq!(frame.left_out()[0].missing, "bars of BTCUSDT_PERP");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "text::PlanText")]
pub struct FeaturePlan {
    symbol: String,
    columns: Vec<ColumnSpec>,
    modes: ModeSettings,
}

impl FeaturePlan {
    /// A plan of the named columns.
    ///
    /// # Errors
    /// [`Error::Column`] for a name that the registry does not know, [`Error::RepeatedColumn`] for a name that stands twice.
    pub fn of<S: AsRef<str>>(symbol: &str, names: &[S]) -> Result<Self> {
        let columns =
            names.iter().map(|n| ColumnSpec::parse(n.as_ref())).collect::<Result<Vec<_>>>()?;
        Self::of_columns(symbol, columns)
    }

    /// A plan of columns.
    ///
    /// # Errors
    /// [`Error::RepeatedColumn`] for a column that stands twice.
    pub fn of_columns(symbol: &str, columns: Vec<ColumnSpec>) -> Result<Self> {
        let mut seen = HashSet::new();
        if let Some(twice) = columns.iter().find(|column| !seen.insert(column.name())) {
            return Err(Error::RepeatedColumn { name: twice.name() });
        }
        Ok(Self { symbol: symbol.to_owned(), columns, modes: ModeSettings::default() })
    }

    /// The main symbol, whose bars are the rows.
    #[must_use]
    pub fn symbol(&self) -> &str {
        &self.symbol
    }

    /// The columns, in order.
    #[must_use]
    pub fn columns(&self) -> &[ColumnSpec] {
        &self.columns
    }

    /// Column names, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.columns.iter().map(ColumnSpec::name).collect()
    }

    /// How the `vmd_*` columns are made.
    #[must_use]
    pub fn modes(&self) -> &ModeSettings {
        &self.modes
    }

    /// The same plan with modes made in that way.
    #[must_use]
    pub fn with_modes(self, modes: ModeSettings) -> Self {
        Self { modes, ..self }
    }

    /// The same plan with another window of the decomposition, in rows.
    #[must_use]
    pub fn with_vmd_window(self, window: usize) -> Self {
        Self { modes: ModeSettings { window, ..self.modes }, ..self }
    }

    /// The same plan without the columns of a family.
    #[must_use]
    pub fn without(mut self, family: Family) -> Self {
        self.columns.retain(|c| c.indicator().family != family);
        self
    }

    /// The same columns, in the same order, about another symbol: what is read of the plan's symbol or of its perpetual
    /// (`SYMBOL_PERP`) is read of `symbol`, and what compares with `symbol` compares with the plan's.
    ///
    /// ```
    /// let bitcoin = mantis_features::FeaturePlan::guide("BTCUSDT");
    /// let ether = bitcoin.about("ETHUSDT");
    /// assert_eq!(ether, mantis_features::FeaturePlan::guide("ETHUSDT"));
    /// ```
    #[must_use]
    pub fn about(&self, symbol: &str) -> Self {
        let swapped = |name: &str| {
            let base = name.split('_').next().unwrap_or(name);
            let other = if base == self.symbol {
                symbol
            } else if base == symbol {
                &self.symbol
            } else {
                base
            };
            format!("{other}{}", &name[base.len()..])
        };
        let columns = self.columns.iter().map(|c| c.clone().renamed(swapped)).collect();
        Self { symbol: symbol.to_owned(), columns, modes: self.modes.clone() }
    }

    /// The named columns of this plan, in the order of the names. They have the same bits as in the whole plan.
    ///
    /// # Errors
    /// [`Error::UnknownColumn`] for a name that is not in the plan.
    pub fn only(&self, names: &[String]) -> Result<Self> {
        let pick = |name: &String| {
            let unknown =
                || Error::UnknownColumn { name: name.clone(), columns: self.columns.len() };
            self.columns.iter().find(|c| c.name() == *name).cloned().ok_or_else(unknown)
        };
        let columns = names.iter().map(pick).collect::<Result<Vec<_>>>()?;
        Ok(Self { columns, ..self.clone() })
    }

    /// The plan without the columns whose input series the panel does not have, and those columns.
    ///
    /// A series that is in the panel but has no value yet counts as there: its columns are NaN. So a panel cut to an earlier
    /// time keeps its columns. A volume that is 0 in every bar (foreign exchange) counts as absent.
    ///
    /// # Errors
    /// [`Error::MissingSymbol`] when the panel has no bars of the main symbol.
    pub fn resolve(&self, panel: &Panel) -> Result<(Self, Vec<LeftOut>)> {
        if panel.bars(&self.symbol).is_none() {
            return Err(self.missing_symbol());
        }
        let (mut columns, mut left_out) = (Vec::new(), Vec::new());
        for column in &self.columns {
            match self.missing(column, panel) {
                None => columns.push(column.clone()),
                Some(missing) => left_out.push(LeftOut { name: column.name(), missing }),
            }
        }
        Ok((Self { columns, ..self.clone() }, left_out))
    }

    /// The first input of the column that the panel does not have.
    fn missing(&self, column: &ColumnSpec, panel: &Panel) -> Option<String> {
        let home = column.home(&self.symbol);
        let bars_of =
            |symbol: &str| panel.bars(symbol).is_none().then(|| format!("bars of {symbol}"));
        let of_series = |kind: SeriesKind| {
            let absent = panel.series(home, kind).is_none();
            absent.then(|| format!("{kind} of {home}"))
        };
        bars_of(home).or_else(|| {
            column.indicator().inputs.iter().find_map(|input| match input {
                Input::Other | Input::Others => {
                    column.others().iter().find_map(|symbol| bars_of(symbol))
                }
                Input::Volume => {
                    let bars = panel.bars(home)?;
                    let never = !bars.is_empty() && bars.volume().iter().all(|&v| v == 0.0);
                    never.then(|| format!("volume of {home} (it is 0 in every bar)"))
                }
                Input::Funding => of_series(SeriesKind::FundingRate),
                Input::OpenInterest => of_series(SeriesKind::OpenInterest),
                Input::TakerBuy => of_series(SeriesKind::TakerBuyVolume),
                _ => None,
            })
        })
    }

    /// SHA-256 in hex of the plan's JSON.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        // A plan holds nothing that JSON cannot: strings, whole numbers and finite parameters.
        let json = serde_json::to_vec(self).unwrap_or_default();
        hex::encode(Sha256::digest(&json))
    }
}

#[cfg(test)]
mod tests;
