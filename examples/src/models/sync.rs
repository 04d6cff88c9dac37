//! What a training fetches before it reads.

use mantis_data::{Asset, ChallengeTable, Interval, Timestamp};

use super::market;
use super::train::Options;
#[cfg(not(feature = "network"))]
use crate::Error;
use crate::Result;

/// Where missing data is fetched from.
#[derive(Clone, Debug)]
pub struct Fetching {
    /// First time.
    pub since: Timestamp,
    /// `NAME=URL` or `URL`, as the program `fetch` takes them.
    pub base_urls: Vec<String>,
    /// `http://host:port`.
    pub proxy: Option<String>,
    /// The time to believe in.
    pub now: Option<Timestamp>,
}

/// Fetches bars and funding rates of the symbols up to `as_of`, if the bars of one do not reach as far. Symbols that no free source
/// has are passed over: whoever reads them names them as absent.
///
/// Returns what could not be fetched. A training may go on without, and must say so.
///
/// # Errors
/// Those of the store, and [`Error::Usage`] in a program that was built without the network.
pub(super) fn sync(ticker: &str, symbols: &[String], options: &Options) -> Result<Vec<String>> {
    let Some(fetching) = &options.fetching else { return Ok(Vec::new()) };
    let needed = options.as_of.floor_to(Interval::HOUR);
    let reaches = |symbol: &str| {
        let data = market::open(&options.data_dir).ok();
        data.and_then(|data| market::reach(&data, symbol)).is_some_and(|reach| reach >= needed)
    };
    let mut assets: Vec<&Asset> = Vec::new();
    for symbol in symbols {
        let Some(asset) = asset(symbol).filter(|asset| asset.venues().is_ok()) else { continue };
        if !reaches(symbol) && !assets.contains(&asset) {
            assets.push(asset);
        }
    }
    if assets.is_empty() {
        return Ok(Vec::new());
    }
    fetch(ticker, &assets, fetching, options)
}

/// The asset that a symbol in a store is of.
fn asset(symbol: &str) -> Option<&'static Asset> {
    let stored = |asset: &&Asset| asset.symbols().iter().any(|stored| stored == symbol);
    Asset::find(symbol).or_else(|| Asset::all().iter().find(stored))
}

#[cfg(feature = "network")]
fn fetch(
    _: &str,
    assets: &[&Asset],
    fetching: &Fetching,
    options: &Options,
) -> Result<Vec<String>> {
    use crate::fetch::What;
    use mantis_data::sync::Recheck;

    let outcome = crate::fetch::run(&crate::fetch::Options {
        tickers: assets.iter().map(|asset| asset.ticker.to_owned()).collect(),
        profile: ChallengeTable::NEWEST.to_owned(),
        source: None,
        only: vec![What::Bars, What::Funding],
        since: fetching.since,
        until: Some(options.as_of),
        interval: Interval::HOUR,
        data_dir: options.data_dir.clone(),
        csv: false,
        offline: false,
        base_urls: fetching.base_urls.clone(),
        proxy: fetching.proxy.clone(),
        threads: 4,
        recheck: Recheck::None,
        now: fetching.now,
        quiet: options.quiet,
    })?;
    let set_aside = outcome.set_aside.iter().map(|file| format!("set aside: {file}"));
    let failures = outcome.failures.iter().map(|failure| format!("not fetched: {failure}"));
    Ok(set_aside.chain(failures).collect())
}

#[cfg(not(feature = "network"))]
fn fetch(ticker: &str, assets: &[&Asset], _: &Fetching, options: &Options) -> Result<Vec<String>> {
    let names: Vec<&str> = assets.iter().map(|asset| asset.ticker).collect();
    Err(Error::usage(&format!(
        "{ticker}: the bars of {} do not reach {}, and this program was built without the network; give --offline, an earlier --as-of, or fetch them",
        names.join(" "),
        options.as_of
    )))
}
