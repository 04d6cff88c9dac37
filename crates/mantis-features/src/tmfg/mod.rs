//! Triangulated maximally filtered graph (TMFG) and the sparse inverse covariance on it (LoGo).

mod build;
mod export;
#[cfg(feature = "linalg")]
mod logo;

pub use build::{Edge, Tmfg, build, build_from_seed};
pub use export::NamedGraph;

#[cfg(test)]
mod tests;
