//! Flags that the programs of submission share, named as in the mining guide.

use std::path::{Path, PathBuf};

use clap::Args;
use mantis_data::input::{self, most};
use mantis_data::{ChallengeTable, Timestamp};
use mantis_submit::wallet::{HotkeySecret, hotkey_file};
use mantis_submit::{CommitUrl, Hotkey, Lock, OwnerKey, Sealer};

use crate::{Error, Result, SystemClock};

/// Who submits.
#[derive(Args, Clone, Debug)]
pub struct WalletFlags {
    /// Name of the wallet
    #[arg(long = "wallet.name", value_name = "NAME")]
    pub name: Option<String>,
    /// Name of the hotkey
    #[arg(long = "wallet.hotkey", value_name = "NAME")]
    pub hotkey: Option<String>,
    /// Folder with the wallets [default: ~/.bittensor/wallets]
    #[arg(long = "wallet.path", value_name = "DIR")]
    pub path: Option<PathBuf>,
    /// Address of the hotkey, in place of the wallet where nothing is signed
    #[arg(long = "hotkey", value_name = "ADDRESS")]
    pub address: Option<Hotkey>,
}

impl WalletFlags {
    /// The file with the hotkey's secret, if a wallet is named.
    ///
    /// # Errors
    /// [`Error::Usage`] for half a name, and the wallet's for a name that is a path.
    pub fn file(&self) -> Result<Option<PathBuf>> {
        let (name, hotkey) = match (&self.name, &self.hotkey) {
            (None, None) => return Ok(None),
            (Some(name), Some(hotkey)) => (name, hotkey),
            _ => return Err(Error::usage("give both --wallet.name and --wallet.hotkey")),
        };
        let wallets = match &self.path {
            Some(path) => path.clone(),
            None => home()?.join(".bittensor/wallets"),
        };
        Ok(Some(hotkey_file(&wallets, name, hotkey)?))
    }

    /// The address: as given, else from the public half of the wallet's file (`NAMEpub.txt`), else
    /// from the file itself, whose secret is dropped at once.
    ///
    /// # Errors
    /// [`Error::Usage`] if nothing names a hotkey, and what is wrong with the file.
    pub fn address(&self) -> Result<Hotkey> {
        let file = self.file()?;
        let Some(file) = file else {
            let missing = "name the hotkey: --wallet.name and --wallet.hotkey, or --hotkey ADDRESS";
            return self.address.ok_or_else(|| Error::usage(missing));
        };
        let found = match public_half(&file) {
            Some(hotkey) => hotkey,
            None => HotkeySecret::read(&file)?.hotkey(),
        };
        match self.address {
            Some(given) if given != found => Err(Error::usage(&format!(
                "--hotkey is {given}, and {} is of {found}; give one of them",
                file.display()
            ))),
            _ => Ok(found),
        }
    }
}

/// The address in the file that bittensor writes beside a hotkey.
fn public_half(file: &Path) -> Option<Hotkey> {
    let mut name = file.file_name()?.to_owned();
    name.push("pub.txt");
    let text = input::text(&file.with_file_name(name), most::SETTINGS).ok()?;
    let json: serde_json::Value = serde_json::from_str(&text).ok()?;
    json.get("ss58Address")?.as_str()?.parse().ok()
}

fn home() -> Result<PathBuf> {
    let home = environment("HOME").map(PathBuf::from);
    home.ok_or_else(|| Error::usage("HOME is not set; give --wallet.path"))
}

/// A variable of the environment that is set and not empty.
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "programs read their environment")]
    let value = std::env::var(name).ok()?;
    (!value.trim().is_empty()).then_some(value)
}

/// What is asked for, and how it is sealed.
#[derive(Args, Clone, Debug)]
pub struct SealFlags {
    /// Table of challenges: the version of the validator's configuration, or a TOML file of your own
    #[arg(long, value_name = "NAME", default_value = ChallengeTable::NEWEST)]
    pub profile: String,
    /// Seconds until anyone can open the payload, at most 3500
    #[arg(long, value_name = "SECONDS", default_value_t = Lock::DEFAULT_SECONDS)]
    pub lock: u32,
    /// Seal for another owner, to try things out; validators take the subnet's only
    #[arg(long, value_name = "HEX")]
    pub owner_key: Option<String>,
    /// Run as if it were this time now, to try recorded data
    #[arg(long, value_name = "TIME")]
    pub now: Option<String>,
}

impl SealFlags {
    /// The table.
    ///
    /// # Errors
    /// For a name of no table.
    pub fn table(&self) -> Result<ChallengeTable> {
        Ok(ChallengeTable::open(&self.profile)?)
    }

    /// What seals.
    ///
    /// # Errors
    /// For a lock that is too long or too short, and a key that is none.
    pub fn sealer(&self) -> Result<Sealer> {
        Ok(Sealer::new(self.owner()?).with_lock(Lock::new(self.lock)?))
    }

    /// For whom it is sealed.
    ///
    /// # Errors
    /// For a key that is none.
    pub fn owner(&self) -> Result<OwnerKey> {
        let given = self.owner_key.as_deref();
        Ok(given.map_or_else(|| Ok(OwnerKey::subnet()), OwnerKey::from_hex)?)
    }

    /// A warning about a key that is not the subnet's.
    ///
    /// # Errors
    /// As [`SealFlags::owner`].
    pub fn owner_warning(&self) -> Result<Option<String>> {
        let other = self.owner()? != OwnerKey::subnet();
        Ok(other
            .then(|| "--owner-key is not the subnet's, so validators drop the payload".to_owned()))
    }

    /// What the user should know about these flags.
    ///
    /// # Errors
    /// As [`SealFlags::sealer`].
    pub fn warnings(&self) -> Result<Vec<String>> {
        let lock = self.sealer()?.lock().warning().map(|warning| warning.to_string());
        Ok(lock.into_iter().chain(self.owner_warning()?).collect())
    }

    /// The time to run at, if one was given.
    ///
    /// # Errors
    /// For a text that is no time.
    pub fn now(&self) -> Result<Option<Timestamp>> {
        Ok(self.now.as_deref().map(Timestamp::parse).transpose()?)
    }

    /// The machine's clock, or one that goes on from the time that was given.
    ///
    /// # Errors
    /// As [`SealFlags::now`].
    pub fn clock(&self) -> Result<SystemClock> {
        Ok(self.now()?.map_or_else(SystemClock::default, SystemClock::starting_at))
    }
}

/// The chain.
#[derive(Args, Clone, Debug)]
pub struct ChainFlags {
    /// Network whose public node is asked: finney or test
    #[arg(long, value_name = "NAME")]
    pub network: Option<String>,
    /// Websocket of a node, in place of the network's
    #[arg(long, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Number of the subnet
    #[arg(long, value_name = "NUMBER", default_value_t = 123)]
    pub netuid: u16,
}

impl ChainFlags {
    /// The node, if one was named.
    ///
    /// # Errors
    /// [`Error::Usage`] for an unknown network.
    pub fn endpoint(&self) -> Result<Option<String>> {
        match (&self.endpoint, self.network.as_deref()) {
            (Some(endpoint), _) => Ok(Some(endpoint.clone())),
            (None, None) => Ok(None),
            (None, Some("finney")) => {
                Ok(Some("wss://entrypoint-finney.opentensor.ai:443".to_owned()))
            }
            (None, Some("test")) => Ok(Some("wss://test.finney.opentensor.ai:443".to_owned())),
            (None, Some(other)) => Err(Error::usage(&format!(
                "--network {other:?}: give finney or test, or --endpoint"
            ))),
        }
    }

    /// The node, finney's if none was named.
    ///
    /// # Errors
    /// As [`ChainFlags::endpoint`].
    pub fn endpoint_or_finney(&self) -> Result<String> {
        let finney = || "wss://entrypoint-finney.opentensor.ai:443".to_owned();
        Ok(self.endpoint()?.unwrap_or_else(finney))
    }
}

/// The URL to commit.
///
/// # Errors
/// [`Error::Usage`] without a public address, and the rule that it breaks.
pub fn commit_url(public_address: Option<&str>, hotkey: &Hotkey) -> Result<CommitUrl> {
    let missing = "a commitment needs the bucket's public address: set R2_PUBLIC_URL or --r2-public-url to https://pub-<hex>.r2.dev (the signed endpoint cannot be committed)";
    let address = public_address.ok_or_else(|| Error::usage(missing))?;
    Ok(CommitUrl::new(address, hotkey)?)
}
