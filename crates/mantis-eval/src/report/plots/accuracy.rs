//! Accuracy by group with its uncertainty.

use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Frame, extent, label_room, labelled, round_values};
use super::canvas::{self, Canvas, LABEL, Type, fitted, text_width};
use super::check;
use super::theme::Ink;
use crate::Result;
use crate::metrics::{ConfidenceBin, MonthBin};
use crate::report::Svg;

const CHART: &str = "accuracy_bars";

/// Accuracy of one group of rows with its interval.
#[derive(Clone, Debug, PartialEq)]
pub struct AccuracyBar {
    /// Short name under the bar, such as a month.
    pub label: String,
    /// Share called right, 0 to 1.
    pub accuracy: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Rows in the group.
    pub n: usize,
}

impl From<&MonthBin> for AccuracyBar {
    fn from(bin: &MonthBin) -> Self {
        let label = format!("{}-{:02}", bin.year, bin.month);
        Self { label, accuracy: bin.accuracy, low: bin.low, high: bin.high, n: bin.n }
    }
}

impl From<&ConfidenceBin> for AccuracyBar {
    fn from(bin: &ConfidenceBin) -> Self {
        let label = format!("{}", bin.group);
        Self { label, accuracy: bin.accuracy, low: bin.low, high: bin.high, n: bin.n }
    }
}

/// Accuracy by group: a bar from the 50 % line, a dot with its interval, and the number of rows.
/// `title` says what the groups are.
///
/// # Errors
/// When there is no group, or an accuracy or the end of an interval is not between 0 and 1.
///
/// # Example
/// ```
/// use mantis_eval::report::plots::{self, AccuracyBar};
/// let group = |label: &str, accuracy: f64| AccuracyBar {
///     label: label.into(), accuracy, low: accuracy - 0.03, high: accuracy + 0.03, n: 720,
/// };
/// plots::accuracy_bars("Accuracy by month", &[group("2025-01", 0.51), group("2025-02", 0.53)])?;
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn accuracy_bars(title: &str, bars: &[AccuracyBar]) -> Result<Svg> {
    check::count(CHART, title, bars.len(), 1)?;
    let column = |value: fn(&AccuracyBar) -> f64| bars.iter().map(value).collect::<Vec<_>>();
    for (name, values) in [
        ("accuracy", column(|b| b.accuracy)),
        ("low", column(|b| b.low)),
        ("high", column(|b| b.high)),
    ] {
        check::within(CHART, name, &values, check::is_share, "a number from 0 to 1")?;
    }
    canvas::half(CHART, title, 320.0, |canvas| paint(canvas, bars))
}

/// The shares that the axis must show: every accuracy, and the intervals of all groups but those
/// with so few rows that theirs would flatten the others; such an interval runs out of the frame.
fn shown(bars: &[AccuracyBar]) -> Vec<f64> {
    let most = bars.iter().map(|b| b.n).max().unwrap_or_default();
    let mut shares = vec![0.5];
    for bar in bars {
        shares.push(bar.accuracy);
        if bar.n >= most / 10 {
            shares.extend([bar.low, bar.high]);
        }
    }
    shares
}

fn paint(canvas: &Canvas<'_>, bars: &[AccuracyBar]) -> Result<()> {
    let y = extent(shown(bars).into_iter().map(|share| share * 100.0), 0.06);
    let ticks = labelled(round_values(y, 7), " %");
    let slots = bars.len() as f64;
    let (left, right) = (label_room(&ticks), canvas.width() - 6.0);
    let frame = Frame::new((left, 26.0), (right, canvas.height() - 44.0), (0.0, slots), y);
    frame.draw_y(canvas, &ticks)?;
    let slot = (right - left) / slots;
    let middle = frame.y(50.0);
    let width =
        |b: &AccuracyBar| text_width(&b.label, LABEL).max(text_width(&b.n.to_string(), 11.0));
    let wanted = bars.iter().map(width).fold(0.0, f64::max) + 4.0;
    let every = (wanted.min(90.0) / slot).ceil().max(1.0) as usize;
    for (i, bar) in bars.iter().enumerate() {
        let x = frame.x(i as f64 + 0.5);
        let ink = if bar.accuracy >= 0.5 { Ink::Accent } else { Ink::Second };
        let half = (slot * 0.32).min(22.0);
        let y = frame.y(bar.accuracy * 100.0);
        canvas.rect((x - half, middle), (x + half, y), ink, 0.25)?;
        let clip = |share: f64| frame.y(share * 100.0).clamp(frame.top(), frame.bottom());
        let (low, high) = (clip(bar.low), clip(bar.high));
        canvas.line(&[(x, low), (x, high)], ink, 1.6)?;
        for end in [low, high] {
            if end > frame.top() && end < frame.bottom() {
                canvas.line(&[(x - 4.0, end), (x + 4.0, end)], ink, 1.6)?;
            }
        }
        canvas.dot((x, y), 4.5, ink)?;
        if i % every == 0 {
            let set = Type::new(Ink::Muted, HPos::Center, VPos::Top);
            let label = fitted(&bar.label, LABEL, slot * every as f64);
            canvas.text((x, frame.bottom() + 6.0), &label, set)?;
            let set = set.size(11.0);
            canvas.text((x, frame.bottom() + 24.0), &bar.n.to_string(), set)?;
        }
        let text = format!(
            "{}: {:.1} % ({:.1} to {:.1}), {} rows",
            bar.label,
            bar.accuracy * 100.0,
            bar.low * 100.0,
            bar.high * 100.0,
            bar.n
        );
        canvas.hover_rect((x - slot / 2.0, frame.top()), (x + slot / 2.0, frame.bottom()), &text);
    }
    canvas.line(&[(left, middle), (right, middle)], Ink::Muted, 1.4)?;
    let set = Type::new(Ink::Muted, HPos::Left, VPos::Top).size(11.0);
    canvas.text((2.0, frame.bottom() + 24.0), "rows", set)?;
    let set = Type::new(Ink::Muted, HPos::Left, VPos::Center);
    canvas.text((2.0, 10.0), "accuracy; line at 50 %", set)
}
