//! Questions with their answers, as the validator builds its labels, on the rows of hourly bars.
//!
//! The validator has a row for every minute: its horizons and windows are divided by the length of a bar. Each label carries the
//! time at which it resolves.

use mantis_data::{Bars, Challenge, Interval, LossKind, Panel, SeriesKind, Timestamp};
use mantis_eval::score::{
    BreakoutProfile, MarketModel, TradeMixProfile, hitfirst_labels, make_bins, replay_breakouts,
    rolling_std,
};
use mantis_eval::statistics::quantile;
use mantis_models::pooled::{Case, Question};
use ndarray::Array2;

use super::World;
use crate::{Error, Result};

/// Minutes of a bar.
const BAR: usize = 60;
/// Blocks of a minute.
const BLOCKS: usize = 5;
/// Minutes of the validator's window for the volatility of first hits and of the moves against a bucket.
const WINDOW: usize = 7200;
/// Minutes of its window for the volatility of buckets.
const BUCKET_WINDOW: usize = 3600;
/// From one funding rate to the next, at most.
const FUNDING: Interval = Interval::hours(8);
/// Fewest assets that are ranked.
const RANKED: usize = 3;

/// Bars in so many minutes, at least one.
fn bars_in(minutes: usize) -> usize {
    ((minutes + BAR / 2) / BAR).max(1)
}

/// The questions of a challenge, with a case for each row that has an answer.
///
/// # Errors
/// [`Error::Usage`] for a binary challenge.
pub fn questions(challenge: &Challenge, world: &World) -> Result<Vec<Question>> {
    let minutes = challenge.blocks_ahead.map_or(0, |blocks| blocks as usize / BLOCKS);
    let horizon = bars_in(minutes);
    let first = || world.panel.bars(&world.symbols[0]).ok_or_else(|| absent(&world.symbols[0]));
    Ok(match challenge.loss {
        LossKind::Hitfirst => hitfirst(first()?, horizon),
        LossKind::Lbfgs => lbfgs(first()?, horizon),
        LossKind::RangeBreakoutMulti => vec![breakouts(world)?],
        LossKind::XsecRank => vec![ranks(world, Interval::hours(horizon as i64))?],
        LossKind::FundingXsec => vec![funding(world, Interval::hours(horizon as i64))?],
        LossKind::TradeMix => vec![trade_mix(world)?],
        other => {
            let ticker = &challenge.ticker;
            return Err(Error::usage(&format!("{ticker}: no questions for kind {other}")));
        }
    })
}

fn absent(symbol: &str) -> Error {
    mantis_features::Error::MissingSymbol { symbol: symbol.to_owned() }.into()
}

fn case(bars: &Bars, row: usize, later: usize, yes: bool) -> Case {
    Case { asset: 0, row, resolves_at: bars.known_at(later), side: 0.0, yes }
}

fn hitfirst(bars: &Bars, horizon: usize) -> Vec<Question> {
    let labels = hitfirst_labels(bars.close(), bars_in(WINDOW), horizon);
    let question = |name: &str, outcome: u8| Question {
        name: name.to_owned(),
        cases: labels
            .iter()
            .map(|&(label, t)| case(bars, t, t + horizon, label == outcome))
            .collect(),
    };
    vec![question("up_first", 0), question("down_first", 1)]
}

/// The five buckets, and for each of the four outer ones whether the price moved against it by 1/2, 1 or 2 deviations.
fn lbfgs(bars: &Bars, horizon: usize) -> Vec<Question> {
    let labels = make_bins(bars.close(), horizon, horizon, bars_in(BUCKET_WINDOW));
    let mut questions: Vec<Question> = (0..5_u8)
        .map(|bucket| Question {
            name: format!("bucket_{bucket}"),
            cases: labels
                .iter()
                .map(|&(label, t)| case(bars, t, t + horizon, label == bucket))
                .collect(),
        })
        .collect();
    let log: Vec<f64> = bars.close().iter().map(|price| price.ln()).collect();
    let later = log.get(horizon..).unwrap_or_default();
    let returns: Vec<f64> = later.iter().zip(&log).map(|(b, a)| b - a).collect();
    let window = bars_in(WINDOW);
    let sigmas = rolling_std(&returns, window);
    for bucket in [0_u8, 1, 3, 4] {
        for (name, factor) in [("half", 0.5), ("one", 1.0), ("two", 2.0)] {
            let one = |&(label, t): &(u8, usize)| {
                let sigma = *sigmas.get((t + 1).checked_sub(window)?)?;
                if label != bucket || sigma <= 0.0 {
                    return None;
                }
                let span = t + 1..=t + horizon;
                // Against a falling bucket is up, against a rising one down.
                let moved = if bucket < 2 {
                    bars.high()[span].iter().fold(f64::MIN, |m, &x| m.max(x)).ln() - log[t]
                } else {
                    log[t] - bars.low()[span].iter().fold(f64::MAX, |m, &x| m.min(x)).ln()
                };
                Some(case(bars, t, t + horizon, moved >= factor * sigma))
            };
            let cases = labels.iter().filter_map(one).collect();
            questions.push(Question { name: format!("against_{bucket}_{name}"), cases });
        }
    }
    questions
}

/// Whether a breakout continues, with its side as a further input.
fn breakouts(world: &World) -> Result<Question> {
    let default = BreakoutProfile::default();
    let profile = BreakoutProfile {
        range_lookback_blocks: default.range_lookback_blocks / BAR as i64,
        max_pending_blocks: default.max_pending_blocks / BAR as i64,
        ..default
    };
    let hour = Interval::HOUR.as_micros();
    let mut cases = Vec::new();
    for (asset, symbol) in world.symbols.iter().enumerate() {
        let bars = world.panel.bars(symbol).ok_or_else(|| absent(symbol))?;
        let hours: Vec<i64> =
            (0..bars.len()).map(|row| bars.known_at(row).as_micros() / hour).collect();
        let prices = hours.iter().copied().zip(bars.close().iter().copied());
        for event in replay_breakouts(prices, &profile) {
            let Ok(row) = hours.binary_search(&event.trigger_sidx) else { continue };
            let resolved = event.resolution_block / BLOCKS as i64;
            cases.push(Case {
                asset,
                row,
                resolves_at: Timestamp::from_micros(resolved * hour),
                side: f32::from(event.direction),
                yes: event.label == 1,
            });
        }
    }
    Ok(Question { name: "continues".to_owned(), cases })
}

/// The side on which a breakout would be now; 0 for other kinds of challenge.
pub(super) fn side(kind: LossKind, panel: &Panel, symbol: &str) -> f32 {
    if kind != LossKind::RangeBreakoutMulti {
        return 0.0;
    }
    let lookback = BreakoutProfile::default().range_lookback_blocks as usize / BLOCKS / BAR;
    let Some(bars) = panel.bars(symbol).filter(|bars| !bars.is_empty()) else { return 0.0 };
    let recent = &bars.close()[bars.len().saturating_sub(lookback)..];
    let high = recent.iter().fold(f64::MIN, |m, &x| m.max(x));
    let low = recent.iter().fold(f64::MAX, |m, &x| m.min(x));
    if recent[recent.len() - 1] >= f64::midpoint(high, low) { 1.0 } else { -1.0 }
}

/// Cases of all assets of which `change` knows a value at a time, by whether it is above the median of the time.
fn above_median(
    world: &World,
    name: &str,
    horizon: Interval,
    change: impl Fn(&str, &Bars, usize) -> Option<f64>,
) -> Result<Question> {
    let mut by_time: std::collections::BTreeMap<Timestamp, Vec<(usize, usize, f64)>> =
        std::collections::BTreeMap::new();
    for (asset, symbol) in world.symbols.iter().enumerate() {
        let bars = world.panel.bars(symbol).ok_or_else(|| absent(symbol))?;
        for row in 0..bars.len() {
            if let Some(value) = change(symbol, bars, row) {
                by_time.entry(bars.known_at(row)).or_default().push((asset, row, value));
            }
        }
    }
    let mut cases = Vec::new();
    for (time, found) in by_time {
        if found.len() < RANKED {
            continue;
        }
        let values: Vec<f64> = found.iter().map(|f| f.2).collect();
        let median = quantile(&values, 0.5)?;
        cases.extend(found.into_iter().map(|(asset, row, value)| Case {
            asset,
            row,
            resolves_at: time + horizon,
            side: 0.0,
            yes: value > median,
        }));
    }
    Ok(Question { name: name.to_owned(), cases })
}

/// Whether the return is above the median of the assets.
fn ranks(world: &World, horizon: Interval) -> Result<Question> {
    above_median(world, "above_median", horizon, |_, bars, row| {
        let later = bars.position(bars.open_time()[row] + horizon)?;
        Some(bars.close()[later] / bars.close()[row] - 1.0)
    })
}

/// Whether the funding rate changes by more than the median of the assets.
fn funding(world: &World, horizon: Interval) -> Result<Question> {
    let rate = |symbol: &str, time: Timestamp| {
        let series = world.panel.series(symbol, SeriesKind::FundingRate)?;
        let known = series.known_at();
        // The next rate is due by then: an older one is not in force.
        let at = known.partition_point(|&known| known <= time).checked_sub(1)?;
        (time - known[at] < FUNDING).then(|| series.values()[at])
    };
    above_median(world, "above_median", horizon, |symbol, bars, row| {
        let (now, later) = (bars.known_at(row), bars.known_at(row) + horizon);
        // The time then must have come.
        (bars.known_at(bars.len() - 1) >= later).then_some(())?;
        Some(rate(symbol, later)? - rate(symbol, now)?)
    })
}

/// Whether an asset's return without its market part is positive over the validator's middle horizon.
fn trade_mix(world: &World) -> Result<Question> {
    let profile = TradeMixProfile::default();
    let horizon = profile.horizons_hours[profile.horizons_hours.len() / 2];
    let bars: Vec<&Bars> = world
        .symbols
        .iter()
        .map(|symbol| world.panel.bars(symbol).ok_or_else(|| absent(symbol)))
        .collect::<Result<_>>()?;
    // Hours at which all assets have a price.
    let rows: Vec<Vec<usize>> = (0..bars[0].len())
        .filter_map(|row| {
            let open = bars[0].open_time()[row];
            bars.iter().map(|bars| bars.position(open)).collect::<Option<Vec<usize>>>()
        })
        .collect();
    let prices =
        Array2::from_shape_fn((rows.len(), bars.len()), |(t, a)| bars[a].close()[rows[t][a]]);
    let market = MarketModel::new(prices.view(), &profile);
    let mut cases = Vec::new();
    for t in profile.warmup_hours..rows.len().saturating_sub(horizon) {
        for asset in 0..bars.len() {
            let sum: f64 = (t + 1..=t + horizon).map(|k| market.residual[[k, asset]]).sum();
            cases.push(Case {
                asset,
                row: rows[t][asset],
                resolves_at: bars[asset].known_at(rows[t + horizon][asset]),
                side: 0.0,
                yes: sum > 0.0,
            });
        }
    }
    Ok(Question { name: "residual_up".to_owned(), cases })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mantis_data::{BarColumns, ChallengeTable, Series};

    fn start() -> Timestamp {
        Timestamp::parse("2024-01-01").unwrap()
    }

    fn bars(symbol: &str, close: &[f64]) -> Bars {
        let open_time = (0..close.len()).map(|i| start() + Interval::hours(i as i64)).collect();
        let columns = BarColumns {
            open_time,
            open: close.to_vec(),
            high: close.iter().map(|c| c * 1.001).collect(),
            low: close.iter().map(|c| c * 0.999).collect(),
            close: close.to_vec(),
            volume: vec![1.0; close.len()],
        };
        Bars::new(symbol, Interval::HOUR, columns).unwrap()
    }

    fn world(closes: &[(&str, Vec<f64>)]) -> World {
        let mut panel = Panel::new(Interval::HOUR);
        for (symbol, close) in closes {
            panel.add_bars(symbol, bars(symbol, close)).unwrap();
        }
        let symbols = closes.iter().map(|(symbol, _)| (*symbol).to_owned()).collect();
        World { panel, symbols, absent: Vec::new() }
    }

    fn ask(ticker: &str, world: &World) -> Vec<Question> {
        let table = ChallengeTable::profile("2026-07").unwrap();
        questions(table.get(ticker).unwrap(), world).unwrap()
    }

    fn wavy(n: usize, phase: f64) -> Vec<f64> {
        (0..n)
            .map(|i| 100.0 * (0.02 * (i as f64 * 0.7 + phase).sin() + 0.0001 * i as f64).exp())
            .collect()
    }

    #[test]
    fn every_case_resolves_after_its_bar_closes_and_by_the_horizon() {
        let closes: Vec<(&str, Vec<f64>)> = [("BTC", 0.0), ("ETH", 1.0), ("SOL", 2.0)]
            .map(|(symbol, phase)| (symbol, wavy(600, phase)))
            .to_vec();
        let world = world(&closes);
        for (ticker, hours, expected) in [
            ("ETHHITFIRST", 2, 2),
            ("ETHLBFGS", 1, 17),
            ("BTCLBFGS", 6, 17),
            ("MULTIXSEC", 4, 1),
            ("TRADEMIX", 24, 1),
        ] {
            let questions = ask(ticker, &world);
            assert_eq!(questions.len(), expected, "{ticker}");
            assert!(questions.iter().any(|q| !q.cases.is_empty()), "{ticker}");
            for case in questions.iter().flat_map(|q| &q.cases) {
                let known =
                    world.panel.bars(&world.symbols[case.asset]).unwrap().known_at(case.row);
                assert_eq!(case.resolves_at - known, Interval::hours(hours), "{ticker}");
            }
        }
    }

    /// A world with funding rates every eight hours.
    fn funded(n: usize) -> World {
        let closes =
            [("BTC", 0.0), ("ETH", 1.0), ("SOL", 2.0)].map(|(s, phase)| (s, wavy(n, phase)));
        let mut world = world(&closes);
        for (at, symbol) in ["BTC", "ETH", "SOL"].into_iter().enumerate() {
            let times: Vec<Timestamp> =
                (0..n as i64 / 8).map(|i| start() + Interval::hours(8 * i)).collect();
            let rates = (0..times.len()).map(|i| 1e-4 * ((i * (at + 2)) as f64).sin()).collect();
            let series = Series::new(symbol, times, rates).unwrap();
            world.panel.add_series(symbol, SeriesKind::FundingRate, series).unwrap();
        }
        world
    }

    /// The cases of a question by asset and row.
    fn by_row(question: &Question) -> std::collections::BTreeMap<(usize, usize), Case> {
        question.cases.iter().map(|case| ((case.asset, case.row), *case)).collect()
    }

    #[test]
    fn a_label_is_known_when_it_resolves_and_not_before() {
        let world = funded(900);
        for ticker in [
            "ETHHITFIRST",
            "ETHLBFGS",
            "BTCLBFGS",
            "MULTIBREAKOUT",
            "MULTIXSEC",
            "FUNDINGXSEC",
            "TRADEMIX",
        ] {
            let all = ask(ticker, &world);
            assert!(all.iter().any(|question| !question.cases.is_empty()), "{ticker}");
            for at in [0.6, 0.8, 0.95] {
                for question in &all {
                    let n = question.cases.len();
                    if n == 0 {
                        continue;
                    }
                    let case = question.cases[(n as f64 * at) as usize];
                    let seen = |time: Timestamp| {
                        let known = World { panel: world.panel.as_of(time), ..world.clone() };
                        let questions = ask(ticker, &known);
                        let same = questions.iter().find(|q| q.name == question.name).unwrap();
                        by_row(same).get(&(case.asset, case.row)).copied()
                    };
                    let name = &question.name;
                    assert_eq!(seen(case.resolves_at), Some(case), "{ticker} {name}");
                    let before = case.resolves_at - Interval::HOUR;
                    assert_eq!(seen(before), None, "{ticker} {name}: an hour before");
                }
            }
        }
    }

    #[test]
    fn buckets_exclude_each_other_and_moves_are_asked_of_their_bucket_alone() {
        let world = world(&[("ETH", wavy(600, 0.0))]);
        let questions = ask("ETHLBFGS", &world);
        let rows = questions[0].cases.len();
        for i in 0..rows {
            assert_eq!(questions[..5].iter().filter(|q| q.cases[i].yes).count(), 1);
        }
        for (at, bucket) in [0, 1, 3, 4].into_iter().enumerate() {
            let of_bucket: Vec<usize> =
                questions[bucket].cases.iter().filter(|c| c.yes).map(|c| c.row).collect();
            let moves = &questions[5 + 3 * at..8 + 3 * at];
            for question in moves {
                assert!(
                    question.cases.iter().all(|c| of_bucket.contains(&c.row)),
                    "{}",
                    question.name
                );
            }
            // Who moves two deviations has moved one and a half of one before.
            for i in 0..moves[0].cases.len() {
                assert!(!moves[2].cases[i].yes || moves[1].cases[i].yes);
                assert!(!moves[1].cases[i].yes || moves[0].cases[i].yes);
            }
        }
    }

    #[test]
    fn ranks_are_above_the_median_of_those_with_a_price() {
        let rise = |rate: f64| (0..10).map(|i| 100.0 * (rate * f64::from(i)).exp()).collect();
        let world = world(&[("A", rise(0.01)), ("B", rise(0.02)), ("C", rise(0.03))]);
        let question = ranks(&world, Interval::hours(4)).unwrap();
        assert_eq!(question.cases.len(), 3 * 6, "the last four hours have no outcome");
        assert!(question.cases.iter().all(|case| case.yes == (case.asset == 2)));
        let two = super::World { symbols: world.symbols[..2].to_vec(), ..world };
        assert!(ranks(&two, Interval::hours(4)).unwrap().cases.is_empty(), "two are too few");
    }

    #[test]
    fn a_funding_rate_is_the_last_one_known_and_an_unknown_one_is_no_label() {
        let flat = vec![100.0; 30];
        let mut world = world(&[("A", flat.clone()), ("B", flat.clone()), ("C", flat)]);
        for (symbol, step) in [("A", 1e-4), ("B", 2e-4), ("C", 3e-4)] {
            let times: Vec<Timestamp> = (0..3).map(|i| start() + Interval::hours(8 * i)).collect();
            let rates: Vec<f64> = (0..3).map(|i| step * f64::from(i)).collect();
            let series = Series::new(symbol, times, rates).unwrap();
            world.panel.add_series(symbol, SeriesKind::FundingRate, series).unwrap();
        }
        let question = funding(&world, Interval::hours(8)).unwrap();
        // The last rate is of hour 16 and in force until hour 24, so that the change over 8 hours is known of bars closed by hour 15.
        let last = question.cases.iter().map(|case| case.row).max();
        assert_eq!(last, Some(14));
        assert!(question.cases.iter().all(|case| case.yes == (case.asset == 2)));
    }

    #[test]
    fn a_breakout_has_a_side_and_resolves_at_its_barrier() {
        // Four days between 99 and 101, then up through the top and on by a quarter of the range.
        let mut close: Vec<f64> = (0..110).map(|i| if i % 2 == 0 { 99.0 } else { 101.0 }).collect();
        close.extend([101.2, 101.4, 102.0, 102.0]);
        let world = world(&[("BTC", close)]);
        let question = breakouts(&world).unwrap();
        assert_eq!(question.cases.len(), 1);
        let case = question.cases[0];
        let bars = world.panel.bars("BTC").unwrap();
        assert_eq!((case.row, case.side, case.yes), (110, 1.0, true));
        assert_eq!(case.resolves_at, bars.known_at(112));
        assert_eq!(side(LossKind::RangeBreakoutMulti, &world.panel, "BTC"), 1.0);
        assert_eq!(side(LossKind::XsecRank, &world.panel, "BTC"), 0.0);
    }
}
