//! Data that several tests of plans look at.

use std::path::Path;

use mantis_data::{FolderStore, Interval, Panel, SeriesKind, Timestamp};

/// Real bars of BTC, of its perpetual and of ETH between two days of 2021, with BTC's funding rates. Between the 28th of March and
/// the 10th of May the spot market had two outages.
pub(crate) fn real(from: &str, to: &str) -> Panel {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/data");
    let store = FolderStore::open(folder).unwrap();
    let symbols = ["BTCUSDT", "BTCUSDT_PERP", "ETHUSDT"];
    let whole = store.panel(Interval::HOUR, &symbols).unwrap();
    let (from, to) = (Timestamp::parse(from).unwrap(), Timestamp::parse(to).unwrap());
    let mut panel = Panel::new(Interval::HOUR);
    for symbol in symbols {
        panel.add_bars(symbol, whole.bars(symbol).unwrap().between(from, to)).unwrap();
    }
    let funding = whole.series("BTCUSDT", SeriesKind::FundingRate).unwrap().clone();
    panel.add_series("BTCUSDT", SeriesKind::FundingRate, funding).unwrap();
    panel
}
