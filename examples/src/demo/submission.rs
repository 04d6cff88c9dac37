//! The live embedding sealed, opened again, and put into a local bucket.

use std::path::Path;

use mantis_data::Timestamp;
use mantis_data::challenge::EmbeddingSet;
use mantis_submit::bucket::ObjectKey;
use mantis_submit::{Bucket, FolderBucket, Hotkey, OwnerSecret, Payload, Sealer, open_owner};
use rand::RngCore;
use rand::rngs::OsRng;

use crate::{Error, Result};

/// A sealed embedding in its bucket.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// Address made up for this run.
    pub hotkey: Hotkey,
    /// The sealed text.
    pub plaintext: String,
    /// Round of the beacon that opens it.
    pub round: u64,
    /// Seconds from now until then, about.
    pub lock_seconds: u32,
    /// Bytes of the object.
    pub bytes: usize,
}

/// Seals for a throwaway owner, stores, reads back and opens.
pub(super) fn seal_and_store(
    embeddings: &EmbeddingSet,
    bucket: &Path,
    now: Timestamp,
) -> Result<Sealed> {
    let mut account = [0; 32];
    OsRng.fill_bytes(&mut account);
    let hotkey = Hotkey::from_public_key(account);
    let owner = OwnerSecret::random(&mut OsRng);
    let sealer = Sealer::new(owner.public());
    let payload = sealer.seal(embeddings, &hotkey, now, &mut OsRng)?;
    let json = payload.to_json();

    let bucket = FolderBucket::create(bucket)?;
    let key = ObjectKey::from(&hotkey);
    bucket.put(&key, json.as_bytes())?;
    let stored = bucket.get(&key)?.unwrap_or_default();
    let opened = open_owner(&Payload::parse(&stored)?, &owner)?;
    let plaintext = embeddings.plaintext(&hotkey.to_string());
    if opened.as_str() != plaintext {
        let (what, got) = ("payload opened with the owner's key", opened.as_str().to_owned());
        return Err(Error::SelfCheck { what, got, expected: plaintext });
    }
    let lock_seconds = sealer.lock().seconds();
    Ok(Sealed { hotkey, plaintext, round: payload.round(), lock_seconds, bytes: json.len() })
}
