//! A chain to which nothing is sent.

use rand::{CryptoRng, RngCore};

use super::{Chain, CommitOutcome, Commitment, Transaction};
use crate::commit_url::CommitUrl;
use crate::error::Result;
use crate::miner::Head;
use crate::wallet::{Hotkey, HotkeySecret};

/// Reads through another chain, and tells what a commit would do without doing it.
///
/// ```no_run
/// use mantis_submit::chain::{Chain, CommitOutcome, DryRun, Subtensor, SubtensorSettings};
/// # use mantis_submit::{CommitUrl, Hotkey, wallet::HotkeySecret};
/// # let clock = mantis_data::ManualClock::new(mantis_data::Timestamp::parse("2026-01-01")?);
///
/// let hotkey: Hotkey = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR".parse()?;
/// let url = CommitUrl::new("https://pub-0123456789abcdef0123456789abcdef.r2.dev", &hotkey)?;
/// let mut chain = DryRun(Subtensor::new(SubtensorSettings::default(), clock));
/// let mut secret = || HotkeySecret::read("never/read".as_ref());
/// match chain.commit(&hotkey, &url, &mut secret, &mut rand::rngs::OsRng)? {
///     CommitOutcome::WouldCommit(url) => println!("would commit {url}"),
///     other => println!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DryRun<C>(pub C);

impl<C: Chain> Chain for DryRun<C> {
    fn commitment(&mut self, hotkey: &Hotkey) -> Result<Option<Commitment>> {
        self.0.commitment(hotkey)
    }

    fn is_registered(&mut self, hotkey: &Hotkey) -> Result<bool> {
        self.0.is_registered(hotkey)
    }

    fn head(&mut self) -> Result<Head> {
        self.0.head()
    }

    fn sign(
        &mut self,
        secret: &HotkeySecret,
        url: &CommitUrl,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Transaction> {
        self.0.sign(secret, url, rng)
    }

    fn send(&mut self, _: &Transaction) -> Result<()> {
        Ok(())
    }

    fn commit(
        &mut self,
        hotkey: &Hotkey,
        url: &CommitUrl,
        _: &mut dyn FnMut() -> Result<HotkeySecret>,
        _: &mut (impl RngCore + CryptoRng),
    ) -> Result<CommitOutcome> {
        let held = self.0.commitment(hotkey)?;
        Ok(match held.filter(|held| held.text == url.as_str()) {
            Some(held) => CommitOutcome::AlreadyCommitted(held),
            None => CommitOutcome::WouldCommit(url.clone()),
        })
    }
}
