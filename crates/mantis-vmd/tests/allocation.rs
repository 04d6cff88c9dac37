//! Counts allocations: after warm-up the hot paths make none.

#![expect(
    unsafe_code,
    reason = "an allocator is an unsafe trait; this one only counts and forwards"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use mantis_vmd::{Decomposition, Mirror, MultivariateVmd, Vmd, VmdParams};

struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    work();
    COUNT.get() - before
}

fn signal(step: f64) -> Vec<f64> {
    (0..301).map(|i| (step * f64::from(i)).sin() + (2.1 * f64::from(i)).cos()).collect()
}

#[test]
fn the_counter_counts() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![1, 2, 3]))), 1);
}

#[test]
fn decompose_into_allocates_nothing_after_the_first_call() {
    for params in [
        VmdParams { k: 5, ..VmdParams::default() },
        VmdParams { k: 4, tau: 0.1, mirror: Mirror::OneSided, ..VmdParams::default() },
        VmdParams { k: 3, trajectory: true, ..VmdParams::default() },
        VmdParams { k: 3, ..VmdParams::vmdpy() },
    ] {
        let mut vmd = Vmd::new(&params, 301).unwrap();
        let mut out = Decomposition::default();
        let (warm, other) = (signal(0.11), signal(0.23));
        vmd.decompose_into(&warm, &mut out).unwrap();
        let first = out.clone();
        if params.trajectory {
            // Its length is that of the iteration, so only the same signal needs no more room.
            let again = allocations(|| vmd.decompose_into(&warm, &mut out).unwrap());
            assert_eq!(again, 0, "{params:?}");
        } else {
            let again = allocations(|| vmd.decompose_into(&other, &mut out).unwrap());
            assert_eq!(again, 0, "{params:?}");
            assert_ne!(first.modes, out.modes, "the second signal left no trace");
        }
    }
}

#[test]
fn several_channels_allocate_nothing_after_the_first_call() {
    let params = VmdParams { k: 4, ..VmdParams::default() };
    let mut vmd = MultivariateVmd::new(&params, 301, 2).unwrap();
    let mut out = vec![Decomposition::default(); 2];
    let (one, two) = (signal(0.11), signal(0.23));
    vmd.decompose_into(&[&one, &two], &mut out).unwrap();
    let again = allocations(|| vmd.decompose_into(&[&two, &one], &mut out).unwrap());
    assert_eq!(again, 0);
}
