//! Checks with a fast learner.

use mantis_data::{Panel, Timestamp};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::AuditOptions;
use super::panels::flipped;
use super::report::{Check, Fault};
use super::subject::{Subject, Table, table};
use crate::learn::{Learner, LogisticLearner, Predict, below};
use crate::split::{Split, SplitDates, TrainingView};
use crate::{Error, Result, label};

/// Standard deviations beyond which chance is ruled out, for the learner and for each of many columns.
const BEYOND_CHANCE: f64 = 5.0;

/// Full-coverage accuracy that one should not believe.
const SUSPICIOUS: f64 = 0.56;

/// Rows of which a learner needs as many with all columns.
const LEAST: usize = 200;

/// A table with labels, reduced to columns and rows without gaps.
#[derive(Clone)]
pub(super) struct Labelled {
    /// Columns that were left out for having a value in a third of the rows at most.
    sparse: Vec<String>,
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    up: Vec<Option<bool>>,
    resolves_at: Vec<Timestamp>,
    known_at: Vec<Timestamp>,
}

impl Labelled {
    pub(super) fn new(
        table: Table,
        panel: &Panel,
        symbol: &str,
        options: &AuditOptions,
    ) -> Result<Self> {
        let missing = || Error::MissingSymbol { symbol: symbol.to_owned() };
        let bars = panel.bars(symbol).ok_or_else(missing)?;
        let labels = label::direction(bars, options.horizon)?;
        let by_row: Vec<Option<usize>> =
            table.known_at.iter().map(|&known| bars.position(known - bars.interval())).collect();
        // A column that is mostly empty would take all rows with it.
        let known = |c: &[f64]| c.iter().filter(|v| v.is_finite()).count();
        let rows = table.known_at.len();
        let (kept, sparse): (Vec<usize>, Vec<usize>) =
            (0..table.names.len()).partition(|&j| 3 * known(&table.columns[j]) > rows);
        let whole = |row: &usize| {
            by_row[*row].is_some() && kept.iter().all(|&j| table.columns[j][*row].is_finite())
        };
        let rows: Vec<usize> = (0..rows).filter(whole).collect();
        let bar = |row: usize| by_row[row].unwrap_or(0);
        Ok(Self {
            sparse: sparse.iter().map(|&j| table.names[j].clone()).collect(),
            names: kept.iter().map(|&j| table.names[j].clone()).collect(),
            columns: kept
                .iter()
                .map(|&j| rows.iter().map(|&row| table.columns[j][row]).collect())
                .collect(),
            up: rows.iter().map(|&row| labels.up[bar(row)]).collect(),
            resolves_at: rows.iter().map(|&row| labels.resolves_at[bar(row)]).collect(),
            known_at: rows.iter().map(|&row| table.known_at[row]).collect(),
        })
    }

    /// Three fifths to learn from, the rest to judge by; none when there are too few rows or no column varies.
    fn split(&self, options: &AuditOptions) -> Result<Option<Split>> {
        let rows = self.known_at.len();
        if rows < LEAST || self.columns.is_empty() {
            return Ok(None);
        }
        let (middle, last) = (self.known_at[rows * 3 / 5], self.known_at[rows - 1]);
        let test_end = last + options.horizon;
        let dates = SplitDates { train_end: middle, validation_end: middle, test_end };
        let horizon = self.known_at.iter().zip(&self.resolves_at).map(|(&k, &r)| r - k).max();
        let embargo = horizon.unwrap_or(options.horizon).max(options.horizon);
        let split = Split::by_dates(&self.known_at, &self.resolves_at, dates, embargo)?;
        Ok((!self.varying(&split).is_empty()).then_some(split))
    }

    /// Why a learner was not asked.
    fn too_little(&self) -> String {
        let (rows, columns) = (self.known_at.len(), self.columns.len());
        let found = format!(
            "{rows} rows have all of {columns} columns, expected {LEAST}, and some variation"
        );
        self.noted(found)
    }

    /// A note, and which columns the learner did not see.
    fn noted(&self, note: String) -> String {
        match self.sparse.len() {
            0 => note,
            n => {
                let names = self.sparse.join(", ");
                format!(
                    "{note}; without {n} columns that have a value in a third of the rows at most: {names}"
                )
            }
        }
    }

    /// The same columns a bar later: entry waits while the label stays.
    fn delayed(&self, bars: usize) -> Self {
        let shift = |column: &Vec<f64>| {
            let late = column.len() - bars;
            [&column[..1].repeat(bars)[..], &column[..late]].concat()
        };
        Self {
            sparse: self.sparse.clone(),
            names: self.names.clone(),
            columns: self.columns.iter().map(shift).collect(),
            up: self.up.clone(),
            resolves_at: self.resolves_at.clone(),
            known_at: self.known_at.clone(),
        }
    }

    /// Columns that vary within the training rows; the learner refuses others.
    fn varying(&self, split: &Split) -> Vec<usize> {
        let part = |j: usize| &self.columns[j][split.train.clone()];
        (0..self.columns.len()).filter(|&j| crate::similarity::unit(part(j)).is_some()).collect()
    }

    /// Right answers on the test rows, labels judged, and the share of the majority.
    fn judge(&self, split: &Split) -> Result<Judged> {
        let kept = self.varying(split);
        let names: Vec<String> = kept.iter().map(|&j| self.names[j].clone()).collect();
        let columns: Vec<Vec<f64>> = kept.iter().map(|&j| self.columns[j].clone()).collect();
        let train = TrainingView::new(&names, &columns, &self.up, split)?;
        let fitted = LogisticLearner::default().fit(&train)?;
        let probabilities = fitted.probabilities(&columns, split.test.clone())?;
        let (mut right, mut ups, mut n) = (0, 0, 0);
        for (row, p) in split.test.clone().zip(probabilities) {
            if let Some(up) = self.up[row] {
                right += usize::from((p > 0.5) == up);
                ups += usize::from(up);
                n += 1;
            }
        }
        let n = n.max(1) as f64;
        let share = ups as f64 / n;
        Ok(Judged { accuracy: right as f64 / n, majority: share.max(1.0 - share), n })
    }
}

struct Judged {
    accuracy: f64,
    majority: f64,
    n: f64,
}

impl Judged {
    /// Standard deviations by which the accuracy beats a rate.
    fn beats(&self, rate: f64) -> f64 {
        (self.accuracy - rate) / (0.25 / self.n).sqrt()
    }
}

/// Standard deviations of the rank sum of one column from that of chance, and its AUC.
fn rank_sum(column: &[f64], up: &[Option<bool>]) -> (f64, f64) {
    let (values, labels): (Vec<f64>, Vec<bool>) =
        column.iter().zip(up).filter_map(|(&v, up)| up.map(|up| (v, up))).unzip();
    let ranks = crate::similarity::ranks(&values);
    let (mut sum, mut ups) = (0.0, 0.0);
    for (rank, up) in ranks.iter().zip(&labels) {
        if *up {
            sum += rank + 1.0;
            ups += 1.0;
        }
    }
    let downs = labels.len() as f64 - ups;
    let pairs = ups * downs;
    if pairs == 0.0 {
        return (0.0, 0.5);
    }
    let auc = (sum - ups * (ups + 1.0) / 2.0) / pairs;
    let deviation = ((ups + downs + 1.0) / (12.0 * pairs)).sqrt();
    ((auc - 0.5) / deviation, auc)
}

pub(super) fn surrogate(
    subject: &dyn Subject,
    panel: &Panel,
    options: &AuditOptions,
) -> Result<Check> {
    const NAME: &str = "sign-flip surrogate";
    let panel = flipped(panel, options.seed)?;
    let labelled = Labelled::new(table(subject, &panel)?, &panel, subject.symbol(), options)?;
    let Some(split) = labelled.split(options)? else {
        return Ok(Check::not_made(NAME, &labelled.too_little()));
    };
    let judged = labelled.judge(&split)?;
    let mut faults = Vec::new();
    for (name, column) in labelled.names.iter().zip(&labelled.columns) {
        let (z, auc) = rank_sum(column, &labelled.up);
        if z.abs() > BEYOND_CHANCE {
            let detail =
                format!("AUC {auc:.3} for random signs, {:.1} standard deviations", z.abs());
            faults.push(Fault {
                column: name.clone(),
                first: None,
                size: (auc - 0.5).abs(),
                detail,
            });
        }
    }
    let (accuracy, beats) = (judged.accuracy, judged.beats(0.5));
    if beats > BEYOND_CHANCE {
        let detail =
            format!("accuracy {accuracy:.3} for random signs, {beats:.1} standard deviations");
        let size = accuracy - 0.5;
        faults.push(Fault { column: String::new(), first: None, size, detail });
    }
    let note = format!("accuracy {accuracy:.3} of a logistic regression on {} rows", judged.n);
    Ok(Check::of(NAME, labelled.noted(note), faults))
}

pub(super) fn shuffled(labelled: &Labelled, options: &AuditOptions) -> Result<Check> {
    const NAME: &str = "shuffled labels";
    let Some(split) = labelled.split(options)? else {
        return Ok(Check::not_made(NAME, &labelled.too_little()));
    };
    let mut labelled = labelled.clone();
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    for last in (1..labelled.up.len()).rev() {
        let other = below(&mut rng, last + 1);
        labelled.up.swap(last, other);
    }
    let judged = labelled.judge(&split)?;
    let (accuracy, majority) = (judged.accuracy, judged.majority);
    let beats = judged.beats(majority);
    let mut faults = Vec::new();
    if beats > BEYOND_CHANCE {
        let detail = format!(
            "accuracy {accuracy:.3} beats the majority rate {majority:.3} by {beats:.1} standard deviations"
        );
        let size = accuracy - majority;
        faults.push(Fault { column: String::new(), first: None, size, detail });
    }
    let note = format!("accuracy {accuracy:.3}, majority rate {majority:.3}");
    Ok(Check::of(NAME, labelled.noted(note), faults))
}

pub(super) fn delay(labelled: &Labelled, options: &AuditOptions) -> Result<Check> {
    const NAME: &str = "delay curve";
    const DELAYS: usize = 4;
    let Some(split) = labelled.split(options)? else {
        return Ok(Check::not_made(NAME, &labelled.too_little()));
    };
    let curve: Vec<Judged> =
        (0..DELAYS).map(|bars| labelled.delayed(bars).judge(&split)).collect::<Result<_>>()?;
    let (now, later) = (&curve[0], &curve[1]);
    let collapses = later.accuracy - 0.5 < 0.5 * (now.accuracy - 0.5);
    let mut faults = Vec::new();
    if now.beats(SUSPICIOUS) > 2.0 && collapses {
        let detail = format!(
            "accuracy {:.3} falls to {:.3} when entry waits for one bar: suspect features of the next bar",
            now.accuracy, later.accuracy
        );
        let size = now.accuracy - later.accuracy;
        faults.push(Fault { column: String::new(), first: None, size, detail });
    }
    let values: Vec<String> = curve.iter().map(|j| format!("{:.3}", j.accuracy)).collect();
    let note = format!("accuracy {} after 0, 1, 2, 3 bars", values.join(", "));
    Ok(Check::of(NAME, labelled.noted(note), faults))
}
