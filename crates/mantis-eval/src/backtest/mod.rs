//! Splits that do not leak, and how likely the best of many trials is the best by luck only.

mod combinatorial;
mod overfitting;
#[cfg(test)]
mod tests;
mod walk_forward;

pub use combinatorial::{CombinatorialSplit, Fold};
pub use overfitting::{Overfitting, overfitting};
pub use walk_forward::{Step, WalkForward, Window};

use crate::{Error, Result};
use mantis_data::Timestamp;

fn check_times(
    what: &'static str,
    known_at: &[Timestamp],
    resolves_at: &[Timestamp],
) -> Result<()> {
    if known_at.len() != resolves_at.len() {
        return Err(Error::Length { what, expected: known_at.len(), got: resolves_at.len() });
    }
    if let Some(i) = (1..known_at.len()).find(|&i| known_at[i] <= known_at[i - 1]) {
        return Err(Error::NotRising { what, index: i, time: known_at[i] });
    }
    match known_at.iter().zip(resolves_at).position(|(known, resolves)| resolves < known) {
        Some(index) => {
            let what = "resolves_at (it must not lie before known_at)";
            Err(Error::NotRising { what, index, time: resolves_at[index] })
        }
        None => Ok(()),
    }
}
