//! The result as text and as `metrics.json`.

use std::fmt::Write as _;

use mantis_data::Check;
use mantis_eval::metrics::{Judgement, PassCriterion};
use serde_json::{Map, Value, json};

use super::{Model, Options, Outcome, SYMBOL};
use crate::{Error, Result};

/// Name of a model for people.
pub(super) fn label(name: &str) -> &'static str {
    match name {
        "hybrid" => "LSTM + boosted head",
        "lstm" => "LSTM alone",
        "logistic" => "L2 logistic, same columns",
        "fade_2h" => "fade the last 2 hours",
        _ => "majority class",
    }
}

/// The hybrid first, then the baselines.
pub(super) fn models(outcome: &Outcome) -> impl Iterator<Item = &Model> {
    std::iter::once(&outcome.judged.hybrid).chain(&outcome.judged.baselines)
}

/// One sentence on what the guide's criterion says.
pub(super) fn verdict_line(judgement: &Judgement, passed: bool) -> String {
    let criterion = PassCriterion::default();
    format!(
        "{}: accuracy {:.2} % [{:.2}, {:.2}], AUC {:.4}; the guide asks for a lower bound above {:.0} % and AUC above {:.2}",
        if passed { "PASS" } else { "FAIL" },
        100.0 * judgement.accuracy,
        100.0 * judgement.low,
        100.0 * judgement.high,
        judgement.auc,
        100.0 * criterion.lower_bound,
        criterion.auc,
    )
}

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
    writeln!(
        out,
        "  {:<26} accuracy  95 % interval      AUC    Brier  log loss   at 50 / 20 / 10 / 5 % of rows",
        "model"
    )?;
    for model in models(outcome) {
        let j = &model.judgement;
        writeln!(
            out,
            "  {:<26}  {:.4}   [{:.4}, {:.4}]  {:.4}  {:.4}  {:.4}     {}",
            label(model.name),
            j.accuracy,
            j.low,
            j.high,
            j.auc,
            j.brier,
            j.log_loss,
            selective(j),
        )?;
    }
    writeln!(out, "\n  {}", verdict_line(&judged.hybrid.judgement, judged.verdict.passed))?;
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
    writeln!(out, "  model       {folder}/artifact")?;
    write!(out, "  payload     {folder}/bucket/{}", sealed.hotkey)
}

/// Selective accuracy at the coverages judged, `-` where no row reached the threshold.
pub(super) fn selective(judgement: &Judgement) -> String {
    let one = |s: &mantis_eval::metrics::SelectiveAccuracy| {
        s.accuracy.map_or_else(|| String::from("  -  "), |a| format!("{:.3}", a.value))
    };
    judgement.selective.iter().map(one).collect::<Vec<_>>().join(" / ")
}

pub(super) fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

pub(super) fn day(time: mantis_data::Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

fn measures(judgement: &Judgement) -> Value {
    json!({
        "n": judgement.n,
        "accuracy": judgement.accuracy,
        "accuracy_low": judgement.low,
        "accuracy_high": judgement.high,
        "auc": judgement.auc,
        "brier": judgement.brier,
        "log_loss": judgement.log_loss,
        "selective": judgement.selective,
    })
}

pub(super) fn write_metrics(options: &Options, outcome: &Outcome) -> Result<()> {
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
    let path = options.out.join("metrics.json");
    let text = format!("{document:#}\n");
    write_whole(&path, &text)
}

/// Writes beside the place first, then renames.
fn write_whole(path: &std::path::Path, text: &str) -> Result<()> {
    let failed = |source| Error::Write { path: path.to_owned(), action: "write", source };
    let partial = path.with_extension("json.tmp");
    std::fs::write(&partial, text).map_err(failed)?;
    std::fs::rename(&partial, path).map_err(failed)
}
