//! Several series above each other on one time axis.

use mantis_data::Timestamp;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Frame, dates, extent, seconds};
use super::canvas::{self, Canvas, LABEL, Type};
use super::check;
use super::theme::Ink;
use super::thin::thin;
use crate::Result;
use crate::report::Svg;

const CHART: &str = "modes";
const ROW: f64 = 58.0;
const TOP: f64 = 6.0;
const BOTTOM: f64 = 28.0;

/// A named series on a time axis given beside it.
#[derive(Clone, Debug)]
pub struct NamedSeries {
    /// Short name, shown at the left; a second line may follow after a line break.
    pub name: String,
    /// One value per time.
    pub values: Vec<f64>,
}

/// The modes of a decomposition as small multiples, the first on top, each on a vertical scale
/// of its own. Fast modes show best over a short span, such as the last two weeks of hours.
///
/// # Errors
/// When there are fewer than two times or no series, a time does not rise, a length differs, or
/// a value is not finite.
///
/// # Example
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_eval::report::plots::{self, NamedSeries};
/// let start = Timestamp::parse("2025-06-01")?;
/// let times: Vec<_> = (0..100).map(|i| start + Interval::hours(i)).collect();
/// let wave = |f: f64| (0..100).map(|i| (f64::from(i) * f).sin()).collect();
/// let series = [0.05, 0.3].map(|f| NamedSeries { name: format!("{f}"), values: wave(f) });
/// plots::modes(&times, &series)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn modes(times: &[Timestamp], series: &[NamedSeries]) -> Result<Svg> {
    check::rising(CHART, times)?;
    check::count(CHART, "list of modes", series.len(), 1)?;
    for s in series {
        check::same_length(CHART, &s.name, s.values.len(), times.len())?;
        check::finite(CHART, &s.name, &s.values, 2)?;
    }
    let height = |_| TOP + ROW * series.len() as f64 + BOTTOM;
    canvas::full(CHART, "Modes", height, |canvas| paint(canvas, times, series))
}

fn paint(canvas: &Canvas<'_>, times: &[Timestamp], series: &[NamedSeries]) -> Result<()> {
    let left = if canvas.is_phone() { 74.0 } else { 120.0 };
    let right = canvas.width() - 6.0;
    let (first, last) = (times[0], times[times.len() - 1]);
    let ticks = dates(first, last, if canvas.is_phone() { 5 } else { 10 });
    let columns = canvas.width() as usize;
    for (row, s) in series.iter().enumerate() {
        let top = TOP + ROW * row as f64;
        let frame = Frame::new(
            (left, top + 4.0),
            (right, top + ROW - 4.0),
            (seconds(first), seconds(last)),
            extent(s.values.iter().copied(), 0.02),
        );
        canvas.line(&[(0.0, top + ROW), (right, top + ROW)], Ink::Grid, 1.0)?;
        for (x, _) in &ticks {
            let x = frame.x(*x);
            canvas.line(&[(x, top), (x, top + ROW)], Ink::Grid, 1.0)?;
        }
        let points: Vec<_> = thin(&s.values, columns)
            .into_iter()
            .map(|i| frame.at(seconds(times[i]), s.values[i]))
            .collect();
        canvas.line(&points, Ink::Accent, 1.3)?;
        let middle = top + ROW / 2.0;
        let lines: Vec<&str> = s.name.lines().take(2).collect();
        let start = middle - (lines.len() as f64 - 1.0) * 8.0;
        for (i, line) in lines.iter().enumerate() {
            let set = if i == 0 {
                Type::new(Ink::Text, HPos::Left, VPos::Center)
            } else {
                Type::new(Ink::Muted, HPos::Left, VPos::Center).size(LABEL - 1.5)
            };
            canvas.text((2.0, start + i as f64 * 16.0), line, set)?;
        }
    }
    let bottom = TOP + ROW * series.len() as f64;
    let axis =
        Frame::new((left, TOP), (right, bottom), (seconds(first), seconds(last)), (0.0, 1.0));
    axis.draw_x(canvas, &ticks)
}
