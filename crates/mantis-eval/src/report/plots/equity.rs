//! What following the sign of every forecast would have earned.

use mantis_data::Timestamp;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Frame, dates, extent, label_room, round_values, seconds};
use super::canvas::{self, Canvas, Type};
use super::check;
use super::theme::Ink;
use super::thin::thin;
use crate::Result;
use crate::report::Svg;

const CHART: &str = "equity";
const POINTS: usize = 1500;

/// Value of one unit of money that follows the forecasts, before and after costs.
///
/// `gross` and `net` belong to `times`, oldest first; 1 is the start.
///
/// # Errors
/// When there are fewer than two times, the lengths differ, a time does not rise, or a value is not positive and finite.
///
/// # Example
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_eval::report::plots;
/// let start = Timestamp::parse("2024-01-01")?;
/// let times: Vec<_> = (0..100).map(|i| start + Interval::hours(i)).collect();
/// let gross: Vec<f64> = (0..100).map(|i| 1.0 + 0.001 * f64::from(i)).collect();
/// let net: Vec<f64> = (0..100).map(|i| 1.0 - 0.002 * f64::from(i)).collect();
/// let svg = plots::equity(&times, &gross, &net)?;
/// assert_eq!(svg.title(), "Equity of the sign strategy");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn equity(times: &[Timestamp], gross: &[f64], net: &[f64]) -> Result<Svg> {
    check::rising(CHART, times)?;
    let positive = |v: f64| check::is_drawable(v) && v > 0.0;
    for (series, values) in [("gross", gross), ("net", net)] {
        check::same_length(CHART, series, values.len(), times.len())?;
        check::within(CHART, series, values, positive, "a positive finite number")?;
    }
    let height = |width: f64| if width < canvas::FULL { 240.0 } else { 300.0 };
    canvas::full(CHART, "Equity of the sign strategy", height, |canvas| {
        paint(canvas, times, gross, net)
    })
}

fn paint(canvas: &Canvas<'_>, times: &[Timestamp], gross: &[f64], net: &[f64]) -> Result<()> {
    let (low, high) = extent(gross.iter().chain(net).copied().chain([1.0]), 0.05);
    let ticks: Vec<(f64, String)> =
        round_values((low, high), 6).into_iter().map(|v| (v, format!("{v:.2}"))).collect();
    let (first, last) = (times[0], times[times.len() - 1]);
    let frame = Frame::new(
        (label_room(&ticks), 32.0),
        (canvas.width() - 6.0, canvas.height() - 28.0),
        (seconds(first), seconds(last)),
        (low, high),
    );
    frame.draw_y(canvas, &ticks)?;
    let one = frame.at(seconds(first), 1.0).1;
    canvas.dashes(
        (frame.x(seconds(first)), one),
        (frame.x(seconds(last)), one),
        Ink::Muted,
        1.0,
    )?;
    let columns = if canvas.is_phone() { POINTS / 5 } else { POINTS / 2 };
    for (values, ink) in [(gross, Ink::Accent), (net, Ink::Second)] {
        let line: Vec<_> = thin(values, columns)
            .into_iter()
            .map(|i| frame.at(seconds(times[i]), values[i]))
            .collect();
        canvas.line(&line, ink, 1.4)?;
    }
    frame.draw_x(canvas, &dates(first, last, if canvas.is_phone() { 5 } else { 10 }))?;
    let y = frame.top() - 9.0;
    let type_of = |ink, h| Type::new(ink, h, VPos::Bottom).bold();
    canvas.text((2.0, y), "before costs", type_of(Ink::Accent, HPos::Left))?;
    canvas.text((canvas.width() - 6.0, y), "after costs", type_of(Ink::Second, HPos::Right))
}
