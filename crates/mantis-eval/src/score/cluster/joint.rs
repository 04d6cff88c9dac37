//! Hotkeys whose leading values move together where both are active.

use super::JointProfile;
use super::linkage::{groups, single_linkage};
use super::pairs::Pairs;
use super::track::{Track, product, tracks};
use crate::Result;
use crate::score::EmbeddingMatrix;
use crate::workers::Workers;

/// Which two hotkeys of a challenge move together, among those with enough active rows and no NaN.
pub(crate) type Joint = Pairs<JointProfile, bool>;

impl Joint {
    /// The hotkeys of `known` say the same as then.
    pub(crate) fn measure(
        matrix: &EmbeddingMatrix<'_>,
        profile: &JointProfile,
        workers: &Workers,
        known: Option<&Self>,
    ) -> Result<Self> {
        let dims = profile.dims.clamp(1, matrix.dim());
        let centred = |track: Track| (!track.has_nan).then(|| Centred::new(track));
        let found = tracks(matrix, dims, profile.min_active, workers, centred)?;
        let (hotkeys, tracks): (Vec<String>, Vec<Centred>) = found.into_iter().unzip();
        let joins = |a: usize, b: usize| tracks[a].joins(&tracks[b], profile);
        Self::fill(profile, hotkeys, known, workers, joins)
    }

    /// Groups of them (single linkage).
    pub(crate) fn groups(&self) -> Vec<Vec<String>> {
        let hotkeys: Vec<&String> = self.hotkeys.iter().collect();
        let label = single_linkage(hotkeys.len(), |a, b| self.of(a, b));
        groups(&hotkeys, &label)
    }
}

/// A track less its means.
struct Centred {
    means: Vec<f32>,
    /// Zero where it is not active.
    values: Vec<f32>,
    /// Squared length of each row.
    squares: Vec<f64>,
    /// A bit for each row, 64 in a word.
    active: Vec<u64>,
    /// Active rows, and the sum of their squares.
    whole: (usize, f64),
}

impl Centred {
    fn new(track: Track) -> Self {
        let Track { dim, mut values, active, means, .. } = track;
        for (vector, active) in values.chunks_exact_mut(dim).zip(&active) {
            for (v, mean) in vector.iter_mut().zip(&means) {
                *v = if *active { *v - mean } else { 0.0 };
            }
        }
        let square = |vector: &[f32]| vector.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
        let squares: Vec<f64> = values.chunks_exact(dim).map(square).collect();
        let word = |rows: &[bool]| rows.iter().rev().fold(0, |w, &on| w << 1 | u64::from(on));
        let active: Vec<u64> = active.chunks(64).map(word).collect();
        let (rows, [sum, _]) = joint_sums(&active, &active, [&squares, &squares]);
        Self { means, values, squares, active, whole: (rows, sum) }
    }

    /// Whether both move together in the rows where both are active.
    fn joins(&self, other: &Self, profile: &JointProfile) -> bool {
        let mut differences = self.means.iter().zip(&other.means).map(|(a, b)| (a - b).abs());
        if !differences.all(|d| d <= profile.mean_tolerance) {
            return false;
        }
        let (rows, [square, of_other]) = if self.active == other.active {
            (self.whole.0, [self.whole.1, other.whole.1])
        } else {
            joint_sums(&self.active, &other.active, [&self.squares, &other.squares])
        };
        let scale = f64::sqrt(square * of_other);
        if rows < profile.min_joint || scale <= 0.0 {
            return false;
        }
        product(&self.values, &other.values).abs() / scale >= profile.correlation
    }
}

/// Number of rows in which both are active, and the sums of two columns over these.
fn joint_sums(a: &[u64], b: &[u64], columns: [&[f64]; 2]) -> (usize, [f64; 2]) {
    let (mut rows, mut sums) = (0, [0.0; 2]);
    for (word, (a, b)) in a.iter().zip(b).enumerate() {
        let mut both = a & b;
        rows += both.count_ones() as usize;
        while both != 0 {
            let row = 64 * word + both.trailing_zeros() as usize;
            sums.iter_mut().zip(columns).for_each(|(sum, column)| *sum += column[row]);
            both &= both - 1;
        }
    }
    (rows, sums)
}
