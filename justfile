# The recipes of Mantis. Run `just` for the list; README.md says where to start.

set positional-arguments

# Where libtorch comes from: 'wheel' (cut out of PyTorch's Python wheel) or 'download' (fetched by the build; no Python).
libtorch := env('MANTIS_LIBTORCH', 'wheel')

# The cargo profile. 'dev' is optimised too and shared by everything; 'release' builds all of it once more.
profile := env('MANTIS_PROFILE', 'dev')

export MANTIS_LIBTORCH := libtorch

build := '--profile ' + profile + if libtorch == 'download' { ' --features mantis-examples/download-libtorch' } else { '' }

# List the recipes
default:
    @just --list --unsorted

# Install what is missing on this machine (apt packages, CMake, libtorch)
[no-exit-message]
setup:
    @scripts/setup.sh

# Tell what is missing on this machine, and change nothing
[no-exit-message]
doctor:
    @scripts/setup.sh --check

# The main job: train and judge the BTC one-hour model on bundled data (--quick, --out DIR, --help)
demo *args: setup
    cargo run {{ build }} -p mantis-examples --bin demo -- "$@"

# All tests: unit, integration, golden, and the examples in the documentation
[no-exit-message]
test *args: setup
    @scripts/test.sh {{ build }} "$@"

# Compare with the references: vmd, tmfg, indicators, salience, payload, or all of them (MANTIS_GOLDEN_DIR: other cases)
[no-exit-message]
golden *topics: setup
    @scripts/golden.sh {{ build }} -- "$@"

# Look for look-ahead in the default feature plan or another one (--plan FILE, --canaries, --help)
[no-exit-message]
audit *args: setup
    cargo run {{ build }} -p mantis-examples --bin audit -- "$@"

# Renew the pictures in docs/ (needs chromium, and target/demo from `just demo`)
[no-exit-message]
screenshots: setup
    @scripts/screenshots.sh

# Formatting, clippy and shell scripts
lint: setup
    cargo fmt --all --check
    cargo clippy --workspace --all-targets {{ build }} -- -D warnings
    @if command -v shellcheck >/dev/null; then shellcheck scripts/*.sh benches/compare/*.sh .ci/run; else echo 'shellcheck is not installed, scripts not checked'; fi

# Format all code
fmt:
    cargo fmt --all

# Put the programs on the path (into cargo's folder; `just install --root DIR` for another)
install *args: setup
    cargo install --locked --path examples {{ if libtorch == 'download' { '--features download-libtorch' } else { '' } }} "$@"
    @echo 'completions: eval "$(mine --completions bash)"'

# Build the programs of a miner as files that need no library of the system, into target/static
static:
    @scripts/static.sh

# The book, with its links checked; it opens at target/book/index.html
book:
    @scripts/book.sh

# Write the outputs and reference tables of the book anew
book-renew: setup
    BOOK=renew cargo test {{ build }} -p mantis-examples --test book --test reference

# Licences, bans and sources of all dependencies; advisories where their list can be fetched
deny:
    @scripts/deny.sh

# That the libraries could be published
publish-check: setup
    cargo publish --workspace --dry-run

# Compare the public API with checks/api (--renew after a change that is meant)
[no-exit-message]
api *args: setup
    cargo run {{ build }} -p mantis-checks --bin api -- "$@"

# Feed the readers of untrusted bytes under libFuzzer (`just fuzz payload`; FUZZ_SECONDS for each: 600, FUZZ_JOBS at a time: 2)
fuzz *bodies: setup
    @scripts/fuzz.sh "$@"

# The reference documentation, warnings denied; it opens at target/doc/mantis_data/index.html
docs: setup
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps {{ build }}

# Measure (arguments go to criterion: `just bench vmd`)
bench *args: setup
    cargo bench -p mantis-benches --bench '*' -- "$@"

# Measure beside the references (vmdpy and others, installed for the run) and renew docs/benchmarks.md (--check: look for regressions)
[no-exit-message]
compare *args: setup
    @benches/compare/compare.sh "$@"

# Every feature combination of every library, warnings denied
[no-exit-message]
features: setup
    @scripts/features.sh

# Dependencies between the crates point down only
layers:
    cargo test --quiet -p mantis-checks --test layers -- --nocapture

# All checks of the workspace itself: layers, chosen libraries, fixtures
checks:
    cargo test -p mantis-checks --tests -- --nocapture

# Everything that must pass before a change is accepted
ci:
    .ci/run
