//! Cases of the breakouts: their scores and their streams of events.

use crate::Shown;
use crate::files::{self, Table};
use mantis_eval::score::{
    Breakout, BreakoutProfile, BreakoutSample, BreakoutTracker, TrackerEvent, breakout_episodes,
    replay_breakouts, score_breakout,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

const TOLERANCE: f64 = 1e-6;
/// Barriers are differences of prices.
const BARRIER_TOLERANCE: f64 = 1e-9;

pub(crate) fn scores(folder: &Path) -> Vec<Shown> {
    files::sidecars(folder, &[]).iter().map(|path| score(path)).collect()
}

/// Samples of a scoring case: one row per event, null where a hotkey said nothing.
pub(crate) fn samples(table: &Table, hotkeys: &[String]) -> Vec<BreakoutSample> {
    let columns: Vec<[&[Option<f64>]; 2]> =
        hotkeys.iter().map(|h| [0, 1].map(|d| table.optional(&format!("{h}|{d}")))).collect();
    let triggers = table.i64("trigger_sidx");
    let labels = table.i64("label");
    (0..table.rows())
        .map(|i| {
            let event = Breakout {
                trigger_sidx: triggers[i],
                trigger_block: triggers[i] * 5,
                resolution_block: 0,
                direction: 1,
                label: labels[i] as u8,
            };
            let embeddings = hotkeys
                .iter()
                .zip(&columns)
                .filter_map(|(h, [a, b])| Some((h.clone(), [a[i]? as f32, b[i]? as f32])))
                .collect();
            BreakoutSample { event, asset: 0, embeddings }
        })
        .collect()
}

fn score(path: &Path) -> Shown {
    let side = files::json(path);
    let name = format!("breakout/{}", side["case"].as_str().unwrap());
    let hotkeys = files::strings(&side["hotkeys"]);
    let table = Table::read(&path.with_extension("parquet"));
    let samples = samples(&table, &hotkeys);
    let profile: BreakoutProfile = serde_json::from_value(side["params"].clone()).unwrap();
    if let Some(expected) = side["episode_ids"].as_array() {
        let triggers: Vec<i64> = samples.iter().map(|s| s.event.trigger_sidx).collect();
        let found = breakout_episodes(&triggers, profile.episode_gap);
        let expected: Vec<usize> = expected.iter().map(|e| e.as_u64().unwrap() as usize).collect();
        assert_eq!(found, expected, "{name}: episode_ids");
    }
    let shares: BTreeMap<String, f64> =
        score_breakout(&samples, &profile).unwrap().salience.into_iter().collect();
    let error = files::largest_difference(&shares, &side["expected"]["salience"], &name);
    Shown { text: name, error, tolerance: TOLERANCE }
}

pub(crate) fn replays(folder: &Path) -> Vec<Shown> {
    let companions = [".prices", ".embeddings"];
    files::sidecars(folder, &companions).iter().map(|path| replay(path)).collect()
}

fn replay(path: &Path) -> Shown {
    let side = files::json(path);
    let name = format!("breakout_replay/{}", side["case"].as_str().unwrap());
    let hotkeys = files::strings(&side["hotkeys"]);
    let params = &side["params"];
    let profile = BreakoutProfile {
        range_lookback_blocks: params["range_lookback_blocks"].as_i64().unwrap(),
        barrier_pct: params["barrier_pct"].as_f64().unwrap(),
        min_range_pct: params["min_range_pct"].as_f64().unwrap(),
        max_pending_blocks: params["max_pending_blocks"].as_i64().unwrap(),
        ..BreakoutProfile::default()
    };
    let limit = params["max_block_number"].as_i64().unwrap_or(i64::MAX);
    let prices = Table::read(&path.with_extension("prices.parquet"));
    let stored = Table::read(&path.with_extension("embeddings.parquet"));
    let stored_row: BTreeMap<i64, usize> = stored.i64("sidx").into_iter().zip(0..).collect();
    let sidx = prices.i64("sidx");
    let of_asset = |asset: &str| -> Vec<(i64, f64)> {
        let prices = prices.f64(asset);
        sidx.iter().copied().zip(prices).filter(|(s, _)| s * 5 <= limit).collect()
    };
    let assets = files::strings(&params["BREAKOUT_ASSETS"]);
    let mut samples = Vec::new();
    for (number, asset) in assets.iter().enumerate().filter(|(_, asset)| prices.has(asset)) {
        for event in replay_breakouts(of_asset(asset), &profile) {
            let mut embeddings = BTreeMap::new();
            if let Some(&row) = stored_row.get(&event.trigger_sidx) {
                for hotkey in &hotkeys {
                    let value =
                        |d: usize| stored.optional(&format!("{hotkey}|{}", 2 * number + d))[row];
                    if let (Some(a), Some(b)) = (value(0), value(1)) {
                        embeddings.insert(hotkey.clone(), [a as f32, b as f32]);
                    }
                }
            }
            samples.push(BreakoutSample { event, asset: number, embeddings });
        }
    }
    let expected = side["expected"]["replay_samples"].as_array().unwrap();
    assert_eq!(samples.len(), expected.len(), "{name}: events");
    for (sample, expected) in samples.iter().zip(expected) {
        let event = &sample.event;
        let whole = |i: usize| expected[i].as_i64().unwrap();
        let got = [
            event.trigger_sidx,
            event.trigger_block,
            event.resolution_block,
            i64::from(event.direction),
            i64::from(event.label),
        ];
        assert_eq!(got, [0, 1, 2, 3, 4].map(whole), "{name}: {expected}");
        assert_eq!(sample.embeddings.len() as i64, whole(6), "{name}: {expected}");
        if let Some(first) = expected[5].as_array().and_then(|names| names.first()) {
            let value = f64::from(sample.embeddings[first.as_str().unwrap()][0]);
            assert_eq!(value, expected[7].as_f64().unwrap(), "{name}: {expected}");
        }
    }
    let mut worst: f64 = 0.0;
    for (asset, expected) in side["expected"]["tracker_events"].as_object().unwrap() {
        worst = worst.max(tracker(&name, &of_asset(asset), &profile, expected));
    }
    let shares: BTreeMap<String, f64> =
        score_breakout(&samples, &profile).unwrap().salience.into_iter().collect();
    let error = files::largest_difference(&shares, &side["expected"]["salience"], &name);
    assert!(worst <= BARRIER_TOLERANCE, "{name}: barriers differ by {worst}");
    Shown { text: name, error, tolerance: TOLERANCE }
}

/// Compares a live stream and returns the largest difference of a barrier.
fn tracker(name: &str, prices: &[(i64, f64)], profile: &BreakoutProfile, expected: &Value) -> f64 {
    let mut tracker = BreakoutTracker::new(profile.clone());
    let mut found = Vec::new();
    for &(sidx, price) in prices {
        found.extend(tracker.update(sidx, price));
    }
    let expected = expected.as_array().unwrap();
    assert_eq!(found.len(), expected.len(), "{name}: live events");
    let mut worst: f64 = 0.0;
    for (event, expected) in found.iter().zip(expected) {
        let kind = expected[0].as_str().unwrap();
        let numbers: Vec<f64> =
            expected.as_array().unwrap()[1..].iter().map(|v| v.as_f64().unwrap()).collect();
        let (got_kind, got): (&str, Vec<f64>) = match event {
            TrackerEvent::Trigger(p) => (
                "trigger",
                vec![
                    p.trigger_sidx as f64,
                    p.trigger_block() as f64,
                    f64::from(p.direction),
                    p.trigger_price,
                    p.range_low,
                    p.range_high,
                    p.continuation_barrier,
                    p.reversal_barrier,
                ],
            ),
            TrackerEvent::Resolve(b) => (
                "resolve",
                vec![
                    (b.resolution_block / 5) as f64,
                    b.resolution_block as f64,
                    f64::from(b.direction),
                    f64::from(b.label),
                    b.trigger_sidx as f64,
                ],
            ),
            TrackerEvent::Discard { sidx, pending } => (
                "discard",
                vec![
                    *sidx as f64,
                    (sidx * 5) as f64,
                    f64::from(pending.direction),
                    pending.trigger_sidx as f64,
                ],
            ),
        };
        assert_eq!(got_kind, kind, "{name}: {expected}");
        assert_eq!(got.len(), numbers.len(), "{name}: {expected}");
        for (g, e) in got.iter().zip(&numbers) {
            worst = worst.max((g - e).abs());
        }
    }
    worst
}
