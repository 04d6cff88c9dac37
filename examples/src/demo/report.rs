//! The self-contained HTML page.

use mantis_data::Check;
use mantis_eval::metrics::PassCriterion;
use mantis_eval::report::{Report, Table, Verdict, plots};

use super::{Options, Outcome, SYMBOL, pictures};
use crate::Result;
use crate::files::create_folder;
use crate::models::page::judgement as judgement_page;
use crate::models::text::{day, thousands, verdict_line};

pub(super) fn write(options: &Options, outcome: &Outcome) -> Result<()> {
    create_folder(&options.out)?;
    Ok(page(options, outcome)?.write(options.out.join("report.html"))?)
}

fn page(options: &Options, outcome: &Outcome) -> Result<Report> {
    let judgement = &outcome.judged.hybrid.judgement;
    let dates = outcome.dataset.split.dates;
    let mut report = Report::new("BTC, one hour ahead: trained, judged, paid and sealed");
    let prints = outcome.trained.artifact.fingerprints();
    report
        .subtitle(format!(
            "{SYMBOL}, Binance spot, hourly. Trained to {}, validated to {}, tested to {}{}",
            day(dates.train_end),
            day(dates.validation_end),
            day(dates.test_end),
            if options.quick { " (quick run: 12 months of training, at most 2 epochs)" } else { "" },
        ))
        .verdict(Verdict {
            ok: outcome.judged.verdict.passed,
            headline: verdict_line(judgement, PassCriterion::default()),
            detail: String::from(
                "On this span an honest model is expected to miss the guide's criterion: hourly directions of BTC are close \
                 to a coin toss. A result far above 55 % would be the sign of a leak.",
            ),
        })
        .numbers([
            ("test accuracy", format!("{:.2} %", 100.0 * judgement.accuracy)),
            ("95 % interval", format!("{:.2} to {:.2} %", 100.0 * judgement.low, 100.0 * judgement.high)),
            ("AUC", format!("{:.4}", judgement.auc)),
            ("Brier", format!("{:.4}", judgement.brier)),
            ("rank in pay", format!("{} of {}", outcome.pay.my_rank, outcome.pay.ranking.len())),
        ])
        .footer(format!(
            "Version {}, seed {}, data {}, features {}",
            prints.code, options.seed, prints.data, prints.features
        ));
    data(&mut report, outcome)?;
    model(&mut report, outcome)?;
    judgement_page(report.section("Judgement"), &outcome.judged)?;
    pay(&mut report, outcome)?;
    submission(&mut report, outcome);
    Ok(report)
}

fn data(report: &mut Report, outcome: &Outcome) -> Result<()> {
    let date = |t: Option<mantis_data::Timestamp>| t.map_or_else(String::new, day);
    let rows = outcome.loaded.quality.iter().map(|q| {
        vec![
            q.name.clone(),
            thousands(q.rows),
            format!("{} ({} bars)", q.gaps.len(), q.missing_bars()),
            q.count(Check::Duplicate).to_string(),
            q.count(Check::Flat).to_string(),
            q.count(Check::ZeroVolume).to_string(),
            date(q.first),
            date(q.last),
        ]
    });
    let head = [
        "series",
        "bars",
        "gaps",
        "duplicates",
        "flat bars",
        "zero volume",
        "first bar",
        "last bar",
    ];
    let section = report.section("Data");
    section
        .paragraph("Hourly bars and 8-hour funding rates. A bar counts as known only after it has closed, a funding rate from its own stamp.")
        .figure(
            "Hourly closing price; the model is judged only on the shaded span at the right, which it never saw.",
            pictures::price(outcome)?,
        )
        .table(Table::new("Quality of the input", head, rows)?.numeric(1..6)?);
    let left_out = outcome.dataset.frame.left_out();
    if !left_out.is_empty() {
        section
            .note("Columns whose input is absent were left out before fitting:")
            .list(left_out.iter().map(|c| format!("{} (no {})", c.name, c.missing)));
    }
    Ok(())
}

fn model(report: &mut Report, outcome: &Outcome) -> Result<()> {
    let trained = &outcome.trained;
    let section = report.section("Modes");
    section
        .paragraph("For every bar the window that ends with it is decomposed on its own, and only the newest values are kept: nothing at a bar depends on later ones.")
        .figure(
            "The last two weeks of the log price in eight modes, the slowest on top, as the last bar sees them; each row has its own scale.",
            pictures::modes(outcome)?,
        );
    let section = report.section("Choice of columns");
    section.paragraph(format!(
        "{} candidates; relevance to the label and position in the graph were measured on {} training rows.",
        outcome.dataset.frame.names().len(),
        thousands(trained.rows.selection),
    ));
    if let Some(graph) = pictures::graph(outcome)? {
        section.figure(
            "Triangulated maximally filtered graph: columns that move together lie near each other; the chosen ones are marked.",
            graph,
        );
    }
    let chosen = trained
        .selection
        .names
        .iter()
        .zip(&trained.selection.scores)
        .zip(&trained.selection.features);
    let rows = chosen.enumerate().map(|(i, ((name, score), &column))| {
        let relevance = trained.selection.relevance[column];
        vec![name.clone(), (i + 1).to_string(), format!("{score:.4}"), format!("{relevance:.4}")]
    });
    let head = ["column", "rank", "score", "correlation with the label (absolute)"];
    section.table(Table::new("The chosen columns", head, rows)?.numeric(1..4)?);

    let log = trained.artifact.log();
    let explanation = trained.artifact.explain(&outcome.loaded.panel, 1)?;
    let (names, values): (Vec<String>, Vec<f64>) = explanation.features.into_iter().unzip();
    report
        .section("Training")
        .figure(
            "Logistic loss after each pass over the training rows; the larger dots mark the epoch that was kept.",
            plots::learning_curves(
                &log.curves.train_loss,
                &log.curves.validation_loss,
                log.curves.best_epoch,
            )?,
        )
        .figure(
            "What each column adds to the log-odds of the live forecast, compared with its training mean.",
            plots::contributions(&names, &values)?,
        );
    Ok(())
}

fn pay(report: &mut Report, outcome: &Outcome) -> Result<()> {
    let pay = &outcome.pay;
    let section = report.section("Pay");
    section
        .paragraph(format!(
            "A replica of the validator's binary scoring over {} minutes to {}, among synthetic competitors of known behaviour.",
            thousands(pay.rows),
            day(pay.to),
        ))
        .numbers([
            ("rank", format!("{} of {}", pay.my_rank, pay.ranking.len())),
            ("percentile", format!("{:.0}", pay.my_percentile)),
            ("share", format!("{:.4}", pay.my_share)),
            ("equal share", format!("{:.4}", pay.uniform_share)),
            (
                "share without predictability",
                pay.surrogate_share.map_or_else(|| String::from("not run"), |s| format!("{s:.4}")),
            ),
        ])
        .figure(
            "Share of the challenge's pay of each miner; the dashed line is an equal share.",
            pictures::ranking(outcome)?,
        );
    if pay.synthetic_minutes {
        section.note("Prices between hourly closes are synthetic: a seeded bridge. What is earned there says little about skill within the hour; the share in a world with random signs of all returns is the yardstick.");
    }
    Ok(())
}

fn submission(report: &mut Report, outcome: &Outcome) {
    let (sealed, live) = (&outcome.sealed, &outcome.live);
    report
        .section("Submission")
        .paragraph(format!(
            "The embedding of the bar that closed at {} (probability of a rise {:.4}) was sealed with a time lock, stored, read back and opened with the throwaway owner key of this run.",
            live.time, live.p_up
        ))
        .numbers([
            ("object", format!("{} bytes", sealed.bytes)),
            ("opens at round", sealed.round.to_string()),
            ("lock", format!("{} s", sealed.lock_seconds)),
        ])
        .note(format!("Hotkey (made up): {}. Text: {}", sealed.hotkey, sealed.plaintext));
}
