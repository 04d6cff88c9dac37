//! What the program `backtest` does: a model on a span, by month and by confidence, as text, JSON and HTML.

use std::path::Path;

use mantis_eval::metrics::{reliability, roc_curve};
use mantis_eval::report::{Report, Table, Verdict, plots};

use super::check::Checked;
use super::judge::Judged;
use super::text;
use crate::Result;

/// Bins of the calibration picture.
const BINS: usize = 20;

/// Writes the page.
///
/// # Errors
/// Those of the pictures and of the file.
pub fn write_html(checked: &Checked, path: &Path) -> Result<()> {
    let mut report = Report::new(format!("{}: back-test", checked.challenge.name));
    let (from, to) = (text::day(checked.span.0), text::day(checked.span.1));
    report.subtitle(format!(
        "{}, hourly, {from} to {to}, nothing of which the model was fitted on",
        checked.symbol
    ));
    match &checked.judged {
        None => {
            report.section("Result").paragraph("The span holds no bar with a known outcome.");
        }
        Some(judged) => page(&mut report, checked, judged)?,
    }
    Ok(report.write(path)?)
}

fn page(report: &mut Report, checked: &Checked, judged: &Judged) -> Result<()> {
    let judgement = &judged.hybrid.judgement;
    report
        .verdict(Verdict {
            ok: judged.verdict.passed,
            headline: text::verdict_line(judgement, checked.criterion),
            detail: String::from(
                "Hourly directions are close to a coin toss: an honest model is expected to miss the guide's criterion, and a \
                 result far above it would be the sign of a leak.",
            ),
        })
        .numbers([
            ("accuracy", format!("{:.2} %", 100.0 * judgement.accuracy)),
            ("95 % interval", format!("{:.2} to {:.2} %", 100.0 * judgement.low, 100.0 * judgement.high)),
            ("AUC", format!("{:.4}", judgement.auc)),
            ("rows", text::thousands(judgement.n)),
        ]);
    let rows = judged.models().map(|model| {
        let j = &model.judgement;
        vec![
            text::label(model.name).to_owned(),
            format!("{:.4}", j.accuracy),
            format!("{:.4} to {:.4}", j.low, j.high),
            format!("{:.4}", j.auc),
            format!("{:.4}", j.brier),
            format!("{:.4}", j.log_loss),
            text::selective(j),
        ]
    });
    let head = [
        "model",
        "accuracy",
        "95 % interval",
        "AUC",
        "Brier",
        "log loss",
        "accuracy at 50 / 20 / 10 / 5 %",
    ];
    let table = Table::new("All models on the same rows", head, rows)?.numeric(1..6)?;
    report.section("Beside the baselines").table(table.highlight(0)?);
    report
        .section("Curves")
        .figure(
            "Receiver operating characteristic of the hybrid.",
            plots::roc(&roc_curve(&judged.up, &judged.p_up)?, judgement.auc)?,
        )
        .figure(
            "How often the price rose, by forecast probability.",
            plots::calibration(&reliability(&judged.up, &judged.p_up, BINS)?)?,
        )
        .figure(
            "Accuracy by confidence, the least confident tenth first.",
            text::by_confidence(judged)?,
        )
        .figure("Accuracy by month.", text::by_month(judged)?);
    Ok(())
}
