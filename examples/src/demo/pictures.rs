//! The pictures of the report that need more than one call.

use mantis_eval::report::Svg;
use mantis_eval::report::plots::{self, NamedSeries};
use mantis_vmd::Vmd;

use super::{Outcome, SYMBOL};
use crate::Result;

/// Bars of the modes that are drawn: two weeks.
const SHOWN: usize = 336;

pub(super) fn price(outcome: &Outcome) -> Result<Svg> {
    let bars = super::bars(&outcome.loaded)?;
    let dates = outcome.dataset.split.dates;
    let test = dates.validation_end..dates.test_end;
    Ok(plots::price_with_span(bars.open_time(), bars.close(), test)?)
}

/// The last window of the log price in its modes, as the last bar sees it.
pub(super) fn modes(outcome: &Outcome) -> Result<Svg> {
    let settings = outcome.trained.artifact.recipe().plan.modes();
    let bars = super::bars(&outcome.loaded)?;
    let start = bars.len().saturating_sub(settings.window);
    let log_close: Vec<f64> = bars.close()[start..].iter().map(|c| c.ln()).collect();
    let modes = Vmd::new(&settings.params, log_close.len())?.decompose(&log_close)?;
    let shown = log_close.len().min(SHOWN);
    let series: Vec<_> = (0..modes.k)
        .map(|k| {
            let hours = 1.0 / modes.centre_frequency[k];
            let cycle =
                if hours > 1e3 { String::from("trend") } else { format!("{hours:.1} h cycle") };
            let values = modes.mode(k)[modes.len - shown..].to_vec();
            NamedSeries { name: format!("mode {}\n{cycle}", k + 1), values }
        })
        .collect();
    Ok(plots::modes(&bars.open_time()[bars.len() - shown..], &series)?)
}

/// The graph of the candidate columns; nothing where the choice was made without one.
pub(super) fn graph(outcome: &Outcome) -> Result<Option<Svg>> {
    let selection = &outcome.trained.selection;
    let Some(graph) = &selection.graph else { return Ok(None) };
    let edges: Vec<_> = graph.edges.iter().map(|e| (e.from, e.to, e.weight)).collect();
    let node = |column: &usize| selection.graph_nodes.iter().position(|c| c == column);
    let chosen: Vec<usize> = selection.features.iter().filter_map(node).collect();
    Ok(Some(plots::graph(&selection.graph_names, &edges, &chosen)?))
}

pub(super) fn ranking(outcome: &Outcome) -> Result<Svg> {
    let ranking = &outcome.pay.ranking;
    let is_mine = |name: &str| name == mantis_eval::simulate::ME;
    let name = |r: &mantis_eval::simulate::Ranked| {
        if is_mine(&r.name) { format!("this model ({SYMBOL})") } else { r.family.clone() }
    };
    let names: Vec<String> = ranking.iter().map(name).collect();
    let shares: Vec<f64> = ranking.iter().map(|r| r.share).collect();
    let mine = ranking.iter().position(|r| is_mine(&r.name)).unwrap_or(0);
    Ok(plots::ranking(&names, &shares, mine)?)
}
