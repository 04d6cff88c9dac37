//! Groups from pairs.

use std::collections::BTreeMap;

/// Label of every item: connected items over the pairs that are linked have the same one (single linkage).
pub(super) fn single_linkage(items: usize, linked: impl Fn(usize, usize) -> bool) -> Vec<usize> {
    let mut label: Vec<usize> = (0..items).collect();
    for a in 0..items {
        for b in a + 1..items {
            if label[a] != label[b] && linked(a, b) {
                let (keep, gone) = (label[a].min(label[b]), label[a].max(label[b]));
                label.iter_mut().filter(|l| **l == gone).for_each(|l| *l = keep);
            }
        }
    }
    label
}

/// Label of every item: the two nearest clusters are merged while their largest pairwise
/// distance is at most `cut`.
pub(super) fn complete_linkage(mut distance: Vec<Vec<f64>>, cut: f64) -> Vec<usize> {
    let mut label: Vec<usize> = (0..distance.len()).collect();
    let mut alive: Vec<usize> = label.clone();
    loop {
        let pairs = alive
            .iter()
            .enumerate()
            .flat_map(|(i, &a)| alive[i + 1..].iter().map(move |&b| (a, b)));
        let nearest = pairs.min_by(|&(a, b), &(c, d)| distance[a][b].total_cmp(&distance[c][d]));
        let Some((keep, gone)) = nearest.filter(|&(a, b)| distance[a][b] <= cut) else {
            return label;
        };
        alive.retain(|&c| c != gone);
        label.iter_mut().filter(|l| **l == gone).for_each(|l| *l = keep);
        for &other in &alive {
            let farther = distance[keep][other].max(distance[gone][other]);
            distance[keep][other] = farther;
            distance[other][keep] = farther;
        }
    }
}

/// Groups of at least two equal labels, sorted, members sorted.
pub(super) fn groups(hotkeys: &[&String], label: &[usize]) -> Vec<Vec<String>> {
    let mut members = BTreeMap::<usize, Vec<String>>::new();
    for (hotkey, &l) in hotkeys.iter().zip(label) {
        members.entry(l).or_default().push((*hotkey).clone());
    }
    let mut found: Vec<Vec<String>> = members.into_values().filter(|m| m.len() > 1).collect();
    found.sort();
    found
}

/// The lexicographically smallest member of every group, for each of its members.
pub(super) fn representatives(groups: &[Vec<String>]) -> BTreeMap<String, String> {
    groups
        .iter()
        .flat_map(|g| g.iter().map(move |m| (m.clone(), g.iter().min().unwrap_or(m).clone())))
        .collect()
}
