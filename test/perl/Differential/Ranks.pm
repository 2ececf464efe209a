# Random conditions that look at other members, at other segments or at what earlier refreshes stored.
package Differential::Ranks;

use strict;
use warnings;
use utf8;

use Exporter 'import';

use Differential::Json;
use Differential::Moments;
use Differential::Pools;
use Differential::Random;
use Differential::Values;

our @EXPORT = qw(rank_condition segment_condition);

# The members whose place among the values of their group, the first one's being 1, fulfils the condition; `n` is how many have one.
sub placed
{
    my ($table, $value, $descending, $group, $condition) = @_;
    my $order = 'PARTITION BY g ORDER BY v' . ($descending ? ' DESC' : '');
    return qq{m."id" IN (
        SELECT id FROM (SELECT id, rank() OVER ($order) AS place, count(*) OVER (PARTITION BY g) AS n
                        FROM (SELECT m."id" AS id, $value AS v, $group AS g FROM $table->{from} WHERE $table->{base_sql}) AS member WHERE v IS NOT NULL) AS ranked
        WHERE $condition)};
}

sub rank_condition
{
    my ($table) = @_;
    return smallest_set($table) if chance(0.2);
    my ($text, $sql) = weighted(
        [ 6, sub { my $value = number($table, one(0, 0, 1)); return (within_level($value, 1), $value->{single} // $value->{sql}) } ],
        [ 2, sub { my $value = moment($table, { column => 1, date => 1 });
                   return ($value->{text}, $value->{type} eq 'ts' ? instant_sql($table, $value) : $value->{sql}) } ],
        [ 1, sub { my $column = one($table->traits('interval', 'time')); return ($column->{word}, $column->{sql}) } ],
    )->();
    my $no = chance(0.3);
    my ($words, $members);
    if (chance(0.3))
    {
        # Above the median is whatever is greater than the lower one of the two in the middle; below, what is less than the upper one.
        my $above = chance(0.5);
        $words = $above ? 'above median' : 'below median';
        my ($op, $rounded) = $above ? ('>', 'n + 1') : ('<', 'n + 2');
        $members = qq{$sql $op (SELECT v FROM (SELECT v, row_number() OVER (ORDER BY v) AS position, count(*) OVER () AS n
                                FROM (SELECT $sql AS v FROM $table->{from} WHERE $table->{base_sql}) AS member WHERE v IS NOT NULL) AS ranked
                                WHERE position = ($rounded) / 2)};
    }
    else
    {
        my $top = chance(0.6);
        my $share = chance(0.5) ? one(1, 5, 10, 12.5, 33, 50, 90, 99.9, 100, 0.5) : undef;
        my $count = one(1, 2, 3, 5, 10, 64, 1000);
        $words = ($top ? 'in top ' : 'in bottom ') . ($share ? "$share percent" : $count);
        my $group = 'true';
        if (chance(0.35))
        {
            my ($per, $per_sql);
            if (chance(0.2)) { ($per, my $json) = path(one($table->traits('json')), 's', 'city'); $per_sql = "oracle.json_text($json)" }
            else { my $column = one($table->traits('text', 'boolean', 'enum', 'exact', 'date', 'uuid', 'float8')); ($per, $per_sql) = ($column->{word}, $column->{sql}) }
            $words .= " per $per";
            $group = $per_sql;
        }
        $members = placed($table, $sql, $top, $group, $share ? "place <= ceil(n * $share / 100.0)" : "place <= $count");
    }
    $words = "not $words" if $no;
    return { text => "$text $words", sql => ($no ? 'NOT ' : '') . "coalesce(($members), false)", level => 3, rank => 1 };
}

# Values above 0, the largest first, until their sum reaches the share.
sub smallest_set
{
    my ($table) = @_;
    my $column = one(grep { $_->{name} =~ /^(?:mrr|seats|i2|n|pct|score|points)$/ } $table->traits('exact', 'float8'));
    my $share = one(1, 20, 50, 80, 95, 99.5, 100);
    my $no = chance(0.3);
    my $sql = qq{m."id" IN (
        SELECT id FROM (SELECT id, sum(v) OVER () AS total, sum(v) OVER (ORDER BY v DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                        FROM (SELECT m."id" AS id, $column->{sql}::numeric AS v FROM $table->{from} WHERE $table->{base_sql}) AS member WHERE v > 0) AS ranked
        WHERE coalesce(before, 0) < total * $share / 100.0)};
    return { text => "$column->{word} " . ($no ? 'not ' : '') . "in smallest set holding $share percent", sql => ($no ? 'NOT ' : '') . "coalesce(($sql), false)", level => 3, rank => 1 };
}

# -------------------------------------------------------------------------------------------------------------------------- segments

sub segment_condition
{
    my ($table) = @_;
    my @segments = @{ $table->{segments} // [] } or return rank_condition($table);
    my $segment = one(@segments);
    $segment->{used} = 1;
    my $name = quoted($segment->{name});
    my $no = chance(0.35) ? 'not ' : '';
    my $not = $no ? 'NOT ' : '';
    return { text => "${no}in segment $name", sql => "$not($segment->{sql})", level => 3, map { $_ => $segment->{$_} } qw(history rank) } if chance(0.6) || $segment->{set};
    # What earlier refreshes stored.
    my $stays = qq{EXISTS (SELECT FROM world."$table->{population}_segment_history" AS h WHERE h.segment = $name AND h."$table->{population}_id" = m."id"};
    my %stored = (level => 3, history => 1, rank => $segment->{rank});
    my $form = one(qw(ever entered exited open));
    return { text => "${no}ever in segment $name", sql => "$not$stays)", %stored } if $form eq 'ever';
    if ($form eq 'open')
    {
        my $w = duration();
        my $edge = shifted($table, { type => 'tz', sql => '@as_of@' }, '-', $w);
        return {
            text => "${no}in segment $name for at least $w->{text}",
            sql => "$not(($segment->{sql}) AND $stays AND h.exited_at IS NULL AND h.entered_at <= $edge->{sql}))", %stored
        };
    }
    my ($words, @ends) = chance(0.2) ? ('') : window_of($table, 'tz', chance(0.7));
    ($words, @ends) = window_of($table, 'tz', 1) while $words =~ /next/;
    my $at = { type => 'tz', sql => "h.${form}_at" };
    my $sql = join ' AND ', $stays, ($form eq 'entered' ? q{h.enter_reason IN ('refresh', 'manual')} : 'h.exited_at IS NOT NULL'), map { compare_moments($table, $at, @$_) } @ends;
    return { text => ($no ? 'not ' : '') . "$form segment $name" . ($words ? " $words" : ''), sql => "$not$sql)", %stored };
}

1;
