#!/usr/bin/env bash
# The symbols of the shared library: which ones may be seen, and whether exactly those are.
#
#   exports.sh list ALLOW SCRIPT.sql...   prints the names that may be exported: those of ALLOW (patterns of a linker
#                                         script) and the C functions that the SQL scripts name
#   exports.sh check LIST LIBRARY.so      fails if LIBRARY exports anything else, or lacks a function of LIST
set -euo pipefail

list() {
    local allow=$1
    shift
    sed 's/#.*//; /^[[:space:]]*$/d' "$allow"
    cat "$@" | tr -s '[:space:]' ' ' | grep -o "'MODULE_PATHNAME'[^;]\{0,80\}" | awk -F"'" '
        $3 !~ /^ *, *$/ { print "exports.sh: a function names no C symbol: " $0 > "/dev/stderr"; exit 1 }
        { print $4 }' | sort -u
}

check() {
    local names=$1 library=$2
    nm -D --defined-only "$library" | awk -v library="$library" -v names="$names" '
        BEGIN {
            while ((getline name < names) > 0) {
                pattern = name; sub(/\*$/, ".*", pattern); allowed[pattern]
                if (name !~ /\*/) expected[name]
            }
        }
        {
            found[$3]
            for (pattern in allowed) if ($3 ~ "^" pattern "$") next
            print library " exports " $3 ", which test/exports.allow does not allow"; bad = 1
        }
        END {
            for (name in expected) if (!(name in found) && name != "_PG_init") { print library " lacks " name ", which the SQL script calls"; bad = 1 }
            exit bad
        }'
}

"$@"
