//! The live trackers of breakouts that the validator keeps beside its prices.

use super::BLOCKS_PER_ROW;
use crate::score::{Breakout, BreakoutProfile, BreakoutTracker, PendingBreakout, TrackerEvent};
use mantis_data::challenge::{Challenge, ChallengeTable, LossKind};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// What miners had said when a breakout began: pairs by hotkey.
type Said = BTreeMap<String, [f32; 2]>;

/// The trackers of all assets of the breakout challenge.
#[derive(Debug)]
pub(super) struct Trackers {
    ticker: String,
    assets: Vec<Asset>,
}

#[derive(Debug)]
struct Asset {
    name: String,
    profile: BreakoutProfile,
    tracker: BreakoutTracker,
    /// What was said at the trigger of the open ones, above and below the range.
    said: [Said; 2],
    completed: Vec<Completed>,
    history: VecDeque<(i64, f64)>,
}

#[derive(Debug, Serialize)]
struct Completed {
    #[serde(flatten)]
    event: Breakout,
    embeddings: Said,
}

#[derive(Debug, Serialize)]
struct Pending<'a> {
    trigger_sidx: i64,
    trigger_block: i64,
    trigger_price: f64,
    direction: i8,
    range_high: f64,
    range_low: f64,
    continuation_barrier: f64,
    reversal_barrier: f64,
    embeddings: &'a Said,
}

#[derive(Debug, Serialize)]
struct State<'a> {
    ticker: &'a str,
    range_lookback_blocks: i64,
    barrier_pct: f64,
    min_range_pct: f64,
    max_pending_blocks: i64,
    pending_high: Option<Pending<'a>>,
    pending_low: Option<Pending<'a>>,
    completed: &'a [Completed],
    price_history: Vec<(i64, f64)>,
}

impl Trackers {
    /// `None` for a table without breakouts.
    pub(super) fn new(table: &ChallengeTable, profile: &BreakoutProfile) -> Option<Self> {
        let of = |loss| move |c: &&Challenge| c.loss == loss;
        let challenge = table.challenges().iter().find(of(LossKind::RangeBreakoutMulti))?;
        let asset = |name: &String| Asset {
            name: name.clone(),
            profile: profile.clone(),
            tracker: BreakoutTracker::new(profile.clone()),
            said: [Said::new(), Said::new()],
            completed: Vec::new(),
            history: VecDeque::new(),
        };
        let assets = challenge.assets.iter().map(asset).collect();
        Some(Self { ticker: challenge.ticker.clone(), assets })
    }

    /// Takes the prices of a step.
    pub(super) fn step(&mut self, sidx: i64, price: &BTreeMap<String, f64>) {
        for asset in &mut self.assets {
            let price = price.get(&asset.name).copied();
            if let Some(price) = price.filter(|p| p.is_finite() && *p > 0.0) {
                asset.take(sidx, price);
            }
        }
    }

    /// Fills in what was said at a minute once it can be read.
    pub(super) fn mature(&mut self, sidx: i64, vectors: &BTreeMap<String, Vec<f32>>) {
        for (number, asset) in self.assets.iter_mut().enumerate() {
            let open = [asset.tracker.pending_high(), asset.tracker.pending_low()];
            let pending = open.map(|p| p.is_some_and(|p| p.trigger_sidx == sidx));
            let open = asset.said.iter_mut().zip(pending).filter(|(_, on)| *on).map(|(s, _)| s);
            let done = asset.completed.iter_mut().filter(|c| c.event.trigger_sidx == sidx);
            for said in open.chain(done.map(|c| &mut c.embeddings)).filter(|said| said.is_empty()) {
                let pair = |v: &Vec<f32>| [v[2 * number], v[2 * number + 1]];
                said.extend(vectors.iter().map(|(hotkey, v)| (hotkey.clone(), pair(v))));
            }
        }
    }

    pub(super) fn ticker(&self) -> &str {
        &self.ticker
    }

    /// Name and state of every asset.
    pub(super) fn states(&self) -> impl Iterator<Item = (&str, serde_json::Result<String>)> {
        self.assets.iter().map(|asset| (asset.name.as_str(), asset.state()))
    }
}

impl Asset {
    fn take(&mut self, sidx: i64, price: f64) {
        for event in self.tracker.update(sidx, price) {
            match event {
                TrackerEvent::Trigger(pending) => self.side(pending.direction).clear(),
                TrackerEvent::Discard { pending, .. } => self.side(pending.direction).clear(),
                TrackerEvent::Resolve(event) => {
                    let embeddings = std::mem::take(self.side(event.direction));
                    self.completed.push(Completed { event, embeddings });
                }
            }
        }
        // Twice the range, by number and by age.
        let kept = 2 * self.profile.range_lookback_blocks / BLOCKS_PER_ROW;
        self.history.push_back((sidx, price));
        while self.history.len() as i64 > kept
            || self.history.front().is_some_and(|(first, _)| *first < sidx - kept)
        {
            self.history.pop_front();
        }
    }

    fn side(&mut self, direction: i8) -> &mut Said {
        &mut self.said[usize::from(direction < 0)]
    }

    fn state(&self) -> serde_json::Result<String> {
        let pending = |open: Option<&PendingBreakout>, side: usize| {
            open.map(|open| Pending {
                trigger_sidx: open.trigger_sidx,
                trigger_block: open.trigger_block(),
                trigger_price: open.trigger_price,
                direction: open.direction,
                range_high: open.range_high,
                range_low: open.range_low,
                continuation_barrier: open.continuation_barrier,
                reversal_barrier: open.reversal_barrier,
                embeddings: &self.said[side],
            })
        };
        let high = pending(self.tracker.pending_high(), 0);
        serde_json::to_string(&State {
            ticker: &self.name,
            range_lookback_blocks: self.profile.range_lookback_blocks,
            barrier_pct: self.profile.barrier_pct,
            min_range_pct: self.profile.min_range_pct,
            max_pending_blocks: self.profile.max_pending_blocks,
            pending_high: high,
            pending_low: pending(self.tracker.pending_low(), 1),
            completed: &self.completed,
            price_history: self.history.iter().copied().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Ledger;
    use crate::ledger::decode::{Vectors, asset_values};
    use half::f16;
    use rusqlite::Connection;
    use serde_json::Value;
    use std::path::Path;

    /// The store that MANTIS itself has written holds its trackers; the same prices and vectors must lead to the same.
    #[test]
    fn the_trackers_end_like_those_of_the_original() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fixtures/golden/salience/ledger/datalog.db");
        let table = ChallengeTable::profile("2026-07").unwrap();
        let challenge = table.get("MULTIBREAKOUT").unwrap();
        let address = format!("file:{}?immutable=1", path.display());
        let store = Connection::open(address).unwrap();
        let saved: Vec<(String, Value)> = store
            .prepare("SELECT asset, state_json FROM breakout_state ORDER BY rowid")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))
            .unwrap()
            .map(|row| row.map(|(asset, text)| (asset, serde_json::from_str(&text).unwrap())))
            .collect::<Result<_, _>>()
            .unwrap();
        let first = &saved[0].1;
        let profile = BreakoutProfile {
            range_lookback_blocks: first["range_lookback_blocks"].as_i64().unwrap(),
            barrier_pct: first["barrier_pct"].as_f64().unwrap(),
            min_range_pct: first["min_range_pct"].as_f64().unwrap(),
            ..BreakoutProfile::default()
        };
        let mut trackers = Trackers::new(&table, &profile).unwrap();
        let ledger = Ledger::open(&path, table.clone()).unwrap();
        let mut prices: BTreeMap<i64, BTreeMap<String, f64>> = BTreeMap::new();
        let filter = crate::ledger::ReadFilter::default();
        ledger
            .price_data("MULTIXSEC", &filter, |sidx, text| {
                let values = asset_values(text, &challenge.assets, 0.0).unwrap();
                prices.insert(sidx, challenge.assets.iter().cloned().zip(values).collect());
                Ok(())
            })
            .unwrap();
        // Where the feed of all assets had none, the original took the price of a challenge about the asset.
        for (asset, ticker) in [("ETH", "ETHHITFIRST"), ("BTC", "BTCLBFGS")] {
            for row in ledger.prices(ticker).unwrap() {
                let Some(of_minute) = prices.get_mut(&row.sidx) else { continue };
                let price = of_minute.entry(asset.to_owned()).or_default();
                if *price <= 0.0 {
                    *price = row.price.unwrap_or_default();
                }
            }
        }
        for (sidx, price) in &prices {
            trackers.step(*sidx, price);
        }
        ledger
            .embeddings(trackers.ticker.clone().as_str(), &filter, |sidx, cell| {
                let Some(vectors) = Vectors::split(cell.unwrap_or_default()).unwrap() else {
                    return Ok(());
                };
                let halves = vectors.halves.as_chunks::<2>().0;
                let values: Vec<f32> =
                    halves.iter().map(|&pair| f16::from_le_bytes(pair).to_f32()).collect();
                let names = vectors.names().unwrap().into_iter().flatten();
                let by_name = names.zip(values.chunks(66).map(<[f32]>::to_vec)).collect();
                trackers.mature(sidx, &by_name);
                Ok(())
            })
            .unwrap();
        let (mut compared, mut pending) = (0, 0);
        for ((asset, expected), (name, found)) in saved.iter().zip(trackers.states()) {
            assert_eq!(asset, name);
            let found: Value = serde_json::from_str(&found.unwrap()).unwrap();
            for key in ["pending_high", "pending_low", "price_history"] {
                assert_eq!(found[key], expected[key], "{asset}: {key}");
                pending += usize::from(found[key].is_object());
            }
            let (ours, theirs) = (&found["completed"], expected["completed"].as_array().unwrap());
            for (ours, theirs) in ours.as_array().unwrap().iter().rev().zip(theirs.iter().rev()) {
                assert_eq!(ours, theirs, "{asset}");
                compared += 1;
            }
        }
        assert!(compared > 100 && pending > 5, "{compared} {pending}");
    }
}
