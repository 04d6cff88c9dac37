//! Growing one tree.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::bins::Binned;
use super::{Forest, below};

/// A node: a split with two children, or a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Node {
    /// Rows with `row[column] <= end` go to `low`, the others to `high`.
    Split { column: u32, end: f64, low: u32, high: u32 },
    /// Share of "up".
    Leaf(f64),
}

/// A classification tree; node 0 is the root.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    pub(super) fn probability(&self, row: &[f64]) -> f64 {
        let mut at = 0;
        loop {
            match self.nodes[at] {
                Node::Leaf(share) => return share,
                Node::Split { column, end, low, high } => {
                    at = if row[column as usize] <= end { low } else { high } as usize;
                }
            }
        }
    }
}

/// The best split of some rows.
#[derive(Debug, Clone, Copy)]
struct Best {
    gain: f64,
    column: usize,
    bin: usize,
}

/// What a tree grows from.
#[derive(Debug)]
pub(super) struct Grower<'a> {
    binned: &'a [Binned],
    up: &'a [bool],
    forest: &'a Forest,
    tried: usize,
    rng: &'a mut ChaCha8Rng,
    importance: &'a mut [f64],
    order: Vec<usize>,
}

impl<'a> Grower<'a> {
    pub(super) fn new(
        binned: &'a [Binned],
        up: &'a [bool],
        forest: &'a Forest,
        tried: usize,
        rng: &'a mut ChaCha8Rng,
        importance: &'a mut [f64],
    ) -> Self {
        let order = (0..binned.len()).collect();
        Self { binned, up, forest, tried, rng, importance, order }
    }

    /// Grows a tree on a sample of the rows.
    pub(super) fn grow(&mut self, mut sample: Vec<u32>) -> Tree {
        let total = sample.len() as f64;
        let mut tree = Tree { nodes: vec![Node::Leaf(0.0)] };
        // Node, its rows within the sample, its depth.
        let mut open = vec![(0_usize, 0..sample.len(), 0_usize)];
        while let Some((at, rows, depth)) = open.pop() {
            let part = &mut sample[rows.clone()];
            let up = part.iter().filter(|&&row| self.up[row as usize]).count();
            let share = up as f64 / part.len() as f64;
            let best = if depth < self.forest.depth { self.best_split(part, up) } else { None };
            let Some(best) = best else {
                tree.nodes[at] = Node::Leaf(share);
                continue;
            };
            self.importance[best.column] += best.gain / total;
            let bins = &self.binned[best.column];
            // Rows keep their order on both sides, so that a tree does not depend on how they are moved.
            let (low, high): (Vec<u32>, Vec<u32>) =
                part.iter().partition(|&&row| usize::from(bins.bin[row as usize]) <= best.bin);
            let middle = rows.start + low.len();
            part[..low.len()].copy_from_slice(&low);
            part[low.len()..].copy_from_slice(&high);
            let child = tree.nodes.len();
            tree.nodes.extend([Node::Leaf(0.0); 2]);
            tree.nodes[at] = Node::Split {
                column: best.column as u32,
                end: bins.ends[best.bin],
                low: child as u32,
                high: child as u32 + 1,
            };
            open.push((child, rows.start..middle, depth + 1));
            open.push((child + 1, middle..rows.end, depth + 1));
        }
        tree
    }

    /// The split with the largest decrease of Gini impurity times rows, among columns drawn without replacement.
    fn best_split(&mut self, rows: &[u32], up: usize) -> Option<Best> {
        let (n, min_leaf) = (rows.len(), self.forest.min_leaf);
        if n < 2 * min_leaf || up == 0 || up == n {
            return None;
        }
        let impurity = |up: f64, n: f64| 2.0 * up * (n - up) / n;
        let whole = impurity(up as f64, n as f64);
        let mut best: Option<Best> = None;
        for draw in 0..self.tried {
            let other = draw + below(self.rng, self.order.len() - draw);
            self.order.swap(draw, other);
            let column = self.order[draw];
            let bins = &self.binned[column];
            let mut counts = [[0_u32; 2]; 256];
            for &row in rows {
                let row = row as usize;
                counts[usize::from(bins.bin[row])][usize::from(self.up[row])] += 1;
            }
            let (mut low, mut low_up) = (0_usize, 0_usize);
            for (bin, [down, up_here]) in counts[..bins.len() - 1].iter().enumerate() {
                low += (down + up_here) as usize;
                low_up += *up_here as usize;
                if low < min_leaf || n - low < min_leaf {
                    continue;
                }
                let parts = impurity(low_up as f64, low as f64)
                    + impurity((up - low_up) as f64, (n - low) as f64);
                let gain = whole - parts;
                if gain > 1e-12 * whole && best.is_none_or(|b| gain > b.gain) {
                    best = Some(Best { gain, column, bin });
                }
            }
        }
        best
    }
}
