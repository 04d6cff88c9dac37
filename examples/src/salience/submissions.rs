//! What the user would have submitted, and from which sample on it counts.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use mantis_data::challenge::{
    Challenge, ChallengeTable, Difference, LossKind, Reason, validate_plaintext,
};
use mantis_data::input::{self, most};
use mantis_data::{Interval, Timestamp, open_data_dir};
use mantis_models::Artifact;
use serde_json::Value;

use crate::models::market::panel;
use crate::models::source::{CONFIG, artifact_folder, is_about};
use crate::{Error, Result};

/// Seconds of a block, as the chain aims at.
const BLOCK_SECONDS: f64 = 12.0;
/// Blocks from one sample of the validator to the next.
const SAMPLE_BLOCKS: i64 = 5;
/// Differences that are told.
const TOLD: usize = 10;

/// The time of every block, from one known block at 12 s a block, or from two.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockTimes {
    block: i64,
    time: Timestamp,
    micros: f64,
}

impl BlockTimes {
    /// # Errors
    /// [`Error::Flag`] unless there are one or two blocks, the later with the later time.
    pub(super) fn new(anchors: &[(i64, Timestamp)]) -> Result<Self> {
        let refused = |expected: &str| Error::Flag {
            flag: "--block-at",
            got: format!("{} blocks", anchors.len()),
            expected: expected.to_owned(),
        };
        match anchors {
            [(block, time)] => Ok(Self { block: *block, time: *time, micros: BLOCK_SECONDS * 1e6 }),
            [a, b] => {
                let (first, last) = if a.0 < b.0 { (a, b) } else { (b, a) };
                let micros =
                    (last.1 - first.1).as_micros() as f64 / (last.0 - first.0).max(1) as f64;
                if first.0 == last.0 || micros <= 0.0 {
                    return Err(refused("two different blocks, the later one with the later time"));
                }
                Ok(Self { block: first.0, time: first.1, micros })
            }
            _ => Err(refused(
                "BLOCK=TIME once or twice: a ledger stores blocks, the market data times",
            )),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "microseconds of decades fit")]
    pub(super) fn time_of(&self, block: i64) -> Timestamp {
        self.time
            + Interval::from_micros(((block - self.block) as f64 * self.micros).round() as i64)
    }

    /// The first sample that is not taken before `time`: nobody can submit what is not known yet.
    #[expect(clippy::cast_possible_truncation, reason = "blocks stay far below 2^53")]
    fn sample_after(&self, time: Timestamp) -> i64 {
        let blocks = ((time - self.time).as_micros() as f64 / self.micros).ceil() as i64;
        sample_of(self.block + blocks)
    }
}

/// The first sample at or after a block.
fn sample_of(block: i64) -> i64 {
    (block + SAMPLE_BLOCKS - 1).div_euclid(SAMPLE_BLOCKS)
}

/// What is said of each challenge from a sample on: an embedding, or nothing any more.
#[derive(Clone, Debug, Default)]
pub(super) struct Submissions {
    by_ticker: HashMap<String, BTreeMap<i64, Option<Vec<f32>>>>,
    /// What the validator would not have stored as it stands in the file.
    pub(super) notes: Vec<String>,
}

impl Submissions {
    /// The embedding of a challenge in a sample.
    pub(super) fn at(&self, challenge: &Challenge, sidx: i64) -> Option<Vec<f32>> {
        let said = self.by_ticker.get(&challenge.ticker)?;
        said.range(..=sidx).next_back()?.1.clone()
    }

    /// Reads lines such as `{"block": 4000000, "ETH": [0.2, -0.2]}`, each a submission as it would be uploaded, with the block
    /// before which it was. The validator's rules decide what of it counts.
    ///
    /// # Errors
    /// [`Error::Read`], and [`Error::Flag`] for a line that is none or that is rejected as a whole, and for a file from which
    /// nothing would be stored.
    pub(super) fn of_file(path: &Path, table: &ChallengeTable) -> Result<Self> {
        let bad = |line: usize, got: String| Error::Flag {
            flag: "--me",
            got: format!("{}, line {line}: {got}", path.display()),
            expected: r#"lines such as {"block": 4000000, "ETH": [0.2, -0.2]}"#.to_owned(),
        };
        let text = input::text(path, most::TABLE)
            .map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let (mut found, mut differences, mut something) = (Self::default(), 0, false);
        for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |got: &str| bad(i + 1, got.to_owned());
            let parsed = serde_json::from_str(line);
            let Ok(Value::Object(mut entries)) = parsed else { return Err(wrong(line)) };
            let block = entries.remove("block").and_then(|block| block.as_i64());
            let block = block.ok_or_else(|| wrong("no \"block\" with a whole number"))?;
            let named: Vec<String> = entries.keys().cloned().collect();
            let view = validate_plaintext(table, &Value::Object(entries).to_string());
            if let Some(rejection) = view.rejection {
                return Err(wrong(&rejection.to_string()));
            }
            // Of a challenge that the line leaves out there is nothing to tell.
            let told = |d: &Difference| d.reason != Reason::Absent || named.contains(&d.key);
            for difference in view.differences.into_iter().filter(told) {
                differences += 1;
                if differences <= TOLD {
                    found.notes.push(format!("line {}: {difference}", i + 1));
                }
            }
            #[expect(clippy::cast_possible_truncation, reason = "these are 16-bit floats")]
            let narrow = |values: Vec<f64>| values.into_iter().map(|v| v as f32).collect();
            let mut vectors: HashMap<String, Vec<f32>> =
                view.stored.into_iter().map(|s| (s.ticker, narrow(s.stored))).collect();
            something |= !vectors.is_empty();
            // An upload replaces all of the one before it.
            for challenge in table.challenges() {
                let said = found.by_ticker.entry(challenge.ticker.clone()).or_default();
                said.insert(sample_of(block), vectors.remove(&challenge.ticker));
            }
        }
        if differences > TOLD {
            found.notes.push(format!("and {} more", differences - TOLD));
        }
        if !something {
            return Err(bad(0, "nothing that would be stored".to_owned()));
        }
        Ok(found)
    }

    /// What is at a path: an artifact, a folder with one for each ticker, or a file of submissions; `None` for nothing of the
    /// kind. Artifacts need the times of the blocks.
    ///
    /// # Errors
    /// Those of [`Submissions::of_file`]; [`Error::Flag`] if an artifact has no data that it was not fitted on.
    pub(super) fn of(
        path: &Path,
        table: &ChallengeTable,
        data_dir: &Path,
        times: Option<&BlockTimes>,
        blocks: (i64, i64),
        threads: usize,
    ) -> Result<Option<Self>> {
        if path.is_file() {
            return Self::of_file(path, table).map(Some);
        }
        let artifacts = artifacts(path, table)?;
        if artifacts.is_empty() {
            return Ok(None);
        }
        let times = match times {
            Some(times) => *times,
            None => BlockTimes::new(&[])?,
        };
        let mut found = Self::default();
        for (challenge, folder) in artifacts {
            found.add_artifact(&folder, &challenge, data_dir, &times, blocks, threads)?;
        }
        Ok(Some(found))
    }

    /// Adds the forecasts of an artifact on bars that it was not fitted on, each from the close of its bar until an hour later.
    fn add_artifact(
        &mut self,
        folder: &Path,
        challenge: &Challenge,
        data_dir: &Path,
        times: &BlockTimes,
        blocks: (i64, i64),
        threads: usize,
    ) -> Result<()> {
        let artifact = Artifact::load(folder)?;
        let (first, last) = (times.time_of(blocks.0), times.time_of(blocks.1));
        let seen = artifact.recipe().dates.validation_end;
        let start = first.max(seen);
        let symbol = artifact.features().symbol();
        let panel = panel(&open_data_dir(data_dir)?, artifact.features(), last)?;
        let bars = panel.bars(symbol).map_or(0, mantis_data::Bars::len);
        let first_row = panel
            .bars(symbol)
            .map_or(0, |bars| bars.open_time().partition_point(|&t| t + Interval::HOUR < start));
        let from = first_row.saturating_sub(artifact.recipe().lstm.steps);
        let frame = artifact.frame(&panel, from, threads)?;
        let forecasts = artifact.forecasts(&frame, first_row..bars, threads)?;
        if forecasts.is_empty() {
            return Err(Error::Flag {
                flag: "--me",
                got: format!("{} (fitted on data up to {seen})", folder.display()),
                expected: format!("a model with data between {start} and {last}"),
            });
        }
        let said = self.by_ticker.entry(challenge.ticker.clone()).or_default();
        for forecast in forecasts {
            let embedding = artifact.embedding(challenge, &forecast)?;
            #[expect(clippy::cast_possible_truncation, reason = "embeddings are f32")]
            let vector = embedding.values().iter().map(|v| *v as f32).collect();
            said.insert(times.sample_after(forecast.time), Some(vector));
            said.entry(times.sample_after(forecast.time + Interval::HOUR)).or_insert(None);
        }
        Ok(())
    }
}

/// The artifacts at a path with their challenges: a lone one is of the yes-or-no challenge that its symbol is of.
fn artifacts(path: &Path, table: &ChallengeTable) -> Result<Vec<(Challenge, PathBuf)>> {
    let mut found = Vec::new();
    for challenge in table.challenges().iter().filter(|c| c.loss == LossKind::Binary) {
        let folder = artifact_folder(path, &challenge.ticker);
        if !folder.join(CONFIG).is_file() {
            continue;
        }
        if folder != path || is_about(&Artifact::load(&folder)?, challenge) {
            found.push((challenge.clone(), folder));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn nothing_counts_before_it_is_known() {
        // Block 4,000,003 is no sample; its hour begins between two blocks.
        let times = BlockTimes::new(&[(4_000_003, at("2025-06-01T00:00:07Z"))]).unwrap();
        for minute in 0..90 {
            let known = at("2025-06-01") + Interval::minutes(minute);
            let sample = times.sample_after(known);
            assert!(times.time_of(sample * SAMPLE_BLOCKS) >= known);
            assert!(times.time_of((sample - 1) * SAMPLE_BLOCKS) < known);
        }
        assert_eq!(sample_of(10), 2);
        assert_eq!(sample_of(11), 3);
    }

    #[test]
    fn two_blocks_give_the_pace() {
        let anchors = [(2_000, at("2025-06-01T00:00:00Z")), (1_000, at("2025-05-31T20:00:00Z"))];
        let times = BlockTimes::new(&anchors).unwrap();
        assert_eq!(times.time_of(1_500), at("2025-05-31T22:00:00Z"));
        assert!(BlockTimes::new(&[anchors[0], anchors[0]]).is_err());
        assert!(BlockTimes::new(&[]).is_err());
    }

    #[test]
    fn a_file_is_read_as_the_validator_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("me.jsonl");
        let write = |text: &str| std::fs::write(&path, text).unwrap();
        let table = ChallengeTable::profile("2026-07").unwrap();
        let eth = table.get("ETH").unwrap();
        write("{\"block\": 11, \"ETH\": [0.1, -0.1], \"CADUSD\": [2, 0]}\n\n{\"block\": 20}\n");
        let found = Submissions::of_file(&path, &table).unwrap();
        assert_eq!(found.at(eth, 2), None);
        assert_eq!(found.at(eth, 3), Some(vec![0.099_975_586, -0.099_975_586]));
        assert_eq!(found.at(eth, 4), None, "the next upload says nothing of it");
        assert_eq!(found.at(table.get("CADUSD").unwrap(), 3), None);
        assert!(found.notes[0].contains("line 1: CADUSD"), "{:?}", found.notes);
        for (text, says) in [
            ("[]", "line 1"),
            ("{\"ETH\": [0, 1]}", "block"),
            ("{\"block\": 1, \"NOPE\": 1}", "nothing that would be stored"),
        ] {
            write(text);
            let error = Submissions::of_file(&path, &table).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
