//! Forecasts of a trained model. Back-tests and live embeddings run this code and no other.

use std::ops::Range;

use mantis_data::{Challenge, Embedding, Panel, Timestamp};
use mantis_features::FeatureFrame;
use mantis_features::learn::sigmoid;
use mantis_features::plan::RecentRows;
use serde::{Deserialize, Serialize};

use super::Artifact;
use crate::lstm::Outputs;
use crate::sequences::Sequences;
use crate::{Error, Result};

/// What the model says about one bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Row of the bar in its frame.
    pub row: usize,
    /// When the bar closed: the forecast is about the horizon after it.
    pub time: Timestamp,
    /// Probability of a higher close.
    pub p_up: f64,
    /// The same from the LSTM's own output, before the head.
    pub p_lstm: f64,
    /// The LSTM's last dense layer, which the head reads.
    pub hidden: Vec<f32>,
}

/// Why a forecast came out as it did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// For every chosen column, by how much the log-odds fall when all steps of the column are replaced by its training
    /// mean. Columns act together in the network, so these need not add up to the log-odds.
    pub features: Vec<(String, f64)>,
    /// What each unit of the LSTM's last layer adds to the log-odds of the head, and the trees' mean as last entry; together
    /// they are the log-odds ([`Trees::contributions`](crate::gbdt::Trees::contributions)).
    pub units: Vec<f64>,
}

impl Artifact {
    /// Forecasts for the rows of a frame that have a whole sequence of features; the others are left out.
    ///
    /// The frame may hold more columns than the chosen ones. The bits of a forecast depend neither on the other rows nor on
    /// `threads`.
    ///
    /// # Errors
    /// [`Error::MissingColumn`] for a frame without a chosen column.
    pub fn forecasts(
        &self,
        frame: &FeatureFrame,
        rows: Range<usize>,
        threads: usize,
    ) -> Result<Vec<Forecast>> {
        let sequences = Sequences::new(frame, &self.scaler, self.recipe.lstm.steps)?;
        let rows: Vec<usize> = rows.filter(|&row| sequences.has(row)).collect();
        let outputs = crate::pool(threads)?.install(|| self.network.of_rows(&sequences, &rows))?;
        let units = self.recipe.lstm.dense[1];
        let forecast = |(i, &row): (usize, &usize)| {
            let hidden = outputs.hidden[i * units..(i + 1) * units].to_vec();
            let p_up = self.head.probability(&hidden)?;
            let p_lstm = sigmoid(f64::from(outputs.logit[i]));
            Ok(Forecast { row, time: frame.known_at()[row], p_up, p_lstm, hidden })
        };
        rows.iter().enumerate().map(forecast).collect()
    }

    /// The forecast of the panel's last bar. Pass `panel.as_of(now)`.
    ///
    /// # Errors
    /// As [`Artifact::frame`], and [`Error::NoForecast`] naming the column, and the series that is absent, when a feature has no
    /// value in the sequence of the bar.
    pub fn latest(&self, panel: &Panel, threads: usize) -> Result<Forecast> {
        let frame = self.latest_frame(panel, threads)?;
        let last = frame.len() - 1;
        let mut found = self.forecasts(&frame, last..frame.len(), threads)?;
        found.pop().ok_or_else(|| self.no_forecast(panel, &frame))
    }

    /// The rows that [`Artifact::latest_of`] keeps between two forecasts.
    #[must_use]
    pub fn recent_rows(&self) -> RecentRows {
        RecentRows::new(&self.features, self.recipe.lstm.steps)
    }

    /// As [`Artifact::latest`], to the bit, for one panel after another: only what is new in each is computed.
    ///
    /// # Errors
    /// As [`Artifact::latest`].
    pub fn latest_of(&self, rows: &mut RecentRows, panel: &Panel) -> Result<Forecast> {
        self.check_history(panel)?;
        let frame = rows.of(panel)?;
        frame.require_complete()?;
        let last = frame.len().saturating_sub(1);
        let bars = panel.bars(self.features.symbol()).map_or(0, mantis_data::Bars::len);
        let sequences = Sequences::new(&frame, &self.scaler, self.recipe.lstm.steps)?;
        let Some(sequence) = sequences.of(last) else {
            return Err(self.no_forecast(panel, &frame));
        };
        let outputs = self.network.of_one(sequence)?;
        let p_up = self.head.probability(&outputs.hidden)?;
        let p_lstm = sigmoid(f64::from(outputs.logit[0]));
        let time = frame.known_at()[last];
        Ok(Forecast { row: bars - 1, time, p_up, p_lstm, hidden: outputs.hidden })
    }

    /// The numbers that a forecast is sent as, for a challenge of a direction.
    ///
    /// Two values are `[2 p_down - 1, 2 p_up - 1]`. Of more, all but the last are what the units of the LSTM's last layer add to the
    /// head's log-odds ([`Trees::contributions`](crate::gbdt::Trees::contributions)), from the unit that the trees ask for most often,
    /// and the last is what is left of the log-odds: together they are the head's opinion, and a scorer may weigh its parts. Each
    /// is its hyperbolic tangent, which small log-odds are almost equal to; places without a unit are zero.
    ///
    /// # Errors
    /// [`mantis_data::ChallengeError`] unless the challenge is binary.
    pub fn embedding(&self, challenge: &Challenge, forecast: &Forecast) -> Result<Embedding> {
        if challenge.dim <= 2 {
            return Ok(Embedding::from_probability(challenge, forecast.p_up)?);
        }
        let (mut values, last) = (vec![0.0; challenge.dim], challenge.dim - 1);
        let importances = self.head.importances();
        let mut units: Vec<usize> = (0..importances.len()).collect();
        units.sort_by_key(|&unit| std::cmp::Reverse(importances[unit]));
        let contributions = self.head.contributions(&forecast.hidden)?;
        for (value, &unit) in values[..last].iter_mut().zip(&units) {
            *value = contributions[unit];
        }
        values[last] = self.head.log_odds(&forecast.hidden)? - values[..last].iter().sum::<f64>();
        values.iter_mut().for_each(|value| *value = value.tanh());
        Ok(Embedding::of_direction(challenge, values)?)
    }

    /// Why [`Artifact::latest`] came out as it did.
    ///
    /// # Errors
    /// As [`Artifact::latest`].
    pub fn explain(&self, panel: &Panel, threads: usize) -> Result<Explanation> {
        let frame = self.latest_frame(panel, threads)?;
        let sequences = Sequences::new(&frame, &self.scaler, self.recipe.lstm.steps)?;
        let sequence = sequences.of(frame.len() - 1);
        let sequence = sequence.ok_or_else(|| self.no_forecast(panel, &frame))?;
        let log_odds = |outputs: &Outputs| self.head.log_odds(&outputs.hidden);
        let whole = self.network.of_one(sequence)?;
        let base = log_odds(&whole)?;
        let names = &self.scaler.names;
        let without = |j: usize| {
            let mut changed = sequence.to_vec();
            changed.iter_mut().skip(j).step_by(names.len()).for_each(|value| *value = 0.0);
            Ok((names[j].clone(), base - log_odds(&self.network.of_one(&changed)?)?))
        };
        let features = (0..names.len()).map(without).collect::<Result<Vec<_>>>()?;
        Ok(Explanation { features, units: self.head.contributions(&whole.hidden)? })
    }

    /// The chosen columns over the last sequence of a panel.
    fn latest_frame(&self, panel: &Panel, threads: usize) -> Result<FeatureFrame> {
        let symbol = self.features.symbol();
        let rows = panel.bars(symbol).map_or(0, mantis_data::Bars::len);
        self.frame(panel, rows.saturating_sub(self.recipe.lstm.steps), threads)
    }

    /// The error that names the newest missing value in the sequence of the last row, and the series behind it.
    fn no_forecast(&self, panel: &Panel, frame: &FeatureFrame) -> Error {
        let last = frame.len() - 1;
        let age = |name: &String| {
            let column = frame.column(name)?;
            let age = column.iter().rev().position(|value| !value.is_finite())?;
            Some((age.min(last), name.clone()))
        };
        let newest = self.scaler.names.iter().filter_map(age).min();
        let (bars_ago, column) = newest.unwrap_or((last, String::from("the history")));
        let spec = self.features.columns().iter().find(|spec| spec.name() == column);
        let symbol = self.features.symbol().to_owned();
        // The frame may hold the last rows alone.
        let bars = panel.bars(&symbol).map_or(frame.len(), mantis_data::Bars::len);
        let row = bars - 1 - bars_ago;
        let series = spec.and_then(|spec| self.features.absent(panel, spec, row));
        let time = frame.known_at()[last];
        Error::NoForecast { symbol, time, column, series, bars_ago }
    }
}
