//! Rank correlation.

use crate::metrics::count;
use crate::{Error, Result};

/// Spearman's rank correlation: the correlation of the mean ranks. `None` when one side is constant.
///
/// # Errors
/// [`Error::Length`], [`Error::Empty`] or [`Error::NotFinite`].
///
/// ```
/// let rho = mantis_eval::statistics::spearman(&[1.0, 2.0, 3.0], &[10.0, 100.0, 1000.0])?;
/// assert_eq!(rho, Some(1.0));
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn spearman(a: &[f64], b: &[f64]) -> Result<Option<f64>> {
    check("spearman", a, b)?;
    let (ranks_a, ranks_b) = (mean_ranks(a), mean_ranks(b));
    let middle = (count(a.len()) + 1.0) / 2.0;
    let product = |x: &[f64], y: &[f64]| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - middle) * (y - middle)).sum()
    };
    let scale = (product(&ranks_a, &ranks_a) * product(&ranks_b, &ranks_b)).sqrt();
    Ok((scale > 0.0).then(|| product(&ranks_a, &ranks_b) / scale))
}

/// Kendall's rank correlation tau-b: concordant minus discordant pairs, corrected for ties. `None` when one side is
/// constant.
///
/// # Errors
/// As [`spearman`].
///
/// ```
/// let tau = mantis_eval::statistics::kendall(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0])?;
/// assert!((tau.unwrap_or(0.0) - 4.0 / 6.0).abs() < 1e-15);
/// # Ok::<(), mantis_eval::Error>(())
/// ```
pub fn kendall(a: &[f64], b: &[f64]) -> Result<Option<f64>> {
    check("kendall", a, b)?;
    let mut rows: Vec<(f64, f64)> =
        a.iter().map(|v| v + 0.0).zip(b.iter().map(|v| v + 0.0)).collect();
    rows.sort_unstable_by(|x, y| x.0.total_cmp(&y.0).then(x.1.total_cmp(&y.1)));
    let pairs = |n: usize| n as u64 * (n as u64).saturating_sub(1) / 2;
    let ties_a: u64 = rows.chunk_by(|x, y| x.0 == y.0).map(|c| pairs(c.len())).sum();
    let ties_both: u64 = rows.chunk_by(|x, y| x == y).map(|c| pairs(c.len())).sum();
    let mut second: Vec<f64> = rows.iter().map(|row| row.1).collect();
    let discordant = inversions(&mut second);
    // `inversions` has sorted it.
    let ties_b: u64 = second.chunk_by(|x, y| x == y).map(|c| pairs(c.len())).sum();
    let all = pairs(rows.len());
    #[expect(clippy::cast_precision_loss, reason = "the ratio is rounded to f64 in the end")]
    let float = |n: u64| n as f64;
    let scale = float(all - ties_a).sqrt() * float(all - ties_b).sqrt();
    let concordant = all + ties_both - ties_a - ties_b - discordant;
    Ok((scale > 0.0).then(|| (float(concordant) - float(discordant)) / scale))
}

fn check(what: &'static str, a: &[f64], b: &[f64]) -> Result<()> {
    if a.len() != b.len() {
        return Err(Error::Length { what, expected: a.len(), got: b.len() });
    }
    if a.is_empty() {
        return Err(Error::Empty { what });
    }
    for side in [a, b] {
        if let Some(index) = side.iter().position(|v| !v.is_finite()) {
            return Err(Error::NotFinite { what, index, value: side[index] });
        }
    }
    Ok(())
}

/// Ranks from 1; equal values share the mean of their ranks.
fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&i, &j| (values[i] + 0.0).total_cmp(&(values[j] + 0.0)));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for ties in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let mean = count(before) + (count(ties.len()) + 1.0) / 2.0;
        ties.iter().for_each(|&i| ranks[i] = mean);
        before += ties.len();
    }
    ranks
}

/// Sorts, and counts the pairs that stood in falling order.
fn inversions(values: &mut [f64]) -> u64 {
    let middle = values.len() / 2;
    if middle == 0 {
        return 0;
    }
    let (left, right) = values.split_at_mut(middle);
    let mut found = inversions(left) + inversions(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        if left[i] <= right[j] {
            merged.push(left[i]);
            i += 1;
        } else {
            found += (left.len() - i) as u64;
            merged.push(right[j]);
            j += 1;
        }
    }
    merged.extend_from_slice(&left[i..]);
    merged.extend_from_slice(&right[j..]);
    values.copy_from_slice(&merged);
    found
}
