#!/usr/bin/env bash
# run.sh OLD NEW: scripts/upgrade.sh runs it inside a chroot that has both servers. Installs the extension for both, fills a cluster of
# the old one, upgrades it, and compares what the new one has.
set -euo pipefail
readonly old=$1 new=$2 tree=/srv/segment port=5432
work=$(mktemp -d /tmp/segment-upgrade.XXXXXX)
chown postgres "$work"
bin() { echo "/usr/lib/postgresql/$1/bin"; }
as_postgres() { (cd "$work" && runuser -u postgres -- "$@"); }
query() { as_postgres psql -X -A -t -q -v ON_ERROR_STOP=1 -h "$work" -p "$port" "$@"; }
start() { as_postgres "$(bin "$1")/pg_ctl" -D "$work/$1" -o "-k $work -p $port -c listen_addresses=" -l "$work/$1.log" -s -w start; }
stop() { as_postgres "$(bin "$1")/pg_ctl" -D "$work/$1" -s -w stop; }

clean_up() {
    local version
    for version in "$old" "$new"; do
        as_postgres "$(bin "$version")/pg_ctl" -D "$work/$version" -m immediate -s stop 2> /dev/null || true
    done
    rm -rf "$work"
}
trap clean_up EXIT

# PostgreSQL 18 has data checksums unless told, and pg_upgrade wants both clusters alike.
checksums=()
((new < 18)) || checksums=(--no-data-checksums)
# The new one is the release's own, which the tests build there too.
for build in "upgrade $old" "test $new"; do
    read -r directory version <<< "$build"
    mkdir -p "$tree/build/$directory"
    make -s -C "$tree/build/$directory" -f ../../Makefile -j "$(nproc)" PG_CONFIG="$(bin "$version")/pg_config" WERROR=1 all install > /dev/null
done
as_postgres "$(bin "$old")/initdb" -D "$work/$old" --no-locale --encoding=UTF8 --no-sync > "$work/initdb.log"
as_postgres "$(bin "$new")/initdb" -D "$work/$new" --no-locale --encoding=UTF8 --no-sync "${checksums[@]}" > "$work/initdb.log"

# Everything that is stored: the catalog by its views, the members, and columns of the types.
state() {
    query -d postgres -c "
        SELECT to_jsonb(p) FROM segment.population AS p ORDER BY name;
        SELECT to_jsonb(s) FROM segment.segment AS s ORDER BY id;
        SELECT to_jsonb(v) FROM segment.segment_version AS v ORDER BY segment, version;
        SELECT to_jsonb(m) FROM customer_segment AS m ORDER BY segment_id, customer_id;
        SELECT id, d, f FROM kept ORDER BY id;
        SELECT count(*) FROM kept WHERE d OPERATOR(segment.=) 'plan = ''pro'''::segment.definition"
}

start "$old"
query -d postgres -o /dev/null << 'SQL'
CREATE EXTENSION segment;
CREATE TABLE customer (id int PRIMARY KEY, plan text, seats int, signup_at timestamptz);
INSERT INTO customer SELECT i, (ARRAY['free', 'pro', NULL])[1 + i % 3], i % 40, now() - i * interval '1 hour' FROM generate_series(1, 5000) AS i;
SELECT segment.create_population('customer', 'customer', key => 'id');
SELECT segment.create_segment('pro', 'customer', 'plan = ''pro''');
SELECT segment.create_segment('large', 'customer', 'seats > 20 and in segment ''pro''');
SELECT segment.create_segment('new', 'customer', 'signup_at within 30 days');
SELECT * FROM segment.refresh('customer');
SELECT segment.alter_segment('large', 'seats > 30 and in segment ''pro''');
UPDATE customer SET plan = 'pro' WHERE id % 7 = 0;
SELECT * FROM segment.refresh('customer');
CREATE TABLE kept (id int PRIMARY KEY, d segment.definition, f segment.formula);
INSERT INTO kept VALUES (1, 'plan = ''pro''', 'seats * 2'), (2, (repeat('plan = ''something longer'' or ', 100) || 'has_admin')::segment.definition, NULL);
CREATE VIEW pro AS SELECT * FROM customer_segment WHERE segment = 'pro';
CREATE INDEX ON kept USING hash (d);
SQL
state > "$work/before"
stop "$old"

as_postgres "$(bin "$new")/pg_upgrade" -b "$(bin "$old")" -B "$(bin "$new")" -d "$work/$old" -D "$work/$new" -s "$work" -p "$port" -P $((port + 1)) > "$work/upgrade.log" 2>&1 ||
    { cat "$work/upgrade.log"; find "$work/$new/pg_upgrade_output.d" -name '*.log' -exec tail -n 20 {} +; exit 1; }
start "$new"
state > "$work/after"
diff "$work/before" "$work/after" && echo "what is stored is the same after pg_upgrade from $old to $new"
query -d postgres << 'SQL'
DO $$
DECLARE
    s text;
    found bigint;
BEGIN
    IF (SELECT sum(entered + exited) FROM segment.refresh('customer', as_of => (SELECT as_of FROM segment.population))) <> 0 THEN
        RAISE EXCEPTION 'a refresh without a change changed members';
    END IF;
    UPDATE customer SET seats = seats + 5, plan = 'free' WHERE id % 5 = 0;
    INSERT INTO customer VALUES (6001, 'pro', 50, now());
    PERFORM segment.create_segment('late', 'customer', 'id > 6000');
    PERFORM count(*) FROM segment.refresh('customer');
    FOR s IN SELECT name FROM segment.segment LOOP
        EXECUTE format('SELECT count(*) FROM (((%1$s) EXCEPT (%2$s)) UNION ALL ((%2$s) EXCEPT (%1$s))) AS d', segment.to_sql(s, (SELECT as_of FROM segment.population)),
            format('SELECT customer_id FROM customer_segment WHERE segment = %L', s)) INTO found;
        IF found <> 0 THEN
            RAISE EXCEPTION 'segment % differs from to_sql', s;
        END IF;
    END LOOP;
END $$;
SELECT 'refreshes go on in PostgreSQL ' || current_setting('server_version') || ': ' || string_agg(name || ' ' || members, ', ' ORDER BY name) FROM segment.segment;
SQL
stop "$new"
echo "1 passed, 0 failed"
