//! Submission: `seal`, `commit`, `preflight` and `mine`.

mod alarm;
mod assemble;
mod beside;
mod drift;
mod embeddings;
mod flags;
mod log;
mod once;
mod options;
mod promotion;
mod r2;
mod refresh;
mod retrain;
mod run;
mod status;
mod sync;

pub use crate::models::source::{ArtifactSettings, ArtifactSource, Refresh};
pub use alarm::Alarm;
pub use drift::DriftGuard;
pub use embeddings::{Embeddings, read_input};
pub use flags::{ChainFlags, SealFlags, WalletFlags, commit_url, environment};
pub use log::Log;
pub use once::{CommitOptions, PreflightOptions, SealOptions, commit, preflight, seal};
pub use options::{MineOptions, MiningFlags, WatchingFlags};
pub use promotion::{Compared, MIN_HOURS, Verdict, compare};
pub use r2::{BucketFlags, SECRET_VARIABLES};
pub use refresh::CommandRefresh;
pub use retrain::{RetrainSettings, Retrainer};
pub use run::mine;
pub use status::{Status, StatusOptions, status};
pub use sync::StoreSync;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::{Error, Result};

/// A flag that is set when the process is asked to end (SIGTERM, SIGINT).
///
/// # Errors
/// If the system refuses.
pub fn stop_signal() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        // Asked a second time, it ends at once.
        signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .map_err(|source| Error::Write {
                path: PathBuf::from("/proc/self"),
                action: "wait for signals",
                source,
            })?;
    }
    Ok(stop)
}
