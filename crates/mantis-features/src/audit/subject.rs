//! What can be audited.

use std::fmt;

use mantis_data::{Panel, Timestamp};

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

/// A live form: it is shown the panel as it was known at each bar's close, one bar later every time.
pub trait Live {
    /// When the newest row became known, and its values in the order of the table's columns; `None` when there is no new row.
    ///
    /// # Errors
    /// Whatever stops it.
    fn catch_up(
        &mut self,
        panel: &Panel,
    ) -> std::result::Result<Option<(Timestamp, Vec<f64>)>, SubjectError>;
}

impl Live for FeatureStream {
    fn catch_up(
        &mut self,
        panel: &Panel,
    ) -> std::result::Result<Option<(Timestamp, Vec<f64>)>, SubjectError> {
        let row = FeatureStream::catch_up(self, panel)?;
        Ok(row.map(|row| (row.known_at(), row.values().to_vec())))
    }
}

/// A closure that is shown one panel after the other.
impl<F> Live for F
where
    F: FnMut(&Panel) -> std::result::Result<Option<(Timestamp, Vec<f64>)>, SubjectError>,
{
    fn catch_up(
        &mut self,
        panel: &Panel,
    ) -> std::result::Result<Option<(Timestamp, Vec<f64>)>, SubjectError> {
        self(panel)
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

    /// The live form from the first bar on, if there is one; `panel` tells what it will be shown.
    ///
    /// # Errors
    /// Whatever stops it.
    fn live(&self, panel: &Panel) -> std::result::Result<Option<Box<dyn Live>>, SubjectError> {
        let _ = panel;
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

    fn live(&self, panel: &Panel) -> std::result::Result<Option<Box<dyn Live>>, SubjectError> {
        let (plan, _) = self.resolve(panel)?;
        Ok(Some(Box::new(FeatureStream::new(&plan, panel.interval())?)))
    }
}

/// Functions as a subject.
struct Functions<F, L> {
    name: String,
    symbol: String,
    compute: F,
    live: Option<L>,
}

impl<F, L> fmt::Debug for Functions<F, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, symbol, live, .. } = self;
        let live = live.is_some();
        f.debug_struct("Functions")
            .field("name", name)
            .field("symbol", symbol)
            .field("live", &live)
            .finish()
    }
}

impl<F, L> Subject for Functions<F, L>
where
    F: Fn(&Panel) -> std::result::Result<Table, SubjectError>,
    L: Fn() -> Box<dyn Live>,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn symbol(&self) -> &str {
        &self.symbol
    }

    fn compute(&self, panel: &Panel) -> std::result::Result<Table, SubjectError> {
        (self.compute)(panel)
    }

    fn live(&self, _: &Panel) -> std::result::Result<Option<Box<dyn Live>>, SubjectError> {
        Ok(self.live.as_ref().map(|live| live()))
    }
}

/// A function from a panel to a table, as a subject whose rows are the bars of `symbol`.
pub fn from_fn<F>(name: &str, symbol: &str, compute: F) -> impl Subject + use<F>
where
    F: Fn(&Panel) -> std::result::Result<Table, SubjectError>,
{
    let (name, symbol) = (name.to_owned(), symbol.to_owned());
    Functions { name, symbol, compute, live: None::<fn() -> Box<dyn Live>> }
}

/// As [`from_fn`], with the live form that must have the same bits; `live` starts it anew.
///
/// ```
/// use mantis_data::Panel;
/// use mantis_features::audit::{Live, SubjectError, Table, from_fns};
///
/// let table = |panel: &Panel| {
///     let bars = panel.bars("BTCUSDT").ok_or("no bars")?;
///     let known_at = (0..bars.len()).map(|i| bars.known_at(i)).collect();
///     let spread = bars.high().iter().zip(bars.low()).map(|(h, l)| h - l).collect();
///     Ok(Table { known_at, names: vec!["spread".to_owned()], columns: vec![spread] })
/// };
/// let live = || -> Box<dyn Live> {
///     Box::new(|panel: &Panel| {
///         let bars = panel.bars("BTCUSDT").ok_or("no bars")?;
///         let last = bars.len().checked_sub(1);
///         Ok::<_, SubjectError>(last.map(|i| (bars.known_at(i), vec![bars.high()[i] - bars.low()[i]])))
///     })
/// };
/// let subject = from_fns("spread", "BTCUSDT", table, live);
/// # let _ = subject;
/// ```
pub fn from_fns<F, L>(name: &str, symbol: &str, compute: F, live: L) -> impl Subject + use<F, L>
where
    F: Fn(&Panel) -> std::result::Result<Table, SubjectError>,
    L: Fn() -> Box<dyn Live>,
{
    Functions { name: name.to_owned(), symbol: symbol.to_owned(), compute, live: Some(live) }
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
