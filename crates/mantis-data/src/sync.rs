//! Fetching what a store lacks.

use std::collections::{BTreeMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::range::TimeRange;
use crate::source::{Outcome, Scope, Source, Task};
use crate::store::{Damage, Dataset, DatasetKind, Piece, Rows, Writer};
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

/// Which archive files are compared with the checksum that their source has for them today.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Recheck {
    /// None.
    None,
    /// Those of the last two months, which are the ones that get republished.
    #[default]
    Recent,
    /// All.
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

/// A task that failed. Nothing of it was stored; the next sync tries it again.
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
/// A run may end at any moment: what was stored stays, and the next run fetches the rest. A task that fails does not end the
/// run; it is in the report.
///
/// # Errors
/// Those of the store, and those of [`Source::plan`] for a data set that its source does not have.
pub fn sync(
    writer: &mut Writer,
    targets: &[Target],
    options: &SyncOptions,
    clock: &dyn Clock,
    observer: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<SyncReport> {
    let now = clock.now();
    let mut report = SyncReport::default();
    let mut jobs = VecDeque::new();
    for (target, at) in targets.iter().zip(0..) {
        if options.repair {
            report.set_aside.extend(writer.set_aside(&target.dataset)?);
        }
        report.notes.extend(target.source.limit(&target.dataset, target.range, now));
        for task in plan(writer, target, now)? {
            jobs.push_back(Job { target: at, work: Work::Fetch(task) });
        }
        for piece in pieces_to_check(writer, target, options.recheck, now)? {
            jobs.push_back(Job { target: at, work: Work::Check(piece) });
        }
    }
    run(writer, targets, options, now, jobs, &mut report, observer)?;
    Ok(report)
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

fn pieces_to_check(
    writer: &Writer,
    target: &Target,
    recheck: Recheck,
    now: Timestamp,
) -> Result<Vec<Piece>> {
    if recheck == Recheck::None {
        return Ok(Vec::new());
    }
    let mut pieces = writer.store().manifest(&target.dataset)?.pieces;
    pieces.retain(|piece| {
        let wanted = !piece.range.intersect(target.range).is_empty();
        let due = recheck == Recheck::All || piece.range.until + RECENT > now;
        wanted && due && piece.sha256.is_some() && piece.fetched_at < now
    });
    Ok(pieces)
}

struct Job {
    target: usize,
    work: Work,
}

enum Work {
    Fetch(Task),
    /// Compare the checksum of an archive file, and fetch it again if it is another one.
    Check(Piece),
}

/// What came of a job.
enum Done {
    Outcome(Outcome),
    Same,
    Republished(Task),
}

/// Jobs that wait for a thread.
#[derive(Default)]
struct Queue {
    state: Mutex<(VecDeque<Job>, bool)>,
    changed: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<Job>, bool)> {
        // Nothing that holds it can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, jobs: impl IntoIterator<Item = Job>) {
        self.lock().0.extend(jobs);
        self.changed.notify_all();
    }

    /// The next job, or `None` when there will be none.
    fn pop(&self) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.1 {
                return None;
            }
            if let Some(job) = state.0.pop_front() {
                return Some(job);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        self.lock().1 = true;
        self.changed.notify_all();
    }
}

/// Closes the queue whatever happens, so that the threads end.
struct CloseOnDrop<'a>(&'a Queue);

impl Drop for CloseOnDrop<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}

fn run(
    writer: &mut Writer,
    targets: &[Target],
    options: &SyncOptions,
    now: Timestamp,
    jobs: VecDeque<Job>,
    report: &mut SyncReport,
    observer: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<()> {
    let mut total = jobs.len();
    if total == 0 {
        return Ok(());
    }
    let queue = Queue::default();
    queue.push(jobs);
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        let _close = CloseOnDrop(&queue);
        for _ in 0..options.threads.clamp(1, 64) {
            let (sender, queue) = (sender.clone(), &queue);
            scope.spawn(move || {
                while let Some(job) = queue.pop() {
                    let result = carry_out(&targets[job.target], &job.work, now);
                    if sender.send((job, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        let mut done = 0;
        while done < total {
            let Ok(first) = results.recv() else { break };
            // What has come in while the last answers were stored is stored together.
            let batch: Vec<_> = std::iter::once(first).chain(results.try_iter()).collect();
            let mut parts: BTreeMap<usize, Vec<(Piece, Rows)>> = BTreeMap::new();
            let mut latest = 0;
            for (job, result) in batch {
                done += 1;
                latest = job.target;
                let source = targets[job.target].source.name();
                let task = match &job.work {
                    Work::Fetch(task) => *task,
                    Work::Check(piece) => task_of(piece),
                };
                let mut more = |tasks: Vec<Task>| {
                    total += tasks.len();
                    let jobs = tasks.into_iter().map(Work::Fetch);
                    queue.push(jobs.map(|work| Job { target: job.target, work }));
                };
                match result {
                    Ok(Done::Outcome(Outcome::Rows(piece, rows))) => {
                        report.tasks += 1;
                        parts.entry(job.target).or_default().push((piece, rows));
                    }
                    Ok(Done::Outcome(Outcome::Noted(piece, rows, notes))) => {
                        report.tasks += 1;
                        report.notes.extend(notes);
                        parts.entry(job.target).or_default().push((piece, rows));
                    }
                    Ok(Done::Outcome(Outcome::Instead(tasks))) => more(tasks),
                    Ok(Done::Outcome(Outcome::NotYet) | Done::Same) => {}
                    Ok(Done::Republished(task)) => {
                        let dataset = &targets[job.target].dataset;
                        report.republished.push(format!("{dataset} of {} ({source})", task.range));
                        more(vec![task]);
                    }
                    Err(error) => report.failures.push(Failure {
                        dataset: targets[job.target].dataset.clone(),
                        range: task.range,
                        error,
                    }),
                }
            }
            for (target, parts) in parts {
                let committed = writer.commit(&targets[target].dataset, parts)?;
                report.added += committed.added;
                report.changed += committed.changed;
            }
            let progress = Progress { done, total, dataset: &targets[latest].dataset };
            if observer(progress).is_break() {
                report.stopped = true;
                break;
            }
        }
        Ok(())
    })
}

fn carry_out(target: &Target, work: &Work, now: Timestamp) -> Result<Done> {
    match work {
        Work::Fetch(task) => target.source.fetch(&target.dataset, task, now).map(Done::Outcome),
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
