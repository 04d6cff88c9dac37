//! What a program shows: progress on the terminal, and its answer on the output.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Writes a line of the program's answer to the output. Whoever closed the other end of a pipe has read enough; an answer that
/// cannot be written for another reason, as on a full disk, ends the program with an error.
#[expect(clippy::print_stderr, reason = "a program talks to its user")]
pub fn tell(line: impl Display) {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("error: the output cannot be written: {error}");
            std::process::exit(1);
        }
        _ => {}
    }
}

/// Tells on standard error what is no part of the answer.
#[expect(clippy::print_stderr, reason = "a program talks to its user")]
pub fn note(line: impl Display) {
    eprintln!("{line}");
}

/// Tells on standard error what the user should know about an answer.
pub fn warn(line: impl Display) {
    note(format_args!("warning: {line}"));
}

/// Stages with one progress bar each, and the seconds that each took.
///
/// Where standard error is no terminal the bars are not drawn.
#[derive(Debug)]
pub struct Stages {
    total: usize,
    started: Instant,
    done: Vec<(&'static str, f64)>,
    quiet: bool,
}

/// A running stage.
#[derive(Debug)]
pub struct Stage {
    bar: ProgressBar,
    name: &'static str,
    started: Instant,
}

/// The time of a clock that only measures.
#[expect(clippy::disallowed_methods, reason = "a program may measure how long it took")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

impl Stages {
    /// A run of so many stages; without bars if `quiet`.
    #[must_use]
    pub fn new(total: usize, quiet: bool) -> Self {
        Self { total, started: instant(), done: Vec::new(), quiet }
    }

    /// Starts the next stage.
    #[must_use]
    pub fn start(&self, name: &'static str, text: &str) -> Stage {
        let bar = if self.quiet { ProgressBar::hidden() } else { ProgressBar::new(1) };
        let template = "{prefix} {msg:<30} {bar:24} {percent:>3} %  {elapsed}  {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸ "));
        }
        bar.set_prefix(format!("[{}/{}]", self.done.len() + 1, self.total));
        bar.set_message(text.to_owned());
        bar.enable_steady_tick(Duration::from_millis(250));
        Stage { bar, name, started: instant() }
    }

    /// Ends a stage.
    pub fn finish(&mut self, stage: Stage) {
        stage.bar.finish_and_clear();
        self.done.push((stage.name, (instant() - stage.started).as_secs_f64()));
    }

    /// The stages so far with their seconds.
    #[must_use]
    pub fn seconds(&self) -> &[(&'static str, f64)] {
        &self.done
    }

    /// Seconds since the first stage began.
    #[must_use]
    pub fn total_seconds(&self) -> f64 {
        (instant() - self.started).as_secs_f64()
    }
}

impl Stage {
    /// Moves the bar.
    pub fn at(&self, done: usize, total: usize) -> ControlFlow<()> {
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
        ControlFlow::Continue(())
    }

    /// Changes the text beside the bar.
    pub fn say(&self, text: String) {
        self.bar.set_message(text);
    }
}
