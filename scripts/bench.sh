#!/usr/bin/env bash
# Measures the workloads of docs/performance.md against PostgreSQL's and DuckDB's plain SQL, in a server of its own, and prints a report.
# It fails if answers are wrong, whatever they took.
#
#   scripts/bench.sh [WORKLOAD...]    files of bench/workload without their endings; those of the list below by default
#   MEMBERS=1000000 RUNS=5            how many customers, and how often everything is measured
#   EVENTS=20000000                   how many events of theirs
#   PEER_DEFINITIONS=1000             runs the plain queries for 1,000 definitions too, once, which takes minutes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib.sh
source scripts/lib.sh

workloads=("$@")
((${#workloads[@]})) || workloads=(w1 w1u w1s w2 w3 w9)
for workload in "${workloads[@]}"; do
    [[ -e bench/workload/$workload.pl ]] || die "there is no workload $workload, only: $(cd bench/workload && echo *.pl | sed 's/\.pl//g')"
done
export MEMBERS=${MEMBERS:-1000000} EVENTS=${EVENTS:-20000000} RUNS=${RUNS:-5} PEER_DEFINITIONS=${PEER_DEFINITIONS:-100}

readonly duckdb=@duckdb/node-api@1.5.6-r.1 clickhouse=chdb@3.4.0
scratch=

clean_up() {
    [[ -n $scratch ]] || return 0
    [[ ! -d $scratch/data ]] || stop_server "$scratch/data" || true
    rm -rf "$scratch"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# install_peer NAME PACKAGE: prints the directory that it is installed in, or nothing where npm does not get it.
install_peer() {
    local directory=build/bench/$1
    mkdir -p "$directory"
    if npm install --prefix "$directory" --no-package-lock --no-audit --no-fund "$2" > "$directory.log" 2>&1; then
        echo "$PWD/$directory"
    else
        say "npm does not install $1, see $directory.log" >&2
    fi
}

mkdir -p build
install_packages make g++ libeigen3-dev libboost-dev
find_server
make=(make --no-print-directory -j "$(processors)" PG_CONFIG="$PG_CONFIG")
say "building the extension for $("$PG_CONFIG" --version)"
"${make[@]}" all > build/bench.log 2>&1 || { tail -n 20 build/bench.log >&2; die "the build failed"; }
say "starting a private cluster"
scratch=$(mktemp -d /tmp/segment-bench.XXXXXX)
mkdir "$scratch/install"
stage_extension "$scratch/install" "${make[@]}"
chmod -R a+rX "$scratch"
[[ $server_user == "$(id -un)" ]] || chown "$server_user" "$scratch"
init_cluster "$scratch" <<- END
	$(staged_settings "$scratch/install")
	jit = off
	shared_buffers = 2GB
	work_mem = 64MB
	max_wal_size = 16GB
	checkpoint_timeout = 1h
	synchronous_commit = off
	autovacuum = off
	max_parallel_workers_per_gather = 0
END
export PGHOST=$scratch PGPORT=5432 PGUSER=postgres PGDATABASE=postgres PATH=$bindir:$PATH
psql --no-psqlrc --quiet --command='CREATE EXTENSION segment'
perl bench/bench.pl "$scratch" "$(install_peer duckdb "$duckdb")" "$(install_peer clickhouse "$clickhouse")" "${workloads[@]}"
