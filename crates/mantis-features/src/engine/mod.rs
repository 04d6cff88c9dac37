//! The machine under all columns: a graph of small causal operations that is advanced by any number of rows at a time.
//!
//! A batch advances it by blocks of [`BATCH_BLOCK`] rows, a live stream row by row. Both run the same code on the same state, so
//! that a column has the same bits however its rows arrive. Operations that several columns share are done once.

mod graph;
mod leaf;
mod node;
mod tape;

pub(crate) use graph::{Engine, Graph, Slot};
pub(crate) use leaf::{BarField, Leaf, ModeField};
pub(crate) use node::Kernel;

/// Rows that a batch advances at a time: intermediate series then stay in the processor's cache.
pub(crate) const BATCH_BLOCK: usize = 1_024;
