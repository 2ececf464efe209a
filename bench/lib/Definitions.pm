# Random definitions over the customers' traits, the same ones for every run. Each is written twice: in the language of definitions, and
# as a condition of plain SQL that PostgreSQL and DuckDB read. Of the two texts none is made from the other.
package Definitions;

use strict;
use warnings;

use Customers;
use List::Util qw(sum);
use POSIX qw(strftime);

use constant AS_OF_EPOCH => 1767225600;  # Customers::AS_OF

my @leaves_of_a_definition = (20, 17, 16, 14, 11, 9, 7, 6);  # percent with one, two, … leaves

# The first definitions of an endless series, each with its leaves in the language of definitions.
sub series
{
    my ($count) = @_;
    srand 7;
    my @pools = _pools();
    return map {
        my ($text, $sql, @leaves) = _tree(\@pools, 1 + _weighted(@leaves_of_a_definition));
        { text => $text, sql => $sql, leaves => \@leaves }
    } 1 .. $count;
}

sub _weighted
{
    my @weights = @_;
    my $at = rand sum @weights;
    foreach my $index (0 .. $#weights)
    {
        return $index if ($at -= $weights[$index]) < 0;
    }
    return $#weights;
}

# A condition with that many leaves, in both languages, and its leaves. In SQL, what is null must not become true under a negation.
sub _tree
{
    my ($pools, $count) = @_;
    my ($text, $sql, @leaves);
    if ($count == 1)
    {
        my $pool = $pools->[ _weighted(map { $_->{weight} } @$pools) ];
        ($text, $sql) = @{ $pool->{leaves}[ int rand @{ $pool->{leaves} } ] };
        @leaves = ($text);
    }
    else
    {
        my $left = 1 + int rand($count - 1);
        my $word = rand() < 0.74 ? 'and' : 'or';
        my ($left_text,  $left_sql,  @left_leaves)  = _tree($pools, $left);
        my ($right_text, $right_sql, @right_leaves) = _tree($pools, $count - $left);
        ($text, $sql) = ("($left_text) $word ($right_text)", "($left_sql) \U$word\E ($right_sql)");
        @leaves = (@left_leaves, @right_leaves);
    }
    ($text, $sql) = ("not ($text)", "($sql) IS NOT TRUE") if rand() < 0.06;
    return ($text, $sql, @leaves);
}

sub _quoted { return join ', ', map { "'$_'" } @_; }

# Some of the values, in their order.
sub _some
{
    my ($count, @values) = @_;
    my %chosen;
    $chosen{ int rand @values } = 1 while keys %chosen < $count;
    return map { $values[$_] } sort { $a <=> $b } keys %chosen;
}

sub _moment
{
    my ($days) = @_;
    return "timestamptz '" . strftime('%Y-%m-%d %H:%M:%S+00', gmtime(AS_OF_EPOCH - 86400 * $days)) . "'";
}

sub _one_of_values
{
    my ($trait, $lists, @values) = @_;
    my @leaves = map { [ "$trait = '$_'", "$trait = '$_'" ] } @values;
    foreach (1 .. $lists)
    {
        my $list = _quoted(_some(2 + int rand(@values / 4), @values));
        push @leaves, [ "$trait in ($list)", "$trait IN ($list)" ];
    }
    push @leaves, map { [ "$trait != '$_'", "$trait IS DISTINCT FROM '$_'" ] } _some(3, @values);
    return @leaves;
}

sub _numbers
{
    my ($trait, @cuts) = @_;
    my @leaves;
    foreach my $index (0 .. $#cuts)
    {
        my ($low, $high) = ($cuts[$index], $cuts[ ($index + 1 + @cuts / 4) % @cuts ]);
        push @leaves, [ "$trait >= $low", "$trait >= $low" ], [ "$trait < $low", "$trait < $low" ];
        push @leaves, [ "$trait between $low and $high", "$trait BETWEEN $low AND $high" ] if $low < $high;
    }
    return @leaves;
}

sub _times
{
    my ($trait, @days) = @_;
    my $now = _moment(0);
    my @leaves;
    foreach my $index (0 .. $#days)
    {
        my $near = $days[$index];
        my $edge = _moment($near);
        push @leaves, [ "$trait within $near days", "$trait > $edge AND $trait <= $now" ];
        push @leaves, [ "$trait more than $near days ago", "$trait <= $edge" ];
        my $far = $days[ $index + @days / 4 ] or next;
        push @leaves, [ "$trait between $far days and $near days ago", "$trait > " . _moment($far) . " AND $trait <= $edge" ];
    }
    return @leaves;
}

sub _tags
{
    my @leaves = map { [ "tags includes '$_'", "'$_' = ANY (tags)" ] } @Customers::tags;
    foreach (1 .. 30)
    {
        my $pair = _quoted(_some(2, @Customers::tags));
        push @leaves, [ "tags includes any ($pair)", "tags && ARRAY[$pair]" ];
        push @leaves, [ "tags includes all ($pair)", "tags \@> ARRAY[$pair]" ];
    }
    return @leaves;
}

sub _pools
{
    my @pools = (
        [ 10, _one_of_values('plan', 10, @Customers::plans) ],
        [ 10, _one_of_values('country', 90, @Customers::countries) ],
        [ 10, _one_of_values('industry', 90, @Customers::industries) ],
        [ 14, _numbers('mrr', map { $_ * $_ } 1 .. 44) ],
        [ 11, _numbers('seats', map { 5 * $_ } 1 .. 38) ],
        [  7, _numbers('nps', 1 .. 10), [ 'nps is set', 'nps IS NOT NULL' ], [ 'nps is not set', 'nps IS NULL' ] ],
        [ 10, _numbers('health', map { 2 * $_ } 1 .. 49) ],
        [ 10, _times('signup_at', map { 15 * $_ } 1 .. 60) ],
        [ 10, _times('last_login_at', map { 6 * $_ } 1 .. 60) ],
        [  4, [ 'has_admin', 'has_admin' ], [ 'has_admin is not true', 'has_admin IS NOT TRUE' ] ],
        [  7, _tags() ]);
    return map { my ($weight, @leaves) = @$_; { weight => $weight, leaves => \@leaves } } @pools;
}

1;
