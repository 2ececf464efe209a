# Runs workloads and prints a report in Markdown; scripts/bench.sh starts the server for it.
#   bench.pl SCRATCH DUCKDB CLICKHOUSE WORKLOAD...    the directories that @duckdb/node-api and chdb are installed in, or empty
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";

use Bench;

foreach my $handle (*STDOUT, *STDERR)
{
    binmode $handle, ':encoding(UTF-8)';
    $handle->autoflush(1);
}

my ($scratch, $duckdb, $clickhouse, @names) = @ARGV;
my $bench = Bench->new(
    scratch          => $scratch,
    build            => 'build/bench',
    duckdb_directory => $duckdb,
    clickhouse_directory => $clickhouse,
    map { lc $_ => $ENV{$_} } qw(MEMBERS EVENTS RUNS PEER_DEFINITIONS));

sub processors
{
    open my $file, '<', '/proc/cpuinfo' or return 'unknown';
    my @models = map { /^model name\s*:\s*(.*)/ ? $1 : () } <$file>;
    return @models ? @models . " × $models[0]" : 'unknown';
}

sub load
{
    open my $file, '<', '/proc/loadavg' or return 'unknown';
    return (split ' ', <$file>)[0];
}

my @settings = qw(shared_buffers work_mem max_wal_size wal_level fsync synchronous_commit autovacuum jit max_parallel_workers_per_gather);
print "- processors: ", processors(), "; load when started: ", load(), "\n";
print "- ", ($bench->postgres->row('SELECT version()'))[0], "\n";
print "- ", join(', ', map { "$_ = " . ($bench->postgres->row("SHOW $_"))[0] } @settings), "\n";
print "- DuckDB ", ($bench->duckdb ? ($bench->duckdb->row('SELECT version()'))[0] . ', one thread' : 'is not installed: it is left out'), "\n";
print "- ClickHouse ", ($bench->clickhouse ? ($bench->clickhouse->row('SELECT version()'))[0] . ', one thread' : 'is not installed: it is left out'), "\n";
print "- ", Bench::with_commas($bench->members), " members, ", $bench->runs, " runs of each, in turn\n";

foreach my $name (@names)
{
    require "$FindBin::Bin/workload/$name.pl";
    my $workload = "Workload::\u$name";
    print "\n## \u$name: ", $workload->title, "\n\n";
    $workload->run($bench);
}

print "load when ended: ", load(), "\n";
if ($bench->failed)
{
    print "\n**Some answers were wrong.**\n";
    exit 1;
}
