//! What can be audited.

use std::fmt;

use mantis_data::{Interval, Panel, Timestamp};

use crate::frame::FeatureFrame;
use crate::plan::{ComputeOptions, FeaturePlan, FeatureStream};
use crate::{Error, Result};

/// Any error of a subject.
pub type SubjectError = Box<dyn std::error::Error + Send + Sync>;

/// Named columns over rows, each of which was known at a time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// When each row was known, rising.
    pub known_at: Vec<Timestamp>,
    /// Names of the columns.
    pub names: Vec<String>,
    /// One vector per name, one value per row; NaN where there is none.
    pub columns: Vec<Vec<f64>>,
}

impl From<FeatureFrame> for Table {
    fn from(frame: FeatureFrame) -> Self {
        Self {
            known_at: frame.known_at().to_vec(),
            names: frame.names().to_vec(),
            columns: frame.columns().to_vec(),
        }
    }
}

/// Something that makes a table of a panel and may look ahead.
pub trait Subject {
    /// What to call it.
    fn name(&self) -> &str;

    /// The symbol whose bars the rows are.
    fn symbol(&self) -> &str;

    /// The table of a panel.
    ///
    /// # Errors
    /// Whatever stops it.
    fn compute(&self, panel: &Panel) -> std::result::Result<Table, SubjectError>;

    /// Columns that it leaves out on a panel, and why.
    fn left_out(&self, panel: &Panel) -> Vec<String> {
        let _ = panel;
        Vec::new()
    }

    /// The live form, for bars of an interval, if there is one.
    ///
    /// # Errors
    /// Whatever stops it.
    fn stream(
        &self,
        panel: &Panel,
        interval: Interval,
    ) -> std::result::Result<Option<FeatureStream>, SubjectError> {
        let _ = (panel, interval);
        Ok(None)
    }
}

impl Subject for FeaturePlan {
    fn name(&self) -> &str {
        "feature plan"
    }

    fn symbol(&self) -> &str {
        FeaturePlan::symbol(self)
    }

    fn compute(&self, panel: &Panel) -> std::result::Result<Table, SubjectError> {
        let options = ComputeOptions::default().with_threads(0);
        Ok(FeaturePlan::compute(self, panel, &options)?.into())
    }

    fn left_out(&self, panel: &Panel) -> Vec<String> {
        let left = self.resolve(panel).map(|(_, left)| left).unwrap_or_default();
        left.into_iter().map(|l| format!("{} (no {})", l.name, l.missing)).collect()
    }

    fn stream(
        &self,
        panel: &Panel,
        interval: Interval,
    ) -> std::result::Result<Option<FeatureStream>, SubjectError> {
        let (plan, _) = self.resolve(panel)?;
        Ok(Some(FeatureStream::new(&plan, interval)?))
    }
}

/// A function as a subject.
struct Function<F> {
    name: String,
    symbol: String,
    compute: F,
}

impl<F> fmt::Debug for Function<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("name", &self.name).field("symbol", &self.symbol).finish()
    }
}

impl<F: Fn(&Panel) -> std::result::Result<Table, SubjectError>> Subject for Function<F> {
    fn name(&self) -> &str {
        &self.name
    }

    fn symbol(&self) -> &str {
        &self.symbol
    }

    fn compute(&self, panel: &Panel) -> std::result::Result<Table, SubjectError> {
        (self.compute)(panel)
    }
}

/// A function from a panel to a table, as a subject whose rows are the bars of `symbol`.
pub fn from_fn<F>(name: &str, symbol: &str, compute: F) -> impl Subject + use<F>
where
    F: Fn(&Panel) -> std::result::Result<Table, SubjectError>,
{
    Function { name: name.to_owned(), symbol: symbol.to_owned(), compute }
}

/// The subject's table, checked.
pub(super) fn table(subject: &dyn Subject, panel: &Panel) -> Result<Table> {
    let failed = |source| Error::Audited { subject: subject.name().to_owned(), source };
    let table = subject.compute(panel).map_err(failed)?;
    let bad =
        |reason: String| Err(Error::AuditTable { subject: subject.name().to_owned(), reason });
    if table.names.len() != table.columns.len() {
        let (names, columns) = (table.names.len(), table.columns.len());
        return bad(format!("{names} names for {columns} columns"));
    }
    for (name, column) in table.names.iter().zip(&table.columns) {
        if column.len() != table.known_at.len() {
            let (got, rows) = (column.len(), table.known_at.len());
            return bad(format!("column {name:?} has {got} values for {rows} rows"));
        }
    }
    if let Some(row) = table.known_at.windows(2).position(|pair| pair[1] <= pair[0]) {
        return bad(format!("row {} is not known later than the row before", row + 1));
    }
    Ok(table)
}
