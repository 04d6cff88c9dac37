//! A server on the loopback interface that stands for the sources, for tests and benches.
//!
//! [`Server`] answers with whatever a closure says and fails on demand; [`Exchange`] is a closure that serves given bars and series in
//! the formats of Binance, Bybit and Yahoo.

mod exchange;
mod server;

use std::time::Duration;

pub use exchange::{Exchange, klines_csv, zip_of};
pub use server::{Fault, Reply, Request, Server};

use crate::clock::Clock;
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

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration.min(Duration::from_millis(1)));
    }
}
