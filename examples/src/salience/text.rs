//! The results for a person.

use std::fmt::Write as _;

use mantis_eval::simulate::{ME, Standing};

use super::{Among, Outcome, nobody};

/// Writing to a string cannot fail.
macro_rules! line {
    ($out:expr, $($part:tt)*) => { let _ = writeln!($out, $($part)*); };
}

pub(super) fn study(outcome: &Outcome) -> String {
    let mut out = String::new();
    let (report, pay) = (&outcome.report, &outcome.report.pay);
    line!(
        out,
        "Salience Results: {} ({}), {} to {}",
        outcome.ticker,
        outcome.symbol,
        pay.from,
        pay.to
    );
    line!(
        out,
        "Rows: {} scored and {} before them that only train; {} are left after rows with a dead price or without a submission",
        outcome.n_samples,
        outcome.warm_up,
        pay.rows,
    );
    if pay.synthetic_minutes {
        line!(out, "Prices within the hour: a seeded bridge between real hourly closes");
    }
    if let Some(until) = outcome.seen_until {
        line!(out, "WARNING: the model has seen data up to {until}; the score is flattered");
    }
    if let Some(declined) = report.declined {
        line!(
            out,
            "The scorer pays nobody ({declined:?}); give more --n-samples or --n-competitors"
        );
    }
    line!(out, "Your Salience Score: {:.6}", pay.my_share);
    line!(out, "Baseline (uniform): {:.6}", pay.uniform_share);
    if let Some(share) = pay.surrogate_share {
        let each: Vec<String> =
            report.surrogates.iter().map(|s| format!("{:.4}", s.share)).collect();
        let how =
            if outcome.surrogates_rerun { "the model run again" } else { "the same forecasts" };
        line!(
            out,
            "Without predictability (random signs, {how}): {share:.6} ({})",
            each.join(", ")
        );
    }
    line!(out, "Your Percentile: {:.1}%", pay.my_percentile);
    line!(out, "Your Rank: {}/{}", pay.my_rank, pay.ranking.len());
    line!(out, "\n  rank  share     miner");
    for ranked in &pay.ranking {
        let mark = if ranked.name == ME { "*" } else { " " };
        line!(out, "{mark} {:>4}  {:.6}  {}", ranked.rank, ranked.share, ranked.family);
    }
    let consistency = &report.consistency;
    line!(
        out,
        "\nConsistency over {} blocks, {} scorings:",
        consistency.blocks,
        consistency.standings.len()
    );
    for Standing { share, rank, percentile } in &consistency.standings {
        line!(out, "        {share:.6}  rank {rank}, percentile {percentile:.1}");
    }
    if !report.copies.is_empty() {
        line!(
            out,
            "\nSybil check (the field without its own copies; what a second hotkey of yours would change):"
        );
        line!(out, "  {:<16} alone     yours     copy      together earns", "copy");
        for check in &report.copies {
            line!(
                out,
                "  {:<16} {:.6}  {:.6}  {:.6}  {:+.6}",
                check.copy,
                check.alone,
                check.mine,
                check.theirs,
                check.gain(),
            );
        }
    }
    let strategy = &outcome.strategy;
    let (gross, net) = strategy.returns.basis_points();
    line!(
        out,
        "\nSign strategy over {} hours: {gross:+.2} bp an hour before costs, {net:+.2} after {:.0} bp a change of position",
        strategy.times.len(),
        1e4 * strategy.cost,
    );
    let least = outcome.min_percentile;
    let verdict = |ok: bool| if ok { "✓ PASS" } else { "✗ FAIL" };
    line!(
        out,
        "\n{}: Your percentile ({:.1}%) {} {least:.0}%",
        verdict(pay.my_percentile >= least),
        pay.my_percentile,
        if pay.my_percentile >= least { ">=" } else { "<" },
    );
    line!(
        out,
        "{}: Rank {} of {}; the best tenth is asked for",
        verdict(pay.my_rank <= pay.ranking.len().div_ceil(10)),
        pay.my_rank,
        pay.ranking.len(),
    );
    let reached = consistency.reached(least);
    line!(
        out,
        "{}: {:.0}% of the scorings over {} blocks reach it (worst percentile {:.1}%)",
        verdict(reached >= 1.0),
        100.0 * reached,
        consistency.blocks,
        consistency.worst(),
    );
    if let Some(share) = pay.surrogate_share.filter(|share| *share >= pay.my_share) {
        line!(out, "Note: random signs earn as much ({share:.4}): this pay needs no skill");
    }
    out.truncate(out.trim_end().len());
    out
}

pub(super) fn among(outcome: &Among) -> String {
    let mut out = String::new();
    let report = &outcome.report;
    line!(out, "Salience of {} in {}", report.me, outcome.ledger);
    let registered =
        outcome.registered.map_or(String::new(), |n| format!(", {n} registered hotkeys"));
    line!(out, "  at block {}, data up to block {}{registered}", outcome.block, outcome.data_until);
    for note in &outcome.notes {
        line!(out, "  note: {note}");
    }
    line!(out, "  {:<14} weight  {:<20}  distance  share     rank", "challenge", "nearest rival");
    for challenge in &report.challenges {
        let standing = challenge.standing.as_ref().map_or_else(
            || nobody(challenge.declined),
            |s| format!("{:.6}  {} of {}", s.share, s.rank, challenge.miners),
        );
        let (rival, distance) =
            challenge.nearest.as_ref().map_or((String::new(), String::new()), |n| {
                (n.hotkey.clone(), format!("{:.4}", n.distance))
            });
        let cohort = if challenge.cohort.is_empty() {
            String::new()
        } else {
            format!("  (one cohort with {})", challenge.cohort.join(", "))
        };
        line!(
            out,
            "  {:<14} {:>6.2}  {rival:<20}  {distance:<8}  {standing}{cohort}",
            challenge.ticker,
            challenge.weight,
        );
    }
    line!(
        out,
        "\nShare of all pay: {:.6}, rank {} of {}",
        report.total.share,
        report.total.rank,
        report.miners
    );
    line!(out, "\nIf a challenge is left out (you send nothing for it):");
    for left in &report.without {
        line!(
            out,
            "  {:<14} {:.6}  ({:+.6})",
            left.ticker,
            left.share,
            left.share - report.total.share
        );
    }
    match (&report.weight, report.young) {
        (Some(weight), young) => {
            line!(
                out,
                "\nWeight on the chain: {weight:.6}{}",
                if young {
                    format!(
                        " (young: a fixed crumb until its first row is {} blocks old)",
                        outcome.young_blocks
                    )
                } else {
                    String::new()
                }
            );
        }
        (None, _) => {
            line!(out, "\nWeight on the chain: the validator would not update");
        }
    }
    out.truncate(out.trim_end().len());
    out
}
