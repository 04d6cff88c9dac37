#!/usr/bin/env bash
# Runs the golden suites. Called by `just golden [TOPIC..]`.
#
# Usage: scripts/golden.sh [CARGO ARGUMENT..] -- [TOPIC..]
#
# Each topic ends with the line `TOPIC: N cases` on standard output. MANTIS_GOLDEN_DIR names a folder with other cases,
# laid out as fixtures/golden.
set -euo pipefail
if [ -n "${MANTIS_GOLDEN_DIR:-}" ]; then
    # Tests run in the folder of their package.
    MANTIS_GOLDEN_DIR=$(cd "$MANTIS_GOLDEN_DIR" && pwd) || exit 1
    export MANTIS_GOLDEN_DIR
else
    unset MANTIS_GOLDEN_DIR
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    build+=("$1")
    shift
done
[ $# -gt 0 ] && shift

# The packages whose tests named golden* hold a topic. One topic needs no engine; all of them share the build of the tests.
packages() {
    case $1 in
    vmd) echo -p mantis-vmd ;;
    tmfg) echo -p mantis-features --features mantis-features/linalg-openblas ;;
    indicators) echo -p mantis-features ;;
    salience) echo -p mantis-eval --features mantis-eval/ledger ;;
    payload) echo -p mantis-submit ;;
    *) return 1 ;;
    esac
}

all=(vmd tmfg indicators salience payload)
topics=("$@")
[ $# -gt 0 ] || topics=("${all[@]}")
for topic in "${topics[@]}"; do
    packages "$topic" >/dev/null || {
        echo "golden: '$topic' is no topic: ${all[*]}" >&2
        exit 2
    }
done

failed=()
for topic in "${topics[@]}"; do
    if [ $# -gt 0 ]; then
        read -ra selection <<<"$(packages "$topic")"
        # Features of packages that are not selected cannot be named.
        for ((i = 0; i < ${#build[@]}; i++)); do
            [ "${build[i]}" = --profile ] && selection+=("${build[i]}" "${build[i + 1]}")
        done
    else
        selection=(--workspace "${build[@]}")
    fi
    log=$(mktemp)
    if cargo test "${selection[@]}" --test 'golden*' -- --nocapture "golden_$topic" | tee "$log" &&
        line=$(grep -xE "(.*[^a-z])?$topic: [0-9]+ cases" "$log" | tail -n 1); then
        # The harness may print on the same line before it.
        echo "$topic: ${line##*"$topic: "}"
    else
        failed+=("$topic")
        echo "golden: $topic failed" >&2
    fi
    rm -f "$log"
done
if [ "${#failed[@]}" -gt 0 ]; then
    echo "golden: failed: ${failed[*]}" >&2
    exit 1
fi
