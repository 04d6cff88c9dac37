//! Horizontal bars: contributions and rankings.

use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Frame;
use super::canvas::{self, Canvas, LABEL, Type, fitted, text_width};
use super::check;
use super::theme::Ink;
use crate::Result;
use crate::report::Svg;

const ROW: f64 = 26.0;

/// How much each feature pushed a forecast up or down, the strongest on top.
///
/// # Errors
/// When there is no feature, the lengths differ, or a value is not finite.
///
/// # Example
/// ```
/// use mantis_eval::report::plots;
/// plots::contributions(&["rsi_14", "mode_3"], &[0.021, -0.007])?;
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn contributions<S: AsRef<str>>(names: &[S], values: &[f64]) -> Result<Svg> {
    const CHART: &str = "contributions";
    check::finite(CHART, "contributions", values, 1)?;
    check::same_length(CHART, "names", names.len(), values.len())?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].abs().total_cmp(&values[a].abs()).then(a.cmp(&b)));
    let rows: Vec<(&str, f64)> = order.iter().map(|&i| (names[i].as_ref(), values[i])).collect();
    let height = 34.0 + ROW * rows.len() as f64 + 6.0;
    canvas::half(CHART, "Feature contributions", height, |canvas| paint_signed(canvas, &rows))
}

fn paint_signed(canvas: &Canvas<'_>, rows: &[(&str, f64)]) -> Result<()> {
    let left = names_width(canvas, rows.iter().map(|(name, _)| *name));
    let reach = rows.iter().map(|(_, v)| v.abs()).fold(f64::MIN_POSITIVE, f64::max);
    let decimals = (2.0 - reach.log10().floor()).clamp(0.0, 8.0) as usize;
    let number = |v: f64| format!("{v:+.decimals$}").replace('-', "−");
    let numbers = rows.iter().map(|(_, v)| text_width(&number(*v), LABEL)).fold(0.0, f64::max);
    let frame = Frame::new(
        (left, 30.0),
        (canvas.width() - numbers - 14.0, canvas.height() - 6.0),
        (-reach, reach),
        (0.0, 1.0),
    );
    let zero = frame.x(0.0);
    for (at, anchor, text, ink) in [
        (zero - 10.0, HPos::Right, "◂ down", Ink::Second),
        (zero + 10.0, HPos::Left, "up ▸", Ink::Accent),
    ] {
        canvas.text((at, 14.0), text, Type::new(ink, anchor, VPos::Center).bold())?;
    }
    for (row, &(name, value)) in rows.iter().enumerate() {
        let y = frame.top() + ROW * (row as f64 + 0.5);
        name_at(canvas, y, left, name, Type::new(Ink::Text, HPos::Left, VPos::Center))?;
        let ink = if value >= 0.0 { Ink::Accent } else { Ink::Second };
        canvas.rect((zero, y - 8.0), (frame.x(value), y + 8.0), ink, 0.9)?;
        let set = Type::new(Ink::Muted, HPos::Right, VPos::Center);
        canvas.text((canvas.width() - 2.0, y), &number(value), set)?;
    }
    canvas.line(&[(zero, frame.top()), (zero, frame.bottom())], Ink::Muted, 1.2)
}

/// Shares of a pay-out among competitors, the highest on top, with one's own bar set off and a
/// line at the share that everybody would get if all were equal.
///
/// `mine` is an index into `names` from 0. When there are many competitors, the best ones and
/// those around `mine` are shown, and the left-out ranks are named.
///
/// # Errors
/// When there is nobody, the lengths differ, a share is negative or not finite, or `mine` is
/// outside.
///
/// # Example
/// ```
/// use mantis_eval::report::plots;
/// plots::ranking(&["oracle", "mine", "noise"], &[0.7, 0.25, 0.05], 1)?;
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn ranking<S: AsRef<str>>(names: &[S], shares: &[f64], mine: usize) -> Result<Svg> {
    const CHART: &str = "ranking";
    check::count(CHART, "shares", shares.len(), 1)?;
    let share = |v: f64| check::is_drawable(v) && v >= 0.0;
    check::within(CHART, "shares", shares, share, "a finite number of at least 0")?;
    check::same_length(CHART, "names", names.len(), shares.len())?;
    check::index(CHART, "mine", mine, names.len())?;
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]).then(a.cmp(&b)));
    let rank = order.iter().position(|&i| i == mine).unwrap_or_default();
    let rows: Vec<Rank> = shown(order.len(), rank)
        .into_iter()
        .map(|row| match row {
            Row::Place(place) => Rank::Place {
                name: format!("{}. {}", place + 1, names[order[place]].as_ref()),
                share: shares[order[place]],
                mine: place == rank,
            },
            Row::Gap(from, to) => Rank::Gap(format!("… ranks {} to {}", from + 1, to + 1)),
        })
        .collect();
    let uniform = shares.iter().sum::<f64>() / shares.len() as f64;
    let height = |_| 34.0 + ROW * rows.len() as f64 + 6.0;
    canvas::full(CHART, "Competitor ranking", height, |canvas| {
        paint_ranking(canvas, &rows, Some(uniform))
    })
}

/// What several parts add to a whole, the largest on top.
///
/// # Errors
/// When there is no part, the lengths differ, or a part is negative or not finite.
///
/// # Example
/// ```
/// use mantis_eval::report::plots;
/// plots::parts("Pay by challenge", &["ETH", "CADUSD"], &[0.021, 0.007])?;
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn parts<S: AsRef<str>>(title: &str, names: &[S], values: &[f64]) -> Result<Svg> {
    const CHART: &str = "parts";
    check::count(CHART, "values", values.len(), 1)?;
    let part = |v: f64| check::is_drawable(v) && v >= 0.0;
    check::within(CHART, "values", values, part, "a finite number of at least 0")?;
    check::same_length(CHART, "names", names.len(), values.len())?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]).then(a.cmp(&b)));
    let place = |&i: &usize| {
        let name = names[i].as_ref().to_owned();
        Rank::Place { name, share: values[i], mine: false }
    };
    let rows: Vec<Rank> = order.iter().map(place).collect();
    let height = |_| 10.0 + ROW * rows.len() as f64 + 6.0;
    canvas::full(CHART, title, height, |canvas| paint_ranking(canvas, &rows, None))
}

enum Rank {
    Place { name: String, share: f64, mine: bool },
    Gap(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Row {
    Place(usize),
    Gap(usize, usize),
}

/// Which places to show: all of up to 24, else the first ten, the five around `rank`, the last.
fn shown(count: usize, rank: usize) -> Vec<Row> {
    const ALL: usize = 24;
    const BEST: usize = 10;
    let keep = |p: usize| count <= ALL || p < BEST || p.abs_diff(rank) <= 2 || p + 1 == count;
    let mut rows = Vec::new();
    for place in 0..count {
        match (keep(place), rows.last_mut()) {
            (true, _) => rows.push(Row::Place(place)),
            (false, Some(Row::Gap(_, to))) => *to = place,
            (false, _) => rows.push(Row::Gap(place, place)),
        }
    }
    rows
}

/// Bars, and a line at an equal share if there is such a thing.
fn paint_ranking(canvas: &Canvas<'_>, rows: &[Rank], uniform: Option<f64>) -> Result<()> {
    let percent = |share: f64| format!("{:.2} %", share * 100.0);
    let names = rows.iter().map(|row| match row {
        Rank::Place { name, .. } | Rank::Gap(name) => name.as_str(),
    });
    let left = names_width(canvas, names);
    let best = rows.iter().map(|row| match row {
        Rank::Place { share, .. } => *share,
        Rank::Gap(_) => 0.0,
    });
    let best = best.fold(uniform.unwrap_or(0.0).max(f64::MIN_POSITIVE), f64::max);
    let right = canvas.width() - text_width("100.00 %", LABEL) - 10.0;
    let top = if uniform.is_some() { 30.0 } else { 6.0 };
    let frame = Frame::new((left, top), (right, canvas.height() - 6.0), (0.0, best), (0.0, 1.0));
    let line = uniform.map(|share| frame.x(share));
    for (row, rank) in rows.iter().enumerate() {
        let y = frame.top() + ROW * (row as f64 + 0.5);
        let plain = Type::new(Ink::Text, HPos::Left, VPos::Center);
        let (name, share, mine) = match rank {
            Rank::Place { name, share, mine } => (name, *share, *mine),
            Rank::Gap(text) => {
                canvas.text((2.0, y), text, Type::new(Ink::Muted, HPos::Left, VPos::Center))?;
                continue;
            }
        };
        if mine {
            let (from, to) = ((0.0, y - ROW / 2.0), (canvas.width(), y + ROW / 2.0));
            canvas.rect(from, to, Ink::Accent, 0.1)?;
        }
        let ink = if mine || uniform.is_none() { Ink::Accent } else { Ink::Quiet };
        let set = if mine { plain.bold() } else { plain };
        name_at(canvas, y, left, name, set)?;
        let end = frame.x(share);
        canvas.rect((left, y - 8.0), (end, y + 8.0), ink, 0.95)?;
        let number = Type { ink: if mine { Ink::Text } else { Ink::Muted }, ..set };
        let clear = line.filter(|line| (end..end + 60.0).contains(line)).unwrap_or(end);
        canvas.text((clear + 6.0, y), &percent(share), number)?;
    }
    let (Some(uniform), Some(line)) = (uniform, line) else { return Ok(()) };
    canvas.dashes((line, frame.top() - 4.0), (line, frame.bottom()), Ink::Second, 1.4)?;
    let text = format!("equal share {}", percent(uniform));
    let half = text_width(&text, LABEL) / 2.0;
    let x = line.max(half + 2.0).min(canvas.width() - half - 2.0);
    canvas.text((x, 14.0), &text, Type::new(Ink::Second, HPos::Center, VPos::Center))
}

/// Room for names at the left: as wide as the widest, at most half of the picture.
fn names_width<'a>(canvas: &Canvas<'_>, names: impl Iterator<Item = &'a str>) -> f64 {
    let widest = names.map(|name| text_width(name, LABEL)).fold(0.0, f64::max);
    (widest + 12.0).min(canvas.width() * 0.5)
}

fn name_at(canvas: &Canvas<'_>, y: f64, room: f64, name: &str, set: Type) -> Result<()> {
    let short = fitted(name, LABEL, room - 8.0);
    if short != name {
        canvas.hover_rect((0.0, y - ROW / 2.0), (room, y + ROW / 2.0), name);
    }
    canvas.text((2.0, y), &short, set)
}
