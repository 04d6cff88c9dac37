//! Training in pure Rust. The trees are grown by the crate `gbdt`, whose types stay in this file.
//!
//! The crate grows one regression tree on residuals. Boosting is done here, since its own loop knows neither early stopping
//! nor a penalty on leaves, and draws its samples from a generator that cannot be seeded.

use gbdt::config::Loss;
use gbdt::decision_tree::{Data, DataVec, DecisionTree, TrainingCache};
use mantis_features::learn::sigmoid;
use serde::Deserialize;

use super::trees::{Child, Split, Tree};
use super::{Capabilities, GbdtBackend, GbdtParams, Table, Trees, write};
use crate::{Error, Result};

const NAME: &str = "native";

/// Trees without an engine in C++: every row and column for every tree, and all leaves down to the depth.
///
/// Newton steps of the logistic loss on the leaves, as in LightGBM; splits are those that the residuals' variance asks for.
/// A column is cut at values of the training rows so that no cell has fewer than `leaf_rows` of them, and a split that would
/// leave fewer in a leaf is not made.
#[derive(Clone, Copy, Debug, Default)]
pub struct NativeGbdt;

impl GbdtBackend for NativeGbdt {
    fn capabilities(&self) -> Capabilities {
        Capabilities { name: NAME, seeded_samples: false, leaf_limit: false }
    }

    /// # Errors
    /// [`Error::Parameter`], [`Error::Unsupported`], [`Error::TooFewRows`], [`Error::Length`], [`Error::NotFinite`],
    /// [`Error::OneClass`].
    fn fit(&self, params: &GbdtParams, train: Table<'_>, validation: Table<'_>) -> Result<Trees> {
        self.capabilities().check(params)?;
        super::check_pair(train, validation)?;
        let columns = train.columns;
        let cells = Cells::new(train, params.leaf_rows);
        let mut data = cells.rows(train);
        let mut cache = TrainingCache::get_cache(columns, &data, 2);
        let all: Vec<usize> = (0..train.up.len()).collect();

        let risen = train.up.iter().filter(|&&up| up).count() as f64;
        let start = (risen / (train.up.len() as f64 - risen)).ln();
        let (mut fitted, mut held_out) =
            (vec![start; train.up.len()], vec![start; validation.up.len()]);
        let (mut trees, mut best) = (Vec::new(), (f64::INFINITY, 0));
        for round in 0..params.rounds {
            for ((row, &log_odds), &up) in data.iter_mut().zip(&fitted).zip(train.up) {
                row.target = residual(log_odds, up) as f32;
            }
            let mut grown = DecisionTree::new();
            grown.set_feature_size(columns);
            grown.set_max_depth(params.depth as u32);
            grown.set_min_leaf_size(2 * params.leaf_rows - 1);
            grown.set_loss(Loss::SquaredError);
            grown.fit_n(&data, &all, &mut cache);
            let tree =
                Planting { cells: &cells, train, log_odds: &fitted, params }.plant(&grown)?;
            let add = |to: &mut [f64], table: Table<'_>| {
                for (sum, row) in to.iter_mut().zip(table.values.chunks(columns)) {
                    *sum += tree.leaf_value[tree.leaf(row)];
                }
            };
            add(&mut fitted, train);
            add(&mut held_out, validation);
            let done = tree.splits.is_empty();
            trees.push(tree);
            let loss = loss(&held_out, validation.up);
            if loss < best.0 {
                best = (loss, round);
            }
            if done || round - best.1 >= params.patience {
                break;
            }
        }
        trees.truncate(best.1 + 1);
        // As in LightGBM's text, the first tree carries what all rows start from.
        trees[0].leaf_value.iter_mut().for_each(|value| *value += start);
        let failed = |reason| Error::Engine { engine: NAME, reason };
        Trees::parse(&write::model(columns, &trees)).map_err(failed)
    }
}

/// What is left to explain of a label, the negative gradient of the logistic loss.
fn residual(log_odds: f64, up: bool) -> f64 {
    f64::from(u8::from(up)) - sigmoid(log_odds)
}

/// Mean logistic loss.
fn loss(log_odds: &[f64], up: &[bool]) -> f64 {
    let one = |(&x, &up): (&f64, &bool)| {
        let x = if up { -x } else { x };
        x.max(0.0) + (-x.abs()).exp().ln_1p()
    };
    log_odds.iter().zip(up).map(one).sum::<f64>() / up.len() as f64
}

/// Every column cut into cells; the crate sees the number of the cell instead of the value, because it takes values nearer
/// than 1e-5 for equal.
struct Cells {
    /// For each column the bounds between its cells: a value up to the bound lies before it.
    bounds: Vec<Vec<f64>>,
}

impl Cells {
    fn new(table: Table<'_>, least: usize) -> Self {
        let bounds = |column: usize| {
            let mut values: Vec<f32> =
                table.values.iter().skip(column).step_by(table.columns).copied().collect();
            values.sort_unstable_by(f32::total_cmp);
            let (mut bounds, mut filled) = (Vec::new(), 0);
            for (at, pair) in values.windows(2).enumerate() {
                let (here, after) = (at + 1 - filled, values.len() - at - 1);
                if pair[0] < pair[1] && here >= least && after >= least {
                    bounds.push(f64::midpoint(f64::from(pair[0]), f64::from(pair[1])));
                    filled = at + 1;
                }
            }
            bounds
        };
        Self { bounds: (0..table.columns).map(bounds).collect() }
    }

    fn rows(&self, table: Table<'_>) -> DataVec {
        let cell = |(column, &value): (usize, &f32)| {
            self.bounds[column].partition_point(|&bound| bound < f64::from(value)) as f32
        };
        let row = |(values, &up): (&[f32], &bool)| {
            let cells = values.iter().enumerate().map(cell).collect();
            Data::new_training_data(cells, 1.0, f32::from(u8::from(up)), None)
        };
        table.values.chunks(table.columns).zip(table.up).map(row).collect()
    }
}

/// What the crate says of a tree, as it serialises it.
#[derive(Deserialize)]
struct Grown {
    tree: Arena,
}

#[derive(Deserialize)]
struct Arena {
    tree: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    value: Question,
    left: usize,
    right: usize,
}

#[derive(Deserialize)]
struct Question {
    feature_index: usize,
    /// A row whose cell is below it goes left.
    feature_value: f64,
    is_leaf: bool,
}

/// Turns the questions of the crate into a tree of ours.
struct Planting<'a> {
    cells: &'a Cells,
    train: Table<'a>,
    /// Of the training rows, before this tree.
    log_odds: &'a [f64],
    params: &'a GbdtParams,
}

impl Planting<'_> {
    fn plant(&self, grown: &DecisionTree) -> Result<Tree> {
        let failed = |e: serde_json::Error| Error::Engine { engine: NAME, reason: e.to_string() };
        let grown: Grown =
            serde_json::to_value(grown).and_then(serde_json::from_value).map_err(failed)?;
        let mut tree = Tree { splits: Vec::new(), leaf_value: Vec::new(), leaf_rows: Vec::new() };
        let rows = (0..self.train.up.len()).collect();
        self.child(&grown.tree.tree, 0, rows, &mut tree);
        Ok(tree)
    }

    fn child(&self, nodes: &[Node], at: usize, rows: Vec<usize>, tree: &mut Tree) -> Child {
        let node = &nodes[at];
        if !node.value.is_leaf {
            let column = node.value.feature_index;
            // Cells below the value go left, so the last of them ends at this bound.
            let threshold = self.cells.bounds[column][node.value.feature_value.ceil() as usize - 1];
            let value =
                |&row: &usize| f64::from(self.train.values[row * self.train.columns + column]);
            let count = rows.len() as f64;
            let (yes, no): (Vec<usize>, Vec<usize>) =
                rows.iter().copied().partition(|row| value(row) <= threshold);
            if yes.len().min(no.len()) >= self.params.leaf_rows {
                let here = tree.splits.len();
                // Both children are grown after their parent, and known only then.
                let later = Child::Leaf(0);
                tree.splits.push(Split { column, threshold, yes: later, no: later, rows: count });
                tree.splits[here].yes = self.child(nodes, node.left, yes, tree);
                tree.splits[here].no = self.child(nodes, node.right, no, tree);
                return Child::Split(here);
            }
        }
        tree.leaf_value.push(self.params.rate * self.step(&rows));
        tree.leaf_rows.push(rows.len() as f64);
        Child::Leaf(tree.leaf_value.len() - 1)
    }

    /// The Newton step of a leaf.
    fn step(&self, rows: &[usize]) -> f64 {
        let (mut slope, mut curve) = (0.0, self.params.l2);
        for &row in rows {
            let p = sigmoid(self.log_odds[row]);
            slope += residual(self.log_odds[row], self.train.up[row]);
            curve += p * (1.0 - p);
        }
        if curve > 0.0 { slope / curve } else { 0.0 }
    }
}
