#!/bin/sh
# A fresh demo gateway, then its pages in headless Chromium (req: AU-2, AU-3, AU-4, AU-6, EV-2, OPS-1).
# usage: pages.sh BUILD_FOLDER       Screenshots: BUILD_FOLDER/pages. Skips (77) without chromium or npm packages.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=$(cd "${1:-$top/build/dev}" && pwd)
port=${SEALGATE_PAGES_PORT:-19410}
chromium=${SEALGATE_CHROMIUM:-/usr/bin/chromium}
[ -x "$chromium" ] || { echo "SKIPPED: $chromium is not installed (apt-get install chromium)"; exit 77; }
here=$top/tests/interop
. "$top/tests/interop/npm.sh"
mkdir -p "$modules/pages" "$build/pages"
cp "$top"/tests/interop/pages/*.mjs "$modules/pages/"

work=$(mktemp -d "${TMPDIR:-/tmp}/sealgate-pages-XXXXXX")
export SEALGATE_DIR=$work/state SEALGATE_BIN=$build/sealgate SEALGATE_BASE=http://localhost:$port SEALGATE_CHROMIUM=$chromium
export SEALGATE_SCREENSHOTS=$build/pages
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
{
    echo "consent_lifetime_s = 30" # so that a question can be seen to expire
    echo "wallets = page-wallet|http://127.0.0.1/callback|Wallet of the <b>test</b>"
} >>"$SEALGATE_DIR/conf/gateway.ini"
export SEALGATE_PAGE_WALLET=page-wallet
"$SEALGATE_BIN" run --dir "$SEALGATE_DIR" >"$work/run.log" 2>&1 &
n=0
until curl -fs --noproxy '*' "$SEALGATE_BASE/readyz" >/dev/null 2>&1; do
    n=$((n + 1))
    [ $n -lt 200 ] || { echo "the gateway did not become ready"; exit 1; }
    sleep 0.1
done
failed=0
node --test --test-concurrency=1 "$modules"/pages/*.test.mjs || failed=$?
exit $failed
