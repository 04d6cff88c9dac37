//! What a server said.

use std::time::Duration;

use ureq::http::HeaderMap;

use crate::time::Timestamp;

/// Longest pause that is believed, so that a broken header does not end everything.
const LONGEST_PAUSE: u64 = 3_600;

/// An answer with its body.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// Why an answer, or its absence, is of no use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// What was met, as words that follow "got".
    pub got: String,
    /// What the user can do.
    pub hint: &'static str,
    /// Whether another attempt may help.
    pub again: bool,
    /// How long the server asks to wait before it.
    pub after: Option<Duration>,
    /// Whether the host will refuse everything else too.
    pub closes: bool,
}

impl Refusal {
    /// One that another attempt does not help.
    #[must_use]
    pub fn for_good(got: impl Into<String>, hint: &'static str) -> Self {
        Self { got: got.into(), hint, again: false, after: None, closes: false }
    }

    /// One that may pass.
    #[must_use]
    pub fn for_now(got: impl Into<String>, hint: &'static str, after: Option<Duration>) -> Self {
        Self { got: got.into(), hint, again: true, after, closes: false }
    }
}

impl Answer {
    pub(super) fn new(status: u16, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { status, headers, body }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether there is something: false for status 404.
    #[must_use]
    pub fn found(&self) -> bool {
        self.status != 404
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The beginning of the body for messages, without what a terminal might act on.
    #[must_use]
    pub fn excerpt(&self) -> String {
        excerpt(&self.body)
    }

    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The time of the server in whole seconds.
    #[must_use]
    pub fn server_time(&self) -> Option<Timestamp> {
        let text = self.header("date")?;
        let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Timestamp::from_secs(time.as_second())
    }

    /// The time up to which the answer can be complete: the earlier of ours and the server's.
    #[must_use]
    pub fn complete_until(&self, now: Timestamp) -> Timestamp {
        self.server_time().map_or(now, |server| server.min(now))
    }

    /// How long `Retry-After` asks to wait, in seconds or until a date.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header("retry-after")?.trim();
        let secs = text.parse::<u64>().ok().or_else(|| {
            let time = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            let server = self.server_time()?;
            u64::try_from(time.as_second() - server.as_secs()).ok()
        })?;
        Some(Duration::from_secs(secs.min(LONGEST_PAUSE)))
    }

    /// The pause before the next request to the host that the headers ask for.
    ///
    /// Binance tells the weight that was used in the running minute (of 6,000 at the spot API and 2,400 at the futures API), Bybit
    /// how many requests are left and when there are more.
    pub(super) fn pause(&self, now: Timestamp) -> Option<Duration> {
        if matches!(self.status, 418 | 429) {
            return self.retry_after();
        }
        let number = |name: &str| self.header(name)?.trim().parse::<u64>().ok();
        if let Some(used) = number("x-mbx-used-weight-1m").filter(|&used| used >= 2_200) {
            let limit = if self.header("x-mbx-uuid").is_some() { 6_000 } else { 2_400 };
            let second = now.as_secs().rem_euclid(60).unsigned_abs();
            if used >= limit * 9 / 10 {
                return Some(Duration::from_secs(60 - second));
            }
        }
        let reset = number("x-bapi-limit-reset-timestamp")?;
        let left = number("x-bapi-limit-status")?;
        let wait = reset.saturating_sub(now.as_millis().unsigned_abs());
        (left == 0).then(|| Duration::from_millis(wait.min(LONGEST_PAUSE * 1_000)))
    }

    /// Recognises a page where data was expected.
    pub(super) fn refuse_html(&self) -> Result<(), Refusal> {
        let kind = self.header("content-type").unwrap_or_default();
        let start = self.body.trim_ascii_start();
        let head: Vec<u8> = start.iter().take(14).map(u8::to_ascii_lowercase).collect();
        let looks = head.starts_with(b"<!doctype html") || head.starts_with(b"<html");
        if !looks && !kind.starts_with("text/html") || self.status == 404 {
            return Ok(());
        }
        let title = self.title();
        let got = format!("an HTML page instead of data (status {}){title}", self.status);
        Err(match self.status {
            429 | 500..=599 => Refusal::for_now(
                got,
                "the server is busy or failing; try again later",
                self.retry_after(),
            ),
            // The host takes this machine for one that it does not serve.
            401 | 403 | 451 => Refusal {
                closes: true,
                ..Refusal::for_good(
                    got,
                    "the host does not serve this network or country; use another source, or a mirror with --base-url",
                )
            },
            _ => Refusal::for_good(
                got,
                "check the address; a portal, a proxy or a block page may be in between",
            ),
        })
    }

    fn title(&self) -> String {
        let text = String::from_utf8_lossy(&self.body[..self.body.len().min(4_096)]).into_owned();
        let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
        let title: String = title
            .map_or("", |(title, _)| title)
            .chars()
            .filter(|c| !c.is_control())
            .take(80)
            .collect();
        if title.is_empty() { title } else { format!(" titled {title:?}") }
    }
}

/// Takes 200 and 404, and says what to do about everything else.
///
/// # Errors
/// The refusal of any other status.
pub fn judge_status(answer: &Answer) -> Result<(), Refusal> {
    let status = answer.status();
    let got = || {
        let excerpt = answer.excerpt();
        if excerpt.is_empty() {
            format!("status {status}")
        } else {
            format!("status {status}: {excerpt}")
        }
    };
    let minute = || answer.retry_after().or(Some(Duration::from_secs(5)));
    Err(match status {
        200 | 404 => return Ok(()),
        429 => Refusal::for_now(got(), "the host limits requests; try again later", minute()),
        418 => Refusal::for_now(
            got(),
            "the host has banned this address for a while; wait as long as it says",
            answer.retry_after().or(Some(Duration::from_secs(120))),
        ),
        451 => Refusal {
            closes: true,
            ..Refusal::for_good(
                got(),
                "the host does not serve this country; use --source bybit, or a mirror with --base-url",
            )
        },
        401 | 403 => Refusal::for_good(
            got(),
            "the host does not serve this request; wait ten minutes, or use another source",
        ),
        408 | 500..=599 => Refusal::for_now(
            got(),
            "the server is busy or failing; try again later",
            answer.retry_after(),
        ),
        _ => Refusal::for_good(got(), "check the symbol and the address of the source"),
    })
}

/// See [`Answer::excerpt`].
pub(crate) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(200)]);
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    text.trim().to_owned()
}
