//! Committing the address of the payloads on the chain.

mod dry_run;
mod era;
mod metadata;
mod rpc;
mod runtime;
mod subtensor;
mod value;

use rand::{CryptoRng, RngCore};

pub use dry_run::DryRun;
pub use era::Era;
pub use runtime::{Commitment, Runtime, Signing, Unsigned, extrinsic_hash};
pub use subtensor::{Subtensor, SubtensorSettings};

use crate::commit_url::CommitUrl;
use crate::error::{Error, Result};
use crate::miner::Head;
use crate::wallet::{Hotkey, HotkeySecret};

/// Where hotkeys commit their URL.
pub trait Chain {
    /// What the chain holds for a hotkey.
    ///
    /// # Errors
    /// Whatever keeps the chain from answering.
    fn commitment(&mut self, hotkey: &Hotkey) -> Result<Option<Commitment>>;

    /// Whether a hotkey is registered on the subnet; only then its commitment counts.
    ///
    /// # Errors
    /// Whatever keeps the chain from answering.
    fn is_registered(&mut self, hotkey: &Hotkey) -> Result<bool>;

    /// The newest block, and its time.
    ///
    /// # Errors
    /// Whatever keeps the chain from answering.
    fn head(&mut self) -> Result<Head>;

    /// Signs a transaction that commits the URL; nothing is sent.
    ///
    /// # Errors
    /// Whatever keeps the chain from answering, and a runtime that is not understood.
    fn sign(
        &mut self,
        secret: &HotkeySecret,
        url: &CommitUrl,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Transaction>;

    /// Sends a transaction once, and does not wait for it.
    ///
    /// # Errors
    /// Whatever the chain says against it. After an error that
    /// [may pass](crate::Error::is_retryable) it may have arrived all the same.
    fn send(&mut self, transaction: &Transaction) -> Result<()>;

    /// Makes the chain hold the URL of a hotkey and waits until it does; nothing is sent if it does already,
    /// or if the hotkey is not registered. The secret is loaded only if there is something to sign.
    ///
    /// # Errors
    /// Whatever keeps the commitment from being seen on the chain.
    fn commit(
        &mut self,
        hotkey: &Hotkey,
        url: &CommitUrl,
        load: &mut dyn FnMut() -> Result<HotkeySecret>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<CommitOutcome>;
}

/// A signed transaction, in the chain's encoding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction(pub Vec<u8>);

/// The secret of a hotkey.
///
/// # Errors
/// Those of loading it, and [`Error::OtherHotkey`].
pub(crate) fn secret_of(
    hotkey: &Hotkey,
    load: &mut dyn FnMut() -> Result<HotkeySecret>,
) -> Result<HotkeySecret> {
    let secret = load()?;
    let got = secret.hotkey();
    if got != *hotkey {
        return Err(Error::OtherHotkey { what: "hotkey file", got, expected: *hotkey });
    }
    Ok(secret)
}

/// How a commit ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CommitOutcome {
    /// The chain held the URL before; nothing was sent.
    AlreadyCommitted(Commitment),
    /// A transaction was sent and the chain holds the URL now.
    Committed(Commitment),
    /// A dry run: a transaction would have been sent.
    WouldCommit(CommitUrl),
}
