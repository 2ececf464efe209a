# Random definitions: conditions joined by `and`, `or` and `not`, written in one way or another.
#
# A definition is { text, sql, level => 1 for `or`, 2 for `and`, 3, parts => the conditions in it, history => whether it reads what
# earlier refreshes stored, rank => whether it compares members }.
package Differential::Definitions;

use strict;
use warnings;

use Exporter 'import';

use Differential::Conditions;
use Differential::Random;

our @EXPORT = qw(definition base_definition);

sub space   { return chance(0.95) ? ' ' : one('  ', "\n", "\t ", "\r\n    ") }
sub keyword { my ($word) = @_; return chance(0.9) ? $word : one(uc $word, ucfirst $word) }

sub in_parentheses
{
    my ($part, $level) = @_;
    return $part->{level} < $level || chance(0.07) ? "($part->{text})" : $part->{text};
}

sub inherited
{
    my (@parts) = @_;
    return (parts => \@parts, map { my $what = $_; $what => (grep { $_->{$what} } @parts) ? 1 : 0 } qw(history rank));
}

sub tree
{
    my ($leaf, $depth) = @_;
    return $leaf->() if $depth == 0 || chance(0.25);
    if (chance(0.2))
    {
        my $part = tree($leaf, $depth - 1);
        return { text => keyword('not') . space() . in_parentheses($part, 3), sql => "(NOT $part->{sql})", level => 3, inherited($part) };
    }
    my ($word, $level) = chance(0.55) ? ('and', 2) : ('or', 1);
    my @parts = some(2, chance(0.1) ? 8 : 3, sub { tree($leaf, $depth - 1) });
    my $text = join space() . keyword($word) . space(), map { in_parentheses($_, $level) } @parts;
    return { text => $text, sql => '(' . join(' ' . uc $word . ' ', map { $_->{sql} } @parts) . ')', level => $level, inherited(@parts) };
}

# definition(table): of any depth up to five, simple ones more often; `depths` of the table are others, with how often they are chosen.
sub definition
{
    my ($table) = @_;
    my $depths = $table->{depths} // [ [ 6, 0 ], [ 4, 1 ], [ 3, 2 ], [ 2, 3 ], [ 1, 4 ], [ 1, 5 ] ];
    return tree(sub { condition($table) }, weighted(@$depths));
}

sub base_definition
{
    my ($table) = @_;
    return tree(sub { base_condition($table) }, one(0, 1, 1));
}

1;
