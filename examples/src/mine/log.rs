//! One line for each cycle: for people, and in JSON.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use mantis_submit::miner::CycleReport;
use serde_json::json;

use crate::{Error, Result};

/// Writes what happens to standard output, and to a file if there is one.
#[derive(Debug)]
pub struct Log {
    json: bool,
    quiet: bool,
    file: Option<File>,
}

impl Log {
    /// Lines for people, or JSON if `json`; of what is wrong alone if `quiet`. JSON of everything in the file.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(json: bool, quiet: bool, file: Option<&Path>) -> Result<Self> {
        let open = |path: &Path| {
            let opened = OpenOptions::new().append(true).create(true).open(path);
            opened.map_err(|source| Error::Write {
                path: path.to_owned(),
                action: "open the log",
                source,
            })
        };
        Ok(Self { json, quiet, file: file.map(open).transpose()? })
    }

    /// How a cycle went.
    pub fn cycle(&mut self, report: &CycleReport) {
        let failed = !report.is_stored();
        let level = if failed { "error" } else { "info" };
        let fields = json!({"level": level, "event": "cycle", "time": report.time.to_string(), "report": report});
        self.write(&report.to_string(), &fields, failed);
    }

    /// Anything else.
    pub fn say(&mut self, level: &str, text: &str) {
        let fields = json!({"level": level, "event": "message", "text": text});
        let shown = if level == "info" { text.to_owned() } else { format!("{level}: {text}") };
        self.write(&shown, &fields, level != "info");
    }

    /// A log that cannot be written stops nothing.
    fn write(&mut self, text: &str, fields: &serde_json::Value, failed: bool) {
        let line = if self.json { fields.to_string() } else { text.to_owned() };
        let _ = match () {
            () if !failed && self.quiet => Ok(()),
            () if failed && !self.json => writeln!(std::io::stderr(), "{line}"),
            () => writeln!(std::io::stdout(), "{line}"),
        };
        if let Some(file) = &mut self.file {
            let _ = writeln!(file, "{fields}");
        }
    }
}
