//! Price over time with the test span marked.

use std::ops::Range;

use mantis_data::Timestamp;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::{Frame, dates, extent, label_room, round_values, seconds};
use super::canvas::{self, Canvas, LABEL, Type, text_width};
use super::check;
use super::theme::Ink;
use super::thin::thin;
use crate::Result;
use crate::report::Svg;

const CHART: &str = "price_with_span";
/// Names of the vertical axis and of the shaded span.
const NAME: &str = "close, log scale";
const SPAN: &str = "test span";
/// A longer series is thinned to this many points, which a screen cannot tell from all of them.
const POINTS: usize = 1500;

/// Closing prices on a logarithmic axis with the test span shaded.
///
/// `times` and `closes` belong together, oldest first; `test` is the span that was judged (its
/// start is in it, its end is not). A long series is thinned so that every peak and trough stays.
///
/// # Errors
/// When there are fewer than two prices, the lengths differ, a time does not rise, a price is
/// not positive and finite, or `test` is empty or outside the series.
///
/// # Example
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_eval::report::plots;
/// let start = Timestamp::parse("2024-01-01")?;
/// let times: Vec<_> = (0..1000).map(|i| start + Interval::hours(i)).collect();
/// let closes: Vec<_> = (0..1000).map(|i| 100.0 + f64::from(i)).collect();
/// let svg = plots::price_with_span(&times, &closes, times[800]..times[999])?;
/// assert_eq!(svg.title(), "Price and test span");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn price_with_span(times: &[Timestamp], closes: &[f64], test: Range<Timestamp>) -> Result<Svg> {
    check::rising(CHART, times)?;
    check::same_length(CHART, "closes", closes.len(), times.len())?;
    let price = |v: f64| check::is_drawable(v) && v > 0.0;
    check::within(CHART, "closes", closes, price, "a positive finite price")?;
    let (first, last) = (times[0], times[times.len() - 1]);
    let from = times.partition_point(|&t| t < test.start);
    let to = times.partition_point(|&t| t < test.end);
    check::count(CHART, "test span", to.saturating_sub(from), 1)?;

    let span = (seconds(times[from].max(first)), seconds(test.end.min(last)));
    let logs: Vec<f64> = closes.iter().map(|c| c.log10()).collect();
    let height = |width: f64| if width < canvas::FULL { 260.0 } else { 340.0 };
    canvas::full(CHART, "Price and test span", height, |canvas| paint(canvas, times, &logs, span))
}

fn paint(canvas: &Canvas<'_>, times: &[Timestamp], logs: &[f64], span: (f64, f64)) -> Result<()> {
    let (low, high) = extent(logs.iter().copied(), 0.04);
    let ticks = price_ticks(low, high);
    let left = label_room(&ticks);
    let (first, last) = (times[0], times[times.len() - 1]);
    let frame = Frame::new(
        (left, 32.0),
        (canvas.width() - 6.0, canvas.height() - 28.0),
        (seconds(first), seconds(last)),
        (low, high),
    );
    frame.draw_y(canvas, &ticks)?;
    let (from, to) = (frame.x(span.0), frame.x(span.1));
    canvas.rect((from, frame.top()), (to, frame.bottom()), Ink::Second, 0.16)?;
    canvas.line(&[(from, frame.top()), (from, frame.bottom())], Ink::Second, 1.0)?;
    let label = Type::new(Ink::Second, HPos::Right, VPos::Bottom).bold();
    let least = 20.0 + text_width(NAME, LABEL) + text_width(SPAN, LABEL);
    canvas.text((to.max(least), frame.top() - 9.0), SPAN, label)?;
    let columns = if canvas.is_phone() { POINTS / 5 } else { POINTS / 2 };
    let line: Vec<_> =
        thin(logs, columns).into_iter().map(|i| frame.at(seconds(times[i]), logs[i])).collect();
    canvas.line(&line, Ink::Accent, 1.3)?;
    let labels = if canvas.is_phone() { 5 } else { 10 };
    frame.draw_x(canvas, &dates(first, last, labels))?;
    let name = Type::new(Ink::Muted, HPos::Left, VPos::Bottom);
    canvas.text((2.0, frame.top() - 9.0), NAME, name)
}

/// Round prices between two logarithms: 1, 2 and 5 times powers of ten, or a plain round step
/// where those are too few.
fn price_ticks(low: f64, high: f64) -> Vec<(f64, String)> {
    let (from, to) = (10f64.powf(low), 10f64.powf(high));
    let mut prices = Vec::new();
    for power in low.floor() as i32..=high.ceil() as i32 {
        prices.extend([1.0, 2.0, 5.0].map(|m| m * 10f64.powi(power)));
    }
    prices.retain(|p| (from..=to).contains(p));
    if prices.len() < 3 {
        prices = round_values((from, to), 6);
    }
    prices.into_iter().map(|p| (p.log10(), grouped(p))).collect()
}

/// A price with thousands set apart and no more decimals than it needs.
fn grouped(price: f64) -> String {
    if price < 1000.0 {
        return format!("{}", (price * 1e8).round() / 1e8);
    }
    let digits = format!("{price:.0}");
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out
}
