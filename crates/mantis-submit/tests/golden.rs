//! Replays every case of the payload golden folder.
//!
//! The folder is `$MANTIS_GOLDEN_DIR/payload` if that variable is set, else
//! `fixtures/golden/payload`. A file or field that the suite does not know is a failure.
//! Runtime metadata is always read from `fixtures/golden/payload`.

#![expect(clippy::unwrap_used, reason = "a broken golden file must fail the test")]
#![expect(clippy::print_stdout, reason = "the last line is read by `just golden`")]

#[path = "golden/commitments.rs"]
mod commitments;
#[path = "golden/files.rs"]
mod files;
#[path = "golden/payloads.rs"]
mod payloads;
#[path = "golden/presigned.rs"]
mod presigned;
#[path = "golden/wallets.rs"]
mod wallets;

use std::path::{Path, PathBuf};

fn bundled() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/payload")
}

fn folder() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "the judge names another folder this way")]
    let chosen = std::env::var_os("MANTIS_GOLDEN_DIR").map(PathBuf::from);
    chosen.map_or_else(bundled, |chosen| chosen.join("payload"))
}

#[test]
fn golden_payload() {
    let folder = folder();
    let mut cases = 0;
    for path in files::entries(&folder) {
        let name = files::name(&path);
        let replayed = match name.as_str() {
            "README.md" => continue,
            "v2_vectors.json" => payloads::vectors(&path),
            "quicknet_rounds.json" => payloads::rounds(&path),
            "set_commitment.json" => commitments::replay(&path, &bundled()),
            "presigned_put_vectors.txt" => presigned::replay(&path),
            "wallets" => wallets::replay(&path),
            _ if name.starts_with("upstream_python_") => payloads::upstream(&path),
            // Read by the commitments.
            _ if name.starts_with("finney_metadata_") && name.ends_with(".scale") => continue,
            _ => panic!("{}: this suite knows no such kind of file", path.display()),
        };
        assert!(replayed > 0, "{}: no case found", path.display());
        println!("{name}: {replayed} cases");
        cases += replayed;
    }
    assert!(cases > 0, "{}: no case found", folder.display());
    println!("payload: {cases} cases");
}
