# Random scores against an independent formulation in SQL: every shape, groups, rules for what is missing, caps and floors, both modes.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{SEED} // 1;
my $rounds = $ENV{SCORES} // 60;
srand($seed);

my $node = PostgreSQL::Test::Cluster->new('scores');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION segment;
CREATE TABLE member (id text PRIMARY KEY, a int, b float8, c numeric, d int, counts_in boolean);
INSERT INTO member SELECT 'm' || i, CASE WHEN i % 7 <> 0 THEN (i * 37) % 50 END, CASE WHEN i % 5 <> 0 THEN ((i * 53) % 201) - 100.5 END,
    CASE WHEN i % 3 <> 0 THEN ((i * 17) % 30) / 4.0 END, (i * 11) % 4, i % 10 <> 0 FROM generate_series(1, 200) AS i;
CREATE TABLE visit (member text, at timestamptz, score int);
INSERT INTO visit SELECT 'm' || (i * 7) % 211, now() - (i % 60) * interval '1 day', i % 11 FROM generate_series(1, 900) AS i;
CREATE INDEX ON visit (member, at);
SELECT segment.create_population('member', 'member', key => 'id', base => 'counts_in');
SELECT segment.add_events('member', 'visit', 'visit', key => 'member', occurred_at => 'at');
});

sub pick { return $_[ int rand @_ ]; }

# A value as a formula and as SQL over `m`.
my @values = (
    [ 'a', 'm.a::float8' ], [ 'b', 'm.b' ], [ 'c * 4 - a', '(m.c * 4 - m.a)::float8' ], [ 'd', 'm.d::float8' ],
    [ q{count of 'visit' within 30 days}, q{(SELECT count(*)::float8 FROM visit v WHERE v.member = m.id AND v.at > now() - interval '30 days' AND v.at <= now())} ],
    [ q{avg(score) of 'visit'}, q{(SELECT avg(v.score)::float8 FROM visit v WHERE v.member = m.id AND v.at <= now())} ]);
my @conditions = ([ 'a > 20', 'm.a > 20' ], [ 'd in (1, 2) or b < 0', 'm.d IN (1, 2) OR m.b < 0' ], [ 'not c >= 3', '(m.c >= 3) IS NOT TRUE' ]);

sub metric
{
    my ($mode, $number, $rule) = @_;
    my $shape = pick(qw(linear steps points percentile recency_decay));
    my ($formula, $value) = @{ pick(@values) };
    my %metric = (name => "m$number", weight => pick(0, 1, 1, 2.5, 7), points => pick(-8, -2, 3, 10), least => 0, most => 1);
    my $arguments = "value => \$v\$$formula\$v\$, shape => '$shape'";
    if ($shape eq 'linear')
    {
        my ($worst, $best) = @{ pick([ 0, 30 ], [ 40, 5 ], [ -50, 50.5 ]) };
        $arguments .= ", worst => $worst, best => $best";
        $metric{part} = "least(1, greatest(0, ($value - ($worst)) / (($best) - ($worst))))";
        $metric{part} = "CASE WHEN $value IS NOT NULL THEN $metric{part} END";
    }
    elsif ($shape eq 'steps')
    {
        $arguments .= q{, steps => '[{"from": 0, "value": 0.25}, {"from": 4, "value": 0.5}, {"from": 20.5, "value": 0.9}]'};
        $metric{part} = "CASE WHEN $value >= 20.5 THEN 0.9 WHEN $value >= 4 THEN 0.5 WHEN $value IS NOT NULL THEN 0.25 END";
        ($metric{least}, $metric{most}) = (0.25, 0.9);
    }
    elsif ($shape eq 'percentile')
    {
        my $other = $value =~ s/\bm\./o./gr;
        my $down = rand() < 0.5;
        $arguments .= ', worst => 1, best => 0' if $down;
        my $better = $down ? '>' : '<';
        $metric{part} = "CASE WHEN $value IS NOT NULL THEN (SELECT count(*) FROM member o WHERE o.counts_in AND $other $better $value)::float8"
          . " / (SELECT greatest(count($other) - 1, 1) FROM member o WHERE o.counts_in) END";
    }
    elsif ($shape eq 'recency_decay')
    {
        $arguments .= ", half_life => '1 month'";
        $metric{part} = "CASE WHEN $value IS NOT NULL THEN power(0.5, greatest($value, 0) / 30.0) END";
    }
    else
    {
        my ($condition, $sql) = @{ pick(@conditions) };
        $arguments = "condition => \$c\$$condition\$c\$, shape => 'points'";
        $metric{part} = "CASE WHEN $sql THEN 1.0 ELSE 0.0 END";
        my $limit = pick('', '', 'cap', 'floor');
        if ($limit)
        {
            $metric{$limit} = pick(20, 45.5, 60);
            $metric{holds} = $sql;
            $arguments .= ", $limit => $metric{$limit}";
            $metric{only} = rand() < 0.5;
        }
        $metric{part} = "1 - ($metric{part})" if $mode eq 'weighted' && $metric{points} < 0 && !$metric{only};
        $arguments .= ", points => $metric{points}" if $mode eq 'weighted' && !$metric{only};
    }
    $arguments .= ", points => $metric{points}" if $mode eq 'additive' && !$metric{only};
    if ($mode eq 'weighted')
    {
        $arguments .= ", weight => $metric{weight}";
        $metric{group} = pick(undef, 'x', 'y');
        $arguments .= ", metric_group => '$metric{group}'" if $metric{group};
    }
    my $worst = $mode eq 'additive' && $metric{points} < 0 ? $metric{most} : $metric{least};
    my %instead = (exclude => 'NULL', zero => '0', neutral => '0.5', worst => $worst);
    $metric{counted} = "coalesce($metric{part}, $instead{$rule})::float8";
    $metric{arguments} = $arguments;
    return \%metric;
}

foreach my $round (1 .. $rounds)
{
    my $mode = pick('weighted', 'weighted', 'additive');
    my $rule = pick('exclude', 'zero', 'neutral', 'worst');
    my $coverage = pick(0, 0.5, 0.8);
    my ($from, $to) = @{ pick([ 0, 100 ], [ -10, 10 ]) };
    my %groups = (x => 1, y => 1);
    my @metrics = map { metric($mode, $_, $rule) } 1 .. 1 + int rand 6;
    my $create = "SELECT segment.create_score('s$round', 'member', mode => '$mode', missing => '$rule', min_coverage => $coverage, scale_min => $from, scale_max => $to);\n";
    $create .= "SELECT segment.add_score_metric('s$round', '$_->{name}', $_->{arguments});\n" foreach @metrics;
    if ($mode eq 'weighted' && rand() < 0.7)
    {
        $groups{x} = pick(0, 3, 0.5);
        $create .= "SELECT segment.add_score_group('s$round', 'x', $groups{x});\n";
    }

    my @counted = grep { !$_->{only} } @metrics;
    my @rows = map {
        my $group = $_->{group} ? "'$_->{group}'" : "'$_->{name}'";
        my $weight = $mode eq 'additive' ? abs $_->{points} : $_->{weight};
        my $group_weight = $mode eq 'additive' ? 1 : $_->{group} ? $groups{ $_->{group} } : $_->{weight};
        my $points = $mode eq 'additive' ? $_->{points} : 0;
        "($group, ${group_weight}::float8, ${weight}::float8, ${points}::float8, ($_->{part})::float8, $_->{counted})"
    } @counted;
    my $long = @rows ? join(",\n", @rows) : "(NULL::text, NULL::float8, NULL::float8, NULL::float8, NULL::float8, NULL::float8)";
    my @caps = map { "CASE WHEN $_->{holds} THEN $_->{cap} END" } grep { defined $_->{cap} } @metrics;
    my @floors = map { "CASE WHEN $_->{holds} THEN $_->{floor} END" } grep { defined $_->{floor} } @metrics;
    my $cap = @caps ? 'least(' . join(', ', @caps) . ')::float8' : 'NULL::float8';
    my $floor = @floors ? 'greatest(' . join(', ', @floors) . ')::float8' : 'NULL::float8';
    my $sum = $mode eq 'additive' ? 'coalesce(added, 0)' : "$from + ($to - ($from)) * mean";
    my $expected = qq{
WITH long AS (SELECT m.id, v.* FROM member m, LATERAL (VALUES $long) AS v (g, gw, w, points, part, counted) WHERE counts_in),
grouped AS (SELECT id, g, gw, sum(w * counted) / nullif(sum(w) FILTER (WHERE counted IS NOT NULL), 0) AS s, sum(w) AS w, sum(w) FILTER (WHERE part IS NOT NULL) AS present,
    sum(points * counted) AS added FROM long GROUP BY id, g, gw),
summed AS (SELECT id, sum(gw * s) / nullif(sum(gw) FILTER (WHERE s IS NOT NULL), 0) AS mean, sum(added) AS added,
    sum(CASE WHEN '$mode' = 'additive' THEN coalesce(present, 0) ELSE gw * coalesce(present, 0) / nullif(w, 0) END)
    / nullif(sum(CASE WHEN '$mode' = 'additive' THEN w ELSE gw * w / nullif(w, 0) END), 0) AS coverage FROM grouped GROUP BY id)
SELECT id, CASE WHEN $sum IS NULL AND coverage IS NULL THEN 0 ELSE coalesce(coverage, 1) END AS coverage,
    CASE WHEN $sum IS NOT NULL AND round(coalesce(coverage, 1)::numeric, 9) >= $coverage
         THEN greatest($from, least($to, least(greatest($sum, $floor), $cap))) END AS score
FROM summed JOIN member m USING (id)};

    $node->safe_psql('postgres', $create);
    my ($status, $output, $errors) = $node->psql('postgres', qq{
BEGIN;
SELECT count(*) FROM segment.refresh('member', as_of => now());
CREATE TEMP TABLE e AS $expected;
SELECT count(*) || ' ' || count(*) FILTER (WHERE s.key IS NULL OR e.id IS NULL OR abs(s.score - e.score) > 1e-6 OR (s.score IS NULL) <> (e.score IS NULL) OR abs(s.coverage - e.coverage) > 2e-9)
FROM e FULL JOIN member_score_s$round AS s ON s.key = e.id;
SELECT e.id, e.score, s.score, e.coverage, s.coverage FROM e JOIN member_score_s$round AS s ON s.key = e.id WHERE abs(s.score - e.score) > 1e-6 OR (s.score IS NULL) <> (e.score IS NULL) OR abs(s.coverage - e.coverage) > 2e-9 LIMIT 3;
ROLLBACK;});
    is($status == 0 ? (split /\n/, $output)[1] : $errors, '180 0', "round $round of seed $seed: $mode, $rule") or diag("$output\n$create\n$expected");
    $node->safe_psql('postgres', "SELECT segment.drop_score('s$round')");
}

$node->stop;
done_testing();
