//! Price: returns, the shape of a bar, runs of equal sign, reversal.

mod returns;
mod shape;
mod table;

pub use returns::{
    autocorrelation, log_return, return_to_volatility, sign_run, simple_return, up_share,
};
pub use shape::{beta, close_location, lower_wick, upper_wick};

pub(crate) use table::TABLE;
