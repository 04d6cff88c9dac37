//! Checked input of the logistic fits: row-major design, effective weights, scale of the gradient.

use ndarray::ArrayView2;

use super::derivatives::Rows;
use crate::{Error, Result};

/// Buffers that outlive one fit.
#[derive(Debug, Default, Clone)]
pub(super) struct Buffers {
    design: Vec<f64>,
    weights: Vec<f64>,
}

/// Input of one fit after all checks.
pub(super) struct Problem<'a> {
    pub(super) rows: Rows<'a>,
    /// Gradient entries below this are rounding noise of the sum over rows.
    pub(super) gradient_floor: f64,
}

/// How the rows are weighted.
#[derive(Clone, Copy)]
pub(super) struct Weighting<'a> {
    pub(super) c: f64,
    pub(super) balanced: bool,
    pub(super) sample: Option<&'a [f64]>,
}

impl Buffers {
    /// Checks everything and fills the effective weights `C v_i`.
    pub(super) fn problem<'a>(
        &'a mut self,
        what: &'static str,
        x: &'a ArrayView2<'_, f64>,
        up: &'a [bool],
        weighting: Weighting<'_>,
    ) -> Result<Problem<'a>> {
        let (n, columns) = x.dim();
        if columns == 0 {
            return Err(Error::Length { what, input: "design columns", got: 0, expected: 1 });
        }
        check_length(what, "labels", up.len(), n)?;
        if let Some(sample) = weighting.sample {
            check_length(what, "sample weights", sample.len(), n)?;
        }
        self.fill_weights(what, up, weighting)?;
        let flat = match x.as_slice() {
            Some(flat) => flat,
            None => {
                self.design.clear();
                self.design.extend(x.iter());
                &self.design
            }
        };
        let rows = Rows { x: flat, columns, up, weights: &self.weights };
        let gradient_floor = 1e-14 * gradient_scale(what, rows)?;
        Ok(Problem { rows, gradient_floor })
    }

    fn fill_weights(&mut self, what: &'static str, up: &[bool], how: Weighting<'_>) -> Result<()> {
        self.weights.clear();
        match how.sample {
            Some(sample) => {
                if let Some(row) = sample.iter().position(|s| !(s.is_finite() && *s >= 0.0)) {
                    return Err(Error::SampleWeight { what, row, got: sample[row] });
                }
                self.weights.extend_from_slice(sample);
            }
            None => self.weights.resize(up.len(), 1.0),
        }
        let (mut up_mass, mut down_mass) = (0.0, 0.0);
        for (&w, &is_up) in self.weights.iter().zip(up) {
            *(if is_up { &mut up_mass } else { &mut down_mass }) += w;
        }
        if up_mass <= 0.0 || down_mass <= 0.0 {
            let ups = up.iter().filter(|&&u| u).count();
            return Err(Error::OneClass { what, rows: up.len(), up: ups });
        }
        let total = up_mass + down_mass;
        let (up_factor, down_factor) = if how.balanced {
            (how.c * total / (2.0 * up_mass), how.c * total / (2.0 * down_mass))
        } else {
            (how.c, how.c)
        };
        for (w, &is_up) in self.weights.iter_mut().zip(up) {
            *w *= if is_up { up_factor } else { down_factor };
        }
        Ok(())
    }
}

/// Sum of the absolute terms of the gradient at zero; also proves that the design is finite.
fn gradient_scale(what: &'static str, rows: Rows<'_>) -> Result<f64> {
    let mut scale = 0.0;
    for (x, v) in rows.x.chunks_exact(rows.columns).zip(rows.weights) {
        scale += v * x.iter().fold(1.0_f64, |sum, value| sum + value.abs());
    }
    if scale.is_finite() {
        return Ok(scale);
    }
    match rows.x.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(Error::NotFinite {
            what,
            column: format!("column {}", at % rows.columns),
            row: at / rows.columns,
            got: rows.x[at],
        }),
        None => Err(Error::Overflow { what }),
    }
}

fn check_length(
    what: &'static str,
    input: &'static str,
    got: usize,
    expected: usize,
) -> Result<()> {
    if got == expected { Ok(()) } else { Err(Error::Length { what, input, got, expected }) }
}

/// Checks that a parameter is finite and positive.
pub(super) fn check_positive(what: &'static str, parameter: &'static str, got: f64) -> Result<()> {
    if got.is_finite() && got > 0.0 {
        return Ok(());
    }
    Err(Error::Parameter { what, parameter, expected: "finite and above 0", got })
}
