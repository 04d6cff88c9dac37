//! The Hessian of a fit, in single precision: it only leads the way to the optimum, which the gradient decides.
//!
//! Rows are gathered column by column until a block is full, whose columns are then multiplied with each other, a few at a
//! time so that their sums stay in registers.

use multiversion::multiversion;
use std::ops::Range;

/// Rows of a block.
const ROOM: usize = 512;
/// Partial sums of a product of two columns.
const LANES: usize = 16;
/// Columns that are multiplied with [`ACROSS`] others at once.
const DOWN: usize = 4;
const ACROSS: usize = 2;

/// Partial sums of the products of a few columns with a few others.
type Tile = [[[f32; LANES]; ACROSS]; DOWN];

pub(super) struct Curvature {
    /// Number of weights, the intercept included.
    d: usize,
    /// Columns of the gathered rows, the last one of ones for the intercept, and then zeros up to a multiple of [`DOWN`].
    columns: Vec<[f32; ROOM]>,
    /// Curvature of each gathered row.
    of_row: [f32; ROOM],
    rows: usize,
    /// The lower triangle in tiles, row of tiles by row of tiles.
    tiles: Vec<Tile>,
}

impl Curvature {
    /// For a fit of `p` columns.
    pub(super) fn new(p: usize) -> Self {
        let d = p + 1;
        let mut columns = vec![[0.0; ROOM]; d.next_multiple_of(DOWN)];
        columns[p] = [1.0; ROOM];
        let tiles = (1..=columns.len() / DOWN).map(|down| down * DOWN / ACROSS).sum();
        let tiles = vec![[[[0.0; LANES]; ACROSS]; DOWN]; tiles];
        Self { d, columns, of_row: [0.0; ROOM], rows: 0, tiles }
    }

    /// Adds a range of rows with the curvature of each.
    #[inline(always)]
    pub(super) fn push<T: Copy + Into<f64>>(
        &mut self,
        columns: &[&[T]],
        rows: Range<usize>,
        curvature: &[f64],
    ) {
        let mut from = rows.start;
        while from < rows.end {
            let n = (rows.end - from).min(ROOM - self.rows);
            let to = self.rows..self.rows + n;
            for (column, &values) in self.columns.iter_mut().zip(columns) {
                for (to, &x) in column[to.clone()].iter_mut().zip(&values[from..from + n]) {
                    *to = x.into() as f32;
                }
            }
            let first = from - rows.start;
            for (to, &c) in self.of_row[to].iter_mut().zip(&curvature[first..first + n]) {
                *to = c as f32;
            }
            (self.rows, from) = (self.rows + n, from + n);
            if self.rows == ROOM {
                self.flush();
            }
        }
    }

    /// Writes the lower triangle of the row-major Hessian.
    pub(super) fn finish(mut self, hessian: &mut [f64]) {
        self.of_row[self.rows..].fill(0.0);
        self.flush();
        let mut tiles = self.tiles.iter();
        for down in (0..self.d).step_by(DOWN) {
            for (across, tile) in (0..down + DOWN).step_by(ACROSS).zip(&mut tiles) {
                for (j, row) in (down..self.d).zip(tile) {
                    for (k, lanes) in (across..=j).zip(row) {
                        hessian[j * self.d + k] = lanes.iter().map(|&lane| f64::from(lane)).sum();
                    }
                }
            }
        }
    }

    fn flush(&mut self) {
        add_products(&self.columns, &self.of_row, &mut self.tiles);
        self.rows = 0;
    }
}

/// Adds the products of every two columns, each row times its curvature.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn add_products(columns: &[[f32; ROOM]], of_row: &[f32; ROOM], tiles: &mut [Tile]) {
    let mut tiles = tiles.iter_mut();
    let mut scaled = [[0.0; ROOM]; DOWN];
    for (number, down) in columns.chunks_exact(DOWN).enumerate() {
        for (to, from) in scaled.iter_mut().zip(down) {
            for ((to, x), c) in to.iter_mut().zip(from).zip(of_row) {
                *to = x * c;
            }
        }
        let (across, _) = columns[..(number + 1) * DOWN].as_chunks::<ACROSS>();
        across.iter().zip(&mut tiles).for_each(|(across, tile)| add_tile(&scaled, across, tile));
    }
}

#[inline(always)]
fn add_tile(down: &[[f32; ROOM]; DOWN], across: &[[f32; ROOM]; ACROSS], tile: &mut Tile) {
    // Sums that start and end in memory, and references to whole groups of lanes, are what lets the compiler keep each
    // group in one register.
    let down: [&[[f32; LANES]]; DOWN] = std::array::from_fn(|i| down[i].as_chunks().0);
    let across: [&[[f32; LANES]]; ACROSS] = std::array::from_fn(|j| across[j].as_chunks().0);
    let mut sums = *tile;
    for at in 0..ROOM / LANES {
        for (row, x) in sums.iter_mut().zip(&down) {
            for (sum, y) in row.iter_mut().zip(&across) {
                add_product(sum, &x[at], &y[at]);
            }
        }
    }
    *tile = sums;
}

#[inline(always)]
fn add_product(sum: &mut [f32; LANES], x: &[f32; LANES], y: &[f32; LANES]) {
    for k in 0..LANES {
        sum[k] += x[k] * y[k];
    }
}
