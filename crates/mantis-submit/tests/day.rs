//! Days of mining in a world with faults, on a clock that is passed in.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "support/run.rs"]
mod run;

use mantis_data::Interval;
use run::Run;

const MINUTE: Interval = Interval::minutes(1);

/// Processor time of this process so far.
fn processor_seconds() -> Option<f64> {
    let times = std::fs::read_to_string("/proc/self/stat").ok()?;
    let times: Vec<&str> = times.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = times.get(11)?.parse::<f64>().ok()? + times.get(12)?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are the result")]
fn a_day_with_a_fault_in_every_fifth_call() {
    let run = Run::new(1);
    run.world.faults.set(0.2);
    run.world.strict.set(true);
    let mut miner = run.miner(&run.state());
    let (mut stored, mut without, mut worst) = (0, 0, 0);
    let before = processor_seconds();
    let cycles = run.mine(&mut miner, Interval::hours(24), &mut |report| {
        stored += usize::from(report.is_stored());
        without = if report.is_stored() { 0 } else { without + 1 };
        worst = worst.max(without);
        // An object that is there stays, whole and in time.
        if stored > 0 {
            let text = run.check_object();
            assert!(text.as_str().contains("\"hotkey\""));
        }
    });
    let (calls, failed) = (run.world.calls.get(), run.world.failed.get());
    println!("{cycles} cycles, {stored} stored, at most {worst} in a row without");
    println!("{failed} of {calls} calls failed, {} commits", run.sent.borrow().len());
    // One at once, one each minute, and the one in which the day ends.
    assert!((1_430..=1_442).contains(&cycles), "{cycles}");
    // Refusals, a twenty-fifth of all, are not tried again before the next cycle.
    assert!(stored as f64 > 0.9 * cycles as f64, "{stored} of {cycles}");
    assert!((0.17..0.23).contains(&(failed as f64 / calls as f64)), "{failed} of {calls}");
    assert_eq!(run.sent.borrow().len(), 1, "commits");
    assert!(*run.loaded.borrow() <= 3, "the secret is loaded for the commit only");
    if let (Some(from), Some(to)) = (before, processor_seconds()) {
        let each = (to - from) / cycles as f64;
        println!("{each:.4} s of processor time for a cycle");
        assert!(each < 1.0, "{each} s");
    }
}

#[test]
fn the_network_gone_for_two_hours() {
    let run = Run::new(2);
    let mut miner = run.miner(&run.state());
    run.mine(&mut miner, Interval::minutes(10), &mut |report| assert!(report.is_stored()));
    run.world.offline.set(true);
    let mut failures = 0;
    run.mine(&mut miner, Interval::hours(2), &mut |report| {
        failures += 1;
        assert!(!report.is_stored() && !report.failures.is_empty());
    });
    assert_eq!(miner.state().failures_in_a_row, failures);
    let vitals = miner.vitals().lock().unwrap().clone();
    let health = vitals.health(run.world.truth());
    assert!(!health.ok && health.text.contains("has opened"), "{}", health.text);
    run.world.offline.set(false);
    let mut first = None;
    run.mine(&mut miner, Interval::minutes(2), &mut |report| {
        first.get_or_insert(report.is_stored());
    });
    assert_eq!(first, Some(true), "the first cycle after it stores");
    run.check_object();
    assert_eq!(miner.state().failures_in_a_row, 0);
    assert_eq!(run.sent.borrow().len(), 1);
}

#[test]
fn a_clock_that_is_stepped_either_way() {
    for seconds in [600, -600] {
        let run = Run::new(3);
        let mut miner = run.miner(&run.state());
        run.mine(&mut miner, Interval::minutes(5), &mut |report| {
            assert!(report.is_stored());
            run.check_object();
        });
        run.world.set_offset(seconds);
        let mut cycles = 0;
        run.mine(&mut miner, Interval::minutes(20), &mut |report| {
            cycles += 1;
            assert!(report.is_stored(), "{seconds}: {report}");
            // Sealed by the store's clock, whatever ours says.
            run.check_object();
            let said = report.remarks.iter().any(|text| text.contains("set the clock"));
            assert!(said, "{seconds}: {report}");
        });
        assert!((19..=22).contains(&cycles), "{seconds}: {cycles}");
        run.world.set_offset(0);
        let mut last = String::new();
        run.mine(&mut miner, Interval::minutes(20), &mut |report| {
            assert!(report.is_stored());
            run.check_object();
            last = report.to_string();
        });
        assert!(!last.contains("clock"), "{last}");
        assert_eq!(run.sent.borrow().len(), 1);
    }
}

#[test]
fn a_state_that_cannot_be_written() {
    let run = Run::new(4);
    // A file where the folder should be.
    let blocked = run.folder.path().join("file");
    std::fs::write(&blocked, b"").unwrap();
    let mut miner = run.miner(&blocked.join("state.json"));
    run.mine(&mut miner, Interval::minutes(5), &mut |report| {
        assert!(report.is_stored());
        assert!(report.failures.iter().any(|failure| failure.class == "disk"), "{report}");
    });
    // Without a note of it, a crash might lead to a second one.
    assert_eq!(run.sent.borrow().len(), 0);
    std::fs::remove_file(&blocked).unwrap();
    run.mine(&mut miner, Interval::minutes(5), &mut |_| {});
    assert_eq!(run.sent.borrow().len(), 1);
    assert!(miner.state().commit.block.is_some());
}

#[test]
fn restarts_go_on_where_they_were() {
    let run = Run::new(5);
    run.world.faults.set(0.2);
    let mut cycles = 0;
    for _ in 0..100 {
        let mut miner = run.miner(&run.state());
        cycles += run.mine(&mut miner, MINUTE, &mut |_| {});
        assert_eq!(miner.state().cycles, cycles as u64);
    }
    run.check_object();
    assert_eq!(run.sent.borrow().len(), 1);
}
