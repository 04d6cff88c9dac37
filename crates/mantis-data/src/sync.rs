//! Fetching what a store lacks.

mod intake;
mod queue;

use std::ops::ControlFlow;
use std::sync::{Arc, mpsc};

use self::intake::Intake;
use self::queue::Queue;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::range::{RangeSet, TimeRange};
use crate::source::{Outcome, Scope, Source, Task};
use crate::store::{Damage, Dataset, DatasetKind, Piece, Store, Writer};
use crate::time::{Interval, Timestamp};

/// Archive files of a time that ended at most this long ago are compared with their checksum at every
/// [`Recheck::Recent`].
const RECENT: Interval = Interval::days(62);

/// A data set to fetch, where from, and for which time.
#[derive(Clone, Debug)]
pub struct Target {
    /// The data set.
    pub dataset: Dataset,
    /// The source.
    pub source: Arc<dyn Source>,
    /// The time.
    pub range: TimeRange,
}

impl Target {
    /// What a store lacks of it: the part that its source can have and that is old enough to be listed, as the newest bars and values
    /// may come some minutes late.
    ///
    /// # Errors
    /// Those of [`Store::missing`] and [`Source::plan`].
    pub fn lacks(&self, store: &Store, now: Timestamp) -> Result<RangeSet> {
        let bar = match self.dataset.kind {
            DatasetKind::Bars(interval) => interval,
            _ => Interval::default(),
        };
        let newest = now - bar - bar - Interval::HOUR;
        let mut lacking = Vec::new();
        for &gap in store.missing(&self.dataset, possible(self, now))?.ranges() {
            if gap.from < newest {
                let tasks = self.source.plan(&self.dataset, gap, now)?;
                lacking.extend(tasks.iter().map(|task| task.range.intersect(gap)));
            }
        }
        Ok(lacking.into_iter().collect())
    }
}

/// Which archive files are compared with the checksum that their source has for them today.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Recheck {
    /// None.
    None,
    /// Those of the last two months, which are the ones that get republished.
    #[default]
    Recent,
    /// All, and what an archive had no file for is asked for again.
    All,
}

/// How to fetch.
///
/// | field | default | meaning |
/// |---|---|---|
/// | `threads` | 6 | most requests at one time |
/// | `recheck` | `Recent` | which archive files are compared with the published checksum |
/// | `repair` | `true` | whether files are compared with their manifest first, and damaged ones set aside and fetched again |
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SyncOptions {
    /// Most requests at one time.
    pub threads: usize,
    /// Which archive files are compared with the published checksum.
    pub recheck: Recheck,
    /// Whether damaged files are set aside and fetched again.
    pub repair: bool,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self { threads: 6, recheck: Recheck::default(), repair: true }
    }
}

/// How far a sync is. The total grows when files turn out to be fetched in smaller pieces.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// Tasks that are done.
    pub done: usize,
    /// Tasks that are known.
    pub total: usize,
    /// The data set of the latest task.
    pub dataset: &'a Dataset,
}

/// What a sync did.
#[derive(Debug, Default)]
pub struct SyncReport {
    /// Rows that are new.
    pub added: usize,
    /// Rows that have other values now.
    pub changed: usize,
    /// Requests for rows that succeeded.
    pub tasks: usize,
    /// What could not be fetched.
    pub failures: Vec<Failure>,
    /// Files that were damaged and were set aside.
    pub set_aside: Vec<Damage>,
    /// Archive files that were republished since they were fetched.
    pub republished: Vec<String>,
    /// What the user should know: limits of sources, rows that were left out.
    pub notes: Vec<String>,
    /// Whether the observer ended the run early.
    pub stopped: bool,
}

/// What failed: a task, a commit, or a whole data set. Nothing of it was stored; the next sync tries it again.
#[derive(Debug)]
pub struct Failure {
    /// The data set.
    pub dataset: Dataset,
    /// The time that is still missing.
    pub range: TimeRange,
    /// Why.
    pub error: Error,
}

/// Fetches what the store lacks of the targets, several requests at a time, and stores each answer as it comes.
///
/// A run may end at any moment: what was stored stays, and the next run fetches the rest. Whatever fails - a task, a commit, a
/// data set that its source does not have - does not end the run; it is in the report.
///
/// # Panics
/// If a source does.
pub fn sync(
    writer: &mut Writer,
    targets: &[Target],
    options: &SyncOptions,
    clock: &dyn Clock,
    observer: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> SyncReport {
    let now = clock.now();
    let mut report = SyncReport::default();
    let mut jobs = Vec::new();
    for (at, target) in targets.iter().enumerate() {
        match prepare(writer, target, options, now, &mut report) {
            Ok(work) => jobs.extend(work.into_iter().map(|work| Job { target: at, work })),
            Err(error) => report.fail(target, target.range, error),
        }
    }
    let intake = Intake::new(writer, targets, now, &mut report);
    run(intake, options, jobs, observer);
    report
}

impl SyncReport {
    fn fail(&mut self, target: &Target, range: TimeRange, error: Error) {
        self.failures.push(Failure { dataset: target.dataset.clone(), range, error });
    }
}

/// Repairs a data set and finds out what is to be done for it.
fn prepare(
    writer: &mut Writer,
    target: &Target,
    options: &SyncOptions,
    now: Timestamp,
    report: &mut SyncReport,
) -> Result<Vec<Work>> {
    if options.repair {
        report.set_aside.extend(writer.set_aside(&target.dataset)?);
    }
    let mut work: Vec<Work> = plan(writer, target, now)?.into_iter().map(Work::Fetch).collect();
    work.extend(checks(writer, target, options.recheck, now)?);
    report.notes.extend(target.source.limit(&target.dataset, target.range, now));
    Ok(work)
}

/// The tasks that are missing, each once.
fn plan(writer: &Writer, target: &Target, now: Timestamp) -> Result<Vec<Task>> {
    let mut tasks: Vec<Task> = Vec::new();
    let wanted = possible(target, now);
    for &range in writer.store().missing(&target.dataset, wanted)?.ranges() {
        for task in target.source.plan(&target.dataset, range, now)? {
            // Two gaps in one month are filled by one file.
            if !tasks.contains(&task) {
                tasks.push(task);
            }
        }
    }
    Ok(tasks)
}

/// The part of a target's time in which there can be something: whole bars that have closed, and the past.
fn possible(target: &Target, now: Timestamp) -> TimeRange {
    let TimeRange { from, until } = target.range;
    match target.dataset.kind {
        DatasetKind::Bars(interval) if interval > Interval::default() => {
            TimeRange::new(from.floor_to(interval), until.min(now).floor_to(interval))
        }
        // Funding is settled at full hours, so between them there is nothing to ask for.
        DatasetKind::FundingRate => {
            let settled = now.floor_to(Interval::HOUR) + Interval::MINUTE;
            TimeRange::new(from, until.min(now).min(settled))
        }
        _ => TimeRange::new(from, until.min(now)),
    }
}

/// The archive files to compare, and with [`Recheck::All`] the stretches to ask for again.
fn checks(writer: &Writer, target: &Target, recheck: Recheck, now: Timestamp) -> Result<Vec<Work>> {
    if recheck == Recheck::None {
        return Ok(Vec::new());
    }
    let mut pieces = writer.store().manifest(&target.dataset)?.pieces;
    pieces.retain(|piece| {
        let wanted = !piece.range.intersect(target.range).is_empty();
        let due = recheck == Recheck::All || piece.range.until + RECENT > now;
        wanted && due && piece.origin.is_some() && piece.fetched_at < now
    });
    let work = pieces.into_iter().filter_map(|piece| match (&piece.sha256, recheck) {
        (Some(_), _) => Some(Work::Check(piece)),
        (None, Recheck::All) => Some(Work::Again(task_of(&piece))),
        (None, _) => None,
    });
    Ok(work.collect())
}

struct Job {
    /// Position of the target.
    target: usize,
    work: Work,
}

enum Work {
    Fetch(Task),
    /// Fetch what counts as fetched.
    Again(Task),
    /// Compare the checksum of an archive file, and fetch it again if it is another one.
    Check(Piece),
}

impl Work {
    fn range(&self) -> TimeRange {
        match self {
            Self::Fetch(task) | Self::Again(task) => task.range,
            Self::Check(piece) => piece.range,
        }
    }
}

/// What came of a job.
enum Done {
    Outcome(Outcome),
    Same,
    Republished(Task),
}

fn run(
    mut intake: Intake<'_>,
    options: &SyncOptions,
    jobs: Vec<Job>,
    observer: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) {
    if jobs.is_empty() {
        return;
    }
    let (targets, now) = (intake.targets, intake.now);
    let (mut done, mut total) = (0, jobs.len());
    let queue = Queue::default();
    queue.push(jobs);
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        let _close = queue.close_at_end();
        for _ in 0..options.threads.clamp(1, 64) {
            let (sender, queue) = (sender.clone(), &queue);
            scope.spawn(move || {
                let _close = queue.close_in_panic();
                while let Some(job) = queue.pop() {
                    let result = carry_out(&targets[job.target], &job.work, now);
                    if sender.send((job, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        while done < total {
            let Ok(first) = results.recv() else { break };
            // What has come in while the last answers were stored is stored together.
            let batch: Vec<_> = std::iter::once(first).chain(results.try_iter()).collect();
            let mut latest = 0;
            for (job, result) in batch {
                done += 1;
                latest = job.target;
                let more = intake.take(job, result);
                total += more.len();
                queue.push(more);
            }
            intake.store();
            let progress = Progress { done, total, dataset: &targets[latest].dataset };
            if observer(progress).is_break() {
                intake.report.stopped = true;
                break;
            }
        }
    });
    intake.finish();
}

fn carry_out(target: &Target, work: &Work, now: Timestamp) -> Result<Done> {
    match work {
        Work::Fetch(task) | Work::Again(task) => {
            target.source.fetch(&target.dataset, task, now).map(Done::Outcome)
        }
        Work::Check(piece) => {
            let today = target.source.checksum(piece.origin.as_deref().unwrap_or_default())?;
            // A file that was withdrawn is no reason to doubt what is stored.
            let same = today.is_none() || today == piece.sha256;
            Ok(if same { Done::Same } else { Done::Republished(task_of(piece)) })
        }
    }
}

/// The task that fetched an archive file.
fn task_of(piece: &Piece) -> Task {
    let is_day = piece.range.length() <= Interval::DAY;
    Task { range: piece.range, scope: if is_day { Scope::Day } else { Scope::Month } }
}

#[cfg(test)]
mod tests;
