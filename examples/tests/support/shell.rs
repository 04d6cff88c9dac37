//! A shell that a reader of the guide types into.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::root;

const MARK: &str = "-- the command has ended with";

/// A `bash` in an empty folder, with the programs in its path and the fixtures beside it.
pub(crate) struct Shell {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
}

impl Shell {
    pub(crate) fn new(programs: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        symlink(root().join("fixtures"), folder.path().join("fixtures")).unwrap();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display());
        let mut child = Command::new("bash")
            .current_dir(folder.path())
            .env_clear()
            .envs([("PATH", path.as_str()), ("LC_ALL", "C.UTF-8"), ("OMP_WAIT_POLICY", "passive")])
            .env("HOME", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (mut input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        input.write_all(b"exec 2>&1\n").unwrap();
        Self { child, input, output: BufReader::new(output), folder }
    }

    /// What a command prints, and its exit code.
    pub(crate) fn run(&mut self, command: &str) -> (String, i32) {
        write!(self.input, "{command}\nprintf '\\n{MARK} %s\\n' $?\n").unwrap();
        let mut printed = String::new();
        loop {
            let mut line = String::new();
            assert!(
                self.output.read_line(&mut line).unwrap() > 0,
                "{command} ended the shell: {printed}"
            );
            if let Some(code) = line.strip_prefix(MARK) {
                // The line break before the mark is ours.
                printed.pop();
                return (printed, code.trim().parse().unwrap());
            }
            printed += &line;
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        if self.folder.path().join("rehearsal/pid").exists() {
            let _ = writeln!(self.input, "rehearse --stop");
        }
        let _ = writeln!(self.input, "exit");
        let _ = self.child.wait();
    }
}
