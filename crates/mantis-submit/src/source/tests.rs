use std::io::Write;
use std::time::Duration;

use mantis_data::{ChallengeTable, Clock, Interval, ManualClock};

use super::*;
use crate::wallet::Hotkey;

const HOTKEY: &str = "5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR";

fn table() -> ChallengeTable {
    ChallengeTable::profile("2026-07").unwrap()
}

fn hotkey() -> Hotkey {
    HOTKEY.parse().unwrap()
}

fn now() -> Timestamp {
    Timestamp::parse("2026-01-01").unwrap()
}

fn read(text: &str) -> Result<(Vec<Embedding>, Vec<Note>)> {
    parse_embeddings(&table(), &hotkey(), "model", text)
}

fn note(entry: &str) -> String {
    let (embeddings, notes) = read(&format!("{{{entry}}}")).unwrap();
    assert!(embeddings.is_empty() && notes.len() == 1, "{entry}");
    format!("{}: {}", notes[0].subject, notes[0].text)
}

#[test]
fn a_whole_set_is_read() {
    let all: Vec<Embedding> = table()
        .challenges()
        .iter()
        .map(|c| Embedding::new(c, (1..=c.stored_dim).map(|i| 0.01 * i as f64).collect()).unwrap())
        .collect();
    let set = mantis_data::EmbeddingSet::new(&table(), all.clone()).unwrap();
    let (embeddings, notes) = read(&set.plaintext(HOTKEY)).unwrap();
    assert_eq!((embeddings.len(), notes), (12, vec![]));
    assert!(all.iter().all(|embedding| embeddings.contains(embedding)));
}

#[test]
fn what_is_wrong_with_a_challenge_is_noted() {
    assert!(note(r#""ETH":[0.1]"#).contains("1 values, expected 2"));
    assert!(note(r#""ETH":[0.1,"a"]"#).contains("value 1 is not a number"));
    assert!(note(r#""ETH":[0.1,null]"#).contains("value 1 is not a number"));
    assert!(note(r#""ETH":0.1"#).contains("not a list"));
    assert!(note(r#""ETH":[0,0]"#).contains("zeros throughout"));
    assert!(note(r#""XYZ":[0,0]"#).contains("XYZ"));
    assert!(note(r#""TRADEMIX":[1,0,0,0]"#).contains("not an object"));
    assert!(note(r#""TRADEMIX":{"BTC":1,"ETH":0,"TAO":0}"#).contains("nothing for SOL"));
    let two = r#""TRADEMIX":{"BTC":[1,2],"ETH":0,"TAO":0,"SOL":0}"#;
    assert!(note(two).contains("BTC: 2 values, expected 1"));
    let other = r#""TRADEMIX":{"BTC":1,"ETH":0,"TAO":0,"SOL":0,"DOGE":0}"#;
    assert!(note(other).contains("\"DOGE\" is none of its assets"));
    let twice = r#"{"ETH":[0.1,0.1],"ETH-1H-BINARY":[0.2,0.1]}"#;
    assert!(read(twice).unwrap().1[0].text.contains("by its name and by its ticker"));
}

#[test]
fn texts_that_are_none_and_other_hotkeys_are_refused() {
    let message = |text: &str| read(text).unwrap_err().to_string();
    assert!(message("{\"ETH\":[NaN,0]}").contains("no JSON at line 1"));
    assert!(message("[1]").contains("not an object"));
    assert!(message(&" ".repeat(2_000_000)).contains("at most 1048576"));
    let other = r#"{"hotkey":"5EHe7wXzpR8FUDHwnK5ucKqSyCtLi2NWjWJ533qfQWwecKfc"}"#;
    assert!(message(other).contains("for which this miner submits"));
    assert!(message(&format!("{{\"ETH\":{}}}", "[".repeat(100_000))).contains("no JSON"));
}

#[test]
fn a_file_is_as_old_as_it_is() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "{{\"ETH\":[0.5,-0.5]}}").unwrap();
    let written = std::time::UNIX_EPOCH + Duration::from_secs(now().as_secs() as u64);
    file.as_file().set_modified(written).unwrap();
    let path = file.path().to_owned();
    let mut source = FileSource::new(path, table(), hotkey(), Interval::minutes(15));
    let harvest = source.embed(now(), now()).unwrap();
    assert_eq!(harvest.predictions[0].as_of, now());
    assert_eq!(harvest.predictions[0].expires, now() + Interval::minutes(15));
    drop(file);
    let message = source.embed(now(), now()).unwrap_err().to_string();
    assert!(message.contains("cannot open the embeddings"), "{message}");
}

/// The system's clock, for what really waits.
#[derive(Debug)]
struct RealClock;

#[expect(clippy::disallowed_methods, reason = "a test of waiting waits")]
impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp::from_micros(now.as_micros() as i64)
    }

    fn elapsed(&self) -> Duration {
        Duration::from_micros(self.now().as_micros() as u64)
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

fn command(text: &str) -> Result<Harvest> {
    let hidden = ["R2_SECRET_KEY", "HOME"];
    let minutes = Interval::minutes(5);
    let mut source = CommandSource::new(text, &hidden, RealClock, table(), hotkey(), minutes);
    let now = RealClock.now();
    source.embed(now, now + Interval::from_micros(1_500_000))
}

#[test]
fn a_command_answers_fails_or_is_killed() {
    let harvest = command("echo '{\"ETH\":[0.5,-0.5]}'").unwrap();
    assert_eq!(harvest.predictions.len(), 1);
    let message = |text: &str| command(text).unwrap_err().to_string();
    let failed = message("echo why >&2; exit 3");
    assert!(failed.contains("exit status: 3: why"), "{failed}");
    let start = RealClock.now();
    // What the command starts is killed with it, or its pipe would keep us waiting.
    assert!(message("sleep 60 & sleep 60").contains("not done by the deadline"));
    assert!(RealClock.now().as_secs() - start.as_secs() <= 5);
    assert!(message("test -n \"$HOME\"").contains("exit status: 1"), "a hidden variable is seen");
    command("test -n \"$MANTIS_NOW\" && echo '{\"ETH\":[0.5,-0.5]}'").unwrap();
    // More than a pipe holds.
    assert!(message("head -c 3000000 /dev/zero").contains("bytes, at most"));
}

#[test]
fn the_newest_line_counts() {
    let text = "{\"ETH\":[0.1,-0.1]}\n\n{\"ETH\":[0.2,-0.1]}\n";
    let clock = ManualClock::new(now());
    let minutes = Interval::minutes(5);
    let mut source = LineSource::new(text.as_bytes(), clock, table(), hotkey(), minutes);
    let mut first = None;
    for _ in 0..500 {
        std::thread::sleep(Duration::from_millis(2));
        first = source.embed(now(), now()).ok().map(|h| h.predictions[0].embedding.values()[0]);
        if first == Some(0.2) {
            break;
        }
    }
    assert_eq!(first, Some(0.2));
}

/// Answers when it is told to.
struct Slow(std::sync::mpsc::Receiver<f64>);

impl EmbeddingSource for Slow {
    fn name(&self) -> String {
        "slow".to_owned()
    }

    fn embed(&mut self, now: Timestamp, _: Timestamp) -> Result<Harvest> {
        let value = self.0.recv().map_err(|error| failed("slow", error))?;
        let embedding = Embedding::new(table().get("ETH").unwrap(), vec![value, -value]).unwrap();
        let prediction = Prediction { embedding, as_of: now, expires: now };
        Ok(Harvest { predictions: vec![prediction], notes: vec![] })
    }
}

#[test]
fn a_slow_source_is_not_waited_for() {
    let (tell, told) = std::sync::mpsc::channel();
    let mut source = Background::new(Slow(told));
    let soon = now() + Interval::from_micros(50_000);
    let message = source.embed(now(), soon).unwrap_err().to_string();
    assert!(message.contains("no answer within 0.1 s"), "{message}");
    tell.send(0.25).unwrap();
    tell.send(0.5).unwrap();
    let value = |harvest: Harvest| harvest.predictions[0].embedding.values()[0];
    let later = now() + Interval::minutes(1);
    // The late answer, or already the one to the second question.
    assert!(value(source.embed(now(), later).unwrap()) >= 0.25);
    drop(tell);
    // One more answer may be waiting; then its thread is told that nothing comes.
    let ended = (0..3).find_map(|_| source.embed(now(), later).err());
    assert!(ended.is_some_and(|error| error.to_string().contains("slow")));
}

/// Hands out one result after another, each when it is told to.
struct Told(std::sync::mpsc::Receiver<Result<Harvest>>);

impl EmbeddingSource for Told {
    fn name(&self) -> String {
        "told".to_owned()
    }

    fn embed(&mut self, _: Timestamp, _: Timestamp) -> Result<Harvest> {
        self.0.recv().map_err(|error| failed("told", error))?
    }
}

#[test]
fn a_late_answer_is_not_lost_to_an_error_now() {
    let (tell, told) = std::sync::mpsc::channel();
    let mut source = Background::new(Told(told));
    source.embed(now(), now() + Interval::from_micros(20_000)).unwrap_err();
    let late = Note { subject: "late".to_owned(), text: String::new() };
    tell.send(Ok(Harvest { predictions: vec![], notes: vec![late.clone()] })).unwrap();
    // Until the thread has passed it on.
    std::thread::sleep(Duration::from_millis(200));
    tell.send(Err(failed("told", "no bars"))).unwrap();
    let harvest = source.embed(now(), now() + Interval::minutes(1)).unwrap();
    assert_eq!(harvest.notes[0], late);
    assert!(harvest.notes[1].text.contains("no bars"), "{harvest:?}");
}
