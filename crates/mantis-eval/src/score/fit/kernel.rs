//! One pass over the rows of a fit: loss, gradient and, where asked for, the Hessian.
//!
//! Columns are stored one after the other, so every inner loop runs along rows. Rows are taken in chunks of a fixed size
//! and lanes are added in a fixed order; the wide instructions only do several of the same operations at once, so the
//! result does not depend on the machine or on threads.

use super::terms;
use std::ops::Range;

/// Rows that share one pass over the columns; their decision values stay in the first-level cache.
const CHUNK: usize = 256;
/// Partial sums of a dot product.
const LANES: usize = 8;
/// Partial sums of a dot product in single precision.
const WIDE: usize = 16;

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
    dispatch(rows, theta, gradient, None)
}

/// As [`loss_and_gradient`], and fills the lower triangle of the row-major Hessian in single precision.
pub(super) fn derivatives<T: Copy + Into<f64>>(
    rows: Rows<'_, T>,
    theta: &[f64],
    gradient: &mut [f64],
    hessian: &mut [f64],
) -> f64 {
    dispatch(rows, theta, gradient, Some(hessian))
}

fn dispatch<T: Copy + Into<f64>>(
    rows: Rows<'_, T>,
    theta: &[f64],
    gradient: &mut [f64],
    hessian: Option<&mut [f64]>,
) -> f64 {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has what the function asks for.
        return unsafe { pass_avx2(rows, theta, gradient, hessian) };
    }
    pass(rows, theta, gradient, hessian)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn pass_avx2<T: Copy + Into<f64>>(
    rows: Rows<'_, T>,
    theta: &[f64],
    gradient: &mut [f64],
    hessian: Option<&mut [f64]>,
) -> f64 {
    pass(rows, theta, gradient, hessian)
}

#[inline(always)]
fn pass<T: Copy + Into<f64>>(
    rows: Rows<'_, T>,
    theta: &[f64],
    gradient: &mut [f64],
    mut hessian: Option<&mut [f64]>,
) -> f64 {
    let p = rows.columns.len();
    gradient.fill(0.0);
    if let Some(hessian) = hessian.as_deref_mut() {
        hessian.fill(0.0);
    }
    let mut loss = 0.0;
    let mut z = [0.0; CHUNK];
    let mut curvature = [0.0; CHUNK];
    let mut losses = [0.0; CHUNK];
    for run in rows.runs {
        let mut from = run.start;
        while from < run.end {
            let n = CHUNK.min(run.end - from);
            let chunk = from..from + n;
            z[..n].fill(theta[p]);
            for (column, &w) in rows.columns.iter().zip(theta) {
                for (z, &x) in z[..n].iter_mut().zip(&column[chunk.clone()]) {
                    *z += w * x.into();
                }
            }
            let (signs, weights) = (&rows.sign[chunk.clone()], &rows.weights[chunk.clone()]);
            for i in 0..n {
                let terms = terms::row(z[i], signs[i], weights[i]);
                losses[i] = terms.loss;
                z[i] = terms.slope;
                curvature[i] = terms.curvature;
            }
            loss += sum(&losses[..n]);
            for (g, column) in gradient.iter_mut().zip(rows.columns) {
                *g += dot(&z[..n], &column[chunk.clone()]);
            }
            gradient[p] += sum(&z[..n]);
            if let Some(hessian) = hessian.as_deref_mut() {
                add_hessian(rows.columns, &chunk, &curvature[..n], hessian);
            }
            from += n;
        }
    }
    loss
}

/// In single precision: it only leads the way to the optimum, which the gradient decides, and takes twice the lanes.
#[inline(always)]
fn add_hessian<T: Copy + Into<f64>>(
    columns: &[&[T]],
    chunk: &Range<usize>,
    curvature: &[f64],
    hessian: &mut [f64],
) {
    let (p, n) = (columns.len(), curvature.len());
    let d = p + 1;
    let mut scaled = [0.0_f32; CHUNK];
    for (j, column) in columns.iter().enumerate() {
        for ((to, &c), &x) in scaled.iter_mut().zip(curvature).zip(&column[chunk.clone()]) {
            *to = (c * x.into()) as f32;
        }
        for (k, other) in columns[..=j].iter().enumerate() {
            hessian[j * d + k] += f64::from(single_dot(&scaled[..n], &other[chunk.clone()]));
        }
        hessian[p * d + j] += f64::from(single_sum(&scaled[..n]));
    }
    hessian[p * d + p] += sum(curvature);
}

#[inline(always)]
fn single_dot<T: Copy + Into<f64>>(a: &[f32], b: &[T]) -> f32 {
    let ((a16, a_tail), (b16, b_tail)) = (a.as_chunks::<WIDE>(), b.as_chunks::<WIDE>());
    let mut lanes = [0.0; WIDE];
    for (x, y) in a16.iter().zip(b16) {
        for k in 0..WIDE {
            lanes[k] += x[k] * y[k].into() as f32;
        }
    }
    let tail: f32 = a_tail.iter().zip(b_tail).map(|(&x, &y)| x * y.into() as f32).sum();
    lanes.iter().sum::<f32>() + tail
}

#[inline(always)]
fn single_sum(a: &[f32]) -> f32 {
    let (a16, tail) = a.as_chunks::<WIDE>();
    let mut lanes = [0.0; WIDE];
    for x in a16 {
        for k in 0..WIDE {
            lanes[k] += x[k];
        }
    }
    lanes.iter().sum::<f32>() + tail.iter().sum::<f32>()
}

#[inline(always)]
fn dot<T: Copy + Into<f64>>(a: &[f64], b: &[T]) -> f64 {
    let ((a8, a_tail), (b8, b_tail)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0; LANES];
    for (x, y) in a8.iter().zip(b8) {
        for k in 0..LANES {
            lanes[k] += x[k] * y[k].into();
        }
    }
    let tail: f64 = a_tail.iter().zip(b_tail).map(|(&x, &y)| x * y.into()).sum();
    fold(&lanes) + tail
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
    fold(&lanes) + tail.iter().sum::<f64>()
}

#[inline(always)]
fn fold(l: &[f64; LANES]) -> f64 {
    ((l[0] + l[4]) + (l[1] + l[5])) + ((l[2] + l[6]) + (l[3] + l[7]))
}
