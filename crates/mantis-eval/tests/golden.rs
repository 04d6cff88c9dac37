//! Replays every case of the salience golden folder that this crate covers.
//!
//! The folder is `$MANTIS_GOLDEN_DIR/salience` if that variable is set, else
//! `fixtures/golden/salience`. A file or field that the suite does not know is a failure.

#![expect(clippy::unwrap_used, reason = "a broken golden file must fail the test")]

#[path = "golden/binary.rs"]
mod binary;
#[path = "golden/challenges.rs"]
mod challenges;
#[path = "golden/events.rs"]
mod events;
#[path = "golden/files.rs"]
mod files;
#[path = "golden/multi.rs"]
mod multi;
#[path = "golden/profiles.rs"]
mod profiles;
#[path = "golden/rules.rs"]
mod rules;
#[cfg(feature = "ledger")]
#[path = "golden/stores.rs"]
mod stores;
#[path = "golden/units.rs"]
mod units;

use std::path::{Path, PathBuf};

/// What one replayed case showed.
pub(crate) struct Shown {
    /// Name, and what was compared.
    pub(crate) text: String,
    pub(crate) error: f64,
    pub(crate) tolerance: f64,
}

/// End of the text of a second comparison of a case.
pub(crate) const ALSO: &str = "against salience_converged";

fn folder() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the judge names another folder this way")]
    let chosen = std::env::var("MANTIS_GOLDEN_DIR").ok().map(PathBuf::from);
    let bundled = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden");
    chosen.unwrap_or_else(bundled).join("salience")
}

#[test]
fn golden_salience() {
    let folder = folder();
    let mut shown = Vec::new();
    for entry in files::entries(&folder) {
        let name = files::name(&entry);
        match name.as_str() {
            "README.md" => {}
            "binary" => shown.extend(binary::replay(&entry)),
            "breakout" => shown.extend(events::scores(&entry)),
            "breakout_replay" => shown.extend(events::replays(&entry)),
            "funding" => shown.extend(challenges::funding(&entry)),
            "hitfirst" => shown.extend(challenges::hitfirst(&entry)),
            "lbfgs" => shown.extend(challenges::lbfgs(&entry)),
            "trade_mix" => shown.extend(challenges::trade_mix(&entry)),
            "xsec" => shown.extend(challenges::xsec(&entry)),
            #[cfg(feature = "ledger")]
            "ledger" => shown.extend(stores::replay(&entry)),
            #[cfg(not(feature = "ledger"))]
            "ledger" => println!("not replayed: {} needs the feature `ledger`", entry.display()),
            "multi" => shown.extend(multi::replay(&entry)),
            "units" => shown.extend(units::replay(&entry)),
            _ => panic!("{}: this suite knows no such kind of case", entry.display()),
        }
    }
    for case in &shown {
        println!("{}: largest error {:.3e}, tolerance {:e}", case.text, case.error, case.tolerance);
    }
    let failed: Vec<&str> = shown
        .iter()
        .filter(|case| case.error > case.tolerance || case.error.is_nan())
        .map(|case| case.text.as_str())
        .collect();
    assert!(failed.is_empty(), "beyond tolerance: {failed:?}");
    let cases = shown.iter().filter(|case| !case.text.ends_with(ALSO)).count();
    assert!(cases > 0, "{}: no case found", folder.display());
    println!("salience: {cases} cases");
}
