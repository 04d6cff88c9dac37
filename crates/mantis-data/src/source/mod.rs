//! Where bars come from.

pub mod synthetic;
