use super::rows::Rows;
use super::*;
use crate::competitors::Family;
use mantis_data::BarColumns;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::ops::ControlFlow;
use std::sync::LazyLock;

/// A random walk of hourly bars, with the bars `gap` hours missing.
pub(crate) fn hourly_bars_with_gap(n: usize, seed: u64, gap: std::ops::Range<usize>) -> Bars {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let start = Timestamp::parse("2025-01-01").unwrap();
    let (open_time, open, high) = (Vec::new(), Vec::new(), Vec::new());
    let (low, close, volume) = (Vec::new(), Vec::new(), Vec::new());
    let mut columns = BarColumns { open_time, open, high, low, close, volume };
    let mut price = 100.0_f64;
    for i in 0..n {
        let next = price * f64::exp(rng.gen_range(-0.006..0.006));
        if !gap.contains(&i) {
            columns.open_time.push(start + Interval::hours(i64::try_from(i).unwrap()));
            columns.open.push(price);
            columns.close.push(next);
            columns.high.push(price.max(next) * 1.002);
            columns.low.push(price.min(next) * 0.998);
            columns.volume.push(1.0);
        }
        price = next;
    }
    Bars::new("walk", Interval::HOUR, columns).unwrap()
}

pub(crate) fn hourly_bars(n: usize, seed: u64) -> Bars {
    hourly_bars_with_gap(n, seed, 0..0)
}

/// Embeddings of somebody who knows `skill` of the next hour's return.
pub(crate) fn skilled(bars: &Bars, skill: f64) -> Vec<TimedEmbedding> {
    let mut rng = ChaCha8Rng::seed_from_u64(99);
    (0..bars.len() - 1)
        .map(|i| {
            let next = (bars.close()[i + 1] / bars.close()[i]).ln() / 0.006;
            let x = (skill * next + (1.0 - skill) * rng.gen_range(-1.0..1.0)) as f32;
            (bars.known_at(i), [-x, x])
        })
        .collect()
}

fn small_field() -> Vec<Competitor> {
    let families = [
        Family::Noise,
        Family::Fade { hours: 2 },
        Family::Constant { value: 0.5 },
        Family::DelayedCopy { hours: 5 },
    ];
    let named =
        |(i, family): (usize, Family)| Competitor { name: format!("c{i}"), family, seed: i as u64 };
    families.into_iter().enumerate().map(named).collect()
}

static PROFILE: LazyLock<ScoringProfile> = LazyLock::new(ScoringProfile::default);

fn input<'a>(
    bars: &'a Bars,
    mine: &'a [TimedEmbedding],
    competitors: &'a [Competitor],
) -> SimulationInput<'a> {
    SimulationInput {
        bars,
        minutes: None,
        days: 12,
        mine,
        competitors,
        seed: 5,
        profile: &PROFILE,
        threads: 1,
        surrogate: Surrogate::Off,
    }
}

fn go_on(_: usize, _: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn skill_is_paid_and_threads_change_nothing() {
    let bars = hourly_bars(700, 2);
    let (mine, field) = (skilled(&bars, 0.4), small_field());
    let one =
        SimulationInput { surrogate: Surrogate::KeepEmbeddings, ..input(&bars, &mine, &field) };
    let report = simulate_pay(&one, &mut go_on).unwrap();
    assert_eq!((report.my_rank, report.rows, report.warm_up_rows), (1, 12 * 1440, 4060));
    assert!(report.my_share > 2.0 * report.uniform_share, "{report:?}");
    assert!(report.surrogate_share.unwrap() < report.my_share, "{report:?}");
    let paid: f64 = report.ranking.iter().map(|r| r.share).sum();
    assert!((paid - 1.0).abs() < 1e-12);
    let two = simulate_pay(&SimulationInput { threads: 2, ..one }, &mut go_on).unwrap();
    assert_eq!(report, two);
}

#[test]
fn the_model_can_be_run_again_on_the_flipped_bars() {
    let bars = hourly_bars(700, 2);
    let (mine, field) = (skilled(&bars, 0.4), small_field());
    let model = |flipped: &Bars| skilled(flipped, 0.4);
    let keep =
        SimulationInput { surrogate: Surrogate::KeepEmbeddings, ..input(&bars, &mine, &field) };
    let rerun = SimulationInput { surrogate: Surrogate::Rerun(&model), ..keep };
    let surrogate =
        |input: &SimulationInput<'_>| simulate_pay(input, &mut go_on).unwrap().surrogate_share;
    // This "model" peeks, so it earns on the flipped bars as well: the control that must be seen.
    assert!(surrogate(&rerun) > Some(0.2));
    assert!(surrogate(&rerun) > surrogate(&keep));
}

#[test]
fn a_row_carries_what_was_known_at_its_minute() {
    let bars = hourly_bars(100, 4);
    let span = Span::last_days(&bars, 2).unwrap();
    assert_eq!(span.end(), bars.known_at(99));
    let path = MinutePath::bridge(&bars, span.start, span.end(), 1).unwrap();
    let switch = span.start + Interval::minutes(100);
    let after = span.last + Interval::MINUTE;
    let stream = vec![(span.start, [0.5, 0.5]), (switch, [0.25, 0.25]), (after, [1.0, 1.0])];
    let rows = Rows::new(span, &path, &[stream]).unwrap();
    assert_eq!(rows.returns.len(), 2 * 1440);
    assert_eq!(rows.embeddings[[99, 0]], 0.5);
    assert_eq!(rows.embeddings[[100, 0]], 0.25);
    assert!(rows.embeddings.iter().all(|&v| v != 1.0));
    // The last row of the span is a whole hour before the last close.
    let expected = bars.close()[99] / bars.close()[98] - 1.0;
    assert!((f64::from(rows.returns[2 * 1440 - 1]) - expected).abs() < 1e-7);
}

#[test]
fn rows_without_a_submission_or_with_a_dead_price_are_dropped() {
    let bars = hourly_bars(100, 4);
    let span = Span::last_days(&bars, 1).unwrap();
    let path = MinutePath::bridge(&bars, span.start, span.end(), 1).unwrap();
    let late = vec![(span.start + Interval::minutes(40), [0.5, 0.5])];
    assert_eq!(Rows::new(span, &path, &[late]).unwrap().returns.len(), 1400);

    let minutes = |price: &dyn Fn(i64) -> f64| {
        let n = 1440 + 60;
        let open_time = (0..=n).map(|i| span.start + Interval::minutes(i - 1)).collect();
        let close: Vec<f64> = (0..=n).map(price).collect();
        let (open, high, low) = (close.clone(), close.clone(), close.clone());
        let volume = vec![0.0; close.len()];
        let columns = BarColumns { open_time, open, high, low, close, volume };
        Bars::new("minutes", Interval::MINUTE, columns).unwrap()
    };
    // Still from row 100 to row 199: the first price and fifteen repeats are kept.
    let still = minutes(&|i| if (100..200).contains(&i) { 50.0 } else { 60.0 + i as f64 });
    let path = MinutePath::recorded(&still, span.start, span.end()).unwrap();
    let always = vec![(span.start, [0.5, 0.5])];
    assert_eq!(Rows::new(span, &path, &[always]).unwrap().returns.len(), 1440 - (100 - 16));
}

#[test]
fn the_bridge_passes_through_every_close_whatever_the_span() {
    let bars = hourly_bars_with_gap(60, 8, 20..23);
    let (from, to) = (bars.known_at(1), bars.known_at(bars.len() - 1));
    let path = MinutePath::bridge(&bars, from, to, 3).unwrap();
    for i in 1..bars.len() {
        assert_eq!(path.price_at(bars.known_at(i)), Some(bars.close()[i]));
    }
    let later = MinutePath::bridge(&bars, bars.known_at(9) + Interval::minutes(7), to, 3).unwrap();
    let minute = bars.known_at(10) + Interval::minutes(31);
    assert_eq!(path.price_at(minute), later.price_at(minute));
    assert_ne!(path, MinutePath::bridge(&bars, from, to, 4).unwrap());
    assert_eq!(path.price_at(to + Interval::MINUTE), None);
    assert_eq!(path.price_at(from - Interval::MINUTE), None);
    assert_eq!(path.price_at(from + Interval::from_micros(1)), None);
}

#[test]
fn the_bridge_has_the_variance_of_the_range() {
    let bars = hourly_bars(2000, 8);
    let (from, to) = (bars.known_at(0), bars.known_at(bars.len() - 1));
    let path = MinutePath::bridge(&bars, from, to, 3).unwrap();
    let at = |t: Timestamp| path.price_at(t).unwrap().ln();
    let (mut got, mut expected) = (0.0, 0.0);
    for i in 1..bars.len() {
        let start = bars.known_at(i - 1);
        for m in 0..60 {
            let t = start + Interval::minutes(m);
            got += (at(t + Interval::MINUTE) - at(t)).powi(2);
        }
        let range = (bars.high()[i] / bars.low()[i]).ln();
        let variance = range.powi(2) / (4.0 * std::f64::consts::LN_2);
        // Pinning both ends takes one of sixty free steps and adds the drift.
        let drift = (bars.close()[i] / bars.close()[i - 1]).ln();
        expected += variance * 59.0 / 60.0 + drift.powi(2) / 60.0;
    }
    assert!((got / expected - 1.0).abs() < 0.02, "{got} {expected}");
}

#[test]
fn flipping_keeps_the_size_of_every_move() {
    let bars = hourly_bars(300, 6);
    let flipped = sign_flip(&bars, 1).unwrap();
    let returns =
        |b: &Bars| -> Vec<f64> { b.close().windows(2).map(|w| (w[1] / w[0]).ln()).collect() };
    let same = returns(&bars).iter().zip(returns(&flipped)).filter(|(a, b)| **a * b > 0.0).count();
    assert!((100..200).contains(&same));
    for (a, b) in returns(&bars).iter().zip(returns(&flipped)) {
        assert!((a.abs() - b.abs()).abs() < 1e-12);
    }
    assert_eq!(flipped, sign_flip(&bars, 1).unwrap());
}

#[test]
fn bad_input_is_an_error() {
    let bars = hourly_bars(320, 2);
    let (mine, field) = (skilled(&bars, 0.4), small_field());
    let good = input(&bars, &mine, &field);
    let fails = |input: SimulationInput<'_>| simulate_pay(&input, &mut go_on).unwrap_err();
    let too_long = SimulationInput { days: 20, ..good };
    assert!(matches!(fails(too_long), Error::TooShort { .. }));
    assert!(matches!(fails(SimulationInput { days: 0, ..good }), Error::Parameter { .. }));
    assert!(matches!(fails(SimulationInput { threads: 0, ..good }), Error::Parameter { .. }));
    let doubled = [mine[0], mine[0]];
    assert!(matches!(fails(SimulationInput { mine: &doubled, ..good }), Error::NotRising { .. }));
    let wild = [(mine[0].0, [2.0, 0.0])];
    assert!(matches!(fails(SimulationInput { mine: &wild, ..good }), Error::Parameter { .. }));
    let named_me = [Competitor { name: ME.to_owned(), family: Family::Noise, seed: 1 }];
    let twice = SimulationInput { competitors: &named_me, ..good };
    assert!(matches!(fails(twice), Error::Duplicate { .. }));
    let stopped = simulate_pay(&good, &mut |_, _| ControlFlow::Break(()));
    assert!(matches!(stopped, Err(Error::Stopped { .. })));
}

fn study_input<'a>(
    bars: &'a Bars,
    model: &'a dyn Fn(&Bars) -> std::result::Result<Vec<TimedEmbedding>, ModelError>,
    competitors: &'a [Competitor],
) -> StudyInput<'a> {
    StudyInput {
        bars,
        minutes: None,
        model,
        competitors,
        scored_rows: 12 * 1440 - 4060,
        blocks: 1_500,
        checks: 3,
        surrogates: 2,
        copies: true,
        seed: 5,
        profile: &PROFILE,
        threads: 1,
    }
}

#[test]
fn a_study_shows_skill_chance_and_copies_beside_each_other() {
    let bars = hourly_bars(700, 2);
    let field = small_field();
    let model = |bars: &Bars| Ok(skilled(bars, 0.4));
    let real = bars.clone();
    // It knows the future of the real history, and nothing of those with random signs.
    let blind = |bars: &Bars| Ok(skilled(if bars == &real { bars } else { &real }, 0.4));
    let whole = study_input(&bars, &blind, &field);
    let report = study(&whole, &mut go_on).unwrap();
    assert_eq!((report.pay.rows, report.pay.warm_up_rows), (12 * 1440, 4060));
    assert_eq!(report.consistency.standings.len(), 3);
    assert_eq!(report.consistency.standings[2].share, report.pay.my_share);
    // The newest scoring is the one of `simulate_pay`.
    let mine = skilled(&bars, 0.4);
    let alone = input(&bars, &mine, &field);
    let alone = simulate_pay(&alone, &mut go_on).unwrap();
    assert_eq!((alone.ranking, alone.from), (report.pay.ranking.clone(), report.pay.from));
    assert_eq!(report.pay.my_rank, 1);
    let worst = report.consistency.worst();
    assert!(!report.passes(100.5) && report.passes(90.0) == (worst >= 90.0), "{report:?}");
    assert!(report.surrogates.iter().all(|s| s.share < report.pay.my_share), "{report:?}");
    // An exact copy is merged into the smaller name: together they earn what one earns.
    let exact = &report.copies[0];
    assert_eq!(exact.copy, "twin");
    assert!(exact.gain().abs() < 0.25 && exact.theirs == 0.0, "{exact:?}");

    let peeking = study(&study_input(&bars, &model, &field), &mut go_on).unwrap();
    assert!(peeking.surrogates[0].share > report.surrogates[0].share);
    let two = study(&StudyInput { threads: 2, ..whole }, &mut go_on).unwrap();
    assert_eq!(report, two);
}

#[test]
fn an_exact_copy_among_many_does_not_take_the_users_pay() {
    let bars = hourly_bars(1_500, 2);
    let mine = skilled(&bars, 0.6);
    let field = crate::competitors::field(16, 3, 4);
    let twin = field.iter().find(|c| c.family == Family::NearClone { amplitude: 0.0 }).unwrap();
    assert!(twin.name.as_str() > ME, "{}", twin.name);
    let report = simulate_pay(&input(&bars, &mine, &field), &mut go_on).unwrap();
    assert_eq!((report.my_rank, report.ranking.len()), (1, 17), "{:?}", report.ranking);
    assert_eq!(report.ranking.iter().find(|r| r.name == twin.name).unwrap().share, 0.0);
}

#[test]
fn a_study_names_what_is_wrong() {
    let bars = hourly_bars(900, 2);
    let field = small_field();
    let fails = |_: &Bars| Err("no weights".into());
    let good = |bars: &Bars| Ok(skilled(bars, 0.4));
    let error = study(&study_input(&bars, &fails, &field), &mut go_on).unwrap_err();
    assert!(error.to_string().contains("no weights"));
    let input = study_input(&bars, &good, &field);
    let long = StudyInput { scored_rows: 86_000, ..input };
    assert!(matches!(study(&long, &mut go_on), Err(Error::Parameter { .. })));
    let once = StudyInput { checks: 1, ..input };
    assert!(matches!(study(&once, &mut go_on), Err(Error::Parameter { .. })));
}
