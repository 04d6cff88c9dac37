use proptest::prelude::*;

use super::*;

fn at(micros_after_genesis: i64) -> Timestamp {
    Timestamp::from_micros(Beacon::quicknet().genesis().as_micros() + micros_after_genesis)
}

#[test]
fn rounds_start_at_genesis() {
    let beacon = Beacon::quicknet();
    assert_eq!(beacon.round_at(at(0)).unwrap(), 1);
    assert_eq!(beacon.round_at(at(2_999_999)).unwrap(), 1);
    assert_eq!(beacon.round_at(at(3_000_000)).unwrap(), 2);
    assert_eq!(beacon.time_of(1).unwrap(), beacon.genesis());
    assert!(matches!(beacon.round_at(at(-1)), Err(Error::BeforeGenesis { .. })));
    assert!(matches!(beacon.time_of(0), Err(Error::Round { got: 0, .. })));
    assert!(matches!(beacon.time_of(u64::MAX), Err(Error::Round { .. })));
    let far = beacon.target_round(Timestamp::from_micros(i64::MIN), Lock::default());
    assert!(matches!(far, Err(Error::BeforeGenesis { .. })));
}

#[test]
fn the_target_is_the_floor_that_upstream_takes() {
    let beacon = Beacon::quicknet();
    let lock = Lock::new(30).unwrap();
    // (30 + 1.5) / 3 = 10.5
    assert_eq!(beacon.target_round(at(1_500_000), lock).unwrap(), 10);
    assert_eq!(beacon.target_round(at(0), lock).unwrap(), 10);
    assert_eq!(beacon.target_round(at(-1), lock).unwrap(), 9);
}

#[test]
fn locks_have_limits() {
    for seconds in [0, 5, 3_501, u32::MAX] {
        let message = Lock::new(seconds).unwrap_err().to_string();
        assert!(message.contains(&format!("lock of {seconds} s: expected 6 to 3500 s")));
        assert!(message.contains("zeros"), "{message}");
    }
    assert_eq!(Lock::new(3_500).unwrap().warning(), None);
    assert_eq!(Lock::new(60).unwrap().warning(), None);
    let warning = Lock::new(59).unwrap().warning().unwrap().to_string();
    assert!(warning.contains("open the public object 59 s after"), "{warning}");
    assert!(serde_json::from_str::<Lock>("3501").is_err());
}

#[test]
fn only_the_signature_of_the_round_passes() {
    let beacon = Beacon::quicknet();
    let refused = |signature: &str| beacon.verify(1_000, signature).unwrap_err().to_string();
    assert!(refused("b4").contains("2 characters, expected 48 bytes"));
    assert!(refused(&"00".repeat(48)).contains("no point of the signature group"));
    let other = concat!(
        "b33bf3667cbd5a82de3a24b4e0e9fe5513cc1a0e840368c6e31f5fcfa79bea03",
        "f73896b25883abf2853d10337fb8fa41",
    );
    assert!(refused(other).contains("not the signature of round 1000"));
    assert!(beacon.verify(1_001, other).is_ok());
    // The point at infinity would satisfy the pairing for a key at infinity only.
    assert!(refused(&format!("c0{}", "00".repeat(47))).contains("pairing check fails"));
}

proptest! {
    #[test]
    fn the_target_is_out_three_to_six_seconds_before_the_lock_ends(
        now in 0_i64..2_000_000_000_000_000,
        seconds in Lock::MIN_SECONDS..=Lock::MAX_SECONDS,
    ) {
        let beacon = Beacon::quicknet();
        let round = beacon.target_round(at(now), Lock::new(seconds).unwrap()).unwrap();
        let early = now + i64::from(seconds) * 1_000_000
            - (beacon.time_of(round).unwrap().as_micros() - beacon.genesis().as_micros());
        prop_assert!((3_000_000..6_000_000).contains(&early), "{early}");
        prop_assert!(beacon.time_of(round).unwrap() > at(now));
        prop_assert_eq!(beacon.round_at(beacon.time_of(round).unwrap()).unwrap(), round);
    }

    #[test]
    fn every_time_and_round_has_an_answer(micros in any::<i64>(), round in any::<u64>()) {
        let _ = Beacon::quicknet().round_at(Timestamp::from_micros(micros));
        let _ = Beacon::quicknet().time_of(round);
    }
}
