//! Fewer points for the same curve.

/// Positions of the lowest and highest value of each of `columns` stretches, in order.
pub(super) fn thin(values: &[f64], columns: usize) -> Vec<usize> {
    let n = values.len();
    if n <= 2 * columns {
        return (0..n).collect();
    }
    let mut kept = vec![0];
    for c in 0..columns {
        let stretch = c * n / columns..(c + 1) * n / columns;
        let by_value = |a: &usize, b: &usize| values[*a].total_cmp(&values[*b]);
        let extremes = (stretch.clone().min_by(by_value), stretch.max_by(by_value));
        if let (Some(low), Some(high)) = extremes {
            kept.extend([low.min(high), low.max(high)]);
        }
    }
    kept.push(n - 1);
    kept.dedup();
    kept
}
