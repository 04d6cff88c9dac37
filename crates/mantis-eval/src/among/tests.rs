use super::*;
use std::ops::ControlFlow;

fn shares(ticker: &str, weight: f64, of: &[(&str, f64)]) -> ChallengeShares {
    let shares = of.iter().map(|(h, s)| ((*h).to_owned(), *s)).collect();
    ChallengeShares {
        ticker: ticker.to_owned(),
        weight,
        shares,
        declined: None,
        cohorts: Vec::new(),
    }
}

#[test]
fn a_challenge_that_is_left_out_costs_what_it_paid() {
    let paid = [
        shares("A", 3.0, &[("me", 0.5), ("x", 0.5)]),
        shares("B", 1.0, &[("me", 0.2), ("x", 0.8)]),
        shares("C", 9.0, &[]),
        shares("D", 1.0, &[("x", 1.0)]),
    ];
    let total = aggregate(&paid)["me"];
    assert!((total - 1.7 / 5.0).abs() < 1e-15);
    let left = without_each(&paid, "me");
    let tickers: Vec<&str> = left.iter().map(|w| w.ticker.as_str()).collect();
    assert_eq!(tickers, ["A", "B"]);
    // The same as scoring the challenge with the user's share given to the others.
    let mut changed = paid.clone();
    changed[0] = shares("A", 3.0, &[("x", 1.0)]);
    assert!((left[0].share - aggregate(&changed)["me"]).abs() < 1e-15);
}

#[test]
fn the_burned_part_has_no_rank() {
    let of = BTreeMap::from([(BURN.to_owned(), 0.6), ("a".to_owned(), 0.3), ("b".to_owned(), 0.1)]);
    assert_eq!(place(&of, "a"), Place { share: 0.3, rank: 1 });
    assert_eq!(place(&of, "absent"), Place { share: 0.0, rank: 3 });
}

#[test]
fn nobody_is_called_as_the_burned_part() {
    let input = AmongInput {
        me: BURN,
        vectors: None,
        first_blocks: &BTreeMap::new(),
        block: 0,
        profile: &ScoringProfile::default(),
        threads: 1,
    };
    let none = std::iter::empty();
    let refused = among(none, &input, &mut |_, _| ControlFlow::Continue(()));
    assert!(matches!(refused, Err(Error::Parameter { .. })));
}
