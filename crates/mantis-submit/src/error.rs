//! What can go wrong, and what to do about it.

use std::path::PathBuf;

use mantis_data::Timestamp;

use crate::wallet::Hotkey;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Every failure of this crate. A message says what and where, what was found, what was
/// expected and what to do; it never carries a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text is not the hexadecimal form of so many bytes.
    #[error("{what}: got {got}, expected {bytes} bytes as {} hexadecimal digits; copy the whole value without spaces or prefix", bytes * 2)]
    Hex {
        /// The value.
        what: &'static str,
        /// What the text looks like; the text itself may be a secret.
        got: String,
        /// Number of bytes expected.
        bytes: usize,
    },
    /// A text is not an ss58 address of the network.
    #[error(
        "address {got:?}: {problem}, expected an ss58 address of network 42 with 48 characters that starts with 5; copy it from `btcli wallet list`"
    )]
    Address {
        /// The text, shortened if it is longer than an address.
        got: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A key of small order: every shared secret with it is zero, so that anyone can open what is
    /// sealed for it.
    #[error(
        "{what}: the key has a small order, expected a point that hides the shared secret; get the key from its owner again"
    )]
    LowOrderKey {
        /// Which key.
        what: &'static str,
    },
    /// A lock that does not fit between sealing and the moment the validator opens.
    #[error(
        "lock of {got} s: expected {min} to {max} s; below, the round may be out already when the payload is uploaded, and above, the validator may open and delete its copy (300 blocks, about 3600 s) before the round is out, which stores zeros; use 3300"
    )]
    Lock {
        /// Seconds asked for.
        got: u32,
        /// Fewest seconds accepted.
        min: u32,
        /// Most seconds accepted.
        max: u32,
    },
    /// A time before the beacon's first round.
    #[error(
        "beacon: no round at {time}, expected a time from {genesis} on; check the clock and the unit of the time"
    )]
    BeforeGenesis {
        /// The time.
        time: Timestamp,
        /// When round 1 was published.
        genesis: Timestamp,
    },
    /// A round number without a date.
    #[error(
        "beacon: got round {got}, expected 1 to {max}; a round is (seconds since genesis) / period + 1"
    )]
    Round {
        /// The round.
        got: u64,
        /// The last round that has a date.
        max: u64,
    },
    /// The beacon did not sign the round so.
    #[error(
        "beacon: this is not the signature of round {round} ({problem}); fetch rounds/{round} of the quicknet beacon again"
    )]
    Signature {
        /// The round.
        round: u64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The signature belongs to another round than the payload.
    #[error(
        "payload: locked to round {payload}, got the signature of round {signature}; fetch rounds/{payload}"
    )]
    OtherRound {
        /// Round of the payload.
        payload: u64,
        /// Round of the signature.
        signature: u64,
    },
    /// The text is not a JSON object with the fields of a payload.
    #[error(
        "payload: {source}; expected one JSON object with the fields v, round, hk, owner_pk, C, W_owner, W_time, binding, alg of a V2 payload; seal again or fetch the object again"
    )]
    PayloadJson {
        /// What the reader said, with line and column.
        source: serde_json::Error,
    },
    /// A field of a payload has a value that it cannot have.
    #[error(
        "payload: field {field} is {got}, expected {expected}; seal again or fetch the object again"
    )]
    PayloadField {
        /// The field.
        field: &'static str,
        /// The value, shortened.
        got: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A payload is larger than a validator downloads.
    #[error(
        "payload: {got} bytes, expected at most {limit}, the most that a validator downloads; check what was uploaded"
    )]
    PayloadSize {
        /// Size in bytes.
        got: usize,
        /// Largest size accepted.
        limit: usize,
    },
    /// The payload is sealed for another owner.
    #[error(
        "payload: sealed for owner {payload}, got the secret of owner {secret}; use the secret of {payload}"
    )]
    OtherOwner {
        /// Public key in the payload.
        payload: String,
        /// Public key of the secret.
        secret: String,
    },
    /// A sealed part does not open.
    #[error(
        "payload: {part} does not open: expected bytes sealed with this key and binding, got others; the payload was altered or made with other keys, seal it again"
    )]
    Unseal {
        /// The field of the payload.
        part: &'static str,
    },
    /// The text to be sealed, or what was opened, is not an answer to the subnet.
    #[error(
        "plaintext: {place}: {problem}, expected a JSON object of ticker -> finite numbers (lists or objects of them) with \"hotkey\"; repair the embedding, since the validator would drop it"
    )]
    Plaintext {
        /// Where in the text.
        place: String,
        /// What is wrong there.
        problem: String,
    },
    /// A text speaks for another hotkey.
    #[error(
        "{what}: hotkey is {got}, expected {expected}; the validator drops a payload of another hotkey, so seal with the hotkey that commits"
    )]
    OtherHotkey {
        /// Where the hotkey was found.
        what: &'static str,
        /// The hotkey found.
        got: Hotkey,
        /// The hotkey expected.
        expected: Hotkey,
    },
    /// A key cannot be the name of an object.
    #[error(
        "object key {got:?}: expected 1 to {max} letters, digits, '-', '_' or '.', not starting with '.', as one path segment; use the hotkey address"
    )]
    ObjectKey {
        /// The key, shortened.
        got: String,
        /// Largest number of characters.
        max: usize,
    },
    /// The operating system refused to read or write.
    #[error("{}: cannot {action}: {source}; check that the path exists, its permissions and the free space", path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The reason.
        source: std::io::Error,
    },
    /// An address of a store that cannot be used.
    #[error(
        "{what} {got:?}: {problem}, expected an encrypted address with a host; copy it from where it is published (R2's dashboard, the list of nodes)"
    )]
    Endpoint {
        /// Which address.
        what: &'static str,
        /// The host, or the start of the text.
        got: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A request to a store failed.
    #[error("{action} {place}: got {got}, expected status 200; {hint}")]
    Request {
        /// What was tried.
        action: &'static str,
        /// Host and path; the query may be secret.
        place: Box<str>,
        /// The answer.
        got: String,
        /// What to do.
        hint: &'static str,
        /// Whether another attempt may help.
        again: bool,
        /// How long to wait before it, if the server said.
        after: Option<std::time::Duration>,
        /// The time of the server's clock, if it answered with one.
        server_time: Option<mantis_data::Timestamp>,
    },
    /// What was stored does not come back.
    #[error(
        "read back {key}: got {got} other bytes, expected the {expected} that were stored; check that the public address belongs to the bucket and that no cache is in front of it"
    )]
    ReadBack {
        /// The object.
        key: String,
        /// Size of what came back.
        got: usize,
        /// Size of what was stored.
        expected: usize,
    },
    /// A hotkey file that cannot sign for the subnet.
    #[error("{}: {problem}, expected an unencrypted sr25519 hotkey of bittensor; {remedy}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it; never part of its content.
        problem: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Metadata of a runtime that this crate cannot work with.
    #[error(
        "chain metadata: {problem}, expected version 15 or 16 of a chain with the pallet Commitments; check the endpoint, or update this program if the chain was upgraded"
    )]
    Metadata {
        /// What is wrong with it.
        problem: String,
    },
    /// The chain's transactions carry something unknown.
    #[error(
        "chain metadata: transactions carry {name} with data that this program does not know, expected known extensions or empty ones; nothing was sent, update this program"
    )]
    Extension {
        /// Name of the transaction extension.
        name: String,
    },
    /// A node did not answer, or refused.
    #[error("node: {method}: got {got}, expected a result; {hint}")]
    Node {
        /// The method that was called.
        method: &'static str,
        /// What came instead.
        got: String,
        /// What to do.
        hint: &'static str,
        /// The node's own code if it answered; without one the connection failed.
        code: Option<i64>,
    },
    /// A transaction was sent, but its commitment does not appear.
    #[error(
        "commit: the transaction was sent, but the chain does not hold the URL after {blocks} blocks; check that the hotkey is registered on the subnet and has not committed about 30 times in this epoch (rate limit), and look again before sending another one"
    )]
    NotIncluded {
        /// Number of blocks waited.
        blocks: u32,
    },
    /// A hotkey that the subnet does not know.
    #[error(
        "hotkey {hotkey}: not registered on subnet {netuid}, so nothing was sent; register it with `btcli subnet register --netuid {netuid}`"
    )]
    NotRegistered {
        /// The hotkey.
        hotkey: Hotkey,
        /// The subnet.
        netuid: u16,
    },
    /// A payload that was just made does not hold what it was made from.
    #[error(
        "self-check: {what}; nothing was uploaded; check the memory of this machine, or report it as a fault of this crate"
    )]
    SelfCheck {
        /// What is wrong.
        what: String,
    },
    /// Embeddings that cannot be had, or cannot be read.
    #[error("embeddings from {from}: {problem}; {hint}")]
    Embeddings {
        /// The file, command or model.
        from: String,
        /// What is wrong.
        problem: String,
        /// What to do.
        hint: &'static str,
    },
    /// Nothing is left that may be submitted.
    #[error(
        "nothing to submit: {reasons}; the object of the last cycle stays, and counts until its round is out"
    )]
    NothingToSubmit {
        /// Why, by challenge.
        reasons: String,
    },
    /// The check before an upload found errors.
    #[error("preflight: {findings}; nothing was uploaded")]
    Refused {
        /// The errors, one after another.
        findings: String,
    },
    /// A state file that is none.
    #[error(
        "{}: {problem}, expected the state of a miner in JSON; it was put aside as {}, and a new one is begun", path.display(), aside.display()
    )]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// Where it is now.
        aside: PathBuf,
    },
    /// The state file of another miner.
    #[error(
        "{}: the state of hotkey {got}, expected that of {expected}; give every miner a file of its own, or remove this one if {got} no longer mines", path.display()
    )]
    OtherState {
        /// The file.
        path: PathBuf,
        /// The hotkey in it.
        got: Hotkey,
        /// The hotkey that mines.
        expected: Hotkey,
    },
    /// A validator's configuration that cannot be read.
    #[error(
        "validator's configuration: line {line}: {problem}, expected the text of config.py; give the file or its raw address, not a web page about it"
    )]
    Config {
        /// The line.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A URL that the validator would not download from.
    #[error(
        "commit URL {url:?}: {problem}, expected https://pub-<32 hexadecimal digits>.r2.dev/<hotkey> of at most {max} bytes; enable the bucket's public r2.dev address and use it"
    )]
    CommitUrl {
        /// The URL, without its query.
        url: String,
        /// What is wrong with it.
        problem: String,
        /// Most bytes accepted.
        max: usize,
    },
    /// An upstream library refused what it must accept.
    #[error("{what}: the library refused to {action}; this is a fault of this crate, report it")]
    Library {
        /// The library's part.
        what: &'static str,
        /// What was tried.
        action: &'static str,
    },
}

impl Error {
    /// Whether the same call may succeed a moment later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Request { again: true, .. }
                | Self::ReadBack { .. }
                | Self::Node { code: None, .. }
        )
    }

    /// Whether a node said that a transaction of the same number waits already.
    #[cfg_attr(not(feature = "chain"), expect(dead_code, reason = "the committer asks"))]
    pub(crate) const fn is_waiting(&self) -> bool {
        matches!(self, Self::Node { code: Some(1013 | 1014), .. })
    }

    /// A short word for what failed, for counters: `disk`, `access`, `network`, `chain`,
    /// `embeddings`, `preflight`, `self-check` or `internal`.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Io { .. } | Self::State { .. } | Self::OtherState { .. } => "disk",
            Self::Request { again: false, .. } | Self::Endpoint { .. } => "access",
            Self::Request { .. } | Self::ReadBack { .. } => "network",
            Self::Node { .. }
            | Self::NotIncluded { .. }
            | Self::NotRegistered { .. }
            | Self::Metadata { .. }
            | Self::Extension { .. }
            | Self::KeyFile { .. }
            | Self::CommitUrl { .. } => "chain",
            Self::Embeddings { .. } | Self::NothingToSubmit { .. } | Self::Plaintext { .. } => {
                "embeddings"
            }
            Self::Refused { .. } => "preflight",
            Self::SelfCheck { .. } => "self-check",
            _ => "internal",
        }
    }

    /// What the server's clock showed when it refused, if it said.
    #[cfg_attr(not(feature = "r2"), expect(dead_code, reason = "the bucket learns from it"))]
    pub(crate) const fn server_time(&self) -> Option<mantis_data::Timestamp> {
        match self {
            Self::Request { server_time, .. } => *server_time,
            _ => None,
        }
    }

    /// How long the server asked to wait.
    #[must_use]
    pub const fn retry_after(&self) -> Option<std::time::Duration> {
        match self {
            Self::Request { after, .. } => *after,
            _ => None,
        }
    }
}

/// A text for a message: whole if short, else its first characters and its length.
///
/// Longer texts in the place of an address or key name are often a seed or a phrase that was
/// pasted by mistake.
pub(crate) fn shorten(text: &str) -> String {
    shorten_to(text, 48)
}

/// The same with another number of characters that count as short.
pub(crate) fn shorten_to(text: &str, whole: usize) -> String {
    const SHOWN: usize = 4;
    let count = text.chars().count();
    if count <= whole {
        return text.to_owned();
    }
    let start: String = text.chars().take(SHOWN).collect();
    format!("{start}... ({count} characters)")
}
