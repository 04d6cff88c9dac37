//! What is said of every indicator: its unit, its work per row, its memory.

use std::fmt;

/// Unit of an indicator's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// None: a ratio, a share, a correlation, a place between two marks, a number of the calendar as a turn.
    Ratio,
    /// Hundredths.
    Percent,
    /// Standard deviations, or another measure of the usual size of the same quantity.
    Deviations,
    /// Natural logarithm of a ratio of prices.
    LogReturn,
    /// That of the price.
    Price,
    /// That of the price, per row.
    PricePerRow,
    /// Share of the price, per row.
    PerRow,
    /// That of the volume.
    Volume,
    /// Fraction of the position, per funding period.
    FundingRate,
    /// Hours.
    Hours,
    /// Days.
    Days,
    /// Rows.
    Rows,
    /// Radians.
    Radians,
    /// Cycles per row.
    CyclesPerRow,
}

impl Unit {
    /// Whether values do not change with the unit of price or volume.
    #[must_use]
    pub fn scale_free(self) -> bool {
        !matches!(self, Self::Price | Self::PricePerRow | Self::Volume)
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ratio => "1",
            Self::Percent => "%",
            Self::Deviations => "standard deviations",
            Self::LogReturn => "log return",
            Self::Price => "price",
            Self::PricePerRow => "price per row",
            Self::PerRow => "1 per row",
            Self::Volume => "volume",
            Self::FundingRate => "fraction per funding period",
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Rows => "rows",
            Self::Radians => "radians",
            Self::CyclesPerRow => "cycles per row",
        })
    }
}

/// Work per row, where `n` is the longest window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// O(1).
    Constant,
    /// O(log n) in a batch, O(n) for a single row: extremes of a window.
    Logarithmic,
    /// O(n).
    Window,
    /// O(1) for each of the other symbols.
    Symbols,
    /// A whole decomposition of the plan's window.
    Decomposition,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Constant => "O(1)",
            Self::Logarithmic => "O(log n)",
            Self::Window => "O(n)",
            Self::Symbols => "O(symbols)",
            Self::Decomposition => "one decomposition",
        })
    }
}

/// How a value depends on where the history starts.
#[derive(Clone, Copy, Debug)]
pub enum Drift {
    /// Not at all once warmed up, but for rounding.
    None,
    /// It fades: after that many rows beyond the warm-up it is below 1e-6 of the value's usual size.
    Fades(fn(&[usize]) -> usize),
    /// For good: a running total from the first row.
    Origin,
}

impl Drift {
    /// Rows beyond the warm-up until the start of the history shows no more; `None` if it always does.
    pub(super) fn rows(&self, params: &[usize]) -> Option<usize> {
        match self {
            Self::None => Some(0),
            Self::Fades(rows) => Some(rows(params)),
            Self::Origin => None,
        }
    }
}

impl PartialEq for Drift {
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}
