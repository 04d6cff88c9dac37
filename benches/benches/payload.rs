//! Sealing and opening a payload of the size that a miner uploads every minute.

use criterion::{Criterion, criterion_group, criterion_main};
use mantis_data::{ChallengeTable, Embedding, EmbeddingSet};
use mantis_submit::{
    Beacon, Hotkey, OwnerSecret, Payload, Plaintext, Sealer, open_owner, open_timelock,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use std::hint::black_box;

const SEED: u64 = 42;
const HOTKEY: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";
const ROUND: u64 = 1_000;
const SIGNATURE: &str = concat!(
    "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125",
    "e342b73a8dd2bacbe47e4b6b63ed5e39",
);

/// Every challenge of the current table, with digits as long as real ones.
fn plaintext() -> Plaintext {
    let table = ChallengeTable::profile("2026-07").expect("the current table");
    let embeddings = table.challenges().iter().map(|challenge| {
        let values = (1..=challenge.stored_dim).map(|i| (i as f64 * 0.618_033_988_749_895).fract());
        Embedding::new(challenge, values.collect()).expect("values from 0 to 1")
    });
    let set = EmbeddingSet::new(&table, embeddings.collect()).expect("a complete set");
    Plaintext::new(&set, &HOTKEY.parse::<Hotkey>().expect("an address"))
}

fn payload(criterion: &mut Criterion) {
    let mut rng = ChaCha20Rng::seed_from_u64(SEED);
    let owner = OwnerSecret::random(&mut rng);
    let sealer = Sealer::new(owner.public());
    let plaintext = plaintext();
    let signature = Beacon::quicknet().verify(ROUND, SIGNATURE).expect("a signature of the round");
    let sealed = sealer.seal_to_round(&plaintext, ROUND, &mut rng).expect("a payload");
    assert_eq!(open_owner(&sealed, &owner).expect("it opens"), plaintext);
    assert_eq!(open_timelock(&sealed, &signature).expect("it opens"), plaintext);
    let json = sealed.to_json();

    let mut group = criterion.benchmark_group("payload");
    group.bench_function("seal", |b| {
        b.iter(|| sealer.seal_to_round(black_box(&plaintext), ROUND, &mut rng));
    });
    // What a miner does before each upload: read back, seal a twin, open it by owner and beacon.
    group.bench_function("self_check", |b| {
        let object = json.as_bytes();
        b.iter(|| sealer.self_check(black_box(object), &plaintext, ROUND, &mut rng));
    });
    group.bench_function("parse", |b| b.iter(|| Payload::parse(black_box(json.as_bytes()))));
    group.bench_function("open_owner", |b| b.iter(|| open_owner(black_box(&sealed), &owner)));
    group.bench_function("open_timelock", |b| {
        b.iter(|| open_timelock(black_box(&sealed), &signature));
    });
    group.bench_function("verify_round", |b| {
        b.iter(|| Beacon::quicknet().verify(black_box(ROUND), SIGNATURE));
    });
    group.finish();
}

criterion_group!(benches, payload);
criterion_main!(benches);
