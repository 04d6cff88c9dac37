#!/usr/bin/env bash
# Builds the book into target/book and checks the links between its pages. Called by `just book`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools=${MANTIS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mantis}/tools
export PATH=$tools/bin:$PATH
command -v mdbook >/dev/null || cargo install mdbook --version 0.5.4 --locked --no-default-features --features search --root "$tools"
mdbook build docs --dest-dir "$PWD/target/book"
python3 scripts/check_links.py target/book docs/src README.md CONTRIBUTING.md CHANGELOG.md crates
