# Failing calls of every SQL function leave the session's memory where it was.
#
#   CALLS=n   how many of each function and kind of arguments (100)
#
# As many sessions as there are processors share the statements; each looks at its own memory.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Membership;

my $calls      = $ENV{CALLS} || 100;
my $membership = Membership->new('memory', 40);
my $node       = $membership->node;

# What may be left: caches fill a little.
my $context_limit = 256 * 1024;
my $resident_limit = 4 * 1024;

my %nonsense = (
    'text' => q{'no such thing'}, 'name' => q{'nothing'}, 'integer' => '-1', 'bigint' => '-1', 'boolean' => 'true', 'double precision' => q{'NaN'},
    'numeric' => q{'NaN'}, 'timestamp with time zone' => q{'infinity'}, 'date' => q{'-infinity'}, 'interval' => q{'-1 year'}, 'uuid' => q{'00000000-0000-0000-0000-000000000000'},
    'text[]' => q{'{nothing,NULL}'}, 'regclass' => q{'pg_class'}, 'jsonb' => q{'{"wrong": [1, {}]}'}, 'cstring' => q{'plan ='}, 'bytea' => q{'\xff00'},
    'timestamp without time zone' => q{'-infinity'}, 'uuid[]' => q{'{NULL}'}, 'bigint[]' => q{'{-1,NULL}'},
    'segment.survey' => q{'1-5 asked 4 out 0 answers 0 0 1 0 2'}, 'segment.revenue' => q{(SELECT segment.revenue_agg(1::bigint, 'today'::date, NULL, 1))},
    'segment.definition' => q{'nothing = 1'}, 'segment.formula' => q{'nothing + 1'},
);

$node->safe_psql('postgres', q{
    CREATE TABLE call (id int PRIMARY KEY, statement text UNIQUE, made int, failed int, contexts bigint, resident bigint, seconds float8);
    CREATE PROCEDURE call_often(statement text, times int, INOUT failed int) LANGUAGE plpgsql AS $$
    BEGIN
        failed := 0;
        FOR i IN 1 .. times LOOP
            BEGIN
                EXECUTE statement;
                RAISE EXCEPTION 'undo' USING ERRCODE = 'ZZ000';
            EXCEPTION
                WHEN SQLSTATE 'ZZ000' THEN NULL;
                WHEN OTHERS THEN
                    IF SQLSTATE IN ('XX000', '53200') THEN
                        RAISE EXCEPTION '%: % %', statement, SQLSTATE, SQLERRM;
                    END IF;
                    failed := failed + 1;
            END;
        END LOOP;
    END $$;
    CREATE FUNCTION contexts() RETURNS bigint LANGUAGE sql AS 'SELECT sum(used_bytes) FROM pg_backend_memory_contexts';
    -- Without the shared buffers, which fill with the dead rows of failed calls.
    CREATE FUNCTION resident() RETURNS bigint LANGUAGE sql AS $$ SELECT substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s+(\d+)')::bigint $$;
    -- What succeeds (and is undone) shows nothing of errors: few times are enough. What is needed by a transaction is given back at its end.
    CREATE PROCEDURE call_all(times int, session int, sessions int) LANGUAGE plpgsql AS $$
    DECLARE
        c record;
        fails int;
        contexts_before bigint;
        resident_before bigint;
        started timestamptz;
    BEGIN
        FOR c IN SELECT id, statement FROM call WHERE id % sessions = session ORDER BY id LOOP
            CALL call_often(c.statement, 20, fails);
            COMMIT;
            contexts_before := contexts();
            resident_before := resident();
            started := clock_timestamp();
            CALL call_often(c.statement, CASE fails WHEN 0 THEN 10 ELSE times END, fails);
            COMMIT;
            UPDATE call SET failed = fails, made = CASE fails WHEN 0 THEN 10 ELSE times END, contexts = contexts() - contexts_before,
                            resident = resident() - resident_before, seconds = extract(epoch FROM clock_timestamp() - started) WHERE id = c.id;
        END LOOP;
    END $$;});

# Each function with each kind of arguments; those that only the server calls have none.
my %kinds = (null => 'NULL', nonsense => undef, population => q{'customer'}, segment => q{'pro'});
my (@statements, %seen);
foreach my $row (split /\n/, $node->safe_psql('postgres', q{
    SELECT p.oid::regproc, p.prokind, array_to_string(ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) AS t), ',')
    FROM pg_proc AS p
    WHERE p.pronamespace = 'segment'::regnamespace AND p.prorettype <> 'trigger'::regtype AND NOT 'internal'::regtype = ANY (p.proargtypes)
    ORDER BY p.oid}))
{
    my ($function, $prokind, $types) = split /\|/, $row, -1;
    my @types = split /,/, $types;
    foreach my $kind (sort keys %kinds)
    {
        my $first = 1;
        my @arguments = map {
            my $value = $kind eq 'null' ? 'NULL' : $first && $_ eq 'text' && $kinds{$kind} ? $kinds{$kind} : $nonsense{$_} // 'NULL';
            $first = 0 if $_ eq 'text';
            "$value\::$_";
        } @types;
        my $call = "$function(" . join(', ', @arguments) . ')';
        my $statement = $prokind eq 'p' ? "CALL $call" : $prokind eq 'a' ? "SELECT $call" : "SELECT * FROM $call AS r";
        # Without a text among the arguments most kinds are the same.
        push @statements, [ "$function, $kind", $statement ] unless $seen{$statement}++;
    }
}
cmp_ok(scalar @statements, '>', 100, 'functions and kinds of arguments');

my $id = 0;
$node->safe_psql('postgres', join "\n", map { 'INSERT INTO call VALUES (' . ++$id . ", '" . $_->[1] =~ s/'/''/gr . "');" } @statements);
my $sessions = `nproc` + 0 || 1;
my @running = map {
    IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-c', "CALL call_all($calls, $_, $sessions)" ])
} 0 .. $sessions - 1;
ok(IPC::Run::finish($_), 'a session made its calls and none failed inside the server') foreach @running;
foreach my $row (split /\n/, $node->safe_psql('postgres', 'SELECT id, made, failed, contexts, resident FROM call ORDER BY id'))
{
    my ($call, $made, $failed, $contexts, $resident) = split /\|/, $row;
    ok($contexts <= $context_limit && $resident <= $resident_limit, "$statements[$call - 1][0]: $made calls, $failed failed")
      or diag("$contexts bytes more in memory contexts, $resident kB more resident");
}
note("$_->[0]: $_->[1]") foreach map { my ($call, $told) = split /\|/; [ $statements[ $call - 1 ][0], $told ] } split /\n/,
  $node->safe_psql('postgres', q{SELECT id, contexts || ' bytes in memory contexts, ' || resident || ' kB resident' FROM call ORDER BY resident DESC LIMIT 3});
note("$_->[0]: $_->[1]") foreach map { my ($call, $told) = split /\|/; [ $statements[ $call - 1 ][0], $told ] } split /\n/,
  $node->safe_psql('postgres', q{SELECT id, round((1e6 * seconds / made)::numeric) || ' microseconds a call' FROM call WHERE failed > 0 ORDER BY seconds DESC LIMIT 3});
note($node->safe_psql('postgres', q{SELECT sum(made) || ' calls, ' || sum(failed) || ' failed; at most ' || max(contexts) || ' bytes more in memory contexts, '
    || max(resident) || ' kB more resident' FROM call}));

$node->stop;
done_testing();
