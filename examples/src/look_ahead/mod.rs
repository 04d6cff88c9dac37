//! How much accuracy a decomposition of a whole series fakes, measured on real bars.

mod pictures;
mod variants;

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use mantis_data::{Bars, FolderStore, Interval, Timestamp};
use mantis_eval::metrics::{accuracy, roc_auc, wilson_interval};
use mantis_eval::report::{Report, Table};
use mantis_vmd::VmdParams;
use serde::Serialize;

pub use self::variants::Variant;
use crate::files::create_folder;
use crate::ui::Stages;
use crate::{Error, Result};

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder with the bars.
    pub data_dir: PathBuf,
    /// Folder for the report and its numbers.
    pub out: PathBuf,
    /// Symbol whose closes are decomposed.
    pub symbol: String,
    /// Newest bars that are used.
    pub bars: usize,
    /// Bars of a rolling window.
    pub window: usize,
    /// Threads.
    pub threads: usize,
    /// No progress bars.
    pub quiet: bool,
}

/// Share of the bars that is learned from; the rest is the test.
pub const TRAIN_SHARE: f64 = 0.8;
/// Increments of each mode, the newest first, that a bar is described with.
pub const INCREMENTS: usize = 3;
const Z_95: f64 = 1.959_963_984_540_054;

/// One way to make the features, and what the same learner then seems to reach.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// The way.
    pub variant: &'static str,
    /// Whether its features contain what was not known at the time.
    pub leaks: bool,
    /// Share of right directions of the next bar on the test part.
    pub accuracy: f64,
    /// Wilson 95 % interval.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Area under the ROC curve.
    pub auc: f64,
}

/// All of it.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Symbol.
    pub symbol: String,
    /// First bar.
    pub from: Timestamp,
    /// Last bar.
    pub to: Timestamp,
    /// Bars that were learned from.
    pub train: usize,
    /// Bars that were predicted.
    pub test: usize,
    /// Accuracy of the more frequent direction of the training part.
    pub majority: f64,
    /// The variants.
    pub measured: Vec<Measured>,
    /// For each mode the median of how much the value at one bar changes when one more bar arrives, in standard deviations of
    /// the mode.
    pub change_by_next_bar: Vec<f64>,
    /// Seconds by stage.
    pub seconds: Vec<(&'static str, f64)>,
}

/// Measures all variants and writes `report.html` and `look_ahead.json`.
///
/// # Errors
/// When the data lacks, is shorter than asked for, or the folder cannot be written.
pub fn run(options: &Options) -> Result<Outcome> {
    let mut stages = Stages::new(4, options.quiet);
    let stage = stages.start("data", "reading the bars");
    let panel = FolderStore::open(&options.data_dir)?.panel(Interval::HOUR, &[&options.symbol])?;
    let missing = || mantis_features::Error::MissingSymbol { symbol: options.symbol.clone() };
    let bars = panel.bars(&options.symbol).ok_or_else(missing)?;
    let bars = newest(bars, options.bars)?;
    let log_close: Vec<f64> = bars.close().iter().map(|c| c.ln()).collect();
    stages.finish(stage);

    let params = VmdParams::default();
    let cut = (bars.len() as f64 * TRAIN_SHARE) as usize;
    let stage = stages.start("whole", "decomposing the whole series");
    let whole = variants::whole(&params, &log_close)?;
    let halves = variants::each_part(&params, &log_close, cut)?;
    stages.finish(stage);
    let stage = stages.start("rolling", "decomposing windows");
    let mut report = |done, total| {
        let _: ControlFlow<()> = stage.at(done, total);
        ControlFlow::Continue(())
    };
    let causal = variants::rolling(&params, &log_close, options, &mut report)?;
    stages.finish(stage);

    let stage = stages.start("learning", "learning");
    let rows = options.window + INCREMENTS..bars.len() - 1;
    let task = variants::Task { log_close: &log_close, rows, cut };
    let features = [
        (Variant::Whole, task.of_modes(&whole), None),
        (Variant::EachPart, task.of_modes(&halves), None),
        (Variant::Causal, task.of_modes(&causal), None),
        (Variant::NoModes, task.of_returns(params.k * INCREMENTS), None),
        (Variant::TrainedOnWhole, task.of_modes(&whole), Some(task.of_modes(&causal))),
    ];
    let mut measured = Vec::new();
    for (variant, learned_from, tested_on) in &features {
        let (up, p_up) = task.judge(learned_from, tested_on.as_ref().unwrap_or(learned_from))?;
        let accuracy = accuracy(&up, &p_up)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a count"
        )]
        let hits = (accuracy * up.len() as f64).round() as usize;
        let (low, high) = wilson_interval(hits, up.len(), Z_95)?;
        let auc = roc_auc(&up, &p_up)?;
        measured.push(Measured {
            variant: variant.name(),
            leaks: variant.leaks(),
            accuracy,
            low,
            high,
            auc,
        });
    }
    stages.finish(stage);
    let (train, test, majority) = task.counts();
    let outcome = Outcome {
        symbol: options.symbol.clone(),
        from: bars.open_time()[0],
        to: bars.open_time()[bars.len() - 1],
        train,
        test,
        majority,
        measured,
        change_by_next_bar: causal.change_by_next_bar(),
        seconds: stages.seconds().to_vec(),
    };
    write(options, &bars, &outcome, &log_close)?;
    Ok(outcome)
}

fn newest(bars: &Bars, count: usize) -> Result<Bars> {
    let least = 2000;
    if count < least || count > bars.len() {
        return Err(Error::Flag {
            flag: "--bars",
            got: count.to_string(),
            expected: format!("from {least} to the {} bars of the data", bars.len()),
        });
    }
    let open = bars.open_time();
    Ok(bars.between(open[bars.len() - count], open[bars.len() - 1] + bars.interval()))
}

impl Outcome {
    /// The result for machines.
    ///
    /// # Errors
    /// None for finite numbers.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(|e| Error::Write {
            path: PathBuf::from("standard output"),
            action: "write JSON",
            source: e.into(),
        })
    }

    /// The result for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = format!(
            "{}, {} to {}: direction of the next bar, logistic regression, {} bars learned from, {} predicted\n\n",
            self.symbol, self.from, self.to, self.train, self.test
        );
        let _ = writeln!(
            text,
            "  {:<52} {:>8}   {:<18} {:>6}",
            "features", "accuracy", "95 % interval", "AUC"
        );
        for m in &self.measured {
            let mark = if m.leaks { "sees the future" } else { "" };
            let _ = writeln!(
                text,
                "  {:<52} {:>7.2}%   {:.2}% to {:.2}%   {:>6.4}  {mark}",
                m.variant,
                100.0 * m.accuracy,
                100.0 * m.low,
                100.0 * m.high,
                m.auc
            );
        }
        let _ = writeln!(
            text,
            "  {:<52} {:>7.2}%",
            "the more frequent direction",
            100.0 * self.majority
        );
        text
    }
}

fn write(options: &Options, bars: &Bars, outcome: &Outcome, log_close: &[f64]) -> Result<()> {
    let failed = |path: &Path, action| {
        let path = path.to_owned();
        move |source| Error::Write { path, action, source }
    };
    create_folder(&options.out)?;
    let path = options.out.join("look_ahead.json");
    std::fs::write(&path, outcome.to_json()? + "\n").map_err(failed(&path, "write"))?;
    let mut report = Report::new("What a decomposition of the whole series fakes");
    report.subtitle(format!("{}, {} to {}", outcome.symbol, outcome.from, outcome.to));
    let section = report.section("The same learner on five sets of features");
    let rows = outcome.measured.iter().map(|m| {
        vec![
            m.variant.to_owned(),
            if m.leaks { "yes" } else { "no" }.to_owned(),
            format!("{:.2} %", 100.0 * m.accuracy),
            format!("{:.2} to {:.2} %", 100.0 * m.low, 100.0 * m.high),
            format!("{:.4}", m.auc),
        ]
    });
    let head = ["features", "see the future", "accuracy", "95 % interval", "AUC"];
    section.table(
        Table::new("Direction of the next bar on the test part.", head, rows)?
            .numeric([2, 3, 4])?,
    );
    let section = report.section("Eight modes of the last window");
    section.figure(
        "The newest closes in their modes, as they look at the last bar; the last two weeks are shown.",
        pictures::modes(bars, log_close, options.window)?,
    );
    let section = report.section("One more bar");
    section.figure(
        "The fastest mode at the same bars: as it was known at each bar, as it looked one bar later, and as a decomposition of the \
         whole series shows it.",
        pictures::one_more_bar(bars, log_close, options.window)?,
    );
    let numbers = outcome.change_by_next_bar.iter().enumerate();
    section
        .numbers(numbers.map(|(m, change)| (format!("mode {}", m + 1), format!("{change:.2} σ"))));
    section.note("Median change of a mode's newest value when one more bar arrives, in standard deviations of the mode.");
    Ok(report.write(options.out.join("report.html"))?)
}
