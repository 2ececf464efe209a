# A program that reads SQL from its standard input and answers `\echo WORD` with that word: psql, and duckdb.mjs.
package Session;

use strict;
use warnings;

use IPC::Open2;
use Time::HiRes qw(time);

my $end_of_answer = 'end-of-answer';

sub new
{
    my ($class, @command) = @_;
    my $pid = open2(my $from, my $to, @command);
    $to->autoflush(1);
    binmode $_, ':encoding(UTF-8)' foreach $from, $to;
    return bless { name => $command[0], from => $from, to => $to, worker => $pid }, $class;
}

# The process that does the work, where that is another one than the program.
sub worker
{
    my ($self, $pid) = @_;
    $self->{worker} = $pid;
    return;
}

# The rows that the statements print, a string each. A failed statement has ended the program, and ends this one.
sub rows
{
    my ($self, $sql) = @_;
    my @rows;
    local $SIG{PIPE} = 'IGNORE';
    print { $self->{to} } $sql, ";\n\\echo $end_of_answer\n";
    while (defined(my $line = readline $self->{from}))
    {
        chomp $line;
        return \@rows if $line eq $end_of_answer;
        push @rows, $line;
    }
    die "$self->{name} ended at: " . substr($sql, 0, 500) . "\n";
}

# The only row, split into its columns.
sub row
{
    my ($self, $sql) = @_;
    my $rows = $self->rows($sql);
    die 'one row expected, got ' . @$rows . ': ' . substr($sql, 0, 500) . "\n" if @$rows != 1;
    return split /\|/, $rows->[0], -1;
}

# What the statements take: seconds of time, and of the processor's where the system tells; and their rows.
sub timed
{
    my ($self, $sql) = @_;
    my ($processor, $start) = ($self->_processor_seconds, time);
    my $rows = $self->rows($sql);
    my $time = time - $start;
    return ([ $time, defined $processor ? $self->_processor_seconds - $processor : undef ], $rows);
}

sub took
{
    my ($self, $sql) = @_;
    return ($self->timed($sql))[0];
}

# Of all threads; undef where the system does not tell.
sub _processor_seconds
{
    my ($self) = @_;
    my $nanoseconds;
    foreach my $name (glob "/proc/$self->{worker}/task/*/schedstat")
    {
        open my $file, '<', $name or next;
        $nanoseconds += (split ' ', <$file>)[0];
    }
    return defined $nanoseconds ? $nanoseconds / 1e9 : undef;
}

1;
