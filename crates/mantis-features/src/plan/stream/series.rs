//! Values of series as they become known.

use std::collections::{BTreeMap, VecDeque};

use mantis_data::{Interval, SeriesKind, Timestamp};

use super::LiveValue;

/// Values of one series kept for bars and values that become known late.
const KEPT: usize = 2_048;

/// The newest values of every series, in the order of their stamps.
#[derive(Clone, Debug, Default)]
pub(super) struct LiveSeries(BTreeMap<String, BTreeMap<SeriesKind, VecDeque<(Timestamp, f64)>>>);

impl LiveSeries {
    /// Takes a value. One that comes late gets its place, one with a stamp that is there replaces the older one.
    pub(super) fn take(&mut self, value: &LiveValue<'_>) {
        let of_symbol = self.0.entry(value.symbol.to_owned()).or_default();
        let values = of_symbol.entry(value.kind).or_default();
        let new = (value.known_at, value.value);
        match values.binary_search_by_key(&value.known_at, |(known, _)| *known) {
            Ok(at) => values[at] = new,
            Err(at) => values.insert(at, new),
        }
        if values.len() > KEPT {
            values.pop_front();
        }
    }

    /// Whether a value is not there as it is, and is not one that was let go.
    pub(super) fn lacks(&self, value: &LiveValue<'_>) -> bool {
        let Some(values) = self.of(value.symbol, value.kind) else { return true };
        match values.binary_search_by_key(&value.known_at, |(known, _)| *known) {
            Ok(at) => values[at].1.to_bits() != value.value.to_bits(),
            Err(at) => at > 0 || values.len() < KEPT,
        }
    }

    /// Latest value known at a time, if it is fresh enough.
    pub(super) fn known(
        &self,
        symbol: &str,
        kind: SeriesKind,
        time: Timestamp,
        age: Interval,
    ) -> f64 {
        self.of(symbol, kind)
            .and_then(|values| values.iter().rev().find(|(known, _)| *known <= time))
            .filter(|(known, _)| time - *known <= age)
            .map_or(f64::NAN, |(_, value)| *value)
    }

    /// The sum of what became known after the open of a bar and up to its close.
    pub(super) fn within(
        &self,
        symbol: &str,
        kind: SeriesKind,
        open: Timestamp,
        close: Timestamp,
    ) -> f64 {
        let Some(values) = self.of(symbol, kind) else { return f64::NAN };
        let first = values.partition_point(|(known, _)| *known <= open);
        let end = values.partition_point(|(known, _)| *known <= close);
        if first >= end { f64::NAN } else { values.range(first..end).map(|(_, v)| v).sum() }
    }

    fn of(&self, symbol: &str, kind: SeriesKind) -> Option<&VecDeque<(Timestamp, f64)>> {
        self.0.get(symbol)?.get(&kind)
    }
}
