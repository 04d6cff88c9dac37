//! A file of settings: a table of flags for each program.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Arg, Command};
use mantis_data::input::{self, most};
use toml::{Table, Value};

use super::is_common;
use crate::{Error, Result};

/// Names the file.
pub(super) const VARIABLE: &str = "MANTIS_SETTINGS";

/// All programs, which may have a table in the file.
pub const PROGRAMS: [&str; 18] = [
    "audit",
    "backtest",
    "check",
    "check_data",
    "commit",
    "demo",
    "embed",
    "fetch",
    "look_ahead",
    "mine",
    "preflight",
    "rehearse",
    "runs",
    "salience",
    "seal",
    "sweep",
    "train",
    "verify",
];

/// A file is shared, copied and kept under version control.
pub(super) const SECRET: [&str; 2] = ["r2-access-key", "r2-secret-key"];

/// The command with the values of the program's table in place of its defaults.
pub(super) fn apply(command: Command, program: &str) -> Result<Command> {
    let Some(path) = named(std::env::args_os().skip(1)) else { return Ok(command) };
    let text = input::text(&path, most::SETTINGS)
        .map_err(|source| Error::Read { path: path.clone(), source })?;
    with_table(command, program, &text)
        .map_err(|text| Error::usage(&format!("{}: {text}", path.display())))
}

/// The file that the flag names, else the variable. None is read unasked: it could name commands to run.
fn named(given: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let given: Vec<_> = given.take_while(|one| one != "--").collect();
    let flagged = given.iter().enumerate().rev().find_map(|(i, one)| {
        let one = one.to_str()?;
        match one.strip_prefix("--settings")? {
            "" => given.get(i + 1).cloned(),
            rest => rest.strip_prefix('=').map(OsString::from),
        }
    });
    #[expect(clippy::disallowed_methods, reason = "programs read their environment")]
    let named = flagged.or_else(|| std::env::var_os(VARIABLE).filter(|name| !name.is_empty()));
    named.map(PathBuf::from)
}

fn with_table(mut command: Command, program: &str, text: &str) -> Result<Command, String> {
    let file: Table = text.parse().map_err(|error| format!("this is no TOML: {error}"))?;
    for (name, value) in &file {
        if !PROGRAMS.contains(&name.as_str()) || !value.is_table() {
            return Err(format!(
                "{name:?}: expected a table named like a program, one of {}",
                PROGRAMS.join(", ")
            ));
        }
    }
    let Some(Value::Table(table)) = file.get(program) else { return Ok(command) };
    for (flag, value) in table {
        let at = |text: String| format!("[{program}] {flag}: {text}");
        if SECRET.contains(&flag.as_str()) {
            return Err(at(format!("secrets do not belong here; name a file with {flag}-file")));
        }
        let mut used = false;
        let values = texts(value).map_err(at)?;
        command = with_default(command, flag, &values, &mut used);
        if !used {
            return Err(at(format!("{program} has no such flag; `{program} --help` lists them")));
        }
    }
    Ok(command)
}

/// The command, in which a flag has other defaults; in its subcommands too.
fn with_default(command: Command, flag: &str, values: &[String], used: &mut bool) -> Command {
    let has = |arg: &Arg| arg.get_long() == Some(flag) && !is_common(arg);
    let found = command.get_arguments().any(has);
    *used |= found;
    let command = if found {
        command.mut_args(|arg| {
            if has(&arg) { arg.required(false).default_values(values.to_vec()) } else { arg }
        })
    } else {
        command
    };
    command.mut_subcommands(|subcommand| with_default(subcommand, flag, values, used))
}

/// The values of a setting as they would be typed.
fn texts(value: &Value) -> Result<Vec<String>, String> {
    Ok(match value {
        Value::Array(list) => {
            let each: Result<Vec<_>, _> = list.iter().map(texts).collect();
            each?.concat()
        }
        Value::String(text) => vec![text.clone()],
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            vec![value.to_string()]
        }
        Value::Table(_) => return Err("got a table, expected a value or a list".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let flag = |name: &'static str| Arg::new(name).long(name);
        Command::new("fetch").args([
            flag("since").default_value("2019"),
            flag("ticker").action(clap::ArgAction::Append).required(true),
            flag("json").action(clap::ArgAction::SetTrue),
        ])
    }

    fn parsed(text: &str, given: &[&str]) -> (String, Vec<String>, bool) {
        let command = with_table(command(), "fetch", text).unwrap();
        let all = std::iter::once("fetch").chain(given.iter().copied());
        let matches = command.try_get_matches_from(all).unwrap();
        let tickers = matches.get_many::<String>("ticker").unwrap().cloned().collect();
        (matches.get_one::<String>("since").unwrap().clone(), tickers, matches.get_flag("json"))
    }

    #[test]
    fn a_flag_comes_before_a_setting_before_a_default() {
        let text = "[fetch]\nsince = 2024-01-01\nticker = ['BTC', 'ETH']\njson = true";
        let both = vec!["BTC".to_owned(), "ETH".to_owned()];
        assert_eq!(parsed(text, &[]), ("2024-01-01".to_owned(), both.clone(), true));
        let given = parsed(text, &["--since", "2025", "--ticker", "XRP"]);
        assert_eq!(given, ("2025".to_owned(), vec!["XRP".to_owned()], true));
        let other = "[train]\nepochs = 3\n[fetch]\nticker = 'BTC'";
        assert_eq!(parsed(other, &[]), ("2019".to_owned(), vec!["BTC".to_owned()], false));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let problem = |text: &str| with_table(command(), "fetch", text).unwrap_err();
        assert!(problem("[fetch]\nsinse = 1").contains("[fetch] sinse: fetch has no such flag"));
        assert!(problem("since = 1").contains("expected a table named like a program"));
        assert!(problem("[fecth]\nsince = 1").contains("\"fecth\": expected a table"));
        assert!(problem("[fetch]\nr2-secret-key = 'x'").contains("r2-secret-key-file"));
        assert!(problem("[fetch]\nsince = {a = 1}").contains("got a table"));
        assert!(problem("[fetch").contains("this is no TOML"));
        assert!(problem("[fetch]\nprint-config = true").contains("has no such flag"));
    }

    #[test]
    fn the_file_is_named_by_the_last_flag() {
        let named = |given: &[&str]| named(given.iter().map(OsString::from));
        assert_eq!(named(&["--settings", "a", "--settings=b"]), Some("b".into()));
        assert_eq!(named(&["--settings=a", "--", "--settings=b"]), Some("a".into()));
    }
}
