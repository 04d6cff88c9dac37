//! Linear learners and the baselines that every model has to beat.
//!
//! [`Logistic`] and [`ElasticNet`] work on plain arrays; a [`Learner`] works on the training rows of a split.

mod baselines;
mod cholesky;
mod derivatives;
mod elastic_net;
mod forest;
mod lbfgs;
mod learner;
mod line_search;
mod linear;
mod logistic;
mod logistic_learner;
mod problem;

pub use baselines::{FadeRule, FittedFade, FittedPrior, Prior};
pub use cholesky::solve_positive_definite;
pub(crate) use derivatives::dot;
pub use elastic_net::ElasticNet;
pub(crate) use forest::below;
pub use forest::{FittedForest, Forest};
pub use lbfgs::{Minimum, minimise};
pub use learner::{Learner, Predict};
pub use linear::{Linear, sigmoid};
pub use logistic::{Intercept, Logistic, Solver, Workspace};
pub use logistic_learner::{FittedLogistic, LogisticLearner};

#[cfg(test)]
mod learner_tests;
#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod tests;
