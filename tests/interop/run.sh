#!/bin/sh
# Interop lane: a fresh gateway, then wallets and verifiers from npm against it.
# usage: run.sh BUILD_FOLDER     Skips (77) when npm packages cannot be had.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$(cd "${1:-$top/build/dev}" && pwd)
port=${SEALGATE_INTEROP_PORT:-18480}

. "$here/npm.sh"
cp "$here"/*.mjs "$modules/"

work=$(mktemp -d "${TMPDIR:-/tmp}/sealgate-interop-XXXXXX")
export SEALGATE_DIR=$work/state SEALGATE_BIN=$build/sealgate SEALGATE_BASE=http://localhost:$port
cleanup() {
    "$SEALGATE_BIN" stop --dir "$SEALGATE_DIR" >/dev/null 2>&1 || true
    if [ "${failed:-1}" != 0 ]; then
        for log in "$SEALGATE_DIR"/run/*.log; do [ -f "$log" ] && { echo "--- $log"; tail -n 20 "$log"; }; done
    fi
    rm -rf "$work"
}
trap cleanup EXIT INT TERM
cd "$top"
"$SEALGATE_BIN" init --demo --dir "$SEALGATE_DIR" --listen "127.0.0.1:$port"
node "$here/attester.mjs" "$SEALGATE_DIR"
"$SEALGATE_BIN" run --dir "$SEALGATE_DIR" >"$work/run.log" 2>&1 &
n=0
until curl -fs "$SEALGATE_BASE/readyz" >/dev/null 2>&1; do
    n=$((n + 1))
    [ $n -lt 100 ] || { echo "the gateway did not become ready"; cat "$work/run.log"; exit 1; }
    sleep 0.1
done
failed=0
node --test "$modules"/*.test.mjs || failed=$?
exit $failed
