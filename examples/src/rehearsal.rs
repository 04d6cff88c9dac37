//! Everything a miner talks to, on this machine: sources with recorded data, a bucket, and a node of the chain.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use mantis_data::input::{self, most};
use mantis_data::testing::{Exchange, Server};
use mantis_data::{Asset, FolderStore, Interval, SeriesKind, Timestamp, Venue};
use mantis_submit::miner::BlockClock;
use mantis_submit::testing::{Node, S3Server};
use mantis_submit::wallet::{HotkeySecret, hotkey_file};

use crate::files::{create_folder, write_whole};
use crate::{Error, Result};

/// Of the throwaway hotkey, which anyone can sign with.
const SEED: [u8; 32] = [123; 32];
const SECRET_KEY: &str = "rehearsal-secret";
const PUBLIC_URL: &str = "https://pub-00000000000000000000000000000123.r2.dev";

/// Names of the throwaway wallet and its hotkey.
pub const WALLET: [&str; 2] = ["rehearsal", "miner"];

/// What a rehearsal is made of.
#[derive(Clone, Debug)]
pub struct Options {
    /// Folder with the recorded data.
    pub data_dir: PathBuf,
    /// Metadata of the chain's runtime, version 15.
    pub metadata: PathBuf,
    /// The time that programs are to believe in.
    pub now: Timestamp,
    /// Folder for what the programs need to know.
    pub out: PathBuf,
}

/// The servers. They serve until the process ends.
#[derive(Debug)]
pub struct Rehearsal {
    _sources: Server,
    _bucket: S3Server,
    _node: Node,
    /// Symbols whose bars are served.
    pub symbols: usize,
    /// File with the variables of the environment.
    pub env: PathBuf,
}

/// Starts the servers, and writes `env`, `mantis.toml` and `wallets` into the folder.
///
/// # Errors
/// For recorded data that cannot be read, and a folder that cannot be written.
pub fn start(options: &Options) -> Result<Rehearsal> {
    let metadata = input::bytes(&options.metadata, most::MODEL)
        .map_err(|source| Error::Read { path: options.metadata.clone(), source })?;
    let (exchange, symbols) = exchange(options)?;
    let sources = Server::start(move |request| exchange.answer(request)).map_err(|source| {
        Error::Write { path: options.out.clone(), action: "open a port for", source }
    })?;
    let bucket = S3Server::start(SECRET_KEY, options.now.as_secs());
    // Every program starts at the same time anew, so the server's clock would soon seem wrong.
    bucket.hide_the_time();
    let node = Node::start(metadata);
    let blocks = BlockClock::genesis();
    let block = u32::try_from(blocks.block_at(options.now)).unwrap_or(u32::MAX);
    node.show(block, blocks.time_of(block.into()).as_secs());
    let secret = HotkeySecret::from_seed(&SEED)?;
    node.register(&secret.hotkey());

    create_folder(&options.out)?;
    let out = std::path::absolute(&options.out)
        .map_err(|source| Error::Read { path: options.out.clone(), source })?;
    let wallets = out.join("wallets");
    let file = hotkey_file(&wallets, WALLET[0], WALLET[1])?;
    create_folder(file.parent().unwrap_or(&wallets))?;
    let hotkey = secret.hotkey().to_string();
    let text =
        serde_json::json!({"secretSeed": format!("0x{}", "7b".repeat(32)), "ss58Address": hotkey});
    write_whole(&file, &text.to_string())?;
    only_for_owner(&file)?;
    write_whole(&out.join("mantis.toml"), &settings(&sources, &node, &wallets, options.now))?;
    let env = out.join("env");
    write_whole(&env, &variables(&bucket, &out))?;
    Ok(Rehearsal { _sources: sources, _bucket: bucket, _node: node, symbols, env })
}

fn only_for_owner(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let only = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(path, only).map_err(|source| Error::Write {
        path: path.to_owned(),
        action: "restrict",
        source,
    })
}

/// All bars and series of the folder, as the exchanges would show them.
fn exchange(options: &Options) -> Result<(Exchange, usize)> {
    let store = FolderStore::open(&options.data_dir)?;
    let mut exchange = Exchange::new(options.now);
    let mut symbols = 0;
    for venue in Asset::all().iter().filter_map(|asset| asset.venues().ok()).flatten().copied() {
        let stored = venue.bars_symbol();
        // What Yahoo quotes the other way round would have to be turned back first.
        let shown = match venue {
            Venue::Yahoo { inverted: true, .. } => continue,
            Venue::Yahoo { symbol, .. } => symbol,
            _ => stored.as_str(),
        };
        if store.has_bars(&stored) {
            exchange = exchange.bars(shown, store.bars(&stored, Interval::HOUR)?);
            symbols += 1;
        }
        let Some(series) = venue.series_symbol() else { continue };
        if store.has_series(&series, SeriesKind::FundingRate) {
            let rates = store.series(&series, SeriesKind::FundingRate)?;
            exchange = exchange.funding(&series, rates);
        }
    }
    Ok((exchange, symbols))
}

/// Settings of all programs that read data or talk to somebody.
fn settings(sources: &Server, node: &Node, wallets: &Path, now: Timestamp) -> String {
    let (sources, node, wallets) = (sources.url(), node.endpoint(), wallets.display());
    let mut text = String::from(
        "# Made by `rehearse`: the addresses of its servers, and the time that they show.\n",
    );
    for program in [
        "fetch",
        "train",
        "check",
        "backtest",
        "verify",
        "embed",
        "mine",
        "seal",
        "preflight",
        "commit",
    ] {
        let _ = writeln!(text, "\n[{program}]");
        if matches!(program, "fetch" | "train" | "mine") {
            let _ = writeln!(text, "base-url = \"{sources}\"");
        }
        if matches!(program, "fetch" | "train" | "mine" | "seal" | "preflight") {
            let _ = writeln!(text, "now = \"{now}\"");
        }
        if matches!(program, "train" | "check" | "backtest" | "verify" | "embed") {
            let _ = writeln!(text, "as-of = \"{now}\"");
        }
        if matches!(program, "mine" | "preflight" | "commit") {
            let _ = writeln!(text, "endpoint = \"{node}\"");
        }
        if matches!(program, "mine" | "seal" | "preflight" | "commit") {
            let _ = writeln!(text, "\"wallet.path\" = \"{wallets}\"");
        }
    }
    text
}

fn variables(bucket: &S3Server, out: &Path) -> String {
    let variables = [
        ("R2_BUCKET", "bucket".to_owned()),
        ("R2_ACCESS_KEY", "rehearsal".to_owned()),
        ("R2_SECRET_KEY", SECRET_KEY.to_owned()),
        ("R2_ENDPOINT", bucket.endpoint()),
        ("R2_PUBLIC_URL", PUBLIC_URL.to_owned()),
        ("R2_READ_URL", bucket.public_address()),
        ("MANTIS_SETTINGS", out.join("mantis.toml").display().to_string()),
    ];
    variables.iter().fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "export {name}='{value}'");
        text
    })
}
