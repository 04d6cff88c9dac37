//! The text in which LightGBM saves a model: `key=value` lines, a block for each tree.

use std::collections::HashMap;
use std::str::FromStr;

use super::trees::{Child, Split, Tree};

/// Memory is taken for every column of a model, whether a split asks for it or not.
const MOST_COLUMNS: usize = 1 << 16;

type Parsed<T> = Result<T, String>;

/// Columns and trees of a model with the binary objective.
pub(super) fn model(text: &str) -> Parsed<(usize, Vec<Tree>)> {
    // The trees end where the parameters of the training begin.
    let text = text.split("\nend of trees").next().unwrap_or_default();
    let mut blocks = text.split("\nTree=");
    let head = Block::new("the head", blocks.next().unwrap_or_default());
    if !text.starts_with("tree\n") {
        return Err("the text does not start with \"tree\", expected a LightGBM model".to_owned());
    }
    let objective = head.text("objective")?;
    if objective.split(' ').next() != Some("binary") || !objective.contains("sigmoid:1") {
        return Err(format!("the objective is {objective:?}, expected \"binary sigmoid:1\""));
    }
    if head.text("num_class")? != "1" || head.text("num_tree_per_iteration")? != "1" {
        return Err("the model has several classes, expected one".to_owned());
    }
    let last = head.number::<usize>("max_feature_idx")?;
    if last >= MOST_COLUMNS {
        return Err(format!("max_feature_idx is {last}, expected less than {MOST_COLUMNS}"));
    }
    let columns = last + 1;
    let trees = blocks.enumerate().map(|(i, block)| {
        // The first line holds the number of the tree.
        let (number, body) = block.split_once('\n').unwrap_or((block, ""));
        if number.trim() != i.to_string() {
            return Err(format!("tree {number:?} stands where tree {i} was expected"));
        }
        tree(&Block::new(&format!("tree {i}"), body), columns)
    });
    let trees = trees.collect::<Parsed<Vec<_>>>()?;
    if trees.is_empty() {
        return Err("there is no tree".to_owned());
    }
    Ok((columns, trees))
}

fn tree(block: &Block<'_>, columns: usize) -> Parsed<Tree> {
    let leaves = block.number::<usize>("num_leaves")?;
    for (key, what) in [("num_cat", "categorical splits"), ("is_linear", "linear leaves")] {
        if block.text(key)? != "0" {
            return Err(format!("{} has {what}, which this reader does not know", block.name));
        }
    }
    if leaves == 0 {
        return Err(format!("{} has no leaf", block.name));
    }
    let leaf_value: Vec<f64> = block.list("leaf_value", leaves)?;
    if let Some(value) = leaf_value.iter().find(|v| !v.is_finite()) {
        return Err(format!("{}: a leaf is {value}, expected a finite number", block.name));
    }
    if leaves == 1 {
        return Ok(Tree { splits: Vec::new(), leaf_value, leaf_rows: vec![1.0] });
    }
    let n = leaves - 1;
    let column: Vec<usize> = block.list("split_feature", n)?;
    let threshold: Vec<f64> = block.list("threshold", n)?;
    let decision: Vec<u8> = block.list("decision_type", n)?;
    let yes: Vec<i64> = block.list("left_child", n)?;
    let no: Vec<i64> = block.list("right_child", n)?;
    let rows: Vec<f64> = block.list("internal_count", n)?;
    let mut splits = Vec::with_capacity(n);
    for i in 0..n {
        if column[i] >= columns {
            return Err(format!(
                "{}: split {i} reads column {} of {columns}",
                block.name, column[i]
            ));
        }
        // Bits 2 and 3 say what counts as missing: nothing, zero or NaN. Rows with NaN are refused before they get here.
        if decision[i] & 1 == 1 || (decision[i] >> 2) & 3 == 1 {
            return Err(format!(
                "{}: split {i} is of a type this reader does not know",
                block.name
            ));
        }
        let child = |at: i64| match usize::try_from(at) {
            // Children come after their parents, so that no path runs in a circle.
            Ok(split) if split > i && split < n => Ok(Child::Split(split)),
            Err(_) if at >= -(leaves as i64) => Ok(Child::Leaf((-1 - at) as usize)),
            _ => Err(format!("{}: split {i} leads to {at}, which does not exist", block.name)),
        };
        splits.push(Split {
            column: column[i],
            threshold: threshold[i],
            yes: child(yes[i])?,
            no: child(no[i])?,
            rows: rows[i],
        });
    }
    Ok(Tree { splits, leaf_value, leaf_rows: block.list("leaf_count", leaves)? })
}

/// The fields of one part of the text.
struct Block<'a> {
    name: String,
    fields: HashMap<&'a str, &'a str>,
}

impl<'a> Block<'a> {
    fn new(name: &str, text: &'a str) -> Self {
        let fields = text.lines().filter_map(|line| line.trim_end().split_once('='));
        Self { name: name.to_owned(), fields: fields.collect() }
    }

    fn text(&self, key: &str) -> Parsed<&'a str> {
        self.fields.get(key).copied().ok_or_else(|| format!("{}: {key} is missing", self.name))
    }

    fn number<T: FromStr>(&self, key: &str) -> Parsed<T> {
        let text = self.text(key)?;
        text.parse().map_err(|_| format!("{}: {key} is {text:?}, expected a number", self.name))
    }

    fn list<T: FromStr>(&self, key: &str, expected: usize) -> Parsed<Vec<T>> {
        let bad = |item: &str| format!("{}: {key} holds {item:?}, expected a number", self.name);
        let items = self.text(key)?.split_whitespace();
        let list =
            items.map(|item| item.parse().map_err(|_| bad(item))).collect::<Parsed<Vec<T>>>()?;
        if list.len() == expected {
            return Ok(list);
        }
        Err(format!("{}: {key} has {} entries, expected {expected}", self.name, list.len()))
    }
}
