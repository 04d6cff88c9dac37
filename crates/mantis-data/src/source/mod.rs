//! Where bars come from.

pub mod synthetic;

pub use synthetic::RandomWalk;
