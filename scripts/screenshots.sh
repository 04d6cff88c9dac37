#!/usr/bin/env bash
# Makes the pictures of docs/src/img: pages of the programs in Debian's chromium, on a phone and on a desktop, light and dark.
#
# Usage: scripts/screenshots.sh    (needs chromium, and target/demo from `just demo`)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

command -v chromium >/dev/null || { echo 'screenshots: install chromium (apt-get install chromium)' >&2; exit 1; }
[ -f target/demo/report.html ] || { echo "screenshots: run just demo first" >&2; exit 1; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
golden=fixtures/golden/salience/ledger
out=docs/src/img
mkdir -p "$out"

# The small windows with which MANTIS itself scored its small store.
python3 - "$golden/salience.json" "$folder/scoring.json" <<'PYTHON'
import json, sys
overrides = json.load(open(sys.argv[1]))["overrides"]
json.dump({"binary": overrides["config"]}, open(sys.argv[2], "w"))
PYTHON
cargo run --quiet --locked -p mantis-examples --bin salience -- --ledger "$golden/datalog.db" --me 5oxV_strong --no-cache \
    --scoring "$folder/scoring.json" --out "$folder/ledger.html" --quiet >/dev/null

picture() { # picture PAGE NAME WIDTH HEIGHT 0|1 (dark or light)
    # A window is never narrower than 500 pixels, so a phone is a frame in one.
    printf '<!DOCTYPE html><body style="margin:0"><iframe src="file://%s" style="border:0;width:%spx;height:%spx"></iframe>' \
        "$(realpath "$1")" "$3" "$4" >"$folder/frame.html"
    chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$folder/profile" --virtual-time-budget=3000 \
        --blink-settings=preferredColorScheme="$5" --window-size="$3,$4" --screenshot="$out/$2.png" "file://$folder/frame.html" 2>/dev/null
}
picture target/demo/report.html report-1400-light 1400 1900 1
picture "$folder/ledger.html" ledger-400-dark 400 1800 0
# What a terminal shows: a command of the guide with its output, which a test holds to what is printed.
python3 - docs/src/guide/train.md "$folder/terminal.html" <<'PYTHON'
import html, re, sys
block = re.search(r"```console[^\n]*\n(.*?)```", open(sys.argv[1], encoding="utf-8").read(), re.S).group(1).rstrip()
open(sys.argv[2], "w", encoding="utf-8").write(
    '<!DOCTYPE html><meta charset="utf-8"><body style="margin:0;background:#16181d;color:#d8dbe2">'
    f'<pre style="margin:16px;font:13px/1.45 \'DejaVu Sans Mono\',monospace">{html.escape(block)}</pre>')
PYTHON
picture "$folder/terminal.html" terminal 1190 500 0
ls -l "$out"
