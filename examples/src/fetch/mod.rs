//! What the program `fetch` does.

mod export;
mod outcome;
mod plan;

use std::fmt;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use mantis_data::sync::{Recheck, SyncOptions, sync};
use mantis_data::{Clock, Interval, Store, Timestamp};

pub use outcome::{Held, Outcome};

use crate::ui::Stages;
use crate::{Result, SystemClock};

/// The sources of history by name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SourceName {
    /// Binance: archive and REST.
    Binance,
    /// Bybit.
    Bybit,
    /// Yahoo.
    Yahoo,
}

impl SourceName {
    /// As on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Binance => "binance",
            Self::Bybit => "bybit",
            Self::Yahoo => "yahoo",
        }
    }
}

/// The kinds of data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// Open, high, low, close and volume.
    Bars,
    /// Funding rates.
    Funding,
    /// Open interest.
    OpenInterest,
}

/// The flags of `fetch`.
#[derive(Clone)]
pub struct Options {
    /// Tickers; all of the profile if there is none.
    pub tickers: Vec<String>,
    /// The challenge table.
    pub profile: String,
    /// The source, where it is not the best one.
    pub source: Option<SourceName>,
    /// Kinds of data; all if there is none.
    pub only: Vec<What>,
    /// First time.
    pub since: Timestamp,
    /// End of the time; now if it is not given.
    pub until: Option<Timestamp>,
    /// Length of the bars.
    pub interval: Interval,
    /// The folder of the store.
    pub data_dir: PathBuf,
    /// Whether the guide's CSV files are written too.
    pub csv: bool,
    /// Whether nothing is fetched.
    pub offline: bool,
    /// `NAME=URL` or `URL`.
    pub base_urls: Vec<String>,
    /// Address of a proxy.
    pub proxy: Option<String>,
    /// Most requests at one time.
    pub threads: usize,
    /// Which archive files are compared with their checksum.
    pub recheck: Recheck,
    /// The time to believe in.
    pub now: Option<Timestamp>,
    /// No progress bar.
    pub quiet: bool,
}

impl Options {
    fn route(&self) -> Route {
        Route { base_urls: self.base_urls.clone(), proxy: self.proxy.clone() }
    }
}

/// Without the proxy and the mirrors, whose addresses may hold a password.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("tickers", &self.tickers)
            .field("profile", &self.profile)
            .field("source", &self.source)
            .field("only", &self.only)
            .field("since", &self.since)
            .field("until", &self.until)
            .field("interval", &self.interval)
            .field("data_dir", &self.data_dir)
            .finish_non_exhaustive()
    }
}

/// Fetches what the store lacks, once.
///
/// # Errors
/// Those of the store and of assets that no free source has. What a source refuses is in the outcome.
pub fn run(options: &Options) -> Result<Outcome> {
    let clock: Arc<dyn Clock> = clock_of(options);
    let sources = plan::Sources::new(&options.route(), Arc::clone(&clock))?;
    round(options, &*clock, &sources, options.recheck, true)
}

/// Keeps the store current: fetches what is missing, and then again a few seconds after every full minute, until `each` says
/// stop. A round that fails is tried again in the next minute. Files are compared with their manifests and their published
/// checksums in the first round of each day, and with their manifests after a round in which something failed.
///
/// # Errors
/// Those of the first round.
pub fn watch(
    options: &Options,
    clock: &Arc<dyn Clock>,
    each: &mut dyn FnMut(&Result<Outcome>) -> ControlFlow<()>,
) -> Result<()> {
    /// A bar is in the answers of an exchange some seconds after its end.
    const AFTER_THE_MINUTE: Duration = Duration::from_secs(4);
    let sources = plan::Sources::new(&options.route(), Arc::clone(clock))?;
    let (mut looked_on, mut failed) = (None, false);
    loop {
        let today = clock.now().floor_to(Interval::DAY);
        let is_first = looked_on != Some(today);
        let recheck = if is_first { options.recheck } else { Recheck::None };
        let mut outcome = round(options, &**clock, &sources, recheck, is_first || failed);
        if looked_on.is_none() {
            outcome = Ok(outcome?);
        }
        failed = !outcome.as_ref().is_ok_and(|outcome| outcome.failures.is_empty());
        if outcome.is_ok() {
            looked_on = Some(today);
        }
        if each(&outcome).is_break() {
            return Ok(());
        }
        let now = clock.now();
        let next = now.floor_to(Interval::MINUTE) + Interval::MINUTE;
        let wait = u64::try_from((next - now).as_micros()).unwrap_or(0);
        clock.sleep(Duration::from_micros(wait) + AFTER_THE_MINUTE);
        sources.http.renew();
    }
}

/// Where to fetch from, other than from the sources themselves.
#[derive(Clone, Default)]
pub struct Route {
    /// Mirrors: `NAME=URL` or `URL`.
    pub base_urls: Vec<String>,
    /// Address of a proxy.
    pub proxy: Option<String>,
}

/// Without the addresses, which may hold a password.
impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route").finish_non_exhaustive()
    }
}

/// Fetches what has been added since to each data set that the store holds.
///
/// # Errors
/// Those of the store. What a source refuses is in the outcome.
pub fn keep_current(data_dir: &Path, route: &Route, clock: &Arc<dyn Clock>) -> Result<Outcome> {
    let sources = plan::Sources::new(route, Arc::clone(clock))?;
    let store = Store::open(data_dir)?;
    let (targets, mut notes) = plan::held(&store, &sources, clock.now())?;
    let mut writer = store.writer()?;
    let options = SyncOptions { recheck: Recheck::None, repair: false, ..SyncOptions::default() };
    let mut report =
        sync(&mut writer, &targets, &options, &**clock, &mut |_| ControlFlow::Continue(()));
    notes.append(&mut report.notes);
    Ok(Outcome::new(&store, &targets, report, notes, clock.now()))
}

fn clock_of(options: &Options) -> Arc<dyn Clock> {
    Arc::new(options.now.map_or_else(SystemClock::default, SystemClock::standing_at))
}

fn round(
    options: &Options,
    clock: &dyn Clock,
    sources: &plan::Sources,
    recheck: Recheck,
    repair: bool,
) -> Result<Outcome> {
    let now = clock.now();
    let (assets, mut notes) = plan::assets(options)?;
    let targets = plan::targets(options, &assets, sources, now)?;
    let store = Store::create(&options.data_dir)?;
    let mut report = if options.offline {
        mantis_data::sync::SyncReport::default()
    } else {
        let mut writer = store.writer()?;
        let mut stages = Stages::new(1, options.quiet);
        let stage = stages.start("fetch", "fetching");
        let sync_options = SyncOptions { threads: options.threads, recheck, repair };
        let report = sync(&mut writer, &targets, &sync_options, clock, &mut |progress| {
            stage.say(progress.dataset.to_string());
            stage.at(progress.done, progress.total)
        });
        stages.finish(stage);
        report
    };
    notes.append(&mut report.notes);
    let skew = sources.http.skew();
    if options.now.is_none() && skew.as_micros().abs() > Interval::MINUTE.as_micros() {
        notes.push(format!(
            "the clock of a server differs from this machine's by {} s; set the clock, the last bars may be missing",
            skew.as_micros() / 1_000_000
        ));
    }
    let mut outcome = Outcome::new(&store, &targets, report, notes, now);
    if options.csv {
        outcome.written = export::csv(options, &assets, &store, now)?;
    }
    Ok(outcome)
}
