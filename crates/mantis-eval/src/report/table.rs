//! Tables of text cells.

use std::fmt::Write as _;

use super::text::{escape, prose};
use crate::{Error, Result};

/// Cells with more characters than this are broken over several lines.
const LONG_CELL: usize = 36;

/// A table whose rows all have as many cells as its head.
///
/// # Example
/// ```
/// use mantis_eval::report::Table;
/// let table = Table::new("Accuracy", ["model", "n", "accuracy"], [["LSTM", "4343", ".512"]])?
///     .numeric([1, 2])?
///     .highlight(0)?;
/// assert!(Table::new("Ragged", ["a", "b"], [vec!["1"]]).is_err());
/// # Ok::<(), mantis_eval::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    caption: String,
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    numeric: Vec<bool>,
    highlighted: Vec<bool>,
}

impl Table {
    /// A table of text cells. The first column names the row.
    ///
    /// # Errors
    /// [`Error::TableShape`] when a row has more or fewer cells than `head`.
    pub fn new<H, R>(caption: impl Into<String>, head: H, rows: R) -> Result<Self>
    where
        H: IntoIterator<Item: Into<String>>,
        R: IntoIterator<Item: IntoIterator<Item: Into<String>>>,
    {
        let strings = |cells: R::Item| cells.into_iter().map(Into::into).collect::<Vec<String>>();
        let caption = caption.into();
        let head: Vec<String> = head.into_iter().map(Into::into).collect();
        let rows: Vec<Vec<String>> = rows.into_iter().map(strings).collect();
        if let Some((row, cells)) = rows.iter().enumerate().find(|(_, r)| r.len() != head.len()) {
            let (expected, got) = (head.len(), cells.len());
            return Err(Error::TableShape { table: caption, row, expected, got });
        }
        let (numeric, highlighted) = (vec![false; head.len()], vec![false; rows.len()]);
        Ok(Self { caption, head, rows, numeric, highlighted })
    }

    /// Aligns columns (counted from 0) to the right, with digits of one width.
    ///
    /// # Errors
    /// [`Error::ChartIndex`] for a column that does not exist.
    pub fn numeric(mut self, columns: impl IntoIterator<Item = usize>) -> Result<Self> {
        for column in columns {
            set(&mut self.numeric, "column", column)?;
        }
        Ok(self)
    }

    /// Marks a row (counted from 0), such as one's own among others.
    ///
    /// # Errors
    /// [`Error::ChartIndex`] for a row that does not exist.
    pub fn highlight(mut self, row: usize) -> Result<Self> {
        set(&mut self.highlighted, "row", row)?;
        Ok(self)
    }

    pub(super) fn render(&self, out: &mut String) {
        let caption = escape(&self.caption);
        let _ = write!(
            out,
            "<div class=\"table\"><p class=\"caption\">{caption}</p>\n\
             <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\">\
             <table>\n<thead><tr>"
        );
        for (cell, &numeric) in self.head.iter().zip(&self.numeric) {
            let _ = write!(out, "<th scope=\"col\"{}>{}</th>", number(numeric), prose(cell));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for (row, &marked) in self.rows.iter().zip(&self.highlighted) {
            out.push_str(if marked { "<tr class=\"mine\">" } else { "<tr>" });
            for (i, (cell, &numeric)) in row.iter().zip(&self.numeric).enumerate() {
                let (tag, scope) = if i == 0 { ("th", " scope=\"row\"") } else { ("td", "") };
                let long = cell.chars().count() > LONG_CELL;
                let class = if long { " class=\"long\"" } else { number(numeric) };
                let _ = write!(out, "<{tag}{scope}{class}>{}</{tag}>", prose(cell));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody></table></div></div>\n");
    }
}

fn set(flags: &mut [bool], what: &'static str, index: usize) -> Result<()> {
    let len = flags.len();
    let flag =
        flags.get_mut(index).ok_or(Error::ChartIndex { chart: "table", what, index, len })?;
    *flag = true;
    Ok(())
}

fn number(numeric: bool) -> &'static str {
    if numeric { " class=\"n\"" } else { "" }
}
