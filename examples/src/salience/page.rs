//! The results as one self-contained HTML page.

use mantis_eval::among::ChallengePlace;
use mantis_eval::report::plots;
use mantis_eval::report::{Report, Table, Verdict};
use mantis_eval::simulate::ME;

use super::{Among, Outcome, nobody};
use crate::Result;
use crate::models::page::money;

pub(super) fn study(outcome: &Outcome) -> Result<Report> {
    let (report, pay) = (&outcome.report, &outcome.report.pay);
    let mut page = Report::new(format!("{}: what the forecasts would be paid", outcome.ticker));
    let surrogate = pay.surrogate_share.map_or("not run".to_owned(), |s| format!("{s:.4}"));
    page.subtitle(format!("{}, {} to {}", outcome.symbol, pay.from, pay.to))
        .verdict(Verdict {
            ok: outcome.passed,
            headline: format!(
                "{}: percentile {:.1} (asked for: {:.0}), rank {} of {}",
                if outcome.passed { "PASS" } else { "FAIL" },
                pay.my_percentile,
                outcome.min_percentile,
                pay.my_rank,
                pay.ranking.len(),
            ),
            detail: format!(
                "{:.0} % of the scorings over {} blocks reach the percentile.",
                100.0 * report.consistency.reached(outcome.min_percentile),
                report.consistency.blocks,
            ),
        })
        .numbers([
            ("share", format!("{:.4}", pay.my_share)),
            ("equal share", format!("{:.4}", pay.uniform_share)),
            ("share under random signs", surrogate),
            ("rows", pay.rows.to_string()),
        ]);
    let names: Vec<&str> = pay
        .ranking
        .iter()
        .map(|r| if r.name == ME { "this model" } else { r.family.as_str() })
        .collect();
    let shares: Vec<f64> = pay.ranking.iter().map(|r| r.share).collect();
    let mine = pay.ranking.iter().position(|r| r.name == ME).unwrap_or(0);
    let section = page.section("Competitors");
    section.figure(
        "Share of the challenge's pay of each miner; the dashed line is an equal share.",
        plots::ranking(&names, &shares, mine)?,
    );
    if pay.synthetic_minutes {
        section.note("Prices between hourly closes are synthetic: a seeded bridge. The share under random signs is the yardstick.");
    }
    let standings = report.consistency.standings.iter().enumerate().map(|(i, s)| {
        let number = (i + 1).to_string();
        vec![number, format!("{:.4}", s.share), s.rank.to_string(), format!("{:.1}", s.percentile)]
    });
    let surrogates = report.surrogates.iter().enumerate().map(|(i, s)| {
        let name = format!("random signs {}", i + 1);
        vec![name, format!("{:.4}", s.share), s.rank.to_string(), format!("{:.1}", s.percentile)]
    });
    let head = ["scoring", "share", "rank", "percentile"];
    page.section("Consistency and chance")
        .table(Table::new("The standing over the last blocks", head, standings)?.numeric(1..4)?)
        .table(
            Table::new("The same where nothing can be predicted", head, surrogates)?
                .numeric(1..4)?,
        );
    let copies = report.copies.iter().map(|c| {
        let number = |v: f64| format!("{v:.4}");
        vec![
            c.copy.clone(),
            number(c.alone),
            number(c.mine),
            number(c.theirs),
            format!("{:+.4}", c.gain()),
        ]
    });
    let head = ["copy", "yours alone", "yours beside it", "the copy's", "gain together"];
    page.section("Copies")
        .paragraph("What a second hotkey with the same forecasts would change, among the field without its own copies.")
        .table(Table::new("Sybil check", head, copies)?.numeric(1..5)?);
    let strategy = &outcome.strategy;
    money(page.section("Money"), &strategy.times, &strategy.returns, strategy.cost)?;
    page.footer(format!("Seed {}", outcome.seed));
    Ok(page)
}

pub(super) fn among(outcome: &Among) -> Result<Report> {
    let report = &outcome.report;
    let mut page = Report::new(format!("{} among the miners of a ledger", report.me));
    let at = format!("at block {}, data up to block {}", outcome.block, outcome.data_until);
    page.subtitle(format!("{}, {at}", outcome.ledger)).numbers([
        ("share of all pay", format!("{:.4}", report.total.share)),
        ("rank", format!("{} of {}", report.total.rank, report.miners)),
        (
            "weight on the chain",
            report.weight.map_or("no update".to_owned(), |w| format!("{w:.5}")),
        ),
        ("young", if report.young { "yes" } else { "no" }.to_owned()),
    ]);
    let (names, shares): (Vec<&str>, Vec<f64>) =
        report.shares.iter().map(|(h, s)| (h.as_str(), *s)).unzip();
    let section = page.section("Pay");
    if let Some(mine) = names.iter().position(|name| *name == report.me) {
        section.figure(
            "Share of all pay; what is burned stands among the hotkeys.",
            plots::ranking(&names, &shares, mine)?,
        );
    }
    for note in &outcome.notes {
        section.paragraph(note);
    }
    let counted = |c: &&ChallengePlace| c.standing.is_some();
    let weights: f64 = report.challenges.iter().filter(counted).map(|c| c.weight).sum();
    let (tickers, parts): (Vec<&str>, Vec<f64>) = report
        .challenges
        .iter()
        .filter_map(|c| Some((c.ticker.as_str(), c.weight * c.standing.as_ref()?.share / weights)))
        .unzip();
    if parts.iter().any(|part| *part > 0.0) {
        section.figure(
            "What each challenge adds to the share of all pay.",
            plots::parts("Pay by challenge", &tickers, &parts)?,
        );
    }
    let rows = report.challenges.iter().map(|c| {
        let place = c.standing.as_ref();
        vec![
            c.ticker.clone(),
            format!("{:.2}", c.weight),
            place.map_or_else(|| nobody(c.declined), |s| format!("{:.4}", s.share)),
            place.map_or(String::new(), |s| format!("{} of {}", s.rank, c.miners)),
            c.nearest.as_ref().map_or(String::new(), |n| n.hotkey.clone()),
            c.nearest.as_ref().map_or(String::new(), |n| format!("{:.4}", n.distance)),
            c.cohort.join(", "),
        ]
    });
    let head = ["challenge", "weight", "share", "rank", "nearest rival", "distance", "cohort"];
    let table = Table::new("Salience by challenge", head, rows)?.numeric([1, 2, 3, 5])?;
    section.table(table);
    let rows = report.without.iter().map(|w| {
        let change = w.share - report.total.share;
        vec![w.ticker.clone(), format!("{:.4}", w.share), format!("{change:+.4}")]
    });
    let head = ["left out", "share of all pay", "change"];
    page.section("What each challenge is worth")
        .paragraph("The share of all pay if nothing were sent for a challenge; the challenge still pays the others.")
        .table(Table::new("Ablation", head, rows)?.numeric(1..3)?);
    let section = page.section("Cluster map");
    section.paragraph("The hotkey and those that say the most similar things. The darker a cell, the more alike; a square marks pairs that are alike enough to be treated as one.");
    for challenge in report.challenges.iter().filter(|c| c.map.hotkeys.len() > 1) {
        section.figure(
            format!(
                "{}: likeness of submissions in minutes in which both were active.",
                challenge.ticker
            ),
            plots::likeness(
                &challenge.map.hotkeys,
                &challenge.map.likeness,
                0,
                outcome.cohort_likeness,
            )?,
        );
    }
    Ok(page)
}
