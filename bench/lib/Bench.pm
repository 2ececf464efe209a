# What the workloads share: the programs that are compared, alternating measurements, checks of equality, tables.
package Bench;

use strict;
use warnings;
use utf8;

use Customers;
use Definitions;
use Digest::SHA qw(sha256_hex);
use File::Basename qw(dirname);
use List::Util qw(max min);
use Session;

# Settings: members, events, runs, peer_definitions, the directories scratch and build, and what duckdb.mjs and clickhouse.mjs want, or empty:
# duckdb_directory, clickhouse_directory.
sub new
{
    my ($class, %settings) = @_;
    my $self = bless { %settings, wrong => 0 }, $class;
    $self->{postgres} = Session->new(qw(psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1));
    # Dropping objects with others gives notices.
    $self->{postgres}->rows("SET client_min_messages = warning; SET timezone = 'UTC'");
    $self->{postgres}->worker($self->{postgres}->row('SELECT pg_backend_pid()'));
    $self->{duckdb} = Session->new('node', dirname(__FILE__) . '/../duckdb.mjs', $self->{duckdb_directory}) if $self->{duckdb_directory};
    $self->{clickhouse} = Session->new('node', dirname(__FILE__) . '/../clickhouse.mjs', $self->{clickhouse_directory}, "$settings{scratch}/clickhouse")
      if $self->{clickhouse_directory};
    return $self;
}

sub postgres { return $_[0]{postgres} }

# undef where it is not installed.
sub duckdb     { return $_[0]{duckdb} }
sub clickhouse { return $_[0]{clickhouse} }
sub members { return $_[0]{members} }
sub events  { return $_[0]{events} }
sub runs    { return $_[0]{runs} }
sub peer_definitions { return $_[0]{peer_definitions} }
sub failed  { return $_[0]{wrong} > 0 }

sub progress
{
    my ($self, $text) = @_;
    print STDERR "    $text\n";
    return;
}

# alternate(runs, name => sub { [seconds, seconds of the processor or undef] }, …): measures them in turn, and returns what all runs took for
# each name.
sub alternate
{
    my ($self, $runs, @steps) = @_;
    my %times;
    foreach my $run (1 .. $runs)
    {
        for (my $step = 0; $step < @steps; $step += 2)
        {
            my ($name, $measure) = @steps[ $step, $step + 1 ];
            my $took = $measure->();
            push @{ $times{$name} }, $took;
            $self->progress(sprintf '%s, run %d: %s', $name, $run, in_milliseconds($took->[0]));
        }
    }
    return \%times;
}

# A wrong answer is reported where it is found, and fails the whole benchmark at its end; a right one is reported once. Nothing equals nothing
# for no good reason.
sub check
{
    my ($self, $what, $got, $expected) = @_;
    ($got, $expected) = map { ref ? $_ : [$_] } $got, $expected;
    ($got, $expected) = ([], ['an answer']) if !@$expected;
    my @different = grep { ($got->[$_] // 'none') ne ($expected->[$_] // 'none') } 0 .. max($#$got, $#$expected);
    if (!@different)
    {
        print "- equal: $what (", with_commas(scalar @$got), ")\n" if !$self->{checked}{$what}++;
        return;
    }
    $self->{wrong}++;
    print "- **wrong**: $what\n";
    print "  - value $_: got ", $got->[$_] // 'none', ', expected ', $expected->[$_] // 'none', "\n" foreach splice @different, 0, 5;
    return;
}

# For answers that are dear to get.
sub check_once
{
    my ($self, $what, $answer, $expected) = @_;
    $self->check($what, $answer->(), $expected) if !$self->{checked}{$what};
    return;
}

sub with_commas
{
    my ($text) = @_;
    1 while $text =~ s/^(\d+)(\d{3})/$1,$2/;
    return $text;
}

sub in_milliseconds
{
    my ($seconds) = @_;
    my $milliseconds = 1000 * $seconds;
    return with_commas(sprintf($milliseconds < 10 ? '%.3f' : $milliseconds < 100 ? '%.1f' : '%.0f', $milliseconds)) . ' ms';
}

# table(times of `alternate`, [name, to => name, at_most => ratio, within => seconds], …): a row for each, with the ratio of its minima `to`
# another's, and whether the ratio or the time is what it should be.
sub table
{
    my ($self, $times, @rows) = @_;
    print "\n| what | minimum | median | processor | to | ratio | of processor | target |\n|---|---:|---:|---:|---|---:|---:|---|\n";
    foreach my $row (@rows)
    {
        my ($name, %options) = @$row;
        next if !$times->{$name};
        my @elapsed   = _sorted($times->{$name}, 0);
        my @processor = _sorted($times->{$name}, 1);
        my ($ratio, $processor_ratio, $target) = ('', '', '');
        if (my $other = $options{to} && $times->{ $options{to} })
        {
            $ratio = sprintf '%.2f', $elapsed[0] / (_sorted($other, 0))[0];
            my ($least) = _sorted($other, 1);
            $processor_ratio = sprintf '%.2f', $processor[0] / $least if @processor && $least;
            $target = "≤ $options{at_most}, " . ($ratio <= $options{at_most} ? 'met' : '**missed**') if $options{at_most};
        }
        $target = '≤ ' . in_milliseconds($options{within}) . ', ' . ($elapsed[0] <= $options{within} ? 'met' : '**missed**') if $options{within};
        print '| ', join(' | ', $name, in_milliseconds($elapsed[0]), in_milliseconds($elapsed[ @elapsed / 2 ]),
            @processor ? in_milliseconds($processor[0]) : '', $options{to} // '', $ratio, $processor_ratio, $target), " |\n";
    }
    print "\n";
    return;
}

sub _sorted
{
    my ($times, $which) = @_;
    return sort { $a <=> $b } grep { defined } map { $_->[$which] } @$times;
}

# DuckDB with the customers in it, or undef.
sub duckdb_with
{
    my ($self, $table) = @_;
    Customers::copy_to_duckdb($self->postgres, $self->duckdb, $table, $self->{scratch}) if $self->duckdb && !$self->{copied}{$table}++;
    return $self->duckdb;
}

# The number of customers for whom each of the first definitions holds, by plain SQL. All layouts have the same rows, and so have all
# runs: counts are kept in build/bench until one of the two files changes that they follow from.
sub plain_counts
{
    my ($self, $count, $members) = @_;
    my $file  = join '-', "$self->{build}/counts", $members, map { substr sha256_hex($_), 0, 16 } _source('Customers'), _source('Definitions');
    my $known = $self->{plain_counts}{$members} //= _lines($file);
    if (@$known < $count)
    {
        my @definitions = Definitions::series($count);
        my $table       = Customers::table($self->postgres, 'ordered', $members);
        my $session     = $self->duckdb_with($table) // $self->postgres;  # DuckDB is the faster of them
        while (@$known < $count)
        {
            $self->progress('counting by plain SQL: ' . with_commas(scalar @$known) . ' definitions done');
            my $next = min(@$known + 100, $count);
            push @$known, $session->row(count_query($table, @definitions[ @$known .. $next - 1 ]));
        }
        open my $out, '>', $file or die "$file: $!\n";
        print {$out} map { "$_\n" } @$known;
        close $out or die "$file: $!\n";
    }
    return [ @$known[ 0 .. $count - 1 ] ];
}

sub _lines
{
    my ($file) = @_;
    open my $in, '<', $file or return [];
    chomp(my @lines = <$in>);
    return \@lines;
}

sub _source
{
    my ($module) = @_;
    return join "\n", @{ _lines($INC{"$module.pm"}) };
}

# Measurements for `alternate`: the plain queries that count what the first definitions find.
sub peers
{
    my ($self, $count) = @_;
    my $table    = Customers::table($self->postgres, 'ordered', $self->members);
    my $query    = count_query($table, Definitions::series($count));
    my $expected = $self->plain_counts($count, $self->members);
    my @peers;
    foreach my $peer ([ PostgreSQL => $self->postgres ], [ DuckDB => $self->duckdb_with($table) ])
    {
        my ($name, $session) = @$peer;
        next if !$session;
        my $label = "$name, " . with_commas($count) . ' definitions';
        push @peers, $label => sub {
            my ($took, $rows) = $session->timed($query);
            $self->check($label, [ split /\|/, $rows->[0] ], $expected);
            return $took;
        };
    }
    return @peers;
}

# What a script of pgbench takes, the mean of so many calls in a session of its own.
sub pgbench
{
    my ($self, $script, $calls) = @_;
    my $file = "$self->{scratch}/pgbench.sql";
    open my $out, '>', $file or die "$file: $!\n";
    print {$out} $script;
    close $out or die "$file: $!\n";
    my $output = qx(pgbench --no-vacuum --protocol=prepared --transactions=$calls --file=$file 2>&1);
    $output =~ /latency average = ([\d.]+) ms/ && $? == 0 or die "pgbench: $output\n";
    return [ $1 / 1000, undef ];
}

# One query that counts the rows for which each definition holds.
sub count_query
{
    my ($table, @definitions) = @_;
    return 'SELECT ' . join(",\n", map { "count(*) FILTER (WHERE $_->{sql})" } @definitions) . "\nFROM $table";
}

# What a query takes that reads every column.
sub floor
{
    my ($self, $table) = @_;
    return $self->postgres->took("SELECT count(*), max(tags) FROM $table");
}

1;
