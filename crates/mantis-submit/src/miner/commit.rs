//! The commitment, one step per cycle.

use mantis_data::{Interval, Timestamp};
use rand::{CryptoRng, RngCore};

use super::schedule::Head;
use super::{CommitState, Committer};
use crate::chain::{Chain, secret_of};
use crate::commit_url::CommitUrl;
use crate::error::{Error, Result};
use crate::wallet::{Hotkey, HotkeySecret};

/// Once the chain holds the URL it is asked this often whether it still does.
const CHECK_EVERY: Interval = Interval::hours(1);

/// A transaction that has not arrived by then never will: it is valid for 128 blocks.
const SENT_EXPIRES: Interval = Interval::minutes(30);

/// The same in blocks, for the message.
const SENT_BLOCKS: u32 = 150;

/// How long to wait after so many refusals in a row: what was refused is mostly refused again, and refusals count against
/// the chain's limits.
fn pause_after(refusals: u32) -> Interval {
    const FIRST: Interval = Interval::minutes(5);
    const LONGEST: Interval = Interval::hours(1);
    let doubled = FIRST.as_micros() << refusals.saturating_sub(1).min(8);
    Interval::from_micros(doubled).min(LONGEST)
}

/// Commits the URL of a hotkey through a [`Chain`], without waiting for it: what was sent is
/// looked for in later cycles, and nothing is sent again before the first transaction has expired.
/// That something is about to be sent is written down once it is signed, so that a crash at any moment does
/// not lead to a second transaction. After a refusal it waits five minutes, then twice as long each time, up to an hour.
///
/// The secret is loaded only when something is to be signed, and dropped at once.
pub struct ChainCommitter<C, R> {
    chain: C,
    url: CommitUrl,
    hotkey: Hotkey,
    netuid: u16,
    secret: Box<dyn FnMut() -> Result<HotkeySecret>>,
    send: bool,
    rng: R,
}

impl<C, R> std::fmt::Debug for ChainCommitter<C, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChainCommitter")
            .field("url", &self.url)
            .field("send", &self.send)
            .finish_non_exhaustive()
    }
}

impl<C: Chain, R: RngCore + CryptoRng> ChainCommitter<C, R> {
    /// Commits `url` for `hotkey`, whose secret `secret` loads; without `send` it only looks.
    pub fn new(
        chain: C,
        url: CommitUrl,
        (hotkey, netuid): (Hotkey, u16),
        secret: impl FnMut() -> Result<HotkeySecret> + 'static,
        send: bool,
        rng: R,
    ) -> Self {
        Self { chain, url, hotkey, netuid, secret: Box::new(secret), send, rng }
    }
}

impl<C: Chain, R: RngCore + CryptoRng> Committer for ChainCommitter<C, R> {
    fn step(
        &mut self,
        now: Timestamp,
        state: &mut CommitState,
        remember: &mut dyn FnMut(&CommitState) -> Result<()>,
    ) -> Result<Option<String>> {
        if state.url.as_deref() != Some(self.url.as_str()) {
            *state = CommitState { url: Some(self.url.to_string()), ..CommitState::default() };
        }
        // A clock that was set back must not put it off for ever.
        let within = |then: Option<Timestamp>, span: Interval| {
            then.is_some_and(|then| (now.as_micros() - then.as_micros()).abs() < span.as_micros())
        };
        if state.block.is_some() && within(state.checked_at, CHECK_EVERY) {
            return Ok(None);
        }
        let held = self.chain.commitment(&self.hotkey)?;
        state.checked_at = Some(now);
        if let Some(held) = held.filter(|held| held.text == self.url.as_str()) {
            let news = state.block != Some(held.block);
            state.block = Some(held.block);
            (state.sent_at, state.refused_at, state.refusals) = (None, None, 0);
            let remark = format!("the chain holds {} since block {}", self.url, held.block);
            return Ok(news.then_some(remark));
        }
        state.block = None;
        if within(state.sent_at, SENT_EXPIRES) {
            return Ok(Some("the commitment was sent and is not on the chain yet".to_owned()));
        }
        if !self.chain.is_registered(&self.hotkey)? {
            return Err(Error::NotRegistered { hotkey: self.hotkey, netuid: self.netuid });
        }
        if !self.send {
            return Ok(Some(format!("dry run: {} would be committed", self.url)));
        }
        if within(state.refused_at, pause_after(state.refusals)) {
            let reason = "the chain refused the commitment a while ago; it is tried again later";
            return Ok(Some(reason.to_owned()));
        }
        // Until here nothing is on its way, so that a failure costs no more than this cycle.
        let secret = secret_of(&self.hotkey, &mut self.secret)?;
        let transaction = self.chain.sign(&secret, &self.url, &mut self.rng)?;
        drop(secret);
        let expired = state.sent_at.is_some();
        let sending = CommitState { sent_at: Some(now), ..state.clone() };
        remember(&sending)?;
        *state = sending;
        match self.chain.send(&transaction) {
            Ok(()) if expired => Err(Error::NotIncluded { blocks: SENT_BLOCKS }),
            Ok(()) => Ok(Some(format!("{} was sent to the chain", self.url))),
            // Without an answer it may have arrived, and what waits already has.
            Err(error) if error.is_retryable() || error.is_waiting() => Err(error),
            Err(error) => {
                state.sent_at = None;
                state.refused_at = Some(now);
                state.refusals = state.refusals.saturating_add(1);
                Err(error)
            }
        }
    }

    fn head(&mut self) -> Result<Head> {
        self.chain.head()
    }
}

#[cfg(test)]
mod tests;
