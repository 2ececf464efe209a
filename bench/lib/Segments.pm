# The extension's side: a population over a table of customers, with a segment for each definition.
package Segments;

use strict;
use warnings;
use utf8;

use Bench;
use Customers;
use Definitions;
use List::Util qw(min);

# Makes the population anew, with segments that have never been refreshed.
sub create
{
    my ($postgres, $table, $materialize, @definitions) = @_;
    drop($postgres, $table);
    $postgres->rows("SELECT segment.create_population('$table', '$table', 'id')");
    $postgres->rows('BEGIN');
    foreach my $number (1 .. @definitions)
    {
        my $definition = $definitions[ $number - 1 ]{text};
        $postgres->rows("SELECT segment.create_segment('s$number', '$table', \$\$$definition\$\$, materialize => '$materialize')");
    }
    $postgres->rows($_) foreach 'COMMIT', 'CHECKPOINT';
    return;
}

sub drop
{
    my ($postgres, $table) = @_;
    my ($exists) = $postgres->row("SELECT EXISTS (SELECT FROM segment.population WHERE name = '$table')");
    return if $exists eq 'f';
    $postgres->rows($_) foreach "SELECT segment.drop_population('$table', true)", 'VACUUM';
    return;
}

# Evaluates everything, whether or not something is known to have changed.
sub refresh_query
{
    my ($table) = @_;
    return "SELECT count(*) FROM segment.refresh('$table', as_of => '" . Customers::AS_OF . "', mode => 'full')";
}

# Two measurements for `alternate`: the first refresh of so many segments, and one that finds nothing changed.
sub first_and_unchanged
{
    my ($bench, $label, $table, $count, $members) = @_;
    my $postgres    = $bench->postgres;
    my @definitions = Definitions::series($count);
    my $expected    = $bench->plain_counts(min($count, 1000), $members // $bench->members);
    return (
        "$label, first" => sub {
            create($postgres, $table, 'set', @definitions);
            my $took = $postgres->took(refresh_query($table));
            $bench->check("members, $label, first", counts($postgres, $table, scalar @$expected), $expected);
            $bench->check_once("different keys, $label", sub { different_keys($postgres, $table, @definitions) }, 0);
            return $took;
        },
        "$label, unchanged" => sub {
            my $took = $postgres->took(refresh_query($table));
            $bench->check("members, $label, unchanged", counts($postgres, $table, scalar @$expected), $expected);
            return $took;
        });
}

# How the same rows with other keys compare, first refresh and unchanged one.
sub compare_keys
{
    my ($bench, $layout) = @_;
    my $ordered = Customers::table($bench->postgres, 'ordered', $bench->members);
    my $other   = Customers::table($bench->postgres, $layout,   $bench->members);
    my $times = $bench->alternate(
        $bench->runs,
        floor => sub { $bench->floor($other) },
        first_and_unchanged($bench, 'keys 1, 2, 3 …', $ordered, 1000),
        first_and_unchanged($bench, "$layout keys", $other, 1000));
    $bench->table(
        $times,
        ['floor'],
        [ 'keys 1, 2, 3 …, first', to => 'floor' ],
        [ 'keys 1, 2, 3 …, unchanged', to => 'floor' ],
        [ "$layout keys, first", to => 'keys 1, 2, 3 …, first', at_most => 1.4 ],
        [ "$layout keys, unchanged", to => 'keys 1, 2, 3 …, unchanged', at_most => 1.4 ]);
    return;
}

# The number of members of the first segments.
sub counts
{
    my ($postgres, $table, $count) = @_;
    return $postgres->rows("SELECT members FROM segment.segment WHERE population = '$table' ORDER BY id LIMIT $count");
}

# How many keys are in a segment and not in the plain SQL of its definition, or the other way round, in the first segment, one in the middle
# and the last.
sub different_keys
{
    my ($postgres, $table, @definitions) = @_;
    my $different = 0;
    foreach my $number (1, int(@definitions / 2), scalar @definitions)
    {
        my ($found) = $postgres->row(<<"END");
SELECT count(*) FROM segment.members('$table.s$number') AS m
    FULL JOIN (SELECT id::text FROM $table WHERE $definitions[ $number - 1 ]{sql}) AS c ON c.id = m
    WHERE c.id IS NULL OR m IS NULL
END
        $different += $found;
    }
    return $different;
}

1;
