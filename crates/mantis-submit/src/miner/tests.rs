use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::rc::Rc;

use mantis_data::{Embedding, ManualClock};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use super::*;
use crate::bucket::{MemoryBucket, Receipt};
use crate::drift::{ValidatorConfig, compare};
use crate::error::Error;
use crate::owner::OwnerSecret;
use crate::payload::Payload;
use crate::source::{Harvest, Note, Prediction, failed};
use crate::{Plaintext, open_owner};

fn now() -> Timestamp {
    Timestamp::parse("2026-01-01T00:00:00Z").unwrap()
}

fn hotkey() -> Hotkey {
    "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR".parse().unwrap()
}

fn table() -> ChallengeTable {
    ChallengeTable::profile("2026-07").unwrap()
}

/// Hands out one harvest after another.
struct Script(Vec<Result<Harvest>>);

impl EmbeddingSource for Script {
    fn name(&self) -> String {
        "script".to_owned()
    }

    fn embed(&mut self, _: Timestamp, _: Timestamp) -> Result<Harvest> {
        if self.0.is_empty() { Err(failed("script", "its end")) } else { self.0.remove(0) }
    }
}

/// ETH with a value, known at `as_of`, good for a quarter of an hour.
fn eth(value: f64, as_of: Timestamp) -> Prediction {
    let embedding = Embedding::new(table().get("ETH").unwrap(), vec![value, -value]).unwrap();
    Prediction { embedding, as_of, expires: as_of + Interval::minutes(15) }
}

fn harvest(predictions: Vec<Prediction>) -> Result<Harvest> {
    Ok(Harvest { predictions, notes: vec![] })
}

struct Bench {
    folder: tempfile::TempDir,
    owner: OwnerSecret,
    clock: ManualClock,
    bucket: MemoryBucket,
}

/// The clock and the bucket stay with the test.
type BenchMiner<'a> = Miner<Script, Shared<'a>, &'a ManualClock, ChaCha20Rng>;

struct Shared<'a>(&'a MemoryBucket, Rc<Cell<Option<&'static str>>>, Rc<Cell<u32>>);

impl Bucket for Shared<'_> {
    fn put(&self, key: &ObjectKey, object: &[u8]) -> Result<Receipt> {
        self.2.set(self.2.get() + 1);
        match self.1.get() {
            None => self.0.put(key, object),
            Some(got) => Err(Error::Request {
                action: "store",
                place: "host".into(),
                got: got.to_owned(),
                hint: "wait",
                again: true,
                after: None,
                server_time: None,
            }),
        }
    }

    fn get(&self, key: &ObjectKey) -> Result<Option<Vec<u8>>> {
        self.0.get(key)
    }

    fn head(&self, key: &ObjectKey) -> Result<Option<u64>> {
        self.0.head(key)
    }
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            owner: OwnerSecret::random(&mut ChaCha20Rng::seed_from_u64(1)),
            clock: ManualClock::new(now()),
            bucket: MemoryBucket::default(),
        }
    }

    fn miner(&self, harvests: Vec<Result<Harvest>>) -> BenchMiner<'_> {
        self.failing_miner(harvests, &Rc::default(), &Rc::default())
    }

    fn failing_miner(
        &self,
        harvests: Vec<Result<Harvest>>,
        failing: &Rc<Cell<Option<&'static str>>>,
        puts: &Rc<Cell<u32>>,
    ) -> BenchMiner<'_> {
        Miner::new(
            MinerSettings::default(),
            hotkey(),
            table(),
            Sealer::new(self.owner.public()),
            Script(harvests),
            Shared(&self.bucket, Rc::clone(failing), Rc::clone(puts)),
            &self.clock,
            ChaCha20Rng::seed_from_u64(2),
            StateFile::new(self.folder.path().join("state.json")),
        )
        .unwrap()
    }

    fn opened(&self) -> Plaintext {
        let object = self.bucket.get(&ObjectKey::from(&hotkey())).unwrap().unwrap();
        open_owner(&Payload::parse(&object).unwrap(), &self.owner).unwrap()
    }
}

#[test]
fn what_is_missing_is_left_out_and_named() {
    let bench = Bench::new();
    let note = Note { subject: "XAGUSD".to_owned(), text: "no bars since noon".to_owned() };
    let harvest = Harvest { predictions: vec![eth(0.5, now())], notes: vec![note] };
    let report = bench.miner(vec![Ok(harvest)]).cycle();
    assert_eq!(report.embedded, ["ETH"]);
    assert_eq!(report.notes.len(), 11);
    let line = report.to_string();
    assert!(line.starts_with("Mining Cycle - 2026-01-01 00:00:00  ✓ 1 embeddings."), "{line}");
    assert!(line.contains("; XAGUSD: no bars since noon;"), "{line}");
    assert!(line.contains("; TRADEMIX: no prediction"), "{line}");
    let text = bench.opened();
    assert!(text.as_str().starts_with("{\"ETH\":[0.5,-0.5],\"hotkey\":"), "{}", text.as_str());
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<CycleReport>(&json).unwrap(), report);
}

#[test]
fn predictions_hold_until_they_expire_and_no_longer() {
    let bench = Bench::new();
    let mut miner = bench.miner(vec![harvest(vec![eth(0.5, now())])]);
    assert!(miner.cycle().is_stored());
    bench.clock.set(now() + Interval::minutes(14));
    let report = miner.cycle();
    assert!(report.is_stored() && report.failures[0].class == "embeddings", "{report}");
    assert_eq!(report.data_age_seconds, Some(840.0));
    let before = bench.opened();
    bench.clock.set(now() + Interval::minutes(15));
    let report = miner.cycle();
    assert!(!report.is_stored(), "{report}");
    assert!(report.to_string().contains("ETH: stale, its data is 900 s old"), "{report}");
    assert_eq!(bench.opened(), before, "the last object stays");
    // A clock that was set back makes data come from the future.
    bench.clock.set(now() + Interval::minutes(-10));
    assert!(miner.cycle().to_string().contains("which is to come"));
}

#[test]
fn zeros_are_no_prediction() {
    let bench = Bench::new();
    let report = bench.miner(vec![harvest(vec![eth(0.0, now())])]).cycle();
    assert!(!report.is_stored(), "{report}");
    assert!(report.to_string().contains("zeros throughout"), "{report}");
}

#[test]
fn changed_challenges_are_kept_back() {
    let bench = Bench::new();
    let row = |ticker: &str, dim: u32| {
        format!(
            "{{\"name\": \"{ticker}-1H-BINARY\", \"ticker\": \"{ticker}\", \"dim\": {dim}, \"blocks_ahead\": 300, \"loss_func\": \"binary\", \"weight\": 1}}"
        )
    };
    let silver = Embedding::new(table().get("XAGUSD").unwrap(), vec![0.1, -0.1]).unwrap();
    let both = || {
        let expires = now() + Interval::HOUR;
        let silver = Prediction { embedding: silver.clone(), as_of: now(), expires };
        harvest(vec![eth(0.5, now()), silver])
    };
    let key = crate::OwnerKey::subnet();
    let beacon = crate::Beacon::quicknet().public_key_hex().to_owned();
    let constants = format!(
        "NETUID=123\nOWNER_HPKE_PUBLIC_KEY_HEX=\"{key}\"\nALG_LABEL_V2=\"{}\"\nDRAND_BEACON_ID=\"quicknet\"\nDRAND_PUBLIC_KEY=\"{beacon}\"\nSUPPORTED_PAYLOAD_VERSIONS={{2}}\n",
        Payload::ALGORITHM
    );
    let text = format!("{constants}CHALLENGES=[{}, {}]", row("ETH", 3), row("XAGUSD", 2));
    let mut miner = bench.miner(vec![both(), both()]);
    miner.set_drift(compare(&table(), &ValidatorConfig::parse(&text).unwrap()));
    let report = miner.cycle();
    assert_eq!(report.embedded, ["XAGUSD"]);
    assert!(
        report.to_string().contains("ETH dim is 3, pinned 2; ETH is not submitted"),
        "{report}"
    );
    miner.set_drift(compare(&table(), &ValidatorConfig::parse("CHALLENGES=[]").unwrap()));
    let report = miner.cycle();
    assert!(!report.is_stored() && report.failures[0].class == "preflight", "{report}");
}

#[test]
fn uploads_are_tried_until_the_next_cycle_is_due() {
    let bench = Bench::new();
    let (failing, puts) = (Rc::new(Cell::new(Some("503"))), Rc::default());
    let predictions = || harvest(vec![eth(0.5, now())]);
    let mut miner = bench.failing_miner(vec![predictions(), predictions()], &failing, &puts);
    let report = miner.cycle();
    assert!(!report.is_stored() && report.failures[0].class == "network", "{report}");
    assert!((40.0..=54.0).contains(&report.seconds), "{}", report.seconds);
    assert!(puts.get() >= 8, "{}", puts.get());
    assert!(report.remarks.contains(&format!("{} attempts", puts.get())), "{report}");
    failing.set(None);
    assert!(miner.cycle().is_stored());
    assert_eq!(miner.state().failures["network"], 1);
}

#[test]
fn a_stop_ends_it_after_the_cycle() {
    let bench = Bench::new();
    let mut miner = bench.miner((0..9).map(|_| harvest(vec![eth(0.5, now())])).collect());
    let stop = AtomicBool::new(false);
    let mut times = Vec::new();
    miner.run(false, &stop, &mut |miner, report| {
        times.push(report.time);
        stop.store(times.len() == 4, Ordering::Relaxed);
        assert_eq!(miner.state().cycles as usize, times.len());
    });
    assert_eq!(times.len(), 4);
    // The first at once, the others a minute apart.
    let gap = |pair: &[Timestamp]| pair[1].as_micros() - pair[0].as_micros();
    assert!(times[1..].windows(2).all(|pair| (gap(pair) - 60_000_000).abs() < 300_000));
    let mut cycles = 0;
    miner.run(false, &AtomicBool::new(true), &mut |_, _| cycles += 1);
    assert_eq!(cycles, 0);
    miner.run(true, &AtomicBool::new(false), &mut |_, _| cycles += 1);
    assert_eq!(cycles, 1);
}

#[test]
fn a_damaged_state_is_told_and_another_hotkeys_is_left_alone() {
    let bench = Bench::new();
    std::fs::write(bench.folder.path().join("state.json"), b"{").unwrap();
    let mut miner = bench.miner(vec![harvest(vec![eth(0.5, now())])]);
    let report = miner.cycle();
    assert!(report.is_stored() && report.remarks[0].contains("put aside as"), "{report}");
    assert_eq!(miner.cycle().cycle, 2);
    let other: Hotkey = "5EHe7wXzpR8FUDHwnK5ucKqSyCtLi2NWjWJ533qfQWwecKfc".parse().unwrap();
    let state = State { hotkey: Some(other), cycles: 70, ..State::default() };
    let file = StateFile::new(bench.folder.path().join("state.json"));
    file.save(&state).unwrap();
    let refused = Miner::new(
        MinerSettings::default(),
        hotkey(),
        table(),
        Sealer::new(bench.owner.public()),
        Script(vec![]),
        &bench.bucket,
        &bench.clock,
        ChaCha20Rng::seed_from_u64(2),
        file.clone(),
    );
    let message = refused.unwrap_err().to_string();
    assert!(
        message.contains(&other.to_string()) && message.contains("a file of its own"),
        "{message}"
    );
    assert_eq!(file.load().unwrap(), state);
}

#[test]
fn trainings_and_the_newest_models_outlive_a_restart() {
    let bench = Bench::new();
    let mut miner = bench.miner(vec![]);
    miner.note_training(now()).unwrap();
    (0..30).for_each(|i| miner.note_model(format!("model {i}")).unwrap());
    let state = bench.miner(vec![]).state().clone();
    assert_eq!(state.trained_at, Some(now()));
    assert_eq!((state.models.len(), state.models[19].as_str()), (20, "model 29"));
}

#[test]
fn one_rule_says_whether_a_miner_is_well() {
    let bench = Bench::new();
    let mut miner = bench.miner(vec![harvest(vec![eth(0.5, now())])]);
    assert!(miner.cycle().is_stored());
    let ok = |state: &State, seconds: i64| {
        state.health(now() + Interval::from_micros(seconds * 1_000_000)).ok
    };
    let state = miner.state().clone();
    assert!(ok(&state, 180) && !ok(&state, 181) && !ok(&state, -1));
    // Three intervals where these are longer; short ones are for trying things out.
    let slow = State { interval: Some(Interval::minutes(5)), ..state.clone() };
    assert!(ok(&slow, 900) && !ok(&slow, 901));
    let quick = State { interval: Some(Interval::from_micros(1_000_000)), ..state };
    assert!(ok(&quick, 180) && !ok(&quick, 181));
}

fn ask(server: &HealthServer, request: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_question_that_never_ends_does_not_keep_the_page_from_others() {
    let bench = Bench::new();
    let miner = bench.miner(vec![]);
    let server =
        HealthServer::start(0, miner.vitals(), mantis_data::testing::FixedClock(now())).unwrap();
    let mut slow = TcpStream::connect(server.address()).unwrap();
    let dripping = std::thread::spawn(move || {
        let drips = (0..100).take_while(|_| {
            std::thread::sleep(Duration::from_millis(100));
            slow.write_all(b"G").is_ok()
        });
        drips.count()
    });
    assert!(ask(&server, "GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200"));
    assert!(dripping.join().unwrap() < 100);
}

#[test]
fn health_and_metrics_are_served_on_the_loopback_interface() {
    let bench = Bench::new();
    let mut miner = bench.miner(vec![harvest(vec![eth(0.5, now())])]);
    let served = ManualClock::new(now());
    let server = HealthServer::start(0, miner.vitals(), served).unwrap();
    assert!(server.address().ip().is_loopback());
    let health = "GET /healthz HTTP/1.1\r\n\r\n";
    let answer = ask(&server, health);
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    miner.cycle();
    let salience = [("ETH".to_owned(), 0.25)].into();
    miner.vitals().lock().unwrap().set_salience(salience);
    let answer = ask(&server, health);
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.contains("ok: last object 0 s"),
        "{answer}"
    );
    let metrics = ask(&server, "GET /metrics?x=1 HTTP/1.1\r\nhost: a\r\n\r\n");
    for line in [
        "mantis_up 1",
        "mantis_objects_total 1",
        "mantis_embeddings 1",
        "mantis_data_age_seconds 0",
        "mantis_salience{challenge=\"ETH\"} 0.25",
        "# TYPE mantis_cycle_seconds gauge",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} in {metrics}");
    }
    assert!(ask(&server, "GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
    assert!(ask(&server, "POST /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405"));
    let later = now() + Interval::minutes(4);
    let health = miner.vitals().lock().unwrap().health(later);
    assert_eq!((health.ok, health.text.as_str()), (false, "last object 240 s ago"));
    let opened = miner.vitals().lock().unwrap().health(now() + Interval::HOUR);
    assert!(opened.text.contains("has opened"), "{}", opened.text);
}
