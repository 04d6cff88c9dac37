//! What every program does alike: where its flags come from, how it fails, and what it can tell about itself.

mod config;
mod settings;

pub use settings::PROGRAMS;

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Parser, value_parser};
use clap_complete::Shell;

use crate::ui::{note, tell};
use crate::{Error, Result};

/// How a program answers, for those that have no flags of their own for it.
#[derive(Args, Clone, Copy, Debug)]
pub struct OutputFlags {
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress and no notes: the answer, warnings and errors only
    #[arg(long, global = true)]
    pub quiet: bool,
}

/// On how many threads a program works, for those that work on several.
#[derive(Args, Clone, Copy, Debug)]
pub struct ThreadFlags {
    /// Threads; no result depends on their number [default: one for each core]
    #[arg(long, visible_alias = "threads", value_name = "N", value_parser = value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
}

impl ThreadFlags {
    /// Threads to use.
    #[must_use]
    pub fn count(self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or(cores, usize::from)
    }
}

/// Names of the flags that every program has.
const COMMON: [&str; 3] = ["settings", "print-config", "completions"];

/// Runs a program of this name: `body` gets its flags and says with which exit code it ends.
///
/// A flag that is not given is taken from the environment (`MANTIS_PROGRAM_FLAG`), then from the program's table in a settings file,
/// then it has its default. Errors go to standard error, with `--json` as JSON, and end the program with [`Error::exit_code`].
pub fn run<F: Parser>(name: &'static str, body: impl FnOnce(F) -> Result<ExitCode>) -> ExitCode {
    let command = match command::<F>(name) {
        Ok(command) => command,
        Err(error) => return failed(&error, false),
    };
    let printed = std::env::args_os().any(|given| given == "--print-config");
    // Whoever asks for the configuration need not complete it.
    let matches = if printed { relaxed(command.clone()) } else { command.clone() }.get_matches();
    if let Some(shell) = matches.get_one::<Shell>("completions") {
        let mut script = Vec::new();
        clap_complete::generate(*shell, &mut command.clone(), name, &mut script);
        tell(String::from_utf8_lossy(&script).trim_end());
        return ExitCode::SUCCESS;
    }
    if printed {
        tell(config::text(&F::command(), &command, &matches).trim_end());
        return ExitCode::SUCCESS;
    }
    let json = json(&matches);
    let flags = F::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    body(flags).unwrap_or_else(|error| failed(&error, json))
}

/// Tells an error, in the shape that all programs have.
pub fn tell_error(error: &Error, json: bool) {
    if json {
        let code = error.exit_code();
        note(serde_json::json!({"error": error.to_string(), "exit_code": code}));
    } else {
        note(format_args!("error: {error}"));
    }
}

fn failed(error: &Error, json: bool) -> ExitCode {
    tell_error(error, json);
    ExitCode::from(error.exit_code())
}

/// Whether `--json` was given, to the program or to its subcommand.
fn json(matches: &ArgMatches) -> bool {
    let given = matches.try_get_one::<bool>("json").ok().flatten().copied().unwrap_or(false);
    given || matches.subcommand().is_some_and(|(_, matches)| json(matches))
}

/// The command with the flags that all programs have, and with what environment and settings say in place of its defaults.
fn command<F: Parser>(name: &'static str) -> Result<Command> {
    let command = F::command().name(name).bin_name(name).args([
        Arg::new("settings")
            .long("settings")
            .value_name("FILE")
            .env(settings::VARIABLE)
            .hide_env_values(true)
            .help("TOML file with a table of flags for each program [env: MANTIS_SETTINGS]")
            .help_heading("All programs")
            .global(true),
        Arg::new("print-config")
            .long("print-config")
            .action(ArgAction::SetTrue)
            .help("Print the value of every flag and where it comes from, and do nothing")
            .help_heading("All programs")
            .global(true),
        Arg::new("completions")
            .long("completions")
            .value_name("SHELL")
            .value_parser(value_parser!(Shell))
            .help("Print completions for a shell, and do nothing")
            .help_heading("All programs")
            .global(true),
    ]);
    settings::apply(with_variables(command, name), name)
}

/// Every flag can come from the environment too, unless it has a variable of its own.
fn with_variables(command: Command, program: &str) -> Command {
    let command = command.mut_args(|arg| {
        let own = arg.get_long().map(|flag| variable(program, flag));
        match own {
            Some(own) if arg.get_env().is_none() && !is_common(&arg) => arg.env(own).hide_env(true),
            _ => arg,
        }
    });
    command.mut_subcommands(|subcommand| with_variables(subcommand, program))
}

fn variable(program: &str, flag: &str) -> String {
    let name = format!("MANTIS_{program}_{flag}").replace(['-', '.'], "_");
    name.to_uppercase()
}

fn is_common(arg: &Arg) -> bool {
    let builtin = ["help", "version"];
    let id = arg.get_id().as_str();
    COMMON.contains(&id) || builtin.contains(&id)
}

fn relaxed(command: Command) -> Command {
    command.mut_args(|arg| arg.required(false)).mut_subcommands(relaxed)
}
