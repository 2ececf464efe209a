# The customers: rows that depend on nothing but their number, in tables that differ in their keys and in their order on disk.
package Customers;

use strict;
use warnings;

use constant AS_OF => '2026-01-01 00:00:00+00';

our @plans      = qw(free starter team business enterprise);
our @countries  = qw(AT AU BE BR CA CH DE DK ES FI FR GB IE IN IT JP NL NO PL US);
our @industries = qw(aerospace agriculture automotive banking biotech chemicals construction consulting education energy fashion film
  food gaming government health hospitality insurance law logistics media mining music nonprofit pharma property retail software
  telecom travel);
our @tags = qw(advocate beta churned csm expansion inbound legacy partner pilot referral trial vip);

# A uniform number in [0, 1) for a row's number and a column's.
my $uniform = <<'END';
CREATE OR REPLACE FUNCTION uniform(row_number bigint, salt int) RETURNS float8 LANGUAGE sql IMMUTABLE
    RETURN (hashint8extended(row_number, salt) & 4294967295)::float8 / 4294967296;
END

sub _one_of
{
    my ($share, @values) = @_;
    my $list = join ', ', map { "'$_'" } @values;
    return "(ARRAY[$list])[1 + floor(($share) * " . @values . ')::int]';
}

my $tag_salt = 100;
my $tags = 'array_remove(ARRAY[' . join(', ', map { "CASE WHEN uniform(n, " . $tag_salt++ . ") < 0.15 THEN '$_' END" } @tags) . '], NULL)';
my $as_of = "timestamptz '" . AS_OF . "'";

my $columns = join ",\n    ",
  _one_of('power(uniform(n, 1), 1.5)', @plans) . ' AS plan',
  _one_of('power(uniform(n, 2), 1.5)', @countries) . ' AS country',
  _one_of('uniform(n, 3)', @industries) . ' AS industry',
  'round((2000 * power(uniform(n, 4), 3))::numeric, 2) AS mrr',
  '1 + floor(200 * power(uniform(n, 5), 2))::int AS seats',
  'CASE WHEN uniform(n, 6) >= 0.4 THEN floor(11 * sqrt(uniform(n, 7)))::smallint END AS nps',
  '100 * uniform(n, 8) AS health',
  "$as_of - interval '1 second' * floor(1000 * 86400 * uniform(n, 9)) AS signup_at",
  "CASE WHEN uniform(n, 10) >= 0.1 THEN $as_of - interval '1 second' * floor(365 * 86400 * power(uniform(n, 11), 2)) END AS last_login_at",
  'uniform(n, 12) < 0.35 AS has_admin',
  "$tags AS tags";

# Each layout: the key of row n, and the order in which rows are written.
my %layouts = (
    ordered  => { key => 'n',                      order => 'n' },
    shuffled => { key => 'n',                      order => 'hashint8extended(n, 20), n' },
    uuid     => { key => 'md5(n::text)::uuid',     order => 'n' },
    sparse   => { key => 'hashint8extended(n, 21)', order => 'n' });

# Makes the table of that layout, if it is not there, and returns its name.
sub table
{
    my ($postgres, $layout, $members) = @_;
    my $table = "customer_${layout}_$members";
    my ($exists) = $postgres->row("SELECT to_regclass('$table') IS NOT NULL");
    return $table if $exists eq 't';
    my ($key, $order) = @{ $layouts{$layout} }{qw(key order)};
    $postgres->rows($_)
      foreach $uniform,
      "CREATE TABLE $table AS SELECT $key AS id, $columns FROM generate_series(1::bigint, $members) AS n ORDER BY $order",
      "ALTER TABLE $table ADD PRIMARY KEY (id)",
      "VACUUM (ANALYZE, FREEZE) $table";
    return $table;
}

# The key, as SQL, of the row with that number, itself SQL.
sub key
{
    my ($layout, $number) = @_;
    my $key = $layouts{$layout}{key};
    $key =~ s/\bn\b/$number/g;
    return $key;
}

# Copies a table to DuckDB, through a file.
sub copy_to_duckdb
{
    my ($postgres, $duckdb, $table, $directory) = @_;
    my $file = "$directory/$table.csv";
    $postgres->rows("\\copy (SELECT id, plan, country, industry, mrr, seats, nps, health, signup_at, last_login_at, has_admin, "
          . "array_to_string(tags, ' ') FROM $table) TO '$file' (FORMAT csv, NULL 'null')\n");
    $duckdb->rows(<<"END");
CREATE TABLE $table AS
    SELECT * REPLACE (CASE WHEN tags = '' THEN [] ELSE string_split(tags, ' ') END AS tags)
    FROM read_csv('$file', header = false, nullstr = 'null', columns = {
        id: 'BIGINT', plan: 'VARCHAR', country: 'VARCHAR', industry: 'VARCHAR', mrr: 'DECIMAL(10, 2)', seats: 'INTEGER', nps: 'SMALLINT',
        health: 'DOUBLE', signup_at: 'TIMESTAMPTZ', last_login_at: 'TIMESTAMPTZ', has_admin: 'BOOLEAN', tags: 'VARCHAR'})
END
    unlink $file;
    return;
}

1;
