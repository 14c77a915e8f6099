#!/bin/sh
# RDFC-1.0 in C beside rdf-canonize on Node, the same datasets in the same run: microseconds, the ratio, and how each grows. Prints, never judges speed; ends with 1 when the results differ.
# usage: compare.sh BUILD_FOLDER     Skips (77) when npm packages cannot be had.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../../.." && pwd)
build=$(cd "${1:-$top/build/dev}" && pwd)
. "$top/tests/interop/npm.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/sealgate-rdf-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
"$build/bench/bench_rdf" "$work"
cp "$here/compare.mjs" "$modules/bench_rdf.mjs"
node "$modules/bench_rdf.mjs" "$work" "$build/bench/bench_rdf"
