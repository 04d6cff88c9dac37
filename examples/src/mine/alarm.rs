//! Calling a webhook when cycles fail.

use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use mantis_submit::miner::CycleReport;
use mantis_submit::{Hotkey, Web, Webhook};
use serde_json::json;

/// Calls a webhook once after so many failed cycles in a row, and once when it works again; in a
/// thread of its own, so that a slow one holds up nothing.
#[derive(Debug)]
pub struct Alarm {
    after: u64,
    hotkey: Hotkey,
    failures: u64,
    messages: Sender<String>,
}

impl Alarm {
    /// An alarm after `after` failures, at least one.
    #[must_use]
    pub fn new(webhook: Webhook, after: u64, hotkey: Hotkey) -> Self {
        let (messages, received) = channel::<String>();
        std::thread::spawn(move || {
            let web = Web::new(Duration::from_secs(10));
            for message in received {
                // The alarm is on top of the log, which says all the same.
                for _ in 0..3 {
                    if web.post_json(&webhook, &message).is_ok() {
                        break;
                    }
                    std::thread::sleep(Duration::from_secs(5));
                }
            }
        });
        Self { after: after.max(1), hotkey, failures: 0, messages }
    }

    /// Counts a cycle; whether the webhook is called.
    pub fn cycle(&mut self, report: &CycleReport) -> bool {
        let before = self.failures;
        self.failures = if report.is_stored() { 0 } else { before + 1 };
        let status = match (before, self.failures) {
            (_, now) if now == self.after => "failing",
            (before, 0) if before >= self.after => "recovered",
            _ => return false,
        };
        let text = format!("MANTIS miner {}: {status}. {report}", self.hotkey);
        let message = json!({
            "text": text,
            // What Discord reads.
            "content": text.chars().take(1_900).collect::<String>(),
            "status": status,
            "failures_in_a_row": self.failures,
            "hotkey": self.hotkey,
        });
        self.messages.send(message.to_string()).is_ok()
    }
}
