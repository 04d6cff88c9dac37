#!/usr/bin/env bash
# Checks all dependencies with cargo-deny, which is installed if it is missing. Called by `just deny`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools=${MANTIS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mantis}/tools
export PATH=$tools/bin:$PATH
command -v cargo-deny >/dev/null || cargo install cargo-deny --version 0.20.2 --locked --root "$tools"
cargo deny --log-level error check licenses bans sources
# The list of advisories lies in a git repository that not every machine reaches.
if timeout 60 cargo deny --log-level error fetch db >/dev/null 2>&1; then
    cargo deny --log-level error check advisories
else
    echo 'advisories not checked: their list cannot be fetched from here'
fi
