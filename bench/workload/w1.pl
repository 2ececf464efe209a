# Random definitions over all traits, evaluated for all customers and stored as sets.
package Workload::W1;

use strict;
use warnings;
use utf8;

use Customers;
use Definitions;
use List::Util qw(sum uniq);
use Segments;

sub title { return '1,000 random trait definitions over all customers, stored as sets' }

sub describe
{
    my ($bench, $count) = @_;
    my @definitions = Definitions::series($count);
    my @leaves      = map { @{ $_->{leaves} } } @definitions;
    my $members     = sum @{ $bench->plain_counts($count, $bench->members) };
    printf "- %d definitions, %d of them distinct; %d leaves, %d of them distinct; %.1f %% of all customers in a segment, on average\n",
      $count, scalar(uniq map { $_->{text} } @definitions), scalar @leaves, scalar(uniq @leaves), 100 * $members / $count / $bench->members;
    return;
}

sub run
{
    my ($class, $bench) = @_;
    my $ordered  = Customers::table($bench->postgres, 'ordered',  $bench->members);
    my $shuffled = Customers::table($bench->postgres, 'shuffled', $bench->members);
    describe($bench, 1000);
    my $times = $bench->alternate(
        $bench->runs,
        floor => sub { $bench->floor($ordered) },
        Segments::first_and_unchanged($bench, '1,000 definitions', $ordered, 1000),
        Segments::first_and_unchanged($bench, '1,000 definitions, shuffled table', $shuffled, 1000),
        Segments::first_and_unchanged($bench, '100 definitions', $ordered, 100),
        $bench->peers(100));
    $times = { %$times, %{ $bench->alternate(1, $bench->peers(1000)) } } if $bench->peer_definitions >= 1000;
    $bench->table(
        $times,
        ['floor'],
        [ '1,000 definitions, first', to => 'floor', at_most => 5 ],
        [ '1,000 definitions, unchanged', to => 'floor', at_most => 2.5 ],
        [ '1,000 definitions, first', to => '100 definitions, first', at_most => 3 ],
        [ '1,000 definitions, shuffled table, first', to => '1,000 definitions, first', at_most => 1.3 ],
        [ '1,000 definitions, shuffled table, unchanged', to => '1,000 definitions, unchanged', at_most => 1.3 ],
        [ '100 definitions, first', to => 'floor' ],
        [ '100 definitions, unchanged', to => 'floor' ],
        [ 'PostgreSQL, 100 definitions', to => '100 definitions, first' ],
        [ 'DuckDB, 100 definitions', to => '100 definitions, first' ],
        [ 'PostgreSQL, 1,000 definitions', to => '1,000 definitions, first' ],
        [ 'DuckDB, 1,000 definitions', to => '1,000 definitions, first' ]);
    return;
}

1;
