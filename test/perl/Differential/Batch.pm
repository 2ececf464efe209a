# A batch: a table with hundreds or thousands of definitions, which are created in one population, refreshed together and compared by a few queries.
package Differential::Batch;

use strict;
use warnings;
use utf8;

use Differential::Harness;
use Differential::Random;

# Tables and how often they are chosen. 64 members are a word.
my @tables = ([ 1, 0 ], [ 1, 1 ], [ 3, 63 ], [ 4, 64 ], [ 4, 65 ], [ 6, 100 ], [ 4, 200 ], [ 1, 300 ]);

# How deep definitions are. One of depth five has dozens of conditions, so that a few of them would take most of the time.
my @depths = ([ 50, 0 ], [ 30, 1 ], [ 14, 2 ], [ 4, 3 ], [ 1, 4 ], [ 1, 5 ]);

# run(seed => …, definitions => how many, citext => whether there is that type, postgres => connection string, database => the one to make, from `template`,
# server => its connection string): what is to be told, as `outcome` has it.
sub run
{
    my (%batch) = @_;
    my ($seed, $server) = @batch{qw(seed server)};
    my (undef, $errors) = psql($batch{postgres}, "DROP DATABASE IF EXISTS $batch{database}; CREATE DATABASE $batch{database} TEMPLATE $batch{template};");
    return [ 0, "batch $seed: has a database", $errors ] if $errors =~ /ERROR|FATAL/;

    seed($seed, 0);
    my ($table) = make_tables($server, $seed,
        { index => 1, kind => one('table', 'table', 'table', 'partitioned', 'view'), rows => weighted(@tables), citext => $batch{citext}, definitions => $batch{definitions}, depths => \@depths });
    seed($seed, 1);
    $table->fill;
    my $population = $table->{population};
    my $script = "SET client_min_messages = error;\n" . $table->create_sql;
    choose_base($table) if chance(0.4);
    my @definitions = make_definitions($table, one(0, 0.5, 1, 1));
    my $session = session_sql();
    $script .= definitions_sql(@definitions) . subject_sql($table) . $table->population_sql($population) . "${session}CALL differential.create_segments('$population');\n" . reset_sql();
    my @told;
    foreach my $step (1 .. 2)
    {
        $script .= $table->change_sql if $step > 1 && $table->{rows};
        $script .= "${session}CALL differential.compare('$population', '$table->{as_of}[$step - 1]', $step);\n" . reset_sql() . results_sql($table);
        if ($ENV{KEEP_SCRIPT}) { open my $out, '>:utf8', "$ENV{KEEP_SCRIPT}/$seed-$step.sql" or die $!; print $out $script; close $out }
        my ($result, $errors) = result_of($server, $script);
        if ($result && @{ $result->{problems} })
        {
            my %bad = map { $_->{n} ? ($_->{n} => 1) : () } @{ $result->{problems} };
            my ($again) = result_of($server, parts_sql(\@definitions, sort { $a <=> $b } keys %bad)
                  . "${session}CALL differential.look_again('$population', '$table->{as_of}[$step - 1]', $step);\n" . results_sql($table));
            $result = $again // $result;
        }
        push @told, outcome(bytes("batch $seed, refresh $step, " . $table->describe), $seed, $table, \@definitions, $result, $errors);
        last if grep { !$_->[0] } @told;
        $script = "SET client_min_messages = error;\n";
    }
    psql($batch{postgres}, "DROP DATABASE $batch{database};");
    return @told;
}

sub results_sql
{
    my ($table) = @_;
    return q{
        \\echo =====
        SELECT jsonb_build_object('problems', (SELECT coalesce(jsonb_agg(p ORDER BY id), '[]') FROM differential.problem AS p),
                                 'refused', (SELECT coalesce(jsonb_agg(jsonb_build_array(n, refused) ORDER BY n), '[]') FROM differential.definition WHERE refused IS NOT NULL),
                                 'checked', (SELECT count(*) FROM differential.digest WHERE source = 'members'),
                                 'telling', (SELECT count(*) FROM differential.digest WHERE source = 'members' AND members BETWEEN 1 AND } . ($table->{rows} - 1) . "));\n";
}

1;
