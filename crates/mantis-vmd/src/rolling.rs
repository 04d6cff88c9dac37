//! Causal decomposition of many windows of one series at once.

use std::ops::{ControlFlow, Range};

use rayon::prelude::*;

use crate::solver::{Start, check_finite};
use crate::window::{NewestModes, WindowSolver};
use crate::{Error, Result, VmdParams};

/// Steps in which [`rolling_many`] reports progress.
const STEPS: usize = 128;
/// Windows for each thread between two reports: at each report the threads wait for the slowest, about half a window.
const LEAST_STEP: usize = 64;
/// Windows that a thread takes at once, after which another may take the rest.
const PIECE: usize = 2;

/// The newest values of the modes at many rows.
///
/// The fields without `k` columns have one entry per row of `rows`, the others `k`, row-major. As
/// in [`NewestModes`], values are deviations from the mean of their window in the unit of the
/// input, and the columns of a flat window are NaN; [`RollingModes::value_at`] gives `None` there.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct RollingModes {
    /// Rows of the input at which the windows end.
    pub rows: Range<usize>,
    /// Number of modes.
    pub k: usize,
    /// Value of each mode at the row, `k` columns.
    pub value: Vec<f64>,
    /// Value of each mode one sample earlier in the same window, `k` columns.
    pub previous: Vec<f64>,
    /// Centre frequency of each mode in cycles per sample, `k` columns.
    pub centre_frequency: Vec<f64>,
    /// Energy of each mode over the window, `k` columns.
    pub energy: Vec<f64>,
    /// Mean of the window.
    pub mean: Vec<f64>,
    /// Standard deviation of the window.
    pub scale: Vec<f64>,
    /// Sweeps done.
    pub sweeps: Vec<u32>,
    /// Whether the stop rule was met before the cap on the sweeps.
    pub converged: Vec<bool>,
    /// Whether the window is flat and so has no modes.
    pub flat: Vec<bool>,
}

impl RollingModes {
    fn with_capacity(rows: Range<usize>, k: usize) -> Self {
        let n = rows.len();
        Self {
            rows,
            k,
            value: Vec::with_capacity(n * k),
            previous: Vec::with_capacity(n * k),
            centre_frequency: Vec::with_capacity(n * k),
            energy: Vec::with_capacity(n * k),
            mean: Vec::with_capacity(n),
            scale: Vec::with_capacity(n),
            sweeps: Vec::with_capacity(n),
            converged: Vec::with_capacity(n),
            flat: Vec::with_capacity(n),
        }
    }

    fn push(&mut self, modes: &NewestModes) {
        self.value.extend_from_slice(&modes.value);
        self.previous.extend_from_slice(&modes.previous);
        self.centre_frequency.extend_from_slice(&modes.centre_frequency);
        self.energy.extend_from_slice(&modes.energy);
        self.mean.push(modes.mean);
        self.scale.push(modes.scale);
        self.sweeps.push(modes.sweeps);
        self.converged.push(modes.converged);
        self.flat.push(modes.flat);
    }

    /// Values of all modes at `row` of the input; `None` outside `rows` and for a flat window.
    #[must_use]
    pub fn value_at(&self, row: usize) -> Option<&[f64]> {
        if !self.rows.contains(&row) {
            return None;
        }
        let i = row - self.rows.start;
        (!self.flat[i]).then(|| &self.value[i * self.k..][..self.k])
    }
}

/// Decomposes the windows that end at each of `rows` of `x`, on `threads` threads (0: one for each
/// core), and keeps what each says about its newest sample.
///
/// Row `t` depends on `x[t + 1 - window..=t]` alone, and every number is bit for bit the same for
/// any number of threads and in [`RollingVmd`](crate::RollingVmd). `progress(done, total)` is called on the calling
/// thread after about every 1/128 of the work, but not before each thread had 64 windows, and stops it by returning [`ControlFlow::Break`].
///
/// # Errors
/// As [`RollingVmd::new`](crate::RollingVmd::new); [`Error::Rows`] if a row has no full window or lies past the end;
/// [`Error::NotFinite`] for a sample within a window; [`Error::Window`] with the first row whose
/// window cannot be decomposed; [`Error::Threads`] and [`Error::Stopped`].
///
/// ```
/// use std::ops::ControlFlow;
/// use mantis_vmd::{VmdParams, rolling_many};
///
/// let x: Vec<f64> = (0..200).map(|i| (0.2 * f64::from(i)).sin() + (1.3 * f64::from(i)).cos()).collect();
/// let params = VmdParams { k: 3, ..VmdParams::default() };
/// let modes = rolling_many(&params, 64, &x, 63..200, 2, &mut |_, _| ControlFlow::Continue(()))?;
/// assert_eq!(modes.value.len(), 137 * 3);
/// assert!(modes.value_at(199).is_some());
/// # Ok::<(), mantis_vmd::Error>(())
/// ```
pub fn rolling_many(
    params: &VmdParams,
    window: usize,
    x: &[f64],
    rows: Range<usize>,
    threads: usize,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<RollingModes> {
    let mut own = WindowSolver::new(params, window)?;
    let (first, total) = (window - 1, rows.len());
    if total == 0 {
        return Ok(RollingModes::with_capacity(rows, params.k));
    }
    if rows.start < first || rows.end > x.len() {
        let (start, end, len) = (rows.start, rows.end, x.len());
        return Err(Error::Rows { start, end, len, window, first });
    }
    check_finite(&x[rows.start - first..rows.end], rows.start - first)?;
    let solve = |solver: &mut WindowSolver, row: usize| {
        solver.newest(Start::Cold, &x[row - first..=row]).map_err(|source| at_row(row, source))
    };
    let pool = match threads {
        1 => None,
        _ => Some(
            rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .map_err(|source| Error::Threads { threads, source })?,
        ),
    };
    let workers = pool.as_ref().map_or(1, rayon::ThreadPool::current_num_threads);
    let step = (total / STEPS).max(LEAST_STEP * workers);
    let mut out = RollingModes::with_capacity(rows.clone(), params.k);
    for start in rows.clone().step_by(step) {
        let part = start..rows.end.min(start + step);
        let solved: Vec<Result<NewestModes>> = match &pool {
            None => part.clone().map(|row| solve(&mut own, row)).collect(),
            Some(pool) => pool.install(|| {
                let windows = part.clone().into_par_iter().with_max_len(PIECE);
                windows.map_init(|| own.clone(), solve).collect()
            }),
        };
        for modes in solved {
            out.push(&modes?);
        }
        let done = part.end - rows.start;
        if done < total && progress(done, total).is_break() {
            return Err(Error::Stopped { done, total });
        }
    }
    // The last report cannot stop anything.
    let _ = progress(total, total);
    Ok(out)
}

pub(crate) fn at_row(row: usize, source: Error) -> Error {
    Error::Window { row, source: Box::new(source) }
}
