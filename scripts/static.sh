#!/usr/bin/env bash
# The programs that a miner runs, linked with glibc in static form, into target/static. Called by `just static`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=$(rustc -vV | sed -n 's/^host: //p')
case $target in
    *-linux-gnu) ;;
    *) echo "static: made for Linux with glibc, got $target" >&2; exit 2 ;;
esac
programs=(mine fetch embed seal commit preflight)
arguments=()
for program in "${programs[@]}"; do arguments+=(--bin "$program"); done
# Naming the target keeps the flags away from build scripts and macros, which must stay dynamic.
RUSTFLAGS='-C target-feature=+crt-static -C strip=symbols' cargo build --release --target "$target" -p mantis-examples \
    --no-default-features --features network "${arguments[@]}"
built=${CARGO_TARGET_DIR:-target}/$target/release
mkdir -p target/static
for program in "${programs[@]}"; do
    cp "$built/$program" target/static/
    if LC_ALL=C ldd "target/static/$program" 2>&1 | grep -q '=>'; then
        echo "static: $program still needs a library" >&2
        exit 1
    fi
done
du -h target/static/*
