//! Which data sets are fetched from where.

use std::sync::Arc;

use mantis_data::source::http::{Http, HttpOptions};
use mantis_data::source::{Binance, BinanceUrls, Bybit, Source, Yahoo};
use mantis_data::store::{Dataset, DatasetKind};
use mantis_data::sync::Target;
use mantis_data::{Asset, ChallengeTable, Clock, Store, TimeRange, Timestamp, Venue};

use super::{Options, Route, SourceName, What};
use crate::{Error, Result};

/// The sources with their addresses.
pub(super) struct Sources {
    pub(super) http: Arc<Http>,
    binance: Arc<dyn Source>,
    bybit: Arc<dyn Source>,
    yahoo: Arc<dyn Source>,
}

impl Sources {
    pub(super) fn new(route: &Route, clock: Arc<dyn Clock>) -> Result<Self> {
        let mut urls = BinanceUrls::default();
        let (mut bybit, mut yahoo) = (Bybit::URL.to_owned(), Yahoo::URL.to_owned());
        for text in &route.base_urls {
            let (name, url) = match text.split_once('=') {
                Some((name, url)) if !name.contains(':') => (name, url),
                _ => ("all", text.as_str()),
            };
            let url = url.trim_end_matches('/').to_owned();
            if !url.starts_with("http://") && !url.starts_with("https://") {
                return Err(Error::usage(&format!(
                    "--base-url {text}: expected http:// or https://"
                )));
            }
            match name {
                "all" => {
                    urls = BinanceUrls::all_at(&url);
                    (bybit, yahoo) = (url.clone(), url);
                }
                "archive" => urls.archive = url,
                "spot" => urls.spot = url,
                "futures" => urls.futures = url,
                "bybit" => bybit = url,
                "yahoo" => yahoo = url,
                _ => {
                    return Err(Error::usage(&format!(
                        "--base-url {text}: choose archive, spot, futures, bybit or yahoo, or leave the name out for all"
                    )));
                }
            }
        }
        // Two miners that start at once must not come back at once.
        let seed = u64::from(std::process::id());
        let proxy = route.proxy.clone();
        let http = Http::new(HttpOptions { seed, proxy, ..HttpOptions::default() }, clock)?;
        let http = Arc::new(http);
        Ok(Self {
            binance: Arc::new(Binance::new(Arc::clone(&http), urls)),
            bybit: Arc::new(Bybit::new(Arc::clone(&http), &bybit)),
            yahoo: Arc::new(Yahoo::new(Arc::clone(&http), &yahoo)),
            http,
        })
    }

    fn of(&self, venue: Venue) -> (SourceName, Arc<dyn Source>) {
        match venue {
            Venue::BybitPerpetual(_) => (SourceName::Bybit, Arc::clone(&self.bybit)),
            Venue::Yahoo { .. } => (SourceName::Yahoo, Arc::clone(&self.yahoo)),
            Venue::BinanceSpot(_) | Venue::BinancePerpetual(_) => {
                (SourceName::Binance, Arc::clone(&self.binance))
            }
            // A venue that was added must be given its source here.
            other => unreachable!("no source for {other:?}"),
        }
    }
}

/// The assets that are meant, and sentences about those that have no free source.
pub(super) fn assets(options: &Options) -> Result<(Vec<&'static Asset>, Vec<String>)> {
    let mut assets = Vec::new();
    let mut notes = Vec::new();
    if options.tickers.is_empty() {
        for asset in Asset::of_table(&ChallengeTable::open(&options.profile)?)? {
            match asset.venues() {
                Ok(_) => assets.push(asset),
                Err(error) => notes.push(error.to_string()),
            }
        }
    }
    for ticker in &options.tickers {
        // Messages about missing data name the symbol that is stored.
        let asset = Asset::of_symbol(ticker).map_or_else(|| Asset::get(ticker), Ok)?;
        // Asked for by name, an asset without a source is an error.
        asset.venues()?;
        assets.push(asset);
    }
    Ok((assets, notes))
}

/// The data sets of the assets.
///
/// Without `--source`, an asset comes from Binance where it is listed there, else from the first venue that it has. Open interest
/// is one file a day, so for all tickers of a profile it is fetched only on demand.
pub(super) fn targets(
    options: &Options,
    assets: &[&'static Asset],
    sources: &Sources,
    now: Timestamp,
) -> Result<Vec<Target>> {
    let range = TimeRange::new(options.since, options.until.unwrap_or(now));
    if range.is_empty() {
        return Err(Error::usage("--since must be before --until"));
    }
    let wants = |what: What| {
        if options.only.is_empty() {
            what != What::OpenInterest || !options.tickers.is_empty()
        } else {
            options.only.contains(&what)
        }
    };
    let mut targets = Vec::new();
    for asset in assets {
        let venues = asset.venues()?;
        let first = sources.of(venues[0]).0;
        let chosen = options.source.unwrap_or(first);
        let before = targets.len();
        for &venue in venues {
            let (name, source) = sources.of(venue);
            if name != chosen {
                continue;
            }
            let mut add = |symbol: &str, kind| -> Result<()> {
                let dataset = Dataset::new(symbol, kind)?;
                targets.push(Target { dataset, source: Arc::clone(&source), range });
                Ok(())
            };
            if wants(What::Bars) {
                add(&venue.bars_symbol(), DatasetKind::Bars(options.interval))?;
            }
            let Some(symbol) = venue.series_symbol() else { continue };
            if wants(What::Funding) {
                add(&symbol, DatasetKind::FundingRate)?;
            }
            if wants(What::OpenInterest) {
                add(&symbol, DatasetKind::OpenInterest)?;
            }
        }
        // Of a whole profile, what an asset does not have is left out; asked for by name it is an error.
        if targets.len() == before && !options.tickers.is_empty() {
            let hint =
                if options.source.is_some() { "leave --source out" } else { "change --only" };
            return Err(Error::usage(&format!(
                "{}: {} does not have that; {hint}",
                asset.ticker,
                chosen.as_str()
            )));
        }
    }
    Ok(targets)
}

/// The data sets that a store holds, each from the end of what it holds on, and sentences about those that no source has.
pub(super) fn held(
    store: &Store,
    sources: &Sources,
    now: Timestamp,
) -> Result<(Vec<Target>, Vec<String>)> {
    let venues: Vec<Venue> =
        Asset::all().iter().filter_map(|asset| asset.venues().ok()).flatten().copied().collect();
    let (mut targets, mut notes) = (Vec::new(), Vec::new());
    for dataset in store.datasets()? {
        let is_of = |venue: &&Venue| match dataset.kind {
            DatasetKind::Bars(_) => venue.bars_symbol() == dataset.symbol,
            _ => venue.series_symbol().as_ref() == Some(&dataset.symbol),
        };
        let Some(&venue) = venues.iter().find(is_of) else {
            notes.push(format!("{dataset} has no source, so it is not kept current"));
            continue;
        };
        let coverage = store.coverage(&dataset)?;
        let Some(last) = coverage.ranges().last() else { continue };
        let range = TimeRange::new(last.from, now);
        targets.push(Target { dataset, source: sources.of(venue).1, range });
    }
    Ok((targets, notes))
}
