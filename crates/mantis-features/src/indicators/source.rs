//! What the indicators read: the bars of one symbol and whatever else is known beside them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use mantis_data::{Bars, Timestamp};

use crate::indicators::modes::ModeColumns;
use crate::indicators::momentum::{Macd, macd};
use crate::rolling::run;
use crate::{Error, Result};

/// Bars of another symbol, on the rows of the main one; NaN where the other has no bar.
#[derive(Clone, Debug, PartialEq)]
pub struct OtherBars {
    /// Close, in the other symbol's quote currency.
    pub close: Vec<f64>,
    /// Volume, in the other symbol's base units.
    pub volume: Vec<f64>,
}

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
#[derive(Debug)]
pub struct Source<'a> {
    open_time: &'a [Timestamp],
    ohlcv: [&'a [f64]; 5],
    others: BTreeMap<String, OtherBars>,
    funding: Option<Vec<f64>>,
    open_interest: Option<Vec<f64>>,
    modes: Option<ModeColumns>,
    log_return: OnceLock<Vec<f64>>,
    macd: OnceLock<Macd>,
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
            ohlcv,
            others: BTreeMap::new(),
            funding: None,
            open_interest: None,
            modes: None,
            log_return: OnceLock::new(),
            macd: OnceLock::new(),
        })
    }

    /// Of a symbol's bars.
    pub fn from_bars(bars: &'a Bars) -> Result<Self> {
        let columns = [bars.open(), bars.high(), bars.low(), bars.close(), bars.volume()];
        Self::new(bars.open_time(), columns)
    }

    /// Adds the bars of another symbol, matched by open time.
    pub fn add_other(&mut self, symbol: &str, bars: &Bars) {
        let mut aligned =
            OtherBars { close: vec![f64::NAN; self.len()], volume: vec![f64::NAN; self.len()] };
        let mut theirs = 0;
        for (row, time) in self.open_time.iter().enumerate() {
            while bars.open_time().get(theirs).is_some_and(|t| t < time) {
                theirs += 1;
            }
            if bars.open_time().get(theirs) == Some(time) {
                aligned.close[row] = bars.close()[theirs];
                aligned.volume[row] = bars.volume()[theirs];
            }
        }
        self.others.insert(symbol.to_owned(), aligned);
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

    /// Sets the VMD modes of the log close.
    ///
    /// # Errors
    /// [`Error::Length`] when they do not have as many rows as the bars.
    pub fn set_modes(&mut self, modes: ModeColumns) -> Result<()> {
        self.check("modes", modes.len())?;
        self.modes = Some(modes);
        Ok(())
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
}

/// A source together with the parameters and the other symbol of one column.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub(crate) source: &'a Source<'a>,
    pub(crate) params: &'a [usize],
    pub(crate) other: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// Parameter `i` in the indicator's order.
    pub(crate) fn p(&self, i: usize) -> usize {
        self.params[i]
    }

    pub(crate) fn time(&self) -> &'a [Timestamp] {
        self.source.open_time
    }

    pub(crate) fn open(&self) -> &'a [f64] {
        self.source.ohlcv[0]
    }

    pub(crate) fn high(&self) -> &'a [f64] {
        self.source.ohlcv[1]
    }

    pub(crate) fn low(&self) -> &'a [f64] {
        self.source.ohlcv[2]
    }

    pub(crate) fn close(&self) -> &'a [f64] {
        self.source.ohlcv[3]
    }

    pub(crate) fn volume(&self) -> &'a [f64] {
        self.source.ohlcv[4]
    }

    /// ln(close / previous close), shared by the columns of a plan.
    pub(crate) fn log_return(&self) -> &'a [f64] {
        self.source.log_return.get_or_init(|| log_returns(self.close()))
    }

    /// MACD(12, 26, 9), shared by its three columns and their ratios.
    pub(crate) fn macd(&self) -> Result<&'a Macd> {
        if let Some(macd) = self.source.macd.get() {
            return Ok(macd);
        }
        let fresh = macd(self.close(), 12, 26, 9)?;
        Ok(self.source.macd.get_or_init(|| fresh))
    }

    pub(crate) fn other(&self) -> Result<&'a OtherBars> {
        let symbol = self.other.unwrap_or_default();
        let missing = || Error::MissingInput { input: format!("bars of {symbol:?}") };
        self.source.others.get(symbol).ok_or_else(missing)
    }

    pub(crate) fn funding(&self) -> Result<&'a [f64]> {
        let missing = || Error::MissingInput { input: "funding rate".to_owned() };
        self.source.funding.as_deref().ok_or_else(missing)
    }

    pub(crate) fn open_interest(&self) -> Result<&'a [f64]> {
        let missing = || Error::MissingInput { input: "open interest".to_owned() };
        self.source.open_interest.as_deref().ok_or_else(missing)
    }

    pub(crate) fn modes(&self) -> Result<&'a ModeColumns> {
        let missing = || Error::MissingInput { input: "VMD modes".to_owned() };
        self.source.modes.as_ref().ok_or_else(missing)
    }
}

/// ln(x / previous x); a step that touches a NaN is NaN. Warm-up 1.
pub(crate) fn log_returns(x: &[f64]) -> Vec<f64> {
    run([x], |[x], out| {
        for i in 1..x.len() {
            out[i] = (x[i] / x[i - 1]).ln();
        }
    })
}
