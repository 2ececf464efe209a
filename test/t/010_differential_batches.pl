# As 010_differential.pl, with many definitions at a time: the members after a refresh of all of them, the rows of to_sql, some answers of
# matches and is_member, and the translations to plain SQL are the same, and again when rows and time have changed.
#
#   SEED=n         where to begin (1); everything in a batch follows from its seed
#   DEFINITIONS=n  how many to try (900)
#   BATCH=n        how many of them in one population (300)
#   FUZZ_JOBS=n    in how many processes (1)
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../perl";

use JSON::PP;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

use Differential::Batch;
use Differential::Harness;

my $seed        = $ENV{SEED} || 1;
my $definitions = $ENV{DEFINITIONS} || 900;
my $jobs        = $ENV{FUZZ_JOBS} || 1;
my $size        = $ENV{BATCH} || 300;
$size = $definitions if $definitions < $size;
my $batches = int(($definitions + $size - 1) / $size);

my $node = PostgreSQL::Test::Cluster->new('batches');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "log_statement = none\nautovacuum = off\njit = off\nshared_buffers = 256MB\nmax_locks_per_transaction = 1000\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE differential_template');
my $citext = $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'});
my (undef, $errors) = psql($node->connstr('differential_template'), setup_sql($citext));
is($errors, '', 'the translations are set up');

# The batches of one process, each told as a line as soon as it is done.
sub work
{
    my ($out, $job) = @_;
    for (my $batch = $job; $batch < $batches; $batch += $jobs)
    {
        my @told = eval {
            Differential::Batch::run(seed => $seed + $batch, definitions => $size, citext => $citext, postgres => $node->connstr('postgres'), server => $node->connstr("batch_$job"),
                database => "batch_$job", template => 'differential_template');
        };
        print {$out} encode_json([ @told ? @told : ([ 0, 'batch ' . ($seed + $batch), "$@" ]) ]) . "\n";
    }
    return;
}

my $started = time;
my @readers;
foreach my $job (0 .. $jobs - 1)
{
    pipe(my $reader, my $writer) or die $!;
    my $pid = fork // die $!;
    if (!$pid)
    {
        $writer->autoflush(1);
        work($writer, $job);
        # Without the handlers of the test, which would stop the server.
        exec 'true' or POSIX::_exit(1);
    }
    close $writer;
    push @readers, [ $pid, $reader ];
}
# One after the other: a pipe holds what the others tell meanwhile.
my $told = 0;
while (@readers)
{
    my $next = shift @readers;
    my $line = readline $next->[1];
    if (!defined $line)
    {
        waitpid $next->[0], 0;
        next;
    }
    push @readers, $next;
    $told++;
    foreach my $result (@{ decode_json($line) })
    {
        my ($right, $name, $wrong) = @$result;
        ok($right, $name) or diag($wrong);
    }
    diag(sprintf '%d definitions in %d s', $told * $size, time - $started) if $told % 20 == 0;
}
is($told, $batches, 'batches done');
note(sprintf '%d definitions in %d s', $told * $size, time - $started);

$node->stop;
done_testing();
