//! Which minutes of a binary challenge are rows, and their outcome.

use mantis_data::challenge::Challenge;

/// Price of one stored minute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceRow {
    /// Minute (block / 5).
    pub sidx: i64,
    /// Price; 0 when the feed had none, `None` when no step stored one.
    pub price: Option<f64>,
}

/// The rules of binary rows: both prices known and positive, and not after a price that stood still too long.
///
/// ```
/// use mantis_data::challenge::ChallengeTable;
/// use mantis_eval::ledger::{BinaryRules, PriceRow};
///
/// let table = ChallengeTable::profile("2026-07")?;
/// let prices = [(0, 100.0), (60, 101.0)];
/// let prices = prices.map(|(sidx, price)| PriceRow { sidx, price: Some(price) });
/// let mut rules = BinaryRules::new(&prices, table.get("ETH")?, 15);
/// assert_eq!(rules.outcome(0), Some(0.01));
/// assert_eq!(rules.outcome(60), None);
/// # Ok::<(), mantis_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct BinaryRules<'a> {
    prices: &'a [PriceRow],
    ahead: i64,
    max_unchanged: usize,
    at: usize,
    last: Option<f64>,
    streak: usize,
}

impl<'a> BinaryRules<'a> {
    /// `prices` are all stored minutes by rising `sidx`.
    #[must_use]
    pub fn new(prices: &'a [PriceRow], challenge: &Challenge, max_unchanged: usize) -> Self {
        let ahead = i64::from(challenge.blocks_ahead.unwrap_or(0)) / super::BLOCKS_PER_ROW;
        Self { prices, ahead, max_unchanged, at: 0, last: None, streak: 0 }
    }

    /// Return over the horizon of a stored minute, `None` when it is no row. Minutes must be asked for in rising order.
    pub fn outcome(&mut self, sidx: i64) -> Option<f32> {
        while self.at < self.prices.len() && self.prices[self.at].sidx <= sidx {
            if let Some(price) = self.prices[self.at].price {
                self.streak = if self.last == Some(price) { self.streak + 1 } else { 0 };
                self.last = Some(price);
            }
            self.at += 1;
        }
        let row = self.at.checked_sub(1).filter(|&row| self.prices[row].sidx == sidx)?;
        let now = self.prices[row].price.filter(|p| *p > 0.0)?;
        let target = sidx + self.ahead;
        let later = self.prices.binary_search_by_key(&target, |row| row.sidx).ok()?;
        let later = self.prices[later].price.filter(|p| *p > 0.0)?;
        #[expect(clippy::cast_possible_truncation, reason = "the validator stores f32")]
        let outcome = ((later - now) / now) as f32;
        (self.streak <= self.max_unchanged).then_some(outcome)
    }
}
