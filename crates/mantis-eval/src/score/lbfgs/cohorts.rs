//! Miners that say the same share one place: only the first of a cohort is scored, and its pay is split.

use super::LbfgsProfile;
use crate::Result;
use crate::score::EmbeddingMatrix;
use crate::score::cluster::Joint;
use crate::workers::Workers;
use std::collections::BTreeSet;

pub(super) struct Cohorts {
    /// Members of each cohort, first the one that is scored.
    pub(super) groups: Vec<Vec<String>>,
    /// Columns that are scored, in lexicographic order of their hotkeys.
    pub(super) scored: Vec<usize>,
}

impl Cohorts {
    pub(super) fn new(
        matrix: &EmbeddingMatrix<'_>,
        profile: &LbfgsProfile,
        workers: &Workers,
        memory: &mut Option<Joint>,
    ) -> Result<Self> {
        let joint = Joint::measure(matrix, &profile.joint(), workers, memory.as_ref())?;
        let groups = memory.insert(joint).groups();
        let hidden: BTreeSet<&String> = groups.iter().flat_map(|g| &g[1..]).collect();
        let hotkeys = matrix.hotkeys();
        let mut scored: Vec<usize> =
            (0..hotkeys.len()).filter(|&j| !hidden.contains(&hotkeys[j])).collect();
        // Without a cohort the validator leaves the columns as they are.
        if !groups.is_empty() {
            scored.sort_by_key(|&j| &hotkeys[j]);
        }
        Ok(Self { groups, scored })
    }

    /// Splits what the first of each cohort earned equally among its members: cohorts first, then the others in order.
    pub(super) fn split(&self, salience: Vec<(String, f64)>) -> Vec<(String, f64)> {
        let mut paid = Vec::with_capacity(salience.len());
        for group in &self.groups {
            if let Some((_, total)) = salience.iter().find(|(h, s)| *h == group[0] && *s > 0.0) {
                let each = total / crate::metrics::count(group.len());
                paid.extend(group.iter().map(|member| (member.clone(), each)));
            }
        }
        let first = |hotkey: &String| self.groups.iter().any(|group| group[0] == *hotkey);
        paid.extend(salience.into_iter().filter(|(hotkey, _)| !first(hotkey)));
        paid
    }
}
