# Debian 12 packages, in one place: conf/quickstart.sh and tests/run.sh read this file.
SEALGATE_PACKAGES_BUILD="gcc libc6-dev cmake ninja-build pkg-config ca-certificates libssl-dev libsodium-dev libgmp-dev libjansson-dev
 libcbor-dev libmicrohttpd-dev libcurl4-openssl-dev libsqlite3-dev libinih-dev libqrencode-dev libjose-dev zlib1g-dev libp11-kit-dev softhsm2 curl nodejs npm"
SEALGATE_PACKAGES_TEST="clang libclang-rt-14-dev llvm-14 libcmocka-dev opensc openssl sqlite3 json-schema-test-suite chromium fonts-noto-cjk"

# sealgate_packages "NAMES": install what is missing. Says what to do when it cannot.
sealgate_packages() {
    sealgate_missing=""
    for sealgate_p in $1; do
        # node from elsewhere serves as well as Debian's
        case $sealgate_p in nodejs | npm) command -v "${sealgate_p%js}" >/dev/null 2>&1 && continue ;; esac
        dpkg-query -W -f='${Status}' "$sealgate_p" 2>/dev/null | grep -q '^install ok installed' ||
            sealgate_missing="$sealgate_missing $sealgate_p"
    done
    [ -z "$sealgate_missing" ] && { echo "all packages are there"; return 0; }
    sealgate_sudo=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || {
            echo "missing packages; as root run: apt-get install$sealgate_missing" >&2
            return 1
        }
        sealgate_sudo=sudo
    fi
    echo "installing:$sealgate_missing"
    # shellcheck disable=SC2086
    { $sealgate_sudo apt-get update -q &&
        $sealgate_sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $sealgate_missing; } >/tmp/sealgate-apt.$$ 2>&1 || {
        tail -n 5 /tmp/sealgate-apt.$$ >&2
        rm -f /tmp/sealgate-apt.$$
        echo "could not install packages; run by hand: apt-get install$sealgate_missing" >&2
        return 1
    }
    rm -f /tmp/sealgate-apt.$$
}
