//! A judgement as a section of an HTML page.

use mantis_eval::metrics::Judgement;
use mantis_eval::report::{Section, Table};

use super::judge::Judged;
use super::text::{label, thousands};
use crate::Result;

/// Adds what tells how good the model is, beside its baselines.
pub(crate) fn judgement(section: &mut Section, judged: &Judged) -> Result<()> {
    section
        .forecasts(&judged.times, &judged.up, &judged.p_up)?
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
