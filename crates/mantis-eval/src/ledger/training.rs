//! The training data that the validator builds from its store.

use super::columns::{ColumnFile, ColumnWriter};
use super::decode::asset_values;
use super::reader::stored_row;
use super::rows::BinaryRules;
use super::{Dataset, Ledger, Observed, ReadFilter};
use crate::Result;
use mantis_data::challenge::{Challenge, LossKind};
use ndarray::Array2;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where columns go: a new file for them, or memory.
pub(super) type Place = Option<(PathBuf, File)>;

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
        self.build(challenge, filter, None)
    }

    /// The training data of one challenge with its columns at a place.
    pub(super) fn build(
        &self,
        challenge: &Challenge,
        filter: &ReadFilter,
        place: Place,
    ) -> Result<Option<Dataset>> {
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
        let stride = self.count(&challenge.ticker, filter)?;
        let file = place.map(|(path, file)| Arc::new(ColumnFile { path, file, stride }));
        let columns = ColumnWriter::new(&hotkeys, challenge.stored_dim, stride, file);
        let mut rows = Rows { ledger: self, challenge, filter, sidx: Vec::new(), columns };
        let observed = match challenge.loss {
            LossKind::Binary => rows.binary()?,
            LossKind::Hitfirst | LossKind::Lbfgs => rows.priced()?,
            _ => rows.by_asset()?,
        };
        if rows.sidx.is_empty() {
            return Ok(None);
        }
        Ok(Some(Dataset {
            challenge: challenge.clone(),
            hotkeys,
            sidx: rows.sidx,
            observed,
            columns: rows.columns.finish()?,
        }))
    }
}

/// The rows of one challenge while they are collected.
struct Rows<'a> {
    ledger: &'a Ledger,
    challenge: &'a Challenge,
    filter: &'a ReadFilter,
    sidx: Vec<i64>,
    columns: ColumnWriter,
}

impl Rows<'_> {
    fn path(&self) -> &Path {
        self.ledger.path()
    }

    fn binary(&mut self) -> Result<Observed> {
        let (ledger, ticker) = (self.ledger, &self.challenge.ticker);
        let prices = ledger.prices(ticker)?;
        let mut rules = BinaryRules::new(&prices, self.challenge, self.filter.max_unchanged);
        let mut returns = Vec::new();
        ledger.embeddings(ticker, self.filter, |sidx, cell| {
            let row = |problem| stored_row(ledger.path(), ticker, sidx, "embeddings", problem);
            let Some(y) = rules.outcome(sidx) else { return Ok(()) };
            let Some(vectors) = self.columns.decode(cell).map_err(row)? else { return Ok(()) };
            // Negative zero is zero.
            let (pairs, _) = vectors.halves.as_chunks::<2>();
            if pairs.iter().any(|&[low, high]| low != 0 || high & 0x7f != 0) {
                returns.push(y);
                self.sidx.push(sidx);
                self.columns.push(Some(&vectors))?;
            }
            Ok(())
        })?;
        Ok(Observed::Returns(returns))
    }

    fn priced(&mut self) -> Result<Observed> {
        let (ledger, ticker) = (self.ledger, &self.challenge.ticker);
        let usable: HashMap<i64, f64> = ledger
            .prices(ticker)?
            .into_iter()
            .filter_map(|row| Some((row.sidx, row.price?)))
            .filter(|(_, price)| price.is_finite() && *price > 0.0)
            .collect();
        let mut prices = Vec::new();
        ledger.embeddings(ticker, self.filter, |sidx, cell| {
            let Some(&price) = usable.get(&sidx) else { return Ok(()) };
            let row = |problem| stored_row(ledger.path(), ticker, sidx, "embeddings", problem);
            let vectors = self.columns.decode(cell).map_err(row)?;
            prices.push(price);
            self.sidx.push(sidx);
            self.columns.push(vectors.as_ref())
        })?;
        Ok(Observed::Price(prices))
    }

    /// Prices or rates by asset of every row that has a usable one.
    fn asset_table(&self) -> Result<BTreeMap<i64, Vec<f64>>> {
        let challenge = self.challenge;
        let mut table = BTreeMap::new();
        let funding = challenge.loss == LossKind::FundingXsec;
        let missing = if funding { f64::NAN } else { 0.0 };
        self.ledger.price_data(&challenge.ticker, self.filter, |sidx, text| {
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

    fn by_asset(&mut self) -> Result<Observed> {
        let (ledger, ticker) = (self.ledger, &self.challenge.ticker);
        let table = self.asset_table()?;
        ledger.embeddings(ticker, self.filter, |sidx, cell| {
            if !table.contains_key(&sidx) {
                return Ok(());
            }
            let row = |problem| stored_row(ledger.path(), ticker, sidx, "embeddings", problem);
            let vectors = self.columns.decode(cell).map_err(row)?;
            self.sidx.push(sidx);
            self.columns.push(vectors.as_ref())
        })?;
        let rows: Vec<&Vec<f64>> = table.values().collect();
        let shape = (rows.len(), self.challenge.assets.len());
        Ok(Observed::Assets(Array2::from_shape_fn(shape, |(t, a)| rows[t][a])))
    }
}
