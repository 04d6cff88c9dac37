//! A server on the loopback interface that stands for the sources, for tests and benches.
//!
//! [`Server`] answers with whatever a closure says and fails on demand; [`Exchange`] is a closure that serves given bars and series in
//! the formats of Binance, Bybit and Yahoo.

mod exchange;
mod server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use std::{fs, io};

pub use exchange::{Exchange, klines_csv, zip_of};
pub use server::{Fault, Reply, Request, Server};

use crate::clock::Clock;
use crate::error::Result;
use crate::source::{binance, bybit, json};
use crate::store::{DatasetKind, Rows};
use crate::time::Timestamp;

/// A clock that always shows the same time and waits for no longer than a millisecond.
///
/// Tests that talk to a real server through real time-outs use it: hours of waiting take no time, and what depends on the time
/// can be repeated.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn elapsed(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        #[expect(clippy::disallowed_methods, reason = "tests talk to a server in real time")]
        START.get_or_init(Instant::now).elapsed()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration.min(Duration::from_millis(1)));
    }
}

/// The rows of an answer of Binance's REST API, read as the source reads them once it has looked for error codes and before it cuts
/// out what it asked for.
///
/// # Errors
/// [`Error::Content`](crate::Error::Content) for an answer of another form, and those of [`Rows::new`].
pub fn binance_rows(kind: DatasetKind, body: &[u8]) -> Result<Rows> {
    binance::rest::rows("answer", &json::parse("answer", body)?, kind)
}

/// The same for Bybit.
///
/// # Errors
/// As [`binance_rows`].
pub fn bybit_rows(kind: DatasetKind, body: &[u8]) -> Result<Rows> {
    bybit::rows("answer", &json::parse("answer", body)?, kind)
}

/// Every file below a folder with its bytes, but for the lock of a store.
///
/// # Errors
/// Those of reading the folder.
pub fn snapshot(folder: &Path) -> io::Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(next) = pending.pop() {
        for entry in fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                pending.push(path);
            } else if !path.ends_with(".lock") {
                let name = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                found.insert(name, fs::read(&path)?);
            }
        }
    }
    Ok(found)
}
