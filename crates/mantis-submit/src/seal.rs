//! Making payloads.

use mantis_data::{EmbeddingSet, Timestamp};
use rand::{CryptoRng, RngCore};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::beacon::{Beacon, Lock};
use crate::envelope::{self, KEY_BYTES, NONCE_BYTES};
use crate::error::{Error, Result};
use crate::open::{open_owner, open_timelock};
use crate::owner::{OwnerKey, OwnerSecret};
use crate::payload::Payload;
use crate::plaintext::Plaintext;
use crate::time_lock;
use crate::wallet::Hotkey;

/// Seals embeddings for one owner and one beacon.
///
/// Every payload has its own ephemeral key, content key and nonces, all drawn from the `rng`
/// that is passed in, and the clock is passed in as `now`, so that the same inputs give the same
/// bytes. Programs pass `rand::rngs::OsRng`.
///
/// ```
/// use mantis_data::{ChallengeTable, Embedding, EmbeddingSet, Timestamp};
/// use mantis_submit::{Lock, OwnerSecret, Sealer, open_owner, wallet::Hotkey};
/// use rand::rngs::OsRng;
///
/// let table = ChallengeTable::profile("guide")?;
/// let btc = Embedding::from_probability(table.get("BTC")?, 0.75)?;
/// let embeddings = EmbeddingSet::new(&table, vec![btc])?;
/// let hotkey: Hotkey = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR".parse()?;
/// let now = Timestamp::parse("2026-01-01")?;
///
/// let throwaway = OwnerSecret::random(&mut OsRng);
/// let sealer = Sealer::new(throwaway.public()).with_lock(Lock::new(600)?);
/// let payload = sealer.seal(&embeddings, &hotkey, now, &mut OsRng)?;
/// assert_eq!(open_owner(&payload, &throwaway)?.as_str(), embeddings.plaintext(&hotkey.to_string()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sealer {
    owner: OwnerKey,
    beacon: Beacon,
    lock: Lock,
}

impl Sealer {
    /// Seals for an owner, with the default lock on quicknet. The subnet takes
    /// [`OwnerKey::subnet`] only.
    #[must_use]
    pub fn new(owner: OwnerKey) -> Self {
        Self { owner, beacon: Beacon::quicknet(), lock: Lock::default() }
    }

    /// Another lock.
    #[must_use]
    pub fn with_lock(self, lock: Lock) -> Self {
        Self { lock, ..self }
    }

    /// The round to which a payload sealed at `now` is locked.
    ///
    /// # Errors
    /// [`Error::BeforeGenesis`].
    pub fn target_round(&self, now: Timestamp) -> Result<u64> {
        self.beacon.target_round(now, self.lock)
    }

    /// For whom it seals.
    #[must_use]
    pub const fn owner(&self) -> &OwnerKey {
        &self.owner
    }

    /// The lock.
    #[must_use]
    pub const fn lock(&self) -> Lock {
        self.lock
    }

    /// Seals embeddings so that they open about [`Lock::seconds`] after `now`.
    ///
    /// # Errors
    /// [`Error::BeforeGenesis`], and what
    /// [`seal_to_round`](Self::seal_to_round) refuses.
    pub fn seal(
        &self,
        embeddings: &EmbeddingSet,
        hotkey: &Hotkey,
        now: Timestamp,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Payload> {
        let round = self.target_round(now)?;
        self.seal_to_round(&Plaintext::new(embeddings, hotkey), round, rng)
    }

    /// Seals a text to a given round.
    ///
    /// Draws from `rng`, in this order: ephemeral secret (32 bytes), content key (32), nonce of
    /// `C` (12), nonce of `W_owner` (12), key of `W_time` (32), its sigma (32), its nonce (12).
    ///
    /// # Errors
    /// [`Error::Round`] for a round that never comes.
    pub fn seal_to_round(
        &self,
        plaintext: &Plaintext,
        round: u64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Payload> {
        self.beacon.time_of(round)?;
        let mut secret = Zeroizing::new([0; KEY_BYTES]);
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        let (mut content_nonce, mut wrap_nonce) = ([0; NONCE_BYTES], [0; NONCE_BYTES]);
        rng.fill_bytes(&mut *secret);
        rng.fill_bytes(&mut *key);
        rng.fill_bytes(&mut content_nonce);
        rng.fill_bytes(&mut wrap_nonce);

        let ephemeral_secret = StaticSecret::from(*secret);
        let ephemeral = PublicKey::from(&ephemeral_secret).to_bytes();
        let hotkey = *plaintext.hotkey();
        let binding = envelope::binding(&hotkey, round, &self.owner, &ephemeral);
        let content = envelope::seal(&key, content_nonce, &binding, plaintext.as_str().as_bytes())?;
        let wrap = envelope::wrap_key(&ephemeral_secret, self.owner.as_bytes(), "owner key")?;
        let wrapped = envelope::seal(&wrap, wrap_nonce, &binding, &*key)?;

        let mut message = Zeroizing::new([0; time_lock::MESSAGE_BYTES]);
        let (first, second) = message.split_at_mut(2 * KEY_BYTES);
        for (bytes, digits) in [(&secret, first), (&key, second)] {
            hex::encode_to_slice(**bytes, digits)
                .map_err(|_| Error::Library { what: "payload: W_time", action: "write digits" })?;
        }
        let locked = time_lock::lock(&self.beacon, round, &message, rng)?;
        Ok(Payload {
            round,
            hotkey,
            owner: self.owner,
            content,
            ephemeral,
            wrapped,
            locked,
            binding,
        })
    }

    /// Proves that `object`, the bytes about to be uploaded, is a payload of this sealer for this
    /// text and round, and that what it seals opens: the object is read back field by field, and a
    /// twin of the text, sealed for a throwaway owner and a round that is out, is opened by both.
    ///
    /// The object itself cannot be opened before its round, not even by its maker.
    ///
    /// # Errors
    /// [`Error::SelfCheck`] with what differs, and what reading, sealing and opening refuse.
    pub fn self_check(
        &self,
        object: &[u8],
        plaintext: &Plaintext,
        round: u64,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<()> {
        let payload = Payload::parse(object)?;
        let expect = |what: &str, got: String, expected: String| {
            if got == expected {
                return Ok(());
            }
            Err(Error::SelfCheck { what: format!("{what} is {got}, expected {expected}") })
        };
        expect("round", payload.round.to_string(), round.to_string())?;
        expect("owner", payload.owner.to_string(), self.owner.to_string())?;
        expect("hotkey", payload.hotkey.to_string(), plaintext.hotkey().to_string())?;
        let sealed = payload.content.ciphertext.len();
        let expected = plaintext.as_str().len() + envelope::TAG_BYTES;
        expect("size of C", sealed.to_string(), expected.to_string())?;
        time_lock::check_layout(&payload.locked)?;

        let signature = self.beacon.published_round()?;
        let owner = OwnerSecret::random(rng);
        let twin = Self { owner: owner.public(), beacon: self.beacon.clone(), lock: self.lock };
        let twin = twin.seal_to_round(plaintext, signature.round(), rng)?;
        let twin = Payload::parse(twin.to_json().as_bytes())?;
        let opened = [open_owner(&twin, &owner)?, open_timelock(&twin, &signature)?];
        if opened.iter().any(|opened| opened != plaintext) {
            return Err(Error::SelfCheck { what: "a twin opens to another text".to_owned() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    #[test]
    fn the_self_check_notices_another_object() {
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let hotkey = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";
        let text =
            |entry: &str| Plaintext::parse(&format!("{{{entry}\"hotkey\":\"{hotkey}\"}}")).unwrap();
        let (mine, other) = (text("\"ETH\":[0.5,-0.5],"), text("\"ETH\":[0.25,-0.5],"));
        let sealer = Sealer::new(OwnerKey::subnet());
        let object = sealer.seal_to_round(&mine, 30_000_000, &mut rng).unwrap().to_json();
        let mut check = |object: &[u8], text: &Plaintext, round| {
            sealer.self_check(object, text, round, &mut rng).map_err(|error| error.to_string())
        };
        assert_eq!(check(object.as_bytes(), &mine, 30_000_000), Ok(()));
        let message = check(object.as_bytes(), &mine, 30_000_001).unwrap_err();
        assert!(message.contains("round is 30000000, expected 30000001"), "{message}");
        let message = check(object.as_bytes(), &other, 30_000_000).unwrap_err();
        assert!(message.contains("size of C"), "{message}");
        assert!(check(&object.as_bytes()[1..], &mine, 30_000_000).is_err());
        let throwaway = OwnerSecret::random(&mut ChaCha20Rng::seed_from_u64(6)).public();
        let message = Sealer::new(throwaway)
            .self_check(object.as_bytes(), &mine, 30_000_000, &mut ChaCha20Rng::seed_from_u64(7))
            .unwrap_err();
        assert!(message.to_string().contains("owner is fbfe18"), "{message}");
    }
}
