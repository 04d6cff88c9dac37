//! A judgement as a section of an HTML page.

use mantis_data::Timestamp;
use mantis_eval::metrics::{Judgement, SignStrategy, sign_strategy};
use mantis_eval::report::{Section, Table, plots};
use mantis_eval::statistics::Estimate;

use super::judge::Judged;
use super::text::{chance, label, thousands};
use crate::Result;

/// Adds what tells how good the model is, beside its baselines.
pub(crate) fn judgement(section: &mut Section, judged: &Judged) -> Result<()> {
    section
        .forecasts(&judged.times, &judged.up, &judged.p_up)?
        .table(all_rows(judged)?)
        .table(gains(judged)?)
        .table(surest_rows(judged)?)
        .note("The thresholds of the surest rows were fixed before the span, so the share of rows that reach them (in brackets) differs from the one aimed at.");
    let strategy = sign_strategy(&judged.p_up, &judged.returns, COST)?;
    money(section, &judged.times, &strategy, COST)
}

/// What following the sign of every forecast for an hour earns, from the closes at `times` on.
pub(crate) fn money(
    section: &mut Section,
    times: &[Timestamp],
    strategy: &SignStrategy,
    cost: f64,
) -> Result<()> {
    let (before, after) = strategy.basis_points();
    let (gross, net) = strategy.equity();
    section.paragraph(format!(
        "Accuracy is not profit: following the sign of every forecast earns {before:+.2} basis points an hour before costs, {after:+.2} after {:.0} for a change of position.",
        1e4 * cost,
    ));
    if times.len() > 1 && gross.iter().chain(&net).all(|v| *v > 0.0) {
        section.figure(
            "Value of one unit of money that follows the sign of every forecast, before and after costs.",
            plots::equity(times, &gross, &net)?,
        );
    }
    Ok(())
}

fn gains(judged: &Judged) -> Result<Table> {
    let dash = || "-".to_owned();
    let part = |e: Estimate| format!("{:+.4} [{:+.4}, {:+.4}]", e.value, e.low, e.high);
    let rows = judged.models().map(|model| {
        let test = model.gain.and_then(|gain| gain.squared_error);
        vec![
            label(model.name).to_owned(),
            format!("{:.4}", model.judgement.balanced_accuracy),
            model.rank_correlation.map_or_else(dash, |r| format!("{r:+.4}")),
            model.gain.map_or_else(dash, |gain| part(gain.accuracy)),
            model.gain.map_or_else(dash, |gain| part(gain.auc)),
            test.map_or_else(dash, |test| chance(test.p_value)),
        ]
    });
    let head = [
        "model",
        "balanced accuracy",
        "rank correlation",
        "hybrid's gain in accuracy",
        "hybrid's gain in AUC",
        "p of equal squared errors",
    ];
    Ok(Table::new("The hybrid against each baseline, day by day", head, rows)?
        .numeric(1..6)?
        .highlight(0)?)
}

/// What a change of position by the whole capital costs.
const COST: f64 = 0.0005;

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
