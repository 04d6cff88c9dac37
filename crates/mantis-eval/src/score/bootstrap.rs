//! Feature importances by a block bootstrap and a median of means.

use super::rng::block_starts;

/// The most groups whose means enter the median.
const GROUPS: usize = 4;

/// Rows of one bootstrap replicate: sorted block starts, each expanded to `block` rows.
pub(crate) fn replicate_rows(seed: u64, rows: usize, block: usize) -> Vec<usize> {
    block_starts(seed, rows, block).into_iter().flat_map(|s| s..s + block).collect()
}

/// Median, per coordinate, of the means of consecutive equal groups of replicates. Left-over
/// replicates are ignored, as the validator ignores them. `None` without a replicate.
pub(crate) fn median_of_means(replicates: &[Vec<f64>]) -> Option<Vec<f64>> {
    let width = replicates.first()?.len();
    let groups = GROUPS.min(replicates.len());
    let size = replicates.len() / groups;
    let means: Vec<Vec<f64>> = replicates
        .chunks_exact(size)
        .take(groups)
        .map(|group| {
            #[expect(clippy::cast_precision_loss, reason = "a count of replicates is small")]
            let count = group.len() as f64;
            (0..width).map(|c| group.iter().map(|r| r[c]).sum::<f64>() / count).collect()
        })
        .collect();
    let median = |c: usize| {
        let mut values: Vec<f64> = means.iter().map(|m| m[c]).collect();
        values.sort_unstable_by(f64::total_cmp);
        let middle = values.len() / 2;
        if values.len() % 2 == 1 {
            values[middle]
        } else {
            (values[middle - 1] + values[middle]) / 2.0
        }
    };
    Some((0..width).map(median).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_replicates_make_four_pairs() {
        let replicates: Vec<Vec<f64>> = (0..10).map(|i| vec![f64::from(i)]).collect();
        // Pair means .5, 2.5, 4.5, 6.5; the last two replicates are not used.
        assert_eq!(median_of_means(&replicates), Some(vec![3.5]));
        assert_eq!(median_of_means(&replicates[..3]), Some(vec![1.0]));
        assert_eq!(median_of_means(&replicates[..1]), Some(vec![0.0]));
        assert_eq!(median_of_means(&[]), None);
    }

    #[test]
    fn a_replicate_has_whole_blocks() {
        let rows = replicate_rows(42, 1000, 120);
        assert_eq!(rows.len(), 8 * 120);
        assert!(rows.iter().all(|&r| r < 1000));
    }
}
