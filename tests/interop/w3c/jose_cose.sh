#!/bin/sh
# The vc-jose-cose suite calls a container for each of its tests; this stands in for it and calls our program instead.
# usage: jose_cose.sh shim BUILD_FOLDER FOLDER     writes FOLDER/docker, which is put first in PATH
set -eu
[ $# = 3 ] && [ "$1" = shim ] || { echo "usage: $0 shim BUILD_FOLDER FOLDER" >&2; exit 2; }
program=$(cd "$2" && pwd)/tests/josecose_suite
[ -x "$program" ] || { echo "jose-cose: SKIPPED, $program is not built"; exit 1; }
mkdir -p "$3"
cat >"$3/docker" <<END
#!/bin/sh
# docker compose -f FILE run --rm NAME issue|verify --input /tests/... : the suite's folder is the current one
shift 6
mkdir -p "\$PWD/tests/output"
n=\$#
while [ "\$n" -gt 0 ]; do
    case \$1 in
    /tests/*) set -- "\$@" "\$PWD\$1" ;;
    *) set -- "\$@" "\$1" ;;
    esac
    shift
    n=\$((n - 1))
done
exec "$program" "\$@"
END
chmod 755 "$3/docker"
