#!/usr/bin/env bash
# Runs the test suites for each supported server, in the Debian release that has it, and prints one table.
#
#   scripts/matrix.sh [SUITE...]                    as scripts/test.sh; all suites by default
#   VERSIONS='17 18' scripts/matrix.sh regress      only these servers
#   CHROOTS=/var/cache/segment scripts/matrix.sh    where the systems are kept, about 2 GB each; removing the folder renews them
#
# Each release is installed by debootstrap once, from the mirror that this machine's apt uses, and entered by chroot, so root is
# needed. A server that could not be tested has failed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly root=$PWD
# shellcheck source=scripts/lib.sh
source scripts/lib.sh
# shellcheck source=scripts/chroot.sh
source scripts/chroot.sh

declare -rA releases=([15]=bookworm [17]=trixie [18]=sid)
read -ra versions <<< "${VERSIONS:-15 17 18}"
for version in "${versions[@]}"; do
    [[ -v releases[$version] ]] || die "PostgreSQL $version is in no release that this script knows, only: ${!releases[*]}"
done

passed=0
failed=0
table=()

# test_version VERSION SUITE...
test_version() {
    local version=$1 release=${releases[$1]} log=$root/build/matrix/$1.log started=$SECONDS last
    shift
    say "PostgreSQL $version, Debian $release"
    {
        install_release "$release" && copy_tree "$release" &&
            in_release "$release" sh -c 'cd /srv/segment && make test SUITES="$*"' make "$@"
    } 2>&1 | tee "$log" || true
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1 || true)
    # What ended without a count, or with another server than the one that was asked for, has failed.
    if [[ -z $last ]]; then
        last='0 passed, 1 failed (not tested)'
    elif ! grep -q "building for PostgreSQL $version" "$log"; then
        last='0 passed, 1 failed (another server)'
    fi
    passed=$((passed + $(cut -d ' ' -f 1 <<< "$last")))
    failed=$((failed + $(cut -d ' ' -f 3 <<< "$last")))
    table+=("$(printf '%-10s  %-8s  %-44s  %5d s' "$version" "$release" "$last" $((SECONDS - started)))")
}

mkdir -p build/matrix
prepare_releases
for version in "${versions[@]}"; do
    test_version "$version" "$@"
done

printf '\nPostgreSQL  Debian    result\n'
printf '%s\n' "${table[@]}"
printf '%-10s  %-8s  %s\n' 16 - 'not run: no Debian release has it'
printf '\n%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
