//! One pass over the rows of a fit: loss, gradient and, where asked for, the Hessian.
//!
//! Columns are stored one after the other, so every inner loop runs along rows. Rows are taken in chunks of a fixed size
//! and lanes are added in a fixed order; the wide instructions only do several of the same operations at once, so the
//! result does not depend on the machine or on threads.

use super::curvature::Curvature;
use super::terms;
use multiversion::multiversion;
use std::ops::Range;

/// Rows that share one pass over the columns; their decision values stay in the first-level cache.
const CHUNK: usize = 256;
/// Partial sums of a dot product.
const LANES: usize = 8;
/// Columns that share one pass over the decision values.
const GROUP: usize = 4;

/// What a fit runs over. A row with weight 0 is in no run.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, T> {
    pub(super) columns: &'a [&'a [T]],
    /// +1 for up, -1 for down.
    pub(super) sign: &'a [f64],
    pub(super) weights: &'a [f64],
    pub(super) runs: &'a [Range<usize>],
}

/// Loss at `theta` = (weights, intercept); adds nothing but fills `gradient`.
pub(super) fn loss_and_gradient<T: Copy + Into<f64>>(
    rows: Rows<'_, T>,
    theta: &[f64],
    gradient: &mut [f64],
) -> f64 {
    pass(rows, theta, gradient, None)
}

/// As [`loss_and_gradient`], and fills the lower triangle of the row-major Hessian in single precision.
pub(super) fn derivatives<T: Copy + Into<f64>>(
    rows: Rows<'_, T>,
    theta: &[f64],
    gradient: &mut [f64],
    hessian: &mut [f64],
) -> f64 {
    pass(rows, theta, gradient, Some(hessian))
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn pass<T: Copy + Into<f64>>(
    rows: Rows<'_, T>,
    theta: &[f64],
    gradient: &mut [f64],
    hessian: Option<&mut [f64]>,
) -> f64 {
    let p = rows.columns.len();
    gradient.fill(0.0);
    let mut second = hessian.is_some().then(|| Curvature::new(p));
    let mut loss = 0.0;
    let mut sums = vec![[0.0; LANES]; p];
    let mut z = [0.0; CHUNK];
    let mut curvature = [0.0; CHUNK];
    let mut losses = [0.0; CHUNK];
    for run in rows.runs {
        let mut from = run.start;
        while from < run.end {
            let n = CHUNK.min(run.end - from);
            let chunk = from..from + n;
            decide(rows.columns, &chunk, theta, &mut z[..n]);
            let (signs, weights) = (&rows.sign[chunk.clone()], &rows.weights[chunk.clone()]);
            for i in 0..n {
                let terms = terms::row(z[i], signs[i], weights[i]);
                losses[i] = terms.loss;
                z[i] = terms.slope;
                curvature[i] = terms.curvature;
            }
            loss += sum(&losses[..n]);
            for (sum, column) in sums.iter_mut().zip(rows.columns) {
                add_products(sum, &z[..n], &column[chunk.clone()]);
            }
            gradient[p] += sum(&z[..n]);
            if let Some(second) = &mut second {
                second.push(rows.columns, chunk, &curvature[..n]);
            }
            from += n;
        }
    }
    gradient.iter_mut().zip(sums).for_each(|(g, lanes)| *g = fold(lanes));
    if let Some((second, hessian)) = second.zip(hessian) {
        second.finish(hessian);
    }
    loss
}

/// Decision values of a range of rows.
#[inline(always)]
fn decide<T: Copy + Into<f64>>(
    columns: &[&[T]],
    rows: &Range<usize>,
    theta: &[f64],
    z: &mut [f64],
) {
    let p = columns.len();
    z.fill(theta[p]);
    let (groups, single) = columns.as_chunks::<GROUP>();
    for (columns, w) in groups.iter().zip(theta.as_chunks::<GROUP>().0) {
        let [x0, x1, x2, x3] = columns.map(|column| &column[rows.clone()]);
        let x = x0.iter().zip(x1).zip(x2).zip(x3);
        for (z, (((&x0, &x1), &x2), &x3)) in z.iter_mut().zip(x) {
            *z = *z + w[0] * x0.into() + w[1] * x1.into() + w[2] * x2.into() + w[3] * x3.into();
        }
    }
    for (column, &w) in single.iter().zip(&theta[p - single.len()..]) {
        for (z, &x) in z.iter_mut().zip(&column[rows.clone()]) {
            *z += w * x.into();
        }
    }
}

/// Adds the products of two columns, each to the sum of its lane.
#[inline(always)]
fn add_products<T: Copy + Into<f64>>(sums: &mut [f64; LANES], a: &[f64], b: &[T]) {
    let ((a8, a_tail), (b8, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = *sums;
    for (x, y) in a8.iter().zip(b8) {
        for k in 0..LANES {
            lanes[k] += x[k] * y[k].into();
        }
    }
    *sums = lanes;
    for ((sum, x), &y) in sums.iter_mut().zip(a_tail).zip(b_tail) {
        *sum += x * y.into();
    }
}

#[inline(always)]
fn sum(a: &[f64]) -> f64 {
    let (a8, tail) = a.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for x in a8 {
        for k in 0..LANES {
            lanes[k] += x[k];
        }
    }
    fold(lanes) + tail.iter().sum::<f64>()
}

#[inline(always)]
fn fold(mut lanes: [f64; LANES]) -> f64 {
    let mut half = LANES / 2;
    while half > 0 {
        for k in 0..half {
            lanes[k] += lanes[k + half];
        }
        half /= 2;
    }
    lanes[0]
}
