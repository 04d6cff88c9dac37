//! Memory over a day of mining, counted allocation by allocation. A binary of its own: other tests would be counted too.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "support/run.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod run;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use mantis_data::Interval;
use run::Run;

/// Counts the bytes in use.
struct Counting(AtomicUsize);

#[global_allocator]
static MEMORY: Counting = Counting(AtomicUsize::new(0));

// SAFETY: the system's allocator does the work; only sizes are counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.0.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.0.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the figures are the result")]
fn memory_stays_flat_over_a_day_of_faults() {
    let run = Run::new(1);
    run.world.faults.set(0.2);
    let mut miner = run.miner(&run.state());
    let mut hours = Vec::new();
    run.mine(&mut miner, Interval::hours(24), &mut |report| {
        if report.cycle % 60 == 0 {
            hours.push(MEMORY.0.load(Ordering::Relaxed));
        }
    });
    run.check_object();
    assert!(hours.len() >= 23, "{hours:?}");
    println!("bytes in use after each hour: {hours:?}");
    // Reports differ in length from cycle to cycle, and nothing else may. A kept object of each cycle would be 2 MB.
    let early = hours[2..6].iter().max().unwrap();
    let late = hours[hours.len() - 4..].iter().min().unwrap();
    assert!(
        late.saturating_sub(*early) < 16 * 1024,
        "{early} bytes in the first hours, {late} in the last"
    );
}
