//! One column of a plan.

use std::fmt;

use mantis_data::Interval;
use serde::Serialize;

use super::parse::{Parts, parse};
use super::transform::Applied;
use super::{Columns, Indicator, Input};
use crate::Result;
use crate::engine::{Graph, Slot};
use crate::indicators::{Build, Source};

/// One column: an indicator with its parameters, the symbols and the timeframe that it is computed on, and what is done to its
/// values.
///
/// `rsi(14)@BTCUSDT/4h|zscore(168)` is the z-score among 168 four-hour bars of the RSI of the last 14 four-hour bars of
/// BTCUSDT. Left out, the symbol is the plan's and the timeframe its bars'. Where the indicator reads two symbols, `@` names the
/// other one (`basis@BTCUSDT_PERP`), or several joined by `+`. `rsi_14` is the same as `rsi(14)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct ColumnSpec {
    indicator: &'static Indicator,
    params: Vec<usize>,
    symbols: Vec<String>,
    timeframe: Option<Interval>,
    transforms: Vec<Applied>,
}

impl ColumnSpec {
    /// Reads a column name.
    ///
    /// # Errors
    /// [`Error::Column`](crate::Error::Column) with the place of what is wrong.
    ///
    /// ```
    /// use mantis_features::registry::ColumnSpec;
    /// let column = ColumnSpec::parse("rsi(14)@ETHUSDT/4h|zscore(168)")?;
    /// assert_eq!(column.name(), "rsi_14@ETHUSDT/4h|zscore(168)");
    /// assert_eq!((column.params(), column.warmup()), (&[14][..], 14 + 167));
    /// let error = ColumnSpec::parse("rsi(14)|zscor(168)").unwrap_err().to_string();
    /// assert!(error.contains("character 9"));
    /// # Ok::<(), mantis_features::Error>(())
    /// ```
    pub fn parse(name: &str) -> Result<Self> {
        let Parts { indicator, params, symbols, timeframe, transforms } = parse(name)?;
        Ok(Self { indicator, params, symbols, timeframe, transforms })
    }

    /// The column name, in its canonical form.
    #[must_use]
    pub fn name(&self) -> String {
        self.to_string()
    }

    /// Parameters, in the indicator's order.
    #[must_use]
    pub fn params(&self) -> &[usize] {
        &self.params
    }

    /// The symbols that are read beside the one whose rows these are.
    #[must_use]
    pub fn others(&self) -> &[String] {
        if self.indicator.needs_other() { &self.symbols } else { &[] }
    }

    /// The symbol whose bars are the rows of the computation, when the plan's main symbol is `main`.
    #[must_use]
    pub fn home<'a>(&'a self, main: &'a str) -> &'a str {
        match self.symbols.first() {
            Some(symbol) if !self.indicator.needs_other() => symbol,
            _ => main,
        }
    }

    /// The same column with other names of symbols.
    #[must_use]
    pub(crate) fn renamed(mut self, name: impl Fn(&str) -> String) -> Self {
        self.symbols.iter_mut().for_each(|symbol| *symbol = name(symbol));
        self
    }

    /// The timeframe, when it is not that of the plan's bars.
    #[must_use]
    pub fn timeframe(&self) -> Option<Interval> {
        self.timeframe
    }

    /// What is done to the indicator's values, in order.
    #[must_use]
    pub fn transforms(&self) -> &[Applied] {
        &self.transforms
    }

    /// The row of the registry.
    #[must_use]
    pub fn indicator(&self) -> &'static Indicator {
        self.indicator
    }

    /// Whether the values have no unit.
    #[must_use]
    pub fn scale_free(&self) -> bool {
        self.indicator.scale_free() || self.transforms.iter().any(|t| t.transform().scale_free)
    }

    /// First row with a value, counted in rows of its own timeframe from the first at which all inputs are known.
    #[must_use]
    pub fn warmup(&self) -> usize {
        let after: usize = self.transforms.iter().map(Applied::warmup).sum();
        self.indicator.warmup(&self.params) + after
    }

    /// Rows beyond the warm-up after which it no longer matters where the history starts: what that changes is below 1e-6 of
    /// the values' usual size. `None` for a running total, to which it always matters.
    ///
    /// ```
    /// use mantis_features::registry::ColumnSpec;
    ///
    /// let settles = |name| ColumnSpec::parse(name).expect("it is in the registry").settles();
    /// assert_eq!(settles("sma_20"), Some(0));
    /// assert!(settles("rsi_14|ema(10)") > settles("rsi_14"));
    /// assert_eq!(settles("obv"), None);
    /// ```
    #[must_use]
    pub fn settles(&self) -> Option<usize> {
        let own = self.indicator.drift.rows(&self.params);
        self.transforms.iter().map(Applied::settles).try_fold(own?, |sum, rows| Some(sum + rows?))
    }

    /// Whether it reads an input.
    #[must_use]
    pub fn reads(&self, input: Input) -> bool {
        self.indicator.inputs.contains(&input)
    }

    /// Adds the column to a graph over the rows of its own frame.
    pub(crate) fn build(&self, graph: &mut Graph) -> Slot {
        let mut build = Build { graph, params: &self.params, others: self.others() };
        let mut slot = (self.indicator.build)(&mut build);
        for transform in &self.transforms {
            slot = transform.build(graph, slot);
        }
        slot
    }

    /// Computes the column of the rows of a source.
    ///
    /// # Errors
    /// As [`Columns::compute`].
    pub fn compute(&self, source: &Source<'_>) -> Result<Vec<f64>> {
        let mut columns = Columns::new(std::slice::from_ref(self))?.compute(source)?;
        Ok(columns.pop().unwrap_or_default())
    }
}

impl fmt::Display for ColumnSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.indicator.name)?;
        for param in &self.params {
            write!(f, "_{param}")?;
        }
        if !self.symbols.is_empty() {
            write!(f, "@{}", self.symbols.join("+"))?;
        }
        if let Some(timeframe) = self.timeframe {
            write!(f, "/{timeframe}")?;
        }
        for transform in &self.transforms {
            write!(f, "|{transform}")?;
        }
        Ok(())
    }
}

impl From<ColumnSpec> for String {
    fn from(spec: ColumnSpec) -> Self {
        spec.to_string()
    }
}
