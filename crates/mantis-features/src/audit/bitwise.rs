//! Checks that compare bits.

use mantis_data::{Interval, Panel, SeriesKind, Timestamp};

use super::AuditOptions;
use super::panels::perturbed;
use super::report::{Check, Fault};
use super::subject::{Subject, Table, table};
use crate::{Error, Result};

/// Times spread over the later part of the table at which the panel is cut.
fn cuts(whole: &Table, options: &AuditOptions) -> Vec<Timestamp> {
    let rows = whole.known_at.len();
    let (first, last) = (rows / 3, rows.saturating_sub(2));
    // A prime step away from the even spread, so that cuts fall on all hours of longer timeframes.
    (0..options.cuts)
        .map(|k| first + (last - first) * k / options.cuts + 7 * k % 24)
        .map(|row| whole.known_at[row.min(last)])
        .collect()
}

/// Compares all rows known up to `t`; a fault for each column that differs, with its first row and its largest change.
fn differences(whole: &Table, other: &Table, t: Timestamp, faults: &mut Vec<Fault>) {
    let rows = whole.known_at.partition_point(|&known| known <= t);
    let there = other.known_at.partition_point(|&known| known <= t);
    if whole.known_at[..rows] != other.known_at[..there] {
        let first = whole.known_at[..rows].iter().find(|k| !other.known_at[..there].contains(k));
        note(
            faults,
            "",
            first.copied(),
            f64::INFINITY,
            format!("{there} rows up to {t} instead of {rows}"),
        );
        return;
    }
    for (name, column) in whole.names.iter().zip(&whole.columns) {
        let Some(at) = other.names.iter().position(|n| n == name) else {
            let detail = format!("is missing when computed on data up to {t}");
            note(faults, name, None, f64::INFINITY, detail);
            continue;
        };
        let (a, b) = (&column[..rows], &other.columns[at][..rows]);
        let differs =
            |(x, y): (&f64, &f64)| x.to_bits() != y.to_bits() && !(x.is_nan() && y.is_nan());
        let Some(first) = a.iter().zip(b).position(differs) else { continue };
        let size = largest_change(a, b);
        let time = whole.known_at[first];
        let detail = format!(
            "first differs at the row known at {time} ({} and {}), largest change {size:.2e} of its usual size",
            a[first], b[first]
        );
        note(faults, name, Some(time), size, detail);
    }
}

/// Largest change relative to the root mean square of the column; infinite where a value comes or goes.
fn largest_change(a: &[f64], b: &[f64]) -> f64 {
    let known: Vec<f64> = a.iter().copied().filter(|v| v.is_finite()).collect();
    let usual = (known.iter().map(|v| v * v).sum::<f64>() / known.len().max(1) as f64).sqrt();
    let change = a.iter().zip(b).filter(|(x, y)| !(x.is_nan() && y.is_nan()));
    change.fold(0.0, |largest: f64, (x, y)| {
        let size = (x - y).abs() / if usual > 0.0 { usual } else { 1.0 };
        largest.max(if size.is_nan() { f64::INFINITY } else { size })
    })
}

/// Keeps the earliest and largest of a column's faults.
fn note(
    faults: &mut Vec<Fault>,
    column: &str,
    first: Option<Timestamp>,
    size: f64,
    detail: String,
) {
    match faults.iter_mut().find(|fault| fault.column == column) {
        None => faults.push(Fault { column: column.to_owned(), first, size, detail }),
        Some(known) => {
            known.size = known.size.max(size);
            if first.is_some_and(|time| known.first.is_none_or(|earlier| time < earlier)) {
                (known.first, known.detail) = (first, detail);
            }
        }
    }
}

/// What has no value cannot differ, so it would pass all that follows.
pub(super) fn values(whole: &Table) -> Check {
    let rows = whole.known_at.len();
    let is_empty = |(_, column): &(&String, &Vec<f64>)| !column.iter().any(|v| v.is_finite());
    let fault = |(name, _): (&String, _)| Fault {
        column: name.clone(),
        first: None,
        size: f64::INFINITY,
        detail: format!(
            "has no value in the last {rows} rows, so nothing of it was audited; raise exact_rows or leave it out"
        ),
    };
    let faults = whole.names.iter().zip(&whole.columns).filter(is_empty).map(fault);
    Check::of("values", format!("{} columns, {rows} rows", whole.names.len()), faults.collect())
}

pub(super) fn truncation(
    subject: &dyn Subject,
    panel: &Panel,
    whole: &Table,
    options: &AuditOptions,
) -> Result<Check> {
    let shorter = |_, t| Ok(panel.as_of(t));
    let (cuts, faults) = at_cuts(subject, whole, options, shorter)?;
    let note = format!("{cuts} cuts, {} rows", whole.known_at.len());
    Ok(Check::of("truncation", note, faults))
}

pub(super) fn perturbation(
    subject: &dyn Subject,
    panel: &Panel,
    whole: &Table,
    options: &AuditOptions,
) -> Result<Check> {
    let other = |k: u64, t| perturbed(panel, t, options.seed.wrapping_add(10 * k));
    let (cuts, faults) = at_cuts(subject, whole, options, other)?;
    let note = format!("{cuts} futures, {} rows", whole.known_at.len());
    Ok(Check::of("future perturbation", note, faults))
}

/// What differs up to each cut when the panel is another one after it; and the number of cuts.
fn at_cuts(
    subject: &dyn Subject,
    whole: &Table,
    options: &AuditOptions,
    panel: impl Fn(u64, Timestamp) -> Result<Panel>,
) -> Result<(usize, Vec<Fault>)> {
    let (mut faults, cuts) = (Vec::new(), cuts(whole, options));
    for (k, &t) in (0..).zip(&cuts) {
        differences(whole, &table(subject, &panel(k, t)?)?, t, &mut faults);
    }
    Ok((cuts.len(), faults))
}

pub(super) fn availability(
    subject: &dyn Subject,
    panel: &Panel,
    whole: &Table,
    options: &AuditOptions,
) -> Result<Check> {
    const NAME: &str = "availability";
    let mut faults = Vec::new();
    let symbol = subject.symbol();
    let missing = || Error::MissingSymbol { symbol: symbol.to_owned() };
    let bars = panel.bars(symbol).ok_or_else(missing)?;
    for &known in &whole.known_at {
        if bars.position(known - bars.interval()).is_none() {
            let detail = format!("the row known at {known} belongs to no bar that closed then");
            note(&mut faults, "", Some(known), 1.0, detail);
        }
    }
    // Just before a bar closes there must be no row of it, and no value may have used it; nor what any other series then publishes.
    let stamps = published(panel, whole, options);
    let series = stamps.len();
    for t in cuts(whole, options).into_iter().chain(stamps) {
        let before = t - Interval::from_micros(1);
        let early = table(subject, &panel.as_of(before))?;
        if let Some(&known) = early.known_at.iter().find(|&&known| known > before) {
            let detail = format!("data up to {before} gave a row known at {known}");
            note(&mut faults, "", Some(known), 1.0, detail);
        }
        differences(whole, &early, before, &mut faults);
    }
    let rows = whole.known_at.len();
    let text = format!(
        "{rows} rows, each at the close of a bar that is there; cut just before a value of each of {series} series"
    );
    Ok(Check::of(NAME, text, faults))
}

/// For every series of the panel, bars of other symbols included, a time in the later part of the table at which it published.
fn published(panel: &Panel, whole: &Table, options: &AuditOptions) -> Vec<Timestamp> {
    let rows = whole.known_at.len();
    let (from, to) = (whole.known_at[rows / 3], whole.known_at[rows - 1]);
    let mut all = Vec::new();
    for symbol in panel.symbols() {
        if let Some(bars) = panel.bars(symbol) {
            all.push((0..bars.len()).map(|i| bars.known_at(i)).collect());
        }
        let series = SeriesKind::ALL.iter().filter_map(|&kind| panel.series(symbol, kind));
        all.extend(series.map(|series| series.known_at().to_vec()));
    }
    let mut stamps: Vec<Timestamp> = (0..)
        .zip(&all)
        .filter_map(|(k, known): (u64, &Vec<Timestamp>)| {
            let within = known.partition_point(|&t| t <= from)..known.partition_point(|&t| t <= to);
            let pick = options.seed.wrapping_add(k) as usize % within.len().max(1);
            known[within].get(pick).copied()
        })
        .collect();
    stamps.sort_unstable();
    stamps.dedup();
    stamps
}

pub(super) fn streaming(subject: &dyn Subject, panel: &Panel, whole: &Table) -> Result<Check> {
    const NAME: &str = "streaming";
    let failed = |source| Error::Audited { subject: subject.name().to_owned(), source };
    let Some(mut stream) = subject.live(panel).map_err(failed)? else {
        return Ok(Check::not_made(NAME, "the subject has no live form"));
    };
    let mut live = Table { names: whole.names.clone(), ..Table::default() };
    live.columns = vec![Vec::new(); whole.names.len()];
    for &open_time in panel.clock() {
        let known = panel.as_of(open_time + panel.interval());
        let Some((known_at, values)) = stream.catch_up(&known).map_err(failed)? else { continue };
        if values.len() != live.columns.len() {
            let (got, columns) = (values.len(), live.columns.len());
            let reason =
                format!("its live row known at {known_at} has {got} values for {columns} columns");
            return Err(Error::AuditTable { subject: subject.name().to_owned(), reason });
        }
        live.known_at.push(known_at);
        for (column, value) in live.columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
    let mut faults = Vec::new();
    differences(whole, &live, Timestamp::MAX, &mut faults);
    Ok(Check::of(NAME, format!("{} rows, one by one", live.known_at.len()), faults))
}
