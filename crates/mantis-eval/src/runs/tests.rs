use super::*;

fn t(day: &str) -> Timestamp {
    Timestamp::parse(day).unwrap()
}

fn span(from: &str, to: &str) -> RunSpan {
    RunSpan { from: t(from), to: t(to) }
}

fn run(span: RunSpan, sharpe: f64) -> RunRecord {
    RunRecord {
        time: t("2025-08-01"),
        experiment: "btc".to_owned(),
        config: serde_json::json!({"c": 0.1}),
        data: "0123456789abcdef".to_owned(),
        code: "0.1.0".to_owned(),
        seed: 1,
        span,
        sealed: false,
        metrics: BTreeMap::from([("sharpe".to_owned(), sharpe)]),
    }
}

#[test]
fn runs_are_kept_counted_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.jsonl");
    let mut log = RunLog::open(&path).unwrap();
    let year = span("2024-01-01", "2025-01-01");
    for sharpe in [0.1, -0.2, 0.05] {
        log.record(run(year, sharpe)).unwrap();
    }
    let again = RunLog::open(&path).unwrap();
    assert_eq!(again.trials("btc"), 3);
    assert_eq!(again.trials("eth"), 0);
    assert_eq!(again.metric("btc", "sharpe"), [0.1, -0.2, 0.05]);
    assert!(again.metric("btc", "auc").is_empty());
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 3);
    let table = again.table("btc", &["sharpe", "auc"]).unwrap();
    assert!(format!("{table:?}").contains("-0.2000"));
}

#[test]
fn a_sealed_span_is_looked_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.jsonl");
    let mut log = RunLog::open(&path).unwrap();
    let (kept, now) = (span("2025-01-01", "2025-07-01"), t("2025-08-01"));
    log.seal("btc", kept, now).unwrap();
    let sealed = |result: Result<()>| assert!(matches!(result, Err(Error::SealedSpan { .. })));
    // Not even a part of it, but another experiment is free.
    sealed(log.record(run(span("2025-06-30", "2025-09-01"), 0.1)));
    log.record(RunRecord { experiment: "eth".to_owned(), ..run(kept, 0.1) }).unwrap();
    sealed(log.open_sealed("btc", span("2025-01-01", "2025-02-01"), now).map(|_| ()));

    let opened = log.open_sealed("btc", kept, now).unwrap();
    log.record_sealed(opened, run(kept, 0.2)).unwrap();
    let mut again = RunLog::open(&path).unwrap();
    assert!(again.runs().last().unwrap().sealed);
    sealed(again.open_sealed("btc", kept, now).map(|_| ()));
    sealed(again.record(run(kept, 0.3)));
    sealed(again.seal("btc", span("2025-05-01", "2025-09-01"), now));
}

#[test]
fn a_sealed_span_is_refused_before_the_look() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = RunLog::open(folder.path().join("runs.jsonl")).unwrap();
    log.seal("btc", span("2025-01-01", "2025-07-01"), t("2025-08-01")).unwrap();
    assert!(log.admits("btc", span("2024-01-01", "2025-01-01")).is_ok());
    assert!(matches!(
        log.admits("btc", span("2025-06-30", "2025-08-01")),
        Err(Error::SealedSpan { .. })
    ));
    assert!(log.admits("eth", span("2025-06-30", "2025-08-01")).is_ok());
}

#[test]
fn the_best_of_many_trials_is_less_sure() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = RunLog::open(folder.path().join("runs.jsonl")).unwrap();
    let year = span("2024-01-01", "2025-01-01");
    assert_eq!(log.best_accuracy("btc").unwrap(), None);
    let mut sure = Vec::new();
    for accuracy in [0.52, 0.50, 0.51, 0.49, 0.505] {
        let metrics = [("accuracy".to_owned(), accuracy), ("n".to_owned(), 4344.0)];
        log.record(RunRecord { metrics: metrics.into(), ..run(year, 0.0) }).unwrap();
        let (best, probability) = log.best_accuracy("btc").unwrap().unwrap();
        assert_eq!(best, 0.52);
        sure.push(probability);
    }
    // One trial: the plain probability that 52 % of 4,344 is no coin toss.
    assert!((sure[0] - 0.9958).abs() < 1e-4, "{sure:?}");
    assert!(sure[4] < sure[0] && sure[4] > 0.5, "{sure:?}");
    // A run without measures counts as a trial.
    log.record(RunRecord { metrics: BTreeMap::new(), ..run(year, 0.0) }).unwrap();
    assert!(log.best_accuracy("btc").unwrap().unwrap().1 < sure[4]);
    assert_eq!(log.experiments(), ["btc"]);
}

#[test]
fn a_span_that_ends_before_it_begins_passes_no_seal() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = RunLog::open(folder.path().join("runs.jsonl")).unwrap();
    let now = t("2025-08-01");
    log.seal("btc", span("2025-01-01", "2025-07-01"), now).unwrap();
    let refused = |result: Result<()>| assert!(matches!(result, Err(Error::Parameter { .. })));
    refused(log.record(run(span("2025-07-01", "2025-01-01"), 0.1)));
    refused(log.record(run(span("2025-02-01", "2025-02-01"), 0.1)));
    refused(log.seal("eth", span("2025-07-01", "2025-01-01"), now));
    assert_eq!(log.runs().count(), 0);
}

#[test]
fn what_was_seen_cannot_be_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let mut log = RunLog::open(folder.path().join("runs.jsonl")).unwrap();
    log.record(run(span("2024-01-01", "2025-01-01"), 0.1)).unwrap();
    let seal = log.seal("btc", span("2024-12-01", "2025-07-01"), t("2025-08-01"));
    assert!(matches!(seal, Err(Error::SealedSpan { .. })));
}

#[test]
fn two_writers_do_not_pass_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.jsonl");
    let (mut a, mut b) = (RunLog::open(&path).unwrap(), RunLog::open(&path).unwrap());
    let year = span("2024-01-01", "2025-01-01");
    a.record(run(year, 0.1)).unwrap();
    assert!(matches!(b.record(run(year, 0.2)), Err(Error::RunsChanged { .. })));
    assert_eq!(RunLog::open(&path).unwrap().trials("btc"), 1);
}

#[test]
fn damage_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.jsonl");
    let mut log = RunLog::open(&path).unwrap();
    let year = span("2024-01-01", "2025-01-01");
    assert!(matches!(log.record(run(year, f64::NAN)), Err(Error::NotFinite { .. })));
    log.record(run(year, 0.1)).unwrap();
    let mut text = std::fs::read_to_string(&path).unwrap();
    text.push_str("{\"kind\": \"run\"");
    std::fs::write(&path, &text).unwrap();
    assert!(matches!(RunLog::open(&path), Err(Error::RunLine { line: 2, .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}
