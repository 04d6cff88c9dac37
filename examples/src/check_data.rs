//! What the program `check_data` does.

use std::fmt;
use std::path::PathBuf;

use mantis_data::{
    Asset, Bars, DataDir, Interval, QualityReport, SeriesKind, SeriesReport, Severity, Timestamp,
    open_data_dir,
};
use serde::Serialize;

use crate::Result;

/// Closes of two venues of one asset differ by less than this (a difference of logarithms) from their usual difference.
const LARGEST_DIFFERENCE: f64 = 0.02;

/// The flags of `check_data`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder.
    pub data_dir: PathBuf,
    /// Symbols or tickers; all if there is none.
    pub names: Vec<String>,
    /// Length of the bars.
    pub interval: Interval,
    /// The time against which the last bars are held.
    pub fresh_at: Option<Timestamp>,
}

/// What was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Findings {
    /// One report for the bars of each symbol.
    pub bars: Vec<QualityReport>,
    /// One report for each series.
    pub series: Vec<SeriesReport>,
    /// Files that are not what their manifest says, or that cannot be read.
    pub damaged: Vec<String>,
    /// Number of files whose SHA-256 was compared with a manifest.
    pub files_verified: usize,
}

impl Findings {
    /// The worst finding.
    #[must_use]
    pub fn severity(&self) -> Option<Severity> {
        let bars = self.bars.iter().filter_map(QualityReport::severity);
        let series = self.series.iter().filter_map(SeriesReport::severity);
        let damaged = (!self.damaged.is_empty()).then_some(Severity::Error);
        bars.chain(series).chain(damaged).max()
    }

    /// 0 if nothing is worse than `allowed`, else that of the worst finding: 3 for a warning, 4 for an error.
    #[must_use]
    pub fn exit_code(&self, allowed: Severity) -> u8 {
        self.severity().filter(|&worst| worst > allowed).map_or(0, Severity::exit_code)
    }
}

/// Looks at everything in a folder.
///
/// # Errors
/// If the folder cannot be listed, or a name has no data in it. What is wrong with a file is a finding.
pub fn run(options: &Options) -> Result<Findings> {
    let data = open_data_dir(&options.data_dir)?;
    let mut findings = Findings::default();
    for dataset in data.store().datasets()? {
        match data.store().verify(&dataset) {
            Ok(damages) => findings.damaged.extend(damages.into_iter().map(|d| d.reason)),
            Err(error) => findings.damaged.push(error.to_string()),
        }
        if let Ok(manifest) = data.store().manifest(&dataset) {
            findings.files_verified += manifest.years.len();
        }
    }
    let all = options.names.is_empty();
    let names = if all { data.symbols()? } else { options.names.clone() };
    let mut checked: Vec<Bars> = Vec::new();
    for name in &names {
        if data.has_bars(name, options.interval) {
            look_at_bars(options, &data, name, &mut findings, &mut checked);
        } else if !all && !data.has_series(name, SeriesKind::FundingRate) {
            // Says where it looked.
            data.bars(name, options.interval)?;
        }
        for kind in [SeriesKind::FundingRate, SeriesKind::OpenInterest] {
            if data.has_series(name, kind) {
                match data.series(name, kind) {
                    Ok(series) => findings.series.push(SeriesReport::of(&series, kind)),
                    Err(error) => findings.damaged.push(error.to_string()),
                }
            }
        }
    }
    compare_venues(&checked, &mut findings);
    Ok(findings)
}

fn look_at_bars(
    options: &Options,
    data: &DataDir,
    name: &str,
    findings: &mut Findings,
    checked: &mut Vec<Bars>,
) {
    // Raw rows first, so that bars that break a rule are reported with all that is wrong with them.
    let columns = match data.columns(name, options.interval) {
        Ok(columns) => columns,
        Err(error) => return findings.damaged.push(error.to_string()),
    };
    let report = match QualityReport::of_columns(&columns, options.interval) {
        Ok(report) => QualityReport { name: name.to_owned(), ..report },
        Err(error) => return findings.damaged.push(error.to_string()),
    };
    let report = match options.fresh_at {
        Some(now) => report.with_tail(now, 1),
        None => report,
    };
    let broken = report.severity() == Some(Severity::Error);
    findings.bars.push(report);
    match data.bars(name, options.interval) {
        Ok(bars) => checked.push(bars),
        // The rows have said so already, unless it is the file as a whole.
        Err(error) if !broken => findings.damaged.push(error.to_string()),
        Err(_) => {}
    }
}

/// Holds the bars of an asset's first venue against those of the others.
fn compare_venues(checked: &[Bars], findings: &mut Findings) {
    for asset in Asset::all() {
        let symbols = asset.symbols();
        let mut venues =
            symbols.iter().filter_map(|symbol| checked.iter().find(|b| b.name() == symbol));
        let Some(first) = venues.next() else { continue };
        for other in venues {
            if let Some(report) = findings.bars.iter_mut().find(|r| r.name == first.name()) {
                *report = report.clone().with_comparison(first, other, LARGEST_DIFFERENCE);
            }
        }
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for report in &self.bars {
            write!(f, "{report}")?;
        }
        for report in &self.series {
            write!(f, "{report}")?;
        }
        for damage in &self.damaged {
            writeln!(f, "damaged: {damage}")?;
        }
        let worst = match self.severity() {
            None => "nothing odd".to_owned(),
            Some(severity) => format!("worst finding: {}", format!("{severity:?}").to_lowercase()),
        };
        writeln!(
            f,
            "{} bars files or data sets, {} series, {} files match their SHA-256; {worst}",
            self.bars.len(),
            self.series.len(),
            self.files_verified.saturating_sub(self.damaged.len())
        )
    }
}
