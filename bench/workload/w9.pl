# Reading membership: as a filter over all customers, and evaluated for one of them; with keys 1, 2, 3 … and with uuid keys.
package Workload::W9;

use strict;
use warnings;
use utf8;

use Bench;
use Customers;
use Definitions;
use Segments;

sub title { return 'membership as a filter over all customers, and of one' }

use constant CALLS => 2000;  # of one run of pgbench

# The mean latency of a prepared statement with the key of a random customer as :id.
sub latency
{
    my ($bench, $sql) = @_;
    my $members = $bench->members;
    return $bench->pgbench("\\set id random(1, $members)\n$sql;\n", CALLS);
}

sub compare
{
    my ($bench, $layout) = @_;
    my $postgres   = $bench->postgres;
    my $table      = Customers::table($postgres, $layout, $bench->members);
    my $key        = Customers::key($layout, ':id');
    my $definition = (Definitions::series(2))[1];
    my ($expected) = @{ $bench->plain_counts(2, $bench->members) }[1];
    my $count      = sub {
        my ($label, $condition) = @_;
        return sub {
            my ($took, $rows) = $postgres->timed("SELECT count(*) FROM $table c WHERE $condition");
            $bench->check("$label, $layout", $rows->[0], $expected);
            return $took;
        };
    };
    Segments::create($postgres, $table, 'rows', $definition);
    $postgres->rows($_) foreach Segments::refresh_query($table), "VACUUM (ANALYZE) ${table}_segment_member";
    my ($id)   = $postgres->row("SELECT segment_id FROM ${table}_segment_name WHERE name = 's1'");
    my %filter = (
        'semi-join' => "EXISTS (SELECT FROM ${table}_segment_member m WHERE m.segment_id = $id AND m.${table}_id = c.id)",
        'is_member' => "segment.is_member('$table.s1', c.id)");
    print "- $layout keys\n";
    $bench->table(
        $bench->alternate(
            $bench->runs,
            (map { my $label = $_; ($label => $count->($label, $filter{$label})) } sort keys %filter),
            'plain SQL for one key' => sub { latency($bench, "SELECT EXISTS (SELECT FROM $table WHERE id = $key AND ($definition->{sql}))") },
            'matches for one key' => sub { latency($bench, "SELECT segment.matches('$table.s1', $key)") }),
        ['semi-join'],
        [ 'is_member', to => 'semi-join', at_most => 1 ],
        ['plain SQL for one key'],
        [ 'matches for one key', to => 'plain SQL for one key', within => 0.001 ]);
    return;
}

sub run
{
    my ($class, $bench) = @_;
    compare($bench, $_) foreach qw(ordered uuid);
    return;
}

1;
