//! A market, a bucket and a chain that fail as often as they are told to, under one true clock.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use mantis_data::{ChallengeTable, Clock, Embedding, Interval, Timestamp};
use mantis_submit::bucket::{Bucket, ObjectKey, Receipt};
use mantis_submit::chain::{Chain, CommitOutcome, Commitment, Transaction};
use mantis_submit::miner::Head;
use mantis_submit::source::{EmbeddingSource, Harvest, Note, Prediction, failed};
use mantis_submit::wallet::{Hotkey, HotkeySecret};
use mantis_submit::{Beacon, CommitUrl, Error, Lock, Payload, Result};
use rand::{CryptoRng, Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// True time, and by how much the clock of the machine is off, both in microseconds.
#[derive(Debug, Default)]
pub(crate) struct Time {
    truth: AtomicI64,
    offset: AtomicI64,
}

impl Time {
    fn pass(&self, duration: Duration) {
        self.truth.fetch_add(duration.as_micros() as i64, Ordering::Relaxed);
    }
}

/// What a miner lives in. Everything that happens takes time.
#[derive(Debug)]
pub(crate) struct World {
    time: Arc<Time>,
    rng: RefCell<ChaCha20Rng>,
    /// Share of calls that fail.
    pub(crate) faults: Cell<f64>,
    /// Nothing outside the machine answers.
    pub(crate) offline: Cell<bool>,
    /// Every object must count when it arrives.
    pub(crate) strict: Cell<bool>,
    pub(crate) calls: Cell<u64>,
    pub(crate) failed: Cell<u64>,
}

impl World {
    pub(crate) fn new(start: Timestamp, seed: u64) -> Rc<Self> {
        let time = Arc::new(Time::default());
        time.truth.store(start.as_micros(), Ordering::Relaxed);
        Rc::new(Self {
            time,
            rng: RefCell::new(ChaCha20Rng::seed_from_u64(seed)),
            faults: Cell::new(0.0),
            offline: Cell::new(false),
            strict: Cell::new(false),
            calls: Cell::new(0),
            failed: Cell::new(0),
        })
    }

    pub(crate) fn truth(&self) -> Timestamp {
        Timestamp::from_micros(self.time.truth.load(Ordering::Relaxed))
    }

    /// Steps the machine's clock.
    pub(crate) fn set_offset(&self, seconds: i64) {
        self.time.offset.store(seconds * 1_000_000, Ordering::Relaxed);
    }

    pub(crate) fn pass(&self, duration: Duration) {
        self.time.pass(duration);
    }

    /// The clock of the machine.
    pub(crate) fn machine(&self) -> MachineClock {
        MachineClock(Arc::clone(&self.time))
    }

    /// A call that takes up to `seconds`: which fault it meets, if any, as a number below 1.
    fn call(&self, seconds: f64) -> Option<f64> {
        self.calls.set(self.calls.get() + 1);
        let mut rng = self.rng.borrow_mut();
        self.pass(Duration::from_secs_f64(seconds * rng.gen_range(0.1..1.0)));
        let fails = self.offline.get() || rng.gen_bool(self.faults.get());
        fails.then(|| {
            self.failed.set(self.failed.get() + 1);
            rng.gen_range(0.0..1.0)
        })
    }
}

/// The machine's clock.
#[derive(Clone, Debug)]
pub(crate) struct MachineClock(Arc<Time>);

impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        let of = |part: &AtomicI64| part.load(Ordering::Relaxed);
        Timestamp::from_micros(of(&self.0.truth) + of(&self.0.offset))
    }

    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.0.truth.load(Ordering::Relaxed) as u64)
    }

    fn sleep(&self, duration: Duration) {
        self.0.pass(duration);
    }
}

fn request(got: &str, again: bool) -> Error {
    Error::Request {
        action: "store",
        place: "host/path".into(),
        got: got.to_owned(),
        hint: "wait",
        again,
        after: None,
        server_time: None,
    }
}

/// Embeds every challenge; its faults are errors, silence until the deadline, and stale data.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) world: Rc<World>,
    pub(crate) table: ChallengeTable,
}

impl EmbeddingSource for Model {
    fn name(&self) -> String {
        "model".to_owned()
    }

    fn embed(&mut self, now: Timestamp, deadline: Timestamp) -> Result<Harvest> {
        let fault = self.world.call(0.5);
        let mut harvest = Harvest::default();
        match fault {
            Some(kind) if kind < 0.4 => return Err(failed("model", "no bars")),
            Some(kind) if kind < 0.7 => {
                let late = deadline.as_micros() - now.as_micros();
                self.world.pass(Duration::from_micros(late.max(0) as u64));
                return Err(failed("model", "no answer in time"));
            }
            _ => {}
        }
        for (i, challenge) in self.table.challenges().iter().enumerate() {
            // A stale feed takes single challenges away.
            if fault.is_some() && i % 3 == 0 {
                let note = Note { subject: challenge.ticker.clone(), text: "stale".to_owned() };
                harvest.notes.push(note);
                continue;
            }
            let value = |j: usize| ((now.as_secs() as f64 + j as f64) * 0.618).fract().abs();
            let values = (0..challenge.stored_dim).map(value).collect();
            let embedding =
                Embedding::new(challenge, values).map_err(|error| failed("model", error))?;
            let expires = now + Interval::minutes(15);
            harvest.predictions.push(Prediction { embedding, as_of: now, expires });
        }
        Ok(harvest)
    }
}

/// Not open yet, and open before the validator opens its copy.
pub(crate) fn check_round(payload: &Payload, now: Timestamp) {
    let opens = Beacon::quicknet().time_of(payload.round()).unwrap();
    let left = opens.as_secs() - now.as_secs();
    assert!(left > 0, "round {} is out since {} s", payload.round(), -left);
    assert!(left <= i64::from(Lock::MAX_SECONDS), "round {} is out in {left} s", payload.round());
}

/// Whole objects; its faults are refusals, timeouts, and answers that are lost.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) world: Rc<World>,
    pub(crate) objects: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
}

impl Bucket for Store {
    fn put(&self, key: &ObjectKey, object: &[u8]) -> Result<Receipt> {
        let machine = self.world.machine().now();
        let take = || {
            if self.world.strict.get() {
                check_round(&Payload::parse(object).unwrap(), self.world.truth());
            }
            self.objects.borrow_mut().insert(key.to_string(), object.to_vec());
        };
        match self.world.call(1.0) {
            Some(kind) if kind < 0.4 => return Err(request("503", true)),
            Some(kind) if kind < 0.6 => {
                self.world.pass(Duration::from_secs(10));
                return Err(request("no answer in time", true));
            }
            Some(kind) if kind < 0.8 && !self.world.offline.get() => {
                // Stored, but nobody was told.
                take();
                return Err(request("a broken connection", true));
            }
            Some(_) => return Err(request("403", false)),
            None => take(),
        }
        let skew = self.world.truth().as_secs() - machine.as_secs();
        Ok(Receipt { skew_seconds: Some(skew) })
    }

    fn get(&self, key: &ObjectKey) -> Result<Option<Vec<u8>>> {
        Ok(self.objects.borrow().get(key.as_str()).cloned())
    }

    fn head(&self, key: &ObjectKey) -> Result<Option<u64>> {
        Ok(self.get(key)?.map(|object| object.len() as u64))
    }
}

/// A chain that includes what it was sent a minute later; its faults are silence, refusals and
/// lost answers.
#[derive(Debug)]
pub(crate) struct SlowChain {
    pub(crate) world: Rc<World>,
    pub(crate) sent: Rc<RefCell<Vec<(Timestamp, String)>>>,
}

impl SlowChain {
    fn ask(&self) -> Result<()> {
        match self.world.call(2.0) {
            None => Ok(()),
            Some(_) => Err(Error::Node {
                method: "state_call",
                got: "no answer".to_owned(),
                hint: "wait",
                code: None,
            }),
        }
    }
}

impl Chain for SlowChain {
    fn commitment(&mut self, _: &Hotkey) -> Result<Option<Commitment>> {
        self.ask()?;
        let included = |at: Timestamp| at + Interval::minutes(1) <= self.world.truth();
        let sent = self.sent.borrow();
        let newest = sent.iter().rev().find(|(at, _)| included(*at));
        Ok(newest.map(|(_, url)| Commitment { block: 5, text: url.clone() }))
    }

    fn is_registered(&mut self, _: &Hotkey) -> Result<bool> {
        self.ask().map(|()| true)
    }

    fn head(&mut self) -> Result<Head> {
        self.ask()?;
        // A block each 12 s, the newest up to that old.
        let block = self.world.truth().as_secs() / 12;
        let time = Timestamp::from_micros(block * 12_000_000);
        Ok(Head { block: block as u64 - 140_000_000, time })
    }

    fn sign(
        &mut self,
        _: &HotkeySecret,
        url: &CommitUrl,
        _: &mut (impl RngCore + CryptoRng),
    ) -> Result<Transaction> {
        self.ask().map(|()| Transaction(url.as_str().into()))
    }

    fn send(&mut self, transaction: &Transaction) -> Result<()> {
        let lost = self.ask();
        if lost.is_ok() || self.world.rng.borrow_mut().gen_bool(0.5) {
            let url = String::from_utf8(transaction.0.clone()).unwrap();
            self.sent.borrow_mut().push((self.world.truth(), url));
        }
        lost
    }

    fn commit(
        &mut self,
        _: &Hotkey,
        _: &CommitUrl,
        _: &mut dyn FnMut() -> Result<HotkeySecret>,
        _: &mut (impl RngCore + CryptoRng),
    ) -> Result<CommitOutcome> {
        panic!("a miner commits step by step")
    }
}
