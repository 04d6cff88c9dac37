//! Selection by relevance and position in the TMFG.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::{FeatureSelector, Selection, TrainingView};
use crate::learn::dot;
use crate::tmfg::{self, Tmfg};
use crate::{Error, Result, similarity};

const WHAT: &str = "TMFG selection";

/// Chooses relevant, well connected and not redundant columns.
///
/// 1. Constant columns are left out, and of columns with `|r| > duplicate_threshold` all but the first.
/// 2. The TMFG of the squared Pearson correlations of the rest is built.
/// 3. Score = relevance x strength / mean strength, where relevance is the absolute point-biserial correlation with the
///    label and strength the sum of a node's edge weights.
/// 4. Nodes are taken by falling score (ties: lowest column), except those with an edge of `|r| >= redundancy` to a node
///    already taken, until `n` are. Fewer are returned when no more qualify.
///
/// | name | default | range |
/// |---|---|---|
/// | `n` | 10 | >= 1 |
/// | `duplicate_threshold` | 0.999 | (0, 1] |
/// | `redundancy` | 0.9 | (0, 1] |
///
/// Ranking nodes of the filtered graph follows Briola and Aste (2023), "Topological Feature Selection", PMLR 221:534.
/// DIFFERENCE to it: that method ranks by degree alone, which favours the hubs of redundant groups, never looks at the
/// label, and sets weights below the mean to zero.
///
/// ```
/// use mantis_data::{Interval, Timestamp};
/// use mantis_features::select::{FeatureSelector, TmfgSelector, TrainingView};
/// use mantis_features::split::{Split, SplitDates};
///
/// let hour = |h: i64| Timestamp::from_micros(h * Interval::HOUR.as_micros());
/// let known_at: Vec<_> = (0..200).map(hour).collect();
/// let resolves_at: Vec<_> = (1..201).map(hour).collect();
/// let dates = SplitDates { train_end: hour(100), validation_end: hour(150), test_end: hour(200) };
/// let split = Split::by_dates(&known_at, &resolves_at, dates, Interval::HOUR)?;
///
/// let names: Vec<String> = (0..6).map(|j| format!("wave_{j}")).collect();
/// let wave = |j: i32| (0..200).map(|t| (f64::from(t) * (0.3 + 0.2 * f64::from(j))).sin()).collect();
/// let columns: Vec<Vec<f64>> = (0..6).map(wave).collect();
/// let up: Vec<_> = columns[4].iter().map(|&v| Some(v > 0.0)).collect();
/// let train = TrainingView::new(&names, &columns, &up, &split)?;
/// let selection = TmfgSelector { n: 2, ..TmfgSelector::default() }.select(&train)?;
/// assert!(selection.names.contains(&names[4]));
/// # Ok::<(), mantis_features::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TmfgSelector {
    /// Columns to choose.
    pub n: usize,
    /// Columns more correlated than this with an earlier one are duplicates.
    pub duplicate_threshold: f64,
    /// Graph neighbours at least this correlated with a chosen column are not chosen.
    pub redundancy: f64,
}

impl Default for TmfgSelector {
    fn default() -> Self {
        Self { n: 10, duplicate_threshold: 0.999, redundancy: 0.9 }
    }
}

impl FeatureSelector for TmfgSelector {
    /// # Errors
    /// [`Error::Parameter`] for a parameter out of range, [`Error::OneClass`] for labels of one kind,
    /// [`Error::NotFinite`] naming a column with NaN or infinite values, [`Error::TooFewColumns`] when fewer than four
    /// columns are left for the graph.
    fn select(&self, train: &TrainingView<'_>) -> Result<Selection> {
        self.check()?;
        let label = unit_label(train.up())?;
        let columns: Vec<&[f64]> = train.columns().collect();
        similarity::check_columns(train.names(), &columns)?;
        let mut reasons = vec![String::new(); columns.len()];
        let kept = self.distinct(train.names(), &columns, &mut reasons);
        let nodes: Vec<usize> = kept.iter().map(|(column, _)| *column).collect();
        if nodes.len() < 4 {
            return Err(Error::TooFewColumns { what: WHAT, left: nodes.len(), least: 4 });
        }
        let units: Vec<Vec<f64>> = kept.into_iter().map(|(_, unit)| unit).collect();
        let node_relevance: Vec<f64> = units.iter().map(|u| dot(u, &label).abs()).collect();
        // Left-out columns are reported with their relevance as well.
        let relevance_of =
            |column: &&[f64]| similarity::unit(column).map_or(0.0, |unit| dot(&unit, &label).abs());
        let relevance = columns.iter().map(relevance_of).collect();
        let correlation = similarity::gram(&units);
        let graph = tmfg::build(&correlation.mapv(|r| r * r))?;
        let scores = scores(&graph, &node_relevance);
        let name_of_node: Vec<String> =
            nodes.iter().map(|&column| train.names()[column].clone()).collect();
        let verdicts = self.walk(&graph, &correlation, &scores);
        let mut chosen = Vec::new();
        for (node, verdict) in verdicts {
            reasons[nodes[node]] = verdict.describe(&name_of_node);
            if matches!(verdict, Verdict::Chosen { .. }) {
                chosen.push(node);
            }
        }
        Ok(Selection {
            features: chosen.iter().map(|&node| nodes[node]).collect(),
            names: chosen.iter().map(|&node| name_of_node[node].clone()).collect(),
            scores: chosen.iter().map(|&node| scores[node]).collect(),
            reasons,
            relevance,
            graph: Some(graph),
            graph_nodes: nodes,
            graph_names: name_of_node,
        })
    }
}

impl TmfgSelector {
    fn check(&self) -> Result<()> {
        if self.n == 0 {
            let (parameter, expected) = ("n", "at least 1");
            return Err(Error::Parameter { what: WHAT, parameter, expected, got: 0.0 });
        }
        let shares =
            [("duplicate_threshold", self.duplicate_threshold), ("redundancy", self.redundancy)];
        for (parameter, got) in shares {
            if !(got > 0.0 && got <= 1.0) {
                let expected = "above 0 and at most 1";
                return Err(Error::Parameter { what: WHAT, parameter, expected, got });
            }
        }
        Ok(())
    }

    /// Columns that vary and repeat no earlier one, as unit vectors; the others get their reason.
    fn distinct(
        &self,
        names: &[String],
        columns: &[&[f64]],
        reasons: &mut [String],
    ) -> Vec<(usize, Vec<f64>)> {
        let mut kept: Vec<(usize, Vec<f64>)> = Vec::new();
        for (column, values) in columns.iter().enumerate() {
            let Some(unit) = similarity::unit(values) else {
                reasons[column] = String::from("left out: constant over the training rows");
                continue;
            };
            let correlation = |(earlier, other): &(usize, Vec<f64>)| (*earlier, dot(other, &unit));
            let duplicate =
                kept.iter().map(correlation).find(|(_, r)| r.abs() > self.duplicate_threshold);
            match duplicate {
                Some((earlier, r)) => {
                    reasons[column] =
                        format!("left out: duplicate of {} (r = {r:.5})", names[earlier]);
                }
                None => kept.push((column, unit)),
            }
        }
        kept
    }

    /// Nodes in the order of their scores, each with what became of it.
    fn walk(
        &self,
        graph: &Tmfg,
        correlation: &Array2<f64>,
        scores: &[f64],
    ) -> Vec<(usize, Verdict)> {
        let mut order: Vec<usize> = (0..graph.nodes).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let mut chosen: Vec<usize> = Vec::new();
        let judge = |(rank, node): (usize, usize)| {
            let redundant = |&&other: &&usize| {
                graph.adjacent(node, other) && correlation[[node, other]].abs() >= self.redundancy
            };
            let verdict = if chosen.len() == self.n {
                Verdict::Ranked { rank: rank + 1, score: scores[node] }
            } else if let Some(&with) = chosen.iter().find(redundant) {
                Verdict::Redundant { with, r: correlation[[node, with]] }
            } else {
                chosen.push(node);
                Verdict::Chosen { rank: rank + 1, score: scores[node] }
            };
            (node, verdict)
        };
        order.into_iter().enumerate().map(judge).collect()
    }
}

/// What became of a node of the graph.
#[derive(Debug, Clone, Copy)]
enum Verdict {
    Chosen { rank: usize, score: f64 },
    Redundant { with: usize, r: f64 },
    Ranked { rank: usize, score: f64 },
}

impl Verdict {
    fn describe(self, names: &[String]) -> String {
        match self {
            Self::Chosen { rank, score } => format!("chosen: score {score:.5}, rank {rank}"),
            Self::Redundant { with, r } => {
                format!("left out: neighbour of the chosen {} (r = {r:.3})", names[with])
            }
            Self::Ranked { rank, score } => {
                format!("left out: score {score:.5}, rank {rank}, after enough were chosen")
            }
        }
    }
}

fn scores(graph: &Tmfg, relevance: &[f64]) -> Vec<f64> {
    let strength = graph.strength();
    let mean = strength.iter().sum::<f64>() / strength.len() as f64;
    let position = |s: f64| if mean > 0.0 { s / mean } else { 1.0 };
    relevance.iter().zip(strength).map(|(r, s)| r * position(s)).collect()
}

fn unit_label(up: &[bool]) -> Result<Vec<f64>> {
    let values: Vec<f64> = up.iter().map(|&u| f64::from(u8::from(u))).collect();
    similarity::unit(&values).ok_or_else(|| Error::OneClass {
        what: WHAT,
        rows: up.len(),
        up: up.iter().filter(|&&u| u).count(),
    })
}
