//! Labels: what a bar's prediction is compared with, and when that is known.

mod direction;

pub use direction::{Labels, direction};

#[cfg(test)]
mod tests;
