//! What the program `check_data` does.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use mantis_data::store::{Dataset, DatasetKind};
use mantis_data::{
    Asset, BarColumns, Bars, FolderStore, Interval, QualityReport, Series, SeriesKind,
    SeriesReport, Severity, Store, Timestamp, open_data_dir,
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
    /// Length of the bars; all that there are if it is not given.
    pub interval: Option<Interval>,
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
    /// Number of files whose SHA-256 is that of their manifest.
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

/// Looks at everything in a folder, or at everything of some symbols or tickers: the store and the files of whole histories each for
/// itself, whichever of them other programs would read.
///
/// # Errors
/// If the folder cannot be listed, or a name has no data in it. What is wrong with a file is a finding.
pub fn run(options: &Options) -> Result<Findings> {
    let data = open_data_dir(&options.data_dir)?;
    let mut check = Check { options, findings: Findings::default(), checked: Vec::new() };
    let wanted: Vec<Vec<String>> = options.names.iter().map(|name| symbols_of(name)).collect();
    let is_wanted = |symbol: &String| {
        wanted.is_empty() || wanted.iter().any(|symbols| symbols.contains(symbol))
    };
    let mut found = BTreeSet::new();
    for dataset in data.store().datasets()? {
        if is_wanted(&dataset.symbol) && check.stored(data.store(), &dataset) {
            found.insert(dataset.symbol);
        }
    }
    for symbol in data.folder().symbols()?.into_iter().filter(is_wanted) {
        if check.files(data.folder(), &symbol) {
            found.insert(symbol);
        }
    }
    for (name, symbols) in options.names.iter().zip(&wanted) {
        if symbols.iter().all(|symbol| !found.contains(symbol)) {
            // Says where it looked.
            data.bars(name, options.interval.unwrap_or(Interval::HOUR))?;
        }
    }
    check.compare_venues();
    Ok(check.findings)
}

/// The symbols that a name stands for: those of all venues of a ticker, so that they can be compared.
fn symbols_of(name: &str) -> Vec<String> {
    let mut symbols = vec![name.to_owned()];
    symbols.extend(Asset::find(name).map(Asset::symbols).unwrap_or_default());
    symbols
}

/// Bars that were read without an error.
struct Checked {
    /// Position of their report.
    report: usize,
    symbol: String,
    bars: Bars,
}

struct Check<'a> {
    options: &'a Options,
    findings: Findings,
    checked: Vec<Checked>,
}

impl Check<'_> {
    /// Whether bars of this length are meant.
    fn is_asked_for(&self, interval: Interval) -> bool {
        self.options.interval.is_none_or(|asked| asked == interval)
    }

    /// Looks at a data set of the store; tells whether it is one that was asked for.
    fn stored(&mut self, store: &Store, dataset: &Dataset) -> bool {
        if let DatasetKind::Bars(interval) = dataset.kind
            && !self.is_asked_for(interval)
        {
            return false;
        }
        let damages = match (store.manifest(dataset), store.verify(dataset)) {
            (Ok(manifest), Ok(damages)) => {
                self.findings.files_verified += manifest.years.len() - damages.len();
                damages
            }
            (Err(error), _) | (_, Err(error)) => {
                self.findings.damaged.push(error.to_string());
                return true;
            }
        };
        if !damages.is_empty() {
            self.findings.damaged.extend(damages.into_iter().map(|damage| damage.reason));
            return true;
        }
        let symbol = &dataset.symbol;
        if let DatasetKind::Bars(interval) = dataset.kind {
            let columns = store.columns(symbol, interval);
            self.bars(symbol, symbol.clone(), interval, columns, store.bars(symbol, interval));
        }
        for kind in SeriesKind::ALL {
            if DatasetKind::of_series(kind) == Some(dataset.kind) {
                self.series(kind, symbol.clone(), store.series(symbol, kind));
            }
        }
        true
    }

    /// Looks at the files of a symbol; tells whether there was one that was asked for.
    fn files(&mut self, folder: &FolderStore, symbol: &str) -> bool {
        let name = format!("{symbol} (file)");
        let mut found = false;
        if folder.has_bars(symbol) {
            // Of too few rows to tell, any length is possible.
            let otherwise = self.options.interval.unwrap_or(Interval::HOUR);
            match folder.interval(symbol) {
                Ok(interval) => {
                    let interval = interval.unwrap_or(otherwise);
                    if self.is_asked_for(interval) {
                        let bars = folder.bars(symbol, interval);
                        self.bars(symbol, name.clone(), interval, folder.columns(symbol), bars);
                        found = true;
                    }
                }
                Err(error) => {
                    self.findings.damaged.push(error.to_string());
                    found = true;
                }
            }
        }
        for kind in [SeriesKind::FundingRate, SeriesKind::OpenInterest] {
            if folder.has_series(symbol, kind) {
                self.series(kind, name.clone(), folder.series(symbol, kind));
                found = true;
            }
        }
        found
    }

    fn bars(
        &mut self,
        symbol: &str,
        name: String,
        interval: Interval,
        columns: mantis_data::Result<BarColumns>,
        bars: mantis_data::Result<Bars>,
    ) {
        // Raw rows first, so that bars that break a rule are reported with all that is wrong with them.
        let report = columns.and_then(|columns| QualityReport::of_columns(&columns, interval));
        let report = match report {
            Ok(report) => QualityReport { name: name.clone(), ..report },
            Err(error) => return self.findings.damaged.push(error.to_string()),
        };
        let report = match self.options.fresh_at {
            Some(now) => report.with_tail(now, 1),
            None => report,
        };
        let broken = report.severity() == Some(Severity::Error);
        match bars {
            Ok(bars) => self.checked.push(Checked {
                report: self.findings.bars.len(),
                symbol: symbol.to_owned(),
                bars: bars.renamed(&name),
            }),
            // The rows have said so already, unless it is the file as a whole.
            Err(error) if !broken => self.findings.damaged.push(error.to_string()),
            Err(_) => {}
        }
        self.findings.bars.push(report);
    }

    fn series(&mut self, kind: SeriesKind, name: String, series: mantis_data::Result<Series>) {
        match series {
            Ok(series) => {
                let report = SeriesReport::of(&series, kind);
                self.findings.series.push(SeriesReport { name, ..report });
            }
            Err(error) => self.findings.damaged.push(error.to_string()),
        }
    }

    /// Holds the bars of an asset's first venue against all others of the asset and of their length.
    fn compare_venues(&mut self) {
        for asset in Asset::all() {
            let order = asset.symbols();
            let rank = |checked: &&Checked| match checked.symbol == asset.ticker {
                true => Some(order.len()),
                false => order.iter().position(|symbol| symbol == &checked.symbol),
            };
            let mut of_asset: Vec<&Checked> =
                self.checked.iter().filter(|checked| rank(checked).is_some()).collect();
            of_asset.sort_by_key(|checked| (checked.bars.interval(), rank(checked)));
            for same in of_asset.chunk_by(|a, b| a.bars.interval() == b.bars.interval()) {
                let first = same[0];
                for other in &same[1..] {
                    let report = &mut self.findings.bars[first.report];
                    *report = report.clone().with_comparison(
                        &first.bars,
                        &other.bars,
                        LARGEST_DIFFERENCE,
                    );
                }
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
            self.files_verified
        )
    }
}
