//! What the indicators read: the bars of one symbol and whatever else is known beside them.

use std::collections::HashMap;

use mantis_data::{Bars, Timestamp};

use crate::engine::{BarField, Leaf};
use crate::indicators::modes::ModeColumns;
use crate::{Error, Result};

/// The parallel inputs of one computation, oldest row first.
///
/// ```
/// use mantis_data::Timestamp;
/// use mantis_features::indicators::Source;
/// let time = [Timestamp::from_micros(0), Timestamp::from_micros(3_600_000_000)];
/// let source = Source::new(&time, [&[1.0, 2.0], &[2.0, 3.0], &[1.0, 2.0], &[2.0, 3.0], &[5.0, 5.0]])?;
/// let ret = mantis_features::registry::compute_named("ret_1", &source)?;
/// assert_eq!(ret[1], 0.5);
/// # Ok::<(), mantis_features::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Source<'a> {
    open_time: &'a [Timestamp],
    seconds: Vec<f64>,
    ohlcv: [&'a [f64]; 5],
    others: HashMap<(String, BarField), Vec<f64>>,
    funding: Option<Vec<f64>>,
    open_interest: Option<Vec<f64>>,
    taker_buy: Option<Vec<f64>>,
    modes: Option<ModeColumns>,
    joined: Vec<Vec<f64>>,
}

impl<'a> Source<'a> {
    /// Of bars given as open times and `[open, high, low, close, volume]`.
    ///
    /// # Errors
    /// [`Error::Length`] when the columns differ in length.
    pub fn new(open_time: &'a [Timestamp], ohlcv: [&'a [f64]; 5]) -> Result<Self> {
        const NAMES: [&str; 5] = ["open", "high", "low", "close", "volume"];
        for (input, column) in NAMES.into_iter().zip(ohlcv) {
            if column.len() != open_time.len() {
                let (got, expected) = (column.len(), open_time.len());
                return Err(Error::Length { what: "indicator source", input, got, expected });
            }
        }
        Ok(Self {
            open_time,
            seconds: open_time.iter().map(|t| t.as_secs() as f64).collect(),
            ohlcv,
            others: HashMap::new(),
            funding: None,
            open_interest: None,
            taker_buy: None,
            modes: None,
            joined: Vec::new(),
        })
    }

    /// Of a symbol's bars.
    ///
    /// # Errors
    /// None that bars could cause.
    pub fn from_bars(bars: &'a Bars) -> Result<Self> {
        let columns = [bars.open(), bars.high(), bars.low(), bars.close(), bars.volume()];
        Self::new(bars.open_time(), columns)
    }

    /// Adds the bars of another symbol, matched by open time; NaN where it has no bar.
    pub fn add_other(&mut self, symbol: &str, bars: &Bars) {
        let columns = [bars.open(), bars.high(), bars.low(), bars.close(), bars.volume()];
        for (field, column) in BarField::ALL.into_iter().zip(columns) {
            self.align_other((symbol, field), bars.open_time(), column);
        }
    }

    /// Adds one column of another symbol.
    pub(crate) fn align_other(
        &mut self,
        (symbol, field): (&str, BarField),
        times: &[Timestamp],
        values: &[f64],
    ) {
        let mut aligned = vec![f64::NAN; self.len()];
        let mut theirs = 0;
        for (row, time) in self.open_time.iter().enumerate() {
            while times.get(theirs).is_some_and(|t| t < time) {
                theirs += 1;
            }
            if times.get(theirs) == Some(time) {
                aligned[row] = values[theirs];
            }
        }
        self.others.insert((symbol.to_owned(), field), aligned);
    }

    /// Sets the funding rate that was known at each row (see [`funding::known_at_close`](super::funding::known_at_close)).
    ///
    /// # Errors
    /// [`Error::Length`] when it is not as long as the bars.
    pub fn set_funding(&mut self, rate: Vec<f64>) -> Result<()> {
        self.check("funding rate", rate.len())?;
        self.funding = Some(rate);
        Ok(())
    }

    /// Sets the open interest that was known at each row.
    ///
    /// # Errors
    /// [`Error::Length`] when it is not as long as the bars.
    pub fn set_open_interest(&mut self, interest: Vec<f64>) -> Result<()> {
        self.check("open interest", interest.len())?;
        self.open_interest = Some(interest);
        Ok(())
    }

    /// Sets the volume that takers bought within each bar.
    ///
    /// # Errors
    /// [`Error::Length`] when it is not as long as the bars.
    pub fn set_taker_buy(&mut self, bought: Vec<f64>) -> Result<()> {
        self.check("taker buy volume", bought.len())?;
        self.taker_buy = Some(bought);
        Ok(())
    }

    /// Sets the VMD modes of the log close.
    ///
    /// # Errors
    /// [`Error::Length`] when they do not have as many rows as the bars.
    pub fn set_modes(&mut self, modes: ModeColumns) -> Result<()> {
        self.check("modes", modes.len())?;
        self.modes = Some(modes);
        Ok(())
    }

    /// Sets the columns that come from other frames.
    pub(crate) fn set_joined(&mut self, joined: Vec<Vec<f64>>) {
        self.joined = joined;
    }

    fn check(&self, input: &'static str, got: usize) -> Result<()> {
        let expected = self.len();
        if got != expected {
            return Err(Error::Length { what: "indicator source", input, got, expected });
        }
        Ok(())
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.open_time.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.open_time.is_empty()
    }

    /// The rows of an input series.
    pub(crate) fn leaf(&self, leaf: &Leaf) -> Result<&[f64]> {
        let field = |field: &BarField| BarField::ALL.iter().position(|f| f == field).unwrap_or(0);
        let found = match leaf {
            Leaf::Time => Some(self.seconds.as_slice()),
            Leaf::Own(own) => Some(self.ohlcv[field(own)]),
            Leaf::Other(symbol, other) => {
                self.others.get(&(symbol.clone(), *other)).map(Vec::as_slice)
            }
            Leaf::Funding => self.funding.as_deref(),
            Leaf::OpenInterest => self.open_interest.as_deref(),
            Leaf::TakerBuy => self.taker_buy.as_deref(),
            Leaf::Joined(column) => self.joined.get(*column).map(Vec::as_slice),
            Leaf::Mode(mode_field, mode) => match &self.modes {
                None => None,
                Some(modes) => {
                    let column = format!("{mode_field}_{mode}");
                    let missing = || Error::Mode { column, mode: *mode, modes: modes.k() };
                    return modes.column(*mode_field, *mode).ok_or_else(missing);
                }
            },
        };
        found.ok_or_else(|| Error::MissingInput { input: leaf.to_string() })
    }
}
