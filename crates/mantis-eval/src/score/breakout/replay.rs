//! Breakouts of one asset, found in its prices.

use super::range::TrailingRange;
use super::{BLOCKS_PER_ROW, BreakoutProfile};
use serde::{Deserialize, Serialize};

/// A breakout that has not been decided yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PendingBreakout {
    /// Minute of the trigger.
    pub trigger_sidx: i64,
    /// Price that broke the range.
    pub trigger_price: f64,
    /// 1 above the range, -1 below it.
    pub direction: i8,
    /// Highest price of the range.
    pub range_high: f64,
    /// Lowest price of the range.
    pub range_low: f64,
    /// Price at which the breakout has continued.
    pub continuation_barrier: f64,
    /// Price at which it has reversed.
    pub reversal_barrier: f64,
}

/// What became of a pending breakout at one price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Stale,
    Decided(u8),
}

impl PendingBreakout {
    /// The breakout of a range by a price outside it.
    fn new(sidx: i64, price: f64, (low, high): (f64, f64), profile: &BreakoutProfile) -> Self {
        let distance = (high - low) * (profile.barrier_pct / 100.0);
        let direction = if price > high { 1 } else { -1 };
        let towards = f64::from(direction) * distance;
        Self {
            trigger_sidx: sidx,
            trigger_price: price,
            direction,
            range_high: high,
            range_low: low,
            continuation_barrier: price + towards,
            reversal_barrier: price - towards,
        }
    }

    /// Block of the trigger.
    #[must_use]
    pub fn trigger_block(&self) -> i64 {
        self.trigger_sidx * BLOCKS_PER_ROW
    }

    fn fate(&self, sidx: i64, price: f64, profile: &BreakoutProfile) -> Fate {
        let sign = f64::from(self.direction);
        if sidx * BLOCKS_PER_ROW - self.trigger_block() > profile.max_pending_blocks {
            Fate::Stale
        } else if sign * price >= sign * self.continuation_barrier {
            Fate::Decided(1)
        } else if sign * price <= sign * self.reversal_barrier {
            Fate::Decided(0)
        } else {
            Fate::Open
        }
    }
}

/// A decided breakout of one asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakout {
    /// Minute of the trigger.
    pub trigger_sidx: i64,
    /// Block of the trigger.
    pub trigger_block: i64,
    /// Block at which it was decided.
    pub resolution_block: i64,
    /// 1 above the range, -1 below it.
    pub direction: i8,
    /// 1 when it continued, 0 when it reversed.
    pub label: u8,
}

impl Breakout {
    fn new(pending: &PendingBreakout, sidx: i64, label: u8) -> Self {
        Self {
            trigger_sidx: pending.trigger_sidx,
            trigger_block: pending.trigger_block(),
            resolution_block: sidx * BLOCKS_PER_ROW,
            direction: pending.direction,
            label,
        }
    }
}

/// Whether the range is wide enough for breakouts at this price.
fn is_wide((low, high): (f64, f64), price: f64, profile: &BreakoutProfile) -> bool {
    high - low >= price * (profile.min_range_pct / 100.0)
}

/// All breakouts of one asset that its prices decide, in the order in which they are decided; this is what is scored.
///
/// `prices` are (sidx, price) by rising sidx; those that are not positive are left out. At each price open breakouts are
/// decided first (the upper one before the lower one), then a new one may begin.
///
/// ```
/// use mantis_eval::score::{BreakoutProfile, replay_breakouts};
///
/// let profile = BreakoutProfile { range_lookback_blocks: 20, ..Default::default() };
/// // A range of 99 to 101, broken at 102 and continued to 103.
/// let prices = [(1, 99.0), (2, 101.0), (3, 100.0), (4, 102.0), (5, 103.0)];
/// let found = replay_breakouts(prices, &profile);
/// assert_eq!((found[0].trigger_sidx, found[0].direction, found[0].label), (4, 1, 1));
/// ```
#[must_use]
pub fn replay_breakouts(
    prices: impl IntoIterator<Item = (i64, f64)>,
    profile: &BreakoutProfile,
) -> Vec<Breakout> {
    let mut range = TrailingRange::new(profile.lookback());
    let mut pending: [Option<PendingBreakout>; 2] = [None, None];
    let mut decided = Vec::new();
    for (sidx, price) in prices.into_iter().filter(|(_, price)| *price > 0.0) {
        for slot in &mut pending {
            let fate = slot.as_ref().map_or(Fate::Open, |p| p.fate(sidx, price, profile));
            if fate == Fate::Open {
                continue;
            }
            if let (Some(open), Fate::Decided(label)) = (slot.take(), fate) {
                decided.push(Breakout::new(&open, sidx, label));
            }
        }
        if let Some(limits) = range.before(sidx).filter(|r| is_wide(*r, price, profile)) {
            for (slot, broken) in pending.iter_mut().zip([price > limits.1, price < limits.0]) {
                if broken && slot.is_none() {
                    *slot = Some(PendingBreakout::new(sidx, price, limits, profile));
                }
            }
        }
        range.push(sidx, price);
    }
    decided
}

/// What the live tracker reports.
#[derive(Debug, Clone, PartialEq)]
pub enum TrackerEvent {
    /// A breakout began.
    Trigger(PendingBreakout),
    /// A breakout was decided.
    Resolve(Breakout),
    /// A breakout was forgotten: too old at this minute.
    Discard {
        /// Minute at which it was forgotten.
        sidx: i64,
        /// The breakout.
        pending: PendingBreakout,
    },
}

/// The validator's live tracker of one asset. It looks for a new breakout before it decides the open ones, so its events
/// differ from [`replay_breakouts`]; only events older than the price history are taken from it.
///
/// ```
/// use mantis_eval::score::{BreakoutProfile, BreakoutTracker};
///
/// let profile = BreakoutProfile { range_lookback_blocks: 20, ..Default::default() };
/// let mut tracker = BreakoutTracker::new(profile);
/// let prices = [99.0, 101.0, 100.0, 102.0, 103.0];
/// let events: usize = (1..).zip(prices).map(|(sidx, p)| tracker.update(sidx, p).len()).sum();
/// assert_eq!(events, 2);
/// ```
#[derive(Debug, Clone)]
pub struct BreakoutTracker {
    profile: BreakoutProfile,
    range: TrailingRange,
    high: Option<PendingBreakout>,
    low: Option<PendingBreakout>,
}

impl BreakoutTracker {
    /// A tracker without history.
    #[must_use]
    pub fn new(profile: BreakoutProfile) -> Self {
        let range = TrailingRange::new(profile.lookback());
        Self { profile, range, high: None, low: None }
    }

    /// The open breakout above the range.
    #[must_use]
    pub fn pending_high(&self) -> Option<&PendingBreakout> {
        self.high.as_ref()
    }

    /// The open breakout below the range.
    #[must_use]
    pub fn pending_low(&self) -> Option<&PendingBreakout> {
        self.low.as_ref()
    }

    /// Takes the price of a later minute; one that is not positive changes nothing.
    pub fn update(&mut self, sidx: i64, price: f64) -> Vec<TrackerEvent> {
        let mut events = Vec::new();
        if price.is_nan() || price <= 0.0 {
            return events;
        }
        let limits = self.range.before(sidx);
        self.range.push(sidx, price);
        if let Some(limits) = limits.filter(|r| is_wide(*r, price, &self.profile)) {
            let slot = if price > limits.1 {
                Some(&mut self.high)
            } else if price < limits.0 {
                Some(&mut self.low)
            } else {
                None
            };
            if let Some(slot) = slot.filter(|slot| slot.is_none()) {
                let pending = PendingBreakout::new(sidx, price, limits, &self.profile);
                events.push(TrackerEvent::Trigger(pending.clone()));
                *slot = Some(pending);
            }
        }
        for slot in [&mut self.high, &mut self.low] {
            let Some(pending) = slot.as_ref() else { continue };
            let fate = pending.fate(sidx, price, &self.profile);
            match (fate, slot.take()) {
                (Fate::Open, pending) => *slot = pending,
                (Fate::Stale, Some(pending)) => {
                    events.push(TrackerEvent::Discard { sidx, pending })
                }
                (Fate::Decided(label), Some(pending)) => {
                    events.push(TrackerEvent::Resolve(Breakout::new(&pending, sidx, label)));
                }
                (_, None) => {}
            }
        }
        events
    }
}
