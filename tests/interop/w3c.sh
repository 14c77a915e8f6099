#!/bin/sh
# The W3C test suites against a local gateway with TLS (docs/operations, "W3C test suites"; req: PRO-5, FMT-3, FMT-4).
# usage: w3c.sh BUILD_FOLDER [SUITE...]       suites: data-model eddsa ecdsa bitstring jose-cose (all)
#
# SEALGATE_W3C_SUITES names a folder with checkouts of the suites, their npm packages installed: vc-data-model-2.0-test-suite,
# vc-di-eddsa-test-suite, vc-di-ecdsa-test-suite, vc-bitstring-status-list-test-suite, vc-jose-cose-test-suite. Without it: SKIPPED (77).
# ecdsa and jose-cose need node 22, eddsa node 20 (22 cannot clone the URLs of its contexts): SEALGATE_W3C_NODE names another node for the
# first two, the rest runs with the one in PATH. Results and logs stay in SEALGATE_W3C_RESULTS, if it is set.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$(cd "${1:-$top/build/dev}" && pwd)
[ $# -eq 0 ] || shift
port=${SEALGATE_W3C_PORT:-18443}
suites=${SEALGATE_W3C_SUITES:-}
node=node newer=${SEALGATE_W3C_NODE:-node}
[ -n "$suites" ] || { echo "SKIPPED: SEALGATE_W3C_SUITES names no folder with checkouts of the W3C test suites"; exit 77; }
[ -d "$suites" ] || { echo "SKIPPED: $suites is no folder"; exit 77; }
command -v "$node" >/dev/null || { echo "SKIPPED: $node is not installed"; exit 77; }
command -v openssl >/dev/null || { echo "SKIPPED: openssl is not installed"; exit 77; }
suites=$(cd "$suites" && pwd)

work=$(mktemp -d "${TMPDIR:-/tmp}/sealgate-w3c-XXXXXX")
dir=$work/state bin=$build/sealgate base=https://localhost:$port
results=${SEALGATE_W3C_RESULTS:-$work/results}
mkdir -p "$results"
cleanup() {
    "$bin" stop --dir "$dir" >/dev/null 2>&1 || true
    if [ "${keep:-no}" = yes ]; then cp "$dir"/run/*.log "$results"/ 2>/dev/null || true; fi
    rm -rf "$work"
}
[ -z "${SEALGATE_W3C_RESULTS:-}" ] || keep=yes
trap cleanup EXIT INT TERM
cd "$top"

# ---- a gateway with TLS, keys of three curves, and instances for the suites ----------------------------------------------
"$bin" init --demo --dir "$dir" --listen "127.0.0.1:$port" --public-url "$base" >/dev/null
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$dir/gateway/tls.key" -out "$dir/gateway/tls.pem" \
    -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost >/dev/null 2>&1
chmod 644 "$dir/gateway/tls.key" "$dir/gateway/tls.pem"
cp "$dir/gateway/tls.pem" "$dir/trust/tls-root.pem"
cat >>"$dir/conf/gateway.ini" <<END
tls_cert = gateway/tls.pem
tls_key = gateway/tls.key
vcapi_profile = w3c-suite
vcapi_test_mode = yes
vcapi_test_client = demo-client
END
echo "own_ca = trust/tls-root.pem" >>"$dir/conf/courier.ini"
cp "$here"/w3c/configurations/*.json "$dir/configurations/"
"$node" "$here/w3c/config.mjs" contexts "$dir/contexts"
"$bin" run --dir "$dir" --background >"$work/run.log" 2>&1 || { cat "$work/run.log"; cat "$dir"/run/*.log 2>/dev/null; exit 1; }
operators="--operator $dir/operators/operator1.json --operator $dir/operators/operator2.json"
index=2001 # beyond those of init's keys
mandates() { # LABEL: one for each configuration that the key signs
    for id in $("$node" "$here/w3c/config.mjs" configurations "$here/w3c/configurations" "$1"); do
        # shellcheck disable=SC2086
        "$bin" mandate set demo-client --dir "$dir" --key "$1" --configuration "$id" --count 100000 $operators || return 1
    done
}
for key in w3c-ed25519:EdDSA w3c-p256:ES256 w3c-p384:ES384; do
    label=${key%:*}
    # shellcheck disable=SC2086
    { "$bin" keys generate --dir "$dir" --label "$label" --alg "${key#*:}" $operators &&
        "$bin" keys status "$label" --dir "$dir" --index $index $operators &&
        "$bin" keys activate "$label" --dir "$dir" $operators && mandates "$label"; } >>"$work/keys.log" 2>&1 || { cat "$work/keys.log"; exit 1; }
    index=$((index + 1))
done
"$bin" keys list --dir "$dir" --json >"$work/keys.json"
mkdir -p "$work/local"
"$node" "$here/w3c/config.mjs" local "$work/keys.json" "$base" >"$work/local/localConfig.cjs"

# The gateway learns of new keys within seconds: every instance must sign before the suites begin.
"$node" "$here/w3c/config.mjs" wait "$work/local/localConfig.cjs" "$dir/trust/tls-root.pem"

# ---- the suites -----------------------------------------------------------------------------------------------------------
failed=0
run() { # NODE NAME FOLDER [mocha arguments...]
    with=$1 name=$2 folder=$suites/$3
    shift 3
    if [ ! -d "$folder/node_modules" ]; then
        echo "$name: SKIPPED, $folder is not there or has no packages installed"
        return
    fi
    (cd "$folder" && APP_ROOT_PATH=$work/local BASE_URL=$base DISABLE_INTEROP=true PATH=$work/shim:$PATH \
        "$with" --no-warnings node_modules/mocha/bin/mocha.js tests/ --timeout 15000 --preserve-symlinks --exit \
        --reporter json --reporter-option "output=$results/$name.json" "$@" >"$results/$name.log" 2>&1) || true
    "$node" "$here/w3c/config.mjs" report "$name" "$results/$name.json" || failed=1
}
wanted=${*:-data-model eddsa ecdsa bitstring jose-cose}
for suite in $wanted; do
    case $suite in
    data-model) run "$node" data-model vc-data-model-2.0-test-suite ;;
    eddsa) run "$node" eddsa vc-di-eddsa-test-suite ;;
    ecdsa) run "$newer" ecdsa vc-di-ecdsa-test-suite ;;
    bitstring) run "$node" bitstring vc-bitstring-status-list-test-suite ;;
    jose-cose) sh "$here/w3c/jose_cose.sh" shim "$build" "$work/shim" && run "$newer" jose-cose vc-jose-cose-test-suite --timeout 150000 ;;
    *) echo "no such suite: $suite"; failed=1 ;;
    esac
done
exit $failed
