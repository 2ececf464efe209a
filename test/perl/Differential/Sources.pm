# Random sources of a table, with conditions on what members did and what they pay, each with its translation.
#
# Sequences, streaks, trends and medians are left to Behaviour::Model.
package Differential::Sources;

use strict;
use warnings;
use utf8;

use Differential::Conditions;
use Differential::Definitions;
use Differential::Moments;
use Differential::Pools;
use Differential::Random;
use Differential::Values;

# name, kind, SQL type, pool, of the columns that a `where (…)` may look at
our @event_columns = (
    [ amount  => exact    => 'numeric',     'amount' ],
    [ units   => exact    => 'int4',        'int4' ],
    [ ratio   => float8   => 'float8',      'ratio' ],
    [ weight  => float4   => 'float4',      'float4' ],
    [ device  => text     => 'text',        'text' ],
    [ product => text     => 'varchar(8)',  'varchar' ],
    [ ok      => boolean  => 'boolean',     'bool' ],
    [ due     => tz       => 'timestamptz', 'tz' ],
    [ day     => date     => 'date',        'date' ],
    [ opens   => time     => 'time',        'time' ],
    [ term    => interval => 'interval',    'span' ],
    [ code    => uuid     => 'uuid',        'uuid' ],
    [ mood    => enum     => 'world.mood',  'mood' ],
    [ data    => json     => 'jsonb',       'documents' ],
);
my @names = ('login', 'order', 'page view', q{it's});
my %types = (tz => 'timestamptz', ts => 'timestamp', date => 'date');

# choose(table): which sources it has, before its rows are made.
sub choose
{
    my ($table) = @_;
    $table->{sources} = [];
    push @{ $table->{sources} }, { name => 'activity', named => 1, type => one(qw(tz tz ts date)), relation => "world.activity_$table->{index}" } if chance(0.6);
    push @{ $table->{sources} }, { name => 'visit', type => one(qw(tz ts date)), relation => "world.visit_$table->{index}" } if chance(0.4);
    $table->{billing} = { type => one(qw(tz tz ts date)), relation => "world.billing_$table->{index}", lines => "world.lines_$table->{index}", ledger => "world.ledger_$table->{index}" }
      if chance(0.5);
    return;
}

# fill(table, column => …, times => …): the columns and rows of the sources. `column` makes one, `times` gives the values of a type of time.
sub fill
{
    my ($table, %from) = @_;
    foreach my $source (@{ $table->{sources} })
    {
        my @columns = map { $from{column}->('e', '', @$_) } @event_columns;
        my $order = { name => 'seq', word => 'seq', sql => 'e."seq"', kind => 'exact', type => 'int4', declared => 'int4', missing => 0.3, pool => [ map { Differential::Pools::number($_) } 1 .. 4 ] };
        # The rows of a source are to conditions what members are.
        $source->{table} = bless { %$table{qw(zone week_start edges)}, columns => \@columns, key_column => $order, rows_of => $source }, ref $table;
        my @at = ($from{times}->($source->{type}), { copy => 'infinity' }, { copy => '-infinity' });
        $source->{rows} = [ map {
            my %cells = map { $_->{name} => chance($_->{missing}) ? undef : one(@{ $_->{pool} }) } @columns, $order;
            $cells{at} = chance(0.03) ? undef : one(@at);
            $cells{name} = chance(0.03) ? undef : { copy => one(@names) } if $source->{named};
            [ member($table), \%cells ]
        } 1 .. whole(0, 2 * $table->{rows} + 5) ];
    }
    my $billing = $table->{billing} or return;
    my @at = $from{times}->($billing->{type});
    my @amounts = (pool('money'), { copy => '0' }, { copy => 'NaN' });
    my @plans = map { { copy => $_ } } 'free', 'pro', 'Pro', 'team', '';
    $billing->{rows} = [ map {
        my ($from, $to) = sort { $a->{copy} cmp $b->{copy} } one(@at), one(@at);
        my %cells = (starts => chance(0.03) ? undef : $from, ends => chance(0.5) ? undef : chance(0.1) ? one(@at) : $to, mrr => chance(0.05) ? undef : one(@amounts));
        $cells{plan} = one(undef, @plans);
        $cells{seats} = one(undef, map { { copy => $_ } } 0, 1, 2, 10, -1);
        $cells{$_} = chance(0.7) ? undef : one(@at) foreach qw(trial_ends renews);
        [ member($table), \%cells ]
    } 1 .. whole(0, $table->{rows} + 3) ];
    return;
}

# Mostly somebody's key; nobody's rows do not count.
sub member
{
    my ($table) = @_;
    return undef if chance(0.03);
    return $table->new_key if !@{ $table->{all_rows} } || chance(0.03);
    return one(@{ $table->{all_rows} })->{key};
}

sub columns { my ($source) = @_; return ((map { $_->{name} } @{ $source->{table}{columns} }), 'seq', 'at', $source->{named} ? 'name' : ()) }

sub create_sql
{
    my ($table) = @_;
    my $text = '';
    my $create = sub {
        my ($relation, @columns) = @_;
        $text .= "CREATE TABLE $relation (\"member\" $table->{key_type}, " . join(', ', @columns) . ");\nCREATE INDEX ON $relation (\"member\");\n";
    };
    foreach my $source (@{ $table->{sources} })
    {
        $create->($source->{relation}, (map { "\"$_->{name}\" $_->{declared}" } @{ $source->{table}{columns} }), '"seq" int4', "\"at\" $types{ $source->{type} }", $source->{named} ? '"name" text' : ());
        $text .= Differential::Table::copy_sql($source->{relation}, 'member', [ map { { name => $_ } } columns($source) ], @{ $source->{rows} });
    }
    my $billing = $table->{billing} or return $text;
    my @columns = qw(starts ends trial_ends renews);
    $create->($billing->{relation}, (map { "\"$_\" $types{ $billing->{type} }" } @columns), '"mrr" numeric', '"plan" text', '"seats" int4');
    $text .= Differential::Table::copy_sql($billing->{relation}, 'member', [ map { { name => $_ } } @columns, qw(mrr plan seats) ], @{ $billing->{rows} });
    # What counts of the lines, and every member's MRR from each instant on at which it may change.
    my ($starts, $ends, $trial_ends, $renews) = map { instant_sql($table, { type => $billing->{type}, sql => qq{"$_"} }) } @columns;
    return $text . qq{
        CREATE VIEW $billing->{lines} AS
            SELECT "member", $starts AS trial_starts, $trial_ends AS trial_ends, greatest($starts, $trial_ends) AS starts, $ends AS ends, $renews AS renews, mrr, plan, seats
            FROM $billing->{relation} WHERE $starts IS NOT NULL AND mrr <> 'NaN' AND coalesce($ends > $starts, "ends" IS NULL);
        CREATE VIEW $billing->{ledger} AS
            SELECT p."member", p.at, (SELECT greatest(coalesce(sum(l.mrr), 0), 0) FROM $billing->{lines} AS l
                                      WHERE l."member" = p."member" AND l.starts <= p.at AND (l.ends IS NULL OR l.ends > p.at)) AS mrr
            FROM (SELECT "member", starts AS at FROM $billing->{lines} UNION SELECT "member", ends FROM $billing->{lines} WHERE ends IS NOT NULL) AS p;
    };
}

sub relations { my ($table) = @_; return map { $_->{relation} } @{ $table->{sources} }, $table->{billing} // () }

sub add_sql
{
    my ($table, $population) = @_;
    my $name = quoted($population);
    my $text = join '', map {
        "SELECT segment.add_events($name, '$_->{name}', '$_->{relation}', key => 'member', occurred_at => 'at', tie_break => 'seq'" . ($_->{named} ? ", event_name => 'name'" : '') . ");\n"
    } @{ $table->{sources} };
    $text .= "SELECT segment.add_subscriptions($name, 'billing', '$table->{billing}{relation}', key => 'member', starts_at => 'starts', ends_at => 'ends', mrr => 'mrr', "
      . "plan => 'plan', quantity => 'seats', trial_ends_at => 'trial_ends', renews_at => 'renews');\n" if $table->{billing};
    return $text;
}

sub drop_sql
{
    my ($table) = @_;
    my $billing = $table->{billing};
    return join '', ($billing ? "DROP TABLE $billing->{relation} CASCADE;\n" : ()), map { "DROP TABLE $_->{relation};\n" } @{ $table->{sources} };
}

# Some happens again later, some did not happen.
sub change_sql
{
    my ($table) = @_;
    my $text = '';
    foreach my $relation (relations($table))
    {
        my $some = "FROM $relation WHERE hashtextextended(\"$relation\"::text, " . whole(0, 1000) . ') % 10 = 0';
        $some =~ s/"world\.(\w+)"/$1/;
        $text .= chance(0.5) ? "INSERT INTO $relation SELECT * $some;\n" : "DELETE $some;\n";
    }
    return $text;
}

# ------------------------------------------------------------------------------------------------------------------------------ events

# Some events: their text, the source, and the SQL after SELECT … of a member's, up to as_of.
sub chosen
{
    my ($table, %options) = @_;
    my $source = one($options{named} ? grep { $_->{named} } @{ $table->{sources} } : @{ $table->{sources} });
    my ($text, @conditions);
    if (!$source->{named})
    {
        ($text) = one("'visit'", "'visit'", "any event of 'visit'", q{'visit' of 'visit'});
    }
    else
    {
        my $of = chance(0.3) ? q{ of 'activity'} : '';
        my ($name, $other) = (one(@names), one(@names));
        ($text, @conditions) = @{ one(
            [ quoted($name) . $of, 'e."name" = ' . quoted($name) ], [ quoted($name) . $of, 'e."name" = ' . quoted($name) ],
            [ 'any of (' . quoted($name) . ', ' . quoted($other) . ")$of", 'e."name" IN (' . quoted($name) . ', ' . quoted($other) . ')' ],
            [ "event like 'o%'$of", q{e."name" LIKE 'o%'} ], [ q{any event of 'activity'} ]) };
    }
    if (!$options{bare} && chance(0.3))
    {
        my $where = where($source);
        $text .= " where ($where->{text})";
        push @conditions, $where->{sql};
    }
    my $at = { type => $source->{type}, sql => 'e."at"' };
    my $now = { type => $source->{type} eq 'date' ? 'date' : 'tz', sql => $source->{type} eq 'date' ? today($table) : '@as_of@' };
    my $sql = join ' AND ', qq{FROM $source->{relation} AS e WHERE e."member" = m."id"}, '(' . compare_moments($table, $at, '<=', $now) . ')', map { "($_)" } @conditions;
    return { text => $text, source => $source, sql => $sql, at => $at, now => $now };
}

# What stands in a `where (…)`.
sub where
{
    my ($source) = @_;
    my $rows = $source->{table};
    return Differential::Definitions::tree(sub { Differential::Conditions::row_condition($rows) }, one(0, 0, 1));
}

# A window that events may have, with its SQL for a time of theirs.
sub window
{
    my ($table, $at, $constant) = @_;
    return ('', '') if chance(0.25);
    my ($words, @ends);
    ($words, @ends) = window_of($table, $at->{type}, $constant) while !defined $words || $words =~ /^within next/;
    $words =~ s/^(?=this|last)/in /;
    return (" $words", join '', map { ' AND (' . compare_moments($table, $at, @$_) . ')' } @ends);
}

sub how_often
{
    my ($n, $m) = (whole(0, 4), whole(0, 3));
    return @{ one([ "at least $n", ">= $n" ], [ "at most $n", "<= $n" ], [ "exactly $n", "= $n" ], [ "fewer than $n", "< $n" ], [ "more than $n", "> $n" ],
        [ "between $m and " . ($m + $n), "BETWEEN $m AND " . ($m + $n) ]) };
}

# The start of the period of an event, or of now.
sub period { my ($table, $unit, $at) = @_; return "oracle.period_start('$unit', " . local_sql($table, $at) . ", $table->{week_start})" }

sub holds_when { my ($text, $sql) = @_; return { text => $text, sql => "coalesce(($sql), false)", level => 3 } }

sub not_or { my ($text, $sql) = @_; return chance(0.75) ? holds_when($text, $sql) : { text => "not $text", sql => "(NOT coalesce(($sql), false))", level => 3 } }

sub event_condition
{
    my ($table) = @_;
    my $events = chosen($table);
    my ($text, $at) = @$events{qw(text at)};
    my ($window, $inside) = window($table, $at);
    my $date = $at->{type} eq 'date';
    my $ago = sub { return shifted($table, $events->{now}, '-', { sql => $_[0] }) };
    my $between = sub { my ($from, $to) = @_; return '(' . compare_moments($table, $at, '>', $from) . ') AND (' . compare_moments($table, $at, '<=', $to) . ')' };
    my $w = duration_on($at->{type});
    return weighted(
        [ 6, sub { return holds_when("did $text$window", "EXISTS (SELECT $events->{sql}$inside)") } ],
        [ 3, sub { return holds_when(one('did not', 'never did') . " $text$window", "NOT EXISTS (SELECT $events->{sql}$inside)") } ],
        [ 6, sub { my ($words, $fits) = how_often(); return not_or("did $text $words times$window", "(SELECT count(*) $events->{sql}$inside) $fits") } ],
        [ 3, sub {
            my ($words, $fits) = how_often();
            my $unit = one(qw(day day week month quarter));
            return not_or("did $text on $words distinct ${unit}s$window", "(SELECT count(DISTINCT " . period($table, $unit, $at) . ") $events->{sql}$inside) $fits");
        } ],
        [ 2, sub {
            my ($n, $unit) = (whole(5, 9), one(qw(day week month)));
            my ($words, $fits) = how_often();
            my $first = period($table, $unit, $events->{now}) . ' - ' . ($n - 1) . " * interval '1 $unit'";
            my $period = period($table, $unit, $at);
            return not_or("did $text in $words of the last $n ${unit}s", "(SELECT count(DISTINCT $period) $events->{sql} AND $period >= $first) $fits");
        } ],
        [ 2, sub {
            my $first = instant_order($table, $at);
            my ($words, $within) = window($table, { type => $at->{type}, sql => 'f.at' });
            return not_or("did $text for the first time$words", "EXISTS (SELECT FROM (SELECT e.\"at\" AS at $events->{sql} ORDER BY $first LIMIT 1) AS f WHERE true$within)");
        } ],
        [ 2, sub { return not_or("last $text within $w->{text}", "EXISTS (SELECT $events->{sql} AND " . $between->($ago->($w->{sql}), $events->{now}) . ')') } ],
        [ 2, sub { return not_or("last $text more than $w->{text} ago", "NOT EXISTS (SELECT $events->{sql} AND " . $between->($ago->($w->{sql}), $events->{now}) . ')') } ],
        [ 2, sub {
            my ($once, $twice) = ($ago->($w->{sql}), $ago->("(2 * $w->{sql})"));
            return not_or("stopped $text for $w->{text}",
                "EXISTS (SELECT $events->{sql} AND " . $between->($twice, $once) . ") AND NOT EXISTS (SELECT $events->{sql} AND " . $between->($once, $events->{now}) . ')');
        } ],
        [ 2, sub {
            my $part = where($events->{source});
            my $percent = one(0, 25, 50, 75, 100);
            my $op = one('>=', '<', '=');
            return not_or("share of $events->{text} where ($part->{text})$window $op $percent percent",
                "(SELECT CASE WHEN count(*) > 0 THEN 100 * count(*) FILTER (WHERE $part->{sql}) $op $percent * count(*) END $events->{sql}$inside)")
              if $events->{text} !~ / where /;
            return holds_when("did $text$window", "EXISTS (SELECT $events->{sql}$inside)");
        } ],
        [ 3, sub {
            my $column = one(grep { $_->{name} eq 'product' || $_->{name} eq 'device' } @{ $events->{source}{table}{columns} });
            my $literal = text_literal({ type => $column->{type}, column => $column });
            my ($value, $sql) = property($table, $events, $column);
            my $op = one('=', '<', '>=');
            return not_or("$value$window $op $literal->{text}", "(SELECT $sql$inside ORDER BY " . property_order($table, $value, $at, $column) . " LIMIT 1) $op $literal->{sql}");
        } ],
    )->();
}

sub instant_order { my ($table, $at) = @_; return $at->{type} eq 'date' ? $at->{sql} : instant_sql($table, $at) }

# The property of the first or last event, without its window: its text, and the SQL up to the window.
sub property
{
    my ($table, $events, $column) = @_;
    return (one('last', 'first') . " $column->{name} of $events->{text}", "$column->{sql} $events->{sql}");
}

# By time, then the tie-breaker, of which none comes first, then the smallest value.
sub property_order
{
    my ($table, $text, $at, $column) = @_;
    my $time = instant_order($table, $at);
    return ($text =~ /^last/ ? "$time DESC, e.\"seq\" DESC NULLS LAST" : "$time, e.\"seq\" NULLS FIRST") . ", $column->{sql} NULLS LAST";
}

# ------------------------------------------------------------------------------------------------------------------------------ values

# source_number(table): a number of the member's events or subscriptions; nothing if there are none.
sub source_number
{
    my ($table) = @_;
    return subscription_number($table) if $table->{billing} && (!@{ $table->{sources} } || chance(0.35));
    my $events = chosen($table);
    my ($window, $inside) = window($table, $events->{at});
    my $exact = sub { my ($text, $sql) = @_; return { text => "($text)", sql => "($sql)", type => 'exact', level => 3 } };
    my $amount = one(grep { $_->{kind} eq 'exact' && $_->{name} ne 'seq' } @{ $events->{source}{table}{columns} });
    return weighted(
        [ 4, sub { return $exact->("count of $events->{text}$window", "(SELECT count(*) $events->{sql}$inside)::numeric") } ],
        [ 1, sub { return $exact->("count distinct device of $events->{text}$window", "(SELECT count(DISTINCT e.\"device\") $events->{sql}$inside)::numeric") } ],
        [ 2, sub { return $exact->("sum($amount->{name}) of $events->{text}$window", "(SELECT coalesce(sum($amount->{sql}::numeric), 0) $events->{sql}$inside)") } ],
        [ 1, sub { my $function = one('min', 'max'); return $exact->("$function($amount->{name}) of $events->{text}$window", "(SELECT $function($amount->{sql}::numeric) $events->{sql}$inside)") } ],
        [ 1, sub {
            my ($value, $sql) = property($table, $events, $amount);
            return $exact->("$value$window", "(SELECT $sql$inside ORDER BY " . property_order($table, $value, $events->{at}, $amount) . ' LIMIT 1)::numeric');
        } ],
        [ 2, sub {
            my ($last, $now) = $events->{at}{type} eq 'date' ? ('max(e."at")', today($table)) : ('max(' . instant_sql($table, $events->{at}) . ')', '@as_of@');
            return $exact->("days since last $events->{text}", "(SELECT oracle.days_between($last, $now) $events->{sql})");
        } ],
    )->();
}

sub lines { my ($table) = @_; return qq{FROM $table->{billing}{lines} AS l WHERE l."member" = m."id" AND l.starts <= \@as_of\@ AND (l.ends IS NULL OR l.ends > \@as_of\@)} }

sub subscription_number
{
    my ($table) = @_;
    my $lines = lines($table);
    my ($field, $sql) = @{ one([ mrr => 'greatest(coalesce(sum(l.mrr), 0), 0)' ], [ arr => '12 * greatest(coalesce(sum(l.mrr), 0), 0)' ], [ quantity => 'coalesce(sum(l.seats), 0)::numeric' ]) };
    return { text => "subscription.$field", sql => "(SELECT $sql $lines)", type => 'exact', level => 3 };
}

# The plan or the status.
sub subscription_text
{
    my ($table) = @_;
    my $lines = lines($table);
    my $sql = qq{(SELECT l.plan $lines ORDER BY l.mrr DESC, l.starts DESC, l.plan LIMIT 1)};
    return { text => 'subscription.plan', sql => $sql, type => 'text', level => 3, words => [qw(free pro Pro team), ''] } if chance(0.5);
    return {
        text => 'subscription.status', type => 'text', level => 3, words => [qw(active trial churned never)],
        sql => qq{(CASE WHEN (SELECT sum(l.mrr) $lines) > 0 THEN 'active'
            WHEN EXISTS (SELECT FROM $table->{billing}{lines} AS l WHERE l."member" = m."id" AND l.trial_starts <= \@as_of\@ AND l.trial_ends > \@as_of\@ AND (l.ends IS NULL OR l.ends > \@as_of\@)) THEN 'trial'
            WHEN EXISTS (SELECT FROM $table->{billing}{ledger} AS s WHERE s."member" = m."id" AND s.at <= \@as_of\@ AND s.mrr > 0) THEN 'churned' ELSE 'never' END)}
    };
}

# When what the member pays began, ended or goes on.
sub source_moment
{
    my ($table) = @_;
    my ($ledger, $lines) = ($table->{billing}{ledger}, lines($table));
    my $steps = sub { my ($alias, $more) = @_; return qq{FROM $ledger AS $alias WHERE $alias."member" = m."id" AND $alias.at <= \@as_of\@ AND $more} };
    my ($field, $sql) = @{ one(
        [ started_at => '(SELECT min(s.at) ' . $steps->('s', 's.mrr > 0 AND NOT EXISTS (SELECT ' . $steps->('z', 'z.mrr = 0 AND z.at > s.at') . ')') . ')' ],
        [ churned_at => '(SELECT min(z.at) ' . $steps->('z', 'z.mrr = 0 AND EXISTS (SELECT ' . $steps->('s', 's.mrr > 0 AND s.at < z.at') . ') AND NOT EXISTS (SELECT ' . $steps->('s', 's.mrr > 0 AND s.at > z.at') . ')') . ')' ],
        [ renews_at => "(SELECT min(l.renews) $lines)" ]) };
    return { text => "subscription.$field", sql => $sql, type => 'tz', level => 3 };
}

my %movements = (
    new => 'before = 0 AND mrr > 0 AND NOT ever', reactivation => 'before = 0 AND mrr > 0 AND ever', expansion => 'before > 0 AND mrr > before',
    contraction => 'mrr > 0 AND mrr < before', churn => 'before > 0 AND mrr = 0');

sub subscription_condition
{
    my ($table) = @_;
    if (chance(0.5))
    {
        my $movement = one(sort keys %movements);
        my ($window, $inside) = window($table, { type => 'tz', sql => 'v.at' });
        return not_or("had '$movement'$window", qq{EXISTS (SELECT FROM (
            SELECT s.at, s.mrr, lag(s.mrr, 1, 0::numeric) OVER steps AS before, coalesce(bool_or(s.mrr > 0) OVER (steps ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS ever
            FROM $table->{billing}{ledger} AS s WHERE s."member" = m."id" AND s.at <= \@as_of\@ WINDOW steps AS (ORDER BY s.at)) AS v WHERE $movements{$movement}$inside)});
    }
    my $value = subscription_text($table);
    my @words = map { one(@{ $value->{words} }) } 1 .. 2;
    return chance(0.6) ? not_or("$value->{text} = " . quoted($words[0]), "$value->{sql} = " . quoted($words[0]))
      : not_or("$value->{text} in (" . join(', ', map { quoted($_) } @words) . ')', "$value->{sql} IN (" . join(', ', map { quoted($_) } @words) . ')');
}

# A condition on the sources; nothing if there are none.
sub source_condition
{
    my ($table) = @_;
    my @forms = ((@{ $table->{sources} } ? \&event_condition : ()) x 2, $table->{billing} ? \&subscription_condition : ());
    return @forms ? one(@forms)->($table) : undef;
}

1;
