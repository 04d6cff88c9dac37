//! One pass over the rows: gradient and Hessian of the weighted logistic loss.
//!
//! Both logistic learners spend nearly all their time here, so the pass allocates nothing, sums in row
//! order (the result does not depend on threads), and has a fixed-width version for narrow designs.

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

/// Rows that share one sweep over the Hessian in the wide version.
const BLOCK: usize = 4;

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
            _ => self.wide(rows, theta),
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

    fn wide(&mut self, rows: Rows<'_>, theta: &[f64]) {
        let p = rows.columns;
        let d = p + 1;
        let (w, b) = (&theta[..p], theta[p]);
        let mut designs = rows.x.chunks_exact(BLOCK * p);
        let mut at = 0;
        for x in designs.by_ref() {
            let mut terms = [(0.0, 0.0); BLOCK];
            for (r, term) in terms.iter_mut().enumerate() {
                let z = b + dot(w, &x[r * p..(r + 1) * p]);
                *term = row_terms(z, rows.up[at + r], rows.weights[at + r]);
            }
            self.add_block(x, p, &terms);
            at += BLOCK;
        }
        for x in designs.remainder().chunks_exact(p) {
            let term = row_terms(b + dot(w, x), rows.up[at], rows.weights[at]);
            for j in 0..p {
                self.gradient[j] += term.0 * x[j];
                let hx = term.1 * x[j];
                self.hessian[p * d + j] += hx;
                for (h, &x_k) in self.hessian[j * d..=j * d + j].iter_mut().zip(x) {
                    *h += hx * x_k;
                }
            }
            self.gradient[p] += term.0;
            self.hessian[p * d + p] += term.1;
            at += 1;
        }
    }

    /// Adds four rows at once, so that each Hessian entry is loaded and stored once for four products.
    fn add_block(&mut self, x: &[f64], p: usize, terms: &[(f64, f64); BLOCK]) {
        let d = p + 1;
        let (x0, rest) = x.split_at(p);
        let (x1, rest) = rest.split_at(p);
        let (x2, x3) = rest.split_at(p);
        let [(r0, c0), (r1, c1), (r2, c2), (r3, c3)] = *terms;
        for j in 0..p {
            self.gradient[j] += (r0 * x0[j] + r1 * x1[j]) + (r2 * x2[j] + r3 * x3[j]);
            let (a0, a1, a2, a3) = (c0 * x0[j], c1 * x1[j], c2 * x2[j], c3 * x3[j]);
            self.hessian[p * d + j] += (a0 + a1) + (a2 + a3);
            let row = &mut self.hessian[j * d..=j * d + j];
            let (y0, y1, y2, y3) = (&x0[..=j], &x1[..=j], &x2[..=j], &x3[..=j]);
            for k in 0..=j {
                row[k] += (a0 * y0[k] + a1 * y1[k]) + (a2 * y2[k] + a3 * y3[k]);
            }
        }
        self.gradient[p] += (r0 + r1) + (r2 + r3);
        self.hessian[p * d + p] += (c0 + c1) + (c2 + c3);
    }
}

/// `v (p - y)` and `v p (1 - p)`; both keep full relative precision for any size of `z`.
#[inline]
fn row_terms(z: f64, up: bool, v: f64) -> (f64, f64) {
    let e = (-z.abs()).exp();
    let inverse = 1.0 / (1.0 + e);
    // Probability of the label that was not observed.
    let wrong = if (z >= 0.0) == up { e * inverse } else { inverse };
    let residual = if up { -v * wrong } else { v * wrong };
    (residual, v * e * inverse * inverse)
}

#[inline]
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
pub(super) fn loss_and_gradient(rows: Rows<'_>, theta: &[f64], gradient: &mut [f64]) -> f64 {
    let p = rows.columns;
    let mut sum = 0.0;
    gradient.fill(0.0);
    for ((x, &up), &v) in rows.x.chunks_exact(p).zip(rows.up).zip(rows.weights) {
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

#[inline]
fn row_loss(z: f64, up: bool) -> f64 {
    let margin = if up { z } else { -z };
    (-margin).max(0.0) + (-margin.abs()).exp().ln_1p()
}
