//! The result as text and as `metrics.json`.

use std::fmt::Write as _;

use mantis_data::Check;
use mantis_eval::metrics::PassCriterion;
use mantis_features::select::Selection;
use mantis_features::tmfg::NamedGraph;
use serde_json::{Map, Value, json};

use super::{Options, Outcome, SYMBOL};
use crate::Result;
use crate::files::write_whole;
use crate::models::text::{day, measures, table, thousands, verdict_line};

pub(super) fn text(options: &Options, outcome: &Outcome) -> String {
    let mut out = String::new();
    let _ = write(&mut out, options, outcome);
    out
}

fn write(out: &mut String, options: &Options, outcome: &Outcome) -> std::fmt::Result {
    let Outcome { dataset, trained, judged, pay, live, sealed, .. } = outcome;
    writeln!(out, "{SYMBOL}, will the next hourly close be higher?")?;
    for report in &outcome.loaded.quality {
        writeln!(
            out,
            "  data        {:<13} {} bars, {} gaps ({} bars missing), {} flat, {} without volume",
            report.name,
            thousands(report.rows),
            report.gaps.len(),
            report.missing_bars(),
            report.count(Check::Flat),
            report.count(Check::ZeroVolume),
        )?;
    }
    let left_out = dataset.frame.left_out();
    writeln!(out, "  columns     {} candidates", dataset.frame.names().len())?;
    for column in left_out {
        writeln!(out, "              left out: {} (no {})", column.name, column.missing)?;
    }
    writeln!(out, "  chosen      {}", trained.selection.names.join(", "))?;
    let curves = &trained.artifact.log().curves;
    writeln!(
        out,
        "  training    {} rows, {} epochs, best {}; head {} trees on {} rows of validation",
        thousands(trained.rows.lstm),
        curves.train_loss.len(),
        curves.best_epoch + 1,
        trained.artifact.head().len(),
        thousands(trained.rows.head),
    )?;
    let dates = dataset.split.dates;
    writeln!(
        out,
        "  test        {} to {}, {} rows, {} without a forecast\n",
        day(dates.validation_end),
        day(dates.test_end),
        thousands(judged.hybrid.judgement.n),
        judged.without_forecast,
    )?;
    out.push_str(&table(judged));
    writeln!(out, "\n  {}", verdict_line(&judged.hybrid.judgement, PassCriterion::default()))?;
    if !judged.verdict.passed {
        writeln!(out, "  (a FAIL is the honest result to expect on this span; see the report)")?;
    }
    write!(
        out,
        "  pay         rank {} of {}, percentile {:.0}, share {:.4} (equal share {:.4}",
        pay.my_rank,
        pay.ranking.len(),
        pay.my_percentile,
        pay.my_share,
        pay.uniform_share,
    )?;
    match pay.surrogate_share {
        Some(share) => writeln!(out, "; without predictability {share:.4})")?,
        None => writeln!(out, ")")?,
    }
    writeln!(
        out,
        "  minutes     {} rows, prices between hourly closes are {}",
        thousands(pay.rows),
        if pay.synthetic_minutes { "synthetic" } else { "recorded" },
    )?;
    writeln!(
        out,
        "  live        bar closed {}: p_up {:.4}, sealed to round {} ({} s), {} bytes",
        live.time, live.p_up, sealed.round, sealed.lock_seconds, sealed.bytes,
    )?;
    let seconds = outcome.seconds.iter().map(|(name, s)| format!("{name} {s:.1}"));
    writeln!(
        out,
        "  seconds     {} in all: {}\n",
        outcome.total_seconds.round(),
        seconds.collect::<Vec<_>>().join(", ")
    )?;
    let folder = options.out.display();
    writeln!(out, "  report      {folder}/report.html")?;
    writeln!(out, "  numbers     {folder}/metrics.json")?;
    if trained.selection.graph.is_some() {
        writeln!(out, "  graph       {folder}/graph.graphml and graph.json")?;
    }
    writeln!(out, "  model       {folder}/artifact")?;
    write!(out, "  payload     {folder}/bucket/{}", sealed.hotkey)
}

pub(super) fn metrics(options: &Options, outcome: &Outcome) -> String {
    let Outcome { dataset, trained, judged, pay, live, sealed, .. } = outcome;
    let baselines: Map<String, Value> = judged
        .baselines
        .iter()
        .map(|model| (model.name.to_owned(), measures(&model.judgement)))
        .collect();
    let seconds: Map<String, Value> =
        outcome.seconds.iter().map(|(name, s)| ((*name).to_owned(), json!(s))).collect();
    let log = trained.artifact.log();
    let document = json!({
        "symbol": SYMBOL,
        "quick": options.quick,
        "seed": options.seed,
        "threads": options.threads,
        "test": measures(&judged.hybrid.judgement),
        "test_without_forecast": judged.without_forecast,
        "passed": judged.verdict.passed,
        "baselines": baselines,
        "split": dataset.split,
        "rows": trained.rows,
        "features": trained.selection.names,
        "left_out": dataset.frame.left_out(),
        "learning_curves": log.curves,
        "head_trees": trained.artifact.head().len(),
        "pay": pay,
        "live": { "time": live.time.to_string(), "p_up": live.p_up },
        "payload": { "hotkey": sealed.hotkey.to_string(), "round": sealed.round, "bytes": sealed.bytes },
        "fingerprints": trained.artifact.fingerprints(),
        "quality": outcome.loaded.quality,
        "seconds": seconds,
        "seconds_total": outcome.total_seconds,
    });
    format!("{document:#}")
}

pub(super) fn write_metrics(options: &Options, outcome: &Outcome) -> Result<()> {
    write_whole(&options.out.join("metrics.json"), &(metrics(options, outcome) + "\n"))
}

/// The graph of columns that the choice was made on, for other programs.
pub(super) fn write_graph(options: &Options, selection: &Selection) -> Result<()> {
    let Some(graph) = &selection.graph else { return Ok(()) };
    let named = NamedGraph::new(selection.graph_names.clone(), graph.clone())?;
    let json = format!("{:#}\n", json!(named));
    write_whole(&options.out.join("graph.json"), &json)?;
    write_whole(&options.out.join("graph.graphml"), &named.to_graphml())
}
