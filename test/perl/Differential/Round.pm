# A round: eight tables of one seed, with definitions over them that are refreshed three times.
package Differential::Round;

use strict;
use warnings;
use utf8;

use Test::More;

use Differential::Definitions;
use Differential::Harness;
use Differential::Random;
use Differential::Table;

# The tables: what they are, their rows, and which part of the definitions is theirs. 64 members are a word, 2,048 are evaluated at a time.
my @tables = (
    [ table => 0, 0.03 ], [ table => 1, 0.05 ], [ table => 63, 0.16 ], [ view => 64, 0.16 ], [ table => 65, 0.16 ], [ partitioned => 200, 0.16 ], [ table => 2500, 0.08 ],
    [ table => 40, 0.2 ],
);

# run(node, seed, how many definitions, only this table): reports each table as a few tests, and gives the number of definitions.
sub run
{
    my ($node, $seed, $count, $only) = @_;
    my $database = "round_$seed";
    $node->safe_psql('postgres', "CREATE DATABASE $database");
    my $server = $node->connstr($database);
    my $citext = $node->safe_psql($database, q{SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'});
    my (undef, $errors) = psql($server, setup_sql($citext));
    is($errors, '', "seed $seed: the translations are set up") or return $count;

    my @wanted;
    foreach my $index (1 .. @tables)
    {
        my ($kind, $rows, $part) = @{ $tables[ $index - 1 ] };
        # Every tenth seed defines more of the last one than a query has columns for.
        $part = 1.5 if $seed % 10 == 0 && $index == @tables;
        push @wanted, { index => $index, kind => $kind, rows => $rows, citext => $citext, definitions => int($count * $part + 0.5) };
    }
    my $tried = 0;
    foreach my $table (make_tables($server, $seed, @wanted))
    {
        next if $only && $only != $table->{index} || !$table->{definitions};
        seed($seed, 100 + $table->{index});
        $table->fill;
        try($node, $server, $seed, $table);
        $tried += $table->{definitions};
    }
    $node->safe_psql('postgres', "DROP DATABASE $database");
    return $tried || $count;
}

# Defines segments of the table, refreshes them three times and reports what differs.
sub try
{
    my ($node, $server, $seed, $table) = @_;
    my $population = $table->{population};
    my $script = "SET client_min_messages = error;\n" . $table->create_sql;
    choose_base($table) if chance(0.4);
    my @definitions = make_definitions($table, 0);
    $script .= definitions_sql(@definitions) . parts_sql(\@definitions, 1 .. @definitions);
    # Some segments that no other one uses get another definition later.
    my @altered = grep { !$definitions[ $_ - 1 ]{used} && chance(0.1) } 1 .. @definitions;
    my %altered = map { $definitions[ $_ - 1 ] => 1 } @altered;
    $table->{segments} = [ grep { !$altered{$_} } @{ $table->{segments} // [] } ];
    $script .= Differential::Table::copy_sql('differential.alteration', 'n', [ map { { name => $_ } } qw(definition expected history) ],
        map { my $d = definition($table); [ $_, { definition => { copy => $d->{text} }, expected => { copy => $d->{sql} }, history => { copy => $d->{history} ? 't' : 'f' } } ] } @altered);
    $script .= subject_sql($table) . $table->population_sql($population);
    my $session = session_sql();
    $script .= "${session}CALL differential.create_segments('$population');\n";
    foreach my $step (1 .. 3)
    {
        $script .= $table->change_sql if $step > 1 && $table->{rows};
        $script .= "CALL differential.alter_segments('$population');\n" if $step == 2;
        $script .= "${session}CALL differential.run('$population', '$table->{as_of}[$step - 1]', $step);\n" . reset_sql();
    }
    my $fresh = "${population}_fresh";
    $script .= $table->population_sql($fresh) . "CALL differential.compare_fresh('$population', '$fresh', '$table->{as_of}[2]', 3);\n";
    $script .= q{
        \\echo =====
        SELECT jsonb_build_object('problems', (SELECT coalesce(jsonb_agg(p ORDER BY id), '[]') FROM differential.problem AS p),
                                 'refused', (SELECT coalesce(jsonb_agg(jsonb_build_array(n, refused) ORDER BY n), '[]') FROM differential.definition WHERE refused IS NOT NULL),
                                 'checked', (SELECT count(*) FROM differential.found WHERE source = 'members' AND step = 3),
                                 'telling', (SELECT count(*) FROM differential.found WHERE source = 'members' AND step = 1 AND cardinality(keys) BETWEEN 1 AND } . ($table->{rows} - 1) . qq{));
        SELECT segment.drop_population(name, cascade => true) FROM segment.population;
        TRUNCATE differential.definition, differential.part, differential.alteration, differential.found, differential.stored, differential.refreshed, differential.problem,
            differential.subject;
    } . $table->drop_sql;
    if ($ENV{KEEP_SCRIPT}) { open my $out, '>:utf8', "$ENV{KEEP_SCRIPT}/$seed-$table->{index}.sql" or die $!; print $out $script; close $out }
    my ($result, $errors) = result_of($server, $script);
    foreach my $told (outcome(bytes("seed $seed, " . $table->describe), $seed, $table, \@definitions, $result, $errors))
    {
        my ($right, $name, $wrong) = @$told;
        ok($right, $name) or diag($wrong);
    }
    $node->restart if !defined $result && !eval { $node->safe_psql('postgres', 'SELECT 1'); 1 };
    return;
}

1;
