#!/usr/bin/env bash
# The demo: example data of a SaaS company in a cluster of its own, which lives in .demo/ and listens on a socket there.
#
#   scripts/demo.sh run       builds and installs the extension, makes the cluster anew and runs examples/*.sql
#   scripts/demo.sh psql      opens a prompt in it
#   scripts/demo.sh clean     stops and removes it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
source scripts/lib.sh

readonly longest_socket_path=100  # the system's limit is 108 bytes, less on some

# .demo is a link where the server's user cannot reach the project's folder, or where its path is too long for a socket.
make_home() {
    mkdir .demo
    [[ $server_user == "$(id -un)" ]] || chown "$server_user" .demo
    home=$PWD/.demo
    if ! as_server_user test -x "$home" || ((${#home} + ${#socket} + 1 > longest_socket_path)); then
        rmdir .demo
        home=$(mktemp -d /tmp/segment-demo.XXXXXX)
        [[ $server_user == "$(id -un)" ]] || chown "$server_user" "$home"
        ln -s "$home" .demo
        say "the cluster lives in $home: $server_user cannot use a folder of this project for it"
    fi
}

client() { "$bindir/psql" --host="$home" --port=5432 --username=postgres "$@"; }

# run_file NAME [VARIABLE=VALUE]: a file of examples/.
run_file() {
    client --dbname=demo --no-psqlrc --quiet --pset=pager=off --set=ON_ERROR_STOP=1 "${@:2}" --file="examples/$1.sql"
}

run() {
    mkdir -p build
    install_packages make g++ libeigen3-dev libboost-dev
    find_server
    say "building the extension for $("$PG_CONFIG" --version) (takes a minute or two)"
    make --no-print-directory -j "$(processors)" PG_CONFIG="$PG_CONFIG" all
    say "installing it in $("$PG_CONFIG" --pkglibdir)"
    install_extension
    clean
    say "starting a private cluster in .demo/, as user $server_user, on a socket of its own"
    make_home
    init_cluster "$home" <<< 'fsync = off'
    client --dbname=postgres --no-psqlrc --quiet --command='CREATE DATABASE demo'
    client --dbname=demo --no-psqlrc --quiet --command='CREATE EXTENSION segment'

    say "loading what a SaaS company knew on 2024-12-01 of its 500 accounts, their subscriptions, usage and tickets (examples/data)"
    run_file schema
    run_file load
    run_file advance --set=day=2024-12-01
    say "registering the population and a dozen segments (examples/population.sql, segments.sql)"
    run_file population > /dev/null
    run_file segments > /dev/null
    run_file health > /dev/null
    say "refreshing as of 2024-12-01 (examples/refresh.sql)"
    run_file refresh --set=day=2024-12-01
    say "loading what happened up to 2024-12-31 and refreshing as of then"
    run_file advance --set=day=2024-12-31
    run_file refresh --set=day=2024-12-31
    say "who entered and who exited (examples/changes.sql)"
    run_file changes --set=day=2024-12-31
    say "why: what was found of an account's usage, tickets and cancellations (examples/explain.sql)"
    run_file explain --set=day=2024-12-31
    say "what became of December's revenue, by the segments of its start (examples/revenue.sql)"
    run_file revenue --set=since=2024-12-01 --set=until=2025-01-01
    say "what became of the revenue that accounts came with, by the quarter of their first subscription (examples/cohorts.sql)"
    run_file cohorts --set=since=2023-01-01 --set=until=2025-01-01
    say "how healthy the accounts of each segment are, and why the worst one is where it is (examples/health.sql, health_report.sql)"
    run_file health_report
    say "the segment at_risk as plain SQL (examples/to_sql.sql)"
    run_file to_sql
    echo
    say "make demo-psql opens a prompt here, make demo-clean stops and removes the cluster"
}

install_extension() {
    local as_root=()
    if [[ ! -w $("$PG_CONFIG" --pkglibdir) ]]; then
        command -v sudo > /dev/null || die "$("$PG_CONFIG" --pkglibdir) is not writable and there is no sudo: run make install as root first"
        as_root=(sudo)
    fi
    "${as_root[@]}" make --no-print-directory PG_CONFIG="$PG_CONFIG" install > build/install.log 2>&1 ||
        { cat build/install.log >&2; die "make install failed"; }
}

prompt() {
    [[ -d .demo/data ]] || die "there is no demo; make demo makes one"
    find_server
    home=$(readlink -f .demo)
    server_runs "$home/data" || start_server "$home"
    echo 'For example:  SELECT a.account_name, a.seats FROM account a JOIN account_segment s USING (account_id) WHERE s.segment = '\''at_risk'\'';'
    echo '              SELECT * FROM segment.preview('\''account'\'', $$ billing.mrr >= 5000 and industry = '\''FinTech'\'' $$);'
    client --dbname=demo
}

clean() {
    [[ -e .demo || -L .demo ]] || return 0
    find_server
    home=$(readlink -f .demo)
    [[ ! -d $home/data ]] || stop_server "$home/data"
    rm -rf "$home" .demo
    say "removed the demo's cluster"
}

readonly socket=.s.PGSQL.5432.lock
case ${1:-} in
    run) run ;;
    psql) prompt ;;
    clean) clean ;;
    *) die "usage: scripts/demo.sh run | psql | clean" ;;
esac
