//! A store, a server that stands for the sources, and what there is to fetch.

#![allow(dead_code, reason = "each test uses a part")]

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use mantis_data::source::http::{Http, HttpOptions};
use mantis_data::source::synthetic::RandomWalk;
use mantis_data::source::{Binance, BinanceUrls, Bybit, Source, Yahoo};
use mantis_data::store::{Dataset, DatasetKind};
use mantis_data::sync::{Recheck, SyncOptions, SyncReport, Target, sync};
use mantis_data::testing::{Exchange, FixedClock, Server};
use mantis_data::{Bars, Interval, Series, Store, TimeRange, Timestamp};
use tempfile::TempDir;

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

/// The time of the tests: the 20th of February, in the middle of a bar.
pub(crate) fn now() -> Timestamp {
    at("2025-02-20T10:30:00Z")
}

pub(crate) fn since() -> Timestamp {
    at("2024-11-15T06:00:00Z")
}

pub(crate) fn bars(symbol: &str, from: &str, hours: usize, seed: u64) -> Bars {
    RandomWalk::default().bars(symbol, at(from), Interval::HOUR, hours, seed).unwrap()
}

/// A series every so often, some milliseconds late.
pub(crate) fn series(symbol: &str, from: &str, step: Interval, n: i64) -> Series {
    let from = at(from);
    let stamp = |i: i64| {
        from + Interval::from_micros(step.as_micros() * i) + Interval::from_micros(i % 3 * 1_000)
    };
    let values = (0..n).map(|i| 0.0001 * (i % 17) as f64 - 0.0003).collect();
    Series::new(symbol, (0..n).map(stamp).collect(), values).unwrap()
}

/// Everything that the stand-in exchange has.
pub(crate) fn exchange(now: Timestamp) -> Exchange {
    let spot = bars("BTCUSDT", "2024-10-01", 5_000, 1);
    let perp = bars("BTCUSDT", "2024-12-20", 3_000, 2);
    let eight = Interval::hours(8);
    Exchange::new(now)
        .bars("BTCUSDT", spot)
        .bars("BTCUSDT_PERP", perp.clone())
        .bars("BTCUSDT_BYBIT", perp)
        .bars("NZDUSD=X", bars("NZDUSD", "2024-10-01", 5_000, 3))
        .bars("USDCAD=X", bars("USDCAD", "2024-10-01", 5_000, 4))
        .bars("GC=F", bars("GC", "2024-10-01", 5_000, 5))
        .funding("BTCUSDT", series("BTCUSDT", "2024-10-01", eight, 700))
        .funding("BTCUSDT_BYBIT", series("BTCUSDT", "2024-10-01", eight, 700))
        .open_interest(
            "BTCUSDT",
            series("BTCUSDT", "2025-02-01T00:05:00Z", Interval::minutes(5), 9_000),
        )
        .open_interest("BTCUSDT_BYBIT", series("BTCUSDT", "2024-10-01", Interval::HOUR, 5_000))
}

/// What a test needs, all of it gone at its end.
pub(crate) struct World {
    pub folder: TempDir,
    pub store: Store,
    pub server: Server,
    pub clock: Arc<FixedClock>,
    pub options: HttpOptions,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::at(now())
    }

    pub(crate) fn at(now: Timestamp) -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::create(folder.path().join("data")).unwrap();
        let exchange = exchange(now);
        let server = Server::start(move |request| exchange.answer(request)).unwrap();
        let options = HttpOptions {
            attempt: Duration::from_millis(1_500),
            deadline: Duration::from_secs(60),
            per_minute: 1_000_000,
            ..HttpOptions::default()
        };
        Self { folder, store, server, clock: Arc::new(FixedClock(now)), options }
    }

    pub(crate) fn http(&self) -> Arc<Http> {
        Arc::new(Http::new(self.options.clone(), Arc::clone(&self.clock) as _).unwrap())
    }

    pub(crate) fn binance(&self) -> Arc<dyn Source> {
        Arc::new(Binance::new(self.http(), BinanceUrls::all_at(&self.server.url())))
    }

    pub(crate) fn bybit(&self) -> Arc<dyn Source> {
        Arc::new(Bybit::new(self.http(), &self.server.url()))
    }

    pub(crate) fn yahoo(&self) -> Arc<dyn Source> {
        Arc::new(Yahoo::new(self.http(), &self.server.url()))
    }

    pub(crate) fn target(
        &self,
        source: Arc<dyn Source>,
        symbol: &str,
        kind: DatasetKind,
    ) -> Target {
        let dataset = Dataset::new(symbol, kind).unwrap();
        Target { dataset, source, range: TimeRange::new(since(), self.clock.0) }
    }

    pub(crate) fn sync(&self, targets: &[Target]) -> SyncReport {
        self.sync_with(targets, &SyncOptions { recheck: Recheck::None, ..SyncOptions::default() })
    }

    pub(crate) fn sync_with(&self, targets: &[Target], options: &SyncOptions) -> SyncReport {
        let mut writer = self.store.writer().unwrap();
        sync(&mut writer, targets, options, &*self.clock, &mut |_| ControlFlow::Continue(()))
    }
}

pub(crate) const HOURS: DatasetKind = DatasetKind::Bars(Interval::HOUR);
