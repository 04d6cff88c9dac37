//! A column cut into quantile bins.

/// Bin of each row, and where the bins end.
#[derive(Debug)]
pub(super) struct Binned {
    /// Bin of each row.
    pub(super) bin: Vec<u8>,
    /// Bin `b` holds the values up to `ends[b]`; the last bin has no end.
    pub(super) ends: Vec<f64>,
}

impl Binned {
    /// At most `bins` bins (2 to 256) of about equally many rows; equal values share a bin.
    pub(super) fn new(column: &[f64], bins: usize) -> Self {
        let mut sorted = column.to_vec();
        sorted.sort_by(f64::total_cmp);
        let mut ends: Vec<f64> = Vec::with_capacity(bins - 1);
        for b in 1..bins {
            let at = b * sorted.len() / bins;
            let Some(&end) = at.checked_sub(1).and_then(|i| sorted.get(i)) else { continue };
            // The largest value ends no bin: nothing lies beyond it.
            let beyond = sorted.last().is_some_and(|&last| end < last);
            if beyond && ends.last().is_none_or(|&last| last < end) {
                ends.push(end);
            }
        }
        let bin = column.iter().map(|v| ends.partition_point(|end| end < v) as u8).collect();
        Self { bin, ends }
    }

    /// Number of bins.
    pub(super) fn len(&self) -> usize {
        self.ends.len() + 1
    }
}
