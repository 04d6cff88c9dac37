//! Filling gaps, never without being told to.

use serde::{Deserialize, Serialize};

use crate::bars::{BarColumns, Bars};
use crate::error::{Error, Result};
use crate::quality::{Gap, QualityReport};

/// What to do about missing bars.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FillPolicy {
    /// A gap is an error.
    #[default]
    Refuse,
    /// A missing bar becomes a flat one at the last close, without volume. Nothing from after the gap is used. A gap of more than
    /// `longest` bars is an error.
    CarryClose {
        /// Most bars of a gap.
        longest: usize,
    },
}

/// Bars without gaps, and which of them were made up.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// The bars, one for every interval from the first to the last.
    pub bars: Bars,
    /// For each bar whether it was made up. Features and labels must not take such a bar for one that was traded.
    pub made_up: Vec<bool>,
    /// The gaps that were filled.
    pub gaps: Vec<Gap>,
}

impl Filled {
    /// Number of bars that were made up.
    #[must_use]
    pub fn count(&self) -> usize {
        self.made_up.iter().filter(|&&made_up| made_up).count()
    }
}

impl Bars {
    /// The bars with their gaps filled as the policy says; the policy that refuses is the default.
    ///
    /// # Errors
    /// [`Error::FillRefused`] with the first gap that the policy does not fill.
    ///
    /// ```
    /// use mantis_data::{FillPolicy, Interval, Timestamp, source::synthetic::RandomWalk};
    ///
    /// let start = Timestamp::parse("2025-01-01")?;
    /// let bars = RandomWalk::default().bars("BTC", start, Interval::HOUR, 24, 7)?;
    /// let mut columns = bars.to_columns();
    /// columns.remove(5..7);
    /// let gappy = mantis_data::Bars::new("BTC", Interval::HOUR, columns)?;
    ///
    /// assert!(gappy.fill(FillPolicy::default()).is_err());
    /// let filled = gappy.fill(FillPolicy::CarryClose { longest: 3 })?;
    /// assert_eq!((filled.bars.len(), filled.count()), (24, 2));
    /// assert_eq!(filled.bars.open()[5], bars.close()[4]);
    /// # Ok::<(), mantis_data::Error>(())
    /// ```
    pub fn fill(&self, policy: FillPolicy) -> Result<Filled> {
        let gaps = QualityReport::of(self).gaps;
        let longest = match policy {
            FillPolicy::Refuse => 0,
            FillPolicy::CarryClose { longest } => i64::try_from(longest).unwrap_or(i64::MAX),
        };
        if let Some(gap) = gaps.iter().find(|gap| gap.missing > longest) {
            return Err(Error::FillRefused {
                name: self.name().to_owned(),
                from: gap.from,
                until: gap.until,
                missing: gap.missing,
                longest,
            });
        }
        let mut columns = BarColumns::default();
        let mut made_up = Vec::with_capacity(self.len());
        let mut gap = gaps.iter().peekable();
        for row in 0..self.len() {
            let time = self.open_time()[row];
            if let Some(gap) = gap.next_if(|gap| gap.until == time) {
                let mut missing = gap.from;
                while missing < gap.until {
                    let close = self.close()[row - 1];
                    columns.push(missing, [close, close, close, close, 0.0]);
                    made_up.push(true);
                    missing = missing + self.interval();
                }
            }
            columns.push(time, self.values().map(|(_, values)| values[row]));
            made_up.push(false);
        }
        let bars = Bars::new(self.name(), self.interval(), columns)?;
        Ok(Filled { bars, made_up, gaps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::synthetic::RandomWalk;
    use crate::time::{Interval, Timestamp};
    use proptest::prelude::*;

    fn thinned(keep: &[bool]) -> Bars {
        let start = Timestamp::parse("2025-01-01").unwrap();
        let bars = RandomWalk::default().bars("BTC", start, Interval::HOUR, keep.len(), 3).unwrap();
        let mut columns = BarColumns::default();
        for row in (0..keep.len()).filter(|&row| keep[row]) {
            columns.push(bars.open_time()[row], bars.values().map(|(_, values)| values[row]));
        }
        Bars::new("BTC", Interval::HOUR, columns).unwrap()
    }

    #[test]
    fn the_message_names_the_gap() {
        let bars = thinned(&[true, false, false, true]);
        let message = bars.fill(FillPolicy::Refuse).unwrap_err().to_string();
        assert!(message.contains("2 bars are missing from 2025-01-01T01:00:00Z"), "{message}");
        assert!(bars.fill(FillPolicy::CarryClose { longest: 1 }).is_err());
        assert!(bars.fill(FillPolicy::CarryClose { longest: 2 }).is_ok());
    }

    proptest! {
        /// Real bars stay as they are, made-up ones know nothing of what comes after them.
        #[test]
        fn filling_uses_the_past_only(keep in prop::collection::vec(any::<bool>(), 1..60), cut in 0_i64..60) {
            let bars = thinned(&keep);
            let all = FillPolicy::CarryClose { longest: usize::MAX };
            let filled = bars.fill(all).unwrap();
            prop_assert_eq!(filled.bars.len() - filled.count(), bars.len());
            prop_assert!(QualityReport::of(&filled.bars).gaps.is_empty());
            for row in 0..filled.bars.len() {
                let time = filled.bars.open_time()[row];
                match bars.position(time) {
                    Some(real) => {
                        prop_assert!(!filled.made_up[row]);
                        prop_assert_eq!(bars.close()[real].to_bits(), filled.bars.close()[row].to_bits());
                    }
                    None => prop_assert!(filled.made_up[row]),
                }
            }
            let t = Timestamp::parse("2025-01-01").unwrap() + Interval::hours(cut);
            let known = bars.as_of(t).fill(all).unwrap().bars;
            prop_assert_eq!(known.to_columns(), filled.bars.between(Timestamp::MIN, known.open_time().last().map_or(Timestamp::MIN, |&last| last + Interval::HOUR)).to_columns());
        }
    }
}
