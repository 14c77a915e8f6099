#!/bin/sh
# Everything that proves sealgate, in one command: installs what tests need, builds, runs all lanes.
#
#   sh tests/run.sh              all lanes
#   sh tests/run.sh unit crash   some lanes: unit vectors fuzz fault crash replay interop bench
#
# Sanitized builds (address, undefined) run the unit, vectors, fuzz, fault and crash lanes; interop and bench use the optimised build;
# the concurrent parts run once more under the thread sanitizer. SEALGATE_VECTORS names the shared vectors (default ../shared/vectors).
# SEALGATE_JOBS limits parallel jobs.
set -eu
cd "$(dirname "$0")/.."
top=$PWD
jobs=${SEALGATE_JOBS:-$(nproc)}
lanes=${*:-unit vectors fuzz fault crash replay interop bench}
for lane in $lanes; do
    case $lane in
    unit | vectors | fuzz | fault | crash | replay | interop | bench) ;;
    *) echo "run.sh: there is no lane '$lane' (unit vectors fuzz fault crash replay interop bench)" >&2; exit 2 ;;
    esac
done
say() { printf '\n== %s\n' "$*"; }

. conf/deploy/packages.sh
say "packages"
sealgate_packages "$SEALGATE_PACKAGES_BUILD $SEALGATE_PACKAGES_TEST" || exit 1

if [ -n "${SEALGATE_VECTORS:-}" ]; then
    :
elif [ -d ../shared/vectors ]; then
    SEALGATE_VECTORS=$(cd ../shared/vectors && pwd)
    export SEALGATE_VECTORS
else
    say "no shared vectors (../shared/vectors, SEALGATE_VECTORS): the tests that need them will say SKIPPED"
fi

failures=""
build() { # preset
    say "build: $1"
    cmake --preset "$1" >"build/$1.configure.log" 2>&1 || { cat "build/$1.configure.log"; exit 1; }
    cmake --build "build/$1" -j "$jobs" >"build/$1.build.log" 2>&1 || { tail -n 40 "build/$1.build.log"; exit 1; }
}
run() { # preset ctest-arguments...
    preset=$1
    shift
    ctest --test-dir "build/$preset" --output-on-failure "$@" || failures="$failures $preset"
}
wants() { case " $lanes " in *" $1 "*) return 0 ;; esac; return 1; }
mkdir -p build

# Threads that share something: these run once more under the thread sanitizer.
concurrent='(http|peer|store|courier|ledger_publish|p11_session|tsl_alloc|tsl_board|dpop|grant|threads|question|flow_attest|flow_did|jwe|jsonld_set)'

sanitized=""
for lane in unit vectors fuzz fault crash replay; do
    if wants $lane; then sanitized="$sanitized|$lane"; fi
done
if [ -n "$sanitized" ]; then
    build asan
    say "lanes under address and undefined sanitizers:$(echo "$sanitized" | tr '|' ' ')"
    run asan -j "$jobs" -L "^(${sanitized#|})\$" --no-tests=error
fi
if wants unit; then
    say "build: tsan, the concurrent parts"
    cmake --preset tsan >build/tsan.configure.log 2>&1 || { cat build/tsan.configure.log; exit 1; }
    targets=$(ctest --test-dir build/tsan -N -L '^unit$' -R "$concurrent" | sed -n 's/^ *Test *#[0-9]*: unit\./unit_/p')
    # shellcheck disable=SC2086 # a list of targets
    cmake --build build/tsan -j "$jobs" --target $targets >build/tsan.build.log 2>&1 || { tail -n 40 build/tsan.build.log; exit 1; }
    say "concurrent parts under the thread sanitizer"
    run tsan -j "$jobs" -L '^unit$' -R "$concurrent" --no-tests=error
    build clang
    say "clang accepts every line too"
fi
if wants interop || wants bench || wants fault || wants crash || wants replay; then
    build dev
    say "layers, libraries, headers"
    sh .ci/layers build/dev || failures="$failures layers"
    if wants replay; then
        say "scripted scenarios over the real processes"
        run dev -L '^replay$' --no-tests=error
    fi
    if wants fault || wants crash; then
        say "the whole system: separation of powers, the token's absence, kills under load"
        run dev -V -L '^system$' --no-tests=error
    fi
    if wants interop; then
        say "interop with packages from npm"
        run dev -L '^interop$' --no-tests=error
    fi
    if wants bench; then
        say "bench: each figure beside its floor, no verdicts"
        run dev -V -L '^bench$' --no-tests=error
    fi
fi

if [ -n "$failures" ]; then
    say "FAILED:$failures"
    exit 1
fi
say "all lanes passed: $lanes"
