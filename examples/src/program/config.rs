//! What a program would run with, as a file of settings.

use std::fmt::Write as _;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command};

use super::is_common;
use super::settings::SECRET;

/// The values of all flags as TOML that is a file of settings, with a comment that tells where each comes from.
pub(super) fn text(plain: &Command, command: &Command, matches: &ArgMatches) -> String {
    if let Some((name, matches)) = matches.subcommand() {
        let of = |command: &Command| command.find_subcommand(name).cloned();
        return match (of(plain), of(command)) {
            (Some(plain), Some(command)) => text(&plain, &command, matches),
            _ => String::new(),
        };
    }
    let mut text = format!("[{}]\n", command.get_name());
    for arg in command.get_arguments().filter(|arg| !is_common(arg)) {
        let Some(flag) = arg.get_long() else { continue };
        // A name with a dot would be a table.
        let key = if flag.contains('.') { format!("{flag:?}") } else { flag.to_owned() };
        let values: Option<Vec<String>> = matches
            .get_raw(arg.get_id().as_str())
            .map(|values| values.map(|value| literal(&value.to_string_lossy())).collect());
        let line = match values {
            Some(_) if SECRET.contains(&flag) => format!("# {key} is given, and not shown"),
            Some(values) if many(arg) => format!("{key} = [{}]", values.join(", ")),
            Some(values) => format!("{key} = {}", values.join(", ")),
            None => format!("# {key} is not set"),
        };
        let _ = match matches.value_source(arg.get_id().as_str()) {
            Some(ValueSource::CommandLine) => writeln!(text, "{line}  # flag"),
            Some(ValueSource::EnvVariable) => writeln!(text, "{line}  # environment"),
            Some(_) if set(plain, command, arg) => writeln!(text, "{line}  # settings"),
            Some(_) => writeln!(text, "{line}  # default"),
            None => writeln!(text, "{line}"),
        };
    }
    text
}

/// Whether a file of settings changed the default of a flag.
fn set(plain: &Command, command: &Command, arg: &Arg) -> bool {
    let default = |command: &Command| {
        let found = command.get_arguments().find(|other| other.get_id() == arg.get_id());
        found.map(|arg| arg.get_default_values().to_vec())
    };
    default(plain) != default(command)
}

fn many(arg: &Arg) -> bool {
    matches!(arg.get_action(), clap::ArgAction::Append)
}

/// A value as TOML writes it.
fn literal(value: &str) -> String {
    let plain = value.parse::<i64>().is_ok_and(|number| number.to_string() == value)
        || value == "true"
        || value == "false";
    if plain { value.to_owned() } else { toml::Value::String(value.to_owned()).to_string() }
}
