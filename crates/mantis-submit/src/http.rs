//! Requests that are bounded in time and size, and follow no redirect.

use std::io::Read;
use std::time::Duration;

use mantis_data::Timestamp;
use ureq::Agent;
use ureq::http::{Method, Request, Response};

use crate::error::{Error, Result};

/// What S3 says of a bucket that is not there, under the status of an object that is not.
const NO_BUCKET: &str = "NoSuchBucket";

/// Error answers are read this far.
const MAX_ERROR_BYTES: u64 = 4 * 1024;

/// How a server is asked, which decides what a refusal means.
#[cfg_attr(not(feature = "r2"), expect(dead_code, reason = "a bucket is asked in the other ways"))]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    /// The bucket, by a presigned URL.
    Signed,
    /// The bucket, as everybody may ask it.
    Public,
    /// A server that knows nothing of buckets.
    Elsewhere,
}

/// An answer with status 200, or 404 for an object that is not there.
#[cfg_attr(not(feature = "r2"), expect(dead_code, reason = "the bucket looks at all of it"))]
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) found: bool,
    pub(crate) body: Vec<u8>,
    /// `Content-Length`, if the server said.
    pub(crate) length: Option<u64>,
    /// `Date`, if the server said.
    pub(crate) server_time: Option<Timestamp>,
}

#[derive(Debug)]
pub(crate) struct Http {
    agent: Agent,
    max_bytes: u64,
}

impl Http {
    pub(crate) fn new(timeout: Duration, max_bytes: u64) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(timeout))
            .user_agent(concat!("mantis-submit/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.new_agent(), max_bytes }
    }

    /// Sends a request; `action` and the URL without its query are for messages.
    pub(crate) fn send(
        &self,
        asked: Asked,
        action: &'static str,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Answer> {
        let failed = |got: &str, hint, again| Error::Request {
            action,
            place: place(url).into(),
            got: got.to_owned(),
            hint,
            again,
            after: None,
            server_time: None,
        };
        let transport = |error: ureq::Error| {
            let (got, again) = describe(&error);
            failed(got, "check the network and the address", again)
        };
        let mut request = Request::builder().method(method.clone()).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let unsendable = |_| failed("a URL that is none", "check the address", false);
        let sent = match body {
            Some(body) => self.agent.run(request.body(body).map_err(unsendable)?),
            None => self.agent.run(request.body(()).map_err(unsendable)?),
        };
        let mut response = sent.map_err(transport)?;
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let length = header("content-length").and_then(|text| text.parse().ok());
        let server_time = header("date").and_then(http_date);
        let after =
            header("retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs);
        match response.status().as_u16() {
            200..=299 if method == Method::POST => {
                Ok(Answer { found: true, body: Vec::new(), length, server_time })
            }
            200 => {
                let limit = self.max_bytes;
                let body = match method {
                    Method::HEAD => Vec::new(),
                    _ => response
                        .body_mut()
                        .with_config()
                        .limit(limit)
                        .read_to_vec()
                        .map_err(transport)?,
                };
                Ok(Answer { found: true, body, length, server_time })
            }
            status => {
                let code = error_code(&mut response);
                let looked = [Method::GET, Method::HEAD].contains(&method);
                if status == 404 && looked && code != NO_BUCKET {
                    return Ok(Answer { found: false, body: Vec::new(), length, server_time });
                }
                let (hint, again) = advice(asked, status, &code);
                let got =
                    if code.is_empty() { status.to_string() } else { format!("{status} {code}") };
                let place = place(url).into();
                Err(Error::Request { action, place, got, hint, again, after, server_time })
            }
        }
    }
}

/// Host and path of a URL: the rest may be secret.
pub(crate) fn place(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let rest = url[..end].split_once("://").map_or(&url[..end], |(_, rest)| rest);
    rest.rsplit_once('@').map_or(rest, |(_, rest)| rest).to_owned()
}

/// Checks that nothing is sent in the clear beyond this machine.
pub(crate) fn check_endpoint(what: &'static str, url: &str) -> Result<()> {
    let host = place(url);
    let host = host.split('/').next().unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let loopback = matches!(name, "127.0.0.1" | "localhost" | "[::1]");
    let problem = match url.split_once("://") {
        _ if host.is_empty() => "it has no host",
        Some(("https", _)) => return Ok(()),
        Some(("http", _)) if loopback => return Ok(()),
        Some(("http", _)) => "it is not encrypted",
        _ => "it does not start with https://",
    };
    Err(Error::Endpoint { what, got: host.to_owned(), problem: problem.to_owned() })
}

/// What the transport met, in words without the URL, and whether another attempt may help.
fn describe(error: &ureq::Error) -> (&'static str, bool) {
    match error {
        ureq::Error::Timeout(_) => ("no answer in time", true),
        ureq::Error::HostNotFound => ("no such host", true),
        ureq::Error::ConnectionFailed => ("no connection", true),
        ureq::Error::Io(_) => ("a broken connection", true),
        ureq::Error::Protocol(_) => ("an answer that is not HTTP", true),
        ureq::Error::BodyExceedsLimit(_) => ("an answer that is too large", false),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => ("no trusted TLS connection", false),
        _ => ("a request that cannot be sent", false),
    }
}

/// The word in `<Code>` of an S3 error; the rest of the answer may repeat the signature.
fn error_code(response: &mut Response<ureq::Body>) -> String {
    let mut text = String::new();
    let mut reader = response.body_mut().as_reader().take(MAX_ERROR_BYTES);
    // An answer that ends early is as good as one without a code.
    let _ = reader.read_to_string(&mut text);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let (code, _) = code.unwrap_or_default();
    if code.len() <= 40 && code.chars().all(|c| c.is_ascii_alphanumeric()) {
        code.to_owned()
    } else {
        String::new()
    }
}

/// What to do about a status, and whether another attempt may help.
fn advice(asked: Asked, status: u16, code: &str) -> (&'static str, bool) {
    match (status, code) {
        (408 | 429 | 500..=599, _) => {
            ("the server is busy or failing; it is tried again for a while", true)
        }
        (300..=399, _) => ("redirects are not followed; use the address that it leads to", false),
        _ if asked == Asked::Elsewhere => ("check the address", false),
        (401 | 403, _) if asked == Asked::Public => (
            "allow public access in the settings of the bucket, and check the public address",
            false,
        ),
        (_, "SignatureDoesNotMatch") => ("check the secret key", false),
        (_, "InvalidAccessKeyId") => {
            ("check the access key and the account of the endpoint", false)
        }
        (_, "RequestTimeTooSkewed" | "RequestExpired" | "ExpiredRequest") => {
            ("set the clock of this machine", false)
        }
        (_, NO_BUCKET) => ("check the name of the bucket", false),
        (401 | 403, _) => ("check access key, secret key, the token's rights and the clock", false),
        _ => ("check endpoint, bucket and public address", false),
    }
}

/// The time in a `Date` header, which is always UTC.
fn http_date(text: &str) -> Option<Timestamp> {
    let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Timestamp::from_secs(time.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_refused_decides_what_to_do() {
        assert!(advice(Asked::Signed, 403, "AccessDenied").0.contains("access key"));
        assert!(advice(Asked::Public, 403, "AccessDenied").0.contains("public access"));
        assert_eq!(advice(Asked::Elsewhere, 403, ""), ("check the address", false));
        assert!(advice(Asked::Public, 503, "").1);
    }

    #[test]
    fn only_host_and_path_are_shown() {
        assert_eq!(place("https://a.b/c/d?X-Amz-Signature=1"), "a.b/c/d");
        assert_eq!(place("https://user:word@a.b/c#d"), "a.b/c");
    }

    #[test]
    fn nothing_leaves_the_machine_in_the_clear() {
        for fine in ["https://a.b", "http://127.0.0.1:9", "http://localhost/", "http://[::1]:9"] {
            assert!(check_endpoint("endpoint", fine).is_ok(), "{fine}");
        }
        for wrong in [
            "http://a.b",
            "a.b",
            "https://",
            "ftp://a.b",
            "http://127.0.0.1.evil.com",
            "http://127.0.0.1@evil.com",
            "",
        ] {
            assert!(check_endpoint("endpoint", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn dates_are_read() {
        let time = http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(time.as_secs(), 784_111_777);
        assert_eq!(http_date("yesterday"), None);
    }
}
