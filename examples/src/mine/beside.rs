//! What goes on beside the cycles.

use mantis_data::{Clock, Interval};
use mantis_submit::miner::CycleReport;
use mantis_submit::{Hotkey, Webhook};

use super::alarm::Alarm;
use super::assemble::ThisMiner;
use super::drift::DriftGuard;
use super::flags::environment;
use super::log::Log;
use super::options::MineOptions;
use super::retrain::{RetrainSettings, Retrainer};
use crate::{Result, SystemClock};

/// The alarm, the training and the look at the validator's configuration.
pub(super) struct Extras {
    clock: SystemClock,
    drift: Option<DriftGuard>,
    alarm: Option<Alarm>,
    retrainer: Option<Retrainer>,
}

impl Extras {
    pub(super) fn new(
        options: &MineOptions,
        hotkey: Hotkey,
        clock: SystemClock,
        miner: &mut ThisMiner,
        log: &mut Log,
    ) -> Result<Self> {
        let MineOptions { seal, mining, watching, .. } = options;
        let table = seal.table()?;
        if mining.config.is_none() && mining.send {
            log.say(
                "warning",
                "without --config, a change of the validator's challenges goes unnoticed",
            );
        }
        let webhook = environment("MANTIS_WEBHOOK").map(|url| Webhook::new(&url)).transpose()?;
        let retrainer = mining.retrain_command.as_ref().map(|command| {
            let settings = RetrainSettings {
                command: command.clone(),
                every: Interval::days(mining.retrain_every.into()),
                limit: Interval::hours(mining.retrain_limit.into()),
                table: table.clone(),
                model_dir: mining.model_dir.clone(),
                data_dir: mining.data_dir.clone(),
            };
            // The schedule goes on over restarts.
            let last = miner.state().trained_at.unwrap_or_else(|| clock.now());
            note(miner.note_training(last), log);
            Retrainer::new(settings, last)
        });
        Ok(Self {
            clock,
            drift: mining.config.as_ref().map(|place| DriftGuard::new(place, table)),
            alarm: webhook.map(|webhook| Alarm::new(webhook, watching.webhook_after, hotkey)),
            retrainer,
        })
    }

    pub(super) fn after_cycle(
        &mut self,
        miner: &mut ThisMiner,
        report: &CycleReport,
        log: &mut Log,
    ) {
        if self.alarm.as_mut().is_some_and(|alarm| alarm.cycle(report)) {
            log.say("info", "the webhook is called");
        }
        if let Some(retrainer) = &mut self.retrainer {
            let (before, now) = (retrainer.last(), self.clock.now());
            for news in retrainer.step(now) {
                log.say("info", &news);
                note(miner.note_model(format!("{now} {news}")), log);
            }
            if retrainer.last() != before {
                note(miner.note_training(retrainer.last()), log);
            }
        }
        self.look_at_drift(miner, log);
    }

    /// Keeps back what changed; a configuration that cannot be read changes nothing.
    pub(super) fn look_at_drift(&mut self, miner: &mut ThisMiner, log: &mut Log) {
        match self.drift.as_mut().and_then(|guard| guard.look_if_due(self.clock.now())) {
            None => {}
            Some(Ok(report)) => {
                for difference in &report.differences {
                    log.say("warning", &format!("validator's configuration: {difference}"));
                }
                miner.set_drift(report);
            }
            Some(Err(error)) => log.say("warning", &error.to_string()),
        }
    }
}

/// A state that cannot be written stops nothing.
fn note(written: mantis_submit::Result<()>, log: &mut Log) {
    if let Err(error) = written {
        log.say("warning", &error.to_string());
    }
}
