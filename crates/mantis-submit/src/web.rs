//! Small requests beside the bucket.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::Method;

use crate::error::{Error, Result};
use crate::http::{Asked, Http, check_endpoint, place};

/// Most bytes of a text that is asked for.
const MAX_TEXT_BYTES: u64 = 1024 * 1024;

/// Asks for small texts, and posts small ones. Only https (http on the loopback interface), no
/// redirects, bounded in time and size.
///
/// ```no_run
/// use mantis_submit::Web;
/// use std::time::Duration;
///
/// let web = Web::new(Duration::from_secs(10));
/// println!("round {}", web.latest_round(Web::QUICKNET)?);
/// # Ok::<(), mantis_submit::Error>(())
/// ```
#[derive(Debug)]
pub struct Web(Http);

impl Web {
    /// Where drand serves the rounds of quicknet.
    pub const QUICKNET: &str = "https://api.drand.sh/v2/beacons/quicknet";

    /// Requests that take at most `timeout`.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self(Http::new(timeout, MAX_TEXT_BYTES))
    }

    /// The text at a URL, such as the validator's configuration.
    ///
    /// # Errors
    /// [`Error::Endpoint`] for an address that is not encrypted, [`Error::Request`] for anything
    /// but a text with status 200.
    pub fn text(&self, what: &'static str, url: &str) -> Result<String> {
        check_endpoint(what, url)?;
        let answer = self.0.send(Asked::Elsewhere, "read", Method::GET, url, &[], None)?;
        let refuse = |got: &str| Error::Request {
            action: "read",
            place: place(url).into(),
            got: got.to_owned(),
            hint: "check the address",
            again: false,
            after: None,
            server_time: None,
        };
        if !answer.found {
            return Err(refuse("404"));
        }
        String::from_utf8(answer.body).map_err(|_| refuse("bytes that are no text"))
    }

    /// The newest round of the beacon at an address such as [`Web::QUICKNET`], for a look at the
    /// clock; sealing does not need it.
    ///
    /// # Errors
    /// As [`Web::text`], and [`Error::Request`] for an answer without a round.
    pub fn latest_round(&self, beacon: &str) -> Result<u64> {
        #[derive(Deserialize)]
        struct Round {
            round: u64,
        }
        let url = format!("{}/rounds/latest", beacon.trim_end_matches('/'));
        let text = self.text("beacon", &url)?;
        let round: Round = serde_json::from_str(&text).map_err(|_| Error::Request {
            action: "read",
            place: place(&url).into(),
            got: "an answer without a round".to_owned(),
            hint: "check the beacon's address",
            again: true,
            after: None,
            server_time: None,
        })?;
        Ok(round.round)
    }

    /// Posts a JSON text to a webhook; any status from 200 to 299 is fine.
    ///
    /// # Errors
    /// [`Error::Endpoint`] and [`Error::Request`]; the path of a webhook is often a password, so
    /// messages show its host only.
    pub fn post_json(&self, webhook: &Webhook, json: &str) -> Result<()> {
        let headers = [("content-type", "application/json")];
        let (url, body) = (webhook.0.as_str(), Some(json.as_bytes()));
        let sent = self.0.send(Asked::Elsewhere, "call", Method::POST, url, &headers, body);
        sent.map(drop).map_err(|error| match error {
            Error::Request { action, got, hint, again, after, server_time, .. } => {
                let place = webhook.host().into();
                Error::Request { action, place, got, hint, again, after, server_time }
            }
            other => other,
        })
    }
}

/// The address of a webhook; shown as its host only.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook(String);

impl Webhook {
    /// Checks the address.
    ///
    /// # Errors
    /// [`Error::Endpoint`] unless it is https (or http on the loopback interface).
    pub fn new(url: &str) -> Result<Self> {
        check_endpoint("webhook", url)?;
        Ok(Self(url.to_owned()))
    }

    fn host(&self) -> String {
        place(&self.0).split('/').next().unwrap_or_default().to_owned()
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Webhook({}, ..)", self.host())
    }
}

#[cfg(test)]
mod tests {
    use mantis_data::testing::{Reply, Server};

    use super::*;

    #[test]
    fn a_webhook_that_is_not_there_is_an_error() {
        let web = Web::new(Duration::from_secs(5));
        for (status, taken) in [(200, true), (204, true), (404, false), (403, false)] {
            let server = Server::start(move |_| Reply::status(status, "")).unwrap();
            let webhook = Webhook::new(&format!("{}/hook", server.url())).unwrap();
            let sent = web.post_json(&webhook, "{}");
            assert_eq!(sent.is_ok(), taken, "{status}: {sent:?}");
            if let Err(error) = sent {
                let message = error.to_string();
                assert!(message.contains(&format!("got {status}")), "{message}");
                assert!(message.contains("check the address"), "{message}");
            }
        }
    }
}
