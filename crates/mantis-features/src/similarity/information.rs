//! Mutual information of binned columns.

/// A column cut into at most 256 bins of about equal weight; equal values share a bin.
#[derive(Debug)]
pub(crate) struct Bins {
    pub(crate) bin: Vec<u8>,
    pub(crate) len: usize,
}

impl Bins {
    /// Quantile bins of a column.
    pub(crate) fn quantiles(column: &[f64], bins: usize, weights: Option<&[f64]>) -> Self {
        let ranks = super::weighted_ranks(column, weights);
        let total = weights.map_or(column.len() as f64, |weights| weights.iter().sum());
        let share = bins as f64 / total;
        let raw: Vec<usize> = ranks.iter().map(|rank| ((rank + 0.5) * share) as usize).collect();
        // Bins that hold nothing are left out, so that the count of bins is that of the table.
        let mut used = vec![false; bins + 1];
        raw.iter().for_each(|&b| used[b.min(bins)] = true);
        let mut number = vec![0_u8; bins + 1];
        let mut len = 0;
        for (b, used) in used.into_iter().enumerate() {
            if used {
                number[b] = len as u8;
                len += 1;
            }
        }
        Self { bin: raw.into_iter().map(|b| number[b.min(bins)]).collect(), len }
    }

    /// Two bins of a label.
    pub(crate) fn label(up: &[bool]) -> Self {
        Self { bin: up.iter().map(|&up| u8::from(up)).collect(), len: 2 }
    }
}

/// Mutual information in nats of two binned columns with the correction of Miller (1955) and Madow for empty cells, 0 at the
/// least. `weights` sum to `total`, the number of rows that they are worth.
pub(crate) fn mutual_information(x: &Bins, y: &Bins, weights: Option<&[f64]>) -> f64 {
    let mut table = vec![0.0; x.len * y.len];
    let cells = x.bin.iter().zip(&y.bin).map(|(&i, &j)| usize::from(i) * y.len + usize::from(j));
    let mut squares = 0.0;
    match weights {
        None => cells.for_each(|cell| table[cell] += 1.0),
        Some(weights) => cells.zip(weights).for_each(|(cell, w)| {
            table[cell] += w;
            squares += w * w;
        }),
    }
    let total: f64 = table.iter().sum();
    if total <= 0.0 {
        return 0.0;
    }
    // Kish's effective number of rows.
    let rows = if weights.is_some() { total * total / squares } else { total };
    let (mut px, mut py) = (vec![0.0; x.len], vec![0.0; y.len]);
    for (i, row) in table.chunks(y.len).enumerate() {
        for (j, &cell) in row.iter().enumerate() {
            px[i] += cell;
            py[j] += cell;
        }
    }
    let (mut information, mut filled) = (0.0, 0_usize);
    for (i, row) in table.chunks(y.len).enumerate() {
        for (j, &cell) in row.iter().enumerate() {
            if cell > 0.0 {
                information += cell / total * (cell * total / (px[i] * py[j])).ln();
                filled += 1;
            }
        }
    }
    let used = |p: &[f64]| p.iter().filter(|&&p| p > 0.0).count();
    let excess = (filled + 1) as f64 - (used(&px) + used(&py)) as f64;
    (information - excess / (2.0 * rows)).max(0.0)
}
