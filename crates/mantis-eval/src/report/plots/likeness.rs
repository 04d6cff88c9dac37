//! Who says the same as whom.

use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{self, Canvas, LABEL, Type, fitted};
use super::check;
use super::theme::Ink;
use crate::Result;
use crate::report::Svg;

const CHART: &str = "likeness";
const ROW: f64 = 24.0;
/// More miners than this have no legible cells on a phone.
const MOST: usize = 16;

/// A map of miners: the darker a cell, the more alike the two of its row and column; a square marks pairs that reach
/// `cohort`, the likeness from which the validator treats them as one.
///
/// `likeness` holds a row for every name, each value within 0 (nothing in common) to 1 (the same); `mine` is an index into
/// `names` from 0. The first 16 miners are drawn.
///
/// # Errors
/// When there are fewer than two miners, the lengths differ, a value is outside 0 to 1, or `mine` is outside.
///
/// # Example
/// ```
/// use mantis_eval::report::plots;
/// let likeness = [vec![1.0, 0.95], vec![0.95, 1.0]];
/// plots::likeness(&["mine", "rival"], &likeness, 0, 0.92)?;
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn likeness<S: AsRef<str>>(
    names: &[S],
    likeness: &[Vec<f64>],
    mine: usize,
    cohort: f64,
) -> Result<Svg> {
    check::count(CHART, "names", names.len(), 2)?;
    check::same_length(CHART, "likeness", likeness.len(), names.len())?;
    check::index(CHART, "mine", mine, names.len())?;
    for (name, row) in names.iter().zip(likeness) {
        let series = format!("row of {}", name.as_ref());
        check::same_length(CHART, &series, row.len(), names.len())?;
        check::within(CHART, &series, row, check::is_share, "a number within 0 to 1")?;
    }
    let shown = names.len().min(MOST);
    let names: Vec<&str> = names[..shown].iter().map(AsRef::as_ref).collect();
    let height = |_| 30.0 + ROW * shown as f64 + 8.0;
    canvas::full(CHART, "Cluster map", height, |canvas| {
        paint(canvas, &names, likeness, mine, cohort)
    })
}

fn paint(
    canvas: &Canvas<'_>,
    names: &[&str],
    likeness: &[Vec<f64>],
    mine: usize,
    cohort: f64,
) -> Result<()> {
    let left = if canvas.is_phone() { 104.0 } else { 220.0 };
    let cell = ((canvas.width() - left - 6.0) / names.len() as f64).min(48.0);
    let x = |column: usize| left + cell * column as f64;
    for (row, name) in names.iter().enumerate() {
        let y = 30.0 + ROW * row as f64;
        let ink = if row == mine { Ink::Accent } else { Ink::Text };
        let set = Type::new(ink, HPos::Left, VPos::Center);
        let set = if row == mine { set.bold() } else { set };
        canvas.text(
            (2.0, y + ROW / 2.0),
            &fitted(&format!("{} {name}", row + 1), LABEL, left - 8.0),
            set,
        )?;
        let head = Type::new(Ink::Muted, HPos::Center, VPos::Bottom);
        canvas.text((x(row) + cell / 2.0, 26.0), &(row + 1).to_string(), head)?;
        for (column, &value) in likeness[row][..names.len()].iter().enumerate() {
            let (from, to) = ((x(column) + 1.0, y + 1.0), (x(column) + cell - 1.0, y + ROW - 1.0));
            canvas.rect(from, to, Ink::Quiet, 0.15)?;
            canvas.rect(from, to, Ink::Accent, value * value)?;
            if row != column && value >= cohort {
                let (cx, cy) = (x(column) + cell / 2.0, y + ROW / 2.0);
                canvas.rect((cx - 3.0, cy - 3.0), (cx + 3.0, cy + 3.0), Ink::Second, 1.0)?;
            }
        }
    }
    Ok(())
}
