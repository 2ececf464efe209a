# Random SQL against a server with the example's data: whatever a query does, the server goes on. For test.sh, which sources it.
# shellcheck shell=bash
# test.sh sets the variables that are not set here.
# shellcheck disable=SC2154

# MINUTES of sqlsmith, 1 by default; SEED for other queries.
run_sqlsmith() {
    local log=$scratch/sqlsmith.log file bad=0 good=0 queries crashes internal day=2024-12-01
    make_cluster sqlsmith
    cluster_psql sqlsmith --command="ALTER SYSTEM SET log_error_verbosity = verbose" --command="ALTER SYSTEM SET log_min_error_statement = panic" \
        --command="SELECT pg_reload_conf()" --command="CREATE EXTENSION segment"
    for file in schema load advance population segments refresh; do
        (cd "$scratch/tree" && cluster_psql sqlsmith --set=day="$day" --file="examples/$file.sql") >> "$log" 2>&1 || { tail -n 3 "$log"; bad=1; }
    done
    # sqlsmith looks for values of a type in columns: it gets some of the types of the extension.
    cluster_psql sqlsmith < test/sqlsmith.sql >> "$log" 2>&1 || { tail -n 3 "$log"; bad=1; }
    timeout "$((60 * ${MINUTES:-1}))" sqlsmith --target="host=$scratch/sqlsmith user=postgres dbname=postgres" --exclude-catalog \
        --seed="${SEED:-1}" --verbose > /dev/null 2> "$scratch/sqlsmith/sqlsmith.err" || true
    server_runs "$scratch/sqlsmith/data" || { echo "sqlsmith: the server is down"; bad=$((bad + 1)); }
    queries=$(sed -n 's/^queries: \([0-9]*\).*/\1/p' "$scratch/sqlsmith/sqlsmith.err" | tail -n 1)
    crashes=$(grep -cE 'PANIC|was terminated by signal' "$scratch/sqlsmith/server.log" || true)
    internal=$(grep -c 'ERROR:  XX000' "$scratch/sqlsmith/server.log" || true)
    echo "sqlsmith: ${queries:-0} queries in ${MINUTES:-1} min, $crashes crashes, $internal internal errors"
    grep -A 3 'ERROR:  XX000' "$scratch/sqlsmith/server.log" | grep -o 'ERROR:  XX000.*' | sort | uniq -c | sort -rn | head -n 10 || true
    if ((crashes)); then
        grep -A 3 -E 'PANIC|was terminated by signal' "$scratch/sqlsmith/server.log" | head -n 40
        bad=$((bad + 1))
    fi
    ((bad)) || good=1
    count sqlsmith "$good" "$bad" 0
}
