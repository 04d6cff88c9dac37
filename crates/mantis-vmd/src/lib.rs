#![doc = include_str!("../README.md")]

mod boundary;
mod error;
mod init;
mod kernel;
mod multivariate;
mod params;
mod plan;
mod rolling;
mod simd;
mod solver;
mod stream;
mod suggest;
mod vmd;
mod window;

pub use error::{Error, Result};
pub use multivariate::MultivariateVmd;
pub use params::{Convention, Init, Mirror, VmdParams};
pub use rolling::{RollingModes, rolling_many};
pub use stream::{RollingVmd, WarmRollingVmd};
pub use suggest::{ModeCount, Reason, Suggestion, suggest_k};
pub use vmd::{Decomposition, Vmd};
pub use window::NewestModes;
