//! The pictures that every judgement of probabilities shows.

use super::Section;
use super::plots::{self, AccuracyBar};
use crate::Result;
use crate::metrics::{accuracy_by_confidence, accuracy_by_month, reliability, roc_auc, roc_curve};
use mantis_data::Timestamp;

/// Bins of the calibration picture.
const BINS: usize = 20;
/// Groups of rising confidence.
const GROUPS: usize = 10;

impl Section {
    /// Four pictures of forecasts (`p_up`, 0 to 1) and outcomes, one for each of `times`: ROC curve, calibration, accuracy by
    /// confidence and accuracy by month.
    ///
    /// # Errors
    /// Those of the measures: other lengths, a probability outside its range, only one class.
    ///
    /// ```
    /// use mantis_data::{Interval, Timestamp};
    /// use mantis_eval::report::Report;
    ///
    /// let start = Timestamp::parse("2025-01-01")?;
    /// let times: Vec<Timestamp> = (0..200).map(|h| start + Interval::hours(h)).collect();
    /// let up: Vec<bool> = (0..200).map(|h| h % 3 == 0).collect();
    /// let p_up: Vec<f64> = (0..200).map(|h| 0.3 + 0.01 * f64::from(h % 7)).collect();
    /// let mut report = Report::new("BTC, one hour ahead");
    /// report.section("Judgement").forecasts(&times, &up, &p_up)?;
    /// assert_eq!(report.render().matches("<figure>").count(), 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn forecasts(
        &mut self,
        times: &[Timestamp],
        up: &[bool],
        p_up: &[f64],
    ) -> Result<&mut Self> {
        let by_confidence = accuracy_by_confidence(up, p_up, GROUPS)?;
        let by_confidence: Vec<AccuracyBar> = by_confidence.iter().map(Into::into).collect();
        let by_month = accuracy_by_month(times, up, p_up)?;
        let by_month: Vec<AccuracyBar> = by_month.iter().map(Into::into).collect();
        Ok(self
            .figure(
                "The further the curve lies above the dashed diagonal, the better rises are told from falls.",
                plots::roc(&roc_curve(up, p_up)?, roc_auc(up, p_up)?)?,
            )
            .figure(
                "Points on the dashed line mean that forecasts can be taken at their word; grey columns count the forecasts.",
                plots::calibration(&reliability(up, p_up, BINS)?)?,
            )
            .figure(
                "Share of right calls in ten groups of rising confidence, with 95 % intervals.",
                plots::accuracy_bars("Accuracy by confidence", &by_confidence)?,
            )
            .figure(
                "Share of right calls by calendar month, with 95 % intervals.",
                plots::accuracy_bars("Accuracy by month", &by_month)?,
            ))
    }
}
