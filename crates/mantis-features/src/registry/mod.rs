//! The one table of indicators and of transforms, and the grammar of column names.

mod columns;
mod fault;
mod parse;
mod properties;
mod spec;
mod transform;

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::engine::Slot;
use crate::indicators::{self, Build, Source};

pub use columns::Columns;
pub use fault::ColumnFault;
pub use properties::{Cost, Drift, Unit};
pub use spec::ColumnSpec;
pub use transform::{Applied, Transform, transforms};

/// The families of indicators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Family {
    /// Moving averages, lines, direction, filters.
    Trend,
    /// Oscillators.
    Momentum,
    /// Ranges, bands, deviations, roughness, regimes.
    Volatility,
    /// Flows and participation.
    Volume,
    /// Returns, bar shape, runs.
    Price,
    /// The calendar.
    Time,
    /// Perpetual funding rate and open interest.
    Funding,
    /// Products of two families.
    Interaction,
    /// VMD modes of the log close.
    Modes,
    /// Other symbols beside the main one.
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
    /// Volume bought by takers.
    TakerBuy,
    /// Bars of another symbol.
    Other,
    /// Bars of one or more other symbols.
    Others,
    /// Funding rate of the symbol's perpetual.
    Funding,
    /// Open interest of the symbol's perpetual.
    OpenInterest,
    /// VMD modes of the log close.
    Modes,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Time => "time",
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Close => "close",
            Self::Volume => "volume",
            Self::TakerBuy => "taker buy volume",
            Self::Other => "another symbol's bars",
            Self::Others => "other symbols' bars",
            Self::Funding => "funding rate",
            Self::OpenInterest => "open interest",
            Self::Modes => "VMD modes",
        })
    }
}

/// Lists of inputs that many indicators share.
pub(crate) mod input {
    use super::Input;

    pub(crate) const HIGH: Input = Input::High;
    pub(crate) const LOW: Input = Input::Low;
    pub(crate) const C: &[Input] = &[Input::Close];
    pub(crate) const CV: &[Input] = &[Input::Close, Input::Volume];
    pub(crate) const HL: &[Input] = &[Input::High, Input::Low];
    pub(crate) const HLC: &[Input] = &[Input::High, Input::Low, Input::Close];
    pub(crate) const HLCV: &[Input] = &[Input::High, Input::Low, Input::Close, Input::Volume];
    pub(crate) const OHLC: &[Input] = &[Input::Open, Input::High, Input::Low, Input::Close];
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

/// Largest value of a parameter: 20 years of hourly rows.
pub const MOST: usize = 175_200;

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
    /// Formula in one line.
    pub doc: &'static str,
    /// Where the formula comes from: paper or book, library, or this project and what it starts from.
    pub source: &'static str,
    /// Unit of the values.
    pub unit: Unit,
    /// Series that it reads.
    pub inputs: &'static [Input],
    /// Parameters, in the order in which they stand in the column name.
    pub params: &'static [Param],
    /// Work per row.
    pub cost: Cost,
    /// How values depend on where the history starts.
    pub drift: Drift,
    /// Whether the first parameter must be below the second.
    pub rising: bool,
    pub(crate) warmup: fn(&[usize]) -> usize,
    pub(crate) build: fn(&mut Build<'_>) -> Slot,
}

impl Indicator {
    /// An indicator in the unit of price.
    pub(crate) const fn raw(
        (family, name): (Family, &'static str),
        doc: &'static str,
        inputs: &'static [Input],
        params: &'static [Param],
        warmup: fn(&[usize]) -> usize,
        build: fn(&mut Build<'_>) -> Slot,
    ) -> Self {
        Self {
            name,
            family,
            doc,
            source: "",
            unit: Unit::Price,
            inputs,
            params,
            cost: Cost::Constant,
            drift: Drift::None,
            rising: false,
            warmup,
            build,
        }
    }

    /// An indicator without unit.
    pub(crate) const fn free(
        id: (Family, &'static str),
        doc: &'static str,
        inputs: &'static [Input],
        params: &'static [Param],
        warmup: fn(&[usize]) -> usize,
        build: fn(&mut Build<'_>) -> Slot,
    ) -> Self {
        Self { unit: Unit::Ratio, ..Self::raw(id, doc, inputs, params, warmup, build) }
    }

    pub(crate) const fn source(self, source: &'static str) -> Self {
        Self { source, ..self }
    }

    pub(crate) const fn unit(self, unit: Unit) -> Self {
        Self { unit, ..self }
    }

    pub(crate) const fn cost(self, cost: Cost) -> Self {
        Self { cost, ..self }
    }

    pub(crate) const fn fading(self, rows: fn(&[usize]) -> usize) -> Self {
        Self { drift: Drift::Fades(rows), ..self }
    }

    pub(crate) const fn origin(self) -> Self {
        Self { drift: Drift::Origin, ..self }
    }

    pub(crate) const fn rising(self) -> Self {
        Self { rising: true, ..self }
    }

    /// First row with a value, counted from the first row at which all inputs are known.
    #[must_use]
    pub fn warmup(&self, params: &[usize]) -> usize {
        (self.warmup)(params)
    }

    /// Whether its values do not depend on the unit of price or volume.
    #[must_use]
    pub fn scale_free(&self) -> bool {
        self.unit.scale_free()
    }

    /// Whether it reads symbols beside its own.
    #[must_use]
    pub fn needs_other(&self) -> bool {
        self.inputs.iter().any(|i| matches!(i, Input::Other | Input::Others))
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

/// All indicators, family by family.
pub fn indicators() -> impl Iterator<Item = &'static Indicator> {
    [
        indicators::trend::TABLES,
        indicators::momentum::TABLES,
        indicators::volatility::TABLES,
        indicators::volume::TABLES,
        indicators::price::TABLES,
        indicators::time::TABLES,
        indicators::funding::TABLES,
        indicators::interaction::TABLES,
        indicators::modes::TABLES,
        indicators::cross::TABLES,
    ]
    .into_iter()
    .flatten()
    .copied()
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
