# Choices that depend on the seed only: Perl's rand() is the same generator on every platform.
package Differential::Random;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(seed one chance whole some shuffled weighted);

# Everything that follows is determined by these numbers.
sub seed
{
    my ($seed, $part) = @_;
    srand(($seed * 2_654_435 + $part * 97 + 1) % 4_294_967_291);
    return;
}

sub one     { return $_[ int rand @_ ] }
sub chance  { return rand() < $_[0] }
sub whole   { my ($low, $high) = @_; return $low + int(rand($high - $low + 1)) }
sub some    { my ($least, $most, $make) = @_; return map { $make->() } 1 .. whole($least, $most) }

sub shuffled
{
    my @items = @_;
    foreach my $i (reverse 1 .. $#items)
    {
        my $j = int rand($i + 1);
        @items[ $i, $j ] = @items[ $j, $i ];
    }
    return @items;
}

# weighted([3, $a], [1, $b]): one of them, the first three times as often.
sub weighted
{
    my $total = 0;
    $total += $_->[0] foreach @_;
    my $at = rand $total;
    foreach my $choice (@_)
    {
        return $choice->[1] if ($at -= $choice->[0]) < 0;
    }
    return $_[-1][1];
}

1;
