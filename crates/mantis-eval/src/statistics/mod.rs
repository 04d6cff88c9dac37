//! How sure one may be of a measure: intervals, comparisons of two models, and what is left of the best of many trials.

mod bootstrap;
mod compare;
mod correlation;
mod distributions;
mod sharpe;
#[cfg(test)]
mod tests;

pub use bootstrap::{BlockBootstrap, Estimate, day_blocks, quantile};
pub use compare::{DieboldMariano, PairedDifference, diebold_mariano, paired_difference};
pub use correlation::{kendall, spearman};
pub use distributions::{normal_cdf, normal_quantile, student_t_cdf};
pub use sharpe::{SharpeEvidence, deflated_sharpe, expected_maximum_sharpe, probabilistic_sharpe};
