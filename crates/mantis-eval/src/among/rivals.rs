//! Who says nearly what the user says.

use super::{LikenessMap, Rival};
use crate::Result;
use crate::metrics::count;
use crate::score::EmbeddingMatrix;
use crate::workers::Workers;

/// Rows in which both must be active before a distance is given.
const LEAST_JOINT: usize = 200;
/// Hotkeys on the map of a challenge.
const MAPPED: usize = 12;

/// The nearest rival, and the map of the nearest ones.
pub(super) fn rivals(
    matrix: &EmbeddingMatrix<'_>,
    mine: usize,
    workers: &Workers,
) -> Result<(Option<Rival>, LikenessMap)> {
    let dim = matrix.dim();
    let me = matrix.cleaned(mine)?;
    let others: Vec<usize> = (0..matrix.hotkeys().len()).filter(|&j| j != mine).collect();
    let distance = |&j: &usize| Ok(joint_distance(&me, &matrix.cleaned(j)?, dim).map(|d| (d, j)));
    let found: Vec<Option<(f64, usize)>> = workers.map(&others, distance, &mut |_| Ok(()))?;
    let mut distances: Vec<(f64, usize)> = found.into_iter().flatten().collect();
    distances.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let Some(&(distance, first)) = distances.first() else {
        return Ok((None, LikenessMap::default()));
    };
    let nearest = Rival { hotkey: matrix.hotkeys()[first].clone(), distance };
    let near = distances.iter().map(|&(_, j)| j).take(MAPPED - 1);
    let shown: Vec<usize> = std::iter::once(mine).chain(near).collect();
    let values: Vec<Vec<f32>> = shown.iter().map(|&j| matrix.cleaned(j)).collect::<Result<_>>()?;
    let order: Vec<usize> = (0..shown.len()).collect();
    let row = |&a: &usize| {
        let distance = |b: usize| joint_distance(&values[a], &values[b], dim).unwrap_or(1.0);
        Ok((a + 1..shown.len()).map(distance).collect())
    };
    let rows: Vec<Vec<f64>> = workers.map(&order, row, &mut |_| Ok(()))?;
    let mut likeness = vec![vec![1.0; shown.len()]; shown.len()];
    for (a, row) in rows.into_iter().enumerate() {
        for (d, b) in row.into_iter().zip(a + 1..) {
            likeness[a][b] = 1.0 - d;
            likeness[b][a] = 1.0 - d;
        }
    }
    let hotkeys = shown.iter().map(|&j| matrix.hotkeys()[j].clone()).collect();
    Ok((Some(nearest), LikenessMap { hotkeys, likeness }))
}

/// 1 - |correlation| over the rows where both have a value that is not zero; each value is centred by its own mean.
fn joint_distance(a: &[f32], b: &[f32], dim: usize) -> Option<f64> {
    let active = |v: &[f32]| v.iter().any(|&x| x != 0.0);
    let joint = || {
        let rows = a.chunks_exact(dim).zip(b.chunks_exact(dim));
        rows.filter(|(x, y)| active(x) && active(y))
    };
    let mut rows = 0;
    let (mut mean_a, mut mean_b) = (vec![0.0; dim], vec![0.0; dim]);
    for (x, y) in joint() {
        rows += 1;
        for (mean, v) in mean_a.iter_mut().zip(x).chain(mean_b.iter_mut().zip(y)) {
            *mean += f64::from(*v);
        }
    }
    if rows < LEAST_JOINT {
        return None;
    }
    mean_a.iter_mut().chain(&mut mean_b).for_each(|mean| *mean /= count(rows));
    let (mut cross, mut norm_a, mut norm_b) = (0.0, 0.0, 0.0);
    for (x, y) in joint() {
        for d in 0..dim {
            let (x, y) = (f64::from(x[d]) - mean_a[d], f64::from(y[d]) - mean_b[d]);
            cross += x * y;
            norm_a += x * x;
            norm_b += y * y;
        }
    }
    let scale = f64::sqrt(norm_a * norm_b);
    (scale > 0.0).then(|| (1.0 - f64::abs(cross) / scale).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_ignores_sign_scale_and_rows_of_one() {
        let a: Vec<f32> = (0..600).map(|i| if i < 100 { 0.0 } else { (i as f32).sin() }).collect();
        let b: Vec<f32> = a.iter().map(|v| -0.5 * v).collect();
        assert!(joint_distance(&a, &b, 1).unwrap() < 1e-9);
        let c: Vec<f32> = (0..600).map(|i| (i as f32 * 1.7).cos()).collect();
        assert!(joint_distance(&a, &c, 1).unwrap() > 0.9);
        assert_eq!(joint_distance(&a[..250], &c[..250], 1), None);
        assert_eq!(joint_distance(&a, &[0.5; 600], 1), None);
    }
}
