#!/bin/sh
# What things cost on this machine: every small benchmark, then the whole gateway beside its cost floor. Prints, never judges.
# usage: run.sh BUILD_FOLDER
set -eu
build=$(cd "${1:-build/dev}" && pwd)
port=${SEALGATE_BENCH_PORT:-18450}
seconds=${SEALGATE_BENCH_SECONDS:-5}
for bench in "$build"/bench/bench_*; do
    echo "-- $(basename "$bench")"
    case $bench in
    *_jsonld) "$bench" "$(dirname "$0")/../fuzz/jsonld/corpus/jsonld/credential.json" ;;
    *_rdf) ;; # below, beside its rival
    *) "$bench" ;;
    esac
done
echo "-- RDFC-1.0 beside rdf-canonize"
sh "$(dirname "$0")/rdf/compare.sh" "$build" || [ $? = 77 ]
work=$(mktemp -d "${TMPDIR:-/tmp}/sealgate-bench-XXXXXX")
trap '"$build/sealgate" stop --dir "$work/state" >/dev/null 2>&1 || true; rm -rf "$work"' EXIT INT TERM
"$build/sealgate" init --demo --dir "$work/state" --listen "127.0.0.1:$port" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
"$build/sealgate" run --dir "$work/state" --background >>"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
echo "-- sealgate bench"
"$build/sealgate" bench --dir "$work/state" --seconds "$seconds"
echo "-- sealgate bench, a row per format"
"$build/sealgate" bench --dir "$work/state" --format all --seconds 1
