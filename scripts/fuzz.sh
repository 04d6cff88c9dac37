#!/usr/bin/env bash
# Runs bodies of checks/fuzz under libFuzzer (all of them, or those that are named), each for FUZZ_SECONDS (600), FUZZ_JOBS (2)
# at a time. Called by `just fuzz`. Needs bash 4.3, which macOS does not have by itself.
#
# What is found goes to checks/fuzz/found/BODY, from where every run of the tests reads it. What leads to new paths stays in the
# folder of the build, and the next run begins with it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${FUZZ_SECONDS:-600}
jobs=${FUZZ_JOBS:-2}
[[ $seconds =~ ^[1-9][0-9]*$ && $jobs =~ ^[1-9][0-9]*$ ]] || {
    echo "FUZZ_SECONDS is '$seconds' and FUZZ_JOBS '$jobs', expected whole numbers above 0" >&2
    exit 2
}
host=$(rustc -vV | sed -n 's/^host: //p')
target=${CARGO_TARGET_DIR:-target}/fuzz
corpus=$target/corpus

# Counters of paths and of comparisons in all code of the target; build scripts are left alone because a target is named.
counters='-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters'
counters+=' -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1'
RUSTFLAGS=$counters CARGO_TARGET_DIR=$target cargo build --quiet --target "$host" -p mantis-fuzz --features libfuzzer --bin fuzz
fuzz=$target/$host/debug/fuzz

names=$(MANTIS_FUZZ_SEEDS=$corpus "$fuzz")
mapfile -t all <<<"$names"
bodies=("${@:-${all[@]}}")
for body in "${bodies[@]}"; do
    grep -qxF -- "$body" <<<"$names" || {
        printf "there is no body '%s', only: %s\n" "$body" "${all[*]}" >&2
        exit 2
    }
done
echo "${#bodies[@]} bodies, $seconds s each, $jobs at a time"

# The files that bodies write are small and many.
scratch=$(mktemp -d "$([ -d /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")/mantis-fuzz-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

run() { # run BODY: says how it went in one line.
    local body=$1 log=$target/$1.log found=checks/fuzz/found/$1 outcome=ok
    mkdir -p "$found" "$corpus/$body"
    MANTIS_FUZZ_BODY=$body TMPDIR=$scratch "$fuzz" -max_total_time="$seconds" -rss_limit_mb=4096 -malloc_limit_mb=3072 \
        -timeout=60 -report_slow_units=60 -print_final_stats=1 -artifact_prefix="$found/" "$corpus/$body" "$found" \
        >"$log" 2>&1 || outcome=FAILED
    rmdir --ignore-fail-on-non-empty "$found"
    local runs paths
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    # Whoever fails on what it begins with has no paths to tell of.
    paths=$(sed -n 's/.* cov: \([0-9]*\).*/\1/p' "$log" | tail -n 1)
    printf '%-16s %-7s %12s runs  %7s paths\n' "$body" "$outcome" "${runs:-?}" "${paths:-?}"
    [ "$outcome" = ok ] && return
    grep -E 'panicked|ERROR|SUMMARY' -A2 "$log" | head -n 12
    return 1
}

failed=0
for body in "${bodies[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || failed=1; done
    run "$body" &
done
for process in $(jobs -p); do wait "$process" || failed=1; done
rmdir --ignore-fail-on-non-empty checks/fuzz/found
exit "$failed"
