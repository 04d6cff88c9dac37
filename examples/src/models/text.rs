//! Judgements as text and JSON.

use std::fmt::Write as _;

use mantis_eval::metrics::{Judgement, PassCriterion};
use mantis_eval::statistics::Estimate;
use mantis_features::LeftOut;
use serde_json::{Value, json};

use super::judge::Judged;

/// Name of a model for people.
pub(crate) fn label(name: &str) -> &'static str {
    match name {
        "hybrid" => "LSTM + boosted head",
        "lstm" => "LSTM alone",
        "logistic" => "L2 logistic, same columns",
        "gbdt" => "boosted trees, same columns",
        "persistence" => "the last hour goes on",
        "fade_2h" => "fade the last 2 hours",
        _ => "majority class",
    }
}

/// One sentence on what the guide's criterion says.
pub(crate) fn verdict_line(judgement: &Judgement, criterion: PassCriterion) -> String {
    let passed = criterion.verdict(judgement).passed;
    format!(
        "{}: accuracy {:.2} % [{:.2}, {:.2}], AUC {:.4}; asked for is a lower bound above {:.0} % and AUC above {:.2}",
        if passed { "PASS" } else { "FAIL" },
        100.0 * judgement.accuracy,
        100.0 * judgement.low,
        100.0 * judgement.high,
        judgement.auc,
        100.0 * criterion.lower_bound,
        criterion.auc,
    )
}

/// All models, one a line, under a head.
pub(crate) fn table(judged: &Judged) -> String {
    let mut out = String::new();
    // Writing into a string cannot fail.
    let _ = write_table(&mut out, judged).and_then(|()| write_gains(&mut out, judged));
    out
}

/// What the hybrid gains over each baseline, and what each ranks.
fn write_gains(out: &mut String, judged: &Judged) -> std::fmt::Result {
    writeln!(
        out,
        "\n  {:<28} balanced  rank corr.  hybrid's gain in accuracy      and in AUC                  p of equal squared errors",
        "model"
    )?;
    for model in judged.models() {
        let rank = model.rank_correlation.map_or_else(|| "-".to_owned(), |r| format!("{r:+.4}"));
        let gain = model.gain.map_or_else(String::new, |gain| {
            let part = |e: Estimate| format!("{:+.4} [{:+.4}, {:+.4}]", e.value, e.low, e.high);
            let p = gain.squared_error.map_or_else(|| "-".to_owned(), |t| chance(t.p_value));
            format!("{}   {}   {p}", part(gain.accuracy), part(gain.auc))
        });
        let balanced = model.judgement.balanced_accuracy;
        let line = format!("  {:<28}  {balanced:.4}   {rank:>9}  {gain}", label(model.name));
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn write_table(out: &mut String, judged: &Judged) -> std::fmt::Result {
    writeln!(
        out,
        "  {:<28} accuracy  95 % interval      AUC    Brier  log loss   at 50 / 20 / 10 / 5 % of rows",
        "model"
    )?;
    for model in judged.models() {
        let j = &model.judgement;
        writeln!(
            out,
            "  {:<28}  {:.4}   [{:.4}, {:.4}]  {:.4}  {:.4}  {:.4}     {}",
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
    Ok(())
}

/// A probability; no chance is none at all.
pub(crate) fn chance(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

/// Selective accuracy at the coverages judged, `-` where no row reached the threshold.
fn selective(judgement: &Judgement) -> String {
    let one = |s: &mantis_eval::metrics::SelectiveAccuracy| {
        s.accuracy.map_or_else(|| String::from("  -  "), |a| format!("{:.3}", a.value))
    };
    judgement.selective.iter().map(one).collect::<Vec<_>>().join(" / ")
}

pub(crate) fn thousands(n: usize) -> String {
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

/// A line for each input that is missing, with the columns that need it.
pub(crate) fn left_out(columns: &[LeftOut]) -> Vec<String> {
    const SHOWN: usize = 3;
    let mut by_input: Vec<(&str, Vec<&str>)> = Vec::new();
    for column in columns {
        match by_input.iter_mut().find(|(missing, _)| *missing == column.missing) {
            Some((_, names)) => names.push(&column.name),
            None => by_input.push((&column.missing, vec![&column.name])),
        }
    }
    let line = |(missing, names): (&str, Vec<&str>)| {
        let more = if names.len() > SHOWN { ", ..." } else { "" };
        let first = names[..names.len().min(SHOWN)].join(", ");
        format!("{} columns without {missing}: {first}{more}", names.len())
    };
    by_input.into_iter().map(line).collect()
}

pub(crate) fn day(time: mantis_data::Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}

/// The measures by name.
pub(crate) fn measures(judgement: &Judgement) -> Value {
    json!({
        "n": judgement.n,
        "accuracy": judgement.accuracy,
        "accuracy_low": judgement.low,
        "accuracy_high": judgement.high,
        "balanced_accuracy": judgement.balanced_accuracy,
        "auc": judgement.auc,
        "brier": judgement.brier,
        "log_loss": judgement.log_loss,
        "selective": judgement.selective,
    })
}
