//! Everything that can be known to be wrong before anything is sent, at once.

use std::fmt;
use std::path::Path;

use mantis_data::Timestamp;
use mantis_data::challenge::{ChallengeTable, Reason, as_validator_sees};
use serde::Serialize;

use crate::beacon::{Beacon, Lock};
use crate::commit_url::CommitUrl;
use crate::drift::DriftReport;
use crate::owner::OwnerKey;
use crate::payload::Payload;
use crate::plaintext::Plaintext;
use crate::source::Note;
use crate::wallet::Hotkey;

/// Seconds by which a clock may be off without a word.
const QUIET_SKEW_SECONDS: i64 = 5;

/// Seconds by which a clock may be off at all: beyond, little of the margin of a lock is left.
const MAX_SKEW_SECONDS: i64 = 60;

/// How much a finding matters. The order is that of [`Report::exit_code`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// Costs money, or may.
    Warning,
    /// The submission would not count.
    Error,
}

/// Something that preflight noticed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub subject: String,
    /// What was found, and what to do.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity}: {}: {}", self.subject, self.text)
    }
}

/// All findings, the gravest first.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Report {
    /// The findings.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The gravest severity, if there is any finding.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// 0 if nothing but notes was found, 1 for warnings, 2 for errors.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self.worst() {
            None | Some(Severity::Note) => 0,
            Some(Severity::Warning) => 1,
            Some(Severity::Error) => 2,
        }
    }
}

/// One finding per line.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.findings.iter().try_for_each(|finding| writeln!(f, "{finding}"))
    }
}

/// What is known about a submission; everything that is left out is not checked.
///
/// Nothing is read from anywhere but the hotkey's file permissions: a program asks the bucket, the
/// beacon and the chain, and passes on what they said.
///
/// ```
/// use mantis_data::ChallengeTable;
/// use mantis_data::Timestamp;
/// use mantis_submit::{Hotkey, Preflight, Severity};
///
/// let table = ChallengeTable::profile("2026-07")?;
/// let hotkey: Hotkey = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR".parse()?;
/// let mut preflight = Preflight::new(&hotkey, Timestamp::parse("2026-01-01")?);
/// preflight.commit_url = Some("https://example.com/payload");
/// preflight.registered = Some(true);
/// let report = preflight.run();
/// assert_eq!(report.worst(), Some(Severity::Error));
/// assert_eq!(report.exit_code(), 2);
/// println!("{report}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Preflight<'a> {
    /// Who submits.
    pub hotkey: &'a Hotkey,
    /// Our clock.
    pub now: Timestamp,
    /// What is to be sealed, and the table that it answers.
    pub plaintext: Option<(&'a ChallengeTable, &'a Plaintext)>,
    /// What is missing or stale, as a source of embeddings noted.
    pub stale: &'a [Note],
    /// How the validator's configuration differs from the table.
    pub drift: Option<&'a DriftReport>,
    /// The sealed object.
    pub payload: Option<&'a Payload>,
    /// For whom it must be sealed; the subnet's owner, unless something is tried out.
    pub expected_owner: OwnerKey,
    /// The subnet, for messages.
    pub netuid: u16,
    /// How long it is to stay shut.
    pub lock: Option<Lock>,
    /// The URL to commit.
    pub commit_url: Option<&'a str>,
    /// What the chain holds; `Some(None)` for nothing.
    pub committed: Option<Option<&'a str>>,
    /// Whether the chain knows the hotkey on the subnet.
    pub registered: Option<bool>,
    /// Seconds by which the bucket's clock is ahead of ours.
    pub bucket_skew_seconds: Option<i64>,
    /// The newest round that the beacon answered with.
    pub latest_round: Option<u64>,
    /// The file with the hotkey's secret.
    pub hotkey_file: Option<&'a Path>,
}

impl<'a> Preflight<'a> {
    /// Nothing known but who and when; for the subnet and its owner.
    #[must_use]
    pub fn new(hotkey: &'a Hotkey, now: Timestamp) -> Self {
        Self {
            hotkey,
            now,
            plaintext: None,
            stale: &[],
            drift: None,
            payload: None,
            expected_owner: OwnerKey::subnet(),
            netuid: 123,
            lock: None,
            commit_url: None,
            committed: None,
            registered: None,
            bucket_skew_seconds: None,
            latest_round: None,
            hotkey_file: None,
        }
    }

    /// Checks all that is known.
    #[must_use]
    pub fn run(&self) -> Report {
        let mut findings = Findings::default();
        if let Some((table, plaintext)) = self.plaintext {
            findings.plaintext(table, plaintext, self.hotkey);
        }
        for note in self.stale {
            findings.add(Severity::Warning, &note.subject, &note.text);
        }
        for difference in self.drift.into_iter().flat_map(|drift| &drift.differences) {
            findings.add(difference.severity(), "validator's configuration", difference);
        }
        if let Some(payload) = self.payload {
            findings.payload(payload, self);
        }
        if let Some(warning) = self.lock.and_then(Lock::warning) {
            findings.add(Severity::Warning, "lock", warning);
        }
        if let Some(url) = self.commit_url {
            findings.commit_url(url, self.hotkey);
        }
        if let Some(held) = self.committed {
            findings.committed(held, self.commit_url, self.hotkey);
        }
        if self.registered == Some(false) {
            let netuid = self.netuid;
            let text = format!(
                "the hotkey is not registered, so nothing counts; register it with `btcli subnet register --netuid {netuid}`"
            );
            findings.add(Severity::Error, "hotkey", text);
        }
        if let Some(skew) = self.bucket_skew_seconds {
            findings.skew("the bucket's clock", skew);
        }
        if let Some(round) = self.latest_round {
            findings.latest_round(round, self.now);
        }
        if let Some(path) = self.hotkey_file {
            findings.hotkey_file(path);
        }
        findings.0.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        Report { findings: findings.0 }
    }
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, severity: Severity, subject: &str, text: impl fmt::Display) {
        self.0.push(Finding { severity, subject: subject.to_owned(), text: text.to_string() });
    }

    fn plaintext(&mut self, table: &ChallengeTable, plaintext: &Plaintext, hotkey: &Hotkey) {
        let view = as_validator_sees(table, plaintext.as_str(), &hotkey.to_string());
        if let Some(rejection) = view.rejection {
            let text = format!("{rejection}; the validator would store zeros for all challenges");
            self.add(Severity::Error, "embeddings", text);
        }
        for difference in view.differences {
            let severity = match difference.reason {
                Reason::Invalid => Severity::Error,
                _ => Severity::Warning,
            };
            self.add(severity, "embeddings", difference);
        }
    }

    fn payload(&mut self, payload: &Payload, known: &Preflight<'_>) {
        let &Preflight { hotkey, now, expected_owner, .. } = known;
        let size = payload.to_json().len();
        if size > Payload::MAX_BYTES {
            let text = format!("{size} bytes, at most {} are downloaded", Payload::MAX_BYTES);
            self.add(Severity::Error, "payload", text);
        }
        if payload.hotkey() != hotkey {
            let text = format!("sealed for {}, not for {hotkey}; seal it again", payload.hotkey());
            self.add(Severity::Error, "payload", text);
        }
        if *payload.owner() != expected_owner {
            let text = format!(
                "sealed to the owner {}, expected {expected_owner}; the owner cannot open it, so nothing counts; seal it again without --owner-key",
                payload.owner()
            );
            self.add(Severity::Error, "payload", text);
        }
        let round = payload.round();
        match Beacon::quicknet().time_of(round) {
            Err(error) => self.add(Severity::Error, "payload", error),
            Ok(time) => {
                let left = time.as_secs() - now.as_secs();
                if left <= 0 {
                    let text = format!(
                        "round {round} is out since {} s, so anyone can open it; seal it again",
                        -left
                    );
                    self.add(Severity::Error, "payload", text);
                } else if left > i64::from(Lock::MAX_SECONDS) {
                    let text = format!(
                        "round {round} is out in {left} s, at most {} are safe; the validator would open it too early and store zeros",
                        Lock::MAX_SECONDS
                    );
                    self.add(Severity::Error, "payload", text);
                }
            }
        }
    }

    fn commit_url(&mut self, url: &str, hotkey: &Hotkey) {
        if let Err(error) = CommitUrl::parse(url, hotkey) {
            self.add(Severity::Error, "commit URL", error);
        }
    }

    /// What the chain holds, compared with the URL that is to be committed, if one was given.
    fn committed(&mut self, held: Option<&str>, url: Option<&str>, hotkey: &Hotkey) {
        match held {
            Some(held) if url == Some(held) => {
                self.add(Severity::Note, "commit URL", "the chain holds it already");
            }
            Some(_) if url.is_some() => {
                let text =
                    "the chain holds another one, from which validators download; commit again";
                self.add(Severity::Warning, "commit URL", text);
            }
            Some(held) => match CommitUrl::parse(held, hotkey) {
                Ok(held) => {
                    let text = format!("the chain holds {held}; give R2_PUBLIC_URL to compare it");
                    self.add(Severity::Note, "commit URL", text);
                }
                Err(error) => {
                    let text = format!("the chain holds one that validators refuse: {error}");
                    self.add(Severity::Error, "commit URL", text);
                }
            },
            None => {
                let text =
                    "the chain holds none, so validators do not know where to download; commit it";
                self.add(Severity::Warning, "commit URL", text);
            }
        }
    }

    fn skew(&mut self, whose: &str, seconds: i64) {
        let off = seconds.saturating_abs();
        if off > QUIET_SKEW_SECONDS {
            let severity = if off > MAX_SKEW_SECONDS { Severity::Error } else { Severity::Warning };
            let side = if seconds > 0 { "ahead of" } else { "behind" };
            let text = format!(
                "{whose} is {off} s {side} ours; set the clock of this machine (for example with chrony), since the round is computed from it"
            );
            self.add(severity, "clock", text);
        }
    }

    fn latest_round(&mut self, round: u64, now: Timestamp) {
        let beacon = Beacon::quicknet();
        match beacon.time_of(round) {
            Err(error) => self.add(Severity::Error, "beacon", error),
            Ok(published) => {
                // The newest round is up to a period old.
                let skew = published.as_secs() - now.as_secs();
                let period = i64::from(beacon.period_seconds());
                let skew = if skew < 0 { (skew + period).min(0) } else { skew };
                self.skew("the beacon's clock", skew);
            }
        }
    }

    fn hotkey_file(&mut self, path: &Path) {
        match open_to_others(path) {
            Err(error) => {
                let text = format!("{}: cannot be read: {error}", path.display());
                self.add(Severity::Error, "hotkey file", text);
            }
            Ok(warning) => {
                if let Some(text) = warning {
                    self.add(Severity::Warning, "hotkey file", text);
                }
            }
        }
    }
}

/// A warning about a file with a secret if others on this machine can read it.
///
/// # Errors
/// If the file cannot be looked at.
pub fn open_to_others(path: &Path) -> std::io::Result<Option<String>> {
    let metadata = std::fs::metadata(path)?;
    Ok(is_open(&metadata).then(|| {
        format!(
            "{}: others on this machine can read the secret; run `chmod 600` on it",
            path.display()
        )
    }))
}

#[cfg(unix)]
fn is_open(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests;
