//! One cycle.

use std::sync::PoisonError;
use std::time::Duration;

use mantis_data::{Clock, Interval, Timestamp};
use rand::{CryptoRng, RngCore};

use super::Miner;
use super::report::{CycleReport, Failure, Stored};
use super::schedule::BlockClock;
use crate::beacon::Beacon;
use crate::bucket::{Bucket, Receipt};
use crate::error::{Error, Result};
use crate::plaintext::Plaintext;
use crate::preflight::{Preflight, Severity};
use crate::retry::Retry;
use crate::source::{EmbeddingSource, Note};

/// Seconds by which a clock may be off without a correction: requests and whole seconds.
const QUIET_SKEW_SECONDS: i64 = 5;

/// How often the chain is asked for its newest block.
const HEAD_EVERY: Interval = Interval::minutes(10);

impl<S: EmbeddingSource, B: Bucket, C: Clock, R: RngCore + CryptoRng> Miner<S, B, C, R> {
    /// One cycle: embeds what can be embedded in time, keeps back what is stale, seals, checks
    /// what was sealed, uploads with retries until the next cycle is due, takes a step towards
    /// the commitment, and writes the state.
    ///
    /// Nothing that fails ends it early if the rest makes sense, and whatever fails is in the
    /// report. An object that is in the bucket stays there until a newer one replaces it.
    pub fn cycle(&mut self) -> CycleReport {
        let start = self.clock.now();
        self.state.cycles += 1;
        let mut report = CycleReport::new(start, self.state.cycles);
        report.remarks.extend(self.opening.take());
        self.embed(start, &mut report);
        match self.submit(start, &mut report) {
            Ok(stored) => report.stored = Some(stored),
            Err(error) => report.failures.push(Failure::from(&error)),
        }
        self.see_head(&mut report);
        if report.is_stored() {
            self.commit(&mut report);
        }
        let end = self.clock.now();
        // A clock that was set back makes no negative durations.
        report.seconds = seconds_between(start, end);
        self.remember(&mut report);
        report
    }

    fn embed(&mut self, start: Timestamp, report: &mut CycleReport) {
        match self.source.embed(start, self.embed_by(start)) {
            Ok(harvest) => report.notes.extend(self.pool.take(harvest)),
            Err(error) => {
                let subject = self.source.name();
                report.notes.push(Note { subject, text: error.to_string() });
                report.failures.push(Failure::from(&error));
            }
        }
    }

    /// Seals and uploads what holds.
    fn submit(&mut self, start: Timestamp, report: &mut CycleReport) -> Result<Stored> {
        if self.drift.refuses_all() {
            let all = self.drift.differences.iter();
            let errors = all.filter(|d| d.severity() == Severity::Error).map(ToString::to_string);
            return Err(Error::Refused { findings: errors.collect::<Vec<_>>().join("; ") });
        }
        let selection = self.pool.select(&self.table, &self.drift, self.clock.now());
        // What a source said about a challenge explains more than that there is none.
        let said: Vec<String> = report.notes.iter().map(|note| note.subject.clone()).collect();
        report.notes.extend(selection.notes.into_iter().filter(|n| !said.contains(&n.subject)));
        if selection.embeddings.is_empty() {
            let reason = |note: &Note| format!("{}: {}", note.subject, note.text);
            // A source that failed has been told already.
            let told = |note: &&Note| report.failures.iter().any(|f| f.text == note.text);
            let news = report.notes.iter().filter(|note| !told(note));
            let reasons = news.map(reason).collect::<Vec<_>>().join("; ");
            return Err(Error::NothingToSubmit { reasons });
        }
        let tickers = selection.embeddings.iter().map(|e| e.challenge().ticker.clone());
        report.embedded = tickers.collect();
        report.data_age_seconds = selection.oldest_seconds;
        let plaintext = Plaintext::partial(&selection.embeddings, &self.hotkey);
        let mut stored = self.seal_and_upload(start, &plaintext, report)?;
        // The answer may have shown that our clock is off, and that the object just stored opens
        // too early or too late.
        if report.skew_seconds.is_some_and(|skew| self.learn_skew(skew)) {
            stored = self.seal_and_upload(start, &plaintext, report)?;
        }
        if self.correction != 0 {
            report.remarks.push(format!(
                "the store's clock is {} s ahead of ours, and payloads are sealed by it; set the clock of this machine",
                self.correction
            ));
        }
        Ok(stored)
    }

    /// Notes by how much our clock is off; whether that is news.
    fn learn_skew(&mut self, skew: i64) -> bool {
        let correction = if skew.abs() > QUIET_SKEW_SECONDS { skew } else { 0 };
        let news = (correction - self.correction).abs() > QUIET_SKEW_SECONDS;
        if news || correction == 0 {
            self.correction = correction;
        }
        news
    }

    /// The time, corrected by what the store's clock showed.
    fn true_now(&self) -> Timestamp {
        let micros = self.correction.saturating_mul(1_000_000);
        Timestamp::from_micros(self.clock.now().as_micros().saturating_add(micros))
    }

    fn seal_and_upload(
        &mut self,
        start: Timestamp,
        plaintext: &Plaintext,
        report: &mut CycleReport,
    ) -> Result<Stored> {
        let (object, round) = self.seal(plaintext)?;
        let began = self.clock.now();
        let mut attempts = 0;
        let receipt = self.upload(start, object.as_bytes(), &mut attempts);
        if receipt.is_err() && attempts > 1 {
            report.remarks.push(format!("{attempts} attempts"));
        }
        let receipt = receipt?;
        report.skew_seconds = receipt.skew_seconds;
        let opens = Beacon::quicknet().time_of(round)?;
        Ok(Stored {
            place: format!("{}/{}", self.settings.place.trim_end_matches('/'), self.key),
            bytes: object.len(),
            round,
            opens,
            attempts,
            upload_seconds: seconds_between(began, self.clock.now()),
            dry_run: self.settings.dry_run,
        })
    }

    /// A fresh object that passed preflight and the self-check, and its round.
    fn seal(&mut self, plaintext: &Plaintext) -> Result<(String, u64)> {
        let now = self.true_now();
        let round = self.sealer.target_round(now)?;
        let payload = self.sealer.seal_to_round(plaintext, round, &mut self.rng)?;
        let object = payload.to_json();
        self.sealer.self_check(object.as_bytes(), plaintext, round, &mut self.rng)?;
        let mut preflight = Preflight::new(&self.hotkey, now);
        preflight.plaintext = Some((&self.table, plaintext));
        preflight.payload = Some(&payload);
        preflight.expected_owner = *self.sealer.owner();
        let found = preflight.run();
        let errors = found.findings.iter().filter(|f| f.severity == Severity::Error);
        let errors: Vec<String> = errors.map(ToString::to_string).collect();
        if errors.is_empty() {
            Ok((object, round))
        } else {
            Err(Error::Refused { findings: errors.join("; ") })
        }
    }

    /// Uploads, again and again until the next cycle is due, with new keys then.
    fn upload(&mut self, start: Timestamp, object: &[u8], attempts: &mut u32) -> Result<Receipt> {
        let now = self.clock.now();
        let left = self.deadline(start).as_micros() - now.as_micros();
        // A clock that was set back gives no more time than there was.
        let left = left.min(self.deadline(now).as_micros() - now.as_micros());
        let within = Duration::from_micros(u64::try_from(left).unwrap_or(0));
        let retry = Retry { within, seed: self.rng.next_u64(), ..Retry::default() };
        retry.run(&self.clock, || {
            *attempts += 1;
            self.bucket.put(&self.key, object)
        })
    }

    fn see_head(&mut self, report: &mut CycleReport) {
        let now = self.clock.now();
        let due = self.head_asked.is_none_or(|asked| {
            let since = now.as_micros() - asked.as_micros();
            !(0..HEAD_EVERY.as_micros()).contains(&since)
        });
        let Some(committer) = self.committer.as_mut().filter(|_| due) else { return };
        self.head_asked = Some(now);
        match committer.head() {
            Ok(head) => {
                let skew = self.blocks.skew_seconds(head);
                if skew.abs() >= 1.0 {
                    let whose =
                        if self.blocks.is_observed() { "clock of blocks" } else { "genesis clock" };
                    report.remarks.push(format!(
                        "the chain is {skew:.0} s behind the {whose}, which is set to block {}",
                        head.block
                    ));
                }
                self.blocks = BlockClock::observed(head);
                self.state.head = Some(head);
            }
            Err(error) => report.failures.push(Failure::from(&error)),
        }
    }

    fn commit(&mut self, report: &mut CycleReport) {
        let Some(committer) = &mut self.committer else { return };
        let now = self.clock.now();
        let mut commit = self.state.commit.clone();
        let (file, state) = (&self.file, &self.state);
        let mut remember = |commit: &super::CommitState| {
            file.save(&super::State { commit: commit.clone(), ..state.clone() })
        };
        let step = committer.step(now, &mut commit, &mut remember);
        self.state.commit = commit;
        match step {
            Ok(remark) => report.remarks.extend(remark),
            Err(error) => report.failures.push(Failure::from(&error)),
        }
    }

    /// Counts, and writes the state; that it cannot be written keeps nothing from working.
    fn remember(&mut self, report: &mut CycleReport) {
        let state = &mut self.state;
        for failure in &report.failures {
            *state.failures.entry(failure.class.clone()).or_default() += 1;
        }
        if report.is_stored() {
            state.failures_in_a_row = 0;
            state.last_upload = Some(report.clone());
        } else {
            state.failures_in_a_row += 1;
        }
        state.last_cycle = Some(report.clone());
        if let Err(error) = self.file.save(state) {
            let failure = Failure::from(&error);
            *state.failures.entry(failure.class.clone()).or_default() += 1;
            report.failures.push(failure);
        }
        let mut vitals = self.vitals.lock().unwrap_or_else(PoisonError::into_inner);
        vitals.take(report, &self.state);
    }
}

fn seconds_between(start: Timestamp, end: Timestamp) -> f64 {
    (end.as_micros() - start.as_micros()).max(0) as f64 / 1e6
}
