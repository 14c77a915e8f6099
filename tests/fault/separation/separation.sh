#!/bin/sh
# Each process tries from inside what only another may do (probe.c). Started as root (own user ids) and as an ordinary user.
# usage: separation.sh BUILD_FOLDER PROBE_LIBRARY
set -eu
build=$(cd "$1" && pwd)
probe=$(cd "$(dirname "$2")" && pwd)/${2##*/}
top=$(pwd)
port=${SEALGATE_SEPARATION_PORT:-18470}
bad=0

judge() { # log
    # what must be refused, to whom
    for row in gateway:ledger gateway:pin gateway:token gateway:ledger-write gateway:log-write gateway:inet gateway:inet6 gateway:unix gateway:netlink \
        gateway:packet gateway:listen gateway:module gateway:operators gateway:clients gateway:passwd \
        courier:ledger courier:pin courier:token courier:ledger-write courier:log-write courier:store courier:listen courier:module courier:operators \
        courier:clients courier:packet courier:passwd \
        signer:inet signer:inet6 signer:unix signer:netlink signer:packet signer:listen signer:store signer:operators signer:clients signer:passwd; do
        program=sealgate-${row%%:*}
        attempt=${row#*:}
        result=$(sed -n "s/.*PROBE $program $attempt \([0-9]*\).*/\1/p" "$1" | head -n 1)
        case $result in
        "") echo "NOT TRIED $program $attempt"; bad=1 ;;
        0) echo "ALLOWED   $program $attempt"; bad=1 ;;
        *) echo "refused   $program $attempt (errno $result)" ;;
        esac
    done
    # the probe can tell success from refusal: what a process needs is there
    for row in signer:ledger gateway:store courier:inet; do
        program=sealgate-${row%%:*}
        grep -q "PROBE $program ${row#*:} 0" "$1" || { echo "PROBE BLIND $program ${row#*:}"; bad=1; }
    done
}

try_as() { # words before the command...
    work=$(mktemp -d "${TMPDIR:-/tmp}/sealgate-separation-XXXXXX")
    chmod 755 "$work"
    state=$work/state programs=$build preload=$probe
    if [ "$1" = user ]; then
        # the build may lie where that user cannot go, in root's home for one
        programs=$work/bin preload=$work/bin/${probe##*/}
        mkdir "$programs" && cp "$build"/sealgate "$build"/sealgate-* "$probe" "$programs"/ && chmod -R a+rX "$programs"
        mkdir "$state.d" && chown 12345:12345 "$state.d" && state=$state.d/state
        as="setpriv --reuid=12345 --regid=12345 --clear-groups"
        cd "$work"
    else
        as=env
    fi
    $as "$programs/sealgate" init --demo --dir "$state" --listen "127.0.0.1:$port" >"$work/init.log" 2>&1 || { cat "$work/init.log"; exit 1; }
    LD_PRELOAD=$preload SEALGATE_PROBE_MODULE=/usr/lib/softhsm/libsofthsm2.so $as "$programs/sealgate" run --dir "$state" >"$work/run.log" 2>&1 &
    run=$!
    n=0
    until [ "$(cat "$work/run.log" "$state"/run/*.log 2>/dev/null | grep -c 'PROBE .* end 0')" -ge 3 ] || [ $n -ge 150 ]; do
        n=$((n + 1))
        curl -fs -m 1 "http://127.0.0.1:$port/readyz" >/dev/null 2>&1 || true # wakes whoever sleeps
        sleep 0.1
    done
    cat "$work/run.log" "$state"/run/*.log >"$work/all.log" 2>/dev/null || true
    $as "$programs/sealgate" stop --dir "$state" >/dev/null 2>&1 || kill $run 2>/dev/null || true
    wait $run 2>/dev/null || true
    echo "-- started as $1"
    judge "$work/all.log"
    [ $bad = 0 ] || { echo "-- log"; grep -v PROBE "$work/all.log" | tail -n 20; }
    cd "$top"
    rm -rf "$work"
}

for program in gateway courier; do
    # p11-kit arrives behind GnuTLS, which libmicrohttpd and libcurl bring along; neither is the module, and neither is ours
    if readelf -d "$build/sealgate-$program" | grep NEEDED | grep -qiE 'softhsm|p11|pkcs11'; then echo "LINKS a PKCS#11 library: sealgate-$program"; bad=1; fi
    if ldd "$build/sealgate-$program" | grep -qi softhsm; then echo "LOADS the PKCS#11 module: sealgate-$program"; bad=1; fi
done
if [ "$(id -u)" = 0 ]; then
    try_as root
    try_as user
else
    echo "SKIPPED as root: not started by root"
    try_as env
fi
exit $bad
