use super::*;
use mantis_data::{Interval, Timestamp};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn mean(values: &[f64], rows: &[usize]) -> f64 {
    rows.iter().map(|&r| values[r]).sum::<f64>() / rows.len() as f64
}

/// Days whose hours share a part: an interval that ignores it is too narrow.
#[test]
fn the_interval_of_a_day_block_bootstrap_covers_the_truth() {
    let blocks: Vec<_> = (0..60).map(|day| day * 24..(day + 1) * 24).collect();
    let hours: Vec<_> = (0..60 * 24).map(|hour| hour..hour + 1).collect();
    let (mut by_day, mut by_hour) = (0, 0);
    for seed in 0..120 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut values = Vec::new();
        for _ in 0..60 {
            let shared: f64 = rng.gen_range(-1.0..1.0);
            values.extend((0..24).map(|_| shared + rng.gen_range(-1.0..1.0)));
        }
        let bootstrap = BlockBootstrap { replicates: 200, level: 0.9, seed };
        let covers = |blocks: &[std::ops::Range<usize>]| {
            let e = bootstrap.estimate(blocks, |rows| Ok(mean(&values, rows))).unwrap();
            usize::from(e.low <= 0.0 && 0.0 <= e.high)
        };
        by_day += covers(&blocks);
        by_hour += covers(&hours);
    }
    // 90 % of 120 is 108; resampling single hours pretends to know more.
    assert!((95..=118).contains(&by_day), "{by_day}");
    assert!(by_hour < 70, "{by_hour}");
}

#[test]
fn the_same_seed_draws_the_same_samples() {
    let values: Vec<f64> = (0..100).map(|i| f64::from(i % 13)).collect();
    let blocks: Vec<_> = (0..10).map(|b| b * 10..(b + 1) * 10).collect();
    let draw = |seed| {
        let bootstrap = BlockBootstrap { seed, replicates: 50, ..Default::default() };
        bootstrap.replicates(&blocks, |rows| Ok(mean(&values, rows))).unwrap()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn equal_models_do_not_differ() {
    let blocks: Vec<_> = (0..10).map(|b| b * 10..(b + 1) * 10).collect();
    let values: Vec<f64> = (0..100).map(|i| f64::from(i % 13)).collect();
    let of = |rows: &[usize]| Ok(mean(&values, rows));
    let found = paired_difference(&BlockBootstrap::default(), &blocks, of, of).unwrap();
    assert_eq!((found.difference.low, found.difference.high, found.p_value), (0.0, 0.0, 1.0));
}

#[test]
fn bad_input_is_refused() {
    let one = 0..1;
    let of = |_: &[usize]| Ok(0.0);
    let estimate = |b: BlockBootstrap| b.estimate(std::slice::from_ref(&one), of);
    assert!(estimate(BlockBootstrap { replicates: 0, ..Default::default() }).is_err());
    assert!(estimate(BlockBootstrap { level: 1.0, ..Default::default() }).is_err());
    assert!(BlockBootstrap::default().estimate(&[], of).is_err());
    let t = Timestamp::parse("2025-01-01").unwrap();
    assert!(day_blocks(&[t, t]).is_err());
    assert_eq!(day_blocks(&[t, t + Interval::days(3)]).unwrap(), [0..1, 1..2]);
}
