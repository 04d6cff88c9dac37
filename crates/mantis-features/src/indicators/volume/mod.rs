//! Volume: flows, volume-weighted prices, participation.

mod flow;
mod table;
mod weighted;

pub use flow::{
    accumulation_distribution, chaikin_money_flow, chaikin_oscillator, money_flow_index,
    on_balance_volume, signed_volume,
};
pub use weighted::{typical_price, volume_ratio, vwap_day, vwap_rolling};

pub(crate) use flow::sign;
pub(crate) use table::TABLE;
