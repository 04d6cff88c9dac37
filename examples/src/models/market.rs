//! Which bars a challenge is about, and the panel that its model reads.

use std::path::Path;

use mantis_data::{
    Asset, Challenge, ChallengeTable, DataDir, Interval, Panel, SeriesKind, Timestamp, Venue,
};

use mantis_features::plan::FeaturePlan;
use mantis_models::Recipe;

use crate::{Error, Result};

/// The kinds of series beside bars.
const KINDS: [SeriesKind; 3] =
    [SeriesKind::FundingRate, SeriesKind::OpenInterest, SeriesKind::TakerBuyVolume];

/// The symbol under which the bars of an asset are known to models: that of Binance spot, else the asset's own name.
#[must_use]
pub fn symbol(asset: &str) -> String {
    let venues = Asset::find(asset).and_then(|asset| asset.venues().ok()).unwrap_or_default();
    let spot = venues.iter().find_map(|venue| match venue {
        Venue::BinanceSpot(symbol) => Some((*symbol).to_owned()),
        _ => None,
    });
    spot.unwrap_or_else(|| asset.to_owned())
}

/// The last close of an asset's bars, under any name.
#[must_use]
pub fn reach(data: &DataDir, symbol: &str) -> Option<Timestamp> {
    let bars = data.bars(&name_of_bars(data, symbol)?, Interval::HOUR).ok()?;
    Some(*bars.open_time().last()? + bars.interval())
}

/// The asset of a symbol.
fn asset(symbol: &str) -> &str {
    symbol.strip_suffix("USDT").unwrap_or(symbol)
}

/// The challenge of a ticker or name: of the profile if one is given, else of the newest one that has it.
///
/// # Errors
/// For a name of no table, and a ticker of none.
pub fn challenge(profile: Option<&str>, ticker: &str) -> Result<Challenge> {
    if let Some(profile) = profile {
        return Ok(ChallengeTable::open(profile)?.get(ticker)?.clone());
    }
    for profile in ChallengeTable::PROFILES.iter().rev() {
        if let Ok(challenge) = ChallengeTable::profile(profile)?.get(ticker) {
            return Ok(challenge.clone());
        }
    }
    let known: Vec<String> = ChallengeTable::PROFILES
        .iter()
        .map(|profile| {
            let table = ChallengeTable::profile(profile)?;
            let tickers: Vec<&str> = table.challenges().iter().map(|c| c.ticker.as_str()).collect();
            Ok(format!("{profile}: {}", tickers.join(" ")))
        })
        .collect::<Result<_>>()?;
    Err(Error::usage(&format!(
        "--ticker {ticker} is in no table of challenges; choose of {}",
        known.join("; ")
    )))
}

/// Whether there are bars of the symbol.
#[must_use]
pub fn has_bars(data: &DataDir, symbol: &str) -> bool {
    name_of_bars(data, symbol).is_some()
}

/// The symbols whose bars and series a model of a symbol reads: its own, its perpetual, BTC and ETH.
#[must_use]
pub fn inputs(symbol: &str) -> Vec<String> {
    let mut names = vec![symbol.to_owned()];
    for other in [&format!("{symbol}_PERP"), "BTCUSDT", "ETHUSDT"] {
        if other != symbol {
            names.push(other.to_owned());
        }
    }
    names
}

/// The same for a plan: also every other symbol that one of its columns reads, such as a coin that was a companion in training.
#[must_use]
pub fn inputs_of(plan: &FeaturePlan) -> Vec<String> {
    let mut names = inputs(plan.symbol());
    for column in plan.columns() {
        for name in column.others().iter().map(String::as_str).chain([column.home(plan.symbol())]) {
            if names.iter().all(|known| known != name) {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// What the columns of a plan read, as it was known at `as_of`: its own bars and series, its perpetual, BTC, ETH and what else it
/// names.
///
/// A folder may hold them by symbol or, as in the guide's layout, by ticker.
///
/// # Errors
/// Those of the folder; the symbol's own bars must be there, the others are left out where they are not.
pub fn panel(data: &DataDir, plan: &FeaturePlan, as_of: Timestamp) -> Result<Panel> {
    let (symbol, interval) = (plan.symbol(), Interval::HOUR);
    let own = name_of_bars(data, symbol).unwrap_or_else(|| symbol.to_owned());
    // Without bars of its own this is an error that names what was looked for.
    data.bars(&own, interval)?;
    Ok(panel_of(data, &inputs_of(plan))?.as_of(as_of))
}

/// Bars and series of some symbols; those without bars are left out.
///
/// # Errors
/// Those of the folder.
pub fn panel_of(data: &DataDir, symbols: &[String]) -> Result<Panel> {
    let mut panel = Panel::new(Interval::HOUR);
    for symbol in symbols {
        add(&mut panel, data, symbol)?;
    }
    Ok(panel)
}

/// Adds what there is of a symbol to a panel.
pub(super) fn add(panel: &mut Panel, data: &DataDir, symbol: &str) -> Result<()> {
    if let Some(name) = name_of_bars(data, symbol) {
        panel.add_bars(symbol, data.bars(&name, Interval::HOUR)?.renamed(symbol))?;
        add_series(panel, data, symbol)?;
    }
    Ok(())
}

/// The symbols whose bars and series a training reads: those of the model, and for each companion its own and its perpetual.
#[must_use]
pub fn training_inputs(recipe: &Recipe) -> Vec<String> {
    let mut names = inputs(recipe.plan.symbol());
    for name in recipe.companions.symbols.iter().flat_map(|symbol| inputs(symbol)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// What a training reads, as it was known at `as_of`: as [`panel`], and the companions of the recipe.
///
/// # Errors
/// As [`panel`]; a companion must have bars as well.
pub fn training_panel(data: &DataDir, recipe: &Recipe, as_of: Timestamp) -> Result<Panel> {
    for symbol in recipe.companions.symbols.iter().chain([&recipe.plan.symbol().to_owned()]) {
        // Without bars this is an error that names what was looked for.
        let own = name_of_bars(data, symbol).unwrap_or_else(|| symbol.clone());
        data.bars(&own, Interval::HOUR)?;
    }
    Ok(panel_of(data, &training_inputs(recipe))?.as_of(as_of))
}

fn name_of_bars(data: &DataDir, symbol: &str) -> Option<String> {
    let has = |name: &&str| data.has_bars(name, Interval::HOUR);
    [symbol, asset(symbol)].into_iter().find(has).map(str::to_owned)
}

fn add_series(panel: &mut Panel, data: &DataDir, symbol: &str) -> Result<()> {
    for kind in KINDS {
        let has = |name: &&str| data.has_series(name, kind);
        if let Some(name) = [symbol, asset(symbol)].into_iter().find(has) {
            panel.add_series(symbol, kind, data.series(name, kind)?.renamed(symbol))?;
        }
    }
    Ok(())
}

/// Opens a data folder.
///
/// # Errors
/// If there is none.
pub fn open(folder: &Path) -> Result<DataDir> {
    Ok(mantis_data::open_data_dir(folder)?)
}
