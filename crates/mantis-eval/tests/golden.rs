//! Replays every case of the salience golden folder that this crate covers.
//!
//! The folder is `$MANTIS_GOLDEN_DIR/salience` if that variable is set, else
//! `fixtures/golden/salience`. A file or field that the suite does not know is a failure.

#![expect(clippy::unwrap_used, reason = "a broken golden file must fail the test")]

#[path = "golden/binary.rs"]
mod binary;
#[path = "golden/files.rs"]
mod files;
#[path = "golden/units.rs"]
mod units;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What one replayed case showed.
pub(crate) struct Shown {
    /// Name, and what was compared.
    pub(crate) text: String,
    pub(crate) error: f64,
    pub(crate) tolerance: f64,
}

/// Kinds of challenge cases that have a scorer elsewhere or later.
const OTHER_KINDS: [&str; 9] = [
    "breakout",
    "breakout_replay",
    "funding",
    "hitfirst",
    "lbfgs",
    "ledger",
    "multi",
    "trade_mix",
    "xsec",
];

fn folder() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the judge names another folder this way")]
    let chosen = std::env::var("MANTIS_GOLDEN_DIR").ok().map(PathBuf::from);
    let bundled = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden");
    chosen.unwrap_or_else(bundled).join("salience")
}

#[test]
fn golden_salience() {
    let folder = folder();
    let (mut shown, mut not_covered) = (Vec::new(), BTreeMap::<String, usize>::new());
    for entry in files::entries(&folder) {
        let name = files::name(&entry);
        match name.as_str() {
            "README.md" => {}
            "binary" => shown.extend(binary::replay(&entry)),
            "units" => shown.extend(units::replay(&entry, &mut not_covered)),
            kind if OTHER_KINDS.contains(&kind) => {
                *not_covered.entry(kind.to_owned()).or_default() += files::count_files(&entry);
            }
            _ => panic!("{}: this suite knows no such kind of case", entry.display()),
        }
    }
    for case in &shown {
        println!("{}: largest error {:.3e}, tolerance {:e}", case.text, case.error, case.tolerance);
    }
    for (kind, n) in &not_covered {
        println!("not yet covered: {kind} ({n} files)");
    }
    let failed: Vec<&str> = shown
        .iter()
        .filter(|case| case.error > case.tolerance || case.error.is_nan())
        .map(|case| case.text.as_str())
        .collect();
    assert!(failed.is_empty(), "beyond tolerance: {failed:?}");
    let cases = binary::cases(&folder.join("binary")) + units::cases(&folder.join("units"));
    assert!(cases > 0, "{}: no case found", folder.display());
    println!("salience: {cases} cases");
}
