//! The rolling forms: what is known at a row never changes, however it was computed.

#![expect(clippy::unwrap_used, reason = "a signal that cannot be decomposed must fail the test")]

use std::ops::ControlFlow;

use mantis_vmd::{
    Decomposition, Error, Mirror, RollingModes, RollingVmd, Vmd, VmdParams, WarmRollingVmd,
    rolling_many,
};
use proptest::prelude::*;

const WINDOW: usize = 48;

fn params() -> VmdParams {
    VmdParams { k: 4, max_sweeps: 80, ..VmdParams::default() }
}

fn series(len: usize) -> Vec<f64> {
    (0..len)
        .map(|i| 100.0 + 0.01 * i as f64 + (0.2 * i as f64).sin() + ((i * i) as f64 * 0.11).cos())
        .collect()
}

fn many(params: &VmdParams, x: &[f64], threads: usize) -> RollingModes {
    let mut go = |_, _| ControlFlow::Continue(());
    rolling_many(params, WINDOW, x, WINDOW - 1..x.len(), threads, &mut go).unwrap()
}

fn bits(x: &[f64]) -> Vec<u64> {
    x.iter().map(|x| x.to_bits()).collect()
}

/// Asserts that the first rows of `long` are those of `short`, bit for bit.
fn starts_with(long: &RollingModes, short: &RollingModes) {
    let rows = short.rows.len();
    let columns = |m: &RollingModes| {
        [&m.value, &m.previous, &m.centre_frequency, &m.energy].map(|c| bits(&c[..rows * m.k]))
    };
    assert_eq!(columns(long), columns(short));
    assert_eq!(bits(&long.mean[..rows]), bits(&short.mean));
    assert_eq!(bits(&long.scale[..rows]), bits(&short.scale));
    assert_eq!(long.sweeps[..rows], short.sweeps);
    assert_eq!(long.converged[..rows], short.converged);
    assert_eq!(long.flat[..rows], short.flat);
}

#[test]
fn the_newest_value_is_the_last_sample_of_the_decomposed_window() {
    let x = series(120);
    for params in [params(), VmdParams { mirror: Mirror::OneSided, tau: 0.1, ..params() }] {
        let modes = many(&params, &x, 1);
        let mut vmd = Vmd::new(&params, WINDOW).unwrap();
        for (i, row) in modes.rows.clone().enumerate() {
            let d: Decomposition = vmd.decompose(&x[row + 1 - WINDOW..=row]).unwrap();
            for m in 0..d.k {
                let at = i * d.k + m;
                assert_eq!(modes.value[at], d.mode(m)[WINDOW - 1]);
                assert_eq!(modes.previous[at], d.mode(m)[WINDOW - 2]);
                assert_eq!(modes.energy[at], d.energy[m]);
                assert_eq!(modes.centre_frequency[at], d.centre_frequency[m]);
            }
            assert_eq!((modes.mean[i], modes.scale[i]), (d.mean, d.scale));
            let whole: f64 = modes.value_at(row).unwrap().iter().sum();
            let left = x[row] - d.mean - whole;
            assert!((left - d.residual[WINDOW - 1]).abs() < 1e-12);
        }
    }
}

#[test]
fn a_stream_gives_the_bits_of_the_batch() {
    let x = series(150);
    let batch = many(&params(), &x, 2);
    let mut stream = RollingVmd::new(&params(), WINDOW).unwrap();
    let mut row = 0;
    for (t, &x) in x.iter().enumerate() {
        let Some(modes) = stream.push(x).unwrap() else {
            assert!(t < WINDOW - 1, "no result at {t}");
            continue;
        };
        assert_eq!(bits(&modes.value), bits(&batch.value[4 * row..][..4]));
        assert_eq!(bits(&modes.previous), bits(&batch.previous[4 * row..][..4]));
        assert_eq!(bits(&modes.energy), bits(&batch.energy[4 * row..][..4]));
        assert_eq!((modes.sweeps, modes.scale), (batch.sweeps[row], batch.scale[row]));
        assert_eq!(stream.newest().map(|m| m.mean), Some(batch.mean[row]));
        row += 1;
    }
    assert_eq!(row, batch.rows.len());
}

#[test]
fn the_number_of_threads_shows_nowhere() {
    let x = series(400);
    let one = many(&params(), &x, 1);
    for threads in [0, 2, 3, 7] {
        starts_with(&many(&params(), &x, threads), &one);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Cutting the future off changes no row that is left.
    #[test]
    fn truncation_changes_nothing(cut in WINDOW..140_usize) {
        let x = series(140);
        starts_with(&many(&params(), &x, 2), &many(&params(), &x[..cut], 1));
    }

    /// Another future changes no row before it, and does change the rows after it.
    #[test]
    fn the_future_is_not_seen(from in WINDOW..139_usize, shock in 0.1..50.0_f64) {
        let x = series(140);
        let mut other = x.clone();
        for (i, x) in other[from..].iter_mut().enumerate() {
            *x += shock * (1.0 + i as f64).sin();
        }
        let (a, b) = (many(&params(), &x, 1), many(&params(), &other, 1));
        starts_with(&b, &many(&params(), &x[..from], 1));
        let row = from - (WINDOW - 1);
        prop_assert_ne!(&a.value[4 * row..], &b.value[4 * row..]);
    }

    /// What happened before the window does not matter either.
    #[test]
    fn the_past_beyond_the_window_is_not_seen(skip in 1..80_usize) {
        let x = series(140);
        let (whole, late) = (many(&params(), &x, 1), many(&params(), &x[skip..], 1));
        prop_assert_eq!(bits(&whole.value[4 * skip..]), bits(&late.value));
    }
}

#[test]
fn whole_series_modes_do_see_the_future() {
    // The counterpart that shows the tests above can fail.
    let x = series(140);
    let mut other = x.clone();
    other[139] += 5.0;
    let decompose = |x: &[f64]| Vmd::new(&params(), 140).unwrap().decompose(x).unwrap();
    let (a, b) = (decompose(&x), decompose(&other));
    assert_ne!(a.mode(3)[100], b.mode(3)[100]);
}

#[test]
fn a_flat_window_is_flagged_and_nothing_else_is_lost() {
    let mut x = series(200);
    x[60..60 + WINDOW].fill(7.0);
    let modes = many(&params(), &x, 2);
    let flat: Vec<usize> = modes.rows.clone().filter(|t| modes.value_at(*t).is_none()).collect();
    assert_eq!(flat, [60 + WINDOW - 1]);
    let i = flat[0] - modes.rows.start;
    assert!(modes.flat[i] && modes.value[4 * i].is_nan() && modes.mean[i] == 7.0);
    assert_eq!(modes.scale[i], 0.0);
    assert!(modes.value_at(flat[0] + 1).unwrap().iter().all(|v| v.is_finite()));
    assert_eq!(modes.value_at(WINDOW - 2), None);
    assert_eq!(modes.value_at(200), None);
}

#[test]
fn progress_rises_to_the_total_and_can_stop() {
    let x = series(400);
    let rows = WINDOW - 1..400;
    let total = rows.len();
    for threads in [1, 2] {
        let mut seen = vec![];
        let mut watch = |done, of| {
            seen.push((done, of));
            ControlFlow::Continue(())
        };
        rolling_many(&params(), WINDOW, &x, rows.clone(), threads, &mut watch).unwrap();
        assert_eq!(seen.len(), total.div_ceil(64 * threads), "{seen:?}");
        assert!(seen.windows(2).all(|p| p[0].0 < p[1].0));
        assert!(seen.iter().all(|s| s.1 == total));
        assert_eq!(seen.last(), Some(&(total, total)));

        let mut stop =
            |done, _| if done > 100 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        match rolling_many(&params(), WINDOW, &x, rows.clone(), threads, &mut stop) {
            Err(Error::Stopped { done, total: t }) => {
                assert!(done > 100 && done < total && t == total)
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn errors_name_the_row() {
    let mut x = series(140);
    x[99] = f64::NAN;
    let mut go = |_, _| ControlFlow::Continue(());
    let mut run =
        |rows| rolling_many(&params(), WINDOW, &x, rows, 1, &mut go).map(|_| ()).unwrap_err();
    assert!(matches!(run(60..140), Error::NotFinite { index: 99, .. }));
    assert!(matches!(run(40..60), Error::Rows { first: 47, .. }));
    assert!(matches!(run(60..141), Error::Rows { end: 141, len: 140, .. }));
    // Rows whose windows end before the gap are fine.
    rolling_many(&params(), WINDOW, &x, 60..99, 1, &mut go).unwrap();

    let mut stream = RollingVmd::new(&params(), WINDOW).unwrap();
    for x in series(100) {
        stream.push(x).unwrap();
    }
    let newest = stream.newest().cloned();
    assert!(matches!(stream.push(f64::INFINITY), Err(Error::NotFinite { index: 100, .. })));
    assert_eq!(stream.newest(), newest.as_ref(), "a refused sample was taken");

    let steep = VmdParams { tau: 10.0, tol: 0.0, max_sweeps: 2000, ..params() };
    let x = series(60);
    let failed = rolling_many(&steep, WINDOW, &x, 50..60, 2, &mut go).unwrap_err();
    match failed {
        Error::Window { row, source } => {
            assert_eq!(row, 50);
            assert!(matches!(*source, Error::Diverged { .. }), "{source}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn no_rows_are_no_windows() {
    let mut go = |_, _| panic!("nothing to report");
    let none = rolling_many(&params(), WINDOW, &series(60), 60..60, 2, &mut go).unwrap();
    assert!(none.value.is_empty() && none.rows.is_empty());
}

#[test]
fn a_warm_stream_saves_sweeps_and_starts_cold_where_it_must() {
    let x = series(300);
    let mut warm = WarmRollingVmd::new(&params(), WINDOW).unwrap();
    let cold = many(&params(), &x, 1);
    let mut sweeps = vec![];
    for &x in &x {
        if let Some(modes) = warm.push(x).unwrap() {
            sweeps.push(modes.sweeps);
        }
    }
    assert_eq!(sweeps[0], cold.sweeps[0], "there is nothing to be warm from");
    let sum = |s: &[u32]| s.iter().sum::<u32>();
    assert!(2 * sum(&sweeps) < sum(&cold.sweeps), "{} and {}", sum(&sweeps), sum(&cold.sweeps));

    // After a flat window there is nothing to build on: the bits are those of a cold start.
    let mut gap = vec![5.0; WINDOW];
    gap.extend_from_slice(&x[..WINDOW]);
    let batch = many(&params(), &gap, 1);
    let mut warm = WarmRollingVmd::new(&params(), WINDOW).unwrap();
    for &x in &gap[..WINDOW] {
        warm.push(x).unwrap();
    }
    assert!(warm.newest().unwrap().flat);
    let first = warm.push(gap[WINDOW]).unwrap().unwrap();
    assert_eq!(bits(&first.value), bits(&batch.value[4..8]));

    let refused = WarmRollingVmd::new(&VmdParams::vmdpy(), WINDOW).unwrap_err();
    assert!(matches!(refused, Error::Combination { .. }));
}
