//! Volume: flows, volume-weighted prices, participation, taker flow.

mod flow;
mod participation;
mod weighted;

use crate::registry::{Family, Indicator};

const FAMILY: Family = Family::Volume;

pub(crate) const TABLES: &[&[Indicator]] = &[flow::TABLE, weighted::TABLE, participation::TABLE];

pub(crate) use flow::on_balance;
