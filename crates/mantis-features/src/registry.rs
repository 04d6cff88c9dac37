//! The one table of indicators, and the grammar of column names.
//!
//! A column name is the indicator's name, then its parameters, then the other symbol if it reads one, for example `sma_20`,
//! `adosc_3_10`, `macd`, `other_ret_6@ETHUSDT`.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::error::ColumnFault;
use crate::indicators::{self, Context, Source};
use crate::{Error, Result};

/// The families of indicators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Family {
    /// Moving averages, lines, direction.
    Trend,
    /// Oscillators.
    Momentum,
    /// Ranges, bands, deviations, roughness.
    Volatility,
    /// Flows and participation.
    Volume,
    /// Returns, bar shape, runs.
    Price,
    /// The calendar.
    Time,
    /// Perpetual funding rate.
    Funding,
    /// Products of two families.
    Interaction,
    /// VMD modes of the log close.
    Modes,
    /// Another symbol beside the main one.
    Cross,
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Trend => "trend",
            Self::Momentum => "momentum",
            Self::Volatility => "volatility",
            Self::Volume => "volume",
            Self::Price => "price",
            Self::Time => "time",
            Self::Funding => "funding",
            Self::Interaction => "interaction",
            Self::Modes => "modes",
            Self::Cross => "cross",
        })
    }
}

/// A series that an indicator reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Input {
    /// Open time of the bar.
    Time,
    /// Open.
    Open,
    /// High.
    High,
    /// Low.
    Low,
    /// Close.
    Close,
    /// Volume.
    Volume,
    /// Bars of another symbol.
    Other,
    /// Funding rate of the symbol's perpetual.
    Funding,
    /// Open interest of the symbol's perpetual.
    OpenInterest,
    /// VMD modes of the log close.
    Modes,
}

/// A parameter of an indicator; all are whole numbers (windows in rows, mode numbers, multiples).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param {
    /// Name.
    pub name: &'static str,
    /// Value in the table of examples and in the conformance tests.
    pub default: usize,
    /// Smallest value that is defined.
    pub least: usize,
}

/// The window, in rows, with its usual value and its least.
pub(crate) const fn window(default: usize, least: usize) -> Param {
    Param { name: "n", default, least }
}

/// A parameter of any other name.
pub(crate) const fn param(name: &'static str, default: usize, least: usize) -> Param {
    Param { name, default, least }
}

/// One row of the registry.
#[derive(Clone, Copy, Debug)]
pub struct Indicator {
    /// Name without parameters.
    pub name: &'static str,
    /// Family.
    pub family: Family,
    /// Formula and unit in one line.
    pub doc: &'static str,
    /// Series that it reads.
    pub inputs: &'static [Input],
    /// Parameters, in the order in which they stand in the column name.
    pub params: &'static [Param],
    /// Whether its values do not depend on the unit of price or volume, nor drift with the price level.
    pub scale_free: bool,
    pub(crate) warmup: fn(&[usize]) -> usize,
    pub(crate) compute: fn(Context<'_>) -> Result<Vec<f64>>,
}

impl Indicator {
    /// An indicator in the unit of its input.
    pub(crate) const fn raw(
        (family, name): (Family, &'static str),
        doc: &'static str,
        inputs: &'static [Input],
        params: &'static [Param],
        warmup: fn(&[usize]) -> usize,
        compute: fn(Context<'_>) -> Result<Vec<f64>>,
    ) -> Self {
        Self { name, family, doc, inputs, params, scale_free: false, warmup, compute }
    }

    /// An indicator without unit.
    pub(crate) const fn free(
        id: (Family, &'static str),
        doc: &'static str,
        inputs: &'static [Input],
        params: &'static [Param],
        warmup: fn(&[usize]) -> usize,
        compute: fn(Context<'_>) -> Result<Vec<f64>>,
    ) -> Self {
        Self { scale_free: true, ..Self::raw(id, doc, inputs, params, warmup, compute) }
    }

    /// First row with a value, counted from the first row at which all inputs are known.
    #[must_use]
    pub fn warmup(&self, params: &[usize]) -> usize {
        (self.warmup)(params)
    }

    /// Whether it reads another symbol.
    #[must_use]
    pub fn needs_other(&self) -> bool {
        self.inputs.contains(&Input::Other)
    }

    /// The default parameters.
    #[must_use]
    pub fn defaults(&self) -> Vec<usize> {
        self.params.iter().map(|p| p.default).collect()
    }
}

impl PartialEq for Indicator {
    /// Names are unique.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Indicator {}

/// One column: an indicator, its parameters and, where it reads two symbols, the other one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ColumnSpec {
    indicator: &'static Indicator,
    params: Vec<usize>,
    other: Option<String>,
}

impl ColumnSpec {
    /// Reads a column name.
    ///
    /// # Errors
    /// [`Error::Column`] when the indicator is unknown or the parameters do not fit it.
    ///
    /// ```
    /// use mantis_features::registry::ColumnSpec;
    /// assert_eq!(ColumnSpec::parse("sma_20")?.params(), [20]);
    /// assert!(ColumnSpec::parse("sma").is_err());
    /// # Ok::<(), mantis_features::Error>(())
    /// ```
    pub fn parse(name: &str) -> Result<Self> {
        let fault = |reason| Error::Column { name: name.to_owned(), reason };
        let (own, other) = match name.split_once('@') {
            Some((own, other)) => (own, Some(other)),
            None => (name, None),
        };
        let (mut stem, mut params) = (own, Vec::new());
        let indicator = loop {
            if let Some(indicator) = find(stem) {
                break indicator;
            }
            let shorter = stem.rsplit_once('_').and_then(|(rest, last)| {
                let canonical = last == "0" || !last.starts_with('0');
                let number = last.parse().ok().filter(|_| canonical)?;
                Some((rest, number))
            });
            let Some((rest, number)) = shorter else { return Err(fault(ColumnFault::Unknown)) };
            params.insert(0, number);
            stem = rest;
        };
        let (expected, got) = (indicator.params.len(), params.len());
        if expected != got {
            return Err(fault(ColumnFault::Parameters { expected, got }));
        }
        for (param, &got) in indicator.params.iter().zip(&params) {
            if got < param.least {
                let (parameter, least) = (param.name, param.least);
                return Err(fault(ColumnFault::TooSmall { parameter, least, got }));
            }
        }
        match (indicator.needs_other(), other) {
            (true, None | Some("")) => Err(fault(ColumnFault::NoOther)),
            (false, Some(_)) => Err(fault(ColumnFault::NeedlessOther)),
            _ => {
                let other = other.map(str::to_owned);
                Ok(Self { indicator, params, other })
            }
        }
    }

    /// The column name.
    #[must_use]
    pub fn name(&self) -> String {
        self.to_string()
    }

    /// Parameters, in the indicator's order.
    #[must_use]
    pub fn params(&self) -> &[usize] {
        &self.params
    }

    /// The other symbol.
    #[must_use]
    pub fn other(&self) -> Option<&str> {
        self.other.as_deref()
    }

    /// The row of the registry.
    #[must_use]
    pub fn indicator(&self) -> &'static Indicator {
        self.indicator
    }

    /// First row with a value, counted from the first row at which all inputs are known.
    #[must_use]
    pub fn warmup(&self) -> usize {
        self.indicator.warmup(&self.params)
    }

    /// Computes the column.
    ///
    /// # Errors
    /// [`Error::MissingInput`] when the source lacks a series that the indicator reads; else as the kernel.
    pub fn compute(&self, source: &Source<'_>) -> Result<Vec<f64>> {
        (self.indicator.compute)(Context {
            source,
            params: &self.params,
            other: self.other.as_deref(),
        })
    }
}

impl fmt::Display for ColumnSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.indicator.name)?;
        for param in &self.params {
            write!(f, "_{param}")?;
        }
        match &self.other {
            Some(other) => write!(f, "@{other}"),
            None => Ok(()),
        }
    }
}

impl From<ColumnSpec> for String {
    fn from(spec: ColumnSpec) -> Self {
        spec.to_string()
    }
}

impl TryFrom<String> for ColumnSpec {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        Self::parse(&name)
    }
}

/// All indicators, family by family.
pub fn indicators() -> impl Iterator<Item = &'static Indicator> {
    [
        indicators::trend::TABLE,
        indicators::momentum::TABLE,
        indicators::volatility::TABLE,
        indicators::volume::TABLE,
        indicators::price::TABLE,
        indicators::time::TABLE,
        indicators::funding::TABLE,
        indicators::interaction::TABLE,
        indicators::modes::TABLE,
        indicators::cross::TABLE,
    ]
    .into_iter()
    .flatten()
}

/// The indicator of that name (without parameters).
#[must_use]
pub fn find(name: &str) -> Option<&'static Indicator> {
    static BY_NAME: OnceLock<HashMap<&'static str, &'static Indicator>> = OnceLock::new();
    BY_NAME.get_or_init(|| indicators().map(|i| (i.name, i)).collect()).get(name).copied()
}

/// Computes one column by its name.
///
/// # Errors
/// As [`ColumnSpec::parse`] and [`ColumnSpec::compute`].
pub fn compute_named(name: &str, source: &Source<'_>) -> Result<Vec<f64>> {
    ColumnSpec::parse(name)?.compute(source)
}
