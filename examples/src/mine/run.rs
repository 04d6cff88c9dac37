//! `mine`: every minute, unattended.

use std::path::Path;
use std::time::Duration;

use mantis_data::input::{self, most};
use mantis_submit::miner::HealthServer;

use super::assemble::{ThisMiner, build};
use super::beside::Extras;
use super::log::Log;
use super::options::MineOptions;
use super::stop_signal;
use crate::Result;

/// Mines until the process is asked to end, or for one cycle; whether the last cycle stored an
/// object.
///
/// # Errors
/// For flags that do not go together, before anything is done.
pub fn mine(options: &MineOptions) -> Result<bool> {
    let MineOptions { seal, mining, watching, .. } = options;
    options.check()?;
    let clock = seal.clock()?;
    let hotkey = options.wallet.address()?;
    let mut log = Log::open(watching.json, watching.quiet, watching.log_file.as_deref())?;
    for warning in seal.warnings()?.into_iter().chain(options.bucket.warnings()) {
        log.say("warning", &warning);
    }
    let mut miner = build(options, hotkey, clock, &mut log)?;
    if let Some(path) = &watching.salience {
        show_salience(&miner, path, &mut log);
    }
    // A port that is taken is no reason not to mine.
    if watching.health_port != 0 && !mining.once {
        match HealthServer::start(watching.health_port, miner.vitals(), clock) {
            Ok(server) => {
                log.say("info", &format!("health at http://{}/healthz", server.address()))
            }
            Err(error) => log
                .say("warning", &format!("no health page: port {}: {error}", watching.health_port)),
        }
    }
    let mut extras = Extras::new(options, hotkey, clock, &mut miner, &mut log)?;
    extras.look_at_drift(&mut miner, &mut log);
    log.say(
        "info",
        &format!(
            "{} submits for {hotkey}",
            if mining.send { "mine" } else { "mine (dry run, --send uploads)" }
        ),
    );
    let stop = stop_signal()?;
    let mut stored = false;
    miner.run(mining.once, &stop, &mut |miner, report| {
        stored = report.is_stored();
        log.cycle(report);
        extras.after_cycle(miner, report, &mut log);
    });
    if !mining.once {
        log.say("info", "stopped after a whole cycle");
    } else if stored && mining.commit && mining.send {
        // The guide's `--once --commit`: stay until the chain shows it.
        match miner.settle_commit(Duration::from_secs(150), &stop)? {
            Some(block) => log.say("info", &format!("the chain holds the URL since block {block}")),
            None => {
                log.say("warning", "the commitment is not on the chain yet; look with `commit`")
            }
        }
    }
    Ok(stored)
}

fn show_salience(miner: &ThisMiner, path: &Path, log: &mut Log) {
    let read = input::bytes(path, most::DOCUMENT).map_err(|error| error.to_string());
    let salience = read.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|e| e.to_string()));
    match salience {
        Ok(salience) => {
            let vitals = miner.vitals();
            let mut vitals = vitals.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            vitals.set_salience(salience);
        }
        Err(error) => log.say("warning", &format!("--salience {}: {error}", path.display())),
    }
}
