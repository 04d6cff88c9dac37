//! Presigned uploads.

use std::path::Path;
use std::time::Duration;

use mantis_data::Timestamp;
use mantis_submit::bucket::{Addressing, ObjectKey, R2Credentials, Signer};

use crate::files::text;

/// What the README beside the file says about how they were made.
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const VALID: Duration = Duration::from_secs(60);
const HEADERS: [(&str, &str); 1] = [("content-type", "application/json")];

/// One URL per line, after the word for where the bucket's name stands.
pub(crate) fn replay(path: &Path) -> usize {
    let text = text(path);
    for line in text.lines() {
        let (word, url) = line.split_once(' ').unwrap_or_else(|| panic!("{line}: no URL"));
        let (base, query) = url.split_once('?').unwrap();
        let parts: Vec<&str> = base.strip_prefix("https://").unwrap().split('/').collect();
        let (addressing, endpoint, bucket, key) = match (word, parts.as_slice()) {
            ("path", [host, bucket, key]) => (Addressing::Path, (*host).to_owned(), *bucket, *key),
            ("vhost", [host, key]) => {
                let (bucket, host) = host.split_once('.').unwrap();
                (Addressing::VirtualHost, host.to_owned(), bucket, *key)
            }
            _ => panic!("{}: {word} is no known style", path.display()),
        };
        let access_key = between(query, "X-Amz-Credential=", "%2F");
        let now = iso(between(query, "X-Amz-Date=", "&"));
        let credentials = R2Credentials::new(access_key, SECRET);
        let signer =
            Signer::new(&format!("https://{endpoint}"), bucket, addressing, credentials).unwrap();
        let key: ObjectKey = key.parse().unwrap();
        assert_eq!(signer.put(&key, &HEADERS, now, VALID).expose(), url, "{word}");
    }
    text.lines().count()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start} in {text}"));
    rest.split(end).next().unwrap()
}

/// `20260921T141339Z`
fn iso(text: &str) -> Timestamp {
    let part = |from: usize, to: usize| &text[from..to];
    Timestamp::parse(&format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0, 4),
        part(4, 6),
        part(6, 8),
        part(9, 11),
        part(11, 13),
        part(13, 15)
    ))
    .unwrap()
}
