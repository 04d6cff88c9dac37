#![doc = include_str!("../README.md")]

pub mod beacon;
pub mod bucket;
#[cfg(feature = "chain")]
pub mod chain;
mod commit_url;
pub mod drift;
mod envelope;
mod error;
#[cfg(feature = "http")]
mod http;
pub mod miner;
mod open;
mod owner;
mod payload;
mod plaintext;
mod preflight;
mod replace;
mod retry;
mod seal;
mod shell;
pub mod source;
#[cfg(feature = "testing")]
pub mod testing;
mod time_lock;
pub mod wallet;
#[cfg(feature = "http")]
mod web;

pub use beacon::{Beacon, Lock, LockWarning, RoundSignature};
pub use bucket::{Bucket, FolderBucket, MemoryBucket};
pub use commit_url::CommitUrl;
pub use error::{Error, Result};
pub use open::{open_owner, open_timelock};
pub use owner::{OwnerKey, OwnerSecret};
pub use payload::Payload;
pub use plaintext::Plaintext;
pub use preflight::{Finding, Preflight, Report, Severity, open_to_others};
pub use retry::Retry;
pub use seal::Sealer;
pub use shell::{Running, Shell};
pub use wallet::Hotkey;
#[cfg(feature = "http")]
pub use web::{Web, Webhook};
