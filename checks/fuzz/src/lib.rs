//! One body for each reader of what others wrote: it takes any bytes, and panics only if something is wrong.
//!
//! The bodies run as property tests in every run of the tests, on the compiler that builds all else. Before a release
//! `scripts/fuzz.sh` runs each for ten minutes under libFuzzer, which sees the paths that its bytes take.

#![expect(
    clippy::unwrap_used,
    reason = "what a body makes for itself must be there; a panic is a finding"
)]

mod data;
mod eval;
mod files;
mod models;
mod submit;

/// A reader with something to begin with.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    /// What is read.
    pub name: &'static str,
    /// Reads bytes, and uses what comes out as the programs do; whether they were taken for what they should be.
    pub read: fn(&[u8]) -> bool,
    /// Bytes that are as they should be.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// The body of a name.
#[must_use]
pub fn body(name: &str) -> Option<&'static Body> {
    BODIES.iter().find(|body| body.name == name)
}

macro_rules! bodies {
    ($($name:ident: $module:ident;)*) => {
        /// All of them.
        pub const BODIES: &[Body] = &[$(Body {
            name: stringify!($name),
            read: $module::$name::read,
            seeds: $module::$name::seeds,
        }),*];

        #[cfg(test)]
        mod properties {
            $(#[test]
            fn $name() {
                crate::tests::check(stringify!($name));
            })*
        }
    };
}

bodies! {
    archive: data;
    archive_csv: data;
    bars_csv: data;
    bars_parquet: data;
    binance_answer: data;
    bybit_answer: data;
    challenges: data;
    manifest: data;
    plaintext: data;
    price_feed: data;
    rates_csv: data;
    rates_parquet: data;
    yahoo_chart: data;
    ledger: eval;
    run_log: eval;
    scoring: eval;
    artifact: models;
    plan: models;
    recipe: models;
    trees: models;
    config_py: submit;
    embeddings: submit;
    keyfile: submit;
    metadata: submit;
    miner_state: submit;
    payload: submit;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;
    use proptest::test_runner::{Config, TestRunner};

    /// What is done to a seed: where, with which byte, and how.
    type Change = (Index, u8, u8);

    /// Many formats say at their end, within so many bytes, what stands where.
    const TAIL: usize = 4_000;

    fn altered(mut bytes: Vec<u8>, changes: &[Change]) -> Vec<u8> {
        for (at, byte, kind) in changes {
            if bytes.is_empty() {
                return bytes;
            }
            let tail = bytes.len().saturating_sub(TAIL);
            let from = if *kind < 3 { tail } else { 0 };
            let at = from + at.index(bytes.len() - from);
            match kind {
                0..5 => bytes[at] = *byte,
                5 => bytes.truncate(at),
                6 => bytes.insert(at, *byte),
                _ => bytes.extend_from_within(at..(at + 20).min(bytes.len())),
            }
        }
        bytes
    }

    /// Takes the seeds, the seeds with changes, what follows their first bytes replaced, and bytes that mean nothing.
    pub(crate) fn check(name: &str) {
        let body = crate::body(name).unwrap();
        let seeds = (body.seeds)();
        // A body that takes nothing would pass whatever is wrong behind it.
        let taken = seeds.iter().filter(|seed| (body.read)(seed)).count();
        assert!(taken > 0, "{name}: none of its seeds is what it should be");
        for bytes in crate::files::found(name) {
            (body.read)(&bytes);
        }
        let longest = seeds.iter().map(Vec::len).max().unwrap_or(0);
        let mut config = Config { failure_persistence: None, ..Config::default() };
        #[expect(clippy::disallowed_methods, reason = "proptest takes its number from there")]
        if std::env::var_os("PROPTEST_CASES").is_none() {
            config.cases = if longest > 20_000 { 300 } else { 2_000 };
        }
        let seed = prop::sample::select(seeds);
        let head = (seed.clone(), 0..40_usize);
        let changes = prop::collection::vec((any::<Index>(), any::<u8>(), 0..8_u8), 1..8);
        let noise = prop::collection::vec(any::<u8>(), 0..400);
        let bytes = prop_oneof![
            6 => (seed, changes).prop_map(|(seed, changes)| altered(seed, &changes)),
            1 => (head, noise.clone()).prop_map(|((mut seed, length), noise)| {
                seed.truncate(length);
                [seed, noise].concat()
            }),
            1 => noise,
        ];
        let outcome = TestRunner::new(config).run(&bytes, |bytes| {
            (body.read)(&bytes);
            Ok(())
        });
        if let Err(error) = outcome {
            panic!("{name}: {error}");
        }
    }
}
