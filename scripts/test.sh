#!/usr/bin/env bash
# Runs the test suites and closes with a line `N passed, N failed`.
#
#   scripts/test.sh [SUITE...]        exports unit unit-asan regress isolation tap faults, these by default; instructions sqlsmith
#   TESTS='a b' scripts/test.sh …     only these files of the SQL suites, without their endings
#   CHECK=asan|valgrind …             the servers of the SQL suites run under the sanitizers or valgrind; what these find has failed
#
# The extension is built and installed for this run only, and each suite has a cluster of its own that listens on a socket in
# a temporary directory: no other server and no installed extension is touched, and several runs do not disturb each other.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly root=$PWD
# shellcheck source=scripts/lib.sh
source scripts/lib.sh
# shellcheck source=scripts/check.sh
source scripts/check.sh
# shellcheck source=scripts/instructions.sh
source scripts/instructions.sh
# shellcheck source=scripts/sqlsmith.sh
source scripts/sqlsmith.sh

default_suites=(exports unit unit-asan regress isolation tap faults)
all_suites=("${default_suites[@]}" instructions sqlsmith)
suites=("$@")
((${#suites[@]})) || suites=("${default_suites[@]}")
for suite in "${suites[@]}"; do
    [[ " ${all_suites[*]} " == *" $suite "* ]] || die "there is no suite $suite, only: ${all_suites[*]}"
done

# wanted SUITE...: whether one of them is to run.
wanted() {
    local suite
    for suite in "$@"; do
        [[ " ${suites[*]} " != *" $suite "* ]] || return 0
    done
    return 1
}

passed=0
failed=0
scratch=
tap_runner=(as_server_user)

clean_up() {
    local pidfile
    [[ -n $scratch ]] || return 0
    while read -r pidfile; do
        stop_server "${pidfile%/postmaster.pid}" || true
    done < <(find "$scratch" -name postmaster.pid)
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# count SUITE PASSED FAILED STATUS: a suite that ran nothing, or that ended badly without naming a failure, has failed.
count() {
    local suite=$1 good=$2 bad=$3 status=$4
    if ((good + bad == 0)); then
        echo "$suite: no test was run"
        bad=1
    elif ((bad == 0 && status != 0)); then
        echo "$suite: ended with status $status although no test failed"
        bad=1
    fi
    ((bad == 0)) || keep_output "$suite"
    passed=$((passed + good))
    failed=$((failed + bad))
    echo "$suite: $good passed, $bad failed in $((SECONDS - started)) s"
}

matches() { grep -cE "$1" "$2" || true; }

# What a failed suite wrote outlives the run.
keep_output() {
    local kept=$root/build/test/output/$1
    mkdir -p "$kept"
    cp "$scratch/$1.log" "$kept/" 2> /dev/null || true
    if [[ -d $scratch/$1 ]]; then
        (cd "$scratch/$1" && find . \( -name '*.out' -o -name '*.log' -o -name 'regression.*' -o -name 'regress_log_*' \) -exec cp --parents {} "$kept" \;)
    fi
    echo "$1: its output is kept in build/test/output/$1"
}

make_in_build() {
    make -C build/test -f ../../Makefile --no-print-directory -j "$(processors)" PG_CONFIG="$PG_CONFIG" WERROR=1 "${check_build[@]}" "$@"
}

build() {
    say "building for $("$PG_CONFIG" --version), warnings are errors"
    mkdir -p build/test
    local targets=()
    ! wanted unit || targets+=(build/unit/plain/unit)
    ! wanted unit-asan || targets+=(build/unit/asan/unit)
    ! wanted exports regress isolation tap faults instructions sqlsmith || targets+=(all test-modules)
    make_in_build "${targets[@]}"
}

# Copies what the suites read to where the server's user can read it, and installs the extension there too.
stage() {
    mkdir "$scratch/install" "$scratch/tree" "$scratch/modules"
    cp -R test expected examples docs sql README.md META.json "$scratch/tree/"
    find build/test/build/modules -name '*.so' -exec cp {} "$scratch/modules/" \; 2> /dev/null || true
    stage_extension "$scratch/install" make_in_build
    staged_settings "$scratch/install" "$scratch/modules" > "$scratch/postgresql.conf"
    chmod -R a+rX "$scratch"
    chown "$server_user" "$scratch" "$scratch/tree" "$scratch/tree/test"
}

# make_cluster NAME: a running server with data in $scratch/NAME/data and its socket in $scratch/NAME.
make_cluster() {
    install -d -o "$server_user" "$scratch/$1"
    init_cluster "$scratch/$1" < <(cat "$scratch/postgresql.conf" && printf '%s\n' 'fsync = off' 'jit = off')
}

# cluster_psql NAME OPTION...
cluster_psql() {
    as_server_user "$bindir/psql" --no-psqlrc --quiet --host="$scratch/$1" --username=postgres --dbname=postgres --set=ON_ERROR_STOP=1 --output=/dev/null "${@:2}"
}

run_exports() {
    local status=0
    make_in_build exports-check || status=1
    count exports $((1 - status)) "$status" "$status"
}

run_gtest() {
    local suite=$1 binary=$2 log=$scratch/$1.log status=0
    # In the directory of the build, so that tests find files beside their source.
    (cd build/test && UBSAN_OPTIONS=print_stacktrace=1 "$binary" --gtest_color=no) > "$log" 2>&1 || status=$?
    ((status == 0)) || grep -vE '^\[ +(OK|RUN) +\]|^\[-+\]|^$' "$log" || true
    count "$suite" "$(matches '^\[ +OK +\]' "$log")" "$(matches '^\[ +FAILED +\] .* \([0-9]+ ms\)$' "$log")" "$status"
}

# selected DIRECTORY ENDING: the names of the files, or those of them that TESTS wants.
selected() {
    local file name
    for file in "$1"/*"$2"; do
        name=$(basename "$file" "$2")
        [[ -e $file && (-z ${TESTS:-} || " $TESTS " == *" $name "*) ]] || continue
        echo "$name"
    done
}

# run_regress SUITE PROGRAM INPUT TEST...: pg_regress or its sister for isolation tests.
run_regress() {
    local suite=$1 program=$2 input=$3 log=$scratch/$1.log status=0 good bad test
    shift 3
    (($#)) || { count "$suite" 0 0 0; return; }
    # pg_regress ends where it finds no expectation, so a new test is compared with nothing.
    mkdir -p "$scratch/tree/$input/expected"
    for test in "$@"; do
        [[ -e $scratch/tree/$input/expected/$test.out ]] || touch "$scratch/tree/$input/expected/$test.out"
    done
    install -d -o "$server_user" "$scratch/$suite"
    (cd "$scratch/tree" && as_server_user env "${check_environment[@]}" "$program" --bindir="$check_bindir" --inputdir="$input" --outputdir="$scratch/$suite" \
        --temp-instance="$scratch/$suite/instance" --temp-config="$scratch/postgresql.conf" --no-locale --encoding=UTF8 \
        --load-extension=segment --dlpath="$scratch/modules" "$@") 2>&1 | tee "$log" || status=${PIPESTATUS[0]}
    good=$(matches '^(test .*\.\.\. ok|ok [0-9]+)' "$log")
    bad=$(matches '^(test .*\.\.\. FAILED|not ok [0-9]+)' "$log")
    if [[ -n ${CHECK:-} ]]; then
        check_findings "$suite" || bad=$((bad + 1))
    fi
    if ((status != 0)); then
        cat "$scratch/$suite/regression.diffs" 2> /dev/null || tail -n 30 "$scratch/$suite"/log/*.log 2> /dev/null || true
        if grep -qs 'terminated by signal\|PANIC' "$scratch/$suite/log/postmaster.log"; then
            grep -B 5 -A 5 'terminated by signal\|PANIC' "$scratch/$suite/log/postmaster.log" || true
        fi
    fi
    # Those that were not reached have failed.
    ((good + bad >= $#)) || bad=$(($# - good))
    count "$suite" "$good" "$bad" "$status"
}

# run_tap SUITE DIRECTORY: the Perl tests there.
run_tap() {
    local suite=$1 directory=$2 log=$scratch/$1.log status=0 tests
    mapfile -t tests < <(selected "$directory" .pl | sed 's/$/.pl/')
    ((${#tests[@]})) || { count "$suite" 0 0 0; return; }
    install -d -o "$server_user" "$scratch/$suite"
    (cd "$scratch/tree" && "${tap_runner[@]}" env TESTDIR="$scratch/$suite" TESTDATADIR="$scratch/$suite/data" \
        TESTLOGDIR="$scratch/$suite/log" PATH="$bindir:$PATH" LC_ALL=C.UTF-8 \
        PG_REGRESS="${pgxs%/makefiles/*}/test/regress/pg_regress" TEMP_CONFIG="$scratch/postgresql.conf" \
        prove --verbose -I "${pgxs%/makefiles/*}/test/perl" -I test/perl "${tests[@]/#/$directory/}") 2>&1 |
        tee "$log" | grep -E --line-buffered '^not ok |^#|\.pl ' || status=${PIPESTATUS[0]}
    count "$suite" "$(grep -cE '^ok ' <(grep -v '# SKIP' "$log") || true)" "$(matches '^not ok ' "$log")" "$status"
}

mkdir -p build
packages=(make g++ libeigen3-dev libboost-dev libgtest-dev libipc-run-perl)
! wanted instructions || packages+=(valgrind)
! wanted sqlsmith || packages+=(sqlsmith)
install_packages "${packages[@]}"
find_server
scratch=$(mktemp -d /tmp/segment-test.XXXXXX)
chmod 755 "$scratch"
install -d -o "$server_user" "$scratch/tmp"
export TMPDIR=$scratch/tmp
prepare_check

# Two runs in one tree build one after the other.
mkdir -p build/test
exec {lock}> build/test/lock
flock "$lock"
rm -rf build/test/output
build || { echo "0 passed, 1 failed (the build)"; exit 1; }
! wanted regress isolation tap faults instructions sqlsmith || stage
exec {lock}>&-

pgxs_tests=${pgxs%/makefiles/*}/test
for suite in "${suites[@]}"; do
    say "$suite"
    started=$SECONDS
    case $suite in
        exports) run_exports ;;
        unit) run_gtest unit build/unit/plain/unit ;;
        unit-asan) run_gtest unit-asan build/unit/asan/unit ;;
        regress)
            mapfile -t tests < <(selected test/sql .sql)
            run_regress regress "$pgxs_tests/regress/pg_regress" test "${tests[@]}"
            ;;
        isolation)
            mapfile -t tests < <(selected test/isolation/specs .spec)
            run_regress isolation "$pgxs_tests/isolation/pg_isolation_regress" test/isolation "${tests[@]}"
            ;;
        tap) run_tap tap test/t ;;
        instructions) run_instructions ;;
        sqlsmith) run_sqlsmith ;;
        faults)
            if ((EUID == 0)) && in_mounts true 2> /dev/null; then
                # One of the tests fills a disk, on which its cluster grows with each round.
                mkdir "$scratch/small_disk"
                # shellcheck disable=SC2016  # expanded inside
                tap_runner=(in_mounts sh -ec 'mount -t tmpfs -o size="$1",mode=777 tmpfs "$2"; user=$3; shift 3; exec runuser -u "$user" -- "$@"'
                    sh "$((300 + 4 * ${ROUNDS:-3}))m" "$scratch/small_disk" "$server_user" env SMALL_DISK="$scratch/small_disk")
            fi
            run_tap faults test/faults
            tap_runner=(as_server_user)
            ;;
    esac
done

echo
echo "$passed passed, $failed failed"
((failed == 0))
