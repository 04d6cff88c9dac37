//! One pass over the rows: gradient and Hessian of the weighted logistic loss.
//!
//! Both logistic learners spend nearly all their time here, so the pass allocates nothing, sums in row
//! order (the result does not depend on threads), and has a fixed-width version for narrow designs.
//! Wider vectors are used where the CPU has them; they add the same numbers in the same order.

use multiversion::multiversion;

/// Row-major design, labels and effective weights of one fit.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) x: &'a [f64],
    pub(super) columns: usize,
    pub(super) up: &'a [bool],
    pub(super) weights: &'a [f64],
}

/// Gradient and lower triangle of the Hessian of `sum v_i log(1 + exp(-y_i z_i))` in `(w, b)`.
///
/// The Hessian is row-major with `columns + 1` columns; the intercept is the last coordinate.
#[derive(Debug, Default, Clone)]
pub(super) struct Derivatives {
    pub(super) gradient: Vec<f64>,
    pub(super) hessian: Vec<f64>,
}

/// Rows whose terms are added to each other before they are added to a sum.
const GROUP: usize = 4;

/// Rows that share one sweep over the Hessian in the wide version; they stay in the first caches.
const BLOCK: usize = 8 * GROUP;

/// Columns of the Hessian that are summed in registers over a block of rows, in as many of its rows as below.
const TILE: usize = 8;

/// Rows of a tile.
const TILE_ROWS: usize = 2;

impl Derivatives {
    pub(super) fn evaluate(&mut self, rows: Rows<'_>, theta: &[f64]) {
        let d = rows.columns + 1;
        self.gradient.clear();
        self.gradient.resize(d, 0.0);
        self.hessian.clear();
        self.hessian.resize(d * d, 0.0);
        match rows.columns {
            1 => self.narrow::<1>(rows, theta),
            2 => self.narrow::<2>(rows, theta),
            3 => self.narrow::<3>(rows, theta),
            4 => self.narrow::<4>(rows, theta),
            _ => wide(rows, theta, &mut self.gradient, &mut self.hessian),
        }
    }

    fn narrow<const P: usize>(&mut self, rows: Rows<'_>, theta: &[f64]) {
        let mut w = [0.0; P];
        w.copy_from_slice(&theta[..P]);
        let b = theta[P];
        let (mut g, mut g_b, mut h_bb) = ([0.0; P], 0.0, 0.0);
        let (mut h, mut h_b) = ([[0.0; P]; P], [0.0; P]);
        let (designs, _) = rows.x.as_chunks::<P>();
        for ((x, &up), &v) in designs.iter().zip(rows.up).zip(rows.weights) {
            let mut z = b;
            for j in 0..P {
                z += w[j] * x[j];
            }
            let (residual, curvature) = row_terms(z, up, v);
            g_b += residual;
            h_bb += curvature;
            for j in 0..P {
                g[j] += residual * x[j];
                let hx = curvature * x[j];
                h_b[j] += hx;
                for k in 0..=j {
                    h[j][k] += hx * x[k];
                }
            }
        }
        let d = P + 1;
        self.gradient[..P].copy_from_slice(&g);
        self.gradient[P] = g_b;
        for j in 0..P {
            self.hessian[j * d..j * d + P].copy_from_slice(&h[j]);
        }
        self.hessian[P * d..P * d + P].copy_from_slice(&h_b);
        self.hessian[P * d + P] = h_bb;
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn wide(rows: Rows<'_>, theta: &[f64], gradient: &mut [f64], hessian: &mut [f64]) {
    let p = rows.columns;
    let d = p + 1;
    let (w, b) = (&theta[..p], theta[p]);
    let whole = rows.up.len() - rows.up.len() % GROUP;
    let mut from = 0;
    while from < whole {
        let n = BLOCK.min(whole - from);
        let x = &rows.x[from * p..(from + n) * p];
        let (up, weights) = (&rows.up[from..from + n], &rows.weights[from..from + n]);
        let mut curvatures = [0.0; BLOCK];
        for first in (0..n).step_by(GROUP) {
            let group = &x[first * p..(first + GROUP) * p];
            let z = four_dots(w, group);
            let mut residuals = [0.0; GROUP];
            for r in 0..GROUP {
                let term = row_terms(b + z[r], up[first + r], weights[first + r]);
                (residuals[r], curvatures[first + r]) = term;
            }
            let [x0, x1, x2, x3] = four_rows(group, p);
            let [r0, r1, r2, r3] = residuals;
            for j in 0..p {
                gradient[j] += (r0 * x0[j] + r1 * x1[j]) + (r2 * x2[j] + r3 * x3[j]);
            }
            gradient[p] += (r0 + r1) + (r2 + r3);
            let c = &curvatures[first..first + GROUP];
            hessian[p * d + p] += (c[0] + c[1]) + (c[2] + c[3]);
        }
        add_block(x, p, &curvatures[..n], hessian);
        from += n;
    }
    for (row, x) in (whole..).zip(rows.x[whole * p..].chunks_exact(p)) {
        let term = row_terms(b + dot(w, x), rows.up[row], rows.weights[row]);
        for j in 0..p {
            gradient[j] += term.0 * x[j];
            let hx = term.1 * x[j];
            hessian[p * d + j] += hx;
            for (h, &x_k) in hessian[j * d..=j * d + j].iter_mut().zip(x) {
                *h += hx * x_k;
            }
        }
        gradient[p] += term.0;
        hessian[p * d + p] += term.1;
    }
}

/// Adds the second derivatives of a block of rows, all but that of the intercept with itself.
///
/// Every entry takes the rows four by four, whichever way leads through the entries.
#[inline(always)]
fn add_block(x: &[f64], p: usize, curvatures: &[f64], hessian: &mut [f64]) {
    let tiled = p - p % TILE_ROWS;
    for j in (0..tiled).step_by(TILE_ROWS) {
        add_rows::<TILE_ROWS>(x, p, curvatures, j, hessian);
    }
    for j in tiled..p {
        add_rows::<1>(x, p, curvatures, j, hessian);
    }
}

/// Rows `j..j + N` of [`add_block`]. Entries right of the diagonal, which nobody reads, may be changed.
#[inline(always)]
fn add_rows<const N: usize>(
    x: &[f64],
    p: usize,
    curvatures: &[f64],
    j: usize,
    hessian: &mut [f64],
) {
    let d = p + 1;
    let groups = curvatures.len() / GROUP;
    let mut scaled = [[[0.0; GROUP]; BLOCK / GROUP]; N];
    for (n, scaled) in scaled.iter_mut().enumerate() {
        let mut sum = hessian[p * d + j + n];
        for (g, a) in scaled.iter_mut().enumerate().take(groups) {
            *a = std::array::from_fn(|r| {
                let row = g * GROUP + r;
                curvatures[row] * x[row * p + j + n]
            });
            sum += (a[0] + a[1]) + (a[2] + a[3]);
        }
        hessian[p * d + j + n] = sum;
    }
    let last = j + N;
    let whole = last.next_multiple_of(TILE).min(p - p % TILE);
    for k in (0..whole).step_by(TILE) {
        let mut sums = [[0.0; TILE]; N];
        for (n, sums) in sums.iter_mut().enumerate() {
            sums.copy_from_slice(&hessian[(j + n) * d + k..][..TILE]);
        }
        for (g, x) in x.chunks_exact(GROUP * p).enumerate() {
            let y: [&[f64]; GROUP] = std::array::from_fn(|r| &x[r * p + k..][..TILE]);
            for (n, sums) in sums.iter_mut().enumerate() {
                let [a0, a1, a2, a3] = scaled[n][g];
                for l in 0..TILE {
                    sums[l] += (a0 * y[0][l] + a1 * y[1][l]) + (a2 * y[2][l] + a3 * y[3][l]);
                }
            }
        }
        for (n, sums) in sums.iter().enumerate() {
            hessian[(j + n) * d + k..][..TILE].copy_from_slice(sums);
        }
    }
    for n in 0..N {
        for k in whole..=j + n {
            let mut sum = hessian[(j + n) * d + k];
            for (g, x) in x.chunks_exact(GROUP * p).enumerate() {
                let [a0, a1, a2, a3] = scaled[n][g];
                let y = |r: usize| x[r * p + k];
                sum += (a0 * y(0) + a1 * y(1)) + (a2 * y(2) + a3 * y(3));
            }
            hessian[(j + n) * d + k] = sum;
        }
    }
}

#[inline(always)]
fn four_rows(x: &[f64], p: usize) -> [&[f64]; GROUP] {
    std::array::from_fn(|r| &x[r * p..(r + 1) * p])
}

/// [`dot`] with each of four rows at once, so that no sum waits for itself.
#[inline(always)]
fn four_dots(w: &[f64], x: &[f64]) -> [f64; GROUP] {
    let p = w.len();
    let rows = four_rows(x, p);
    let mut sums = [[0.0; 4]; GROUP];
    for k in (0..p - p % 4).step_by(4) {
        for (sums, row) in sums.iter_mut().zip(rows) {
            for l in 0..4 {
                sums[l] += w[k + l] * row[k + l];
            }
        }
    }
    std::array::from_fn(|r| {
        let tail: f64 = (p - p % 4..p).map(|k| w[k] * rows[r][k]).sum();
        let [a, b, c, d] = sums[r];
        (a + b) + (c + d) + tail
    })
}

/// `v (p - y)` and `v p (1 - p)`; both keep full relative precision for any size of `z`.
#[inline(always)]
fn row_terms(z: f64, up: bool, v: f64) -> (f64, f64) {
    let e = (-z.abs()).exp();
    let inverse = 1.0 / (1.0 + e);
    // Probability of the label that was not observed.
    let wrong = if (z >= 0.0) == up { e * inverse } else { inverse };
    let residual = if up { -v * wrong } else { v * wrong };
    (residual, v * e * inverse * inverse)
}

#[inline(always)]
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a4, a_tail), (b4, b_tail)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sums = [0.0; 4];
    for (x, y) in a4.iter().zip(b4) {
        for k in 0..4 {
            sums[k] += x[k] * y[k];
        }
    }
    let tail: f64 = a_tail.iter().zip(b_tail).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + tail
}

/// `sum v_i log(1 + exp(-y_i z_i))`, without overflow and with full precision for small terms, and its gradient in `(w, b)`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
pub(super) fn loss_and_gradient(rows: Rows<'_>, theta: &[f64], gradient: &mut [f64]) -> f64 {
    let p = rows.columns;
    let mut sum = 0.0;
    gradient.fill(0.0);
    let whole = rows.up.len() - rows.up.len() % GROUP;
    for first in (0..whole).step_by(GROUP) {
        let x = &rows.x[first * p..(first + GROUP) * p];
        let z = four_dots(&theta[..p], x);
        let r: [f64; GROUP] = std::array::from_fn(|r| {
            let (z, up, v) = (theta[p] + z[r], rows.up[first + r], rows.weights[first + r]);
            sum += v * row_loss(z, up);
            row_terms(z, up, v).0
        });
        let [x0, x1, x2, x3] = four_rows(x, p);
        for j in 0..p {
            gradient[j] =
                (((gradient[j] + r[0] * x0[j]) + r[1] * x1[j]) + r[2] * x2[j]) + r[3] * x3[j];
        }
        gradient[p] = (((gradient[p] + r[0]) + r[1]) + r[2]) + r[3];
    }
    for (row, x) in (whole..).zip(rows.x[whole * p..].chunks_exact(p)) {
        let (up, v) = (rows.up[row], rows.weights[row]);
        let z = theta[p] + dot(&theta[..p], x);
        sum += v * row_loss(z, up);
        let (residual, _) = row_terms(z, up, v);
        for (g, x) in gradient.iter_mut().zip(x) {
            *g += residual * x;
        }
        gradient[p] += residual;
    }
    sum
}

#[inline(always)]
fn row_loss(z: f64, up: bool) -> f64 {
    let margin = if up { z } else { -z };
    (-margin).max(0.0) + (-margin.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::tests::sample;

    /// Every entry by itself: rows in groups of four, then the rest one by one.
    fn entry(n: usize, term: impl Fn(usize) -> f64) -> f64 {
        let whole = n - n % GROUP;
        let groups = (0..whole).step_by(GROUP);
        let sum = groups
            .fold(0.0, |sum, r| sum + ((term(r) + term(r + 1)) + (term(r + 2) + term(r + 3))));
        (whole..n).fold(sum, |sum, r| sum + term(r))
    }

    #[test]
    fn tiles_add_what_every_entry_alone_adds() {
        for (n, p) in [(3, 5), (4, 7), (33, 8), (64, 9), (70, 16), (101, 17), (203, 31)] {
            let (x, up) = sample(n, p, 7);
            let weights: Vec<f64> = (0..n).map(|row| 0.5 + row as f64 / n as f64).collect();
            let theta: Vec<f64> = (0..=p).map(|j| (j as f64).sin() / 3.0).collect();
            let flat = x.as_slice().unwrap();
            let rows = Rows { x: flat, columns: p, up: &up, weights: &weights };
            let mut found = Derivatives::default();
            found.evaluate(rows, &theta);
            let terms: Vec<(f64, f64)> = flat
                .chunks_exact(p)
                .zip(&up)
                .zip(&weights)
                .map(|((x, &up), &v)| row_terms(theta[p] + dot(&theta[..p], x), up, v))
                .collect();
            let d = p + 1;
            for j in 0..p {
                let gradient = entry(n, |r| terms[r].0 * x[[r, j]]);
                assert_eq!(found.gradient[j], gradient, "gradient {j} of {n} x {p}");
                assert_eq!(found.hessian[p * d + j], entry(n, |r| terms[r].1 * x[[r, j]]));
                for k in 0..=j {
                    let expected = entry(n, |r| terms[r].1 * x[[r, j]] * x[[r, k]]);
                    assert_eq!(found.hessian[j * d + k], expected, "({j}, {k}) of {n} x {p}");
                }
            }
            assert_eq!(found.gradient[p], entry(n, |r| terms[r].0));
            assert_eq!(found.hessian[p * d + p], entry(n, |r| terms[r].1));

            let mut gradient = vec![0.0; d];
            let loss = loss_and_gradient(rows, &theta, &mut gradient);
            let in_order = |term: &dyn Fn(usize) -> f64| (0..n).fold(0.0, |sum, r| sum + term(r));
            for j in 0..p {
                assert_eq!(gradient[j], in_order(&|r| terms[r].0 * x[[r, j]]));
            }
            let z = |r: usize| theta[p] + dot(&theta[..p], &flat[r * p..(r + 1) * p]);
            assert_eq!(loss, in_order(&|r| weights[r] * row_loss(z(r), up[r])));
        }
    }
}
