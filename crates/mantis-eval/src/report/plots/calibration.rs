//! Forecast probability against what happened.

use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Frame, extent, label_room, labelled, round_values};
use super::canvas::{self, Canvas, Type};
use super::check;
use super::theme::Ink;
use crate::Result;
use crate::metrics::{CalibrationBin, Z_95, wilson_interval};
use crate::report::Svg;

const CHART: &str = "calibration";
/// Height of the strip that counts the rows of each bin.
const STRIP: f64 = 54.0;

/// Share of rises by forecast probability, with 95 % Wilson intervals, the diagonal of perfect
/// calibration, and the number of rows of each bin below.
///
/// The axes show the range where forecasts lie, not always 0 to 1.
///
/// # Errors
/// When there is no bin, a probability is not between 0 and 1, or a bin has no rows.
///
/// # Example
/// ```
/// use mantis_eval::metrics::reliability;
/// use mantis_eval::report::plots;
/// plots::calibration(&reliability(&[true, false, true], &[0.62, 0.48, 0.51], 10)?)?;
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn calibration(bins: &[CalibrationBin]) -> Result<Svg> {
    const SHARE: &str = "a number from 0 to 1";
    check::count(CHART, "list of bins", bins.len(), 1)?;
    let predicted: Vec<f64> = bins.iter().map(|b| b.mean_probability).collect();
    let observed: Vec<f64> = bins.iter().map(|b| b.frequency).collect();
    let counts: Vec<f64> = bins.iter().map(|b| b.n as f64).collect();
    check::within(CHART, "mean probability", &predicted, check::is_share, SHARE)?;
    check::within(CHART, "frequency", &observed, check::is_share, SHARE)?;
    let edges: Vec<f64> = bins.iter().flat_map(|b| [b.low, b.high]).collect();
    check::within(CHART, "edges of the bins", &edges, check::is_share, SHARE)?;
    check::within(CHART, "rows of a bin", &counts, |n| n > 0.0, "at least 1")?;
    let intervals = bins
        .iter()
        .map(|b| wilson_interval((b.frequency * b.n as f64).round() as usize, b.n, Z_95))
        .collect::<Result<Vec<_>>>()?;
    canvas::half(CHART, "Calibration", 400.0, |canvas| paint(canvas, bins, &intervals))
}

fn paint(canvas: &Canvas<'_>, bins: &[CalibrationBin], intervals: &[(f64, f64)]) -> Result<()> {
    let x = extent(bins.iter().flat_map(|b| [b.mean_probability, b.low, b.high]), 0.03);
    let x = (x.0.max(0.0), x.1.min(1.0));
    let y = extent(
        bins.iter().zip(intervals).flat_map(|(b, i)| [b.mean_probability, b.frequency, i.0, i.1]),
        0.05,
    );
    let y = (y.0.max(0.0), y.1.min(1.0));
    let y_ticks = labelled(round_values(y, 7), "");
    let (left, right) = (label_room(&y_ticks), canvas.width() - 14.0);
    let bottom = canvas.height() - 46.0;
    let frame = Frame::new((left, 34.0), (right, bottom - STRIP - 8.0), x, y);
    let most = bins.iter().map(|b| b.n).max().unwrap_or(1) as f64;
    let strip = Frame::new((left, bottom - STRIP), (right, bottom), x, (0.0, most * 1.35));
    frame.draw_y(canvas, &y_ticks)?;
    strip.draw_x(canvas, &labelled(round_values(x, 7), ""))?;
    frame.draw_names(canvas, "forecast probability of a rise", "share that rose")?;

    let (from, to) = (x.0.max(y.0), x.1.min(y.1));
    if from < to {
        canvas.dashes(frame.at(from, from), frame.at(to, to), Ink::Muted, 1.2)?;
    }
    for (bin, &(low, high)) in bins.iter().zip(intervals) {
        let at = frame.at(bin.mean_probability, bin.frequency);
        canvas.line(&[(at.0, frame.y(low)), (at.0, frame.y(high))], Ink::Accent, 1.6)?;
        canvas.dot(at, 4.5, Ink::Accent)?;
        let (x0, x1) = (strip.x(bin.low.max(x.0)) + 1.0, strip.x(bin.high.min(x.1)) - 1.0);
        let top = strip.y(bin.n as f64);
        canvas.rect((x0, top), (x1, strip.bottom()), Ink::Quiet, 0.7)?;
        if bins.len() <= 10 {
            let set = Type::new(Ink::Muted, HPos::Center, VPos::Bottom).size(11.0);
            canvas.text(((x0 + x1) / 2.0, top - 1.0), &bin.n.to_string(), set)?;
        }
        let text = format!(
            "forecast {:.3}, rose {:.3} ({low:.3} to {high:.3}), {} rows",
            bin.mean_probability, bin.frequency, bin.n
        );
        canvas.hover_rect((x0, frame.top()), (x1, strip.bottom()), &text);
    }
    Ok(())
}
