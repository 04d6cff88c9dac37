//! Trees as LightGBM's text, so that whatever grew them, one reader and one walker serve them, and LightGBM reads them too.

use std::fmt::Write as _;

use super::trees::{Child, Tree};

/// The text of a model with the binary objective.
pub(super) fn model(columns: usize, trees: &[Tree]) -> String {
    let names: Vec<String> = (0..columns).map(|column| format!("Column_{column}")).collect();
    let mut out = format!(
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx={}\n\
         objective=binary sigmoid:1\nfeature_names={}\nfeature_infos={}\n\n",
        columns - 1,
        names.join(" "),
        vec!["[-inf:inf]"; columns].join(" "),
    );
    for (i, tree) in trees.iter().enumerate() {
        // Writing into a string cannot fail.
        let _ = block(&mut out, i, tree);
    }
    out.push_str("end of trees\n");
    out
}

fn block(out: &mut String, number: usize, tree: &Tree) -> std::fmt::Result {
    let leaves = tree.leaf_value.len();
    writeln!(out, "Tree={number}\nnum_leaves={leaves}\nnum_cat=0")?;
    let child = |child: Child| match child {
        Child::Split(split) => split as i64,
        Child::Leaf(leaf) => -1 - leaf as i64,
    };
    let splits = || tree.splits.iter();
    if !tree.splits.is_empty() {
        line(out, "split_feature", splits().map(|s| s.column))?;
        line(out, "split_gain", splits().map(|_| 0))?;
        line(out, "threshold", splits().map(|s| s.threshold))?;
        // Numerical, and a missing value goes left: rows with missing values are refused before they get here.
        line(out, "decision_type", splits().map(|_| 2))?;
        line(out, "left_child", splits().map(|s| child(s.yes)))?;
        line(out, "right_child", splits().map(|s| child(s.no)))?;
    }
    line(out, "leaf_value", tree.leaf_value.iter())?;
    if !tree.splits.is_empty() {
        line(out, "leaf_weight", tree.leaf_rows.iter())?;
        line(out, "leaf_count", tree.leaf_rows.iter())?;
        line(out, "internal_value", splits().map(|_| 0))?;
        line(out, "internal_weight", splits().map(|s| s.rows))?;
        line(out, "internal_count", splits().map(|s| s.rows))?;
    }
    writeln!(out, "is_linear=0\nshrinkage=1\n\n")
}

fn line<T: std::fmt::Display>(
    out: &mut String,
    key: &str,
    values: impl Iterator<Item = T>,
) -> std::fmt::Result {
    let values: Vec<String> = values.map(|value| value.to_string()).collect();
    writeln!(out, "{key}={}", values.join(" "))
}
