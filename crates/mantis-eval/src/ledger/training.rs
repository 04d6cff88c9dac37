//! The training data that the validator builds from its store.

use super::decode::asset_values;
use super::reader::stored_row;
use super::rows::BinaryRules;
use super::{Dataset, DatasetBuilder, Ledger, Observed, ReadFilter};
use crate::Result;
use mantis_data::challenge::{Challenge, LossKind};
use ndarray::Array2;
use std::collections::{BTreeMap, HashMap};

impl Ledger {
    /// The training data of every challenge that has some, in the order of the table, one at a time.
    pub fn datasets<'a>(
        &'a self,
        filter: &'a ReadFilter,
    ) -> impl Iterator<Item = Result<Dataset>> + 'a {
        let of = |challenge| self.dataset(challenge, filter).transpose();
        self.table().challenges().iter().filter_map(of)
    }

    /// The training data of one challenge; `None` when there are none.
    ///
    /// # Errors
    /// [`Sqlite`](crate::Error::Sqlite), or [`StoredRow`](crate::Error::StoredRow) for a row that ends the validator's own reader.
    pub fn dataset(&self, challenge: &Challenge, filter: &ReadFilter) -> Result<Option<Dataset>> {
        if challenge.loss == LossKind::RangeBreakoutMulti {
            let samples = self.breakouts(challenge, filter)?;
            let some = !samples.is_empty();
            return Ok(some.then(|| Dataset::breakouts(challenge.clone(), samples)));
        }
        let mut hotkeys = self.hotkeys(&challenge.ticker)?;
        hotkeys.retain(|hotkey| filter.registers(hotkey));
        if hotkeys.is_empty() {
            return Ok(None);
        }
        match challenge.loss {
            LossKind::Binary => self.binary(challenge, hotkeys, filter),
            LossKind::Hitfirst | LossKind::Lbfgs => self.priced(challenge, hotkeys, filter),
            _ => self.by_asset(challenge, hotkeys, filter),
        }
    }

    fn binary(
        &self,
        challenge: &Challenge,
        hotkeys: Vec<String>,
        filter: &ReadFilter,
    ) -> Result<Option<Dataset>> {
        let ticker = &challenge.ticker;
        let prices = self.prices(ticker)?;
        let mut rules = BinaryRules::new(&prices, challenge, filter.max_unchanged);
        let stride = self.count(ticker, filter)?;
        let observed = Observed::Returns(Vec::new());
        let mut builder = DatasetBuilder::new(challenge, hotkeys, stride, observed);
        self.embeddings(ticker, filter, |sidx, cell| {
            let row = |problem| stored_row(self.path(), ticker, sidx, "embeddings", problem);
            let Some(y) = rules.outcome(sidx) else { return Ok(()) };
            let Some(vectors) = builder.decode(cell).map_err(row)? else { return Ok(()) };
            // Negative zero is zero.
            let (pairs, _) = vectors.halves.as_chunks::<2>();
            if pairs.iter().any(|&[low, high]| low != 0 || high & 0x7f != 0) {
                if let Observed::Returns(returns) = builder.observed() {
                    returns.push(y);
                }
                builder.push(sidx, Some(&vectors));
            }
            Ok(())
        })?;
        Ok(builder.finish())
    }

    fn priced(
        &self,
        challenge: &Challenge,
        hotkeys: Vec<String>,
        filter: &ReadFilter,
    ) -> Result<Option<Dataset>> {
        let ticker = &challenge.ticker;
        let prices: HashMap<i64, f64> = self
            .prices(ticker)?
            .into_iter()
            .filter_map(|row| Some((row.sidx, row.price?)))
            .filter(|(_, price)| price.is_finite() && *price > 0.0)
            .collect();
        let stride = self.count(ticker, filter)?;
        let observed = Observed::Price(Vec::new());
        let mut builder = DatasetBuilder::new(challenge, hotkeys, stride, observed);
        self.embeddings(ticker, filter, |sidx, cell| {
            let Some(&price) = prices.get(&sidx) else { return Ok(()) };
            let row = |problem| stored_row(self.path(), ticker, sidx, "embeddings", problem);
            let vectors = builder.decode(cell).map_err(row)?;
            if let Observed::Price(all) = builder.observed() {
                all.push(price);
            }
            builder.push(sidx, vectors.as_ref());
            Ok(())
        })?;
        Ok(builder.finish())
    }

    /// Prices or rates by asset of every row that has a usable one.
    fn asset_table(
        &self,
        challenge: &Challenge,
        filter: &ReadFilter,
    ) -> Result<BTreeMap<i64, Vec<f64>>> {
        let mut table = BTreeMap::new();
        let funding = challenge.loss == LossKind::FundingXsec;
        let missing = if funding { f64::NAN } else { 0.0 };
        self.price_data(&challenge.ticker, filter, |sidx, text| {
            if text.is_empty() {
                return Ok(());
            }
            let values = asset_values(text, &challenge.assets, missing).map_err(|problem| {
                stored_row(self.path(), &challenge.ticker, sidx, "price_data", problem)
            })?;
            if values.iter().any(|v| if funding { !v.is_nan() } else { *v > 0.0 }) {
                table.insert(sidx, values);
            }
            Ok(())
        })?;
        Ok(table)
    }

    fn by_asset(
        &self,
        challenge: &Challenge,
        hotkeys: Vec<String>,
        filter: &ReadFilter,
    ) -> Result<Option<Dataset>> {
        let table = self.asset_table(challenge, filter)?;
        let observed = Observed::Assets(Array2::zeros((0, challenge.assets.len())));
        let mut builder = DatasetBuilder::new(challenge, hotkeys, table.len(), observed);
        self.embeddings(&challenge.ticker, filter, |sidx, cell| {
            if !table.contains_key(&sidx) {
                return Ok(());
            }
            let vectors = builder.decode(cell).map_err(|problem| {
                stored_row(self.path(), &challenge.ticker, sidx, "embeddings", problem)
            })?;
            builder.push(sidx, vectors.as_ref());
            Ok(())
        })?;
        let rows: Vec<&Vec<f64>> = table.values().collect();
        let (n, assets) = (rows.len(), challenge.assets.len());
        *builder.observed() =
            Observed::Assets(Array2::from_shape_fn((n, assets), |(t, a)| rows[t][a]));
        Ok(builder.finish())
    }
}
