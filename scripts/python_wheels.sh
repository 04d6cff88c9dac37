#!/usr/bin/env bash
# Puts the Python packages that tests compare with into a folder, and prints its path for PYTHONPATH:
# timelock (as validators have it), bittensor-core and websockets. Fails if pip cannot get them; the tests then say
# that they were skipped.
#
# Usage: PYTHONPATH=$(scripts/python_wheels.sh) cargo test -p mantis-submit
set -euo pipefail
folder=${CARGO_TARGET_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/target}/python-wheels
if [ ! -e "$folder/complete" ]; then
    rm -rf "$folder"
    mkdir -p "$folder/downloads"
    # The wrapper is published for Python 3.10 alone; it has plain functions only and works with later ones under a
    # neutral name.
    python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version 3.10 --implementation cp --abi cp310 \
        --platform manylinux_2_34_x86_64 --dest "$folder/downloads" \
        timelock==0.0.1.dev0 timelock_wasm_wrapper==0.0.2 >&2
    for wheel in "$folder"/downloads/*.whl; do python3 -m zipfile -e "$wheel" "$folder"; done
    mv "$folder"/timelock_wasm_wrapper/timelock_wasm_wrapper.*.so "$folder/timelock_wasm_wrapper/timelock_wasm_wrapper.so"
    python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target "$folder" \
        bittensor-core==0.1.5 websockets >&2
    rm -r "$folder/downloads"
    touch "$folder/complete"
fi
echo "$folder"
