//! The two pictures of the page.

use mantis_data::Bars;
use mantis_eval::report::Svg;
use mantis_eval::report::plots::{self, NamedSeries};
use mantis_vmd::{RollingVmd, Vmd, VmdParams};

use crate::Result;

/// Bars that are drawn: two weeks of modes, two days of changes.
const SHOWN: usize = 336;
const CHANGES: usize = 48;

pub(super) fn modes(bars: &Bars, log_close: &[f64], window: usize) -> Result<Svg> {
    let newest = &log_close[log_close.len() - window..];
    let modes = Vmd::new(&VmdParams::default(), window)?.decompose(newest)?;
    let shown = window.min(SHOWN);
    let series: Vec<_> = (0..modes.k)
        .map(|m| {
            let hours = 1.0 / modes.centre_frequency[m];
            let cycle =
                if hours > 1e3 { "trend".to_owned() } else { format!("{hours:.1} h cycle") };
            let values = modes.mode(m)[window - shown..].to_vec();
            NamedSeries { name: format!("mode {}\n{cycle}", m + 1), values }
        })
        .collect();
    Ok(plots::modes(&bars.open_time()[bars.len() - shown..], &series)?)
}

/// The fastest mode at the same bars, seen from three places.
pub(super) fn one_more_bar(bars: &Bars, log_close: &[f64], window: usize) -> Result<Svg> {
    let params = VmdParams::default();
    let fastest = params.k - 1;
    let mut stream = RollingVmd::new(&params, window)?;
    let (mut then, mut later) = (Vec::new(), Vec::new());
    let first = log_close.len() - window - CHANGES;
    for &x in &log_close[first..] {
        if let Some(newest) = stream.push(x)? {
            then.push(newest.value[fastest]);
            later.push(newest.previous[fastest]);
        }
    }
    // `later` of a window is about the bar before it.
    then.truncate(CHANGES);
    let later = later[1..=CHANGES].to_vec();
    let whole = Vmd::new(&params, log_close.len())?.decompose(log_close)?;
    let shown = log_close.len() - 1 - CHANGES..log_close.len() - 1;
    let row = |name: &str, values| NamedSeries { name: name.to_owned(), values };
    let series = [
        row("known at\nthe bar", then),
        row("one bar\nlater", later),
        row("whole\nseries", whole.mode(fastest)[shown.clone()].to_vec()),
    ];
    Ok(plots::modes(&bars.open_time()[shown], &series)?)
}
