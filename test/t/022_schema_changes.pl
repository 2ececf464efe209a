# What becomes of a population when its tables change under it: rebuilt and swapped as dbt does, partitioned, altered.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('schema_changes');
$node->init;
$node->start;

sub sql { return $node->safe_psql('postgres', @_); }

sub fails_like
{
    my ($statement, $pattern, $name) = @_;
    my ($status, $output, $errors) = $node->psql('postgres', $statement);
    isnt($status, 0, "$name: fails");
    like($errors, $pattern, $name);
}

# Members by the last refresh, and what the definitions say as plain SQL now: the latter is looked at after each refresh.
my $as_of = q{'2024-12-03 00:00:00+00'};
my @segments = ('pro', 'active', 'buyer', 'paying');
sub refresh { return sql("SELECT sum(entered), sum(exited) FROM segment.refresh('customer', as_of => $as_of)"); }
sub stored { return sql("SELECT segment, string_agg(customer_id::text, ' ' ORDER BY customer_id) FROM customer_segment GROUP BY segment ORDER BY segment"); }
sub translated
{
    my @lines;
    foreach my $segment (sort @segments)
    {
        my $query = sql("SELECT segment.to_sql('$segment', $as_of)");
        my $keys = sql("SELECT string_agg(id::text, ' ' ORDER BY id) FROM ($query) AS x(id)");
        push @lines, "$segment|$keys" if $keys ne '';
    }
    return join "\n", @lines;
}

# Refreshes and compares the members with plain SQL; returns how many entered and exited.
sub refreshed_right
{
    my ($name) = @_;
    my $changes = refresh();
    is(stored(), translated(), "$name: the members are those of plain SQL");
    return $changes;
}

my %model = (
    customer => q{SELECT i AS id, CASE WHEN i % 2 = 0 THEN 'pro' ELSE 'free' END AS plan, i * 10 AS seats FROM generate_series(1, 20) AS i},
    usage => q{SELECT i AS customer_id, i % 5 AS logins FROM generate_series(1, 15) AS i},
    event => q{SELECT i % 20 + 1 AS customer_id, timestamptz '2024-12-01 00:00:00+00' + i * interval '1 hour' AS at,
               CASE WHEN i % 3 = 0 THEN 'buy' ELSE 'look' END AS name FROM generate_series(1, 40) AS i},
    billing => q{SELECT i AS customer_id, date '2024-01-01' AS starts, NULL::date AS ends, 5.0 * i AS mrr FROM generate_series(1, 10) AS i});
sql("CREATE TABLE $_ AS $model{$_}") for sort keys %model;
sql(q{
CREATE EXTENSION segment;
SELECT segment.create_population('customer', 'customer', key => 'id');
SELECT segment.add_traits('customer', 'usage', key => 'customer_id', prefix => 'usage');
SELECT segment.add_events('customer', 'activity', 'event', key => 'customer_id', occurred_at => 'at', event_name => 'name');
SELECT segment.add_subscriptions('customer', 'billing', 'billing', key => 'customer_id', starts_at => 'starts', ends_at => 'ends', mrr => 'mrr');
SELECT segment.create_segment('pro', 'customer', $$plan = 'pro' and seats > 50$$);
SELECT segment.create_segment('active', 'customer', 'usage.logins >= 3');
SELECT segment.create_segment('buyer', 'customer', $$did 'buy' at least 1 times within 1 day$$);
SELECT segment.create_segment('paying', 'customer', 'subscription.mrr > 20');
});
refreshed_right('at first');
is(sql('SELECT count(DISTINCT segment) FROM customer_segment'), 4, 'every segment has members');

# dbt's table materialization: the new rows beside the old ones, both renamed in one transaction, the old ones dropped.
sub rebuild
{
    my ($name, $select, $kind) = @_;
    $kind ||= 'TABLE';
    sql(qq{CREATE $kind "${name}__dbt_tmp" AS $select;
BEGIN;
ALTER $kind "$name" RENAME TO "${name}__dbt_backup";
ALTER $kind "${name}__dbt_tmp" RENAME TO "$name";
COMMIT;
DROP $kind "${name}__dbt_backup" CASCADE;});
}
rebuild($_, $model{$_}) for sort keys %model;
is(refreshed_right('rebuilt with the same rows'), '0|0', 'a rebuild alone changes nothing');
rebuild('customer', $model{customer} . ' WHERE i <> 6');
rebuild('usage', $model{usage} =~ s/% 5/% 4/r);
rebuild('event', $model{event} =~ s/% 3 = 0/% 3 = 1/r);
rebuild('billing', $model{billing} =~ s/5\.0/2.0/r);
isnt(refreshed_right('rebuilt with other rows'), '0|0', 'rows that differ show');
is(sql("SELECT reason FROM customer_segment_change WHERE change = 'exited' AND customer_id = 6 AND segment_id = (SELECT segment_id FROM customer_segment_name WHERE name = 'pro')"),
    'deleted', 'a member that is not rebuilt has left');
is(sql("SELECT count(*) FROM segment.refresh_run WHERE error IS NOT NULL"), 0, 'no run has failed');

# The same with columns in another order, of wider types, and one more; then as views.
rebuild('customer', q{SELECT seats::bigint, plan::varchar(20), now() AS loaded_at, id FROM customer});
is(refreshed_right('other column order and types'), '0|0', 'the same values of other types change nothing');
sql('ALTER TABLE customer RENAME TO customer_rows; CREATE VIEW customer AS SELECT * FROM customer_rows');
is(refreshed_right('a view instead of the table'), '0|0', 'a view with the same rows changes nothing');
sql('ALTER VIEW customer RENAME TO customer_view; CREATE MATERIALIZED VIEW customer AS SELECT * FROM customer_view WHERE id <= 10');
refreshed_right('a materialized view');
sql('DROP MATERIALIZED VIEW customer; DROP VIEW customer_view; ALTER TABLE customer_rows RENAME TO customer');
refreshed_right('the table again');

# A rebuild in the middle of a refresh waits for it, and a refresh for a rebuild.
my $blocker = $node->background_psql('postgres');
$blocker->query_safe('BEGIN');
$blocker->query_safe("SELECT sum(members) FROM segment.refresh('customer', as_of => $as_of)");
fails_like(q{SET lock_timeout = '100ms'; ALTER TABLE customer RENAME TO away}, qr/lock timeout/, 'a swap waits for the refresh');
$blocker->query_safe('COMMIT');
$blocker->query_safe('BEGIN');
$blocker->query_safe('ALTER TABLE customer RENAME TO customer_old');
$blocker->query_safe('CREATE TABLE customer AS SELECT * FROM customer_old WHERE id > 4');
fails_like(qq{SET lock_timeout = '100ms'; SELECT segment.refresh('customer', as_of => $as_of)}, qr/lock timeout/, 'a refresh waits for the swap');
$blocker->query_safe('COMMIT');
$blocker->quit;
refreshed_right('after the swap');
sql('DROP TABLE customer; ALTER TABLE customer_old RENAME TO customer');
refreshed_right('swapped back');

# Partitions, attached and detached, with columns in another order.
sql(q{
ALTER TABLE event RENAME TO event_old;
CREATE TABLE event (customer_id int, at timestamptz, name text) PARTITION BY RANGE (at);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM (MINVALUE) TO ('2024-12-02 00:00:00+00');
INSERT INTO event SELECT customer_id, at, name FROM event_old WHERE at < '2024-12-02 00:00:00+00';
});
refreshed_right('the first partition');
sql(q{
CREATE TABLE event_2 (name text, gone int, at timestamptz, customer_id int);
ALTER TABLE event_2 DROP COLUMN gone;
INSERT INTO event_2 SELECT name, at, customer_id FROM event_old WHERE at >= '2024-12-02 00:00:00+00';
ALTER TABLE event ATTACH PARTITION event_2 FOR VALUES FROM ('2024-12-02 00:00:00+00') TO (MAXVALUE);
});
my $attached = refreshed_right('a partition attached');
isnt($attached, '0|0', 'its rows show');
sql('ALTER TABLE event DETACH PARTITION event_2');
is(refreshed_right('the partition detached'), join('|', reverse split /\|/, $attached), 'and go with it');
sql('ALTER TABLE event ATTACH PARTITION event_2 DEFAULT');
refreshed_right('attached as default');
sql(q{
ALTER TABLE customer RENAME TO customer_all;
CREATE TABLE customer (id int, plan text, seats int) PARTITION BY HASH (id);
CREATE TABLE customer_0 PARTITION OF customer FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE customer_1 PARTITION OF customer FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO customer SELECT id, plan, seats FROM customer_all;
DROP TABLE customer_all;
});
is(refreshed_right('a partitioned population'), '0|0', 'the same rows in partitions change nothing');

# What a definition reads and is not there any more is an error that names segment, relation and column; nothing has changed by it.
my $before = stored();
sub broken
{
    my ($change, $pattern, $repair, $name) = @_;
    sql($change);
    fails_like("SELECT segment.refresh('customer', as_of => $as_of)", $pattern, $name);
    is(stored(), $before, "$name: the members are as they were");
    sql($repair);
    is(refreshed_right("$name, mended"), '0|0', "$name: mended");
}
broken('ALTER TABLE customer RENAME seats TO chairs', qr/unknown trait "seats".*segment "pro"/s, 'ALTER TABLE customer RENAME chairs TO seats', 'a renamed column');
broken('ALTER TABLE usage ADD n int; UPDATE usage SET n = logins; ALTER TABLE usage DROP COLUMN logins',
    qr/unknown trait "usage\.logins".*segment "active"/s, 'ALTER TABLE usage RENAME n TO logins', 'a dropped column');
broken('ALTER TABLE customer ALTER seats TYPE text', qr/seats is text.*segment "pro"/s, 'ALTER TABLE customer ALTER seats TYPE int USING seats::int', 'a retyped column');
broken('ALTER TABLE event RENAME name TO title', qr/event has no column "name"/, 'ALTER TABLE event RENAME title TO name', 'a renamed event name');
broken('ALTER TABLE billing RENAME mrr TO amount', qr/billing has no column "mrr"/, 'ALTER TABLE billing RENAME amount TO mrr', 'a renamed amount');
broken('ALTER TABLE usage RENAME TO used', qr/trait relation of population "customer" does not exist: public\.usage/, 'ALTER TABLE used RENAME TO usage', 'a renamed relation');
broken('ALTER TABLE usage RENAME customer_id TO client_id', qr/usage has no column "customer_id"/, 'ALTER TABLE usage RENAME client_id TO customer_id', 'a renamed key');
broken('CREATE TABLE rest AS SELECT * FROM usage; DROP TABLE usage', qr/does not exist: public\.usage/, 'ALTER TABLE rest RENAME TO usage', 'a dropped relation');
broken('ALTER TABLE usage ADD COLUMN mrr int; ALTER TABLE usage ADD twice int DEFAULT 1; ALTER TABLE usage ALTER customer_id TYPE text',
    qr/key "customer_id" of public\.usage is text, but the keys of population "customer" are integer/,
    'ALTER TABLE usage ALTER customer_id TYPE int USING customer_id::int', 'a retyped key');

# The population's key: another type cannot be what the members are kept as.
sql('DROP TABLE customer_0, customer_1');
sql(q{DROP TABLE customer; CREATE TABLE customer AS SELECT i::bigint AS id, 'pro' AS plan, 100 AS seats FROM generate_series(1, 20) AS i});
fails_like("SELECT segment.refresh('customer', as_of => $as_of)", qr/key "id" of public\.customer is bigint, but the members of population "customer" are kept as integer/,
    'a retyped key of the population');
sql('ALTER TABLE customer ALTER id TYPE int');
refreshed_right('a key of the right type again');
sql('INSERT INTO customer VALUES (3, $$pro$$, 1), (3, $$pro$$, 1)');
fails_like("SELECT segment.refresh('customer', as_of => $as_of)", qr/key "id" of public\.customer is not unique.*3/s, 'a repeated key');
sql('DELETE FROM customer WHERE seats = 1; INSERT INTO customer VALUES (NULL, $$pro$$, 1)');
fails_like("SELECT segment.refresh('customer', as_of => $as_of)", qr/key "id" of public\.customer is null in 1 row/, 'a key that is missing');
sql('DELETE FROM customer WHERE id IS NULL');
refreshed_right('at last');

# A run leaves out what is broken, says so, and refreshes the others; what is broken keeps its members.
sub errors { return sql("SELECT name, split_part(last_error, E'\\n', 1) FROM segment.segment WHERE last_error IS NOT NULL ORDER BY name"); }
my $active = sql("SELECT array_agg(customer_id ORDER BY customer_id) FROM customer_segment WHERE segment = 'active'");
isnt($active, '', 'somebody is active');
sql(q{ALTER TABLE usage RENAME logins TO visits; UPDATE customer SET plan = 'free' WHERE id <= 10});
$node->psql('postgres', "CALL segment.run('customer')");
is(errors(), 'active|42703: unknown trait "usage.logins"', 'the run: what is broken is recorded');
is(sql("SELECT array_agg(customer_id ORDER BY customer_id) FROM customer_segment WHERE segment = 'active'"), $active, 'the run: what is broken stays as it is');
is(sql("SELECT string_agg(customer_id::text, ' ' ORDER BY customer_id) FROM customer_segment WHERE segment = 'pro'"),
    sql("SELECT string_agg(id::text, ' ' ORDER BY id) FROM customer WHERE plan = 'pro' AND seats > 50"), 'the run: the others are refreshed');
like(sql("SELECT warnings FROM segment.refresh_run WHERE error IS NULL ORDER BY id DESC LIMIT 1"), qr/segment \\"active\\" was left out.*42703/, 'the run: it has a warning');
sql('ALTER TABLE usage RENAME visits TO logins');
sql("CALL segment.run('customer')");
is(errors(), '', 'mended: no error any more');
$as_of = 'NULL';
is(stored(), translated(), 'mended: the members are those of plain SQL');

# A session keeps statements on the catalog: they are those of whichever extension there is.
my $anew = q{
    CREATE EXTENSION segment;
    CREATE TABLE guest AS SELECT i AS id, i % 3 AS kind FROM generate_series(1, 9) AS i;
    SELECT count(segment.create_population('guest', 'guest', key => 'id')), count(segment.create_segment('one', 'guest', 'kind = 1'));
    SELECT segment, members FROM segment.refresh('guest');
    DROP EXTENSION segment;
    DROP TABLE guest, guest_segment_member, guest_segment_name, guest_segment_stay, guest_segment_change, guest_segment_override, guest_segment_list CASCADE;
};
$node->safe_psql('postgres', 'CREATE DATABASE anew');
is($node->safe_psql('anew', "SET client_min_messages = warning; $anew $anew"), "1|1\none|3\n1|1\none|3", 'the extension is dropped and created again in one session');

$node->stop;
done_testing();
