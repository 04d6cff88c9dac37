//! What can be odd, and how much it matters.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How much a [`Finding`](super::Finding) matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Normal in some markets.
    Info,
    /// Worth a look before training.
    Warning,
    /// [`Bars::new`](crate::Bars::new) refuses such rows.
    Error,
}

impl Severity {
    /// Exit code of a program whose worst finding this is: 0 for information, 3 for a warning, 4 for an error.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Info => 0,
            Self::Warning => 3,
            Self::Error => 4,
        }
    }
}

/// What a [`Finding`](super::Finding) is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Check {
    /// The row is earlier than one before it.
    OutOfOrder,
    /// A row before it has the same time.
    Duplicate,
    /// The time is not a multiple of the interval.
    Misaligned,
    /// A value is NaN or infinite.
    NotFinite,
    /// The prices contradict each other, such as high < low.
    PriceOrder,
    /// The volume is below 0.
    NegativeVolume,
    /// A price is 0 or less, so that it has no logarithm.
    NonPositivePrice,
    /// One or more bars are missing before the row.
    Gap,
    /// Open, high, low and close are equal.
    Flat,
    /// The volume is 0.
    ZeroVolume,
    /// A wick is more than 30 times as long as the median one, and more than 2 %.
    Wick,
    /// The close moved by more than 30 times the median move, and more than 2 %.
    Jump,
    /// Bars that should have closed by now are missing at the end.
    StaleTail,
    /// The close differs from that of another source by more than a limit.
    Disagreement,
}

impl Check {
    /// All checks, the worst first.
    pub const ALL: [Self; 14] = [
        Self::OutOfOrder,
        Self::Duplicate,
        Self::Misaligned,
        Self::NotFinite,
        Self::PriceOrder,
        Self::NegativeVolume,
        Self::NonPositivePrice,
        Self::Gap,
        Self::StaleTail,
        Self::Disagreement,
        Self::Flat,
        Self::Wick,
        Self::Jump,
        Self::ZeroVolume,
    ];

    /// How much a finding of this check matters.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::OutOfOrder
            | Self::Duplicate
            | Self::Misaligned
            | Self::NotFinite
            | Self::PriceOrder
            | Self::NegativeVolume => Severity::Error,
            Self::NonPositivePrice
            | Self::Gap
            | Self::Flat
            | Self::StaleTail
            | Self::Disagreement => Severity::Warning,
            Self::ZeroVolume | Self::Wick | Self::Jump => Severity::Info,
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OutOfOrder => "rows out of order",
            Self::Duplicate => "duplicate rows",
            Self::Misaligned => "rows off the grid",
            Self::NotFinite => "rows with NaN or infinity",
            Self::PriceOrder => "rows with contradicting prices",
            Self::NegativeVolume => "rows with negative volume",
            Self::NonPositivePrice => "rows with a price of 0 or less",
            Self::Gap => "gaps",
            Self::Flat => "flat bars",
            Self::ZeroVolume => "bars without volume",
            Self::Wick => "long wicks",
            Self::Jump => "jumps",
            Self::StaleTail => "bars missing at the end",
            Self::Disagreement => "bars that differ from another source",
        })
    }
}
