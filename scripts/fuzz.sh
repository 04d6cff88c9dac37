#!/usr/bin/env bash
# Runs each test that feeds noise to a reader of untrusted bytes again and again, with new noise, for FUZZ_SECONDS (600). The
# arguments go to cargo. Called by `just fuzz`.
#
# The same bodies run a few hundred times in every run of the tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${FUZZ_SECONDS:-600}
bodies=()
noise='any_bytes|altered|arbitrary|mutated|almost|any_text'
while IFS= read -r body; do bodies+=("$body"); done < <(
    grep -rlE 'proptest!' crates --include='*.rs' | xargs grep -hoE "^ +fn [a-z_0-9]*($noise)[a-z_0-9]*" | sed 's/ *fn //' | sort -u
)
echo "${#bodies[@]} bodies, $seconds s each"
export PROPTEST_CASES=${PROPTEST_CASES:-20000}
failed=()
for body in "${bodies[@]}"; do
    start=$SECONDS rounds=0
    while [ $((SECONDS - start)) -lt "$seconds" ]; do
        # The seed of each round is new: proptest draws it from the system.
        if ! timeout $((seconds + 300)) cargo test --quiet -p mantis-data -p mantis-eval -p mantis-submit --features mantis-data/testing,mantis-eval/ledger,mantis-submit/testing --lib --tests "$@" -- "$body" >/tmp/fuzz-$$.log 2>&1; then
            tail -n 40 /tmp/fuzz-$$.log
            failed+=("$body")
            break
        fi
        rounds=$((rounds + 1))
    done
    echo "$body: $rounds rounds in $((SECONDS - start)) s"
done
rm -f /tmp/fuzz-$$.log
if [ "${#failed[@]}" -gt 0 ]; then
    echo "failed: ${failed[*]}" >&2
    exit 1
fi
