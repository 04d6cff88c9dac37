//! Stands for the sources, the bucket and the chain, to try the whole road without any of them.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Parser;
use mantis_data::Timestamp;
use mantis_data::input::{self, most};
use mantis_examples::mine::stop_signal;
use mantis_examples::program::{self, OutputFlags};
use mantis_examples::rehearsal::{self, Options, WALLET};
use mantis_examples::ui::tell;
use mantis_examples::{Error, Result};

/// Serve recorded market data, a bucket and a chain on this machine, so that everything from the first bar to the commitment can be
/// tried: without accounts, without the network, and without paying for a slot.
///
/// Programs that are started with the variables of OUT/env talk to these servers and believe in the time of the recorded data.
/// The bucket checks signatures of requests, the chain those of transactions.
#[derive(Parser)]
#[command(
    version,
    args_override_self = true,
    after_help = "Examples:
  rehearse --detach && . rehearsal/env      from here on, programs of this shell rehearse
  rehearse --stop
  rehearse -- mine --once --send --commit --wallet.name rehearsal --wallet.hotkey miner
Exit codes: 0 done, 1 an error, 2 wrong flags; with a command, that of the command."
)]
struct Flags {
    /// Folder with recorded data: SYMBOL/{ohlcv,funding_rates}.parquet
    #[arg(long, value_name = "DIR", default_value = "fixtures/data")]
    data_dir: PathBuf,
    /// Metadata of the chain's runtime
    #[arg(
        long,
        value_name = "FILE",
        default_value = "fixtures/golden/payload/finney_metadata_v15.scale"
    )]
    metadata: PathBuf,
    /// Time that the servers show
    #[arg(long, value_name = "TIME", default_value = "2025-06-30T12:00:00Z", value_parser = Timestamp::parse)]
    now: Timestamp,
    /// Folder for the variables, the settings and a throwaway wallet
    #[arg(long, value_name = "DIR", default_value = "rehearsal")]
    out: PathBuf,
    /// Come back once the servers are there, and leave them running
    #[arg(long, conflicts_with = "command")]
    detach: bool,
    /// End the servers that --detach left running
    #[arg(long, conflicts_with_all = ["detach", "command"])]
    stop: bool,
    /// A program to run among the servers, which end with it
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    #[command(flatten)]
    output: OutputFlags,
}

impl Flags {
    fn pid_file(&self) -> PathBuf {
        self.out.join("pid")
    }
}

fn main() -> ExitCode {
    program::run(env!("CARGO_BIN_NAME"), |flags: Flags| {
        if flags.stop {
            return stop(&flags);
        }
        if flags.detach {
            return detach(&flags);
        }
        let options = Options {
            data_dir: flags.data_dir.clone(),
            metadata: flags.metadata.clone(),
            now: flags.now,
            out: flags.out.clone(),
        };
        let rehearsal = rehearsal::start(&options)?;
        if let [program, arguments @ ..] = flags.command.as_slice() {
            return among(&rehearsal.env, program, arguments);
        }
        let env = flags.out.join("env");
        if flags.output.json {
            tell(serde_json::json!({
                "env": env, "now": flags.now, "symbols": rehearsal.symbols,
                "wallet": WALLET[0], "hotkey": WALLET[1],
            }));
        } else if !flags.output.quiet {
            tell(format_args!(
                "serving bars of {} symbols, a bucket and a chain as of {}",
                rehearsal.symbols, flags.now
            ));
            tell(format_args!("to join: . {}", env.display()));
        }
        let stop = stop_signal()?;
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Runs a command with the variables of the rehearsal.
fn among(env: &Path, program: &str, arguments: &[String]) -> Result<ExitCode> {
    let text = read(env)?;
    let variables = text.lines().filter_map(|line| {
        let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
        Some((name.to_owned(), value.trim_matches('\'').to_owned()))
    });
    let status = Command::new(program).args(arguments).envs(variables).status();
    let status = status.map_err(|source| Error::Read { path: program.into(), source })?;
    Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)))
}

/// Starts this program once more, and waits until its servers are there.
fn detach(flags: &Flags) -> Result<ExitCode> {
    let running = flags.pid_file();
    if running.exists() {
        let text =
            format!("{}: a rehearsal runs already; `rehearse --stop` ends it", running.display());
        return Err(Error::usage(&text));
    }
    let failed = |source| Error::Read { path: "/proc/self/exe".into(), source };
    let itself = std::env::current_exe().map_err(failed)?;
    let env = flags.out.join("env");
    match std::fs::remove_file(&env) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::Write { path: env, action: "replace", source });
        }
        _ => {}
    }
    let mut child = Command::new(itself)
        .args(["--quiet", "--now", &flags.now.to_string(), "--data-dir"])
        .arg(&flags.data_dir)
        .arg("--metadata")
        .arg(&flags.metadata)
        .arg("--out")
        .arg(&flags.out)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(failed)?;
    while !env.exists() {
        if let Some(status) = child.try_wait().map_err(failed)? {
            return Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::write(&running, child.id().to_string()).map_err(|source| Error::Write {
        path: running,
        action: "write",
        source,
    })?;
    if flags.output.json {
        tell(serde_json::json!({"env": env, "pid": child.id()}));
    } else if !flags.output.quiet {
        tell(format_args!("serving sources, a bucket and a chain as of {}", flags.now));
        tell(format_args!("to join: . {}", env.display()));
    }
    Ok(ExitCode::SUCCESS)
}

fn stop(flags: &Flags) -> Result<ExitCode> {
    let running = flags.pid_file();
    let pid = read(&running)?;
    let status = Command::new("kill").arg(pid.trim()).status();
    let status = status.map_err(|source| Error::Read { path: "kill".into(), source })?;
    std::fs::remove_file(&running).map_err(|source| Error::Write {
        path: running,
        action: "remove",
        source,
    })?;
    if status.success() && !flags.output.quiet {
        tell("the servers have ended");
    }
    Ok(ExitCode::from(u8::from(!status.success())))
}

fn read(path: &Path) -> Result<String> {
    input::text(path, most::DOCUMENT)
        .map_err(|source| Error::Read { path: path.to_owned(), source })
}
