//! Causal decomposition of a stream, one window per sample.

use crate::rolling::at_row;
use crate::solver::{Start, check_finite};
use crate::window::{NewestModes, WindowSolver};
use crate::{Convention, Error, Result, VmdParams};

/// Decomposes the last `window` samples each time a sample arrives.
///
/// The result is a function of those samples alone: every window starts cold, so a stream, a batch
/// and a restart give the same bits. One push costs a whole decomposition of the window.
///
/// ```
/// use mantis_vmd::{RollingVmd, VmdParams};
///
/// let mut vmd = RollingVmd::new(&VmdParams { k: 3, ..VmdParams::default() }, 64)?;
/// for i in 0..100 {
///     let modes = vmd.push((0.3 * f64::from(i)).sin() + 0.01 * f64::from(i))?;
///     assert_eq!(modes.is_some(), i >= 63);
/// }
/// # Ok::<(), mantis_vmd::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RollingVmd {
    stream: Stream,
}

impl RollingVmd {
    /// For windows of `window` samples.
    ///
    /// # Errors
    /// As [`Vmd::new`](crate::Vmd::new); [`Error::OddWindow`] for an odd window with
    /// [`Convention::Vmdpy`], which would drop the newest sample.
    pub fn new(params: &VmdParams, window: usize) -> Result<Self> {
        Ok(Self { stream: Stream::new(params, window, Start::Cold)? })
    }

    /// Takes the next sample; `None` until the first window is full.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a sample that is NaN or infinite, which is then not taken;
    /// [`Error::Window`] if the window cannot be decomposed.
    pub fn push(&mut self, x: f64) -> Result<Option<&NewestModes>> {
        self.stream.push(x)
    }

    /// Takes the next sample without decomposing its window: a stream that starts late in a long history needs the window before
    /// its start, and no more.
    ///
    /// # Errors
    /// [`Error::NotFinite`] for a sample that is NaN or infinite, which is then not taken.
    pub fn fill(&mut self, x: f64) -> Result<()> {
        self.stream.take(x)
    }

    /// What the last push returned.
    #[must_use]
    pub fn newest(&self) -> Option<&NewestModes> {
        self.stream.newest.as_ref()
    }
}

/// As [`RollingVmd`], but each window starts from the centre frequencies and gains at which the
/// window before it ended.
///
/// **The result depends on where the stream began**, not on the window alone: two streams that
/// meet in the same window may sit in different local optima and stay apart. Do not train on one
/// stream and serve from another. The README states how far the modes are from those of a cold
/// start, and what is saved.
///
/// ```
/// use mantis_vmd::{VmdParams, WarmRollingVmd};
///
/// let mut vmd = WarmRollingVmd::new(&VmdParams { k: 2, ..VmdParams::default() }, 64)?;
/// let mut sweeps = vec![];
/// for i in 0..80 {
///     if let Some(modes) = vmd.push((0.3 * f64::from(i)).sin() + 0.2 * f64::from(i).sin())? {
///         sweeps.push(modes.sweeps);
///     }
/// }
/// assert!(sweeps[1] < sweeps[0]);
/// # Ok::<(), mantis_vmd::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct WarmRollingVmd {
    stream: Stream,
}

impl WarmRollingVmd {
    /// For windows of `window` samples.
    ///
    /// # Errors
    /// As [`Vmd::new`](crate::Vmd::new); [`Error::Combination`] with [`Convention::Vmdpy`].
    pub fn new(params: &VmdParams, window: usize) -> Result<Self> {
        if params.convention == Convention::Vmdpy {
            return Err(Error::Combination {
                this: "WarmRollingVmd",
                that: "Convention::Vmdpy",
                hint: "vmdpy always starts cold, so use RollingVmd or Convention::ScaleFree",
            });
        }
        Ok(Self { stream: Stream::new(params, window, Start::Warm)? })
    }

    /// Takes the next sample; `None` until the first window is full. The first window, and one
    /// that follows a flat window or an error, starts cold.
    ///
    /// # Errors
    /// As [`RollingVmd::push`].
    pub fn push(&mut self, x: f64) -> Result<Option<&NewestModes>> {
        self.stream.push(x)
    }

    /// What the last push returned.
    #[must_use]
    pub fn newest(&self) -> Option<&NewestModes> {
        self.stream.newest.as_ref()
    }
}

#[derive(Clone, Debug)]
struct Stream {
    solver: WindowSolver,
    start: Start,
    recent: Vec<f64>,
    pushed: usize,
    newest: Option<NewestModes>,
}

impl Stream {
    fn new(params: &VmdParams, window: usize, start: Start) -> Result<Self> {
        let solver = WindowSolver::new(params, window)?;
        Ok(Self { solver, start, recent: Vec::with_capacity(window), pushed: 0, newest: None })
    }

    fn take(&mut self, x: f64) -> Result<()> {
        check_finite(&[x], self.pushed)?;
        if self.recent.len() == self.solver.len() {
            self.recent.rotate_left(1);
            self.recent.pop();
        }
        self.recent.push(x);
        self.pushed += 1;
        self.newest = None;
        Ok(())
    }

    fn push(&mut self, x: f64) -> Result<Option<&NewestModes>> {
        self.take(x)?;
        if self.recent.len() == self.solver.len() {
            let newest = self.solver.newest(self.start, &self.recent);
            self.newest = Some(newest.map_err(|source| at_row(self.pushed - 1, source))?);
        }
        Ok(self.newest.as_ref())
    }
}
