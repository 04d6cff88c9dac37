//! What the answers of the APIs have in common.

use serde_json::Value;

use super::feed::Outcome;
use super::http::{Answer, Refusal, excerpt};
use crate::error::{Error, Result};
use crate::range::TimeRange;
use crate::store::{DatasetKind, Piece, Rows};
use crate::time::{Interval, Timestamp};

/// Nobody can do anything about an answer of another form but wait for a version that knows it.
const HINT: &str = "nothing of it was stored; the API may have changed, look for a newer version";

/// The body of an answer as JSON.
pub(crate) fn parse(place: &str, body: &[u8]) -> Result<Value> {
    serde_json::from_slice(body).map_err(|error| {
        content(place, format!("not JSON ({error}), it starts with {:?}", excerpt(body)))
    })
}

/// Takes only JSON, whatever the status says.
pub(super) fn judge_json(answer: &Answer) -> std::result::Result<Value, Refusal> {
    serde_json::from_slice(answer.body()).map_err(|_| {
        Refusal::for_good(
            format!("status {} with {:?} instead of JSON", answer.status(), answer.excerpt()),
            "check the address of the source; a portal or a proxy may be in between",
        )
    })
}

pub(super) fn content(place: &str, problem: impl Into<String>) -> Error {
    Error::Content { place: place.to_owned(), problem: problem.into(), hint: HINT }
}

/// A finite number, which the APIs write as a number or as a text.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

/// A time in milliseconds, as a number or as a text.
pub(super) fn millis(value: &Value) -> Option<Timestamp> {
    let millis = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let time = Timestamp::from_millis(millis?)?;
    (time >= Timestamp::MIN && time <= Timestamp::MAX).then_some(time)
}

/// A list of the answer.
pub(super) fn list<'a>(place: &str, value: &'a Value, path: &str) -> Result<&'a Vec<Value>> {
    let found = if path.is_empty() { Some(value) } else { value.pointer(path) };
    found.and_then(Value::as_array).ok_or_else(|| {
        content(place, format!("expected a list{}", path.replace('/', " ").trim_end()))
    })
}

/// Rows of an API in any order, some of them perhaps twice, as rows in order, each once.
///
/// # Errors
/// [`Error::Content`] if two rows of one time differ.
pub(super) fn in_order<const N: usize>(
    place: &str,
    mut found: Vec<(Timestamp, [f64; N])>,
    names: [&'static str; N],
) -> Result<Rows> {
    found.sort_by_key(|&(time, _)| time);
    found.dedup_by(|a, b| a.0 == b.0 && a.1.map(f64::to_bits) == b.1.map(f64::to_bits));
    if let Some(pair) = found.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(content(place, format!("two different rows of {}", pair[0].0)));
    }
    let times = found.iter().map(|row| row.0).collect();
    let column = |at: usize| found.iter().map(|row| row.1[at]).collect();
    Rows::new(place, times, names.into_iter().enumerate().map(|(at, name)| (name, column(at))))
}

/// The outcome of a window: the rows that were final at `complete_until`, and the stretch that they are all of.
///
/// A source may list its newest rows a little late, so the last ten minutes before `complete_until`, and at least one bar, count
/// as covered only as far as rows reach.
pub(super) fn window(
    source: &'static str,
    kind: DatasetKind,
    range: TimeRange,
    rows: &Rows,
    complete_until: Timestamp,
    now: Timestamp,
) -> Outcome {
    let tick = Interval::from_micros(1);
    // Bars are covered as wholes: an API that is asked from the middle of one starts with the next.
    let late = Interval::minutes(10);
    let (length, settled) = match kind {
        DatasetKind::Bars(interval) => {
            (interval, (complete_until - interval.max(late)).floor_to(interval))
        }
        _ => (tick, complete_until - late),
    };
    let last_open = complete_until - length + tick;
    let rows = rows.between(TimeRange::new(range.from, range.until.min(last_open)));
    let reached = rows.times().last().map_or(range.from, |&last| last + length);
    let covered = TimeRange::new(range.from, reached.max(settled.min(range.until)));
    if covered.is_empty() {
        return Outcome::NotYet;
    }
    let piece = Piece {
        range: covered,
        source: source.to_owned(),
        origin: None,
        sha256: None,
        rows: rows.len(),
        fetched_at: now,
    };
    Outcome::Rows(piece, rows)
}

/// Cuts a range into windows of at most `rows` rows that are `step` apart.
pub(super) fn windows(range: TimeRange, step: Interval, rows: i64) -> Vec<TimeRange> {
    let length = Interval::from_micros(step.as_micros() * rows);
    let mut windows = Vec::new();
    let mut from = range.from;
    while from < range.until {
        let until = (from + length).min(range.until);
        windows.push(TimeRange::new(from, until));
        from = until;
    }
    windows
}
