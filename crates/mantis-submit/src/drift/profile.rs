//! What is pinned, and the comparison with it.

use mantis_data::{Challenge, ChallengeTable};

use super::python::{Found, Value};
use super::{Difference, DriftReport, Effect, ValidatorConfig};
use crate::beacon::Beacon;
use crate::owner::OwnerKey;
use crate::payload::Payload;

/// Constants whose change does not keep a payload from counting: name and value.
const SETTINGS: [(&str, f64); 11] = [
    ("BURN_PCT", 0.35),
    ("NUM_UIDS", 256.0),
    ("SAMPLE_EVERY", 5.0),
    ("LAG", 60.0),
    ("MAX_DAYS", 60.0),
    ("MAX_UNCHANGED_TIMESTEPS", 15.0),
    ("TASK_INTERVAL", 500.0),
    ("WEIGHT_CALC_INTERVAL", 1_000.0),
    ("WEIGHT_SET_INTERVAL", 360.0),
    ("TLOCK_DEFAULT_LOCK_SECONDS", 30.0),
    ("TLOCK_PROD_SUGGESTED_LOCK_SECONDS", 3_600.0),
];

const ADDRESSES: [(&str, &str); 3] = [
    ("PRICE_DATA_URL", "https://pub-ba8c1b8edb8046edaccecbd26b5ca7f8.r2.dev/latest_prices.json"),
    ("DATALOG_ARCHIVE_URL", "https://pub-879ad825983e43529792665f4f510cd6.r2.dev/datalog.db"),
    ("DRAND_API", "https://api.drand.sh/v2"),
];

/// Blocks after which payloads are opened where the configuration does not say.
const MATURITY: &str = "PAYLOAD_MATURITY_BLOCKS";
const MATURITY_BLOCKS: f64 = 300.0;

/// Parameters that decide what MULTI-BREAKOUT predicts, and one that is never read.
const BREAKOUT: &str = "MULTIBREAKOUT";
const BREAKOUT_RULES: [(&str, f64); 3] =
    [("range_lookback_blocks", 28_800.0), ("barrier_pct", 25.0), ("min_range_pct", 1.0)];
const BREAKOUT_UNREAD: (&str, f64) = ("gate_top_pct", 0.10);

const UNREADABLE: &str = "given in a way that is not read";

/// Compares a configuration with the profile of a table and with what else is pinned: subnet,
/// owner key, algorithm, beacon, payload version, time of opening, burn and intervals.
#[must_use]
pub fn compare(table: &ChallengeTable, config: &ValidatorConfig) -> DriftReport {
    let mut comparison = Comparison { config, report: DriftReport::default() };
    comparison.protocol();
    comparison.settings();
    comparison.challenges(table);
    comparison.report
}

struct Comparison<'a> {
    config: &'a ValidatorConfig,
    report: DriftReport,
}

impl Comparison<'_> {
    fn differs(&mut self, name: &str, pinned: String, found: String, effect: Effect) {
        self.report.differences.push(Difference { name: name.to_owned(), pinned, found, effect });
    }

    /// Compares a constant, with `same` for texts that may be written differently.
    fn constant(&mut self, name: &str, pinned: &Value, effect: Effect) {
        let same = |value: &Value| match (value, pinned) {
            (Value::Text(found), Value::Text(pinned)) if name.ends_with("_HEX") => {
                found.eq_ignore_ascii_case(pinned)
            }
            _ => value == pinned,
        };
        let found = match self.config.names.get(name) {
            Found::Value(value) if same(value) => return,
            Found::Value(value) => value.to_string(),
            Found::Missing => "missing".to_owned(),
            Found::Unreadable(line) => format!("{UNREADABLE} (line {line})"),
        };
        self.differs(name, pinned.to_string(), found, effect);
    }

    /// What every payload depends on.
    fn protocol(&mut self) {
        let beacon = Beacon::quicknet();
        let texts = [
            ("OWNER_HPKE_PUBLIC_KEY_HEX", OwnerKey::subnet().to_string()),
            ("ALG_LABEL_V2", Payload::ALGORITHM.to_owned()),
            ("DRAND_BEACON_ID", "quicknet".to_owned()),
            ("DRAND_PUBLIC_KEY", beacon.public_key_hex().to_owned()),
        ];
        self.constant("NETUID", &Value::Number(123.0), Effect::Everything);
        for (name, pinned) in texts {
            self.constant(name, &Value::Text(pinned), Effect::Everything);
        }
        let name = "SUPPORTED_PAYLOAD_VERSIONS";
        let version = Value::Number(2.0);
        let found = match self.config.names.get(name) {
            Found::Value(Value::Set(all) | Value::List(all)) if all.contains(&version) => None,
            Found::Value(value) => Some(value.to_string()),
            Found::Missing => Some("missing".to_owned()),
            Found::Unreadable(line) => Some(format!("{UNREADABLE} (line {line})")),
        };
        if let Some(found) = found {
            self.differs(name, "with 2".to_owned(), found, Effect::Everything);
        }
        self.maturity();
    }

    /// Opened earlier than pinned, payloads would still be shut, and be lost; later does no harm.
    fn maturity(&mut self) {
        let (found, effect) = match self.config.names.get(MATURITY) {
            Found::Missing => return,
            Found::Value(Value::Number(blocks)) if *blocks == MATURITY_BLOCKS => return,
            Found::Value(Value::Number(blocks)) if *blocks > MATURITY_BLOCKS => {
                (blocks.to_string(), Effect::Nothing)
            }
            Found::Value(value) => (value.to_string(), Effect::Everything),
            Found::Unreadable(line) => (format!("{UNREADABLE} (line {line})"), Effect::Everything),
        };
        self.differs(MATURITY, MATURITY_BLOCKS.to_string(), found, effect);
    }

    fn settings(&mut self) {
        for (name, pinned) in SETTINGS {
            self.constant(name, &Value::Number(pinned), Effect::Nothing);
        }
        for (name, pinned) in ADDRESSES {
            self.constant(name, &Value::Text(pinned.to_owned()), Effect::Nothing);
        }
    }

    fn challenges(&mut self, table: &ChallengeTable) {
        let name = "CHALLENGES";
        let config = self.config;
        let rows = match config.names.get(name) {
            Found::Value(Value::List(rows)) => rows.as_slice(),
            other => {
                let found = match other {
                    Found::Value(value) => value.to_string(),
                    Found::Unreadable(line) => format!("{UNREADABLE} (line {line})"),
                    Found::Missing => "missing".to_owned(),
                };
                let pinned = format!("a list of {}", table.challenges().len());
                self.differs(name, pinned, found, Effect::Everything);
                return;
            }
        };
        let ticker = |row: &Value| match row.get("ticker") {
            Some(Value::Text(ticker)) => Some(ticker.clone()),
            _ => None,
        };
        for challenge in table.challenges() {
            let mut matching =
                rows.iter().filter(|row| ticker(row).as_deref() == Some(&challenge.ticker));
            match (matching.next(), matching.next()) {
                (Some(row), None) => self.challenge(challenge, row),
                (None, _) => {
                    let effect = Effect::Challenge(challenge.ticker.clone());
                    let pinned = challenge.name.clone();
                    self.differs(&challenge.ticker, pinned, "missing".to_owned(), effect);
                }
                (Some(_), Some(_)) => {
                    let effect = Effect::Challenge(challenge.ticker.clone());
                    let pinned = challenge.name.clone();
                    self.differs(&challenge.ticker, pinned, "there twice".to_owned(), effect);
                }
            }
        }
        let known = |row: &Value| {
            ticker(row).is_some_and(|ticker| table.challenges().iter().any(|c| c.ticker == ticker))
        };
        for row in rows.iter().filter(|row| !known(row)) {
            let found = ticker(row).unwrap_or_else(|| row.to_string());
            self.differs("CHALLENGES", "nothing of the kind".to_owned(), found, Effect::Nothing);
        }
        let order: Vec<String> = rows.iter().filter(|row| known(row)).filter_map(ticker).collect();
        let pinned: Vec<String> = table
            .challenges()
            .iter()
            .map(|challenge| challenge.ticker.clone())
            .filter(|ticker| order.contains(ticker))
            .collect();
        if order != pinned && order.len() == pinned.len() {
            let (pinned, found) = (pinned.join(" "), order.join(" "));
            self.differs("order of CHALLENGES", pinned, found, Effect::Nothing);
        }
    }

    fn challenge(&mut self, challenge: &Challenge, row: &Value) {
        let text = |text: &str| Value::Text(text.to_owned());
        let number = |number: u32| Value::Number(f64::from(number));
        let several = challenge.is_multi_asset();
        let assets: Vec<Value> = challenge.assets.iter().map(|asset| text(asset)).collect();
        // For a single asset the price may be that of the ticker, unsaid.
        let price = challenge.price_asset.as_deref().filter(|asset| *asset != challenge.ticker);
        let contract = [
            ("name", Some(text(&challenge.name))),
            ("loss_func", Some(text(&challenge.loss.to_string()))),
            ("dim", Some(Value::Number(challenge.dim as f64))),
            ("assets", several.then_some(Value::List(assets))),
            ("price_key", price.map(text)),
            ("blocks_ahead", challenge.blocks_ahead.map(number)),
        ];
        let breaks = || Effect::Challenge(challenge.ticker.clone());
        for (field, pinned) in contract {
            let found = row.get(field);
            let own_price = found == Some(&text(&challenge.ticker)) && field == "price_key";
            if found != pinned.as_ref() && !(pinned.is_none() && own_price) {
                self.field(challenge, field, pinned, found, breaks());
            }
        }
        if challenge.ticker == BREAKOUT {
            for (field, pinned) in BREAKOUT_RULES {
                if row.get(field) != Some(&Value::Number(pinned)) {
                    let pinned = Some(Value::Number(pinned));
                    self.field(challenge, field, pinned, row.get(field), breaks());
                }
            }
            let (field, pinned) = BREAKOUT_UNREAD;
            if row.get(field) != Some(&Value::Number(pinned)) {
                let pinned = Some(Value::Number(pinned));
                self.field(challenge, field, pinned, row.get(field), Effect::Nothing);
            }
        }
        // Computed weights may differ in the last bit with the order of a sum.
        let weight = row.get("weight");
        let near = |w: f64| (w - challenge.weight).abs() <= 1e-12 * challenge.weight.abs();
        if !matches!(weight, Some(&Value::Number(w)) if near(w)) {
            let pinned = Some(Value::Number(challenge.weight));
            self.field(challenge, "weight", pinned, weight, Effect::Nothing);
        }
    }

    fn field(
        &mut self,
        challenge: &Challenge,
        field: &str,
        pinned: Option<Value>,
        found: Option<&Value>,
        effect: Effect,
    ) {
        let shown = |value: Option<&Value>| value.map_or("missing".to_owned(), Value::to_string);
        let name = format!("{} {field}", challenge.ticker);
        self.differs(&name, shown(pinned.as_ref()), shown(found), effect);
    }
}
