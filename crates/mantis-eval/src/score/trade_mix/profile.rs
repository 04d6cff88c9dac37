//! Constants of the trade-mix scoring.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// Constants of the trade-mix scoring; the default is what the validator runs with.
///
/// Absent fields of the serialised form take their default; the names are those of the validator's challenge entry.
///
/// | field | default | range | meaning |
/// |---|---|---|---|
/// | `horizons_hours` | 12, 24, 48 | >= 1 | horizons of the relative-value evidence |
/// | `blend_weights` | .25, .5, .25 | finite | their weights |
/// | `beta_horizon_hours` | 24 | >= 1 | horizon of the market evidence |
/// | `channel_split_rv` | .75 | 0 to 1 | part of the pay for relative value; the rest is for the market channel |
/// | `fdr_q` | .05 | 0 to 1 | false discovery rate of the gates |
/// | `probation_hours` | 504 | >= 1 | hours since the first submission, and the window of the next field |
/// | `probation_coverage` | .9 | 0 to 1 | least share of hours with a submission |
/// | `seniority_cosine` | .2 | >= 0 | books nearer to a senior's are projected off it |
/// | `dedup_cosine_threshold` | .95 | | books nearer than this share one place |
/// | `fee_bps` | 10 | >= 0 | cost of a unit of turnover in basis points |
/// | `miner_cap` | .2 | 0 to 1 | largest share of a channel |
/// | `vol_window_hours` | 720 | >= 1 | window of the volatilities |
/// | `beta_window_hours` | 1440 | >= 2 | window of the betas |
/// | `beta_shrink` | .3 | 0 to 1 | weight of a beta of 1 |
/// | `refresh_hours` | 24 | >= 1 | hours between two estimates |
/// | `warmup_hours` | 120 | >= 1 | hours before the first estimate |
/// | `min_shift_hours` | 96 | >= 1 | least shift of the null distribution |
/// | `activity_std` | 1e-4 | >= 0 | least standard deviation of a hedged book |
/// | `softplus_shift` | 2 | finite | evidence at which pay sets in |
/// | `window_hours` | 720 | >= 1 | window of coverage, of attribution and of the cosines |
///
/// ```
/// use mantis_eval::score::TradeMixProfile;
///
/// let profile: TradeMixProfile = serde_json::from_str(r#"{"miner_cap": 0.5}"#)?;
/// assert_eq!((profile.miner_cap, profile.warmup_hours), (0.5, 120));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the table above describes every field")]
pub struct TradeMixProfile {
    pub horizons_hours: Vec<usize>,
    pub blend_weights: Vec<f64>,
    pub beta_horizon_hours: usize,
    pub channel_split_rv: f64,
    pub fdr_q: f64,
    pub probation_hours: usize,
    pub probation_coverage: f64,
    pub seniority_cosine: f64,
    pub dedup_cosine_threshold: f64,
    pub fee_bps: f64,
    pub miner_cap: f64,
    pub vol_window_hours: usize,
    pub beta_window_hours: usize,
    pub beta_shrink: f64,
    pub refresh_hours: usize,
    pub warmup_hours: usize,
    pub min_shift_hours: usize,
    pub activity_std: f64,
    pub softplus_shift: f64,
    pub window_hours: usize,
}

impl Default for TradeMixProfile {
    fn default() -> Self {
        Self {
            horizons_hours: vec![12, 24, 48],
            blend_weights: vec![0.25, 0.5, 0.25],
            beta_horizon_hours: 24,
            channel_split_rv: 0.75,
            fdr_q: 0.05,
            probation_hours: 504,
            probation_coverage: 0.9,
            seniority_cosine: 0.2,
            dedup_cosine_threshold: 0.95,
            fee_bps: 10.0,
            miner_cap: 0.2,
            vol_window_hours: 720,
            beta_window_hours: 1440,
            beta_shrink: 0.3,
            refresh_hours: 24,
            warmup_hours: 120,
            min_shift_hours: 96,
            activity_std: 1e-4,
            softplus_shift: 2.0,
            window_hours: 720,
        }
    }
}

impl TradeMixProfile {
    /// Checks every range of the table.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first value outside its range, [`Error::Length`] when there is not one weight per
    /// horizon.
    pub fn check(&self) -> Result<()> {
        let what = "TradeMixProfile";
        if self.blend_weights.len() != self.horizons_hours.len() {
            let (expected, got) = (self.horizons_hours.len(), self.blend_weights.len());
            return Err(Error::Length { what: "TradeMixProfile: blend_weights", expected, got });
        }
        let shortest = self.horizons_hours.iter().copied().min().unwrap_or(0);
        for (parameter, value, least) in [
            ("horizons_hours", shortest, 1),
            ("beta_horizon_hours", self.beta_horizon_hours, 1),
            ("probation_hours", self.probation_hours, 1),
            ("vol_window_hours", self.vol_window_hours, 1),
            ("beta_window_hours", self.beta_window_hours, 2),
            ("refresh_hours", self.refresh_hours, 1),
            ("warmup_hours", self.warmup_hours, 1),
            ("min_shift_hours", self.min_shift_hours, 1),
            ("window_hours", self.window_hours, 1),
        ] {
            if value < least {
                let expected = if least == 1 { "at least 1" } else { "at least 2" };
                let got = crate::metrics::count(value);
                return Err(Error::Parameter { what, parameter, expected, got });
            }
        }
        let unit = 0.0..=1.0;
        for (parameter, got) in [
            ("channel_split_rv", self.channel_split_rv),
            ("fdr_q", self.fdr_q),
            ("probation_coverage", self.probation_coverage),
            ("miner_cap", self.miner_cap),
            ("beta_shrink", self.beta_shrink),
        ] {
            if !unit.contains(&got) {
                return Err(Error::Parameter { what, parameter, expected: "within 0 to 1", got });
            }
        }
        let others = [
            ("seniority_cosine", self.seniority_cosine),
            ("dedup_cosine_threshold", self.dedup_cosine_threshold),
            ("fee_bps", self.fee_bps),
            ("activity_std", self.activity_std),
            ("softplus_shift", self.softplus_shift),
        ];
        let blend = self.blend_weights.iter().map(|&w| ("blend_weights", w));
        match others.into_iter().chain(blend).find(|(_, value)| !value.is_finite()) {
            Some((parameter, got)) => {
                Err(Error::Parameter { what, parameter, expected: "finite", got })
            }
            None => Ok(()),
        }
    }
}
