//! Modes: a causal variational mode decomposition of the log close.
//!
//! Each row has its own decomposition, of the trailing window that ends at it: the newest value of a mode is frozen when its
//! bar closes and is never revised by later bars. All values are divided by the window's standard deviation or energy, so
//! they do not depend on the price level. Fast modes at the edge of a window are largely boundary artefact (see the README).

use mantis_vmd::RollingModes;

use crate::registry::{Family, Indicator, Input, Param, param};

/// What the decompositions say about each row, mode by mode; NaN before the first full window, at rows that were not asked
/// for, and where the window is flat.
#[derive(Clone, Debug, PartialEq)]
pub struct ModeColumns {
    value: Vec<Vec<f64>>,
    slope: Vec<Vec<f64>>,
    energy: Vec<Vec<f64>>,
    frequency: Vec<Vec<f64>>,
    rows: usize,
}

impl ModeColumns {
    /// Spreads the result of a rolling decomposition over `rows` rows.
    ///
    /// Value and slope (newest minus previous value in the same window) are in standard deviations of the window, energy is
    /// the mode's share of the energy of all modes, frequency is in cycles per row.
    #[must_use]
    pub fn new(modes: &RollingModes, rows: usize) -> Self {
        let column = |f: &dyn Fn(usize, usize) -> f64| -> Vec<Vec<f64>> {
            (0..modes.k)
                .map(|mode| {
                    let mut out = vec![f64::NAN; rows];
                    for (i, row) in modes.rows.clone().enumerate() {
                        out[row] = f(i, i * modes.k + mode);
                    }
                    out
                })
                .collect()
        };
        let energy: Vec<f64> =
            modes.energy.chunks(modes.k.max(1)).map(|window| window.iter().sum()).collect();
        Self {
            value: column(&|i, at| modes.value[at] / modes.scale[i]),
            slope: column(&|i, at| (modes.value[at] - modes.previous[at]) / modes.scale[i]),
            energy: column(&|i, at| modes.energy[at] / energy[i]),
            frequency: column(&|_, at| modes.centre_frequency[at]),
            rows,
        }
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
}

const FAMILY: Family = Family::Modes;
const MODES: &[Input] = &[Input::Modes];
const MODE: &[Param] = &[param("mode", 0, 0)];

/// The warm-up depends on the plan's window, which the plan adds.
const fn at_once(_: &[usize]) -> usize {
    0
}

/// Column of mode `mode`, which the plan has checked to be below the number of modes.
fn of_mode(columns: &[Vec<f64>], mode: usize) -> crate::Result<Vec<f64>> {
    columns.get(mode).cloned().ok_or(crate::Error::Mode { mode, modes: columns.len() })
}

pub(crate) const TABLE: &[Indicator] = &[
    Indicator::free(
        (FAMILY, "vmd_value"),
        "newest value of the mode / standard deviation of the window's log closes",
        MODES,
        MODE,
        at_once,
        |c| of_mode(&c.modes()?.value, c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "vmd_slope"),
        "(newest - previous value of the mode in the window) / standard deviation of the window",
        MODES,
        MODE,
        at_once,
        |c| of_mode(&c.modes()?.slope, c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "vmd_energy"),
        "the mode's share of the energy of all modes of the window, 0..1",
        MODES,
        MODE,
        at_once,
        |c| of_mode(&c.modes()?.energy, c.p(0)),
    ),
    Indicator::free(
        (FAMILY, "vmd_frequency"),
        "the mode's centre frequency in cycles per row, 0..0.5",
        MODES,
        MODE,
        at_once,
        |c| of_mode(&c.modes()?.frequency, c.p(0)),
    ),
];
