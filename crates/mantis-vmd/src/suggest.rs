//! How many modes a signal asks for.

use std::ops::RangeInclusive;

use crate::{Error, Result, Vmd, VmdParams};

/// One number of modes that was tried.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct ModeCount {
    /// The number of modes.
    pub k: usize,
    /// Energy that the modes left, as a share of the energy about the mean.
    pub loss: f64,
    /// Smallest distance of two neighbouring centre frequencies in half-widths of a mode; below 1
    /// the two overlap. Infinite for one mode.
    pub spacing: f64,
    /// Whether the sweeps met the stop rule.
    pub converged: bool,
}

/// Why [`suggest_k`] chose what it chose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// The fewest modes that leave no more energy than allowed.
    LossMet,
    /// One mode more would overlap with its neighbour, so it would split a mode and find no new
    /// one; the loss is still above the allowed one.
    NextOverlaps,
    /// The smallest number tried already has modes that overlap.
    FirstOverlaps,
    /// Neither happened up to the largest number tried.
    EndOfRange,
}

/// A number of modes with the evidence for it.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Suggestion {
    /// The suggested number of modes.
    pub k: usize,
    /// Why.
    pub reason: Reason,
    /// All that was tried, in rising order of `k`, up to the one that decided.
    pub tried: Vec<ModeCount>,
}

impl std::fmt::Display for Suggestion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let why = match self.reason {
            Reason::LossMet => "fewest modes that leave no more energy than allowed",
            Reason::NextOverlaps => "one mode more would overlap with its neighbour",
            Reason::FirstOverlaps => "modes overlap already at the smallest number tried",
            Reason::EndOfRange => {
                "largest number tried, and the loss is still above the allowed one"
            }
        };
        write!(f, "{} modes: {why}", self.k)?;
        for t in &self.tried {
            let capped = if t.converged { "" } else { ", capped" };
            let (k, loss, spacing) = (t.k, 100.0 * t.loss, t.spacing);
            write!(f, "\n  k = {k}: loss {loss:.2} %, spacing {spacing:.2}{capped}")?;
        }
        Ok(())
    }
}

/// Tries rising numbers of modes until the loss is at most `max_loss` or two modes overlap.
///
/// The loss is the energy of the residual divided by that of the signal about its mean. Two modes
/// overlap if their centre frequencies are closer than `1 / sqrt(alpha)` cycles per sample, where
/// the filter of a mode has fallen to one half: then a further mode splits an old one. Both depend
/// on `alpha`, so a suggestion holds for the other parameters given. `params.k` is not read.
///
/// Like every look at a whole signal this must see training data only.
///
/// ```
/// use mantis_vmd::{Reason, VmdParams, suggest_k};
///
/// let tone = |f: f64, i: u32| (std::f64::consts::TAU * f * f64::from(i)).cos();
/// let signal: Vec<f64> =
///     (0..600).map(|i| tone(0.03, i) + tone(0.18, i) + tone(0.4, i)).collect();
/// let found = suggest_k(&VmdParams::default(), &signal, 1..=8, 0.05)?;
/// assert_eq!((found.k, found.reason), (3, Reason::LossMet), "{found}");
/// # Ok::<(), mantis_vmd::Error>(())
/// ```
///
/// # Errors
/// [`Error::ModeRange`] for a range that is empty or leaves 1 to 64; [`Error::Parameter`] for a
/// `max_loss` outside 0 to 1; else as [`Vmd::new`] and [`Vmd::decompose`].
pub fn suggest_k(
    params: &VmdParams,
    signal: &[f64],
    range: RangeInclusive<usize>,
    max_loss: f64,
) -> Result<Suggestion> {
    let (start, end) = (*range.start(), *range.end());
    if start < 1 || end > 64 || start > end {
        return Err(Error::ModeRange { start, end });
    }
    if !(0.0..=1.0).contains(&max_loss) {
        return Err(Error::Parameter {
            name: "max_loss",
            range: "between 0 and 1",
            got: max_loss,
            hint: "0.01 to 0.1 is usual",
        });
    }
    let mut tried: Vec<ModeCount> = Vec::new();
    for k in range {
        let count = try_count(&VmdParams { k, ..params.clone() }, signal)?;
        let (loss, overlaps) = (count.loss, count.spacing < 1.0);
        let before = tried.last().map(|t| t.k);
        tried.push(count);
        let (k, reason) = match (overlaps, before) {
            (true, Some(before)) => (before, Reason::NextOverlaps),
            (true, None) => (k, Reason::FirstOverlaps),
            (false, _) if loss <= max_loss => (k, Reason::LossMet),
            (false, _) if k == end => (k, Reason::EndOfRange),
            (false, _) => continue,
        };
        return Ok(Suggestion { k, reason, tried });
    }
    Err(Error::ModeRange { start, end })
}

fn try_count(params: &VmdParams, signal: &[f64]) -> Result<ModeCount> {
    let d = Vmd::new(params, signal.len())?.decompose(signal)?;
    let mut centres = d.centre_frequency;
    centres.sort_by(f64::total_cmp);
    let gap = centres.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
    Ok(ModeCount {
        k: params.k,
        loss: d.residual_energy / (d.scale * d.scale * d.len as f64),
        spacing: gap * params.alpha.sqrt(),
        converged: d.converged,
    })
}
