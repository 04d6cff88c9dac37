//! The address that a miner commits, from which validators download.

use std::fmt;

use crate::error::{Error, Result, shorten};
use crate::wallet::Hotkey;

/// Hosts of R2's public buckets. The signed endpoint is accepted by validators as well, but a
/// signature does not fit into a commitment.
const HOST_END: &str = ".r2.dev";

const SCHEME: &str = "https://";

/// A public URL that the validator accepts for a hotkey: `https://`, a host of `r2.dev`, and one
/// path segment which is the hotkey.
///
/// ```
/// use mantis_submit::{CommitUrl, Hotkey};
///
/// let hotkey: Hotkey = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR".parse()?;
/// let url = CommitUrl::new("https://pub-0123456789abcdef0123456789abcdef.r2.dev", &hotkey)?;
/// assert_eq!(url.as_str().len(), 100);
/// assert!(CommitUrl::new("https://example.com", &hotkey).is_err());
/// # Ok::<(), mantis_submit::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommitUrl(String);

impl CommitUrl {
    /// Most bytes that a commitment holds.
    pub const MAX_BYTES: usize = 128;

    /// The URL of a hotkey's object in the bucket with this public address.
    ///
    /// # Errors
    /// [`Error::CommitUrl`] with the rule that is broken.
    pub fn new(public_address: &str, hotkey: &Hotkey) -> Result<Self> {
        Self::parse(&format!("{}/{hotkey}", public_address.trim_end_matches('/')), hotkey)
    }

    /// Checks a whole URL.
    ///
    /// # Errors
    /// [`Error::CommitUrl`] with the rule that is broken.
    pub fn parse(url: &str, hotkey: &Hotkey) -> Result<Self> {
        let refuse = |problem: String| {
            // A query may hold a signature.
            let shown = shown(url);
            Err(Error::CommitUrl { url: shown, problem, max: Self::MAX_BYTES })
        };
        let Some(rest) = url.strip_prefix(SCHEME) else {
            return refuse("it does not start with https://".to_owned());
        };
        if rest.contains(['?', '#']) {
            return refuse("it has a query or fragment".to_owned());
        }
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let plain =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        let name = host.strip_suffix(HOST_END).unwrap_or_default();
        if name.is_empty() || name.starts_with('.') || !host.chars().all(plain) {
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            return refuse(format!("its host {:?} is not a name of r2.dev alone", shorten(host)));
        }
        if path != hotkey.to_string() {
            return refuse(format!("its path is {:?}, not the hotkey {hotkey}", shorten(path)));
        }
        if url.len() > Self::MAX_BYTES {
            return refuse(format!("it has {} bytes", url.len()));
        }
        Ok(Self(url.to_owned()))
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommitUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Scheme, host and path of a URL; a user name or query may be secret.
fn shown(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (scheme, rest) = url[..end].split_once("://").unwrap_or(("", &url[..end]));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let whole = if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") };
    if whole.len() <= CommitUrl::MAX_BYTES { whole } else { shorten(&whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOTKEY: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";

    fn problem(url: &str) -> String {
        CommitUrl::parse(url, &HOTKEY.parse().unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn every_rule_is_named() {
        let host = "https://pub-0123456789abcdef0123456789abcdef.r2.dev";
        assert!(problem(&format!("http://pub-1.r2.dev/{HOTKEY}")).contains("start with https://"));
        for other in [
            "example.com",
            "r2.dev",
            ".r2.dev",
            "pub-1.r2.dev.evil.com",
            "pub-1.r2.dev:8443",
            "a@pub-1.r2.dev",
            "1.r2.cloudflarestorage.com",
            "",
        ] {
            let message = problem(&format!("https://{other}/{HOTKEY}"));
            assert!(message.contains("not a name of r2.dev alone"), "{message}");
        }
        for path in ["", &HOTKEY.to_lowercase(), "a/b", &format!("{HOTKEY}/")] {
            assert!(problem(&format!("{host}/{path}")).contains("not the hotkey"), "{path}");
        }
        let long = format!("https://{}.r2.dev/{HOTKEY}", "a".repeat(65));
        assert!(problem(&long).contains("129 bytes"));
        assert!(CommitUrl::new(&format!("{host}/"), &HOTKEY.parse().unwrap()).is_ok());
    }

    #[test]
    fn signatures_and_passwords_are_not_repeated() {
        let message = problem(&format!("https://pub-1.r2.dev/{HOTKEY}?X-Amz-Signature=5ec2e7"));
        assert!(message.contains("query") && !message.contains("5ec2e7"), "{message}");
        let message = problem(&format!("ftp://me:5ec2e7@pub-1.r2.dev/{HOTKEY}"));
        assert!(!message.contains("5ec2e7"), "{message}");
        let message = problem(&format!("https://me:5ec2e7@pub-1.r2.dev/{HOTKEY}"));
        assert!(!message.contains("5ec2e7"), "{message}");
    }
}
