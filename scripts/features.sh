#!/usr/bin/env bash
# Every library with each set of its features, warnings denied. The sets are read from cargo metadata.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mapfile -t combinations < <(cargo run --quiet -p mantis-checks)
[ "${#combinations[@]}" -gt 0 ] || exit 1
for combination in "${combinations[@]}"; do
    # Without a libtorch on this machine, the feature that fetches one stands for the one that asks for it.
    if [ "${MANTIS_LIBTORCH:-}" = download ]; then combination=${combination//torch/download-libtorch}; fi
    echo "── cargo clippy $combination"
    read -ra arguments <<<"$combination"
    # The library alone first: its tests may turn on features of its dependencies.
    cargo clippy --quiet "${arguments[@]}" --lib -- -D warnings
    cargo clippy --quiet "${arguments[@]}" --all-targets -- -D warnings
done
echo "${#combinations[@]} feature combinations build without a warning"
