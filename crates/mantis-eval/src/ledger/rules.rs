//! Which commitments and payloads the validator takes.

use serde_json::Value;

/// Largest payload that the validator downloads.
pub const MAX_PAYLOAD_BYTES: u64 = 25 * 1024 * 1024;

/// Whether the validator follows a commitment: a URL of R2 whose path is the hotkey.
///
/// ```
/// use mantis_eval::ledger::accepts_commitment;
///
/// assert!(accepts_commitment("https://pub-1.r2.dev/5Hot", "5Hot"));
/// assert!(!accepts_commitment("https://example.org/5Hot", "5Hot"));
/// ```
#[must_use]
pub fn accepts_commitment(url: &str, hotkey: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.split(':').next().unwrap_or_default().to_lowercase();
    let of_r2 = [".r2.dev", ".r2.cloudflarestorage.com"]
        .iter()
        .any(|end| host.strip_suffix(end).is_some_and(|before| !before.is_empty()));
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    let (segment, more) = (segments.next(), segments.next());
    let named = segment.is_some_and(|s| s.to_lowercase() == hotkey.to_lowercase());
    of_r2 && named && more.is_none() && !path.ends_with('/')
}

/// Whether a payload has the shape of version 2; what is inside is looked at when it is decrypted.
///
/// ```
/// use mantis_eval::ledger::is_v2_payload;
///
/// assert!(!is_v2_payload(&serde_json::json!({"v": 2, "round": 5})));
/// ```
#[must_use]
pub fn is_v2_payload(payload: &Value) -> bool {
    const KEYS: [&str; 9] =
        ["v", "round", "hk", "owner_pk", "C", "W_owner", "W_time", "binding", "alg"];
    let version = payload.get("v").and_then(Value::as_f64) == Some(2.0);
    version && KEYS.iter().all(|key| payload.get(key).is_some()) && is_int(&payload["round"])
}

/// Booleans are integers in Python.
fn is_int(value: &Value) -> bool {
    value.is_boolean() || value.is_i64() || value.is_u64()
}
