# Dumps and restores: the same members afterwards, a refresh that changes nothing, ids that do not collide.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('dump');
$node->init(allows_streaming => 'logical');
$node->start;
my $directory = $node->basedir;

sub sql { return $node->safe_psql(@_); }

sub dump_database
{
    my ($name, $database, @options) = @_;
    my $file = "$directory/$name.sql";
    $node->command_ok(['pg_dump', '--file', $file, @options, $database], "dumps $name");
    return $file;
}

sub restore
{
    my ($database, $file) = @_;
    $node->command_ok(['psql', '--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--dbname', $database, '--file', $file], "restores into $database");
}

# All that users see of a population: members with their times, stays, changes, overrides, lists, and the catalog's views.
my $state = q{
SELECT 'member', segment, customer_id, entered_at, m.via FROM customer_segment JOIN customer_segment_member m USING (segment_id, customer_id, entered_at)
UNION ALL SELECT 'stay', segment, customer_id, entered_at, exited_at::text FROM customer_segment_history
UNION ALL SELECT 'change', change, customer_id, as_of, reason FROM customer_segment_change
UNION ALL SELECT 'override', override, customer_id, until, reason FROM customer_segment_override
UNION ALL SELECT 'list', list, customer_id, until, author FROM customer_segment_list
UNION ALL SELECT 'score', band, key, at, score::text FROM customer_score_health
UNION ALL SELECT 'history', band, key, at, score::text FROM customer_score_health_history WHERE version <= 4 ORDER BY 1, 2, 3, 4, 5};
my $catalog = q{
SELECT name, definition, version, members, description, tags FROM segment.segment
UNION ALL SELECT name, formula, NULL, NULL, author, NULL FROM segment.derived_trait
UNION ALL SELECT name, kind, NULL, NULL, columns::text, NULL FROM segment.source
UNION ALL SELECT name, population, NULL, NULL, segments::text, NULL FROM segment.scheme
UNION ALL SELECT name, mode || missing, NULL, NULL, bands::text, NULL FROM segment.score
UNION ALL SELECT score || metric, value, NULL, NULL, metric_group, NULL FROM segment.score_metric
UNION ALL SELECT name, population, NULL, NULL, description, NULL FROM segment.list ORDER BY name, definition};
my $means = 'SELECT segment, scores FROM segment.overview ORDER BY segment';
my $quiet = q{SELECT coalesce(sum(entered), 0), coalesce(sum(exited), 0), count(*) FROM segment.refresh('customer')};

sql('postgres', 'CREATE ROLE shop_owner; CREATE DATABASE source');
my $setup = q{
CREATE EXTENSION segment;
CREATE TABLE customer (id int PRIMARY KEY, plan text, mrr numeric);
INSERT INTO customer SELECT i, CASE WHEN i % 2 = 0 THEN 'pro' END, i FROM generate_series(1, 20) AS i;
CREATE TABLE usage (customer_id int PRIMARY KEY, logins int);
INSERT INTO usage SELECT i, i % 4 FROM generate_series(1, 15) AS i;
ALTER TABLE customer OWNER TO shop_owner;
ALTER TABLE usage OWNER TO shop_owner;
CREATE TABLE billing (customer_id int, since date, until date, amount numeric);
INSERT INTO billing SELECT i, '2024-01-01', CASE WHEN i % 3 = 0 THEN date '2024-06-01' END, i FROM generate_series(1, 18) AS i;
ALTER TABLE billing OWNER TO shop_owner;
GRANT ALL ON SCHEMA public TO shop_owner;
SET ROLE shop_owner;
SELECT segment.create_population('customer', 'customer', key => 'id', time_zone => 'Europe/Vienna');
SELECT segment.add_traits('customer', 'usage', key => 'customer_id', prefix => 'usage');
SELECT segment.add_parent('customer', 'referrer', 'customer', foreign_key => 'id');
SELECT segment.add_trait('customer', 'per_login', 'mrr / (usage.logins + 1)');
SELECT segment.add_subscriptions('customer', 'billing', 'billing', key => 'customer_id', starts_at => 'since', ends_at => 'until', mrr => 'amount');
SELECT segment.create_list('beta', 'customer');
SELECT segment.add_to_list('beta', ARRAY[3, 4]);
SELECT segment.create_segment('dropped', 'customer', 'everyone');
SELECT segment.drop_segment('dropped');
SELECT segment.create_segment('pro', 'customer', $$plan = 'pro'$$, description => 'who pays', tags => '{a,b}');
SELECT segment.create_segment('active', 'customer', $$per_login >= 0 and usage.logins >= 2 and referrer.mrr > 0 and not in list 'beta'$$);
SELECT segment.create_segment('both', 'customer', $$in segment 'pro' and in segment 'active'$$);
SELECT segment.create_score('health', 'customer', min_coverage => 0.2);
SELECT segment.add_score_group('health', 'use', 3);
SELECT segment.add_score_metric('health', 'mrr', 'mrr', worst => 0, best => 20);
SELECT segment.add_score_metric('health', 'logins', 'usage.logins', worst => 0, best => 3, metric_group => 'use');
SELECT segment.create_segment('worth', 'customer', 'subscription.mrr > 5 and health >= 50');
SELECT segment.create_scheme('tier', 'customer', '[{"name": "big", "definition": "mrr > 10"}, {"name": "rest", "otherwise": true}]');
SELECT * FROM segment.refresh('customer');
UPDATE customer SET plan = NULL WHERE id < 5;
UPDATE customer SET plan = 'pro' WHERE id = 7;
SELECT segment.include('pro', 1, reason => 'by invoice');
SELECT segment.exclude('active', 11);
SELECT * FROM segment.refresh('customer');
SELECT segment.grant_refresh('customer', 'shop_owner');
};
sql('source', $setup);
my $before = sql('source', $state);
my $before_catalog = sql('source', $catalog);
my $before_means = sql('source', $means);
like($before, qr/^member\|pro\|1\|.*include$/m, 'there is something to lose');

# What a restored database must show.
sub same_afterwards
{
    my ($database, $what) = @_;
    is(sql($database, $state), $before, "$what: the same members, stays, changes, overrides and lists");
    is(sql($database, $catalog), $before_catalog, "$what: the same segments");
    is(sql($database, $quiet), '0|0|6', "$what: a refresh changes nothing");
    is(sql($database, $means), $before_means, "$what: the same means of scores");
    is(sql($database, "SELECT segment.create_segment('later', 'customer', 'everyone') > max(id) FROM segment.segment"), 't', "$what: new ids are new");
    is(sql($database, "SELECT count(*) FROM segment.refresh('customer')"), 7, "$what: goes on");
    is(sql($database, 'SELECT count(*) FROM customer_segment_change c GROUP BY seq HAVING count(*) > 1'), '', "$what: changes are numbered on");
    my ($status, $output, $errors) = $node->psql($database, 'DELETE FROM customer_segment_member');
    like($errors, qr/written by the extension only/, "$what: guarded");
}

# 1. The whole database.
my $whole = dump_database('whole', 'source');
sql('postgres', 'CREATE DATABASE whole');
restore('whole', $whole);
is(sql('whole', $means), $before_means, 'the means of scores are dumped');
same_afterwards('whole', 'whole database');

# 2. The schema first, the data afterwards.
my $schema_only = dump_database('schema', 'source', '--schema-only');
my $data_only = dump_database('data', 'source', '--data-only');
sql('postgres', 'CREATE DATABASE parts');
restore('parts', $schema_only);
restore('parts', $data_only);
same_afterwards('parts', 'schema, then data');

# 3. Only the user's schema, into a database that has other segments: its ids are taken.
my $public = dump_database('public', 'source', '--schema', 'public');
my $edited = slurp_file($public) =~ s/^CREATE SCHEMA public;$//mr;
append_to_file("$directory/edited.sql", $edited);
sql('postgres', 'CREATE DATABASE other');
sql('other', q{
CREATE EXTENSION segment;
CREATE SCHEMA theirs;
CREATE TABLE theirs.lead (id int PRIMARY KEY);
INSERT INTO theirs.lead VALUES (1), (2);
SELECT segment.create_population('lead', 'theirs.lead', key => 'id');
SELECT segment.create_segment('lead ' || i, 'lead', 'id >= ' || i) FROM generate_series(1, 3) AS i;
SELECT * FROM segment.refresh('lead');
});
my $leads = sql('other', 'SELECT * FROM theirs.lead_segment ORDER BY 1, 3');
sql('other', 'GRANT ALL ON SCHEMA public TO shop_owner');
restore('other', "$directory/edited.sql");
my $again = q{
SET ROLE shop_owner;
SELECT segment.create_population('customer', 'customer', key => 'id', time_zone => 'Europe/Vienna');
SELECT segment.add_traits('customer', 'usage', key => 'customer_id', prefix => 'usage');
SELECT segment.add_parent('customer', 'referrer', 'customer', foreign_key => 'id');
SELECT segment.add_trait('customer', 'per_login', 'mrr / (usage.logins + 1)');
SELECT segment.add_subscriptions('customer', 'billing', 'billing', key => 'customer_id', starts_at => 'since', ends_at => 'until', mrr => 'amount');
SELECT segment.create_list('beta', 'customer');
SELECT segment.create_segment('pro', 'customer', $$plan = 'pro'$$, description => 'who pays', tags => '{a,b}');
SELECT segment.create_segment('active', 'customer', $$per_login >= 0 and usage.logins >= 2 and referrer.mrr > 0 and not in list 'beta'$$);
SELECT segment.create_segment('both', 'customer', $$in segment 'pro' and in segment 'active'$$);
SELECT segment.create_score('health', 'customer', min_coverage => 0.2);
SELECT segment.add_score_group('health', 'use', 3);
SELECT segment.add_score_metric('health', 'mrr', 'mrr', worst => 0, best => 20);
SELECT segment.add_score_metric('health', 'logins', 'usage.logins', worst => 0, best => 3, metric_group => 'use');
SELECT segment.create_segment('worth', 'customer', 'subscription.mrr > 5 and health >= 50');
SELECT segment.create_scheme('tier', 'customer', '[{"name": "big", "definition": "mrr > 10"}, {"name": "rest", "otherwise": true}]');
};
sql('other', $again);
is(sql('other', 'SELECT count(DISTINCT id), count(*) FROM segment.segment'), '9|9', 'user schema: ids do not collide');
is(sql('other', $state), $before, 'user schema: the same members');
is(sql('other', $quiet), '0|0|6', 'user schema: a refresh changes nothing');
is(sql('other', $state), $before, 'user schema: not even afterwards');
is(sql('other', "SELECT sum(entered), sum(exited) FROM segment.refresh('lead')"), '0|0', 'user schema: the others are as they were');
is(sql('other', 'SELECT * FROM theirs.lead_segment ORDER BY 1, 3'), $leads, 'user schema: theirs are theirs');

# 4. The extension goes and comes back: the members stay, readable, and are taken over again.
sql('postgres', 'CREATE DATABASE again TEMPLATE source');
sql('again', 'DROP EXTENSION segment');
is(sql('again', $state), $before, 'without the extension the members are readable');
sql('again', 'CREATE EXTENSION segment');
sql('again', $again);
same_afterwards('again', 'extension created again');

# A segment that nobody has created again waits; tables of another shape are not taken over.
sql('postgres', 'CREATE DATABASE waiting TEMPLATE source');
sql('waiting', 'DROP EXTENSION segment');
sql('waiting', 'CREATE EXTENSION segment');
sql('waiting', "SET ROLE shop_owner; SELECT segment.create_population('customer', 'customer', key => 'id')");
sql('waiting', "SET ROLE shop_owner; SELECT segment.create_segment('new', 'customer', 'everyone')");
is(sql('waiting', "SELECT members FROM segment.segment WHERE name = 'new'"), '', 'a new segment has no members yet');
is(sql('waiting', "SELECT count(*) FROM segment.refresh('customer')"), 1, 'what waits is not refreshed');
is(sql('waiting', "SELECT count(*) FROM customer_segment WHERE segment = 'pro'"), sql('source', "SELECT count(*) FROM customer_segment WHERE segment = 'pro'"), 'nor lost');
is(sql('waiting', "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'customer_score_%'"), 2, 'the tables of a score that nobody has created again are there');
sql('waiting', "SET ROLE shop_owner; SELECT segment.drop_population('customer', cascade => true)");
is(sql('waiting', "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'customer\\_%'"), 0, 'and go with the population');
sql('waiting', "SET ROLE shop_owner; SELECT segment.create_population('customer', 'customer', key => 'id')");
sql('waiting', 'DROP EXTENSION segment');
sql('waiting', 'ALTER TABLE customer_segment_stay DROP COLUMN exit_reason CASCADE; CREATE EXTENSION segment');
my ($status, $output, $errors) = $node->psql('waiting', "SET ROLE shop_owner; SELECT segment.create_population('customer', 'customer', key => 'id')");
like($errors, qr/cannot be taken over\nDETAIL:  It has no column "exit_reason"/, 'a missing column is told');
sql('waiting', 'ALTER TABLE customer_segment_stay ADD COLUMN exit_reason int');
($status, $output, $errors) = $node->psql('waiting', "SET ROLE shop_owner; SELECT segment.create_population('customer', 'customer', key => 'id')");
like($errors, qr/Its column "exit_reason" is integer instead of text/, 'so is a wrong type');
($status, $output, $errors) = $node->psql('waiting', "SELECT segment.create_population('customer', 'customer', key => 'id')");
like($errors, qr/It is not owned by/, 'and another owner');

# 5. Catalog and members from different dumps: refused until somebody says that names tell who is who.
sql('postgres', 'CREATE DATABASE mixed TEMPLATE source');
sql('mixed', q{
SET ROLE shop_owner;
SELECT segment.drop_segment('both'), segment.drop_segment('active'), segment.drop_segment('pro');
SELECT segment.create_segment('active', 'customer', $$usage.logins >= 2 and not in list 'beta'$$);
SELECT segment.create_segment('pro', 'customer', $$plan = 'pro'$$);
RESET ROLE;
SET session_replication_role = replica;
TRUNCATE customer_segment_name, customer_segment_member, customer_segment_stay, customer_segment_change, customer_segment_override, customer_segment_list;
});
my $tables = dump_database('tables', 'source', '--data-only', '--table', 'customer_segment_*');
restore('mixed', $tables);
($status, $output, $errors) = $node->psql('mixed', "SELECT * FROM segment.refresh('customer')");
like($errors, qr/are not those of its segments.*HINT:  Call segment.adopt\('customer'\)/s, 'a refresh tells of foreign members');
is(sql('mixed', "SELECT segment, members FROM segment.adopt('customer') ORDER BY 1"), sql('source', "SELECT name, members FROM segment.segment WHERE name <> 'both' ORDER BY 1"), 'adopted');
is(sql('mixed', "SELECT sum(entered), sum(exited) FROM segment.refresh('customer')"), '0|0', 'then it changes nothing');
is(sql('mixed', "SELECT segment, customer_id FROM customer_segment WHERE segment <> 'both' ORDER BY 1, 2"),
    sql('source', "SELECT segment, customer_id FROM customer_segment WHERE segment <> 'both' ORDER BY 1, 2"), 'and the members are those of the dump');
is(sql('mixed', "SELECT segment.create_segment('both', 'customer', 'everyone') IS NOT NULL"), 't', 'what waited is taken over');
is(sql('mixed', "SELECT members FROM segment.segment WHERE name = 'both'"), sql('source', "SELECT members FROM segment.segment WHERE name = 'both'"), 'with its members');

# 6. Without owners: whoever owns the tables now says so, and goes on. The same after a role was renamed.
my $without = dump_database('without', 'source', '--no-owner');
sql('postgres', 'CREATE ROLE heir LOGIN; CREATE DATABASE inherited OWNER heir');

restore('inherited', $without);
is(sql('inherited', $state), $before, 'without owners: the same members');
($status, $output, $errors) = $node->psql('inherited', "SELECT * FROM segment.refresh('customer')");
like($errors, qr/is not owned by the owner of population/, 'without owners: a refresh tells that the tables are not the owner\'s');
sql('inherited', "SELECT segment.alter_population('customer', owner => 'heir')");
sql('inherited', 'ALTER TABLE customer OWNER TO heir; ALTER TABLE usage OWNER TO heir; ALTER TABLE billing OWNER TO heir');
is(sql('inherited', $quiet), '0|0|6', 'without owners: a refresh changes nothing');
is(sql('inherited', "SELECT DISTINCT tableowner FROM pg_tables WHERE tablename LIKE 'customer%'"), 'heir', 'without owners: scores and members are the heir\'s');
sql('inherited', 'ALTER ROLE heir RENAME TO successor');
($status, $output, $errors) = $node->psql('inherited', "SELECT * FROM segment.refresh('customer')");
like($errors, qr/role "heir" does not exist.*HINT:  Name its owner with segment.alter_population/s, 'a renamed role is told');
is(sql('inherited', "SELECT count(*) FROM segment.population"), 1, 'a superuser sees what it owned');
sql('inherited', "SET ROLE successor; SELECT segment.alter_population('customer', owner => 'successor')");
is(sql('inherited', "SET ROLE successor; $quiet"), '0|0|6', 'and the role goes on under its new name');

# 7. What gets in with triggers disabled is found.
sql('mixed', q{
ALTER TABLE customer_segment_member DISABLE TRIGGER segment_guard;
INSERT INTO customer_segment_member SELECT 4711, id, now(), 'x', 1, 'x' FROM customer;
INSERT INTO customer_segment_member SELECT s.id, c.id, now(), 'x', 1, 'definition' FROM customer c, segment.segment s WHERE s.name = 'pro' ON CONFLICT DO NOTHING;
DELETE FROM customer_segment_member USING segment.segment s WHERE s.id = segment_id AND s.name = 'active';
});
my $active = sql('source', "SELECT members FROM segment.segment WHERE name = 'active'");
my $pro = sql('source', "SELECT members FROM segment.segment WHERE name = 'pro'");
my $mended = sql('mixed', "SELECT * FROM segment.repair('customer')");
like($mended, qr/its trigger was disabled\|1$/m, 'the guard is back');
like($mended, qr/of no segment: deleted\|20$/m, 'rows of no segment are deleted');
like($mended, qr/^active\|rows of members that have gone.*\|$active$/m, 'what is missing is counted');
my $added = 20 - $pro;
like($mended, qr/^pro\|rows of members that no refresh wrote.*\|$added$/m, 'what is too much is counted');
is(sql('mixed', "SELECT segment, members, entered, exited FROM segment.refresh('customer', ARRAY['active', 'pro']) ORDER BY 1"),
    "active|$active|$active|0\npro|$pro|0|$added", 'and the refresh puts it right');
is(sql('mixed', "SELECT * FROM segment.repair('customer')"), '', 'then there is nothing to mend');

# 8. A schema of somebody else's is not taken.
sql('postgres', 'CREATE DATABASE taken');
sql('taken', 'CREATE SCHEMA segment AUTHORIZATION shop_owner');
($status, $output, $errors) = $node->psql('taken', 'CREATE EXTENSION segment');
like($errors, qr/schema "segment" already exists/, 'an existing schema is refused');

# 9. Everything has a replica identity.
sql('postgres', 'CREATE DATABASE published');
sql('published', 'CREATE PUBLICATION everything FOR ALL TABLES');
sql('published', $setup);
sql('published', q{SET ROLE shop_owner; SELECT segment.alter_segment('pro', 'mrr > 3'); SELECT segment.clear_override('pro', 1);
SELECT segment.remove_from_list('beta', ARRAY[3]); SELECT * FROM segment.refresh('customer'); CALL segment.run(); SELECT segment.rename_segment('pro', 'paying');});
is(sql('published', 'SELECT count(*) FROM segment.segment'), 6, 'works with all tables published');
my $unpublishable = q{SELECT c.oid::regclass FROM pg_class c WHERE relkind IN ('r', 'p') AND relreplident = 'd' AND relnamespace::regnamespace::text IN ('segment', 'public')
    AND relname NOT IN ('billing') AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND indisprimary)};
is(sql('published', $unpublishable), '', 'every table of ours has a primary key, which updates and deletes need');
is(sql('published', "SELECT segment.drop_population('customer', cascade => true) IS NULL"), 'f', 'to the end');

$node->stop;
done_testing();
