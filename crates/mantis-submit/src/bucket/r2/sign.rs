//! Presigned requests.

use std::fmt;
use std::time::Duration;

use mantis_data::Timestamp;
use rusty_s3::actions::{GetObject, HeadObject, PutObject};
use rusty_s3::{Credentials, S3Action, UrlStyle};
use zeroize::Zeroizing;

use super::super::ObjectKey;
use crate::error::{Error, Result};
use crate::http::place;

/// R2 has a single region.
const REGION: &str = "auto";

/// Access key and secret of a bucket. The secret is erased from memory when dropped, never shown.
///
/// ```
/// use mantis_submit::bucket::R2Credentials;
///
/// let credentials = R2Credentials::new("AKIDEXAMPLE", "secret");
/// assert!(!format!("{credentials:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct R2Credentials(Credentials);

impl R2Credentials {
    /// The two parts as R2's dashboard shows them.
    #[must_use]
    pub fn new(access_key: &str, secret_key: &str) -> Self {
        Self(Credentials::new(access_key.trim(), secret_key.trim()))
    }
}

impl fmt::Debug for R2Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R2Credentials({}, ..)", self.0.key())
    }
}

/// Where the name of the bucket stands in a URL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Addressing {
    /// `https://<endpoint>/<bucket>/<key>`
    Path,
    /// `https://<bucket>.<endpoint>/<key>`
    VirtualHost,
}

/// A URL whose query is as good as a password until it expires: shown without it.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUrl(Zeroizing<String>);

impl SignedUrl {
    /// The whole URL with its signature.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignedUrl({}, ..)", place(&self.0))
    }
}

/// Signs requests to one bucket (AWS signature version 4 in the query).
///
/// ```
/// use mantis_data::Timestamp;
/// use mantis_submit::bucket::{Addressing, R2Credentials, Signer};
/// use std::time::Duration;
///
/// let credentials = R2Credentials::new("AKIDEXAMPLE", "secret");
/// let signer = Signer::new("https://account.r2.cloudflarestorage.com", "mantis", Addressing::Path, credentials)?;
/// let url = signer.put(
///     &"object".parse()?,
///     &[("content-type", "application/json")],
///     Timestamp::parse("2026-01-01")?,
///     Duration::from_secs(60),
/// );
/// assert!(url.expose().contains("X-Amz-SignedHeaders=content-type%3Bhost"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Signer {
    bucket: rusty_s3::Bucket,
    credentials: R2Credentials,
}

impl Signer {
    /// A signer for a bucket at an endpoint.
    ///
    /// # Errors
    /// [`Error::Endpoint`] unless both make a URL of https, or of http on the loopback interface.
    pub fn new(
        endpoint: &str,
        bucket: &str,
        addressing: Addressing,
        credentials: R2Credentials,
    ) -> Result<Self> {
        crate::http::check_endpoint("endpoint", endpoint)?;
        let refuse = |problem: String| Error::Endpoint {
            what: "endpoint",
            got: crate::error::shorten(endpoint),
            problem,
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if bucket.is_empty() || !bucket.chars().all(plain) {
            return Err(refuse(format!("{:?} is no bucket name", crate::error::shorten(bucket))));
        }
        let style = match addressing {
            Addressing::Path => UrlStyle::Path,
            Addressing::VirtualHost => UrlStyle::VirtualHost,
        };
        let endpoint = endpoint.parse().map_err(|_| refuse("it is no URL".to_owned()))?;
        let bucket = rusty_s3::Bucket::new(endpoint, style, bucket.to_owned(), REGION)
            .map_err(|error| refuse(error.to_string()))?;
        Ok(Self { bucket, credentials })
    }

    /// A URL to store an object; the request must carry exactly the headers that are signed.
    #[must_use]
    pub fn put(
        &self,
        key: &ObjectKey,
        headers: &[(&'static str, &'static str)],
        now: Timestamp,
        valid: Duration,
    ) -> SignedUrl {
        let mut action = PutObject::new(&self.bucket, Some(&self.credentials.0), key.as_str());
        for (name, value) in headers {
            action.headers_mut().insert(*name, *value);
        }
        sign(&action, now, valid)
    }

    /// A URL to read an object.
    #[must_use]
    pub fn get(&self, key: &ObjectKey, now: Timestamp, valid: Duration) -> SignedUrl {
        sign(&GetObject::new(&self.bucket, Some(&self.credentials.0), key.as_str()), now, valid)
    }

    /// A URL to read the size of an object.
    #[must_use]
    pub fn head(&self, key: &ObjectKey, now: Timestamp, valid: Duration) -> SignedUrl {
        sign(&HeadObject::new(&self.bucket, Some(&self.credentials.0), key.as_str()), now, valid)
    }
}

fn sign<'a>(action: &impl S3Action<'a>, now: Timestamp, valid: Duration) -> SignedUrl {
    // Signatures count whole seconds, and every `Timestamp` on the calendar fits.
    let time = jiff::Timestamp::from_second(now.as_secs()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    SignedUrl(Zeroizing::new(action.sign_with_time(valid, &time).into()))
}
