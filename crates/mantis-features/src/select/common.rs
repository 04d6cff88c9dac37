//! What the selectors share: screening columns, walking down a ranking, giving reasons.

use super::{Selection, TrainingView};
use crate::learn::dot;
use crate::similarity::Similarity;
use crate::tmfg::Tmfg;
use crate::{Error, Result, similarity, tmfg};

/// Columns that vary and repeat no earlier one.
#[derive(Debug)]
pub(super) struct Screened {
    /// Positions in the view.
    pub(super) columns: Vec<usize>,
    /// The columns centred and at unit length.
    pub(super) units: Vec<Vec<f64>>,
    /// For every column of the view why it was left out; empty for those that were kept.
    pub(super) reasons: Vec<String>,
    /// For every column of the view the absolute correlation with the label.
    pub(super) relevance: Vec<f64>,
    /// Names of the kept columns.
    pub(super) names: Vec<String>,
}

impl Screened {
    /// Leaves out constant columns, and of columns with `|r| > duplicate_threshold` all but the first.
    pub(super) fn new(
        what: &'static str,
        train: &TrainingView<'_>,
        duplicate_threshold: f64,
    ) -> Result<Self> {
        check_share(what, "duplicate_threshold", duplicate_threshold)?;
        let label = unit_label(what, train)?;
        let views: Vec<&[f64]> = train.columns().collect();
        similarity::check_columns(train.names(), &views)?;
        let mut screened = Self {
            columns: Vec::new(),
            units: Vec::new(),
            reasons: vec![String::new(); views.len()],
            relevance: vec![0.0; views.len()],
            names: Vec::new(),
        };
        for (column, values) in views.iter().enumerate() {
            let Some(unit) = similarity::weighted_unit(values, train.weights()) else {
                screened.reasons[column] =
                    String::from("left out: constant over the training rows");
                continue;
            };
            screened.relevance[column] = dot(&unit, &label).abs();
            let mut earlier = screened.columns.iter().zip(&screened.units);
            let duplicate = earlier.find_map(|(&earlier, other)| {
                let r = dot(other, &unit);
                (r.abs() > duplicate_threshold).then_some((earlier, r))
            });
            match duplicate {
                Some((earlier, r)) => {
                    let name = &train.names()[earlier];
                    screened.reasons[column] =
                        format!("left out: duplicate of {name} (r = {r:.5})");
                }
                None => {
                    screened.columns.push(column);
                    screened.units.push(unit);
                    screened.names.push(train.names()[column].clone());
                }
            }
        }
        Ok(screened)
    }

    /// Fails when fewer columns than that are left.
    pub(super) fn require(self, what: &'static str, least: usize) -> Result<Self> {
        let left = self.columns.len();
        if left < least { Err(Error::TooFewColumns { what, left, least }) } else { Ok(self) }
    }

    /// Absolute correlation with the label of the kept columns.
    pub(super) fn kept_relevance(&self) -> Vec<f64> {
        self.columns.iter().map(|&column| self.relevance[column]).collect()
    }

    /// The TMFG of the squared similarities of the kept columns.
    pub(super) fn graph(&self, train: &TrainingView<'_>, similarity: Similarity) -> Result<Tmfg> {
        let columns: Vec<&[f64]> = self.columns.iter().map(|&j| train.column(j)).collect();
        let matrix = similarity.matrix(&self.names, &columns, train.weights())?;
        tmfg::build(&matrix.mapv(|r| r * r))
    }

    /// As [`Screened::choose`], on a graph: neighbours in it whose correlation is `redundancy` or more are redundant.
    pub(super) fn choose_apart(
        self,
        scores: &[f64],
        n: usize,
        graph: Tmfg,
        redundancy: f64,
    ) -> Selection {
        let (edges, units) = (graph.clone(), self.units.clone());
        let redundant = |node: usize, other: usize| {
            let r = dot(&units[node], &units[other]);
            (edges.adjacent(node, other) && r.abs() >= redundancy).then_some(r)
        };
        self.choose(scores, n, Some(graph), redundant)
    }

    /// Goes down the scores of the kept columns (ties: lowest column) and takes `n`, except those that are redundant with one
    /// taken; `redundant(node, taken)` gives their correlation then.
    pub(super) fn choose(
        mut self,
        scores: &[f64],
        n: usize,
        graph: Option<Tmfg>,
        redundant: impl Fn(usize, usize) -> Option<f64>,
    ) -> Selection {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let mut chosen: Vec<usize> = Vec::new();
        for (rank, node) in order.into_iter().enumerate() {
            let (rank, score) = (rank + 1, scores[node]);
            let with = || chosen.iter().find_map(|&other| Some((other, redundant(node, other)?)));
            self.reasons[self.columns[node]] = if chosen.len() == n {
                format!("left out: score {score:.5}, rank {rank}, after enough were chosen")
            } else if let Some((other, r)) = with() {
                format!("left out: neighbour of the chosen {} (r = {r:.3})", self.names[other])
            } else {
                chosen.push(node);
                format!("chosen: score {score:.5}, rank {rank}")
            };
        }
        let has_graph = graph.is_some();
        let mut candidates = vec![None; self.reasons.len()];
        for (&column, &score) in self.columns.iter().zip(scores) {
            candidates[column] = Some(score);
        }
        Selection {
            candidates,
            features: chosen.iter().map(|&node| self.columns[node]).collect(),
            names: chosen.iter().map(|&node| self.names[node].clone()).collect(),
            scores: chosen.iter().map(|&node| scores[node]).collect(),
            reasons: self.reasons,
            relevance: self.relevance,
            graph,
            graph_nodes: if has_graph { self.columns } else { Vec::new() },
            graph_names: if has_graph { self.names } else { Vec::new() },
        }
    }
}

/// Refuses a choice of no column.
pub(super) fn check_count(what: &'static str, n: usize) -> Result<()> {
    if n == 0 {
        return Err(Error::Parameter { what, parameter: "n", expected: "at least 1", got: 0.0 });
    }
    Ok(())
}

/// Refuses a share outside (0, 1].
pub(super) fn check_share(what: &'static str, parameter: &'static str, got: f64) -> Result<()> {
    if got > 0.0 && got <= 1.0 {
        return Ok(());
    }
    Err(Error::Parameter { what, parameter, expected: "above 0 and at most 1", got })
}

/// Values relative to their mean; all 1 when that is 0.
pub(super) fn relative(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|v| if mean > 0.0 { v / mean } else { 1.0 }).collect()
}

fn unit_label(what: &'static str, train: &TrainingView<'_>) -> Result<Vec<f64>> {
    let up = train.up();
    let values: Vec<f64> = up.iter().map(|&u| f64::from(u8::from(u))).collect();
    similarity::weighted_unit(&values, train.weights()).ok_or_else(|| Error::OneClass {
        what,
        rows: up.len(),
        up: up.iter().filter(|&&u| u).count(),
    })
}
