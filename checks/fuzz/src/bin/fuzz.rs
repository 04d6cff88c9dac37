//! What libFuzzer drives: the body that MANTIS_FUZZ_BODY names. With MANTIS_FUZZ_SEEDS it writes what each body begins with into that
//! folder, prints the names of the bodies, and ends.

#![no_main]
#![expect(clippy::disallowed_methods, reason = "libFuzzer takes the arguments for itself")]
#![expect(clippy::print_stdout, reason = "a program talks to its caller")]

use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use mantis_fuzz::{BODIES, Body};

static BODY: OnceLock<&'static Body> = OnceLock::new();

fn write_seeds(folder: &Path) -> std::io::Result<()> {
    for body in BODIES {
        let folder = folder.join(body.name);
        std::fs::create_dir_all(&folder)?;
        for (i, seed) in (body.seeds)().iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{i}")), seed)?;
        }
        println!("{}", body.name);
    }
    Ok(())
}

/// libFuzzer's crate would end the program at every panic, and those of the Parquet library are caught and made errors of. A panic
/// that nobody catches ends it all the same.
fn let_panics_be_caught() {
    drop(std::panic::take_hook());
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or("", |location| location.file());
        if !["/parquet-", "/arrow-", "/bytes-"].iter().any(|library| place.contains(library)) {
            tell(panic);
        }
    }));
}

fn begin() {
    if let Some(folder) = std::env::var_os("MANTIS_FUZZ_SEEDS") {
        let outcome = write_seeds(Path::new(&folder));
        outcome.unwrap_or_else(|error| panic!("{}: {error}", Path::new(&folder).display()));
        std::process::exit(0);
    }
    let name = std::env::var("MANTIS_FUZZ_BODY").unwrap_or_default();
    let body = mantis_fuzz::body(&name);
    BODY.get_or_init(|| body.unwrap_or_else(|| panic!("MANTIS_FUZZ_BODY: {name:?} is no body")));
    let_panics_be_caught();
}

fuzz_target!(init: begin(), |bytes: &[u8]| {
    if let Some(body) = BODY.get() {
        let _ = (body.read)(bytes);
    }
});
