# How W1 grows with the number of segments, up to SEGMENTS (10,000), and with that of customers, from a hundredth of MEMBERS to ten times as many.
package Workload::Curves;

use strict;
use warnings;
use utf8;

use Bench;
use Customers;
use Segments;

sub title { return 'cost by the number of segments, and by the number of customers for 100 segments' }

# curve(what grows, [label, table, segments, members], …)
sub curve
{
    my ($bench, @points) = @_;
    my (@steps, @rows);
    foreach my $point (@points)
    {
        my ($label, $table, $segments, $members) = @$point;
        push @steps, "$label, floor" => sub { $bench->floor($table) }, Segments::first_and_unchanged($bench, $label, $table, $segments, $members);
        push @rows, ["$label, floor"], map { [ "$label, $_", to => "$label, floor" ] } 'first', 'unchanged';
    }
    $bench->table($bench->alternate($bench->runs, @steps), @rows);
    return;
}

sub run
{
    my ($class, $bench) = @_;
    my $table = sub { Customers::table($bench->postgres, 'ordered', $_[0]) };
    my $most = $ENV{SEGMENTS} || 10_000;
    curve($bench, map { [ Bench::with_commas($_) . ' segments', $table->($bench->members), $_, $bench->members ] } grep { $_ <= $most } 10, 100, 1000, 10_000);
    curve($bench, map { [ Bench::with_commas($_) . ' customers', $table->($_), 100, $_ ] } map { int($bench->members * $_) } 0.01, 0.1, 1, 10);
    return;
}

1;
