//! Saved trees: prediction, leaves and contributions without an engine.

use mantis_features::learn::sigmoid;

use super::parse;
use super::shap;
use crate::{Error, Result};

/// A step of a path: a further split, or a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Child {
    Split(usize),
    Leaf(usize),
}

/// A question to a row: is the value of this column at most the threshold?
#[derive(Clone, Copy, Debug)]
pub(super) struct Split {
    pub(super) column: usize,
    pub(super) threshold: f64,
    pub(super) yes: Child,
    pub(super) no: Child,
    /// Training rows that came here.
    pub(super) rows: f64,
}

/// One tree; the first split is its root, and without a split it is one leaf.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub(super) splits: Vec<Split>,
    pub(super) leaf_value: Vec<f64>,
    pub(super) leaf_rows: Vec<f64>,
}

impl Tree {
    pub(super) fn root(&self) -> Child {
        if self.splits.is_empty() { Child::Leaf(0) } else { Child::Split(0) }
    }

    pub(super) fn leaf(&self, row: &[f32]) -> usize {
        let mut at = self.root();
        loop {
            match at {
                Child::Leaf(leaf) => return leaf,
                Child::Split(split) => at = self.next(split, row),
            }
        }
    }

    pub(super) fn next(&self, split: usize, row: &[f32]) -> Child {
        let split = &self.splits[split];
        if f64::from(row[split.column]) <= split.threshold { split.yes } else { split.no }
    }
}

/// Trees whose values add up to the log-odds of "up".
///
/// Made by a [`GbdtBackend`](super::GbdtBackend) or read from the text in which LightGBM saves a binary model; such a text
/// is kept as it was.
///
/// ```no_run
/// use mantis_models::gbdt::Trees;
///
/// let text = std::fs::read_to_string("artifact/gbdt_model.txt").unwrap();
/// let trees = Trees::parse(&text).unwrap();
/// let p_up = trees.probability(&vec![0.0; trees.columns()])?;
/// assert!((0.0..=1.0).contains(&p_up));
/// # Ok::<(), mantis_models::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trees {
    text: String,
    columns: usize,
    pub(super) trees: Vec<Tree>,
}

impl Trees {
    /// Reads the text of a LightGBM model with the binary objective.
    ///
    /// # Errors
    /// The reason in words for a text that is no such model: another objective, several classes, categorical splits, linear
    /// leaves, zeros taken for missing values, numbers or fields that are missing or contradict each other.
    pub fn parse(text: &str) -> std::result::Result<Self, String> {
        let (columns, trees) = parse::model(text)?;
        Ok(Self { text: text.to_owned(), columns, trees })
    }

    /// The text that was read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Values of a row.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of trees.
    #[must_use]
    pub fn len(&self) -> usize {
        self.trees.len()
    }

    /// Whether there is no tree.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    /// Log-odds of "up" for a row.
    ///
    /// # Errors
    /// [`Error::Length`] for a row of another length, [`Error::NotFinite`] for a value that is not finite.
    pub fn log_odds(&self, row: &[f32]) -> Result<f64> {
        self.check(row)?;
        Ok(self.trees.iter().map(|tree| tree.leaf_value[tree.leaf(row)]).sum())
    }

    /// Probability of "up" for a row.
    ///
    /// # Errors
    /// As [`Trees::log_odds`].
    pub fn probability(&self, row: &[f32]) -> Result<f64> {
        Ok(sigmoid(self.log_odds(row)?))
    }

    /// The leaf that a row reaches in each tree.
    ///
    /// # Errors
    /// As [`Trees::log_odds`].
    pub fn leaves(&self, row: &[f32]) -> Result<Vec<usize>> {
        self.check(row)?;
        Ok(self.trees.iter().map(|tree| tree.leaf(row)).collect())
    }

    /// What each column adds to the log-odds of a row, and as last entry the mean over the training rows; together they
    /// are the log-odds.
    ///
    /// Path-dependent TreeSHAP of Lundberg, Erion and Lee (2018), "Consistent Individualized Feature Attribution for Tree
    /// Ensembles", arXiv 1802.03888, algorithm 2.
    ///
    /// # Errors
    /// As [`Trees::log_odds`].
    pub fn contributions(&self, row: &[f32]) -> Result<Vec<f64>> {
        self.check(row)?;
        let mut out = vec![0.0; self.columns + 1];
        for tree in &self.trees {
            shap::add(tree, row, &mut out);
        }
        Ok(out)
    }

    /// How often the trees ask for each column: the importance that LightGBM calls "split".
    #[must_use]
    pub fn importances(&self) -> Vec<usize> {
        let mut splits = vec![0; self.columns];
        for split in self.trees.iter().flat_map(|tree| &tree.splits) {
            splits[split.column] += 1;
        }
        splits
    }

    fn check(&self, row: &[f32]) -> Result<()> {
        const WHAT: &str = "trees";
        if row.len() != self.columns {
            let (got, expected) = (row.len(), self.columns);
            return Err(Error::Length { what: WHAT, input: "row", got, expected });
        }
        match row.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(at) => Err(Error::NotFinite {
                what: WHAT,
                column: format!("column {at}"),
                row: 0,
                got: f64::from(row[at]),
                hint: "leave rows without a value out",
            }),
        }
    }
}
