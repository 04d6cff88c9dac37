#!/usr/bin/env bash
# compare.sh [--check [--tolerance X]] [TOPIC..]: measures Mantis beside its references, both sides on the same input in the same run.
#
# A topic is a program TOPIC.py here with its packages in TOPIC.txt; it gets the path of a JSON file to write. The packages go
# into a virtual environment that is thrown away. The results of all topics, old and new, make docs/benchmarks.md.
#
# --check changes nothing in docs: it fails where a ratio to a reference fell below X (0.75) times the committed one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

refuse() {
    echo "compare: $1" >&2
    exit 2
}

check=false
tolerance=
topics=()
while [ $# -gt 0 ]; do
    case $1 in
    --check) check=true ;;
    --tolerance)
        tolerance=${2:-}
        [[ $tolerance =~ ^(0?\.0*[1-9][0-9]*|1(\.0*)?)$ ]] ||
            refuse "--tolerance: got '$tolerance', expected more than 0 and at most 1"
        shift
        ;;
    *)
        [ -f "benches/compare/$1.txt" ] || refuse "no topic $1 in benches/compare"
        topics+=("$1")
        ;;
    esac
    shift
done
$check || [ -z "$tolerance" ] || refuse '--tolerance needs --check; without it the figures are replaced'
if [ "${#topics[@]}" = 0 ]; then
    for packages in benches/compare/*.txt; do topics+=("$(basename "$packages" .txt)"); done
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
kept=docs/benchmarks
$check && kept=$work/kept
mkdir -p "$kept"
python3 -m venv "$work/python"
for topic in "${topics[@]}"; do
    echo "── $topic: installing $(tr '\n' ' ' <"benches/compare/$topic.txt")"
    "$work/python/bin/pip" install --quiet --disable-pip-version-check -r "benches/compare/$topic.txt"
    "$work/python/bin/python" "benches/compare/$topic.py" "$work/$topic.json"
    # Only a finished run replaces the figures.
    "$work/python/bin/python" benches/compare/table.py keep "$work/$topic.json" "$kept/$topic.json" "benches/compare/$topic.txt"
done
if $check; then
    "$work/python/bin/python" benches/compare/table.py check docs/benchmarks "$kept" "${tolerance:-0.75}"
    exit
fi
"$work/python/bin/python" benches/compare/table.py page docs/benchmarks docs/benchmarks.md
echo 'docs/benchmarks.md is up to date'
