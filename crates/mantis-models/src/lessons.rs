//! What a network learns from: the rows of a symbol, and those of its companions.

use std::collections::BTreeMap;

use crate::Result;
use crate::companion::Companion;
use crate::dataset::Dataset;
use crate::lstm::{Examples, LstmWeights};
use crate::recipe::Recipe;
use crate::scaler::Scaler;
use crate::sequences::Sequences;

/// Rows, and whether the price rose after each.
pub(crate) type Labelled = (Vec<usize>, Vec<bool>);

/// Sequences of one or several symbols, one below the other, and the rows to learn from. The symbol's own come first, so that its
/// rows keep their numbers.
pub(crate) struct Lessons {
    /// All sequences. Of several symbols each step ends with one input for each of them: 1 for the one whose row it is, else 0.
    pub(crate) sequences: Sequences,
    /// Rows to fit.
    pub(crate) train: Examples,
    /// Rows of each companion.
    pub(crate) companions: BTreeMap<String, usize>,
    symbols: usize,
}

impl Lessons {
    /// Adds to a symbol's sequences and training rows those of the companions that have the chosen columns.
    pub(crate) fn new(
        recipe: &Recipe,
        dataset: &Dataset,
        names: &[String],
        own: &Sequences,
        train: &Labelled,
    ) -> Result<Self> {
        let mut all = vec![own.clone()];
        let mut examples = Examples::directions(train.0.clone(), &train.1);
        let mut companions = BTreeMap::new();
        for companion in dataset.companions() {
            let (sequences, rows) = match lesson(recipe, dataset, names, companion)? {
                Some(lesson) => lesson,
                None => {
                    companions.insert(companion.symbol().to_owned(), 0);
                    continue;
                }
            };
            let before: usize = all.iter().map(Sequences::len).sum();
            companions.insert(companion.symbol().to_owned(), rows.len());
            examples.weights.resize(examples.rows.len(), 1.0);
            for (row, up) in rows {
                examples.rows.push(before + row);
                examples.targets.push(f32::from(u8::from(up)));
                examples.weights.push(recipe.companions.weight);
            }
            all.push(sequences);
        }
        let symbols = all.len();
        let sequences = if symbols == 1 { own.clone() } else { Sequences::joined(&all) };
        Ok(Self { sequences, train: examples, companions, symbols })
    }

    /// The network for the symbol alone: that a row is its own is no input any more.
    pub(crate) fn own(&self, weights: LstmWeights) -> LstmWeights {
        if self.symbols == 1 {
            return weights;
        }
        let asset: Vec<f32> = (0..self.symbols).map(|i| f32::from(u8::from(i == 0))).collect();
        weights.with_fixed_inputs(&asset)
    }
}

/// Sequences, and rows with their outcomes.
type Lesson = (Sequences, Vec<(usize, bool)>);

/// A companion's sequences, by the moments of its own training rows, and its rows to fit; nothing if it has not a chosen column, or
/// no such row.
fn lesson(
    recipe: &Recipe,
    dataset: &Dataset,
    names: &[String],
    companion: &Companion,
) -> Result<Option<Lesson>> {
    let Some(columns) = companion.columns(names) else { return Ok(None) };
    let complete = |row: usize| columns.iter().all(|column| column[row].is_finite());
    let mut rows = companion.training(dataset);
    rows.retain(|&(row, _)| complete(row));
    if rows.is_empty() {
        return Ok(None);
    }
    let of_rows = |column: &&[f64]| rows.iter().map(|&(row, _)| column[row]).collect();
    let values: Vec<Vec<f64>> = columns.iter().map(of_rows).collect();
    let scaler = Scaler::of_values(names, &values)?;
    let sequences = Sequences::of_columns(&columns, &scaler, recipe.lstm.steps);
    rows.retain(|&(row, _)| sequences.has(row));
    Ok((!rows.is_empty()).then_some((sequences, rows)))
}

#[cfg(all(test, feature = "torch"))]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;
    use crate::lstm::{Lstm, LstmParams};

    #[test]
    fn the_network_of_one_symbol_says_what_the_joint_network_says_of_its_rows() {
        let params = LstmParams { steps: 3, hidden: 6, dense: [4, 3], ..LstmParams::default() };
        let scaler = Scaler {
            names: vec!["a".into(), "b".into()],
            mean: vec![0.0, 1.0],
            deviation: vec![1.0, 2.0],
            clip: 5.0,
        };
        let wave = |shift: usize| -> Vec<f64> {
            (0..9).map(|i| (((i + shift) * 7) % 11) as f64 / 3.0 - 1.0).collect()
        };
        let columns = [wave(0), wave(4), wave(5), wave(1)];
        let pair = |i: usize| -> Sequences {
            Sequences::of_columns(&[&columns[i], &columns[i + 1]], &scaler, params.steps)
        };
        let all = [pair(0), pair(1), pair(2)];
        let joint = Sequences::joined(&all);
        assert_eq!((joint.len(), joint.features()), (27, 5));
        // A sequence ends where its symbol does.
        let whole: Vec<bool> = (0..27).map(|row| joint.has(row)).collect();
        assert_eq!(whole, (0..27).map(|row| row % 9 >= 2).collect::<Vec<_>>());
        assert_eq!(
            joint.of(12).unwrap()[10..],
            [all[1].of(3).unwrap()[4], all[1].of(3).unwrap()[5], 0.0, 1.0, 0.0]
        );

        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let weights = LstmWeights::random(&params, joint.features(), &mut rng).unwrap();
        let network = Lstm::new(&weights);
        let own = Lstm::new(&weights.clone().with_fixed_inputs(&[1.0, 0.0, 0.0]));
        let other = Lstm::new(&weights.with_fixed_inputs(&[0.0, 1.0, 0.0]));
        for row in 2..9 {
            let said = network.of_one(joint.of(row).unwrap()).unwrap().logit[0];
            let sequence = all[0].of(row).unwrap();
            let alone = own.of_one(sequence).unwrap().logit[0];
            // Single precision: the inputs that do not change are added in another order.
            assert!((said - alone).abs() < 1e-6, "{said} {alone}");
            assert!((said - other.of_one(sequence).unwrap().logit[0]).abs() > 1e-5);
        }
    }
}
