use mantis_data::{ManualClock, Timestamp};

use super::*;
use crate::error::Error;

fn failure(again: bool, after: Option<Duration>) -> Error {
    let (place, got) = ("host/path".into(), "503".to_owned());
    Error::Request { action: "store", place, got, hint: "wait", again, after, server_time: None }
}

fn start() -> Timestamp {
    Timestamp::parse("2026-01-01").unwrap()
}

/// Seconds after the start at which attempts were made, all of which failed.
fn attempts(retry: &Retry, again: bool, after: Option<Duration>) -> Vec<f64> {
    let clock = ManualClock::new(start());
    let mut times = Vec::new();
    let result: Result<()> = retry.run(&clock, || {
        times.push(clock.elapsed().as_secs_f64());
        Err(failure(again, after))
    });
    assert!(result.is_err());
    times
}

#[test]
fn waits_double_up_to_the_longest_and_end_in_time() {
    let times = attempts(&Retry::default(), true, None);
    assert!((8..=14).contains(&times.len()), "{times:?}");
    assert!(times.iter().all(|&time| time <= 40.0), "{times:?}");
    let mut longest = 0.5;
    for pair in times.windows(2) {
        let wait = pair[1] - pair[0];
        assert!((longest / 2.0 - 1e-3..=longest + 1e-3).contains(&wait), "{times:?}");
        longest = f64::min(longest * 2.0, 8.0);
    }
}

#[test]
fn jitter_depends_on_the_seed_only() {
    let retry = Retry::default();
    assert_eq!(attempts(&retry, true, None), attempts(&retry, true, None));
    assert_ne!(attempts(&retry, true, None), attempts(&Retry { seed: 1, ..retry }, true, None));
}

#[test]
fn final_errors_end_at_once_and_the_server_is_obeyed() {
    assert_eq!(attempts(&Retry::default(), false, None), [0.0]);
    let times = attempts(&Retry::default(), true, Some(Duration::from_secs(15)));
    assert_eq!(times, [0.0, 15.0, 30.0]);
    assert_eq!(attempts(&Retry::default(), true, Some(Duration::from_secs(60))), [0.0]);
}

#[test]
fn a_clock_that_is_set_back_does_not_prolong_the_attempts() {
    let clock = ManualClock::new(start());
    let mut count = 0;
    let result: Result<()> = Retry::default().run(&clock, || {
        count += 1;
        clock.set(start() + mantis_data::Interval::minutes(-10));
        Err(failure(true, None))
    });
    assert!(result.is_err());
    assert!((8..=14).contains(&count), "{count}");
}

#[test]
fn success_ends_it() {
    let clock = ManualClock::new(start());
    let mut count = 0;
    let third = Retry::default().run(&clock, || {
        count += 1;
        if count < 3 { Err(failure(true, None)) } else { Ok(count) }
    });
    assert_eq!(third.unwrap(), 3);
}

#[test]
fn a_wait_beyond_all_time_ends_the_attempts() {
    let times = attempts(&Retry::default(), true, Some(Duration::MAX));
    assert_eq!(times, [0.0]);
}
