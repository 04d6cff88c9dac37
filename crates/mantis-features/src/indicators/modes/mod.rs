//! Modes: a causal variational mode decomposition of the log close.
//!
//! Each row has its own decomposition, of the trailing window that ends at it: the newest value of a mode is frozen when its
//! bar closes and is never revised by later bars. All values are divided by the window's standard deviation or energy, so
//! they do not depend on the price level. Fast modes at the edge of a window are largely boundary artefact (see the README).

mod vmd;

use std::f64::consts::TAU;

use mantis_vmd::{NewestModes, RollingModes};

use crate::engine::ModeField;
use crate::registry::Indicator;

/// What the decompositions say about each row, mode by mode; NaN before the first full window, at rows that were not asked
/// for, and where the window is flat.
#[derive(Clone, Debug, PartialEq)]
pub struct ModeColumns {
    k: usize,
    rows: usize,
    /// Field by field, mode by mode, one value per row.
    columns: Vec<Vec<f64>>,
}

/// The numbers of one mode at one row.
#[derive(Clone, Copy, Debug)]
struct Mode {
    value: f64,
    previous: f64,
    energy: f64,
    all_energy: f64,
    frequency: f64,
    scale: f64,
}

impl Mode {
    fn get(self, field: ModeField) -> f64 {
        match field {
            ModeField::Value => self.value / self.scale,
            ModeField::Slope => (self.value - self.previous) / self.scale,
            ModeField::Energy => self.energy / self.all_energy,
            ModeField::Frequency => self.frequency,
            ModeField::Phase => self.phase(),
        }
    }

    /// Phase of the cosine of the mode's centre frequency through the newest two values, in -pi..pi: 0 at a crest. The mode
    /// with no frequency has 0 above its mean and pi below.
    fn phase(self) -> f64 {
        let (sin, cos) = (TAU * self.frequency).sin_cos();
        let quadrature =
            if sin.abs() < 1e-9 { 0.0 } else { (self.previous - self.value * cos) / sin };
        quadrature.atan2(self.value)
    }
}

impl ModeColumns {
    /// Spreads the result of a rolling decomposition over `rows` rows.
    ///
    /// Value and slope (newest minus previous value in the same window) are in standard deviations of the window, energy is
    /// the mode's share of the energy of all modes, frequency is in cycles per row, phase in radians.
    #[must_use]
    pub fn new(modes: &RollingModes, rows: usize) -> Self {
        let k = modes.k;
        let mut columns = vec![vec![f64::NAN; rows]; ModeField::ALL.len() * k];
        for (i, row) in modes.rows.clone().enumerate() {
            let all_energy: f64 = modes.energy[i * k..(i + 1) * k].iter().sum();
            for m in 0..k {
                let at = i * k + m;
                let mode = Mode {
                    value: modes.value[at],
                    previous: modes.previous[at],
                    energy: modes.energy[at],
                    all_energy,
                    frequency: modes.centre_frequency[at],
                    scale: modes.scale[i],
                };
                for (f, field) in ModeField::ALL.into_iter().enumerate() {
                    columns[f * k + m][row] = mode.get(field);
                }
            }
        }
        Self { k, rows, columns }
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Number of modes.
    #[must_use]
    pub fn k(&self) -> usize {
        self.k
    }

    pub(crate) fn column(&self, field: ModeField, mode: usize) -> Option<&[f64]> {
        let f = ModeField::ALL.iter().position(|&f| f == field)?;
        (mode < self.k).then(|| self.columns[f * self.k + mode].as_slice())
    }
}

/// One number of the newest row of a stream.
pub(crate) fn newest(modes: &NewestModes, field: ModeField, mode: usize) -> f64 {
    let all_energy: f64 = modes.energy.iter().sum();
    Mode {
        value: modes.value[mode],
        previous: modes.previous[mode],
        energy: modes.energy[mode],
        all_energy,
        frequency: modes.centre_frequency[mode],
        scale: modes.scale,
    }
    .get(field)
}

pub(crate) const TABLES: &[&[Indicator]] = &[vmd::TABLE];
