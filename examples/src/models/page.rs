//! A judgement as a section of an HTML page.

use mantis_eval::metrics::{
    Judgement, accuracy_by_confidence, accuracy_by_month, reliability, roc_curve,
};
use mantis_eval::report::plots::{self, AccuracyBar};
use mantis_eval::report::{Section, Table};

use super::judge::Judged;
use super::text::{label, thousands};
use crate::Result;

/// Bins of the calibration picture.
const BINS: usize = 20;

/// Groups of rising confidence.
const GROUPS: usize = 10;

/// Adds what tells how good the model is, beside its baselines.
pub(crate) fn judgement(section: &mut Section, judged: &Judged) -> Result<()> {
    let by_confidence = accuracy_by_confidence(&judged.up, &judged.p_up, GROUPS)?;
    let by_confidence: Vec<AccuracyBar> = by_confidence.iter().map(Into::into).collect();
    let by_month = accuracy_by_month(&judged.times, &judged.up, &judged.p_up)?;
    let by_month: Vec<AccuracyBar> = by_month.iter().map(Into::into).collect();
    section
        .figure(
            "The further the curve lies above the dashed diagonal, the better rises are told from falls.",
            plots::roc(&roc_curve(&judged.up, &judged.p_up)?, judged.hybrid.judgement.auc)?,
        )
        .figure(
            "Points on the dashed line mean that forecasts can be taken at their word; grey columns count the forecasts.",
            plots::calibration(&reliability(&judged.up, &judged.p_up, BINS)?)?,
        )
        .figure(
            "Share of right calls in ten groups of rising confidence, with 95 % intervals.",
            plots::accuracy_bars("Accuracy by confidence", &by_confidence)?,
        )
        .figure(
            "Share of right calls by calendar month, with 95 % intervals.",
            plots::accuracy_bars("Accuracy by month", &by_month)?,
        )
        .table(all_rows(judged)?)
        .table(surest_rows(judged)?)
        .note("The thresholds of the surest rows were fixed before the span, so the share of rows that reach them (in brackets) differs from the one aimed at.");
    Ok(())
}

fn all_rows(judged: &Judged) -> Result<Table> {
    let rows = judged.models().map(|model| {
        let j = &model.judgement;
        vec![
            label(model.name).to_owned(),
            thousands(j.n),
            format!("{:.4}", j.accuracy),
            format!("{:.4} to {:.4}", j.low, j.high),
            format!("{:.4}", j.auc),
            format!("{:.4}", j.brier),
            format!("{:.4}", j.log_loss),
        ]
    });
    let head = ["model", "n", "accuracy", "95 % interval", "AUC", "Brier", "log loss"];
    Ok(Table::new("Test span, all models on the same rows", head, rows)?
        .numeric(1..7)?
        .highlight(0)?)
}

fn surest_rows(judged: &Judged) -> Result<Table> {
    let coverages = &judged.hybrid.judgement.selective;
    let head = std::iter::once("model".to_owned())
        .chain(coverages.iter().map(|s| format!("surest {:.0} %", 100.0 * s.threshold.coverage)));
    let rows = judged.models().map(|model| {
        std::iter::once(label(model.name).to_owned())
            .chain(surest(&model.judgement))
            .collect::<Vec<_>>()
    });
    Ok(Table::new("Accuracy where each model is surest", head.collect::<Vec<_>>(), rows)?
        .numeric(1..=coverages.len())?
        .highlight(0)?)
}

fn surest(judgement: &Judgement) -> impl Iterator<Item = String> {
    judgement.selective.iter().map(|s| {
        let value = s.accuracy.map_or_else(|| "none".to_owned(), |a| format!("{:.3}", a.value));
        format!("{value} ({:.0} %)", 100.0 * s.achieved_coverage)
    })
}
