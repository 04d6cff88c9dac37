//! Numbers of one VMD mode at its newest row.

use crate::engine::ModeField;
use crate::registry::{Cost, Family, Indicator, Input, Param, Unit, param};

const FAMILY: Family = Family::Modes;
const MODES: &[Input] = &[Input::Modes];
const MODE: &[Param] = &[param("mode", 0, 0)];

/// The warm-up depends on the plan's window, which the plan adds.
const fn at_once(_: &[usize]) -> usize {
    0
}

/// A mode's column as it is.
macro_rules! mode {
    ($name:literal, $field:ident, $unit:ident, $doc:literal) => {
        Indicator::free((FAMILY, $name), $doc, MODES, MODE, at_once, |b| {
            let mode = b.mode(ModeField::$field);
            b.map([mode], |[mode]| mode)
        })
        .source("Dragomiretskiy and Zosso 2014, causal form")
        .unit(Unit::$unit)
        .cost(Cost::Decomposition)
    };
}

pub(super) const TABLE: &[Indicator] = &[
    mode!(
        "vmd_value",
        Value,
        Deviations,
        "newest value of the mode / standard deviation of the window's log closes"
    ),
    mode!(
        "vmd_slope",
        Slope,
        Deviations,
        "(newest - previous value of the mode in the window) / standard deviation of the window"
    ),
    mode!(
        "vmd_energy",
        Energy,
        Ratio,
        "the mode's share of the energy of all modes of the window, 0..1"
    ),
    mode!(
        "vmd_frequency",
        Frequency,
        CyclesPerRow,
        "the mode's centre frequency in cycles per row, 0..0.5"
    ),
    mode!(
        "vmd_phase",
        Phase,
        Radians,
        "phase of the cosine of the mode's centre frequency through its newest two values, -pi..pi, 0 at a crest"
    ),
];
