#!/usr/bin/env bash
# compare.sh [TOPIC..]: measures Mantis beside its references, both sides on the same input in the same run.
#
# A topic is a program TOPIC.py here with its packages in TOPIC.txt; it gets the path of a JSON file to write. The packages go
# into a virtual environment that is thrown away. The results of all topics, old and new, make docs/benchmarks.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

topics=("$@")
if [ "${#topics[@]}" = 0 ]; then
    for packages in benches/compare/*.txt; do topics+=("$(basename "$packages" .txt)"); done
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p docs/benchmarks
python3 -m venv "$work/python"
for topic in "${topics[@]}"; do
    [ -f "benches/compare/$topic.py" ] || { echo "compare: no topic $topic in benches/compare" >&2; exit 2; }
    echo "── $topic: installing $(tr '\n' ' ' <"benches/compare/$topic.txt")"
    "$work/python/bin/pip" install --quiet --disable-pip-version-check -r "benches/compare/$topic.txt"
    "$work/python/bin/python" "benches/compare/$topic.py" "$work/$topic.json"
    # Only a finished run replaces the figures.
    "$work/python/bin/python" benches/compare/table.py keep "$work/$topic.json" "docs/benchmarks/$topic.json" "benches/compare/$topic.txt"
done
"$work/python/bin/python" benches/compare/table.py page docs/benchmarks docs/benchmarks.md
echo 'docs/benchmarks.md is up to date'
