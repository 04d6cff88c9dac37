//! The public randomness beacon to whose rounds payloads are locked.

mod lock;

use std::fmt;

use ark_bls12_381::{G1Projective, G2Projective};
use ark_ec::PrimeGroup;
use ark_serialize::CanonicalDeserialize;
use mantis_data::Timestamp;
use sha2::{Digest, Sha256};
use timelock::engines::EngineBLS;
use timelock::engines::drand::TinyBLS381;

pub use lock::{Lock, LockWarning};

use crate::error::{Error, Result};
use crate::owner::decode_hex;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A drand beacon with unchained BLS signatures on G1: round `n` is published at
/// `genesis + (n - 1) * period`, and its signature opens what was locked to it.
///
/// Round numbers follow from the clock alone; no request is needed to seal.
///
/// ```
/// use mantis_data::Timestamp;
/// use mantis_submit::{Beacon, Lock};
///
/// let beacon = Beacon::quicknet();
/// let now = Timestamp::parse("2026-01-01")?;
/// let round = beacon.target_round(now, Lock::default())?;
/// let locked = beacon.time_of(round)?.as_secs() - now.as_secs();
/// assert!((3_294..=3_297).contains(&locked));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Beacon {
    public_key: G2Projective,
    public_key_hex: &'static str,
    chain_hash: &'static str,
    genesis: Timestamp,
    period_seconds: u32,
}

impl Beacon {
    /// drand's `quicknet` chain, a round every three seconds, which the subnet uses.
    ///
    /// Source: `https://api.drand.sh/v2/beacons/quicknet/info`.
    #[must_use]
    pub fn quicknet() -> Self {
        const PUBLIC_KEY: &str = concat!(
            "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c",
            "8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb",
            "5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
        );
        #[expect(clippy::expect_used, reason = "a constant that the tests read")]
        let public_key = decode_hex::<96>("beacon key", PUBLIC_KEY)
            .ok()
            .and_then(|bytes| G2Projective::deserialize_compressed(&bytes[..]).ok())
            .expect("the key of quicknet");
        Self {
            public_key,
            public_key_hex: PUBLIC_KEY,
            chain_hash: "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971",
            genesis: Timestamp::from_micros(1_692_803_367 * MICROS_PER_SECOND),
            period_seconds: 3,
        }
    }

    /// The key that verifies its signatures, a compressed point of G2 in hexadecimal digits.
    #[must_use]
    pub const fn public_key_hex(&self) -> &str {
        self.public_key_hex
    }

    /// Hash by which clients name the chain, in hexadecimal digits.
    #[must_use]
    pub const fn chain_hash(&self) -> &str {
        self.chain_hash
    }

    /// When round 1 was published.
    #[must_use]
    pub const fn genesis(&self) -> Timestamp {
        self.genesis
    }

    /// Seconds between rounds.
    #[must_use]
    pub const fn period_seconds(&self) -> u32 {
        self.period_seconds
    }

    /// The newest round that is out at `time`.
    ///
    /// # Errors
    /// [`Error::BeforeGenesis`].
    pub fn round_at(&self, time: Timestamp) -> Result<u64> {
        Ok(self.periods_until(time)? + 1)
    }

    /// When a round is published.
    ///
    /// # Errors
    /// [`Error::Round`] for round 0 and for rounds beyond the calendar.
    pub fn time_of(&self, round: u64) -> Result<Timestamp> {
        let max = self.periods_until(Timestamp::MAX)?;
        if round == 0 || round > max {
            return Err(Error::Round { got: round, max });
        }
        // `max` keeps this far from overflow.
        let micros = (round - 1) as i64 * self.period_micros();
        Ok(Timestamp::from_micros(self.genesis.as_micros() + micros))
    }

    /// The round to which a payload sealed at `now` is locked, as upstream computes it:
    /// `floor((now + lock - genesis) / period)`.
    ///
    /// That round is published 3 to 6 seconds before `now + lock`, because rounds count from 1.
    ///
    /// # Errors
    /// [`Error::BeforeGenesis`].
    pub fn target_round(&self, now: Timestamp, lock: Lock) -> Result<u64> {
        let until = now.as_micros().saturating_add(i64::from(lock.seconds()) * MICROS_PER_SECOND);
        let round = self.periods_until(Timestamp::from_micros(until))?;
        if round == 0 {
            return Err(Error::BeforeGenesis { time: now, genesis: self.genesis });
        }
        Ok(round)
    }

    /// Checks that the beacon signed `round` with `signature` (96 hexadecimal digits).
    ///
    /// # Errors
    /// [`Error::Hex`], and [`Error::Signature`] if it is no point of the group or not the
    /// signature of this round.
    pub fn verify(&self, round: u64, signature: &str) -> Result<RoundSignature> {
        let bytes = decode_hex::<48>("round signature", signature)?;
        let refuse = |problem| Error::Signature { round, problem };
        let point = G1Projective::deserialize_compressed(&bytes[..])
            .map_err(|_| refuse("it is no point of the signature group"))?;
        let signed = TinyBLS381::hash_to_signature_curve(identity(round));
        let left = TinyBLS381::pairing(G2Projective::generator(), point);
        let right = TinyBLS381::pairing(self.public_key, signed);
        if left != right {
            return Err(refuse("the pairing check fails"));
        }
        Ok(RoundSignature { round, point, randomness: Sha256::digest(bytes).into() })
    }

    /// A round that is out, with its signature: what is locked to it can be opened at once, so that
    /// a program can prove to itself that what it seals opens.
    ///
    /// # Errors
    /// [`Error::Signature`] never, unless the machine computes wrongly.
    pub fn published_round(&self) -> Result<RoundSignature> {
        const ROUND: u64 = 1_000;
        const SIGNATURE: &str = concat!(
            "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125",
            "e342b73a8dd2bacbe47e4b6b63ed5e39",
        );
        self.verify(ROUND, SIGNATURE)
    }

    pub(crate) const fn public_key(&self) -> G2Projective {
        self.public_key
    }

    fn period_micros(&self) -> i64 {
        i64::from(self.period_seconds) * MICROS_PER_SECOND
    }

    fn periods_until(&self, time: Timestamp) -> Result<u64> {
        time.as_micros()
            .checked_sub(self.genesis.as_micros())
            .and_then(|elapsed| u64::try_from(elapsed.div_euclid(self.period_micros())).ok())
            .ok_or(Error::BeforeGenesis { time, genesis: self.genesis })
    }
}

impl fmt::Debug for Beacon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beacon")
            .field("chain_hash", &self.chain_hash)
            .field("genesis", &self.genesis)
            .field("period_seconds", &self.period_seconds)
            .finish_non_exhaustive()
    }
}

/// The beacon's signature of one round, verified; it opens what is locked to that round.
///
/// ```
/// use mantis_submit::Beacon;
///
/// let signature = concat!(
///     "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125",
///     "e342b73a8dd2bacbe47e4b6b63ed5e39",
/// );
/// assert_eq!(Beacon::quicknet().verify(1_000, signature)?.round(), 1_000);
/// assert!(Beacon::quicknet().verify(1_001, signature).is_err());
/// # Ok::<(), mantis_submit::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoundSignature {
    round: u64,
    point: G1Projective,
    randomness: [u8; 32],
}

impl RoundSignature {
    /// The round.
    #[must_use]
    pub const fn round(&self) -> u64 {
        self.round
    }

    /// The round's public randomness, the SHA-256 of the signature.
    #[must_use]
    pub const fn randomness(&self) -> &[u8; 32] {
        &self.randomness
    }

    pub(crate) const fn point(&self) -> G1Projective {
        self.point
    }
}

/// What the beacon signs, and to what a payload is locked: SHA-256 of the round as 8 bytes, big
/// end first.
pub(crate) fn identity(round: u64) -> [u8; 32] {
    Sha256::digest(round.to_be_bytes()).into()
}

#[cfg(test)]
mod tests;
