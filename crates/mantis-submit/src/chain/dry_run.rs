//! A chain to which nothing is sent.

use rand::{CryptoRng, RngCore};

use super::{Chain, CommitOutcome, Commitment};
use crate::commit_url::CommitUrl;
use crate::error::Result;
use crate::miner::Head;
use crate::wallet::{Hotkey, HotkeySecret};

/// Reads through another chain, and tells what a commit would do without doing it.
///
/// ```no_run
/// use mantis_submit::chain::{Chain, CommitOutcome, DryRun, Subtensor, SubtensorSettings};
/// # use mantis_submit::{CommitUrl, clock::ManualClock, wallet::HotkeySecret};
/// # let clock = ManualClock::new(mantis_data::Timestamp::parse("2026-01-01")?);
/// # let secret = HotkeySecret::from_seed(&[7; 32])?;
///
/// let url = CommitUrl::new("https://pub-0123456789abcdef0123456789abcdef.r2.dev", &secret.hotkey())?;
/// let mut chain = DryRun(Subtensor::new(SubtensorSettings::default(), clock));
/// match chain.commit(&secret, &url, &mut rand::rngs::OsRng)? {
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

    fn submit(
        &mut self,
        _: &HotkeySecret,
        _: &CommitUrl,
        _: &mut (impl RngCore + CryptoRng),
    ) -> Result<()> {
        Ok(())
    }

    fn commit(
        &mut self,
        secret: &HotkeySecret,
        url: &CommitUrl,
        _: &mut (impl RngCore + CryptoRng),
    ) -> Result<CommitOutcome> {
        let held = self.0.commitment(&secret.hotkey())?;
        Ok(match held.filter(|held| held.text == url.as_str()) {
            Some(held) => CommitOutcome::AlreadyCommitted(held),
            None => CommitOutcome::WouldCommit(url.clone()),
        })
    }
}
