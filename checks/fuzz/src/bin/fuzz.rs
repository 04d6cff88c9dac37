//! What libFuzzer drives: the body that MANTIS_FUZZ_BODY names.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use mantis_fuzz::Body;

static BODY: OnceLock<&'static Body> = OnceLock::new();

#[expect(clippy::disallowed_methods, reason = "libFuzzer takes the arguments for itself")]
fn named() -> &'static Body {
    // libFuzzer would take each panic for a finding, and those of the Parquet library are caught and made errors of. What is
    // not caught is found all the same.
    let abort = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let place = panic.location().map_or("", |location| location.file());
        if !place.contains("/parquet-") && !place.contains("/arrow-") {
            abort(panic);
        }
    }));
    let name = std::env::var("MANTIS_FUZZ_BODY").unwrap_or_default();
    mantis_fuzz::body(&name).unwrap_or_else(|| panic!("MANTIS_FUZZ_BODY: {name:?} is no body"))
}

fuzz_target!(|bytes: &[u8]| {
    let _ = (BODY.get_or_init(named).read)(bytes);
});
