//! The values of one miner by level: a fit on one column only has to know how often each value met each outcome.

use half::f16;
use half::slice::HalfFloatSliceExt;
use half::vec::HalfFloatVecExt;

/// Distinct values in ascending order.
pub(super) struct Levels(Vec<f32>);

impl Levels {
    /// The levels of some values, and which one each of them is.
    pub(super) fn of(values: &[f32]) -> (Self, Vec<u32>) {
        let halves = Vec::<f16>::from_f32_slice(values);
        if halves.to_f32_vec() == values {
            return Self::of_halves(&halves);
        }
        let mut levels = values.to_vec();
        levels.sort_unstable_by(f32::total_cmp);
        levels.dedup_by(|a, b| a.total_cmp(b).is_eq());
        let place = |v: &f32| levels.partition_point(|level| level.total_cmp(v).is_lt()) as u32;
        let places = values.iter().map(place).collect();
        (Self(levels), places)
    }

    /// As stored by the validator: few enough to be looked up in a table.
    fn of_halves(values: &[f16]) -> (Self, Vec<u32>) {
        const KEYS: usize = 1 << 16;
        // Bits in the order of the numbers they stand for.
        let key = |v: f16| {
            let bits = v.to_bits();
            usize::from(if bits >> 15 == 1 { !bits } else { bits | 0x8000 })
        };
        let mut found = vec![None; KEYS];
        values.iter().for_each(|&v| found[key(v)] = Some(v.to_f32()));
        let mut places = vec![0; KEYS];
        let mut levels = Vec::new();
        for (place, level) in places.iter_mut().zip(found) {
            *place = levels.len() as u32;
            levels.extend(level);
        }
        (Self(levels), values.iter().map(|&v| places[key(v)]).collect())
    }

    pub(super) fn value(&self, place: u32) -> f32 {
        self.0[place as usize]
    }
}

/// How often each level met each outcome.
pub(super) struct Tally(Vec<[u32; 2]>);

impl Tally {
    pub(super) fn new(levels: &Levels) -> Self {
        Self(vec![[0; 2]; levels.0.len()])
    }

    pub(super) fn add(&mut self, places: &[u32], up: &[bool]) {
        for (&place, &up) in places.iter().zip(up) {
            self.0[place as usize][usize::from(up)] += 1;
        }
    }

    /// Number of levels that occur.
    pub(super) fn distinct(&self) -> usize {
        self.0.iter().filter(|counts| **counts != [0; 2]).count()
    }

    /// Whether both outcomes occur.
    pub(super) fn both(&self) -> bool {
        (0..2).all(|outcome| self.0.iter().any(|counts| counts[outcome] > 0))
    }

    /// Each level with each outcome that it met: values, signs and how often.
    pub(super) fn rows(&self, levels: &Levels) -> (Vec<f32>, Vec<f64>, Vec<f64>) {
        let (mut values, mut signs, mut times) = (Vec::new(), Vec::new(), Vec::new());
        for (&value, counts) in levels.0.iter().zip(&self.0) {
            for (&n, sign) in counts.iter().zip([-1.0, 1.0]).filter(|(n, _)| **n > 0) {
                values.push(value);
                signs.push(sign);
                times.push(f64::from(n));
            }
        }
        (values, signs, times)
    }

    /// P(level with "up" > level with "down") + P(equal) / 2.
    pub(super) fn auc(&self) -> f64 {
        let (mut below, mut wins, mut ups) = (0.0, 0.0, 0.0);
        for &[down, up] in &self.0 {
            let (down, up) = (f64::from(down), f64::from(up));
            wins += up * (below + 0.5 * down);
            below += down;
            ups += up;
        }
        wins / (below * ups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::roc_auc;

    #[test]
    fn levels_are_the_same_with_and_without_the_table() {
        let values: Vec<f32> = (0..500)
            .map(|i| f32::from(f16::from_f32((i % 37) as f32 - 18.0) / f16::from_f32(8.0)))
            .collect();
        let up: Vec<bool> = (0..500).map(|i| i * i % 7 < 3).collect();
        let (levels, places) = Levels::of(&values);
        assert_eq!(levels.0.len(), 37);
        assert!(places.iter().zip(&values).all(|(&place, &v)| levels.value(place) == v));
        let mut tally = Tally::new(&levels);
        tally.add(&places, &up);
        let scores: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
        assert!((tally.auc() - roc_auc(&up, &scores).unwrap()).abs() < 1e-15);
        // A value that half precision does not hold.
        let mut finer = values.clone();
        finer.push(0.1);
        let (other, places) = Levels::of(&finer);
        assert_eq!(other.0.len(), 38);
        assert!(places.iter().zip(&finer).all(|(&place, &v)| other.value(place) == v));
    }

    #[test]
    fn rows_count_each_outcome() {
        let (levels, places) = Levels::of(&[0.5, -1.0, 0.5, 0.5]);
        let mut tally = Tally::new(&levels);
        tally.add(&places, &[true, true, false, true]);
        assert_eq!((tally.distinct(), tally.both()), (2, true));
        let rows = tally.rows(&levels);
        assert_eq!(rows, (vec![-1.0, 0.5, 0.5], vec![1.0, -1.0, 1.0], vec![1.0, 1.0, 2.0]));
    }
}
