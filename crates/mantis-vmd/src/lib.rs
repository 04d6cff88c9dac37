#![doc = include_str!("../README.md")]

mod boundary;
mod error;
mod init;
mod kernel;
mod params;
mod rolling;
mod simd;
mod solver;
mod vmd;
mod window;

pub use error::{Error, Result};
pub use params::{Convention, Init, VmdParams};
pub use rolling::{RollingModes, RollingVmd, rolling_many};
pub use vmd::{Decomposition, Vmd};
pub use window::NewestModes;
