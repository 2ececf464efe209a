# Satisfaction: the aggregates over answers against avg() on the same rows, in columns of each type of number.
package Workload::W7;

use strict;
use warnings;
use utf8;

use Bench;

sub title { return 'nps, csat, ces and survey_agg over answers, against avg()' }

use constant TYPES => qw(integer numeric smallint float8);

# Five answers for each member, from 0 to 10, 1 % of them 11 and 10 % not given, in no particular order.
sub answers
{
    my ($postgres, $members) = @_;
    my $table = "answer_$members";
    my ($exists) = $postgres->row("SELECT to_regclass('$table') IS NOT NULL");
    return $table if $exists eq 't';
    my $uniform = sub { "(hashint8extended(n, $_[0]) & 4294967295)::float8 / 4294967296" };
    my $columns = join ', ', map { "answer::$_ AS of_$_" } TYPES;
    $postgres->rows($_) foreach "CREATE TABLE $table AS
        SELECT question, $columns
        FROM (SELECT n % 100 AS question,
                     CASE WHEN @{[$uniform->(1)]} < 0.01 THEN 11 WHEN @{[$uniform->(2)]} < 0.9 THEN floor(@{[$uniform->(3)]} * 11) END AS answer
              FROM generate_series(1, 5 * $members) AS n) AS a", "VACUUM (ANALYZE) $table";
    return $table;
}

# The scores in plain SQL, to eight digits.
sub plain_scores
{
    my ($table, $column) = @_;
    my $share = sub { "count(*) FILTER (WHERE $column BETWEEN $_[0] AND $_[1])" };
    my ($ten, $five, $seven) = ($share->(0, 10), $share->(1, 5), $share->(1, 7));
    return "SELECT round(100.0 * (@{[$share->(9, 10)]} - @{[$share->(0, 6)]}) / $ten, 8), round(100.0 * @{[$share->(4, 5)]} / $five, 8),
        round((avg($column) FILTER (WHERE $column BETWEEN 1 AND 7))::numeric, 8),
        round(100.0 * (@{[$share->(9, 10)]} - @{[$share->(0, 6)]}) / $ten, 8), round(100.0 * @{[$share->(8, 10)]} / $ten, 8),
        round((avg($column) FILTER (WHERE $column BETWEEN 0 AND 10))::numeric, 8), count(*), $ten, count($column) - $ten FROM $table";
}

sub our_scores
{
    my ($table, $column) = @_;
    my $survey = "segment.survey_agg($column)";
    return "SELECT round(segment.nps($column), 8), round(segment.csat($column), 8), round(segment.ces($column), 8),
        round(segment.nps($survey), 8), round(segment.csat($survey), 8), round(segment.mean($survey), 8),
        segment.asked($survey), segment.answers($survey), segment.out_of_scale($survey) FROM $table";
}

sub run
{
    my ($class, $bench) = @_;
    my $postgres = $bench->postgres;
    my $table    = answers($postgres, $bench->members);
    print '- ', Bench::with_commas(5 * $bench->members), " answers\n";
    foreach my $type (TYPES)
    {
        my $column = "of_$type";
        my ($got, $expected) = map { [ $postgres->row($_) ] } our_scores($table, $column), plain_scores($table, $column);
        $bench->check("scores of $type", $got, $expected);
        my %aggregates = (
            "avg, $type" => "avg($column)",
            (map { ("$_, $type" => "segment.$_($column)") } qw(nps csat ces survey_agg)),
            "nps and scale, $type" => "segment.nps($column, '1-10')");
        my @steps = map {
            my $aggregate = $aggregates{$_};
            ($_ => sub { $postgres->took("SELECT $aggregate FROM $table") })
        } sort keys %aggregates;
        # What the aggregates have in common is the scan.
        my $times = $bench->alternate($bench->runs, "count(*), $type" => sub { $postgres->took("SELECT count($column) FROM $table") }, @steps);
        $bench->table(
            $times, ["count(*), $type"], ["avg, $type"],
            (map { [ "$_, $type", to => "avg, $type", at_most => 1.3 ] } qw(nps csat ces)),
            [ "nps and scale, $type", to => "avg, $type", at_most => 1.3 ],
            [ "survey_agg, $type", to => "avg, $type", at_most => 4 ]);
    }
    $bench->check('scores of 100 groups', map { $postgres->rows("SELECT question, $_ FROM $table GROUP BY question ORDER BY question") }
          'round(segment.nps(of_integer), 8), round(segment.nps(segment.survey_agg(of_integer)), 8)',
        join ', ', ('round(100.0 * (count(*) FILTER (WHERE of_integer BETWEEN 9 AND 10) - count(*) FILTER (WHERE of_integer BETWEEN 0 AND 6))
            / count(*) FILTER (WHERE of_integer BETWEEN 0 AND 10), 8)') x 2);
    my $groups = sub {
        my ($aggregate) = @_;
        return sub { $postgres->took("SELECT $aggregate FROM $table GROUP BY question") };
    };
    my $times = $bench->alternate($bench->runs, 'avg, 100 groups' => $groups->('avg(of_integer)'), 'nps, 100 groups' => $groups->('segment.nps(of_integer)'),
        'survey_agg, 100 groups' => $groups->('segment.survey_agg(of_integer)'));
    $bench->table($times, ['avg, 100 groups'], [ 'nps, 100 groups', to => 'avg, 100 groups', at_most => 1.3 ],
        [ 'survey_agg, 100 groups', to => 'avg, 100 groups', at_most => 4 ]);
    return;
}

1;
