#!/usr/bin/env bash
# Runs the real miner on a small disk that is filled, emptied, made read-only and writable again, and tells what it did.
#
# Usage: scripts/full_disk.sh PATH_OF_MINE
# It mounts the disk in a namespace of its own; where the system does not allow that, it says so and ends with 0.
# The functions below are called through `check`, which shellcheck does not see.
# shellcheck disable=SC2317
set -euo pipefail
mine=$(realpath "$1")
if [ "${2:-}" != inside ]; then
    if ! unshare --user --map-root-user --mount true 2>/dev/null; then
        echo 'skipped: this system does not allow namespaces'
        exit 0
    fi
    exec unshare --user --map-root-user --mount "$0" "$mine" inside
fi

disk=$(mktemp -d)
log=$(mktemp)
mount -t tmpfs -o size=256k tmpfs "$disk"
hotkey=5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR
echo '{"BTC":[-0.2,0.2]}' >"$disk/embeddings.json"
"$mine" --hotkey "$hotkey" --profile guide --interval 1 --health-port 0 --embeddings "$disk/embeddings.json" \
    --bucket-dir "$disk/bucket" --state "$disk/state.json" >"$log" 2>&1 &
miner=$!
# The miner may have ended by itself, which must not end the clearing up.
trap 'kill -KILL $miner 2>/dev/null || true; umount "$disk"; rm -rf "$disk" "$log"' EXIT

object=$disk/bucket/$hotkey
sum() { sha256sum "$object" 2>/dev/null | cut -c 1-12; }
outcome=0
check() { # check TEXT COMMAND..
    local text=$1
    shift
    if "$@"; then echo "ok      $text"; else echo "FAILED  $text" && outcome=1; fi
}
moves() { # Whether a new object appears within three seconds.
    local before
    before=$(sum)
    for _ in $(seq 30); do
        sleep 0.1
        [ "$(sum)" != "$before" ] && return 0
    done
    return 1
}
stays() { ! moves; }
whole() { [ "$(tail -c 1 "$object")" = '}' ] && [ "$(stat -c %s "$object")" -gt 1000 ]; }
said() { tail -n 3 "$log" | grep -q "$1"; }
alive() { kill -0 "$miner" 2>/dev/null; }

check 'a new object each second' moves
dd if=/dev/zero of="$disk/fill" bs=1k count=1000 2>/dev/null || true
sleep 1.5
check 'disk full: the object stays' stays
check 'disk full: it is whole' whole
check 'disk full: every line says so' said 'No space left on device'
check 'disk full: the miner runs' alive
rm "$disk/fill"
check 'space again: a new object, without help' moves
check 'space again: it is whole' whole
mount -o remount,ro "$disk"
sleep 1.5
check 'read-only: the object stays' stays
check 'read-only: every line says so' said 'Read-only file system'
check 'read-only: the miner runs' alive
mount -o remount,rw "$disk"
check 'writable again: a new object, without help' moves
check 'writable again: it is whole' whole
kill -TERM "$miner"
if wait "$miner"; then echo 'ok      SIGTERM: ended well'; else echo "FAILED  SIGTERM: ended with $?" && outcome=1; fi
exit $outcome
