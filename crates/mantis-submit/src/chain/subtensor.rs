//! The chain through a node.

use std::fmt;
use std::time::Duration;

use mantis_data::{Clock, Timestamp};
use rand::{CryptoRng, RngCore};
use serde_json::{Value, json};

use super::rpc::Rpc;
use super::{
    Chain, CommitOutcome, Commitment, Era, Runtime, Signing, Transaction, runtime, secret_of,
};
use crate::commit_url::CommitUrl;
use crate::error::{Error, Result};
use crate::miner::Head;
use crate::retry::Retry;
use crate::wallet::{Hotkey, HotkeySecret};

/// Version of the metadata that is asked for: 15, as a little-endian `u32`.
const METADATA_VERSION: &str = "0x0f000000";

/// Blocks for which a transaction is valid, as the SDK has it.
const ERA_BLOCKS: u64 = 128;

/// A block takes 12 s.
const BLOCK: Duration = Duration::from_secs(12);

/// The node's code for a transaction that is not valid (any more).
const INVALID: i64 = 1010;

/// Where the chain is and how patiently it is asked.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `endpoint` | `wss://entrypoint-finney.opentensor.ai:443` | websocket of a node |
/// | `netuid` | 123 | the subnet |
/// | `timeout` | 20 s | for connecting and for every answer |
/// | `attempts` | 3 | transactions sent at most |
/// | `blocks` | 10 | blocks to wait for the commitment to appear |
/// | `retry` | [`Retry::default`] | of requests that read |
#[derive(Clone, Debug)]
pub struct SubtensorSettings {
    /// Websocket of a node.
    pub endpoint: String,
    /// The subnet.
    pub netuid: u16,
    /// For connecting and for every answer.
    pub timeout: Duration,
    /// Transactions sent at most.
    pub attempts: u32,
    /// Blocks to wait for the commitment to appear.
    pub blocks: u32,
    /// Of requests that read.
    pub retry: Retry,
}

impl Default for SubtensorSettings {
    fn default() -> Self {
        Self {
            endpoint: "wss://entrypoint-finney.opentensor.ai:443".to_owned(),
            netuid: 123,
            timeout: Duration::from_secs(20),
            attempts: 3,
            blocks: 10,
            retry: Retry::default(),
        }
    }
}

/// The chain through a node's websocket.
///
/// Metadata is read from the node, so that nothing here depends on a version of the runtime. A
/// lost connection is made anew for reads; a transaction is never sent again before the chain was
/// asked whether the first one arrived.
///
/// ```no_run
/// use mantis_submit::chain::{Chain, Subtensor, SubtensorSettings};
/// # use mantis_data::ManualClock;
/// # let clock = ManualClock::new(mantis_data::Timestamp::parse("2026-01-01")?);
///
/// let mut chain = Subtensor::new(SubtensorSettings::default(), clock);
/// let hotkey = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR".parse()?;
/// println!("{:?}", chain.commitment(&hotkey)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Subtensor<C> {
    settings: SubtensorSettings,
    clock: C,
    session: Option<Session>,
}

/// What holds as long as a connection does.
struct Session {
    rpc: Rpc,
    runtime: Runtime,
    genesis: [u8; 32],
}

impl<C> fmt::Debug for Subtensor<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let connected = self.session.is_some();
        f.debug_struct("Subtensor")
            .field("settings", &self.settings)
            .field("connected", &connected)
            .finish_non_exhaustive()
    }
}

impl<C: Clock> Subtensor<C> {
    /// Nothing is sent before the first question.
    #[must_use]
    pub const fn new(settings: SubtensorSettings, clock: C) -> Self {
        Self { settings, clock, session: None }
    }

    /// Asks with a connection that works, made anew as often as the settings allow.
    fn with_session<T>(&mut self, mut ask: impl FnMut(&mut Session) -> Result<T>) -> Result<T> {
        let Self { settings, clock, session } = self;
        settings.retry.run(clock, || {
            let connected = match session {
                Some(session) => session,
                None => session.insert(Session::open(settings)?),
            };
            let result = ask(connected);
            if matches!(&result, Err(error) if error.is_retryable()) {
                *session = None;
            }
            result
        })
    }

    /// Waits until the chain holds the URL.
    fn wait_for(&mut self, hotkey: &Hotkey, url: &CommitUrl) -> Result<Option<Commitment>> {
        for _ in 0..self.settings.blocks {
            let held = self.commitment(hotkey)?;
            if held.as_ref().is_some_and(|held| held.text == url.as_str()) {
                return Ok(held);
            }
            self.clock.sleep(BLOCK);
        }
        Ok(None)
    }
}

impl<C: Clock> Chain for Subtensor<C> {
    fn commitment(&mut self, hotkey: &Hotkey) -> Result<Option<Commitment>> {
        let netuid = self.settings.netuid;
        self.with_session(|session| {
            let key = session.runtime.commitment_key(netuid, hotkey)?;
            let stored = session.storage(&key)?;
            stored.map(|bytes| session.runtime.commitment(&bytes)).transpose()
        })
    }

    fn is_registered(&mut self, hotkey: &Hotkey) -> Result<bool> {
        let netuid = self.settings.netuid;
        self.with_session(|session| {
            let key = session.runtime.registration_key(netuid, hotkey)?;
            Ok(session.storage(&key)?.is_some())
        })
    }

    fn head(&mut self) -> Result<Head> {
        self.with_session(|session| {
            let header = session.rpc.call("chain_getHeader", &json!([]))?;
            let block = block_number(&header)?;
            let hash = session.rpc.call("chain_getBlockHash", &json!([block]))?;
            let method = "state_getStorage";
            let key = format!("0x{}", hex::encode(runtime::block_time_key()));
            let answer = session.rpc.call(method, &json!([key, hash]))?;
            let millis = bytes(method, &answer)?;
            let millis: [u8; 8] = millis.try_into().map_err(|_| unusable(method, &answer))?;
            let millis = i64::try_from(u64::from_le_bytes(millis)).ok();
            let time = millis.and_then(Timestamp::from_millis);
            Ok(Head { block, time: time.ok_or_else(|| unusable(method, &answer))? })
        })
    }

    fn sign(
        &mut self,
        secret: &HotkeySecret,
        url: &CommitUrl,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<Transaction> {
        let netuid = self.settings.netuid;
        let hotkey = secret.hotkey();
        self.with_session(|session| {
            let signing = session.signing(&hotkey)?;
            let call = session.runtime.commit_call(netuid, url)?;
            let unsigned = session.runtime.unsigned(call, &signing)?;
            let signature = secret.sign(&unsigned.message(), rng);
            session.runtime.signed(&unsigned, &hotkey, &signature).map(Transaction)
        })
    }

    fn send(&mut self, transaction: &Transaction) -> Result<()> {
        let session = match &mut self.session {
            Some(session) => session,
            none => none.insert(Session::open(&self.settings)?),
        };
        let params = json!([format!("0x{}", hex::encode(&transaction.0))]);
        // Only once: a lost answer does not mean a lost transaction.
        let sent = session.rpc.call("author_submitExtrinsic", &params);
        if matches!(&sent, Err(error) if error.is_retryable()) {
            self.session = None;
        }
        sent.map(drop)
    }

    fn commit(
        &mut self,
        hotkey: &Hotkey,
        url: &CommitUrl,
        load: &mut dyn FnMut() -> Result<HotkeySecret>,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<CommitOutcome> {
        let mut last = None;
        for _ in 0..self.settings.attempts {
            if let Some(held) = self.commitment(hotkey)?.filter(|held| held.text == url.as_str()) {
                return Ok(match last {
                    None => CommitOutcome::AlreadyCommitted(held),
                    Some(_) => CommitOutcome::Committed(held),
                });
            }
            if last.is_none() && !self.is_registered(hotkey)? {
                let netuid = self.settings.netuid;
                return Err(Error::NotRegistered { hotkey: *hotkey, netuid });
            }
            let transaction = self.sign(&secret_of(hotkey, load)?, url, rng)?;
            match self.send(&transaction) {
                Ok(()) => {
                    if let Some(held) = self.wait_for(hotkey, url)? {
                        return Ok(CommitOutcome::Committed(held));
                    }
                    last = Some(Error::NotIncluded { blocks: self.settings.blocks });
                }
                Err(error) if is_out_of_date(&error) => last = Some(error),
                Err(error) if error.is_retryable() => {
                    self.clock.sleep(BLOCK);
                    last = Some(error);
                }
                // What was refused for another reason is refused again.
                Err(error) => return Err(error),
            }
        }
        let held = self.commitment(hotkey)?.filter(|held| held.text == url.as_str());
        match (held, last) {
            (Some(held), _) => Ok(CommitOutcome::Committed(held)),
            (None, Some(error)) => Err(error),
            (None, None) => Err(Error::NotIncluded { blocks: 0 }),
        }
    }
}

/// Whether a transaction was refused for its number or its birth block, which are others once it is signed anew.
fn is_out_of_date(error: &Error) -> bool {
    const REASONS: [&str; 3] = ["outdated", "ancient birth block", "valid in the future"];
    matches!(error, Error::Node { code: Some(INVALID), got, .. } if REASONS.iter().any(|reason| got.contains(reason)))
}

impl Session {
    fn open(settings: &SubtensorSettings) -> Result<Self> {
        let mut rpc = Rpc::connect(&settings.endpoint, settings.timeout)?;
        let version = rpc.call("state_getRuntimeVersion", &json!([]))?;
        let number = |name: &str| {
            let number = version.get(name).and_then(Value::as_u64);
            number
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| unusable("state_getRuntimeVersion", &version))
        };
        let (spec, transaction) = (number("specVersion")?, number("transactionVersion")?);
        let genesis = block_hash(&mut rpc, 0)?;
        let method = "state_call";
        let answer =
            rpc.call(method, &json!(["Metadata_metadata_at_version", METADATA_VERSION]))?;
        let metadata = opaque_metadata(&bytes(method, &answer)?)
            .ok_or_else(|| unusable(method, &json!("no metadata of version 15")))?;
        let runtime = Runtime::new(&metadata, spec, transaction)?;
        Ok(Self { rpc, runtime, genesis })
    }

    fn signing(&mut self, hotkey: &Hotkey) -> Result<Signing> {
        let head = self.rpc.call("chain_getFinalizedHead", &json!([]))?;
        let header = self.rpc.call("chain_getHeader", &json!([head]))?;
        let era = Era::mortal(ERA_BLOCKS, block_number(&header)?);
        let birth_hash = block_hash(&mut self.rpc, era.birth_block())?;
        let method = "system_accountNextIndex";
        let nonce = self.rpc.call(method, &json!([hotkey.to_string()]))?;
        let nonce = nonce.as_u64().and_then(|nonce| u32::try_from(nonce).ok());
        let nonce = nonce.ok_or_else(|| unusable(method, &json!("no number")))?;
        Ok(Signing { genesis: self.genesis, era, birth_hash, nonce })
    }

    fn storage(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        let method = "state_getStorage";
        let answer = self.rpc.call(method, &json!([format!("0x{}", hex::encode(key))]))?;
        if answer.is_null() { Ok(None) } else { bytes(method, &answer).map(Some) }
    }
}

fn block_number(header: &Value) -> Result<u64> {
    let digits = header.get("number").and_then(Value::as_str);
    digits
        .and_then(|text| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok())
        .ok_or_else(|| unusable("chain_getHeader", header))
}

fn block_hash(rpc: &mut Rpc, block: u64) -> Result<[u8; 32]> {
    let method = "chain_getBlockHash";
    let answer = rpc.call(method, &json!([block]))?;
    bytes(method, &answer)?.try_into().map_err(|_| unusable(method, &answer))
}

/// `0x` and hexadecimal digits.
fn bytes(method: &'static str, answer: &Value) -> Result<Vec<u8>> {
    let digits = answer.as_str().and_then(|text| text.strip_prefix("0x"));
    digits.and_then(|digits| hex::decode(digits).ok()).ok_or_else(|| unusable(method, answer))
}

/// The bytes in an encoded `Option<Vec<u8>>`.
fn opaque_metadata(bytes: &[u8]) -> Option<Vec<u8>> {
    use parity_scale_codec::Decode;
    Option::<Vec<u8>>::decode(&mut &*bytes).ok().flatten()
}

fn unusable(method: &'static str, answer: &Value) -> Error {
    Error::Node {
        method,
        got: crate::error::shorten(&answer.to_string()),
        hint: "the endpoint is no node of the chain, or one of another kind; use another endpoint",
        code: Some(0),
    }
}
