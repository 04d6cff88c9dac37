use super::*;
use crate::simulate::tests::{hourly_bars, skilled};

fn market<'a>(bars: &'a Bars, mine: &'a [TimedEmbedding]) -> Market<'a> {
    Market { bars, mine, span_start: bars.known_at(bars.len() - 300) }
}

#[test]
fn nobody_looks_ahead() {
    let bars = hourly_bars(1500, 3);
    let mine = skilled(&bars, 0.5);
    let span_start = bars.known_at(900);
    // A fit on what comes between the start of the span and the second cut would show at the first.
    for (cut, competitor) in [901, 1400]
        .map(|row| bars.known_at(row))
        .into_iter()
        .flat_map(|cut| field(24, 11, 0).into_iter().map(move |c| (cut, c)))
    {
        let past = bars.as_of(cut);
        let all = competitor.embeddings(&Market { bars: &bars, mine: &mine, span_start }).unwrap();
        let until: Vec<_> = mine.iter().copied().filter(|(t, _)| *t <= cut).collect();
        let early =
            competitor.embeddings(&Market { bars: &past, mine: &until, span_start }).unwrap();
        let known = |e: &[TimedEmbedding]| -> Vec<TimedEmbedding> {
            e.iter().copied().filter(|(t, _)| *t <= cut).collect()
        };
        assert_eq!(known(&all), known(&early), "{}", competitor.name);
        assert!(!known(&all).is_empty(), "{}", competitor.name);
    }
}

#[test]
fn embeddings_are_valid_and_rise_in_time() {
    let bars = hourly_bars(1200, 5);
    let mine = skilled(&bars, 0.5);
    for competitor in field(24, 2, 3) {
        let embeddings = competitor.embeddings(&market(&bars, &mine)).unwrap();
        assert!(embeddings.windows(2).all(|w| w[0].0 < w[1].0), "{}", competitor.name);
        for (_, [down, up]) in embeddings {
            assert!(down.abs() <= 1.0 && up.abs() <= 1.0, "{}", competitor.name);
        }
    }
}

#[test]
fn a_fade_is_the_opposite_of_momentum() {
    let bars = hourly_bars(400, 1);
    let of = |family| {
        let competitor = Competitor { name: "x".to_owned(), family, seed: 0 };
        competitor.embeddings(&market(&bars, &[])).unwrap()
    };
    let (with, against) = (of(Family::Momentum { hours: 6 }), of(Family::Fade { hours: 6 }));
    for ((t, a), (u, b)) in with.iter().zip(&against) {
        assert_eq!((t, a.map(|v| -v)), (u, *b));
    }
}

#[test]
fn a_late_joiner_is_absent_first() {
    let bars = hourly_bars(600, 1);
    let market = market(&bars, &[]);
    let family = Family::LateJoiner { days: 3, of: Box::new(Family::Noise) };
    let late = Competitor { name: "late".to_owned(), family, seed: 1 };
    let first = late.embeddings(&market).unwrap()[0].0;
    assert_eq!(first, market.span_start + Interval::days(3));
}

#[test]
fn bad_parameters_and_short_histories_are_errors() {
    let bars = hourly_bars(400, 1);
    let market = market(&bars, &[]);
    for family in [
        Family::Momentum { hours: 0 },
        Family::Fade { hours: 0 },
        Family::DelayedCopy { hours: 0 },
        Family::Constant { value: 0.0 },
        Family::Constant { value: f32::NAN },
        Family::NearClone { amplitude: -1.0 },
    ] {
        let bad = Competitor { name: "bad".to_owned(), family, seed: 1 };
        assert!(matches!(bad.embeddings(&market), Err(Error::Parameter { .. })), "{bad:?}");
    }
    for family in [Family::LaggedLogistic, Family::IndicatorLogistic, Family::BoostedTrees] {
        let fits = Competitor { name: "fits".to_owned(), family, seed: 1 };
        assert!(matches!(fits.embeddings(&market), Err(Error::TooShort { .. })));
    }
}

#[test]
fn names_are_unique_and_learners_say_something() {
    let names: std::collections::BTreeSet<String> =
        field(60, 1, 9).into_iter().map(|c| c.name).collect();
    assert_eq!(names.len(), 60);
    let bars = hourly_bars(1200, 5);
    for family in [Family::IndicatorLogistic, Family::BoostedTrees] {
        let competitor = Competitor { name: "x".to_owned(), family, seed: 1 };
        let said = competitor.embeddings(&market(&bars, &[])).unwrap();
        let values: std::collections::BTreeSet<u32> =
            said.iter().map(|(_, [_, up])| up.to_bits()).collect();
        assert!(values.len() > 20, "{} different values", values.len());
    }
}
