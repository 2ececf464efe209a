# Scores: a refresh with a score of four metrics against the scan that it takes, and against plain SQL that computes and stores the same.
package Workload::Scores;

use strict;
use warnings;
use utf8;

use Bench;
use Customers;
use Segments;

sub title { return 'a score of four metrics, linear and by percentile' }

# Each metric: its value, worst, best, weight, and its part of 0 to 1 in plain SQL.
my @metrics = (
    [ 'mrr', 0, 2000, 3 ],
    [ 'seats', 1, 200, 1 ],
    [ 'nps', 0, 10, 2 ],
    [ 'health', 0, 100, 2 ]);

sub linear_part
{
    my ($column, $worst, $best) = @_;
    return "CASE WHEN $column IS NOT NULL THEN least(1, greatest(0, ($column - $worst)::float8 / ($best - $worst))) END";
}

# SQL that gives key, score and coverage of each customer; with `ranked`, the seats by percentile.
sub plain_query
{
    my ($table, $ranked) = @_;
    my @parts   = map { linear_part(@$_[ 0 .. 2 ]) } @metrics;
    $parts[1] = 'percent_rank() OVER (ORDER BY seats)' if $ranked;
    my $columns = join ', ', map { "$parts[$_] AS s$_" } 0 .. $#metrics;
    my $sum     = join ' + ', map { "coalesce($metrics[$_][3] * s$_, 0)" } 0 .. $#metrics;
    my $weights = join ' + ', map { "CASE WHEN s$_ IS NOT NULL THEN $metrics[$_][3] ELSE 0 END" } 0 .. $#metrics;
    return "SELECT id AS key, 100 * ($sum) / ($weights) AS score, ($weights) / 8.0 AS coverage FROM (SELECT id, $columns FROM $table) AS m";
}

sub create
{
    my ($postgres, $table, $ranked) = @_;
    Segments::drop($postgres, $table);
    $postgres->rows("SELECT segment.create_population('$table', '$table', 'id')");
    $postgres->rows("SELECT segment.create_score('score', '$table')");
    foreach my $metric (@metrics)
    {
        my ($column, $worst, $best, $weight) = @$metric;
        my $shape = $ranked && $column eq 'seats' ? 'percentile' : 'linear';
        $postgres->rows("SELECT segment.add_score_metric('$table.score', '$column', '$column', shape => '$shape', worst => $worst, best => $best, weight => $weight)");
    }
    $postgres->rows('CHECKPOINT');
    return;
}

# Customers whose score is not that of plain SQL, and how many there are.
sub differences
{
    my ($postgres, $table, $query) = @_;
    return [ $postgres->row("SELECT count(*), count(*) FILTER (WHERE abs(s.score - e.score) < 1e-6 AND abs(s.coverage - e.coverage) < 1e-6)
        FROM ($query) AS e FULL JOIN ${table}_score_score AS s USING (key)") ];
}

# The same rows by statements, into tables like those of the score.
sub insert_plainly
{
    my ($postgres, $table, $query) = @_;
    $postgres->rows($_) foreach 'DROP TABLE IF EXISTS plain_score, plain_history',
      "CREATE TABLE plain_score (LIKE ${table}_score_score, PRIMARY KEY (key))",
      "CREATE TABLE plain_history (LIKE ${table}_score_score_history, PRIMARY KEY (key, at))",
      'CHECKPOINT';
    my $as_of = Customers::AS_OF;
    my $band = "CASE WHEN score >= 70 THEN 'good' WHEN score >= 40 THEN 'average' ELSE 'poor' END";
    return $postgres->took(
        "BEGIN; INSERT INTO plain_score SELECT key, score, $band, coverage, NULL, '$as_of' FROM ($query) AS s;
        INSERT INTO plain_history SELECT key, '$as_of', score, band, 1 FROM plain_score; COMMIT");
}

sub run
{
    my ($class, $bench) = @_;
    my $postgres = $bench->postgres;
    foreach my $layout (qw(ordered uuid))
    {
        my $table   = Customers::table($postgres, $layout, $bench->members);
        my $refresh = Segments::refresh_query($table);
        my @rows;
        my %times;
        foreach my $ranked (0, 1)
        {
            my $query = plain_query($table, $ranked);
            my $label = "$layout keys" . ($ranked ? ', one by percentile' : '');
            my $check = sub { $bench->check("scores, $label", differences($postgres, $table, $query), [ ($bench->members) x 2 ]) };
            %times = (%times, %{ $bench->alternate(
                $bench->runs,
                "floor, $label" => sub { $bench->floor($table) },
                "first, $label" => sub {
                    create($postgres, $table, $ranked);
                    my $took = $postgres->took($refresh);
                    $check->();
                    return $took;
                },
                "INSERT … SELECT, $label" => sub { insert_plainly($postgres, $table, $query) },
                "computed only, $label" => sub { $postgres->took("SELECT count(*), sum(score) FROM ($query) AS s") },
                "unchanged, $label" => sub {
                    my $took = $postgres->took($refresh);
                    $check->();
                    return $took;
                },
                "explained, $label" => sub { $postgres->took("SELECT count(*) FROM segment.explain_score('$table.score', (SELECT key::text FROM ${table}_score_score LIMIT 1))") }) });
            push @rows, ["floor, $label"], ["INSERT … SELECT, $label"], [ "first, $label", to => "INSERT … SELECT, $label" ],
              ["computed only, $label"], [ "unchanged, $label", to => "floor, $label", at_most => 3 ], [ "explained, $label", to => "floor, $label" ];
        }
        $bench->table(\%times, @rows);
        Segments::drop($postgres, $table);
    }
    return;
}

1;
