//! Stages of the training, and who is told about them.

use std::ops::ControlFlow;

/// A stage of the training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Decomposition and indicators.
    Features,
    /// Choice of the columns.
    Select,
    /// Training of the LSTM.
    Lstm,
    /// Training of the head.
    Head,
}

impl Stage {
    /// Name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Features => "features",
            Self::Select => "selection",
            Self::Lstm => "LSTM",
            Self::Head => "head",
        }
    }
}

/// Told (stage, steps done, steps in all); returning `Break` stops the training.
pub type Progress<'a> = dyn FnMut(Stage, usize, usize) -> ControlFlow<()> + 'a;
