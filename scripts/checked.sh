#!/usr/bin/env bash
# Runs the SQL suites in a server under the sanitizers (after the unit tests of the core) or under valgrind.
#
#   scripts/checked.sh asan|valgrind [SUITE...]     regress and isolation by default; TESTS as in scripts/test.sh
#
# Where preloading the sanitizers into PostgreSQL works is Debian 13, so both use a chroot of that, as scripts/matrix.sh does.
# valgrind looks into a PostgreSQL 17 built for it, with assertions, since it knows nothing of the memory contexts of any other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly root=$PWD
# shellcheck source=scripts/lib.sh
source scripts/lib.sh
# shellcheck source=scripts/chroot.sh
source scripts/chroot.sh

readonly debian=trixie version=17 debug_server=/opt/segment-debug
check=${1:?"asan or valgrind"}
shift
suites=("$@")
((${#suites[@]})) || suites=(regress isolation)
settings=(CHECK="$check" TESTS="${TESTS:-}")

mkdir -p build
prepare_releases
install_release "$debian"
copy_tree "$debian"
case $check in
    asan) scripts/test.sh unit-asan ;;
    valgrind)
        say "building PostgreSQL $version for valgrind, once"
        in_release "$debian" /srv/segment/scripts/debug_server.sh "$version" "$debug_server"
        settings+=(PG_CONFIG="$debug_server/bin/pg_config")
        ;;
    *) die "asan or valgrind, not $check" ;;
esac
in_release "$debian" env "${settings[@]}" /srv/segment/scripts/test.sh "${suites[@]}"
