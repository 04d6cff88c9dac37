#!/usr/bin/env bash
# Runs all tests; the arguments go to cargo. Called by `just test`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Idle threads of OpenMP spin by default, which slows down the tests that run beside them.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-passive}

# Tests that compare with Python packages say that they were skipped where pip cannot get these.
if packages=$(scripts/python_wheels.sh); then
    export PYTHONPATH=$packages${PYTHONPATH:+:$PYTHONPATH}
else
    echo 'test: no Python packages to compare with; the tests that need them are skipped' >&2
fi

if cargo nextest --version >/dev/null 2>&1; then
    echo '── tests (cargo nextest)'
    # nextest calls cargo's profile --cargo-profile.
    arguments=()
    for argument in "$@"; do
        [ "$argument" = --profile ] && argument=--cargo-profile
        arguments+=("$argument")
    done
    cargo nextest run --workspace "${arguments[@]}"
else
    echo '── tests (cargo test)'
    cargo test --workspace --tests "$@"
fi
echo '── examples in the documentation'
cargo test --workspace --doc "$@"
