//! Points and bins behind the charts of a report.

use super::{Z_95, check, check_probability, count, right, wilson_interval};
use crate::{Error, Result};
use mantis_data::Timestamp;
use serde::{Deserialize, Serialize};

/// One point of the ROC curve: the rates when every score of at least `threshold` is called up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RocPoint {
    /// Share of down rows called up.
    pub false_positive_rate: f64,
    /// Share of up rows called up.
    pub true_positive_rate: f64,
    /// The score. The first point calls nothing up and has none.
    pub threshold: Option<f64>,
}

/// The ROC curve from (0, 0) to (1, 1), one point for each distinct score, highest score first.
///
/// # Errors
/// [`Error::Length`], [`Error::Empty`], [`Error::NotFinite`] or [`Error::OneClass`].
///
/// ```
/// let curve = mantis_eval::metrics::roc_curve(&[false, true], &[0.2, 0.8])?;
/// assert_eq!(curve.len(), 3);
/// assert_eq!((curve[1].false_positive_rate, curve[1].true_positive_rate), (0.0, 1.0));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn roc_curve(up: &[bool], score: &[f64]) -> Result<Vec<RocPoint>> {
    check("roc_curve", up, score)?;
    let positives = up.iter().filter(|&&u| u).count();
    let negatives = up.len() - positives;
    if positives == 0 || negatives == 0 {
        return Err(Error::OneClass { what: "roc_curve", up: positives > 0 });
    }
    let mut rows: Vec<(f64, bool)> = score.iter().copied().zip(up.iter().copied()).collect();
    rows.sort_unstable_by(|a, b| (b.0 + 0.0).total_cmp(&(a.0 + 0.0)));
    let mut points =
        vec![RocPoint { false_positive_rate: 0.0, true_positive_rate: 0.0, threshold: None }];
    let (mut hits, mut alarms) = (0, 0);
    for ties in rows.chunk_by(|a, b| a.0 == b.0) {
        let ups = ties.iter().filter(|r| r.1).count();
        hits += ups;
        alarms += ties.len() - ups;
        points.push(RocPoint {
            false_positive_rate: count(alarms) / count(negatives),
            true_positive_rate: count(hits) / count(positives),
            threshold: Some(ties[0].0),
        });
    }
    Ok(points)
}

/// Forecast against outcome in one bin of probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Lower edge of the bin.
    pub low: f64,
    /// Upper edge; it belongs to the next bin, except in the last one.
    pub high: f64,
    /// Rows in the bin, at least 1.
    pub n: usize,
    /// Mean forecast probability of these rows.
    pub mean_probability: f64,
    /// Share of these rows that rose.
    pub frequency: f64,
}

/// Reliability of the probabilities in `bins` equal bins of 0 to 1; bins without rows are absent.
///
/// # Errors
/// As [`accuracy`](super::accuracy), and [`Error::Parameter`] for `bins` = 0.
///
/// ```
/// let bins = mantis_eval::metrics::reliability(&[true, false], &[0.52, 0.58], 10)?;
/// assert_eq!((bins.len(), bins[0].n, bins[0].frequency), (1, 2, 0.5));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn reliability(up: &[bool], p_up: &[f64], bins: usize) -> Result<Vec<CalibrationBin>> {
    let what = "reliability";
    check_probability(what, up, p_up)?;
    if bins == 0 {
        let expected = "at least 1";
        return Err(Error::Parameter { what, parameter: "bins", expected, got: 0.0 });
    }
    let edge = |b: usize| count(b) / count(bins);
    let inner_edges: Vec<f64> = (1..bins).map(edge).collect();
    let mut sums = vec![(0usize, 0.0, 0usize); bins];
    for (&u, &p) in up.iter().zip(p_up) {
        let (n, total, ups) = &mut sums[inner_edges.partition_point(|&e| e <= p)];
        *n += 1;
        *total += p;
        *ups += usize::from(u);
    }
    Ok(sums
        .into_iter()
        .enumerate()
        .filter(|(_, (n, _, _))| *n > 0)
        .map(|(b, (n, total, ups))| CalibrationBin {
            low: edge(b),
            high: edge(b + 1),
            n,
            mean_probability: total / count(n),
            frequency: count(ups) / count(n),
        })
        .collect())
}

/// Accuracy of the rows of one confidence group.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceBin {
    /// Group number from 1 (least confident).
    pub group: usize,
    /// Rows in the group.
    pub n: usize,
    /// Smallest |p_up - 0.5| in the group.
    pub min_confidence: f64,
    /// Share called right.
    pub accuracy: f64,
    /// Lower end of the 95 % Wilson interval.
    pub low: f64,
    /// Upper end of the 95 % Wilson interval.
    pub high: f64,
}

/// Accuracy by confidence |p_up - 0.5| in `groups` groups of equal size (10 for deciles), least
/// confident first; equal confidences keep their time order. Group sizes differ by at most one.
///
/// # Errors
/// As [`accuracy`](super::accuracy), and [`Error::Parameter`] unless `groups` is within 1 and the
/// number of rows.
///
/// ```
/// let bins = mantis_eval::metrics::accuracy_by_confidence(&[true, false], &[0.9, 0.6], 2)?;
/// assert_eq!((bins[0].accuracy, bins[1].accuracy), (0.0, 1.0));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn accuracy_by_confidence(
    up: &[bool],
    p_up: &[f64],
    groups: usize,
) -> Result<Vec<ConfidenceBin>> {
    let what = "accuracy_by_confidence";
    check_probability(what, up, p_up)?;
    if groups == 0 || groups > up.len() {
        let expected = "from 1 to the number of rows";
        return Err(Error::Parameter { what, parameter: "groups", expected, got: count(groups) });
    }
    let confidence = |i: usize| (p_up[i] - 0.5).abs();
    let mut order: Vec<usize> = (0..up.len()).collect();
    order.sort_by(|&a, &b| confidence(a).total_cmp(&confidence(b)));
    (0..groups)
        .map(|g| {
            let rows = &order[g * up.len() / groups..(g + 1) * up.len() / groups];
            let hits = rows.iter().filter(|&&i| right(up[i], p_up[i])).count();
            let (low, high) = wilson_interval(hits, rows.len(), Z_95)?;
            Ok(ConfidenceBin {
                group: g + 1,
                n: rows.len(),
                min_confidence: confidence(rows[0]),
                accuracy: count(hits) / count(rows.len()),
                low,
                high,
            })
        })
        .collect()
}

/// Accuracy of one calendar month (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MonthBin {
    /// Year.
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u32,
    /// Rows in the month.
    pub n: usize,
    /// Share called right.
    pub accuracy: f64,
    /// Lower end of the 95 % Wilson interval.
    pub low: f64,
    /// Upper end of the 95 % Wilson interval.
    pub high: f64,
}

/// Accuracy by calendar month (UTC) of `time`, oldest first; months without rows are absent.
///
/// # Errors
/// As [`accuracy`](super::accuracy); [`Error::Length`] also when `time` has another length.
///
/// ```
/// use mantis_data::Timestamp;
///
/// let time = [Timestamp::parse("2025-01-31")?, Timestamp::parse("2025-02-01")?];
/// let months = mantis_eval::metrics::accuracy_by_month(&time, &[true, true], &[0.9, 0.1])?;
/// assert_eq!((months[0].month, months[0].accuracy), (1, 1.0));
/// assert_eq!((months[1].month, months[1].accuracy), (2, 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn accuracy_by_month(time: &[Timestamp], up: &[bool], p_up: &[f64]) -> Result<Vec<MonthBin>> {
    let what = "accuracy_by_month";
    check_probability(what, up, p_up)?;
    if time.len() != up.len() {
        return Err(Error::Length { what, expected: up.len(), got: time.len() });
    }
    let mut months = std::collections::BTreeMap::<(i32, u32), (usize, usize)>::new();
    for ((t, &u), &p) in time.iter().zip(up).zip(p_up) {
        let (n, hits) = months.entry((t.year(), t.month())).or_default();
        *n += 1;
        *hits += usize::from(right(u, p));
    }
    months
        .into_iter()
        .map(|((year, month), (n, hits))| {
            let (low, high) = wilson_interval(hits, n, Z_95)?;
            Ok(MonthBin { year, month, n, accuracy: count(hits) / count(n), low, high })
        })
        .collect()
}
