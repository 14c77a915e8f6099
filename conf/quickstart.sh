#!/bin/sh
# From a fresh Debian 12 machine to a running gateway and a first credential with its evidence.
#
#   sh conf/quickstart.sh
#
# Installs packages (root or sudo), builds the release preset, makes a demo state directory, starts the three processes in the
# background, issues a credential, fetches its evidence and checks it offline, and invites a holder: the enrolment page's address and code come last.
# Run again it reuses what is there.
#   SEALGATE_DIR     state directory      (default ./var/demo)
#   SEALGATE_LISTEN  address and port     (default 127.0.0.1:8080; the public URL is http://localhost:PORT)
set -eu
cd "$(dirname "$0")/.."
dir=${SEALGATE_DIR:-./var/demo}
listen=${SEALGATE_LISTEN:-127.0.0.1:8080}
bin=build/release/sealgate
badge=$dir/badge.txt
evidence=$dir/evidence.json
configuration=employee_badge_sd_jwt
say() { printf '\n== %s\n' "$*"; }

say "packages"
. conf/deploy/packages.sh
sealgate_packages "$SEALGATE_PACKAGES_BUILD"

say "build (release)"
mkdir -p build
{ cmake --preset release && cmake --build build/release -j "${SEALGATE_JOBS:-$(nproc)}"; } >build/release.log 2>&1 || {
    tail -n 40 build/release.log >&2
    echo "quickstart: the build failed; all of it is in build/release.log" >&2
    exit 1
}
"$bin" --version

if [ -e "$dir/conf/run.ini" ]; then
    say "state directory $dir: there already"
else
    say "state directory $dir (DEMO: both operators' keys will lie in it)"
    "$bin" init --demo --dir "$dir" --listen "$listen"
fi

if "$bin" status --dir "$dir" >/dev/null 2>&1; then
    say "the gateway runs already"
else
    say "starting gateway, courier and signer"
    "$bin" run --dir "$dir" --background
fi
base=$("$bin" status --dir "$dir" --json | sed -n 's/.*"base":"\([^"]*\)".*/\1/p')
n=0
until curl -fs --noproxy '*' -m 2 -o /dev/null "$base/readyz"; do
    n=$((n + 1))
    if [ $n -ge 100 ]; then
        echo "quickstart: $base is not ready to sign; see $dir/run/*.log and: $bin doctor --dir $dir" >&2
        exit 1
    fi
    sleep 0.1
done

say "a credential: an employee badge for conf/demo/claims.json, sealed in SoftHSM"
"$bin" issue --dir "$dir" --configuration "$configuration" --claims conf/demo/claims.json --out "$badge"
cut -c 1-76 "$badge"
echo "... $(wc -c <"$badge") characters, in $badge"
"$bin" verify "$badge" --dir "$dir" --status

say "its evidence, found by the credential alone and checked offline"
"$bin" evidence get "$badge" --dir "$dir" --out "$evidence"
"$bin" evidence verify "$evidence" --object "$badge" --dir "$dir"

# Link and code of a holder who has not enrolled yet are kept for the next run; a used or old one gives way to a new one.
say "a holder: a person who signs with a passkey, approved by both demo operators"
invitation=$dir/operators/invitation.json
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$invitation"; }
open=no
if [ -s "$invitation" ] && [ -z "$(find "$invitation" -mtime +5)" ]; then
    "$bin" person show "$(member person)" --dir "$dir" --json 2>/dev/null | grep -q '"state":"enrolling"' && open=yes
fi
if [ $open = no ]; then
    if (umask 077 && "$bin" person enrol --dir "$dir" --keys 20 --valid 7d --json \
        --operator "$dir/operators/operator1.json" --operator "$dir/operators/operator2.json" >"$invitation.new"); then
        mv "$invitation.new" "$invitation"
        open=yes
    else
        rm -f "$invitation.new"
        echo "no holder could be invited: was $dir made by an earlier version? A new SEALGATE_DIR has everything." >&2
    fi
fi
play=""
[ $open = no ] || play="
PLAY THE HOLDER, in a browser on this machine that knows passkeys:
  1. open       $(member link)
  2. type       $(member code)
                and make two passkeys: one for your signature, one for signing in
  3. go on at   $base/demo
                receive a badge, show it to a verifier, see the evidence that you allowed it
"

say "done"
cat <<EOF
The gateway runs at $base  (DEMO: for trying out, not for trust)
stop it:        $bin stop --dir $dir
look at it:     $base/
$play
or from the command line:
offer a badge:  $bin offer --dir $dir --configuration $configuration --claims conf/demo/claims.json --tx-code --qr
revoke it:      $bin status set --dir $dir --credential $badge --to invalid
then verify:    $bin verify $badge --dir $dir --status
whole ledger:   $bin ledger verify --dir $dir --lists
measure:        $bin bench --dir $dir
all commands:   $bin --help
EOF
