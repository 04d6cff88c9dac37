//! Which recipes a search tries, and for how long.

use std::collections::BTreeMap;
use std::path::Path;

use mantis_data::input::{self, most};
use mantis_models::Recipe;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value};

use crate::models::train::overlay;
use crate::{Error, Result};

/// Which combinations of values are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// All of them.
    Grid,
    /// So many of them, drawn without repetition by a seed.
    Random {
        /// How many.
        trials: usize,
        /// The seed.
        seed: u64,
    },
    /// Successive halving (Jamieson and Talwalkar 2016, *AISTATS* 51:240): so many, drawn as in a random search, are trained
    /// for few epochs; the best of each rung go on to the next, which starts them anew with more epochs. The last rung trains
    /// as long as the recipe says.
    Halving {
        /// How many in the first rung.
        trials: usize,
        /// The seed.
        seed: u64,
        /// One of so many goes on, with so many times the epochs; at least 2.
        factor: usize,
    },
}

/// A round of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rung {
    /// Trials in it.
    pub trials: usize,
    /// Most epochs of the network; none: as the recipe says.
    pub epochs: Option<usize>,
}

impl Search {
    /// The rounds, given the combinations that there are and the epochs of the recipe.
    pub(super) fn rungs(self, combinations: usize, epochs: usize) -> Vec<Rung> {
        match self {
            Self::Grid => vec![Rung { trials: combinations, epochs: None }],
            Self::Random { trials, .. } => {
                vec![Rung { trials: trials.min(combinations), epochs: None }]
            }
            Self::Halving { trials, factor, .. } => {
                let mut rungs = Vec::new();
                let mut left = trials.min(combinations);
                // From the last rung, which has all epochs, to the first.
                let powers = std::iter::successors(Some(1_usize), |p| p.checked_mul(factor));
                let fits = |power: &usize| left / power >= 1 && epochs / power >= 1;
                let powers: Vec<usize> = powers.take_while(fits).collect();
                for power in powers.iter().rev() {
                    rungs.push(Rung { trials: left, epochs: Some(epochs / power) });
                    left /= factor;
                }
                rungs
            }
        }
    }
}

/// Names with their values, in order of the names.
#[derive(Debug, PartialEq)]
pub(super) struct Space(Vec<(String, Vec<Value>)>);

impl Space {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let read = |source| Error::Read { path: path.to_owned(), source };
        let text = input::text(path, most::SETTINGS).map_err(read)?;
        let wrong = |problem: &str| Error::usage(&format!("--space {}: {problem}", path.display()));
        let file: Map<String, Value> = toml::from_str(&text).map_err(|e| wrong(&e.to_string()))?;
        let mut leaves = Vec::new();
        flatten("", file, &mut leaves);
        let mut names = Vec::new();
        for (name, value) in leaves {
            match value {
                Value::Array(values) if !values.is_empty() => names.push((name, values)),
                _ => return Err(wrong(&format!("{name}: expected a list of values to try"))),
            }
        }
        if names.is_empty() {
            return Err(wrong("it names nothing to try"));
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(Self(names))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// How many there are.
    pub(super) fn combinations(&self) -> usize {
        self.0.iter().fold(1, |n, (_, values)| n.saturating_mul(values.len()))
    }

    /// The combinations of a search; the last name turns fastest.
    pub(super) fn numbers(&self, search: Search) -> Vec<usize> {
        let total = self.combinations();
        match search {
            Search::Grid => (0..total).collect(),
            Search::Random { trials, seed } | Search::Halving { trials, seed, .. } => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rand::seq::index::sample(&mut rng, total, trials.min(total)).into_vec()
            }
        }
    }

    pub(super) fn values(&self, mut at: usize) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        for (name, all) in self.0.iter().rev() {
            values.insert(name.clone(), all[at % all.len()].clone());
            at /= all.len();
        }
        values
    }
}

fn flatten(path: &str, object: Map<String, Value>, leaves: &mut Vec<(String, Value)>) {
    for (key, value) in object {
        let path = if path.is_empty() { key } else { format!("{path}.{key}") };
        match value {
            Value::Object(inner) => flatten(&path, inner, leaves),
            leaf => leaves.push((path, leaf)),
        }
    }
}

/// The recipe with the values in it.
pub(super) fn applied(
    base: &Recipe,
    values: &BTreeMap<String, Value>,
    path: &Path,
) -> Result<Recipe> {
    let wrong =
        |error: serde_json::Error| Error::usage(&format!("--space {}: {error}", path.display()));
    let mut whole = serde_json::to_value(base).map_err(wrong)?;
    for (name, value) in values {
        let nest =
            |inner: Value, key: &str| Value::Object(Map::from_iter([(key.to_owned(), inner)]));
        overlay(&mut whole, name.rsplit('.').fold(value.clone(), nest));
    }
    let recipe: Recipe = serde_json::from_value(whole).map_err(wrong)?;
    if (recipe.dates, recipe.plan.symbol()) != (base.dates, base.plan.symbol()) {
        return Err(Error::usage(&format!(
            "--space {}: the dates and the symbol are not searched; leave them out",
            path.display()
        )));
    }
    Ok(recipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rung_has_fewer_trials_and_more_epochs() {
        let rungs = |trials, epochs, combinations| {
            let search = Search::Halving { trials, seed: 1, factor: 3 };
            let rungs = search.rungs(combinations, epochs);
            rungs.iter().map(|r| (r.trials, r.epochs.unwrap_or(0))).collect::<Vec<_>>()
        };
        assert_eq!(rungs(27, 12, 1000), [(27, 1), (9, 4), (3, 12)]);
        assert_eq!(rungs(20, 12, 1000), [(20, 1), (6, 4), (2, 12)]);
        // As many rungs as trials or epochs allow; no more trials than combinations.
        assert_eq!(rungs(4, 100, 1000), [(4, 33), (1, 100)]);
        assert_eq!(rungs(27, 2, 1000), [(27, 2)]);
        assert_eq!(rungs(27, 12, 8), [(8, 4), (2, 12)]);
    }
}
