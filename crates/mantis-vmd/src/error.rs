//! What can go wrong, and what to do about it.

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// Every failure of this crate. A message says what was expected, what was found and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A field of [`VmdParams`](crate::VmdParams) is outside its range.
    #[error("vmd: {name} must be {range}, got {got}; {hint}")]
    Parameter {
        /// Name of the field.
        name: &'static str,
        /// The values that are allowed.
        range: &'static str,
        /// The value that was found.
        got: f64,
        /// What to choose instead.
        hint: &'static str,
    },
    /// Two choices exclude each other.
    #[error("vmd: {this} cannot be combined with {that}; {hint}")]
    Combination {
        /// One choice.
        this: &'static str,
        /// The other one.
        that: &'static str,
        /// What to choose instead.
        hint: &'static str,
    },
    /// The signal or window has too few samples for the number of modes.
    #[error(
        "vmd: {k} modes need at least {min} samples, got {len}; use a longer signal or window, or fewer modes"
    )]
    TooShort {
        /// Number of modes asked for.
        k: usize,
        /// Number of samples found.
        len: usize,
        /// Smallest number of samples that works.
        min: usize,
    },
    /// The signal has another length than the plan.
    #[error(
        "vmd: this plan is for {planned} samples, got {len}; make a new plan with Vmd::new(&params, {len})"
    )]
    Length {
        /// Length given to `Vmd::new`.
        planned: usize,
        /// Length of the signal.
        len: usize,
    },
    /// A multivariate signal has another number of channels than the plan.
    #[error("vmd: this plan is for {planned} channels, got {got}; make a new plan for {got}")]
    Channels {
        /// Number of channels given to `MultivariateVmd::new`.
        planned: usize,
        /// Number of channels of the signal.
        got: usize,
    },
    /// One channel of a multivariate signal cannot be decomposed.
    #[error("vmd: channel {channel}: {source}")]
    Channel {
        /// The channel, counted from 0.
        channel: usize,
        /// Why.
        source: Box<Error>,
    },
    /// A sample is NaN or infinite.
    #[error(
        "vmd: sample {index} is {value}; every sample must be finite, so fill or cut the gap before decomposing"
    )]
    NotFinite {
        /// Position of the sample in the input (for a stream: how many values came before it).
        index: usize,
        /// The sample.
        value: f64,
    },
    /// The largest magnitude is so small or so large that its square leaves the range of `f64`.
    #[error(
        "vmd: the largest magnitude is {largest:e}, which must lie between {min:e} and {max:e}; rescale the input"
    )]
    Scale {
        /// Largest absolute value found.
        largest: f64,
        /// Smallest largest magnitude that works.
        min: f64,
        /// Largest magnitude that works.
        max: f64,
    },
    /// All samples are equal, so that there is nothing to decompose.
    #[error(
        "vmd: all {len} samples equal {value}; a constant has no modes, check the input or skip this stretch"
    )]
    Constant {
        /// Number of samples.
        len: usize,
        /// Their common value.
        value: f64,
    },
    /// The absolute stop rule of vmdpy was met at once, where vmdpy silently returns zeros.
    #[error(
        "vmd: the absolute stop rule was met in the first sweep (change {change:e} <= tol {tol:e}), where vmdpy returns all-zero modes; rescale the input, lower tol or use Convention::ScaleFree"
    )]
    StoppedAtOnce {
        /// Change measured in the first sweep.
        change: f64,
        /// The tolerance.
        tol: f64,
    },
    /// The iteration left the range of `f64`.
    #[error(
        "vmd: the iteration diverged in sweep {sweep}; lower tau (got {tau}), a dual step near or above 1 is rarely stable"
    )]
    Diverged {
        /// Sweep, counted from 1.
        sweep: usize,
        /// The dual step.
        tau: f64,
    },
    /// A mode received no energy at all, so that it has no centre frequency.
    #[error("vmd: mode {mode} has no energy in sweep {sweep}; ask for fewer modes")]
    EmptyMode {
        /// Mode, counted from 0 in the order of the initial centre frequencies.
        mode: usize,
        /// Sweep, counted from 1.
        sweep: usize,
    },
    /// A range of mode numbers holds none that can be tried.
    #[error(
        "vmd: the numbers of modes {start}..={end} cannot be tried; give a rising range within 1..=64"
    )]
    ModeRange {
        /// First number of modes.
        start: usize,
        /// Last number of modes.
        end: usize,
    },
    /// vmdpy drops the last sample of an odd window, which is the newest one.
    #[error(
        "vmd: Convention::Vmdpy drops the last sample of an odd window, got window {window}; use an even window or Convention::ScaleFree"
    )]
    OddWindow {
        /// The window.
        window: usize,
    },
    /// The rows asked for do not all have a full window.
    #[error(
        "vmd: rows {start}..{end} of {len} samples asked for with window {window}; rows must lie within {first}..{len}, because the first full window ends at row {first}"
    )]
    Rows {
        /// First row asked for.
        start: usize,
        /// One past the last row asked for.
        end: usize,
        /// Number of samples.
        len: usize,
        /// The window.
        window: usize,
        /// First row with a full window.
        first: usize,
    },
    /// The window that ends at a row could not be decomposed.
    #[error("vmd: the window that ends at row {row} failed: {source}")]
    Window {
        /// The row.
        row: usize,
        /// Why.
        source: Box<Error>,
    },
    /// The worker threads could not be started.
    #[error("vmd: could not start {threads} worker threads; ask for fewer")]
    Threads {
        /// Number of threads asked for.
        threads: usize,
        /// The cause.
        source: rayon::ThreadPoolBuildError,
    },
    /// The progress closure asked to stop.
    #[error("vmd: stopped on request after {done} of {total} windows")]
    Stopped {
        /// Windows done.
        done: usize,
        /// Windows asked for.
        total: usize,
    },
}
