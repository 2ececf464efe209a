# Conditions on behaviour: 100 and 1,000 of them per customer, over all events and over a slice that an index finds; and 20 that counts of
# events do not tell.
package Workload::W2;

use strict;
use warnings;
use utf8;

use Bench;
use Customers;
use Events;
use Segments;

sub title { return '100 and 1,000 conditions on behaviour, stored as sets' }

use constant SLICE => 30;

# The refresh of a population with a segment for each condition; what it finds is compared with `expected`.
sub refresh
{
    my ($bench, $label, $customers, $events, $expected, @conditions) = @_;
    my $postgres = $bench->postgres;
    return sub {
        Segments::drop($postgres, $customers);
        $postgres->rows($_) foreach "SELECT segment.create_population('$customers', '$customers', 'id')",
          "SELECT segment.add_events('$customers', 'activity', '$events', 'customer_id', 'occurred_at', 'name')", 'BEGIN';
        foreach my $number (1 .. @conditions)
        {
            my $definition = Events::definition($conditions[ $number - 1 ]);
            $postgres->rows("SELECT segment.create_segment('s$number', '$customers', \$\$$definition\$\$, materialize => 'set')");
        }
        $postgres->rows('COMMIT');
        my $took = $postgres->took(Segments::refresh_query($customers));
        $bench->check($label, Segments::counts($postgres, $customers, scalar @conditions), $expected);
        return $took;
    };
}

# Plain SQL for the conditions in each of the programs.
sub peers
{
    my ($bench, $label, $table, $only, $expected, @conditions) = @_;
    my $query = Events::query($table, $only, @conditions);
    my @peers;
    foreach my $peer ([ PostgreSQL => $bench->postgres, $query ], [ DuckDB => $bench->duckdb, $query ],
        [ ClickHouse => $bench->clickhouse, Events::clickhouse_query($table, $only, @conditions) ])
    {
        my ($name, $session, $sql) = @$peer;
        next if !$session;
        push @peers, "$name, $label" => sub {
            my ($took, $rows) = $session->timed($sql);
            $bench->check("$name, $label", [ split /\|/, $rows->[0] ], $expected);
            return $took;
        };
    }
    return @peers;
}

sub run
{
    my ($class, $bench) = @_;
    my $postgres  = $bench->postgres;
    my $customers = Customers::table($postgres, 'ordered', $bench->members);
    my $events    = Events::table($postgres, $bench->members, $bench->events);
    print '- ', Bench::with_commas($bench->events), " events\n";
    Events::copy_to_duckdb($bench, $events)     if $bench->duckdb;
    Events::copy_to_clickhouse($bench, $events) if $bench->clickhouse;

    my @hundred  = Events::conditions(7, 30);
    my @thousand = Events::conditions(map { int(4.5 * $_) } 1 .. 20);
    my ($fastest, $query) = $bench->duckdb ? ($bench->duckdb, \&Events::query) : ($postgres, \&Events::query);
    ($fastest, $query) = ($bench->clickhouse, \&Events::clickhouse_query) if $bench->clickhouse;
    my @expected = map { [ split /\|/, $fastest->rows($query->($events, 90, @$_))->[0] ] } \@hundred, \@thousand;

    my $all = $bench->alternate(
        $bench->runs,
        'floor' => sub { Events::floor($postgres, $events) },
        '100 conditions' => refresh($bench, '100 conditions', $customers, $events, $expected[0], @hundred),
        '1,000 conditions' => refresh($bench, '1,000 conditions', $customers, $events, $expected[1], @thousand));
    my $peers = $bench->alternate(1, peers($bench, '100 conditions', $events, 0, $expected[0], @hundred));

    my @listed = Events::list_conditions();
    my $amounts = Events::amounts($postgres, $events);
    my $found;
    my $plain = $bench->alternate(1, 'PostgreSQL, 20 listed' => sub {
        my ($took, $rows) = $postgres->timed(Events::list_query($amounts, @listed));
        $found = [ split /\|/, $rows->[0] ];
        return $took;
    });
    my $lists = $bench->alternate($bench->runs, '20 listed' => refresh($bench, '20 listed', $customers, $amounts, $found, @listed));

    $postgres->rows($_) foreach "CREATE INDEX ON $events (occurred_at)", "VACUUM (ANALYZE) $events";
    my $slice = $bench->alternate(
        $bench->runs,
        'floor, slice' => sub { Events::floor($postgres, $events, SLICE) },
        '100 conditions, slice' => refresh($bench, '100 conditions, slice', $customers, $events, $expected[0], @hundred),
        peers($bench, '100 conditions, slice', $events, SLICE, $expected[0], @hundred));
    Segments::drop($postgres, $customers);
    $postgres->rows($_) foreach "DROP TABLE $amounts", "DROP TABLE $events";
    $bench->table(
        { %$all, %$peers, %$plain, %$lists, %$slice },
        ['floor'],
        [ '100 conditions', to => 'floor', at_most => 1 ],
        [ '1,000 conditions', to => '100 conditions', at_most => 1.5 ],
        (map { [ "$_, 100 conditions", to => '100 conditions' ] } qw(PostgreSQL DuckDB ClickHouse)),
        ['20 listed'],
        [ 'PostgreSQL, 20 listed', to => '20 listed' ],
        ['floor, slice'],
        [ '100 conditions, slice', to => 'floor, slice', at_most => 1.6 ],
        map { [ "$_, 100 conditions, slice", to => '100 conditions, slice' ] } qw(PostgreSQL DuckDB ClickHouse));
    return;
}

1;
