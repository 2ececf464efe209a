# The instructions that a few operations take, counted by callgrind in a single-user backend: the same number in every run, whatever else
# the machine does. For test.sh, which sources it.
# shellcheck shell=bash
# test.sh sets the variables that are not set here.
# shellcheck disable=SC2154

readonly instruction_tolerance=3  # percent

# What is counted: each runs test/instructions/<name>.sql and counts inside this function.
declare -rA counted_functions=([parse]=segment_definition_in [evaluate]='segment::match::Evaluation::run(*' [diff]=segment_refresh)

# The counts are those of one compiler and one server.
instruction_platform() { echo "g++ $(g++ -dumpversion | cut -d . -f 1), PostgreSQL $("$PG_CONFIG" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')"; }

# count_instructions OPERATION: prints them.
count_instructions() {
    local name=$1 output=$scratch/instructions/$1.callgrind
    (cd "$scratch/instructions" && as_server_user valgrind --tool=callgrind --toggle-collect="${counted_functions[$name]}" \
        --callgrind-out-file="$output" "$bindir/postgres" --single -D "$scratch/instructions/data" postgres \
        < "$root/test/instructions/$name.sql" > "$name.log" 2>&1) || { tail -n 20 "$scratch/instructions/$name.log" >&2; return 1; }
    sed -n 's/^\(summary\|totals\): *\([0-9]*\)$/\2/p' "$output" | tail -n 1
}

# Compares the counts with test/instructions/baseline; RECORD=1 writes it.
run_instructions() {
    local good=0 bad=0 name now before change baseline=$root/test/instructions/baseline
    make_cluster instructions
    cluster_psql instructions --command='ALTER SYSTEM SET autovacuum = off'
    cluster_psql instructions < test/instructions/setup.sql >> "$scratch/instructions.log" 2>&1 || { tail -n 5 "$scratch/instructions.log"; bad=1; }
    server_control "$scratch/instructions/data" --mode=fast stop
    [[ -z ${RECORD:-} ]] || instruction_platform > "$baseline"
    for name in parse evaluate diff; do
        now=$(count_instructions "$name") || now=0
        ((now > 0)) || { echo "$name: nothing was counted"; bad=$((bad + 1)); continue; }
        [[ -z ${RECORD:-} ]] || echo "$name $now" >> "$baseline"
        before=$(sed -n "s/^$name //p" "$baseline")
        change=$(awk -v now="$now" -v before="$before" 'BEGIN { printf "%+.2f", 100 * (now - before) / before }')
        echo "$name: $now instructions, $change % against the baseline"
        if [[ $(head -n 1 "$baseline") != $(instruction_platform) ]]; then
            echo "$name: the baseline is of $(head -n 1 "$baseline"), this is $(instruction_platform): not compared"
            good=$((good + 1))
        elif awk -v change="$change" -v most="$instruction_tolerance" 'BEGIN { exit !(change <= most) }'; then
            good=$((good + 1))
        else
            echo "$name: takes more than $instruction_tolerance % more; if that is worth it: RECORD=1 make test-instructions"
            bad=$((bad + 1))
        fi
    done
    count instructions "$good" "$bad" 0
}
