//! The guide's CSV files.

use std::path::PathBuf;

use mantis_data::store::{Dataset, DatasetKind, csv};
use mantis_data::{Asset, SeriesKind, Store, TimeRange, Timestamp};

use super::Options;
use crate::Result;

/// Writes `<ticker>/ohlcv.csv` and, where there is such data, `funding_rates.csv` and `open_interest.csv`. The bars are those of
/// the first venue of the asset that the store has.
pub(super) fn csv(
    options: &Options,
    assets: &[&'static Asset],
    store: &Store,
    now: Timestamp,
) -> Result<Vec<PathBuf>> {
    let range = TimeRange::new(options.since, options.until.unwrap_or(now));
    let mut written = Vec::new();
    for asset in assets {
        let folder = options.data_dir.join(asset.ticker);
        for symbol in asset.symbols() {
            if store.has(&Dataset::bars(&symbol, options.interval)?) {
                let bars = store.bars_in(&symbol, options.interval, range)?;
                let path = folder.join("ohlcv.csv");
                csv::write_bars(&path, &bars)?;
                written.push(path);
                break;
            }
        }
        for (kind, file) in [
            (SeriesKind::FundingRate, "funding_rates.csv"),
            (SeriesKind::OpenInterest, "open_interest.csv"),
        ] {
            let Some(dataset_kind) = DatasetKind::of_series(kind) else { continue };
            for symbol in asset.symbols() {
                if store.has(&Dataset::new(&symbol, dataset_kind)?) {
                    let path = folder.join(file);
                    csv::write_series(&path, kind, &store.series_in(&symbol, kind, range)?)?;
                    written.push(path);
                    break;
                }
            }
        }
    }
    Ok(written)
}
