//! Readers of market data, tables of challenges and plaintexts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use mantis_data::source::{LatestPrices, RandomWalk, binance, parse_chart};
use mantis_data::store::{Dataset, DatasetKind, Piece, Rows, csv, parquet};
use mantis_data::testing::{binance_rows, bybit_rows, snapshot, zip_of};
use mantis_data::{
    ChallengeTable, Interval, SeriesKind, Store, TimeRange, Timestamp, as_validator_sees,
};

use crate::files::{bundled, in_file};

const KINDS: [DatasetKind; 3] =
    [DatasetKind::Bars(Interval::HOUR), DatasetKind::FundingRate, DatasetKind::OpenInterest];

fn samples(names: &[&str]) -> Vec<Vec<u8>> {
    names.iter().map(|name| bundled(&format!("samples/{name}"))).collect()
}

/// A prefix of a text of lines, which is found faster than all of it.
fn lines(text: Vec<u8>, most: usize) -> Vec<u8> {
    text.split_inclusive(|&byte| byte == b'\n').take(most).flatten().copied().collect()
}

const CSV: [&str; 5] = [
    "binance_spot_kline_us_noheader.csv",
    "binance_um_kline_header_ms.csv",
    "binance_um_kline_noheader_ms.csv",
    "binance_um_fundingRate.csv",
    "binance_um_metrics_trimmed.csv",
];

pub(crate) mod archive {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        binance::single_file("archive", bytes, "a.csv")
            .is_ok_and(|text| super::archive_csv::read(&text))
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        super::archive_csv::seeds().iter().map(|text| zip_of("a.csv", text)).collect()
    }
}

pub(crate) mod archive_csv {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        let klines = [Interval::HOUR, Interval::MINUTE]
            .map(|interval| binance::parse_klines("file", bytes, interval).is_ok());
        let funding = binance::parse_funding("file", bytes).is_ok();
        let metrics = binance::parse_metrics("file", bytes).is_ok();
        klines.contains(&true) || funding || metrics
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        samples(&CSV).into_iter().map(|text| lines(text, 6)).collect()
    }
}

pub(crate) mod binance_answer {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        KINDS.map(|kind| binance_rows(kind, bytes).is_ok()).contains(&true)
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let klines = br#"[[1735689600000,"93576.0","94509.4","93489.0","94401.1","755.9",1735693199999,"71077131.1",141000,"400.1","37700000.2","0"]]"#;
        let interest = br#"[{"symbol":"BTCUSDT","sumOpenInterest":"20403.6","sumOpenInterestValue":"150570784.0","timestamp":"1583127900000"}]"#;
        let mut seeds = samples(&["binance_fapi_fundingRate_doc.json", "binance_error_1121.json"]);
        seeds.extend([klines.to_vec(), interest.to_vec()]);
        seeds
    }
}

pub(crate) mod bybit_answer {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        KINDS.map(|kind| bybit_rows(kind, bytes).is_ok()).contains(&true)
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        samples(&[
            "bybit_kline_doc.json",
            "bybit_funding_history_doc.json",
            "bybit_open_interest_doc.json",
            "bybit_error_10001_recorded.json",
        ])
    }
}

pub(crate) mod yahoo_chart {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        let ways = [Interval::HOUR, Interval::minutes(5)].map(|interval| {
            [false, true].map(|live| parse_chart("chart", bytes, interval, live).is_ok())
        });
        ways.as_flattened().contains(&true)
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        samples(&["yahoo_chart_nulls_trimmed.json", "yahoo_chart_aapl_1h_trimmed_live_row.json"])
    }
}

pub(crate) mod price_feed {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        let Ok(prices) = LatestPrices::parse("feed", bytes) else { return false };
        let _ = prices.missing(&ChallengeTable::profile(ChallengeTable::NEWEST).unwrap());
        true
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        samples(&["mantis_latest_prices_2025-08-12.json"])
    }
}

pub(crate) mod bars_csv {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        in_file("bars.csv", bytes, |path| csv::read_bars(path, "BTCUSDT", Interval::HOUR).is_ok())
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let mut seeds = samples(&["btcusdt_1h_2023-03_gap.csv", CSV[1]]);
        seeds.push(b"timestamp,open,high,low,close,volume\n2025-01-01 00:00,1,2,1,2,3\n".to_vec());
        seeds.into_iter().map(|text| lines(text, 6)).collect()
    }
}

pub(crate) mod rates_csv {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        in_file("rates.csv", bytes, |path| {
            [SeriesKind::FundingRate, SeriesKind::OpenInterest]
                .map(|kind| csv::read_series(path, "BTCUSDT", kind).is_ok())
                .contains(&true)
        })
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let mut seeds = samples(&["binance_um_fundingRate.csv"]);
        seeds.push(b"timestamp,funding_rate\n2025-01-01T08:00:00Z,0.0001\n".to_vec());
        seeds.push(b"timestamp,open_interest\n1735689600000,12.5\n".to_vec());
        seeds.into_iter().map(|text| lines(text, 6)).collect()
    }
}

pub(crate) mod bars_parquet {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        in_file("bars.parquet", bytes, |path| {
            let _ = parquet::interval(path);
            parquet::read_bars(path, "XAUUSD", Interval::HOUR).is_ok()
        })
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let start = Timestamp::parse("2025-01-01").unwrap();
        let bars = RandomWalk::default().bars("BTCUSDT", start, Interval::HOUR, 30, 1).unwrap();
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("bars.parquet");
        parquet::write_bars(&path, &bars).unwrap();
        vec![std::fs::read(path).unwrap(), bundled("data/XAUUSD_GCF/ohlcv.parquet")]
    }
}

pub(crate) mod rates_parquet {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        in_file("rates.parquet", bytes, |path| {
            parquet::read_series(path, "SOLUSDT", SeriesKind::FundingRate).is_ok()
        })
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        vec![bundled("data/SOLUSDT/funding_rates.parquet")]
    }
}

pub(crate) mod manifest {
    use super::*;

    const FOLDER: &str = "BTCUSDT/bars_1h";
    const NAME: &str = "manifest.json";

    fn dataset() -> Dataset {
        Dataset::bars("BTCUSDT", Interval::HOUR).unwrap()
    }

    /// A store of two days at the turn of a year, file by file.
    fn whole() -> &'static BTreeMap<PathBuf, Vec<u8>> {
        static WHOLE: OnceLock<BTreeMap<PathBuf, Vec<u8>>> = OnceLock::new();
        WHOLE.get_or_init(|| {
            let start = Timestamp::parse("2024-12-31").unwrap();
            let bars = RandomWalk::default().bars("BTCUSDT", start, Interval::HOUR, 48, 1).unwrap();
            let bars = bars.to_columns();
            let rows = [
                ("open", bars.open),
                ("high", bars.high),
                ("low", bars.low),
                ("close", bars.close),
                ("volume", bars.volume),
            ];
            let piece = Piece {
                range: TimeRange::new(start, Timestamp::parse("2025-01-02").unwrap()),
                source: "binance-archive".to_owned(),
                origin: Some("a.zip".to_owned()),
                sha256: Some("00".to_owned()),
                rows: 48,
                fetched_at: Timestamp::parse("2026-01-01").unwrap(),
            };
            let home = tempfile::tempdir().unwrap();
            let store = Store::create(home.path()).unwrap();
            let rows = Rows::new("BTCUSDT", bars.open_time, rows).unwrap();
            store.writer().unwrap().commit(&dataset(), vec![(piece, rows)]).unwrap();
            snapshot(home.path()).unwrap()
        })
    }

    pub(crate) fn read(bytes: &[u8]) -> bool {
        in_file(&format!("store/{FOLDER}/{NAME}"), bytes, |path| {
            let root = path.ancestors().nth(3).unwrap();
            for (name, bytes) in whole().iter().filter(|(name, _)| !name.ends_with(NAME)) {
                std::fs::write(root.join(name), bytes).unwrap();
            }
            let store = Store::create(root).unwrap();
            if let Ok(manifest) = store.manifest(&dataset()) {
                let _ = (manifest.coverage(), manifest.rows(), manifest.missing(TimeRange::ALL));
            }
            let _ = store.verify(&dataset());
            store.bars("BTCUSDT", Interval::HOUR).is_ok()
        })
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        vec![whole()[&Path::new(FOLDER).join(NAME)].clone()]
    }
}

pub(crate) mod challenges {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(bytes) else { return false };
        let Ok(table) = ChallengeTable::from_toml(text) else { return false };
        for challenge in table.challenges() {
            assert!(challenge.weight > 0.0 && challenge.dim > 0, "{challenge:?}");
        }
        true
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let text = "name = \"mine\"\n[[challenge]]\nname = \"SOL-1H\"\nticker = \"SOL\"\nasset = \"SOL\"\nloss = \"binary\"\ndim = 5\nblocks_ahead = 300\nweight = 2.5\n";
        vec![text.into()]
    }
}

pub(crate) mod plaintext {
    use super::*;

    const HOTKEY: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";

    /// What the validator does with the text that comes out of a payload.
    pub(crate) fn read(bytes: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(bytes) else { return false };
        let table = ChallengeTable::profile(ChallengeTable::NEWEST).unwrap();
        as_validator_sees(&table, text, HOTKEY).rejection.is_none()
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let plain =
            format!("{{\"ETH\": [0.5, -0.5], \"BTCLBFGS\": [1, NaN], \"hotkey\": \"{HOTKEY}\"}}");
        vec![format!("{plain}:::{HOTKEY}").into(), plain.into()]
    }
}
