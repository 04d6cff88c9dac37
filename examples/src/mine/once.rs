//! `seal`, `commit` and `preflight`: one thing at a time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use mantis_data::input::{self, most};
use mantis_data::{ChallengeTable, Clock, EmbeddingSet};
use mantis_submit::bucket::ObjectKey;
use mantis_submit::chain::{Chain, CommitOutcome, DryRun, Subtensor, SubtensorSettings};
use mantis_submit::source::{Note, parse_embeddings};
use mantis_submit::wallet::HotkeySecret;
use mantis_submit::{Finding, Hotkey, Lock, Payload, Plaintext, Preflight, Report, Severity, Web};
use rand::rngs::OsRng;

use super::drift::DriftGuard;
use super::embeddings::read_input;
use super::flags::{ChainFlags, SealFlags, WalletFlags, commit_url};
use super::r2::BucketFlags;
use crate::{Error, Result, SystemClock};

/// What `seal` was asked for.
#[derive(Args, Clone, Debug)]
pub struct SealOptions {
    /// Who submits.
    #[command(flatten)]
    pub wallet: WalletFlags,
    /// Sealing.
    #[command(flatten)]
    pub seal: SealFlags,
    /// JSON file of ticker -> numbers, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub embeddings: String,
    /// File for the payload; standard output without it
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Seal although challenges are missing, which then count as not submitted
    #[arg(long)]
    pub partial: bool,
}

/// Seals embeddings of a file or of standard input; the payload, and what was left out.
///
/// # Errors
/// For embeddings that are wrong, or incomplete without `partial`.
pub fn seal(options: &SealOptions) -> Result<(Payload, Vec<Note>)> {
    let now = options.seal.clock()?.now();
    let hotkey = options.wallet.address()?;
    let table = options.seal.table()?;
    let text = read_text(&options.embeddings)?;
    let (embeddings, notes) = parse_embeddings(&table, &hotkey, &options.embeddings, &text)?;
    let plaintext = if options.partial && !embeddings.is_empty() {
        Plaintext::partial(&embeddings, &hotkey)
    } else {
        if let Some(note) = notes.first() {
            let text = format!("{}: {}", note.subject, note.text);
            return Err(Error::usage(&format!("{text}; mend it, or leave it out with --partial")));
        }
        Plaintext::new(&EmbeddingSet::new(&table, embeddings)?, &hotkey)
    };
    let sealer = options.seal.sealer()?;
    let round = sealer.target_round(now)?;
    let payload = sealer.seal_to_round(&plaintext, round, &mut OsRng)?;
    sealer.self_check(payload.to_json().as_bytes(), &plaintext, round, &mut OsRng)?;
    if let Some(path) = &options.out {
        std::fs::write(path, payload.to_json()).map_err(|source| Error::Write {
            path: path.clone(),
            action: "write the payload",
            source,
        })?;
    }
    Ok((payload, notes))
}

fn read_text(from: &str) -> Result<String> {
    let read =
        if from == "-" { read_input() } else { input::text(Path::new(from), most::DOCUMENT) };
    read.map_err(|source| Error::Read { path: PathBuf::from(from), source })
}

/// What `commit` was asked for.
#[derive(Args, Clone, Debug)]
pub struct CommitOptions {
    /// Who commits.
    #[command(flatten)]
    pub wallet: WalletFlags,
    /// The chain.
    #[command(flatten)]
    pub chain: ChainFlags,
    /// Public address of the bucket (https, pub-HEX.r2.dev) [env: R2_PUBLIC_URL]
    #[arg(long, value_name = "URL")]
    pub r2_public_url: Option<String>,
    /// Send the transaction; without it nothing is sent
    #[arg(long)]
    pub send: bool,
}

/// Commits the URL of the hotkey's object, unless the chain holds it already.
///
/// # Errors
/// For a hotkey that is not registered, and whatever keeps the URL from being seen on the chain.
pub fn commit(options: &CommitOptions) -> Result<CommitOutcome> {
    let file = match options.wallet.file()? {
        None if options.send => {
            return Err(Error::usage("--send signs: give --wallet.name and --wallet.hotkey"));
        }
        file => file.unwrap_or_default(),
    };
    let hotkey = options.wallet.address()?;
    let given = options.r2_public_url.clone();
    let address = given.or_else(|| super::environment("R2_PUBLIC_URL"));
    let url = commit_url(address.as_deref(), &hotkey)?;
    let settings = SubtensorSettings {
        endpoint: options.chain.endpoint_or_finney()?,
        netuid: options.chain.netuid,
        ..SubtensorSettings::default()
    };
    let mut chain = Subtensor::new(settings, SystemClock::default());
    let mut secret = || HotkeySecret::read(&file);
    Ok(if options.send {
        chain.commit(&hotkey, &url, &mut secret, &mut OsRng)?
    } else {
        DryRun(chain).commit(&hotkey, &url, &mut secret, &mut OsRng)?
    })
}

/// What `preflight` was asked for.
#[derive(Args, Clone, Debug)]
pub struct PreflightOptions {
    /// Who submits.
    #[command(flatten)]
    pub wallet: WalletFlags,
    /// Where to.
    #[command(flatten)]
    pub bucket: BucketFlags,
    /// The chain; asked only if a network or endpoint is given.
    #[command(flatten)]
    pub chain: ChainFlags,
    /// Sealing.
    #[command(flatten)]
    pub seal: SealFlags,
    /// JSON file of ticker -> numbers, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub embeddings: Option<String>,
    /// File with a sealed payload
    #[arg(long, value_name = "FILE")]
    pub payload: Option<PathBuf>,
    /// The validator's config.py, a path or URL
    #[arg(long, value_name = "PATH OR URL")]
    pub config: Option<String>,
    /// Ask the beacon for its newest round, to check the clock
    #[arg(long)]
    pub beacon: bool,
}

/// Everything that can be known to be wrong, at once. What cannot be asked is a finding too.
///
/// # Errors
/// For flags that do not go together.
pub fn preflight(options: &PreflightOptions) -> Result<Report> {
    let clock = options.seal.clock()?;
    let hotkey = options.wallet.address()?;
    let table = options.seal.table()?;
    let mut asked = Asked::default();
    let payload = asked.payload(options)?;
    let file = options.wallet.file()?;
    let plaintext = asked.plaintext(options, &table, &hotkey)?;
    asked.drift(options, &table);
    asked.chain(options, &hotkey, clock)?;
    asked.bucket(options, &hotkey, clock)?;
    asked.beacon(options);
    let lock = asked.note("lock", Lock::new(options.seal.lock).map_err(Error::from));
    let public = options.bucket.public_url();
    let url = public.as_ref().map(|url| format!("{}/{hotkey}", url.trim_end_matches('/')));

    let mut check = Preflight::new(&hotkey, clock.now());
    check.plaintext = plaintext.as_ref().map(|text| (&table, text));
    check.drift = asked.drift.as_ref();
    check.payload = payload.as_ref().or(asked.stored.as_ref());
    check.expected_owner = options.seal.owner()?;
    check.netuid = options.chain.netuid;
    check.commit_url = url.as_deref();
    check.committed = asked.committed.as_ref().map(Option::as_deref);
    check.registered = asked.registered;
    check.bucket_skew_seconds = asked.skew_seconds;
    check.latest_round = asked.latest_round;
    check.hotkey_file = file.as_deref();
    check.lock = lock;
    let mut report = check.run();
    for text in options.seal.owner_warning()?.into_iter().chain(options.bucket.warnings()) {
        asked.warn("flags", text);
    }
    report.findings.append(&mut asked.findings);
    report.findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    Ok(report)
}

/// What bucket, chain, beacon and files said.
#[derive(Default)]
struct Asked {
    findings: Vec<Finding>,
    drift: Option<mantis_submit::drift::DriftReport>,
    committed: Option<Option<String>>,
    registered: Option<bool>,
    skew_seconds: Option<i64>,
    latest_round: Option<u64>,
    stored: Option<Payload>,
}

impl Asked {
    fn failed(&mut self, subject: &str, error: &Error) {
        let (subject, text) = (subject.to_owned(), error.to_string());
        self.findings.push(Finding { severity: Severity::Error, subject, text });
    }

    fn warn(&mut self, subject: &str, text: String) {
        let subject = subject.to_owned();
        self.findings.push(Finding { severity: Severity::Warning, subject, text });
    }

    fn note<T>(&mut self, subject: &str, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.failed(subject, &error)).ok()
    }

    fn payload(&mut self, options: &PreflightOptions) -> Result<Option<Payload>> {
        let Some(path) = &options.payload else { return Ok(None) };
        let bytes = input::bytes(path, most::DOCUMENT)
            .map_err(|source| Error::Read { path: path.clone(), source })?;
        Ok(self.note("payload", Payload::parse(&bytes).map_err(Error::from)))
    }

    fn plaintext(
        &mut self,
        options: &PreflightOptions,
        table: &ChallengeTable,
        hotkey: &Hotkey,
    ) -> Result<Option<Plaintext>> {
        let Some(from) = &options.embeddings else { return Ok(None) };
        let text = read_text(from)?;
        let read = parse_embeddings(table, hotkey, from, &text).map_err(Error::from);
        let Some((embeddings, notes)) = self.note("embeddings", read) else { return Ok(None) };
        // What would be refused is worse than stale.
        for note in notes {
            let finding =
                Finding { severity: Severity::Error, subject: note.subject, text: note.text };
            self.findings.push(finding);
        }
        Ok(Some(Plaintext::partial(&embeddings, hotkey)))
    }

    fn drift(&mut self, options: &PreflightOptions, table: &ChallengeTable) {
        if let Some(place) = &options.config {
            let looked = DriftGuard::new(place, table.clone()).look();
            self.drift = self.note("validator's configuration", looked);
        }
    }

    fn chain(
        &mut self,
        options: &PreflightOptions,
        hotkey: &Hotkey,
        clock: SystemClock,
    ) -> Result<()> {
        let Some(endpoint) = options.chain.endpoint()? else { return Ok(()) };
        let netuid = options.chain.netuid;
        let settings = SubtensorSettings { endpoint, netuid, ..SubtensorSettings::default() };
        let mut chain = Subtensor::new(settings, clock);
        self.registered = self.note("chain", chain.is_registered(hotkey).map_err(Error::from));
        if self.registered.is_some() {
            let held = chain.commitment(hotkey).map_err(Error::from);
            self.committed = self.note("chain", held).map(|held| held.map(|held| held.text));
        }
        Ok(())
    }

    /// Looks at the object as a validator would; nothing is stored.
    fn bucket(
        &mut self,
        options: &PreflightOptions,
        hotkey: &Hotkey,
        clock: SystemClock,
    ) -> Result<()> {
        if !options.bucket.names_r2() {
            return Ok(());
        }
        let bucket = options.bucket.connect(Duration::from_secs(10), clock)?;
        let key = ObjectKey::from(hotkey);
        if options.bucket.read_url().is_some() {
            self.note("keys of the bucket", bucket.check_keys(&key).map_err(Error::from));
        }
        let looked = bucket.look(&key).map_err(Error::from);
        let Some((object, skew)) = self.note("bucket", looked) else { return Ok(()) };
        self.skew_seconds = skew;
        match object {
            None => {
                self.warn("bucket", "there is no object yet; run `mine --once --send`".to_owned());
            }
            Some(object) => {
                let parsed = Payload::parse(&object).map_err(Error::from);
                self.stored = self.note("object in the bucket", parsed);
            }
        }
        Ok(())
    }

    fn beacon(&mut self, options: &PreflightOptions) {
        if options.beacon {
            let round = Web::new(Duration::from_secs(10)).latest_round(Web::QUICKNET);
            self.latest_round = self.note("beacon", round.map_err(Error::from));
        }
    }
}
