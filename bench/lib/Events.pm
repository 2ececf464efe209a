# Events of the customers, which depend on nothing but their number: a year of them, of 50 names, some customers and names more than others;
# and conditions on them, in the language of definitions and as plain SQL.
package Events;

use strict;
use warnings;

use Bench;
use Customers;

our $names = 50;

my $uniform = sub { "((hashint8extended(n, $_[0]) & 4294967295)::float8 / 4294967296)" };

# Makes the table if it is not there, in no order of time and without an index, and returns its name.
sub table
{
    my ($postgres, $members, $events) = @_;
    my $table = "event_${members}_$events";
    my ($exists) = $postgres->row("SELECT to_regclass('$table') IS NOT NULL");
    return $table if $exists eq 't';
    my ($customer, $second, $name, $device) = map { $uniform->($_) } 41 .. 44;
    $postgres->rows($_)
      foreach "CREATE TABLE $table AS
        SELECT 1 + floor($members * power($customer, 2))::bigint AS customer_id,
               timestamptz '@{[Customers::AS_OF]}' - interval '1 second' * floor(365 * 86400 * $second) AS occurred_at,
               'event_' || floor(exp($name * ln(@{[$names + 1]})))::int AS name,
               'device ' || floor(20 * $device)::int AS device
        FROM generate_series(1::bigint, $events) AS n",
      "VACUUM (ANALYZE, FREEZE) $table";
    return $table;
}

# One for each name and window: at least one, two or three times within so many days.
sub conditions
{
    my (@days) = @_;
    my $number = 0;
    return map {
        my $name = "event_$_";
        map { { name => $name, days => $_, times => 1 + $number++ % 3 } } @days
    } 1 .. $names;
}

# Conditions that counts do not tell, of four kinds, as definitions and as plain SQL over `e`, the events of one customer.
sub list_conditions
{
    my $recent = "occurred_at > timestamptz '" . Customers::AS_OF . "' - interval '90 days'";
    my $next   = "EXISTS (SELECT FROM TABLE AS n WHERE n.customer_id = e.customer_id AND n.name = 'event_%d' AND n.occurred_at > e.occurred_at
        AND n.occurred_at <= e.occurred_at + interval '7 days' AND n.occurred_at <= timestamptz '@{[Customers::AS_OF]}')";
    return map {
        my ($name, $later) = ("event_$_", $_ + 1);
        {
            text => "sum(amount) of '$name' within 90 days > 20",
            sql  => "sum(amount) FILTER (WHERE name = '$name' AND $recent) > 20"
        },
          {
            text => "count distinct device of '$name' within 90 days >= 2",
            sql  => "count(DISTINCT device) FILTER (WHERE name = '$name' AND $recent) >= 2"
          },
          {
            text => "did '$name' on at least 2 distinct days within 90 days",
            sql  => "count(DISTINCT (occurred_at AT TIME ZONE 'UTC')::date) FILTER (WHERE name = '$name' AND $recent) >= 2"
          },
          {
            text => "did '$name' then 'event_$later' within 7 days",
            sql  => "bool_or(name = '$name' AND " . sprintf($next, $later) . ')'
          };
    } 10 .. 14;
}

# How many customers fulfil each of them.
sub list_query
{
    my ($table, @conditions) = @_;
    my @values = map { my $sql = $conditions[$_]{sql}; $sql =~ s/TABLE/$table/; "$sql AS c$_" } 0 .. $#conditions;
    my @found  = map { "count(*) FILTER (WHERE c$_)" } 0 .. $#conditions;
    return 'SELECT ' . join(', ', @found) . ' FROM (SELECT customer_id, ' . join(', ', @values)
      . " FROM $table AS e WHERE occurred_at <= timestamptz '@{[Customers::AS_OF]}' GROUP BY customer_id) AS found";
}

# The events of one customer in a hundred, with a number of each: plain SQL takes too long for those of all.
sub amounts
{
    my ($postgres, $table) = @_;
    $postgres->rows($_) foreach "CREATE TABLE ${table}_amount AS SELECT *, substr(device, 8)::numeric AS amount FROM $table WHERE customer_id % 100 = 0",
      "CREATE INDEX ON ${table}_amount (customer_id, occurred_at)", "VACUUM (ANALYZE) ${table}_amount";
    return "${table}_amount";
}

sub definition
{
    my ($condition) = @_;
    return $condition->{text} if $condition->{text};
    return "did '$condition->{name}' at least $condition->{times} times within $condition->{days} days";
}

# How many customers fulfil each condition: a query that counts each customer's events once, for PostgreSQL and DuckDB. `only` reads no more
# than so many days.
sub query
{
    my ($table, $only, @conditions) = @_;
    my $as_of = "timestamptz '" . Customers::AS_OF . "'";
    my $since = sub { "occurred_at > $as_of - interval '$_[0] days'" };
    my @counts = map { "count(*) FILTER (WHERE name = '$conditions[$_]{name}' AND @{[$since->($conditions[$_]{days})]}) AS c$_" } 0 .. $#conditions;
    my @found  = map { "count(*) FILTER (WHERE c$_ >= $conditions[$_]{times})" } 0 .. $#conditions;
    return 'SELECT ' . join(', ', @found) . ' FROM (SELECT customer_id, ' . join(', ', @counts) . " FROM $table WHERE occurred_at <= $as_of"
      . ($only ? ' AND ' . $since->($only) : '') . ' GROUP BY customer_id) AS counted';
}

# The same for ClickHouse, where times are numbers of seconds before as_of.
sub clickhouse_query
{
    my ($table, $only, @conditions) = @_;
    my @counts = map { "countIf(name = '$conditions[$_]{name}' AND age < @{[86400 * $conditions[$_]{days}]}) AS c$_" } 0 .. $#conditions;
    my @found  = map { "countIf(c$_ >= $conditions[$_]{times})" } 0 .. $#conditions;
    return 'SELECT ' . join(', ', @found) . ' FROM (SELECT customer_id, ' . join(', ', @counts) . " FROM $table"
      . ($only ? ' WHERE age < ' . 86400 * $only : '') . ' GROUP BY customer_id)';
}

# What a query takes that reads every event, or those of the last days.
sub floor
{
    my ($postgres, $table, $days) = @_;
    my $as_of = "timestamptz '" . Customers::AS_OF . "'";
    return $postgres->took("SELECT count(*), max(device) FROM $table"
          . ($days ? " WHERE occurred_at > $as_of - interval '$days days' AND occurred_at <= $as_of" : ''));
}

sub copy_to_duckdb
{
    my ($bench, $table) = @_;
    my $file = "$bench->{scratch}/$table.csv";
    $bench->postgres->rows("\\copy $table TO '$file' (FORMAT csv)\n");
    $bench->duckdb->rows("CREATE TABLE $table AS SELECT * FROM read_csv('$file', header = false,
        columns = {customer_id: 'BIGINT', occurred_at: 'TIMESTAMPTZ', name: 'VARCHAR', device: 'VARCHAR'})");
    unlink $file;
    return;
}

sub copy_to_clickhouse
{
    my ($bench, $table) = @_;
    my $file = "$bench->{scratch}/$table.csv";
    $bench->postgres->rows("\\copy (SELECT customer_id, extract(epoch FROM timestamptz '@{[Customers::AS_OF]}' - occurred_at)::bigint, name,"
          . " device FROM $table) TO '$file' (FORMAT csv)\n");
    $bench->clickhouse->rows("CREATE TABLE $table (customer_id Int64, age Int64, name LowCardinality(String), device LowCardinality(String))
        ENGINE = MergeTree ORDER BY tuple()");
    $bench->clickhouse->rows("INSERT INTO $table SELECT * FROM file('$file', CSV, 'customer_id Int64, age Int64, name String, device String')");
    unlink $file;
    return;
}

1;
