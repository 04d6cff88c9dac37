//! Commands of the user.

use std::ffi::OsStr;
use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A command that `sh -c` runs, without the variables in which a program keeps its credentials.
///
/// ```
/// use mantis_submit::Shell;
///
/// let shell = Shell::new("test \"$ANSWER\" = 42 && test -z \"$SECRET\"", &["SECRET"]);
/// let mut running = shell.start(&[("ANSWER", "42".as_ref())])?;
/// let status = loop {
///     if let Some(status) = running.poll()? {
///         break status;
///     }
/// };
/// assert!(status.success());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Shell {
    command: String,
    hidden: Vec<String>,
}

impl Shell {
    /// A command, and the variables that it does not get.
    #[must_use]
    pub fn new(command: &str, hidden: &[&str]) -> Self {
        let hidden = hidden.iter().map(|&name| name.to_owned()).collect();
        Self { command: command.to_owned(), hidden }
    }

    /// As it was given.
    #[must_use]
    pub fn command(&self) -> &str {
        &self.command
    }

    /// Starts it with some more variables and without input. What it says goes nowhere, complaints to our own standard error.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn start(&self, variables: &[(&str, &OsStr)]) -> io::Result<Running> {
        self.spawn(variables, Stdio::null(), Stdio::inherit())
    }

    /// The same with pipes for what it says and for its complaints.
    pub(crate) fn start_piped(&self, variables: &[(&str, &OsStr)]) -> io::Result<Running> {
        self.spawn(variables, Stdio::piped(), Stdio::piped())
    }

    fn spawn(
        &self,
        variables: &[(&str, &OsStr)],
        output: Stdio,
        errors: Stdio,
    ) -> io::Result<Running> {
        let mut command = Command::new("sh");
        command.args(["-c", &self.command]).envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        for name in &self.hidden {
            command.env_remove(name);
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().map(Running)
    }
}

/// A command that was started. Dropped, it ends together with everything that it started.
#[derive(Debug)]
pub struct Running(pub(crate) Child);

impl Running {
    /// How it ended, if it has.
    ///
    /// # Errors
    /// If the system does not know.
    pub fn poll(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.try_wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            // The shell's own `kill` reaches the group without unsafe code here.
            let group = format!("-{}", self.0.id());
            let _ = Command::new("kill")
                .args(["-KILL", "--", &group])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
