//! Momentum: oscillators of the close's own movement and of its place in the recent range.

mod change;
mod oscillator;
mod stochastic;
mod table;

pub use change::{Macd, apo, macd, momentum, ppo, rate_of_change, trix};
pub use oscillator::{balance_of_power, cci, cmo, rsi, ultimate_oscillator};
pub use stochastic::{Stochastic, stochastic, stochastic_fast, stochastic_rsi, williams_r};

pub(crate) use table::TABLE;
