#!/bin/sh
# conf/contexts/embed.mjs: what it writes, and that other bytes than the pinned ones stop it. req: FMT-3
# usage: test_embed.sh SOURCE_FOLDER BUILD_FOLDER
set -eu
source=$1
build=$2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT INT TERM
fail() { echo "FAILED: $*" >&2; exit 1; }

cp -R "$source/conf/contexts" "$tmp/contexts"
cp -R "$build/formats/jsonld/npm" "$tmp/npm" # installed already: nothing is fetched here
embed() { node "$tmp/contexts/embed.mjs" "$tmp/npm" "$tmp/out.c" 2>"$tmp/said"; }

embed || fail "the pinned files were refused: $(cat "$tmp/said")"
cmp -s "$tmp/out.c" "$build/formats/jsonld/jsonld_builtin.c" || fail "another C file than the build's"

rm "$tmp/out.c"
printf ' ' >>"$tmp/npm/node_modules/did-context/contexts/did-v1.jsonld"
if embed; then fail "a changed file was accepted"; fi
[ ! -e "$tmp/out.c" ] || fail "a C file was written all the same"
[ "$(wc -l <"$tmp/said")" = 1 ] || fail "the message is not one line"
grep -q '^contexts: did-context/contexts/did-v1.jsonld has SHA-256 [0-9a-f]*, conf/contexts/contexts.json wants [0-9a-f]*$' "$tmp/said" ||
    fail "the message does not say which file: $(cat "$tmp/said")"
[ ! -e "$tmp/npm/installed" ] || fail "the next build would not install afresh"
echo "embed: pinned bytes only"
