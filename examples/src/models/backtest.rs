//! What the program `backtest` does: a model on a span, by month and by confidence, as text, JSON and HTML.

use std::path::Path;

use mantis_eval::report::{Report, Verdict};

use super::check::Checked;
use super::judge::Judged;
use super::{page, text};
use crate::Result;

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
        Some(judged) => fill(&mut report, checked, judged)?,
    }
    Ok(report.write(path)?)
}

fn fill(report: &mut Report, checked: &Checked, judged: &Judged) -> Result<()> {
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
    page::judgement(report.section("Beside the baselines"), judged)
}
