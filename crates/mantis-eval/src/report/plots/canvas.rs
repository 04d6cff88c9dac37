//! A drawing surface measured in CSS pixels with sub-pixel positions.

use std::cell::RefCell;
use std::fmt::Write as _;

use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::prelude::{Color, IntoFont, ShapeStyle, TextStyle};
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::theme::{self, Ink};
use crate::report::text::escape;
use crate::report::{Span, Svg};
use crate::{Error, Result};

/// The backend places things on whole numbers; drawing ten of them per pixel keeps curves smooth.
const UNITS: f64 = 10.0;
/// The backend divides font sizes by this number.
const FONT_FACTOR: f64 = 1.24;
/// Size of labels, in pixels.
pub(super) const LABEL: f64 = 12.5;

/// Width of a picture in pixels at which text has its nominal size.
pub(super) const FULL: f64 = 880.0;
/// As [`FULL`], for pictures of half the page's width.
pub(super) const HALF: f64 = 390.0;
/// As [`FULL`], for pictures on a phone.
pub(super) const PHONE: f64 = 370.0;

/// A point in pixels from the upper left corner.
pub(super) type Point = (f64, f64);

/// What stands before a name in a legend.
#[derive(Clone, Copy)]
pub(super) enum Mark {
    Dot,
    Diamond,
    Dash,
}

/// How a piece of text is set.
#[derive(Clone, Copy)]
pub(super) struct Type {
    pub(super) ink: Ink,
    pub(super) size: f64,
    pub(super) bold: bool,
    pub(super) h: HPos,
    pub(super) v: VPos,
}

impl Type {
    pub(super) const fn new(ink: Ink, h: HPos, v: VPos) -> Self {
        Self { ink, size: LABEL, bold: false, h, v }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn size(self, size: f64) -> Self {
        Self { size, ..self }
    }
}

/// One picture while it is drawn.
pub(super) struct Canvas<'a> {
    chart: &'static str,
    area: DrawingArea<SVGBackend<'a>, Shift>,
    width: f64,
    height: f64,
    hover: RefCell<String>,
}

fn unit(pixels: f64) -> i32 {
    (pixels * UNITS).round() as i32
}

fn units((x, y): Point) -> (i32, i32) {
    (unit(x), unit(y))
}

fn stroke(ink: Ink, width: f64, alpha: f64) -> ShapeStyle {
    let color = ink.marker().mix(alpha);
    ShapeStyle { color, filled: false, stroke_width: unit(width).max(1).unsigned_abs() }
}

fn fill(ink: Ink, alpha: f64) -> ShapeStyle {
    ink.marker().mix(alpha).filled()
}

impl Canvas<'_> {
    pub(super) fn width(&self) -> f64 {
        self.width
    }

    pub(super) fn height(&self) -> f64 {
        self.height
    }

    pub(super) fn is_phone(&self) -> bool {
        self.width < HALF
    }

    pub(super) fn line(&self, points: &[Point], ink: Ink, width: f64) -> Result<()> {
        self.line_faint(points, ink, width, 1.0)
    }

    pub(super) fn line_faint(
        &self,
        points: &[Point],
        ink: Ink,
        width: f64,
        alpha: f64,
    ) -> Result<()> {
        let points: Vec<_> = points.iter().map(|&p| units(p)).collect();
        self.drawn(self.area.draw(&PathElement::new(points, stroke(ink, width, alpha))))
    }

    /// A straight line in dashes, for references that are no data.
    pub(super) fn dashes(&self, from: Point, to: Point, ink: Ink, width: f64) -> Result<()> {
        const PERIOD: f64 = 7.0;
        const SHARE: f64 = 0.6;
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let count = (length / PERIOD).ceil().max(1.0);
        let at = |s: f64| (from.0 + (to.0 - from.0) * s, from.1 + (to.1 - from.1) * s);
        for i in 0..count as usize {
            let start = i as f64 / count;
            self.line(&[at(start), at(start + SHARE / count)], ink, width)?;
        }
        Ok(())
    }

    pub(super) fn rect(&self, from: Point, to: Point, ink: Ink, alpha: f64) -> Result<()> {
        let corners = [
            units((from.0.min(to.0), from.1.min(to.1))),
            units((from.0.max(to.0), from.1.max(to.1))),
        ];
        self.drawn(self.area.draw(&Rectangle::new(corners, fill(ink, alpha))))
    }

    pub(super) fn dot(&self, centre: Point, radius: f64, ink: Ink) -> Result<()> {
        self.drawn(self.area.draw(&Circle::new(units(centre), unit(radius), fill(ink, 1.0))))
    }

    /// A filled shape with straight edges.
    pub(super) fn shape(&self, points: &[Point], ink: Ink, alpha: f64) -> Result<()> {
        let points: Vec<_> = points.iter().map(|&p| units(p)).collect();
        self.drawn(self.area.draw(&Polygon::new(points, fill(ink, alpha))))
    }

    pub(super) fn diamond(&self, (x, y): Point, size: f64, ink: Ink) -> Result<()> {
        let corners = [(x - size, y), (x, y - size), (x + size, y), (x, y + size)];
        self.shape(&corners, ink, 1.0)
    }

    /// Names with their mark in the upper right corner.
    pub(super) fn legend(&self, entries: &[(Mark, Ink, &str)]) -> Result<()> {
        const MIDDLE: f64 = 14.0;
        let mut right = self.width - 6.0;
        for &(mark, ink, name) in entries.iter().rev() {
            let left = right - text_width(name, LABEL);
            self.text((left, MIDDLE), name, Type::new(Ink::Text, HPos::Left, VPos::Center))?;
            let at = (left - 11.0, MIDDLE);
            match mark {
                Mark::Dot => self.dot(at, 4.0, ink)?,
                Mark::Diamond => self.diamond(at, 6.5, ink)?,
                Mark::Dash => self.line(&[(at.0 - 5.0, at.1), (at.0 + 5.0, at.1)], ink, 2.0)?,
            }
            right = left - 32.0;
        }
        Ok(())
    }

    pub(super) fn text(&self, at: Point, text: &str, set: Type) -> Result<()> {
        let font = ("sans-serif", set.size * UNITS * FONT_FACTOR).into_font();
        let font = if set.bold { font.style(plotters::style::FontStyle::Bold) } else { font };
        let marker = set.ink.marker();
        let style = TextStyle::from(font).color(&marker).pos(Pos::new(set.h, set.v));
        self.drawn(self.area.draw_text(text, &style, units(at)))
    }

    /// Text that appears while the pointer rests on a disc.
    pub(super) fn hover_dot(&self, centre: Point, radius: f64, text: &str) {
        let ((x, y), r) = (units(centre), unit(radius));
        let _ = writeln!(
            self.hover.borrow_mut(),
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" fill=\"transparent\"><title>{}</title></circle>",
            escape(text)
        );
    }

    /// Text that appears while the pointer rests on a box.
    pub(super) fn hover_rect(&self, from: Point, to: Point, text: &str) {
        let ((x, y), (w, h)) = (units(from), units((to.0 - from.0, to.1 - from.1)));
        let _ = writeln!(
            self.hover.borrow_mut(),
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\" fill=\"transparent\">\
             <title>{}</title></rect>",
            escape(text)
        );
    }

    fn drawn<E>(&self, outcome: std::result::Result<(), E>) -> Result<()>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        outcome.map_err(|e| Error::ChartDrawing { chart: self.chart, source: Box::new(e) })
    }
}

/// Draws one picture of the given width; `height` follows from the width.
fn draw(
    chart: &'static str,
    (width, height): Point,
    paint: &dyn Fn(&Canvas<'_>) -> Result<()>,
) -> Result<String> {
    let mut source = String::new();
    let hover = {
        let size = (unit(width).unsigned_abs(), unit(height).unsigned_abs());
        let area = SVGBackend::with_string(&mut source, size).into_drawing_area();
        let canvas = Canvas { chart, area, width, height, hover: RefCell::default() };
        paint(&canvas)?;
        canvas.drawn(canvas.area.present())?;
        canvas.hover.take()
    };
    let source = theme::apply(&source);
    let body = source.trim_end().trim_end_matches("</svg>");
    Ok(format!("{body}{hover}</svg>"))
}

/// A picture of the page's full width, drawn twice: for a desktop and for a phone.
pub(super) fn full(
    chart: &'static str,
    title: &str,
    height: impl Fn(f64) -> f64,
    paint: impl Fn(&Canvas<'_>) -> Result<()>,
) -> Result<Svg> {
    let wide = draw(chart, (FULL, height(FULL)), &paint)?;
    let narrow = draw(chart, (PHONE, height(PHONE)), &paint)?;
    Svg::new(title, Span::Full, &wide)?.with_narrow(&narrow)
}

/// A picture of half the page's width.
pub(super) fn half(
    chart: &'static str,
    title: &str,
    height: f64,
    paint: impl Fn(&Canvas<'_>) -> Result<()>,
) -> Result<Svg> {
    Svg::new(title, Span::Half, &draw(chart, (HALF, height), &paint)?)
}

/// A generous guess of the width of a text in pixels; the true width depends on the reader's
/// fonts.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let em: f64 =
        text.chars()
            .map(|c| match c {
                'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | '|' | ' ' | '\''
                | '-' => 0.36,
                'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.95,
                c if c.is_uppercase() => 0.7,
                _ => 0.61,
            })
            .sum();
    em * size
}

/// `text`, or its beginning with an ellipsis when it is wider than `room` pixels.
pub(super) fn fitted(text: &str, size: f64, room: f64) -> String {
    if text_width(text, size) <= room {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        if text_width(&short, size) + text_width("m…", size) > room {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}
