//! What answers mean for the store.

use std::collections::BTreeMap;

use super::{Done, Job, SyncReport, Target, Work, possible};
use crate::error::{Error, Result};
use crate::range::TimeRange;
use crate::source::{Outcome, Task};
use crate::store::{Piece, Rows, Writer};
use crate::time::Timestamp;

/// Takes answers and stores what is in them.
pub(super) struct Intake<'a> {
    writer: &'a mut Writer,
    pub(super) targets: &'a [Target],
    pub(super) now: Timestamp,
    pub(super) report: &'a mut SyncReport,
    /// Whether the archive of a target has shown a file of it, now or in an earlier run.
    proven: Vec<bool>,
    /// Stretches without a file of targets that are not proven.
    doubtful: BTreeMap<usize, Vec<Piece>>,
    /// What is to be stored, by target.
    parts: BTreeMap<usize, Vec<(Piece, Rows)>>,
}

impl<'a> Intake<'a> {
    pub(super) fn new(
        writer: &'a mut Writer,
        targets: &'a [Target],
        now: Timestamp,
        report: &'a mut SyncReport,
    ) -> Self {
        let is_proven = |target: &Target| {
            let manifest = writer.store().manifest(&target.dataset);
            manifest.is_ok_and(|manifest| manifest.pieces.iter().any(|p| p.sha256.is_some()))
        };
        let proven = targets.iter().map(is_proven).collect();
        let (doubtful, parts) = (BTreeMap::new(), BTreeMap::new());
        Self { writer, targets, now, report, proven, doubtful, parts }
    }

    /// Takes an answer, and tells what else is to be done because of it.
    pub(super) fn take(&mut self, job: Job, result: Result<Done>) -> Vec<Job> {
        let (at, target) = (job.target, &self.targets[job.target]);
        match result {
            Ok(Done::Outcome(Outcome::Rows(piece, rows))) => self.put(at, piece, rows),
            Ok(Done::Outcome(Outcome::Noted(piece, rows, notes))) => {
                self.report.notes.extend(notes);
                self.put(at, piece, rows);
            }
            Ok(Done::Outcome(Outcome::Nothing(piece))) => {
                self.doubtful.entry(at).or_default().push(piece);
            }
            Ok(Done::Outcome(Outcome::Instead(mut tasks))) => {
                let again = matches!(job.work, Work::Again(_));
                if !again {
                    self.keep_missing(target, &mut tasks);
                }
                let work = |task| if again { Work::Again(task) } else { Work::Fetch(task) };
                return tasks.into_iter().map(|t| Job { target: at, work: work(t) }).collect();
            }
            Ok(Done::Outcome(Outcome::NotYet) | Done::Same) => {}
            Ok(Done::Republished(task)) => {
                let (dataset, source) = (&target.dataset, target.source.name());
                self.report.republished.push(format!("{dataset} of {} ({source})", task.range));
                return vec![Job { target: at, work: Work::Again(task) }];
            }
            Err(error) => self.report.fail(target, job.work.range(), error),
        }
        Vec::new()
    }

    fn put(&mut self, at: usize, piece: Piece, rows: Rows) {
        self.report.tasks += 1;
        self.proven[at] |= piece.sha256.is_some();
        self.parts.entry(at).or_default().push((piece, rows));
    }

    /// Leaves out tasks whose time is there already or was not asked for: of a month without a file, often only the end is missing.
    fn keep_missing(&self, target: &Target, tasks: &mut Vec<Task>) {
        let wanted = possible(target, self.now);
        // With a manifest that cannot be read nothing is known to be there.
        if let Ok(missing) = self.writer.store().missing(&target.dataset, wanted) {
            let lacks = |range: TimeRange| {
                missing.ranges().iter().any(|gap| !gap.intersect(range).is_empty())
            };
            tasks.retain(|task| lacks(task.range));
        }
    }

    /// Stores what was taken.
    pub(super) fn store(&mut self) {
        let (proven, doubtful): (BTreeMap<_, _>, _) =
            std::mem::take(&mut self.doubtful).into_iter().partition(|(at, _)| self.proven[*at]);
        self.doubtful = doubtful;
        for (at, pieces) in proven {
            self.report.tasks += pieces.len();
            let empty = pieces.into_iter().map(|piece| (piece, Rows::default()));
            self.parts.entry(at).or_default().extend(empty);
        }
        for (at, parts) in std::mem::take(&mut self.parts) {
            let target = &self.targets[at];
            let range = hull(parts.iter().map(|(piece, _)| piece.range));
            match self.writer.commit(&target.dataset, parts) {
                Ok(committed) => {
                    self.report.added += committed.added;
                    self.report.changed += committed.changed;
                }
                Err(error) => self.report.fail(target, range, error),
            }
        }
    }

    /// Reports what is doubtful to the end. A run that was stopped has not seen all, so it does not know.
    pub(super) fn finish(self) {
        if self.report.stopped {
            return;
        }
        let others = self.report.failures.len();
        for (at, pieces) in self.doubtful {
            let target = &self.targets[at];
            let range = hull(pieces.iter().map(|piece| piece.range));
            let error = Error::NoArchive {
                source_name: target.source.name().to_owned(),
                dataset: target.dataset.to_string(),
                origin: pieces.iter().find_map(|piece| piece.origin.clone()).unwrap_or_default(),
                more: pieces.len() - 1,
            };
            self.report.fail(target, range, error);
        }
        // They explain the others, so they come first.
        self.report.failures.rotate_left(others);
    }
}

/// From the first to the last instant of some ranges.
fn hull(ranges: impl Iterator<Item = TimeRange>) -> TimeRange {
    let both =
        |a: TimeRange, b: TimeRange| TimeRange::new(a.from.min(b.from), a.until.max(b.until));
    ranges.reduce(both).unwrap_or(TimeRange::new(Timestamp::MIN, Timestamp::MIN))
}
