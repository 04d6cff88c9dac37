//! Breakouts of a store: saved ones from before its price history, and those that its prices replay.

use super::decode::{Vectors, asset_values};
use super::reader::stored_row;
use super::{BLOCKS_PER_ROW, Ledger, ReadFilter};
use crate::Result;
use crate::score::{Breakout, BreakoutSample, replay_breakouts};
use half::f16;
use mantis_data::challenge::Challenge;
use mantis_data::challenge::python_json::{Value, parse};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

type Forecasts = BTreeMap<String, [f32; 2]>;

impl Ledger {
    /// All decided breakouts in the order in which the validator lists them.
    pub(super) fn breakouts(
        &self,
        challenge: &Challenge,
        filter: &ReadFilter,
    ) -> Result<Vec<BreakoutSample>> {
        let source = self.breakout_source()?.filter(|&(_, first)| first != 0);
        let Some((source, first)) = source else { return Ok(Vec::new()) };
        let mut samples = self.saved(challenge, filter, first)?;
        let mut prices: Vec<Vec<(i64, f64)>> = vec![Vec::new(); challenge.assets.len()];
        self.price_data(source, filter, |sidx, text| {
            let row = |problem| stored_row(self.path(), source, sidx, "price_data", problem);
            let values = asset_values(text, &challenge.assets, 0.0).map_err(row)?;
            for (asset, price) in prices.iter_mut().zip(values) {
                if price > 0.0 {
                    asset.push((sidx, price));
                }
            }
            Ok(())
        })?;
        let mut stored: BTreeMap<i64, Vec<(String, Vec<f32>)>> = BTreeMap::new();
        for (number, prices) in prices.into_iter().enumerate() {
            for event in replay_breakouts(prices, self.breakout_profile()) {
                let vectors = match stored.entry(event.trigger_sidx) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => {
                        new.insert(self.vectors_at(challenge, filter, event.trigger_sidx)?)
                    }
                };
                let of_asset = |(hotkey, vector): &(String, Vec<f32>)| {
                    (hotkey.clone(), [vector[2 * number], vector[2 * number + 1]])
                };
                let embeddings = vectors.iter().map(of_asset).collect();
                samples.push(BreakoutSample { event, asset: number, embeddings });
            }
        }
        Ok(samples)
    }

    /// The vectors of registered hotkeys at one minute.
    fn vectors_at(
        &self,
        challenge: &Challenge,
        filter: &ReadFilter,
        sidx: i64,
    ) -> Result<Vec<(String, Vec<f32>)>> {
        let ticker = &challenge.ticker;
        let row = |problem| stored_row(self.path(), ticker, sidx, "embeddings", problem);
        let cell = self.embeddings_at(ticker, sidx)?.unwrap_or_default();
        let Some(vectors) = Vectors::split(&cell).map_err(row)? else { return Ok(Vec::new()) };
        let names = vectors.names().map_err(row)?;
        if !vectors.fits(names.len(), challenge.stored_dim) {
            return Ok(Vec::new());
        }
        let decoded = |bytes: &[u8]| {
            let (pairs, _) = bytes.as_chunks::<2>();
            pairs.iter().map(|&pair| f16::from_le_bytes(pair).to_f32()).collect()
        };
        Ok(names
            .into_iter()
            .zip(vectors.halves.chunks_exact(2 * challenge.stored_dim))
            .filter_map(|(name, bytes)| Some((name?, decoded(bytes))))
            .filter(|(name, _)| filter.registers(name))
            .collect())
    }

    /// Saved breakouts that began before the price history.
    fn saved(
        &self,
        challenge: &Challenge,
        filter: &ReadFilter,
        first: i64,
    ) -> Result<Vec<BreakoutSample>> {
        let mut samples = Vec::new();
        for (asset, text) in self.breakout_states()? {
            let broken = |problem| stored_row(self.path(), &asset, 0, "state_json", problem);
            let state = parse(&text).ok_or_else(|| broken("no JSON"))?;
            let Some(number) = challenge.assets.iter().position(|a| *a == asset) else { continue };
            let Some(Value::List(completed)) = field(&state, "completed") else { continue };
            for saved in completed {
                let whole =
                    |name| whole(saved, name).ok_or_else(|| broken("an event without its numbers"));
                let event = Breakout {
                    trigger_sidx: whole("trigger_sidx")?,
                    trigger_block: whole("trigger_block")?,
                    resolution_block: whole("resolution_block")?,
                    direction: if whole("direction")? > 0 { 1 } else { -1 },
                    label: u8::from(whole("label")? == 1),
                };
                let late = event.resolution_block.div_euclid(BLOCKS_PER_ROW) > filter.last_sidx();
                if event.trigger_sidx >= first || late {
                    continue;
                }
                let embeddings = forecasts(field(saved, "embeddings"), number, filter);
                samples.push(BreakoutSample { event, asset: number, embeddings });
            }
        }
        Ok(samples)
    }
}

fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let Value::Object(entries) = value else { return None };
    entries.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn whole(value: &Value, name: &str) -> Option<i64> {
    match field(value, name)? {
        #[expect(clippy::cast_possible_truncation, reason = "blocks stay far below 2^53")]
        Value::Number { value, .. } if value.fract() == 0.0 => Some(*value as i64),
        _ => None,
    }
}

/// Pairs of an asset from saved vectors: of all assets, or of this one alone; others are dropped.
fn forecasts(saved: Option<&Value>, number: usize, filter: &ReadFilter) -> Forecasts {
    let Some(Value::Object(entries)) = saved else { return Forecasts::new() };
    let pair = |vector: &Value| {
        let Value::List(values) = vector else { return None };
        let at = if values.len() >= 2 * number + 2 {
            2 * number
        } else if values.len() == 2 {
            0
        } else {
            return None;
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "half-float values written as decimals"
        )]
        let value = |i: usize| match &values[at + i] {
            Value::Number { value, .. } => Some(*value as f32),
            _ => None,
        };
        Some([value(0)?, value(1)?])
    };
    entries
        .iter()
        .filter(|(hotkey, _)| filter.registers(hotkey))
        .filter_map(|(hotkey, vector)| Some((hotkey.clone(), pair(vector)?)))
        .collect()
}
