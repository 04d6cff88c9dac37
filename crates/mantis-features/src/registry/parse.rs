//! Reading column names.
//!
//! ```text
//! column    = indicator [ "@" symbol { "+" symbol } ] [ "/" timeframe ] { "|" transform }
//! indicator = name { "_" number }  or  name "(" number { "," number } ")"
//! transform = name [ "(" number ")" ]  or  name "_" number
//! timeframe = number ( "m" | "h" | "d" )
//! ```

use mantis_data::Interval;

use super::fault::ColumnFault;
use super::transform::{Applied, Transform, transforms};
use super::{Indicator, MOST, find};
use crate::{Error, Result};

/// What stands in a column name.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) indicator: &'static Indicator,
    pub(super) params: Vec<usize>,
    pub(super) symbols: Vec<String>,
    pub(super) timeframe: Option<Interval>,
    pub(super) transforms: Vec<Applied>,
}

/// A piece of the text and where it starts, in bytes.
#[derive(Clone, Copy, Debug)]
struct Piece<'a> {
    at: usize,
    text: &'a str,
}

impl<'a> Piece<'a> {
    /// Without the spaces around it.
    fn trimmed(self) -> Self {
        let start = self.text.trim_start();
        Self { at: self.at + self.text.len() - start.len(), text: start.trim_end() }
    }

    /// What stands before and after the first `mark`.
    fn split(self, mark: char) -> (Self, Option<Self>) {
        match self.text.split_once(mark) {
            None => (self, None),
            Some((before, after)) => {
                let at = self.at + before.len() + mark.len_utf8();
                (Self { at: self.at, text: before }, Some(Self { at, text: after }))
            }
        }
    }

    /// All pieces between the marks.
    fn pieces(self, mark: char) -> Vec<Self> {
        let (mut pieces, mut rest) = (Vec::new(), Some(self));
        while let Some(piece) = rest {
            let (first, after) = piece.split(mark);
            pieces.push(first.trimmed());
            rest = after;
        }
        pieces
    }
}

type Fault = (usize, ColumnFault);

/// Reads a column name.
pub(super) fn parse(name: &str) -> Result<Parts> {
    read(name).map_err(|(at, reason)| {
        let at = name.get(..at).map_or(at, |before| before.chars().count());
        Error::Column { name: name.to_owned(), at, reason }
    })
}

fn read(name: &str) -> std::result::Result<Parts, Fault> {
    let pieces = Piece { at: 0, text: name }.pieces('|');
    let (head, after) = (pieces[0], &pieces[1..]);
    let (head, timeframe) = head.split('/');
    let (stem, symbols) = head.split('@');
    let (stem, params) = words(stem.trimmed(), find)?;
    let indicator = stem.found;
    check_params(indicator, stem.piece, &params)?;
    let symbols = match symbols {
        None => Vec::new(),
        Some(symbols) => read_symbols(symbols)?,
    };
    check_symbols(indicator, name, &symbols)?;
    let timeframe = timeframe.map(|t| read_timeframe(t.trimmed())).transpose()?;
    let transforms =
        after.iter().map(|&t| read_transform(t)).collect::<std::result::Result<_, _>>()?;
    Ok(Parts {
        indicator,
        params: params.into_iter().map(|(_, n)| n).collect(),
        symbols: symbols.into_iter().map(|s| s.text.to_owned()).collect(),
        timeframe,
        transforms,
    })
}

/// What a name stands for, and where it stood.
struct Named<'a, T> {
    piece: Piece<'a>,
    found: T,
}

/// Parameters, each with its place.
type Placed = Vec<(usize, usize)>;

/// Reads `name(1,2)`, `name_1_2` or `name`; a number keeps its place.
fn words<'a, T>(
    piece: Piece<'a>,
    find: impl Fn(&str) -> Option<T>,
) -> std::result::Result<(Named<'a, T>, Placed), Fault> {
    if let (name, Some(inside)) = piece.split('(') {
        let name = name.trimmed();
        let found = find(name.text).ok_or((name.at, ColumnFault::Unknown))?;
        let end = inside.at + inside.text.len();
        let Some(list) = inside.text.strip_suffix(')') else {
            return Err((end, ColumnFault::Unclosed));
        };
        let numbers = Piece { at: inside.at, text: list }
            .pieces(',')
            .into_iter()
            .map(|n| number(n).map(|value| (n.at, value)).ok_or((n.at, ColumnFault::NoNumber)))
            .collect::<std::result::Result<_, _>>()?;
        return Ok((Named { piece: name, found }, numbers));
    }
    let (mut stem, mut numbers) = (piece, Vec::new());
    loop {
        if let Some(found) = find(stem.text) {
            return Ok((Named { piece: stem, found }, numbers));
        }
        let shorter = stem.text.rsplit_once('_').and_then(|(rest, last)| {
            let at = stem.at + rest.len() + 1;
            Some((rest, at, number(Piece { at, text: last })?))
        });
        let Some((rest, at, value)) = shorter else { return Err((piece.at, ColumnFault::Unknown)) };
        numbers.insert(0, (at, value));
        stem.text = rest;
    }
}

/// A whole number without sign or leading zero.
fn number(piece: Piece<'_>) -> Option<usize> {
    let canonical = piece.text == "0" || !piece.text.starts_with('0');
    let digits = !piece.text.is_empty() && piece.text.bytes().all(|b| b.is_ascii_digit());
    (canonical && digits).then(|| piece.text.parse().ok()).flatten()
}

fn check_params(
    indicator: &Indicator,
    stem: Piece<'_>,
    params: &[(usize, usize)],
) -> std::result::Result<(), Fault> {
    let (expected, got) = (indicator.params.len(), params.len());
    if expected != got {
        let end = stem.at + stem.text.len();
        return Err((end, ColumnFault::Parameters { expected, got }));
    }
    for (param, &(at, got)) in indicator.params.iter().zip(params) {
        let parameter = param.name;
        if got < param.least {
            return Err((at, ColumnFault::TooSmall { parameter, least: param.least, got }));
        }
        if got > MOST {
            return Err((at, ColumnFault::TooLarge { parameter, most: MOST, got }));
        }
    }
    if let [(_, first), (at, second), ..] = params
        && indicator.rising
        && first >= second
    {
        let names = [indicator.params[0].name, indicator.params[1].name];
        return Err((*at, ColumnFault::NotRising { names, got: [*first, *second] }));
    }
    Ok(())
}

fn read_symbols(list: Piece<'_>) -> std::result::Result<Vec<Piece<'_>>, Fault> {
    let symbols = list.pieces('+');
    for symbol in &symbols {
        let ok = |c: char| c.is_ascii_alphanumeric() || "_-.^=".contains(c);
        if symbol.text.is_empty() || !symbol.text.chars().all(ok) {
            return Err((symbol.at, ColumnFault::BadSymbol));
        }
    }
    Ok(symbols)
}

fn check_symbols(
    indicator: &Indicator,
    name: &str,
    symbols: &[Piece<'_>],
) -> std::result::Result<(), Fault> {
    let several = indicator.inputs.contains(&super::Input::Others);
    match (indicator.needs_other(), symbols) {
        (true, []) => Err((name.len(), ColumnFault::NoOther)),
        (_, [_, second, ..]) if !several => Err((second.at, ColumnFault::OneSymbol)),
        _ => Ok(()),
    }
}

fn read_timeframe(piece: Piece<'_>) -> std::result::Result<Interval, Fault> {
    let bad = (piece.at, ColumnFault::Timeframe);
    let timeframe: Interval = piece.text.parse().map_err(|_| bad)?;
    if timeframe <= Interval::default() { Err(bad) } else { Ok(timeframe) }
}

fn read_transform(piece: Piece<'_>) -> std::result::Result<Applied, Fault> {
    let by_name =
        |name: &str| -> Option<&'static Transform> { transforms().find(|t| t.name == name) };
    let (name, numbers) = words(piece, by_name).map_err(|(at, fault)| match fault {
        ColumnFault::Unknown => (at, ColumnFault::UnknownTransform),
        fault => (at, fault),
    })?;
    let transform = name.found;
    let end = name.piece.at + name.piece.text.len();
    match (transform.least, &numbers[..]) {
        (None, []) => Ok(Applied { transform, n: 0 }),
        (Some(least), &[(at, got)]) if got < least => {
            Err((at, ColumnFault::TooSmall { parameter: "n", least, got }))
        }
        (Some(_), &[(at, got)]) if got > MOST => {
            Err((at, ColumnFault::TooLarge { parameter: "n", most: MOST, got }))
        }
        (Some(_), &[(_, n)]) => Ok(Applied { transform, n }),
        (least, _) => {
            let expected = usize::from(least.is_some());
            Err((end, ColumnFault::Parameters { expected, got: numbers.len() }))
        }
    }
}
