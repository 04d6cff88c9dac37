//! The bundled bars.

use std::path::Path;

use mantis_data::{FolderStore, Interval, Panel, QualityReport};

use super::SYMBOL;
use crate::Result;

/// The panel of the demo and what is odd about its bars.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Bars of BTC, of its perpetual and of ETH, with funding rates.
    pub panel: Panel,
    /// One report for each symbol.
    pub quality: Vec<QualityReport>,
}

pub(super) fn load(folder: &Path) -> Result<Loaded> {
    let store = FolderStore::open(folder)?;
    let perpetual = format!("{SYMBOL}_PERP");
    let panel = store.panel(Interval::HOUR, &[SYMBOL, &perpetual, "ETHUSDT"])?;
    let bars = [SYMBOL, &perpetual, "ETHUSDT"].into_iter().filter_map(|symbol| panel.bars(symbol));
    let quality = bars.map(QualityReport::of).collect();
    Ok(Loaded { panel, quality })
}
