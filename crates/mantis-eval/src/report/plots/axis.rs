//! Axes: where a value lies on the picture, and which values get a grid line.

use mantis_data::{Interval, Timestamp};
use plotters::coord::ranged1d::{BoldPoints, Ranged};
use plotters::coord::types::RangedCoordf64;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Canvas, LABEL, Point, Type, text_width};
use super::theme::Ink;
use crate::Result;

/// A rectangle of the picture in which two values span a plane.
pub(super) struct Frame {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
    x: RangedCoordf64,
    y: RangedCoordf64,
}

/// Positions are computed on this fine grid within a frame.
const STEPS: f64 = 100_000.0;

fn place(axis: &RangedCoordf64, value: f64) -> f64 {
    f64::from(axis.map(&value, (0, STEPS as i32))) / STEPS
}

impl Frame {
    /// `left`, `top`, `right` and `bottom` are in pixels; `x` and `y` are (lowest, highest).
    pub(super) fn new(
        (left, top): Point,
        (right, bottom): Point,
        x: (f64, f64),
        y: (f64, f64),
    ) -> Self {
        let axis = |(low, high): (f64, f64)| RangedCoordf64::from(low..high);
        Self { left, top, right, bottom, x: axis(x), y: axis(y) }
    }

    pub(super) fn top(&self) -> f64 {
        self.top
    }

    pub(super) fn bottom(&self) -> f64 {
        self.bottom
    }

    pub(super) fn x(&self, value: f64) -> f64 {
        self.left + (self.right - self.left) * place(&self.x, value)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * place(&self.y, value)
    }

    pub(super) fn at(&self, x: f64, y: f64) -> Point {
        (self.x(x), self.y(y))
    }

    /// Horizontal grid lines with labels to the left of the frame.
    pub(super) fn draw_y(&self, canvas: &Canvas<'_>, ticks: &[(f64, String)]) -> Result<()> {
        for (value, label) in ticks {
            let y = self.y(*value);
            canvas.line(&[(self.left, y), (self.right, y)], Ink::Grid, 1.0)?;
            let set = Type::new(Ink::Muted, HPos::Right, VPos::Center);
            canvas.text((self.left - 8.0, y), label, set)?;
        }
        Ok(())
    }

    /// The line under the frame, with ticks and labels below it. Labels that would touch their
    /// neighbour are left out.
    pub(super) fn draw_x(&self, canvas: &Canvas<'_>, ticks: &[(f64, String)]) -> Result<()> {
        canvas.line(&[(self.left, self.bottom), (self.right, self.bottom)], Ink::Axis, 1.0)?;
        let mut taken = f64::NEG_INFINITY;
        for (value, label) in ticks {
            let x = self.x(*value);
            canvas.line(&[(x, self.bottom), (x, self.bottom + 4.0)], Ink::Axis, 1.0)?;
            let reach = text_width(label, LABEL) / 2.0;
            let x = x.min(canvas.width() - reach).max(reach);
            if x - reach < taken + 6.0 {
                continue;
            }
            taken = x + reach;
            let set = Type::new(Ink::Muted, HPos::Center, VPos::Top);
            canvas.text((x, self.bottom + 8.0), label, set)?;
        }
        Ok(())
    }

    /// Names the axes: `y` above the frame's upper left corner, `x` under its middle.
    pub(super) fn draw_names(&self, canvas: &Canvas<'_>, x: &str, y: &str) -> Result<()> {
        let set = Type::new(Ink::Muted, HPos::Left, VPos::Bottom);
        canvas.text((2.0, self.top - 12.0), y, set)?;
        let set = Type::new(Ink::Muted, HPos::Center, VPos::Bottom);
        canvas.text(((self.left + self.right) / 2.0, canvas.height() - 2.0), x, set)
    }
}

/// Values that differ by less than this share of their size are drawn as constant.
const FLAT: f64 = 1e-9;

/// The lowest and highest of some values, widened by a share of their distance, and never empty.
pub(super) fn extent(values: impl IntoIterator<Item = f64>, margin: f64) -> (f64, f64) {
    let (low, high) = values
        .into_iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let size = low.abs().max(high.abs());
    if high - low > FLAT * size {
        let room = (high - low) * margin;
        return (low - room, high + room);
    }
    let room = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
    (low - room, high + room)
}

/// At most `count` round values between two others.
pub(super) fn round_values((low, high): (f64, f64), count: usize) -> Vec<f64> {
    RangedCoordf64::from(low..high).key_points(BoldPoints(count))
}

/// The room that labels need at the left of a frame, in pixels.
pub(super) fn label_room(ticks: &[(f64, String)]) -> f64 {
    14.0 + ticks.iter().map(|(_, label)| text_width(label, LABEL)).fold(0.0, f64::max)
}

/// Labels for round values, all with as many decimals as their distance needs.
pub(super) fn labelled(ticks: Vec<f64>, suffix: &str) -> Vec<(f64, String)> {
    const MOST: i32 = 8;
    let step = match ticks[..] {
        [only] => only.abs(),
        _ => ticks.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min),
    };
    let is_whole = |v: f64| (v - v.round()).abs() <= 1e-6 * v.abs();
    let decimals = (0..MOST).find(|&d| is_whole(step * 10f64.powi(d))).unwrap_or(MOST) as usize;
    let label = |v: f64| {
        let v = if v.abs() < step * 1e-6 { 0.0 } else { v };
        format!("{v:.decimals$}{suffix}").replace('-', "−")
    };
    ticks.into_iter().map(|v| (v, label(v))).collect()
}

/// Seconds since 1970 as a coordinate.
pub(super) fn seconds(time: Timestamp) -> f64 {
    time.as_secs() as f64
}

/// Dates on which a time axis gets a label: years, months or days, about `count` of them.
pub(super) fn dates(first: Timestamp, last: Timestamp, count: usize) -> Vec<(f64, String)> {
    let day = Interval::days(1);
    let mut days = Vec::new();
    let mut time = first.floor_to(day);
    if time < first {
        time = time + day;
    }
    while time <= last {
        days.push(time);
        time = time + day;
    }
    let months: Vec<_> = days.iter().copied().filter(|&t| (t - day).month() != t.month()).collect();
    let count = count.max(1);
    if months.len() < 3 {
        let step = days.len() / count + 1;
        let label = |t: Timestamp| t.to_string().chars().skip(5).take(5).collect();
        return days.into_iter().step_by(step).map(|t| (seconds(t), label(t))).collect();
    }
    let step = [1, 2, 3, 6, 12, 24, 60].into_iter().find(|s| months.len() / s < count);
    let step = step.unwrap_or(120);
    let label = |t: Timestamp| {
        let (year, month) = (t.year(), t.month());
        if step >= 12 { format!("{year}") } else { format!("{year}-{month:02}") }
    };
    let due = |t: &Timestamp| {
        let index = i64::from(t.year()) * 12 + i64::from(t.month()) - 1;
        index % step as i64 == 0
    };
    months.into_iter().filter(due).map(|t| (seconds(t), label(t))).collect()
}
