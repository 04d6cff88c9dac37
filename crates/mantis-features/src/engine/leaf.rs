//! What a graph is fed with.

use std::fmt;

/// A column of bars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BarField {
    Open,
    High,
    Low,
    Close,
    Volume,
}

impl BarField {
    pub(crate) const ALL: [Self; 5] =
        [Self::Open, Self::High, Self::Low, Self::Close, Self::Volume];
}

/// What a decomposition says about one mode at one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ModeField {
    Value,
    Slope,
    Energy,
    Frequency,
    Phase,
}

impl ModeField {
    pub(crate) const ALL: [Self; 5] =
        [Self::Value, Self::Slope, Self::Energy, Self::Frequency, Self::Phase];
}

impl fmt::Display for ModeField {
    /// The indicator that is this number as it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Value => "vmd_value",
            Self::Slope => "vmd_slope",
            Self::Energy => "vmd_energy",
            Self::Frequency => "vmd_frequency",
            Self::Phase => "vmd_phase",
        })
    }
}

/// An input series of a graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Leaf {
    /// Open time of the bar in seconds since the epoch.
    Time,
    /// The own bars.
    Own(BarField),
    /// Bars of another symbol, NaN where it has none.
    Other(String, BarField),
    /// Funding rate known at the close.
    Funding,
    /// Open interest known at the close.
    OpenInterest,
    /// Volume bought by takers within the bar.
    TakerBuy,
    /// A mode of the own log close.
    Mode(ModeField, usize),
    /// A column of another frame (another symbol or a longer timeframe), brought onto these rows.
    Joined(usize),
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time => f.write_str("open times"),
            Self::Own(_) => f.write_str("bars"),
            Self::Other(symbol, _) => write!(f, "bars of {symbol:?}"),
            Self::Funding => f.write_str("funding rate"),
            Self::OpenInterest => f.write_str("open interest"),
            Self::TakerBuy => f.write_str("taker buy volume"),
            Self::Mode(..) => f.write_str("VMD modes"),
            Self::Joined(column) => write!(f, "joined column {column}"),
        }
    }
}
