#![doc = include_str!("../README.md")]

pub mod audit;
mod engine;
pub mod error;
pub mod frame;
pub mod indicators;
mod kernels;
pub mod label;
pub mod learn;
pub mod plan;
pub mod registry;
pub mod select;
pub mod similarity;
pub mod split;
pub mod tmfg;

pub use error::{Error, Result};
pub use frame::{FeatureFrame, LeftOut};
pub use plan::{ComputeOptions, FeaturePlan};
