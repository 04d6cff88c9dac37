//! Pairs of minute and asset with an outcome: whether the asset did better than the median of its minute.

use ndarray::ArrayView2;
use std::ops::Range;

/// All pairs in time order, assets in column order within a minute.
pub(super) struct Pooled {
    /// Position of each pair in the flat minute x asset table.
    pub(super) cell: Vec<u32>,
    /// +1 above the median, -1 otherwise.
    pub(super) sign: Vec<f64>,
    /// Pairs of the minutes before each one; one more entry than minutes.
    starts: Vec<usize>,
}

impl Pooled {
    /// `gain(t, asset)` is what the asset did after minute `t`; NaN when that is unknown.
    pub(super) fn new(rows: usize, assets: usize, gain: impl Fn(usize, usize) -> f64) -> Self {
        let mut pooled = Self { cell: Vec::new(), sign: Vec::new(), starts: vec![0] };
        let mut gains = Vec::with_capacity(assets);
        let mut sorted = Vec::with_capacity(assets);
        for t in 0..rows {
            gains.clear();
            gains.extend((0..assets).map(|a| gain(t, a)));
            sorted.clear();
            sorted.extend(gains.iter().copied().filter(|g| !g.is_nan()));
            sorted.sort_unstable_by(f64::total_cmp);
            if !sorted.is_empty() {
                let middle = sorted.len() / 2;
                let median = if sorted.len() % 2 == 1 {
                    sorted[middle]
                } else {
                    (sorted[middle - 1] + sorted[middle]) / 2.0
                };
                for (a, &g) in gains.iter().enumerate().filter(|(_, g)| !g.is_nan()) {
                    #[expect(clippy::cast_possible_truncation, reason = "tables stay below 2^32")]
                    pooled.cell.push((t * assets + a) as u32);
                    pooled.sign.push(if g > median { 1.0 } else { -1.0 });
                }
            }
            pooled.starts.push(pooled.cell.len());
        }
        pooled
    }

    pub(super) fn len(&self) -> usize {
        self.cell.len()
    }

    /// Pairs of the minutes `from..to`.
    pub(super) fn range(&self, from: usize, to: usize) -> Range<usize> {
        let last = self.starts.len() - 1;
        let from = self.starts[from.min(last)];
        from..self.starts[to.min(last)].max(from)
    }

    /// Whether a range has at least `least` pairs and both outcomes.
    pub(super) fn usable(&self, range: &Range<usize>, least: usize) -> bool {
        range.len() >= least && both(&self.sign[range.clone()])
    }
}

pub(super) fn both(sign: &[f64]) -> bool {
    sign.iter().any(|&s| s != sign[0])
}

/// For each row the later row whose number is nearest to `sidx + ahead`: off by at most `tolerance * ahead` (at least 1),
/// the earlier one of two equally near; `None` without one.
///
/// ```
/// use mantis_eval::score::forward_pairs;
///
/// assert_eq!(forward_pairs(&[0, 1, 5, 6], 5, 0.15), [Some(2), Some(3), None, None]);
/// ```
#[must_use]
pub fn forward_pairs(sidx: &[i64], ahead: i64, tolerance: f64) -> Vec<Option<usize>> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "horizons are small whole numbers"
    )]
    let reach = ((tolerance * ahead as f64) as i64).max(1);
    let later = |t: usize| {
        let target = sidx[t] + ahead;
        let right = sidx.partition_point(|&s| s < target);
        [right.checked_sub(1), Some(right)]
            .into_iter()
            .flatten()
            .filter(|&row| row > t && row < sidx.len() && (sidx[row] - target).abs() <= reach)
            .min_by_key(|&row| (sidx[row] - target).abs())
    };
    (0..sidx.len()).map(later).collect()
}

/// Returns over `ahead` rows; NaN unless both prices are positive.
pub(super) fn price_gain(
    prices: ArrayView2<'_, f64>,
    ahead: usize,
) -> impl Fn(usize, usize) -> f64 + '_ {
    move |t, a| {
        let (now, later) = (prices[[t, a]], prices[[t + ahead, a]]);
        if now > 0.0 && later > 0.0 { later / now - 1.0 } else { f64::NAN }
    }
}
