//! Path-dependent TreeSHAP (Lundberg, Erion and Lee 2018, arXiv 1802.03888, algorithm 2).
//!
//! A path remembers, for every column on it, the share of training rows that would follow it if the column were unknown
//! (`unknown`), whether the row follows it (`known`), and for each number of known columns the weight of the coalitions of
//! that size (`weight`).

use super::trees::{Child, Tree};

#[derive(Clone, Copy)]
struct Step {
    /// No column at the root.
    column: Option<usize>,
    unknown: f64,
    known: f64,
    weight: f64,
}

/// Adds the contributions of one tree; the last entry of `out` takes the tree's mean.
pub(super) fn add(tree: &Tree, row: &[f32], out: &mut [f64]) {
    let columns = out.len() - 1;
    out[columns] += mean(tree, tree.root());
    if tree.splits.is_empty() {
        return;
    }
    walk(tree, row, tree.root(), Vec::new(), (None, 1.0, 1.0), out);
}

fn rows(tree: &Tree, at: Child) -> f64 {
    match at {
        Child::Leaf(leaf) => tree.leaf_rows[leaf],
        Child::Split(split) => tree.splits[split].rows,
    }
}

fn mean(tree: &Tree, at: Child) -> f64 {
    match at {
        Child::Leaf(leaf) => tree.leaf_value[leaf],
        Child::Split(split) => {
            let (yes, no) = (tree.splits[split].yes, tree.splits[split].no);
            let (a, b) = (rows(tree, yes), rows(tree, no));
            (a * mean(tree, yes) + b * mean(tree, no)) / (a + b)
        }
    }
}

fn walk(
    tree: &Tree,
    row: &[f32],
    at: Child,
    path: Vec<Step>,
    (column, unknown, known): (Option<usize>, f64, f64),
    out: &mut [f64],
) {
    let mut path = path;
    extend(&mut path, column, unknown, known);
    let split = match at {
        Child::Leaf(leaf) => {
            for i in 1..path.len() {
                let weight = unwound_sum(&path, i);
                if let Some(column) = path[i].column {
                    out[column] +=
                        weight * (path[i].known - path[i].unknown) * tree.leaf_value[leaf];
                }
            }
            return;
        }
        Child::Split(split) => split,
    };
    let node = &tree.splits[split];
    let followed = tree.next(split, row);
    let other = if followed == node.yes { node.no } else { node.yes };
    // A column that was asked before is asked once: its earlier share moves to this split.
    let (mut unknown, mut known) = (1.0, 1.0);
    if let Some(before) = path.iter().position(|step| step.column == Some(node.column)) {
        (unknown, known) = (path[before].unknown, path[before].known);
        unwind(&mut path, before);
    }
    let share = |child| rows(tree, child) / node.rows;
    let column = Some(node.column);
    walk(tree, row, followed, path.clone(), (column, unknown * share(followed), known), out);
    walk(tree, row, other, path, (column, unknown * share(other), 0.0), out);
}

fn extend(path: &mut Vec<Step>, column: Option<usize>, unknown: f64, known: f64) {
    let depth = path.len();
    let weight = if depth == 0 { 1.0 } else { 0.0 };
    path.push(Step { column, unknown, known, weight });
    let n = (depth + 1) as f64;
    for i in (0..depth).rev() {
        path[i + 1].weight += known * path[i].weight * (i + 1) as f64 / n;
        path[i].weight = unknown * path[i].weight * (depth - i) as f64 / n;
    }
}

/// Takes a step out of the path as if it had never been added.
fn unwind(path: &mut Vec<Step>, at: usize) {
    let depth = path.len() - 1;
    let Step { known, unknown, .. } = path[at];
    let n = (depth + 1) as f64;
    let mut next = path[depth].weight;
    for i in (0..depth).rev() {
        if known != 0.0 {
            let before = path[i].weight;
            path[i].weight = next * n / ((i + 1) as f64 * known);
            next = before - path[i].weight * unknown * (depth - i) as f64 / n;
        } else {
            path[i].weight = path[i].weight * n / (unknown * (depth - i) as f64);
        }
    }
    for i in at..depth {
        path[i] = Step { weight: path[i].weight, ..path[i + 1] };
    }
    path.pop();
}

/// Sum of the weights that the path would have without the step.
fn unwound_sum(path: &[Step], at: usize) -> f64 {
    let mut rest = path.to_vec();
    unwind(&mut rest, at);
    rest.iter().map(|step| step.weight).sum()
}
