#!/bin/sh
# The `sealgate` command against a system of its own: each command done and refused, exit codes, one line on stderr.
# req: AU-8 KEY-6 KEY-8 SIG-7 STA-2 EV-1 EV-2 EV-5 OPS-1 OPS-2
# usage: cli.sh BUILD_FOLDER
set -u
build=$(cd "$1" && pwd)
port=${SEALGATE_CLI_PORT:-18471}
work=$(mktemp -d "${TMPDIR:-/tmp}/sealgate-cli-XXXXXX")
chmod 755 "$work"
d=$work/state
s=$build/sealgate
one="--operator $d/operators/operator1.json"
two="$one --operator $d/operators/operator2.json"
badge="--configuration employee_badge_sd_jwt --claims conf/demo/claims.json"
bad=0
trap '"$s" stop --dir "$d" >/dev/null 2>&1; rm -rf "$work"' EXIT INT TERM

# expect CODE "what stdout or stderr must contain" command...; stdout stays in $work/out
expect() {
    want=$1 text=$2
    shift 2
    "$s" "$@" --dir "$d" >"$work/out" 2>"$work/err"
    got=$?
    [ $got = "$want" ] || { echo "NOT $want but $got: $*"; cat "$work/err"; bad=1; }
    [ -z "$text" ] || cat "$work/out" "$work/err" | grep -qF -- "$text" || { echo "NO '$text': $*"; cat "$work/out" "$work/err"; bad=1; }
    # a refusal is one line at most (a QR code and a transaction code are no refusals)
    [ "$want" = 0 ] || [ "$(wc -l <"$work/err")" -le 1 ] || { echo "NOT ONE LINE: $*"; cat "$work/err"; bad=1; }
}

# the same without --dir: words that are no command
said() {
    want=$1 text=$2
    shift 2
    "$s" "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got = "$want" ] && cat "$work/out" "$work/err" | grep -qF -- "$text" || { echo "NOT $want '$text' but $got: $*"; cat "$work/out" "$work/err"; bad=1; }
    [ "$want" = 0 ] || [ "$(wc -l <"$work/err")" = 1 ] || { echo "NOT ONE LINE: $*"; cat "$work/err"; bad=1; }
}

# EV-5: how many events of each kind the ledger has: "operators keys persons orders"
events() {
    "$s" ledger verify --dir "$d" | sed -n 's/.* events: \([0-9]*\) of operators, \([0-9]*\) of keys, \([0-9]*\) of persons, \([0-9]*\) status orders,.*/\1 \2 \3 \4/p'
}
# recorded "WHAT" OPERATORS KEYS PERSONS ORDERS: exactly so many more than when this was asked last
recorded() {
    set -- "$1" "$2" "$3" "$4" "$5" $(events)
    [ $# = 9 ] && [ "$(($6 - e1)) $(($7 - e2)) $(($8 - e3)) $(($9 - e4))" = "$2 $3 $4 $5" ] || { echo "NOT RECORDED: $1: $(($6 - e1)) $(($7 - e2)) $(($8 - e3)) $(($9 - e4)), want $2 $3 $4 $5"; bad=1; }
    e1=$6 e2=$7 e3=$8 e4=$9
}

# ---- before there is anything
expect 2 "there is no command" frobnicate
expect 2 "no option --frob" run --frob
expect 2 "--claims FILE is missing" issue --configuration x
expect 2 "one word too many" stop now
expect 1 "make it with" run
expect 0 "Stop what" stop --help
expect 0 "Say what runs" status --help # also a group: `status set`
expect 0 "Change a published status" status set --help
said 0 "keys install-cert KEY" keys --help
said 0 "keys install-cert KEY" help keys
said 0 "List the keys the signer knows" help keys list
said 0 "Start gateway, courier and signer" -h
said 2 "keys wants another word" keys
said 2 "there is no command keys frob" keys frob
expect 2 "exclude each other" init --demo --production
expect 2 "two operators at least" init
expect 2 "has no port between 1 and 65535" init --demo --listen 127.0.0.1:99999
expect 2 "is not HOST:PORT" init --demo --listen 8080
rm -rf "$d"
expect 0 "DEMO" init --demo --listen "0.0.0.0:$port"
expect 1 "plain HTTP is for this machine alone" run # NET-1
rm -rf "$d"

# ---- a life
expect 0 "DEMO" init --demo --listen "127.0.0.1:$port"
expect 1 "is a state directory already" init --demo
expect 1 "does not run" status
expect 0 "the ledger holds" ledger verify # the signer alone, for the time of the check
expect 0 "in the background" run --background
expect 1 "runs already" run
expect 0 '"running":true' status --json
n=0
until "$s" status --dir "$d" --json | grep -q '"ready":true'; do n=$((n + 1)); [ $n -lt 100 ] || break; sleep 0.1; done
expect 0 "nothing to mend" doctor
echo "consent_lifetime_s = 601" >>"$d/conf/gateway.ini"
expect 1 "consent_lifetime_s (601) is longer than signer.ini's person_intent_s (600)" doctor
sed -i 's/^consent_lifetime_s = 601$/consent_lifetime_s = 600/' "$d/conf/gateway.ini"
expect 0 "600 s to answer" doctor
sed -i '/^consent_lifetime_s/d' "$d/conf/gateway.ini"

expect 0 "" issue $badge --out "$work/badge.txt"
expect 0 '"format":"dc+sd-jwt"' issue $badge --json
expect 1 "no credential configuration nope" issue --configuration nope --claims conf/demo/claims.json
expect 1 "does not issue mso_mdoc" issue $badge --format mso_mdoc
echo '{"given_name":"only"}' >"$work/few.json"
expect 1 "CLAIMS" issue --configuration employee_badge_sd_jwt --claims "$work/few.json"
expect 1 "none.json: there is no such file" issue --configuration employee_badge_sd_jwt --claims "$work/none.json"
expect 1 "there is no such file" verify "$work/none.txt"
expect 1 "there is no such file" evidence get "$work/none.txt"
expect 0 "openid-credential-offer://?credential_offer=" offer $badge
expect 0 "transaction code: " offer $badge --tx-code
expect 0 "credential_offer_uri" offer $badge --by-reference --qr
expect 1 "UNSUPPORTED" offer $badge --authorization-code

expect 0 "verified" verify "$work/badge.txt"
expect 0 "status: valid" verify "$work/badge.txt" --status
expect 1 "EXPIRED" verify "$work/badge.txt" --at 4000000000
expect 1 "key binding" verify "$work/badge.txt" --nonce n --audience a
expect 2 "belong together" verify "$work/badge.txt" --nonce n
sed 's/./A/400' "$work/badge.txt" >"$work/changed.txt"
expect 1 "" verify "$work/changed.txt"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -subj /CN=other -out "$work/other.pem" 2>/dev/null
expect 1 "ISSUER" verify "$work/badge.txt" --trust "$work/other.pem"

expect 0 "" evidence get "$work/badge.txt" --out "$work/evidence.json"
expect 0 "the evidence holds" evidence verify "$work/evidence.json" --object "$work/badge.txt"
"$s" issue --dir "$d" $badge --out "$work/second.txt"
expect 1 "is no credential or presentation" evidence get "$work/few.json"
expect 1 "does not hold" evidence verify "$work/evidence.json" --object "$work/second.txt"
expect 1 "" evidence verify "$work/badge.txt"
expect 1 "ISSUER" verify "$work/badge.txt" --trust "$work/other.pem" --json

# lists are compared before any order changed them, those of credentials and those of keys
expect 0 "/status/employee: 1048576 entries compared, 0 differ" ledger verify --lists
expect 0 "/status/keys: " ledger verify --lists
set -- $(events)
e1=$1 e2=$2 e3=$3 e4=$4
expect 0 "is suspended" status set --credential "$work/badge.txt" --to suspended
expect 2 "is not valid, invalid or suspended" status set --credential "$work/badge.txt" --to gone
expect 2 "either --credential" status set --to valid
sleep 3 # status_publish_s is 2
expect 1 "status: suspended" verify "$work/badge.txt" --status
expect 0 "is valid" status set --credential "$work/badge.txt" --to valid
sleep 3
expect 0 "/status/employee: 1048576 entries compared, 0 differ" ledger verify --lists
recorded "two status orders" 0 0 0 2

# ---- two operators
expect 0 "seal-es256" keys list
expect 0 "sealgate approve" keys generate --label second $one
id=$(sed -n 's/.*approve \([0-9a-f]*\) .*/\1/p' "$work/out")
expect 1 "DUAL_CONTROL" approve "$id" $one
expect 0 "approved and applied" approve "$id" --operator "$d/operators/operator2.json"
expect 1 "" approve "$id" --operator "$d/operators/operator2.json"
expect 2 "is no operation" approve 1234 $one
expect 0 "the certificate is installed" keys install-cert second --demo-ca $two
expect 0 "status reference is set" keys status second --index 3 $two
expect 0 "the key is active" keys activate second $two
expect 0 "suspended" keys suspend second $one
expect 0 "revoked" keys revoke second $two
expect 0 "destroyed" keys destroy second $two
# KEY-8: the proposal and the approval each; suspending takes one operator
recorded "a key made, certified, given a status, activated, suspended, revoked, destroyed" 0 13 0 0
expect 1 "NOT_FOUND" keys activate second $two
expect 1 "NOT_FOUND" keys activate nobody $two

# ---- persons
expect 0 "RP ID: localhost" doctor
expect 0 "sealgate approve" person enrol --keys 2 $one
id=$(sed -n 's/.*approve \([0-9a-f]*\) .*/\1/p' "$work/out")
person=$(sed -n 's/^person //p' "$work/out")
expect 1 "DUAL_CONTROL" approve "$id" $one
expect 0 "/enrol/" approve "$id" --operator "$d/operators/operator2.json"
expect 0 '"code":"' person enrol --valid 12h --json $two
expect 2 "--valid: 31d" person enrol --valid 31d $two
expect 2 "is no person" person show 1234
expect 1 "NOT_FOUND" person show 00000000000000000000000000000001
expect 0 "$person  enrolling level 2" person list
expect 0 "locked" person lock "$person" $one
expect 1 "CONFLICT" person lock "$person" $one
expect 0 "sealgate approve" person unlock "$person" $one
expect 0 "unlocked" person unlock "$person" $two
expect 2 "is no thumbprint" person confirm "$person" --passkey x $two
expect 0 "left" person leave "$person" $two
expect 1 "DESTROYED" person enrol --person "$person" $two

expect 0 "made" client key hr --out "$work/hr.json"
expect 1 "there already" client key hr --out "$work/hr.json"
expect 1 "invalid_client" issue $badge --client "$work/hr.json"
expect 0 "registered" client add hr --jwk "$work/hr.json" $two
expect 1 "" issue $badge --client "$work/hr.json" # no mandate yet
expect 0 "the mandate is set" mandate set hr --key seal-es256 --configuration employee_badge_sd_jwt --count 2 $two
expect 0 "hr" mandate list
sleep 2 # the gateway looks at clients again after a second
expect 0 "" issue $badge --client "$work/hr.json"
expect 0 "" issue $badge --client "$work/hr.json"
expect 1 "authorised" issue $badge --client "$work/hr.json" # the third within the window
expect 0 "removed" client remove hr $two
expect 0 "removed" client list
expect 1 "" issue $badge --client "$work/hr.json" # by the gateway, or by the signer while the gateway still remembers

expect 0 "halted" halt $one
expect 1 "HALTED" issue $badge
expect 0 "sealgate approve" resume $one
expect 0 "signing goes on" resume $two
expect 0 "" issue $badge
# eight operations by two (two of them proposed once more and left), lock and halt by one; invited twice, locked, unlocked, left
recorded "operations about persons, a client, a mandate, halt and resume" 20 0 5 0

# ---- each process dies and comes back; what was issued stays
for name in signer courier gateway; do
    kill -9 "$(cat "$d/run/$name.pid")"
    n=0
    sleep 0.05
    until "$s" status --dir "$d" --json | grep -q '"ready":true'; do n=$((n + 1)); [ $n -lt 200 ] || { echo "NOT BACK after killing $name"; bad=1; break; }; sleep 0.01; done
    expect 0 "" issue $badge
done
expect 0 "the evidence holds" evidence verify "$work/evidence.json" --object "$work/badge.txt"
expect 0 "the ledger holds" ledger verify --lists
expect 1 "the service runs" bench --holder-keys 20
expect 0 "stopped" stop
expect 0 "nothing runs" stop
expect 2 "is not a number" bench --holder-keys many
expect 0 '"holder_keys":40,' bench --holder-keys 20 --holder-keys 40 --signatures 100 --json
expect 0 "the ledger holds" ledger verify
# the whole way, with gestures: in a directory of its own, since those keys' persons have no passkeys of the bench's
"$s" bench --gestures --holder-keys 40 --signatures 100 --dir "$d" >"$work/out" 2>"$work/err" && { echo "PRESSED with other persons' keys"; bad=1; }
grep -q "fill another directory" "$work/err" || { echo "NO reason why not"; cat "$work/err"; bad=1; }
d=$work/press
expect 0 "DEMO" init --demo --listen "127.0.0.1:$port"
"$s" bench --gestures --holder-keys 60 --signatures 100 --dir "$d" >"$work/out" 2>"$work/err" && { echo "PRESSED with keys that stay decoded"; bad=1; }
grep -q "none would be cold" "$work/err" || { echo "NO word about the cache"; cat "$work/err"; bad=1; }
echo "holder_cache = 10" >>"$d/conf/signer.ini"
expect 0 '"holder_keys":80,"used":80,"clients":4,"signatures":300,' bench --gestures --holder-keys 60 --holder-keys 80 --signatures 100 --clients 4 --json
[ "$(stat -c %a "$d/bench/persons.seed")" = 600 ] || { echo "NOT 600: the seed"; bad=1; }
# an auditor is not fooled: nobody registered these passkeys, no event made these keys
expect 1 "no event registered this passkey" ledger verify
d=$work/state
expect 1 "no signer answers" keys list
expect 1 "" issue $badge

[ $bad = 0 ] && echo "every command did what it should"
exit $bad
