# docs/drivers.md: its programs run and print what it says, with the drivers that this machine has; and the types that all drivers
# declare for parameters find the right functions.
#
#   NODE_PATH=directory     where node finds the module pg, unless it is Debian's
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('drivers');
$node->init;
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\n");
$node->start;
my $directory = $node->basedir;
$node->safe_psql('postgres', 'CREATE EXTENSION segment');

my $page = slurp_file('docs/drivers.md');
my ($setup) = $page =~ /^```sql\n(.*?)^```/ms;
$node->safe_psql('postgres', $setup);

# [program, expected output] of a section
sub example
{
    my ($language) = @_;
    return $page =~ /^```$language\n(.*?)^```\n\n```\n(.*?)^```/ms;
}

sub run_example
{
    my ($language, $file, $command) = @_;
    my ($program, $expected) = example($language);
    append_to_file("$directory/$file", $program);
    my ($output, $errors) = ('', '');
    local $ENV{PGHOST} = $node->host;
    local $ENV{PGPORT} = $node->port;
    local $ENV{PGDATABASE} = 'postgres';
    IPC::Run::run([ @$command, "$directory/$file", $language eq 'java' ? 'jdbc:postgresql://127.0.0.1:' . $node->port . '/postgres?user=' . $node->safe_psql('postgres', 'SELECT current_user') : () ],
        '>', \$output, '2>', \$errors);
    is($output, $expected, "$language: prints what the page says") or diag($errors);
}

sub works
{
    my ($output, $errors);
    return eval { IPC::Run::run([@_], '>', \$output, '2>', \$errors) };
}

# The programs build on what those before them did, in the order of the page: a driver that is not here is stood in for by SQL.
my %stand_in = (
    js => q{SELECT segment.create_segment('big', 'customer', 'mrr >= 100', tags => '{sales}'); SELECT * FROM segment.refresh('customer');
            SELECT segment.add_to_list('beta', ARRAY[1, 2]); SELECT segment.include('big', 2, reason => 'promised')},
    python => q{SELECT segment.add_to_list('beta', ARRAY[3])});
$ENV{NODE_PATH} = join ':', grep { defined } $ENV{NODE_PATH}, '/usr/share/nodejs';
my $jar = '/usr/share/java/postgresql.jar';
my @drivers = (
    [ 'js', 'example.js', ['node'], [ 'node', '-e', 'require("pg")' ], 'node with the module pg (Debian: node-pg)' ],
    [ 'python', 'example.py', ['/usr/bin/python3'], [ '/usr/bin/python3', '-c', 'import psycopg' ], 'Python with psycopg (Debian: python3-psycopg)' ],
    [ 'java', 'Example.java', [ 'java', '-cp', $jar ], [ 'sh', '-c', "java -version && test -e $jar" ], 'Java with JDBC (Debian: libpostgresql-jdbc-java)' ]);
foreach my $driver (@drivers)
{
    my ($language, $file, $command, $probe, $what) = @$driver;
  SKIP:
    {
        if (!works(@$probe))
        {
            $node->safe_psql('postgres', $stand_in{$language}) if $stand_in{$language};
            diag("not tested: $what is not here");
            skip "$what is not here", 1;
        }
        run_example($language, $file, $command);
    }
}

# What parameters drivers declare: OIDs of types, or none. The server must find one function for each.
my @calls = (
    [ 'is_member(%s, %s)', [ 'text', 'bigint' ], [ 'text', 'int' ], [ 'varchar', 'bigint' ], [ 'varchar', 'varchar' ], [ 'text', 'text' ], [ 'unknown', 'unknown' ], [ 'text', 'smallint' ] ],
    [ 'include(%s, %s, reason => %s)', [ 'text', 'bigint', 'text' ], [ 'varchar', 'varchar', 'varchar' ], [ 'unknown', 'unknown', 'unknown' ] ],
    [ 'exclude(%s, %s)', [ 'text', 'int' ], [ 'varchar', 'varchar' ], [ 'unknown', 'unknown' ] ],
    [ 'clear_override(%s, %s)', [ 'text', 'int' ], [ 'varchar', 'varchar' ], [ 'unknown', 'unknown' ] ],
    [ 'matches(%s, %s)', [ 'text', 'int' ], [ 'varchar', 'varchar' ], [ 'unknown', 'unknown' ] ]);
foreach my $call (@calls)
{
    my ($text, @signatures) = @$call;
    foreach my $signature (@signatures)
    {
        my $i = 0;
        my $statement = $text =~ s/%s/'$' . ++$i/ger;
        my $types = join ', ', @$signature;
        my $values = join ', ', ("'paying'", "'3'", "'why'")[ 0 .. $#$signature ];
        my ($status, $output, $errors) = $node->psql('postgres', "PREPARE p ($types) AS SELECT segment.$statement; EXECUTE p ($values)");
        is($status, 0, "segment.$statement takes ($types)") or diag($errors);
    }
}

# Go's program cannot run here; what it asks the server for can.
my ($go) = $page =~ /^```go\n(.*?)^```/ms;
my @statements = $go =~ /"(SELECT [^"]+)"/g;
is(scalar @statements, 3, 'statements of pgx');
foreach my $statement (@statements)
{
    my ($status, $output, $errors) = $node->psql('postgres', "PREPARE p AS $statement");
    is($status, 0, "pgx: $statement") or diag($errors);
}

$node->stop;
done_testing();
