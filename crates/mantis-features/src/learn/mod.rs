//! Linear learners and the baselines that every model has to beat.

mod derivatives;
mod elastic_net;
mod linear;
mod logistic;
mod problem;

pub(crate) use derivatives::dot;
pub use elastic_net::ElasticNet;
pub use linear::{Linear, sigmoid};
pub use logistic::{Intercept, Logistic, Solver, Workspace};

#[cfg(test)]
mod tests;
