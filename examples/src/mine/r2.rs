//! The bucket, from flags, files and the guide's variables.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use mantis_data::Clock;
use mantis_data::input::{self, most};
use mantis_submit::bucket::{R2Bucket, R2Credentials, R2Settings};
use mantis_submit::{Retry, open_to_others};
use zeroize::Zeroizing;

use super::flags::environment;
use crate::{Error, Result};

/// Variables with credentials, which no command that we run gets to see.
pub const SECRET_VARIABLES: [&str; 3] = ["R2_ACCESS_KEY", "R2_SECRET_KEY", "MANTIS_WEBHOOK"];

/// Where objects are put. Flags come before files, files before the environment.
#[derive(Args, Clone)]
pub struct BucketFlags {
    /// Name of the R2 bucket [env: R2_BUCKET]
    #[arg(long, value_name = "NAME")]
    pub r2_bucket: Option<String>,
    /// Access key [env: R2_ACCESS_KEY]; others on this machine see flags, use the environment or a file
    #[arg(long, value_name = "KEY")]
    pub r2_access_key: Option<String>,
    /// Secret key [env: R2_SECRET_KEY]; others on this machine see flags, use the environment or a file
    #[arg(long, value_name = "KEY")]
    pub r2_secret_key: Option<String>,
    /// File with the access key
    #[arg(long, value_name = "FILE")]
    pub r2_access_key_file: Option<PathBuf>,
    /// File with the secret key
    #[arg(long, value_name = "FILE")]
    pub r2_secret_key_file: Option<PathBuf>,
    /// Signed address (https, ACCOUNT.r2.cloudflarestorage.com) [env: R2_ENDPOINT]
    #[arg(long, value_name = "URL")]
    pub r2_endpoint: Option<String>,
    /// Public address (https, pub-HEX.r2.dev) [env: R2_PUBLIC_URL]
    #[arg(long, value_name = "URL")]
    pub r2_public_url: Option<String>,
    /// Address that objects are read back from [default: the public one] [env: R2_READ_URL]
    #[arg(long, value_name = "URL")]
    pub r2_read_url: Option<String>,
    /// A folder in place of R2
    #[arg(long, value_name = "DIR")]
    pub bucket_dir: Option<PathBuf>,
}

/// Keys are not shown.
impl std::fmt::Debug for BucketFlags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BucketFlags")
            .field("r2_bucket", &self.r2_bucket)
            .field("r2_endpoint", &self.r2_endpoint)
            .field("bucket_dir", &self.bucket_dir)
            .finish_non_exhaustive()
    }
}

impl BucketFlags {
    /// What the user should know about these flags.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let keys =
            [("--r2-access-key", &self.r2_access_key), ("--r2-secret-key", &self.r2_secret_key)];
        let shown = keys.into_iter().filter(|(_, key)| key.is_some()).map(|(flag, _)| {
            format!("{flag} is shown in the process list; use {flag}-file or the environment")
        });
        // A file that is not there is told by whoever reads it.
        let files = [&self.r2_access_key_file, &self.r2_secret_key_file].into_iter().flatten();
        shown.chain(files.filter_map(|file| open_to_others(file).ok().flatten())).collect()
    }

    /// The public address, if there is one.
    #[must_use]
    pub fn public_url(&self) -> Option<String> {
        self.r2_public_url.clone().or_else(|| environment("R2_PUBLIC_URL"))
    }

    /// Where objects are read back from, if not by signed requests.
    #[must_use]
    pub fn read_url(&self) -> Option<String> {
        self.r2_read_url
            .clone()
            .or_else(|| environment("R2_READ_URL"))
            .or_else(|| self.public_url())
    }

    /// Whether the bucket is a server on this machine, as in a rehearsal. A folder may be copied elsewhere by others.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let endpoint = self.r2_endpoint.clone().or_else(|| environment("R2_ENDPOINT"));
        self.bucket_dir.is_none() && endpoint.as_deref().is_some_and(is_loopback)
    }

    /// Whether anything names an R2 bucket.
    #[must_use]
    pub fn names_r2(&self) -> bool {
        self.r2_bucket.is_some() || environment("R2_BUCKET").is_some()
    }

    /// Connects to R2; nothing is sent yet. Attempts are the caller's: the bucket itself tries once.
    ///
    /// # Errors
    /// [`Error::Usage`] naming what is missing, and addresses that are none.
    pub fn connect<C: Clock>(&self, timeout: Duration, clock: C) -> Result<R2Bucket<C>> {
        let bucket = required(&self.r2_bucket, None, "--r2-bucket", "R2_BUCKET")?;
        let endpoint = required(&self.r2_endpoint, None, "--r2-endpoint", "R2_ENDPOINT")?;
        let file = self.r2_access_key_file.as_deref();
        let access = required(&self.r2_access_key, file, "--r2-access-key", "R2_ACCESS_KEY")?;
        let file = self.r2_secret_key_file.as_deref();
        let secret = required(&self.r2_secret_key, file, "--r2-secret-key", "R2_SECRET_KEY")?;
        let mut settings = R2Settings::new(endpoint.as_str(), bucket.as_str());
        settings.public_address = self.read_url();
        settings.timeout = timeout;
        settings.retry = Retry { within: Duration::ZERO, ..Retry::default() };
        Ok(R2Bucket::new(&settings, R2Credentials::new(&access, &secret), clock)?)
    }
}

/// Whether an address is of the loopback interface.
pub(super) fn is_loopback(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, rest)| rest);
    let host = host.split(['/', ':']).next();
    matches!(host, Some("127.0.0.1" | "localhost"))
}

/// A value from its flag, its file or the environment; erased after use.
fn required(
    flag: &Option<String>,
    file: Option<&Path>,
    name: &str,
    variable: &str,
) -> Result<Zeroizing<String>> {
    if let Some(value) = flag {
        return Ok(Zeroizing::new(value.clone()));
    }
    if let Some(path) = file {
        let text = input::text(path, most::SETTINGS)
            .map(Zeroizing::new)
            .map_err(|source| Error::Read { path: path.to_owned(), source })?;
        return Ok(Zeroizing::new(text.trim().to_owned()));
    }
    let missing = || Error::usage(&format!("give {name} or set {variable}"));
    environment(variable).map(Zeroizing::new).ok_or_else(missing)
}
