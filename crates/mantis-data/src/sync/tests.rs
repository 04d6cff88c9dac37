use super::*;
use crate::ManualClock;
use crate::store::{Rows, StoreError};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One funding rate an hour in tasks of a day; some days are refused, every day splits once.
#[derive(Debug, Default)]
struct Memory {
    refused: Mutex<Vec<Timestamp>>,
    fetched: AtomicUsize,
    sha: Mutex<String>,
    shift: Mutex<f64>,
    panics: bool,
}

impl Source for Memory {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn plan(&self, _: &Dataset, range: TimeRange, now: Timestamp) -> Result<Vec<Task>> {
        let range = TimeRange::new(range.from, range.until.min(now));
        Ok(range.days().map(|range| Task { range, scope: Scope::Month }).collect())
    }

    fn fetch(&self, _: &Dataset, task: &Task, now: Timestamp) -> Result<Outcome> {
        assert!(!self.panics, "a fault of the source");
        if task.scope == Scope::Month {
            return Ok(Outcome::Instead(vec![Task { scope: Scope::Day, ..*task }]));
        }
        self.fetched.fetch_add(1, Ordering::Relaxed);
        // Slower than the store, so that answers come one by one.
        std::thread::sleep(std::time::Duration::from_millis(3));
        if self.refused.lock().unwrap().contains(&task.range.from) {
            return Err(Error::IntervalText { text: "refused".to_owned() });
        }
        let times: Vec<Timestamp> =
            (0..24).map(|hour| task.range.from + Interval::hours(hour)).collect();
        let shift = *self.shift.lock().unwrap();
        let values = times.iter().map(|t| t.as_secs() as f64 + shift).collect();
        let rows = Rows::new("memory", times, [("funding_rate", values)])?;
        let piece = Piece {
            range: task.range,
            source: "memory".to_owned(),
            origin: Some(task.range.from.date()),
            sha256: Some(self.sha.lock().unwrap().clone()),
            rows: 24,
            fetched_at: now,
        };
        Ok(Outcome::Rows(piece, rows))
    }

    fn checksum(&self, _: &str) -> Result<Option<String>> {
        Ok(Some(self.sha.lock().unwrap().clone()))
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

struct Setup {
    _folder: tempfile::TempDir,
    store: Store,
    source: Arc<Memory>,
    targets: [Target; 2],
    clock: ManualClock,
}

fn setup() -> Setup {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(folder.path()).unwrap();
    let source = Arc::new(Memory::default());
    let target = |symbol| Target {
        dataset: Dataset::new(symbol, DatasetKind::FundingRate).unwrap(),
        source: Arc::clone(&source) as Arc<dyn Source>,
        range: TimeRange::new(at("2024-12-20"), at("2025-01-11")),
    };
    let targets = [target("A"), target("B")];
    let clock = ManualClock::new(at("2025-01-20"));
    Setup { _folder: folder, store, source, targets, clock }
}

impl Setup {
    fn sync(&self, options: &SyncOptions) -> SyncReport {
        let mut writer = self.store.writer().unwrap();
        sync(&mut writer, &self.targets, options, &self.clock, &mut |_| ControlFlow::Continue(()))
    }
}

#[test]
fn only_what_is_missing_is_fetched() {
    let setup = setup();
    let report = setup.sync(&SyncOptions::default());
    assert_eq!((report.added, report.changed, report.failures.len()), (2 * 22 * 24, 0, 0));
    assert_eq!(setup.source.fetched.load(Ordering::Relaxed), 44);
    let again = setup.sync(&SyncOptions { recheck: Recheck::None, ..Default::default() });
    assert_eq!((again.added, again.tasks), (0, 0));
    assert_eq!(setup.source.fetched.load(Ordering::Relaxed), 44);
    let series = setup.store.series("B", crate::SeriesKind::FundingRate).unwrap();
    assert_eq!(series.len(), 22 * 24);
}

#[test]
fn a_failed_task_is_reported_and_tried_again() {
    let setup = setup();
    setup.source.refused.lock().unwrap().push(at("2024-12-31"));
    let report = setup.sync(&SyncOptions::default());
    assert_eq!(report.failures.len(), 2);
    assert_eq!(report.failures[0].range.from, at("2024-12-31"));
    let missing = setup.store.missing(&setup.targets[0].dataset, setup.targets[0].range).unwrap();
    assert_eq!(missing.ranges(), [TimeRange::new(at("2024-12-31"), at("2025-01-01"))]);
    assert_eq!(setup.targets[0].lacks(&setup.store, setup.clock.now()).unwrap(), missing);
    setup.source.refused.lock().unwrap().clear();
    assert_eq!(setup.sync(&SyncOptions::default()).added, 48);
}

#[test]
fn a_run_that_was_stopped_goes_on_and_ends_in_the_same_bytes() {
    let (stopped, whole) = (setup(), setup());
    whole.sync(&SyncOptions::default());
    let mut rounds = 0;
    loop {
        rounds += 1;
        let mut writer = stopped.store.writer().unwrap();
        let mut left = 2;
        let options = SyncOptions { recheck: Recheck::None, threads: 3, ..Default::default() };
        let report =
            sync(&mut writer, &stopped.targets, &options, &stopped.clock, &mut |progress| {
                left -= 1;
                let end = left == 0 && progress.done < progress.total;
                if end { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
        if !report.stopped {
            break;
        }
    }
    assert!(rounds > 1);
    for target in &whole.targets {
        let manifest = |setup: &Setup| setup.store.manifest(&target.dataset).unwrap();
        assert_eq!(manifest(&stopped), manifest(&whole));
    }
}

#[test]
fn republished_files_are_noticed_and_fetched_again() {
    let setup = setup();
    setup.sync(&SyncOptions::default());
    *setup.source.sha.lock().unwrap() = "other".to_owned();
    *setup.source.shift.lock().unwrap() = 0.5;
    // Within one run nothing is looked at twice.
    setup.clock.set(at("2025-01-21"));
    let report = setup.sync(&SyncOptions::default());
    assert_eq!(report.republished.len(), 44);
    assert_eq!((report.added, report.changed), (0, 2 * 22 * 24));
    assert!(report.republished[0].contains("funding_rate"), "{:?}", report.republished[0]);
    // Files of long ago only on demand.
    setup.clock.set(at("2026-01-21"));
    *setup.source.sha.lock().unwrap() = "third".to_owned();
    assert_eq!(setup.sync(&SyncOptions::default()).republished.len(), 0);
    let all = SyncOptions { recheck: Recheck::All, ..Default::default() };
    assert_eq!(setup.sync(&all).republished.len(), 44);
}

#[test]
fn a_damaged_file_is_set_aside_and_its_year_is_fetched_again() {
    let setup = setup();
    setup.sync(&SyncOptions::default());
    let dataset = &setup.targets[0].dataset;
    let before = setup.store.manifest(dataset).unwrap();
    let path = setup.store.root().join("A/funding_rate").join(&before.years[1].file);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&path, &bytes).unwrap();

    let message = setup.store.series("A", crate::SeriesKind::FundingRate).unwrap_err().to_string();
    assert!(message.contains("SHA-256") && message.contains("2025."), "{message}");
    let report = setup.sync(&SyncOptions::default());
    assert_eq!(report.set_aside.len(), 1);
    assert_eq!(std::fs::read(&report.set_aside[0].path).unwrap(), bytes);
    assert!(report.set_aside[0].path.to_string_lossy().ends_with(".damaged"));
    assert_eq!(report.added, 10 * 24);
    assert_eq!(setup.store.manifest(dataset).unwrap(), before);
}

#[test]
fn a_data_set_that_cannot_be_stored_does_not_keep_the_others_from_it() {
    let setup = setup();
    setup.sync(&SyncOptions::default());
    let manifest = setup.store.manifest(&setup.targets[0].dataset).unwrap();
    let folder = setup.store.root().join("A/funding_rate");
    std::fs::write(folder.join(&manifest.years[1].file), b"rubbish").unwrap();
    *setup.source.sha.lock().unwrap() = "other".to_owned();
    *setup.source.shift.lock().unwrap() = 0.5;
    setup.clock.set(at("2025-01-21"));
    let report = setup.sync(&SyncOptions { repair: false, ..Default::default() });
    assert!(!report.failures.is_empty());
    assert!(report.failures.iter().all(|failure| failure.dataset.symbol == "A"));
    assert!(
        matches!(report.failures[0].error, Error::Store(StoreError::Damaged { .. })),
        "{:?}",
        report.failures
    );
    let stored = setup.store.series("B", crate::SeriesKind::FundingRate).unwrap();
    assert!(stored.values().iter().all(|value| value.fract() == 0.5));
}

/// Instead of a run that waits for an answer that will not come.
#[test]
fn a_source_that_panics_ends_the_run() {
    let Setup { _folder, store, targets, clock, .. } = setup();
    let source = Arc::new(Memory { panics: true, ..Memory::default() });
    let (sender, ended) = mpsc::channel();
    std::thread::spawn(move || {
        let targets = targets.map(|target| Target { source: source.clone() as _, ..target });
        let mut writer = store.writer().unwrap();
        let options = SyncOptions { threads: 2, ..Default::default() };
        let mut go_on = |_: Progress<'_>| ControlFlow::Continue(());
        let run = || sync(&mut writer, &targets, &options, &clock, &mut go_on);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err();
        sender.send(panicked).unwrap();
    });
    assert_eq!(ended.recv_timeout(std::time::Duration::from_secs(60)), Ok(true));
}
