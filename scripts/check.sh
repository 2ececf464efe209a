# Servers under the sanitizers or valgrind, for test.sh, which sources it.
# shellcheck shell=bash
# test.sh sets and uses the variables that are not used or set here.
# shellcheck disable=SC2034,SC2154

check_build=()
check_environment=()

# Sets how the extension is built and the server started. What is found goes to files in $scratch/check.
prepare_check() {
    check_bindir=$bindir
    [[ -n ${CHECK:-} ]] || return 0
    install -d -o "$server_user" "$scratch/check"
    case $CHECK in
        asan)
            check_build=("SANITIZE=address,undefined")
            local library preload=
            for library in libasan.so libubsan.so; do
                library=$(g++ -print-file-name="$library")
                [[ $library == /* ]] || die "g++ comes without its sanitizers"
                preload+=${preload:+:}$(readlink -f "$library")
            done
            # Leaks are those of the server's programs, which free nothing at their end.
            check_environment=(LD_PRELOAD="$preload"
                ASAN_OPTIONS="detect_leaks=0:abort_on_error=1:allocator_may_return_null=1:detect_odr_violation=0:log_path=$scratch/check/asan"
                UBSAN_OPTIONS="print_stacktrace=1:abort_on_error=1:log_path=$scratch/check/ubsan")
            ;;
        valgrind)
            local suppressions=${bindir%/*}/valgrind.supp
            [[ -e $suppressions ]] || die "valgrind needs the server that scripts/debug_server.sh builds"
            check_bindir=$scratch/bin
            mkdir "$check_bindir"
            ln -s "$bindir"/* "$check_bindir/"
            rm "$check_bindir/postgres"
            cat > "$check_bindir/postgres" << SCRIPT
#!/bin/sh
exec valgrind --quiet --trace-children=yes --leak-check=no --num-callers=40 --gen-suppressions=no \\
    --suppressions="$suppressions" --log-file="$scratch/check/valgrind.%p" "$bindir/postgres" "\$@"
SCRIPT
            chmod -R a+rx "$check_bindir"
            # pg_regress waits that many seconds for the server to start and to stop.
            check_environment=(PGCTLTIMEOUT=600)
            ;;
        *) die "CHECK is asan or valgrind, not $CHECK" ;;
    esac
}

# check_findings SUITE: prints what was found; fails if there is something.
check_findings() {
    local suite=$1 findings file
    mkdir -p "$scratch/$suite/check"
    mapfile -t findings < <(find "$scratch/check" -type f -size +0)
    find "$scratch/check" -type f -size -1 -delete
    ((${#findings[@]})) || return 0
    echo "$suite: $CHECK found in ${#findings[@]} processes:"
    head -n 60 "${findings[@]}"
    for file in "${findings[@]}"; do
        mv "$file" "$scratch/$suite/check/${file##*/}.log"
    done
    return 1
}
