//! Volatility: true range, bands, range-based estimators, realised moments, roughness.

mod bands;
mod estimators;
mod table;
mod true_range;

pub use bands::{Bands, bollinger, donchian, keltner};
pub use estimators::{
    garman_klass, hurst, parkinson, realised_volatility, rogers_satchell, yang_zhang,
};
pub use true_range::{atr, natr, true_range};

pub(crate) use table::TABLE;
pub(crate) use true_range::true_range_at;
