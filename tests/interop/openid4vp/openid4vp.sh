#!/bin/sh
# A fresh demo gateway that knows a verifier from npm; a person with a passkey in software shows credentials of every format to it (req: PRO-3, AU-4).
# usage: openid4vp.sh BUILD_FOLDER      Skips (77) when npm packages cannot be had.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=$(cd "${1:-$top/build/dev}" && pwd)
port=${SEALGATE_OPENID4VP_PORT:-19210}
. "$top/tests/interop/npm.sh"
mkdir -p "$modules/openid4vp"
cp "$top"/tests/interop/*.mjs "$modules/"
cp "$here"/*.mjs "$modules/openid4vp/"

work=$(mktemp -d "${TMPDIR:-/tmp}/sealgate-openid4vp-XXXXXX")
export SEALGATE_DIR=$work/state SEALGATE_BIN=$build/sealgate SEALGATE_BASE=http://localhost:$port SEALGATE_TOP=$top
export SEALGATE_VERIFIER=$work/verifier.json
failed=1
cleanup() {
    "$SEALGATE_BIN" stop --dir "$SEALGATE_DIR" >/dev/null 2>&1 || true
    if [ "$failed" != 0 ]; then
        for log in "$work"/run.log "$SEALGATE_DIR"/run/*.log; do [ -f "$log" ] && { echo "--- $log"; tail -n 25 "$log"; }; done
    fi
    rm -rf "$work"
}
trap cleanup EXIT INT TERM
cd "$top"
"$SEALGATE_BIN" init --demo --dir "$SEALGATE_DIR" --listen "127.0.0.1:$port"
node "$modules/openid4vp/setup.mjs" "$SEALGATE_DIR" "${SEALGATE_VERIFIER_PORT:-$((port + 1))}"
"$SEALGATE_BIN" run --dir "$SEALGATE_DIR" >"$work/run.log" 2>&1 &
n=0
until curl -fs --noproxy '*' "$SEALGATE_BASE/readyz" >/dev/null 2>&1; do
    n=$((n + 1))
    [ $n -lt 200 ] || { echo "the gateway did not become ready"; exit 1; }
    sleep 0.1
done
failed=0
node --test --test-concurrency=1 "$modules"/openid4vp/*.test.mjs || failed=$?
exit $failed
