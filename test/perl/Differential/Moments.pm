# Random points in time and durations, each with its translation.
#
# A moment is a value of type `date`, `ts` (timestamp: local time in the population's zone) or `tz` (an instant).
package Differential::Moments;

use strict;
use warnings;
use utf8;

use Exporter 'import';

use Differential::Json;
use Differential::Random;

our @EXPORT = qw(moment moment_literal duration duration_on compare_moments instant_sql local_sql day_sql today shifted window_of);

sub today { my ($table) = @_; return "oracle.day(\@as_of\@, '$table->{zone}')" }

sub instant_sql
{
    my ($table, $moment) = @_;
    return $moment->{type} eq 'tz' ? $moment->{sql}
      : "oracle.instant(" . ($moment->{type} eq 'date' ? "$moment->{sql}::timestamp" : $moment->{sql}) . ", '$table->{zone}')";
}

sub local_sql
{
    my ($table, $moment) = @_;
    return $moment->{type} eq 'tz' ? "oracle.local($moment->{sql}, '$table->{zone}')" : "$moment->{sql}::timestamp";
}

sub day_sql
{
    my ($table, $moment) = @_;
    return $moment->{type} eq 'tz' ? "oracle.day($moment->{sql}, '$table->{zone}')" : "$moment->{sql}::date";
}

# Next to a date, days are compared; everything else as instants, two timestamps, too.
sub compare_moments
{
    my ($table, $left, $op, $right) = @_;
    my %types = map { $_->{type} => 1 } $left, $right;
    my $form = $types{date} ? \&day_sql : \&instant_sql;
    return $form->($table, $left) . " $op " . $form->($table, $right);
}

# ------------------------------------------------------------------------------------------------------------------------- durations

my %clock_units    = (hour => '1 hour', minute => '1 minute', second => '1 second', millisecond => '1 millisecond', microsecond => '1 microsecond');
my @calendar_terms = ([ 1, 'day' ], [ 7, 'day' ], [ 1, 'week' ], [ 30, 'day' ], [ 1, 'month' ], [ 3, 'month' ], [ 1, 'quarter' ], [ 1, 'year' ], [ 12, 'month' ], [ 365, 'day' ], [ 2, 'week' ]);
my @clock_terms    = ([ 1, 'hour' ], [ 24, 'hour' ], [ 90, 'minute' ], [ '1.5', 'hour' ], [ 36, 'hour' ], [ 48, 'hour' ], [ 1, 'microsecond' ], [ 3600, 'second' ], [ 500, 'millisecond' ]);

# A duration has { text, sql, calendar => whether it has days or longer, clock => whether it has hours or shorter }.
sub duration
{
    my (%only) = @_;
    my @terms = map { [@$_] } $only{calendar} || chance(0.7) ? one(@calendar_terms) : one(@clock_terms);
    if (chance(0.2))
    {
        my $first = $terms[0][1];
        push @terms, [ whole(1, 40), one(grep { $_ ne $first } qw(day month year), $only{calendar} ? () : qw(hour minute)) ];
    }
    elsif (chance(0.2))
    {
        $terms[0][0] = whole(0, 500);
    }
    my $clock = grep { $clock_units{ $_->[1] } } @terms;
    my $text = join ' ', map { "$_->[0] $_->[1]" . ($_->[0] eq '1' && chance(0.5) ? '' : 's') } @terms;
    # PostgreSQL knows quarters only in its own words.
    my $sql = join ' + ', map { $_->[1] eq 'quarter' ? 'interval \'' . 3 * $_->[0] . " months'" : "interval '$_->[0] $_->[1]'" } @terms;
    $text = "interval '$text'" if chance(0.15);
    return { text => $text, sql => "($sql)", calendar => @terms > $clock ? 1 : 0, clock => $clock };
}

# A duration that suits the type: dates know no hours.
sub duration_on { my ($type) = @_; return $type eq 'date' ? duration(calendar => 1) : duration() }

# The moment moved by a duration, or by a column's.
sub shifted
{
    my ($table, $moment, $op, $duration) = @_;
    my $by = $op eq '-' ? "- $duration->{sql}" : $duration->{sql};
    return { type => 'date', sql => "oracle.shift($moment->{sql}, $by)" } if $moment->{type} eq 'date' && !$duration->{varies};
    return { type => 'tz', sql => 'oracle.shift(' . ($moment->{type} eq 'date' ? "oracle.midnight($moment->{sql})" : $moment->{sql}) . ", $by, '$table->{zone}')" };
}

# --------------------------------------------------------------------------------------------------------------------------- moments

sub shortened
{
    my ($text) = @_;
    $text =~ s/\.000000(?=$|[Z+-])//;
    $text =~ s/:00(?=$|[Z+-])// if $text =~ /:\d\d:00(?:$|[Z+-])/ && chance(0.5);
    return $text;
}

# moment_literal(table, type, column): a text in quotes next to a value of the type, often one that the column holds.
sub moment_literal
{
    my ($table, $type, $column) = @_;
    my $edges = $table->{edges};
    my @held = $column && chance(0.5) ? grep { $_->{local} || $_->{utc} } @{ $column->{pool} } : ();
    if ($type eq 'date')
    {
        my $day = @held ? one(@held)->{local} : one(@{ $edges->{date} });
        return { text => "'$day'", sql => "'$day'::date", type => 'date', level => 3, literal => 1 };
    }
    if (@held ? $type eq 'ts' : chance(0.4))
    {
        my $local = @held ? shortened(one(@held)->{local}) : chance(0.2) ? one(@{ $edges->{date} }) : shortened(one(@{ $edges->{ts} }));
        my $timestamp = { sql => "'$local'::timestamp", type => 'ts' };
        (my $written = $local) =~ s/ /T/ if chance(0.5);
        my $sql = $type eq 'ts' ? $timestamp->{sql} : instant_sql($table, $timestamp);
        return { text => "'" . ($written // $local) . "'", sql => $sql, type => $type, level => 3, literal => 1 };
    }
    my $tz = @held ? do { my $of = one(@held); [ @$of{qw(utc elsewhere)} ] } : one(@{ $edges->{tz} });
    my $written = chance(0.3) ? $tz->[1] : $tz->[0] . one('Z', '+00:00', '+00', '-0000');
    $written =~ s/ /T/ if chance(0.5);
    return { text => "'" . shortened($written) . "'", sql => "'$tz->[0]+00'::timestamptz", type => 'tz', level => 3, literal => 1 };
}

sub column_moment
{
    my ($table, $dates) = @_;
    if (chance(0.1))
    {
        my ($text, $sql) = path(one($table->traits('json')), 'at');
        my $instant = "oracle.text_instant(oracle.json_text($sql), '$table->{zone}')";
        return { text => "${text}::date", sql => "oracle.day($instant, '$table->{zone}')", type => 'date', level => 3 } if $dates && chance(0.3);
        return { text => "${text}::timestamptz", sql => $instant, type => 'tz', level => 3 };
    }
    return Differential::Sources::source_moment($table) if $table->{billing} && chance(0.08);
    my $column = one($table->traits('tz', 'ts', $dates ? 'date' : ()));
    my $moment = { text => $column->{word}, sql => $column->{sql}, type => $column->{kind}, level => 3, column => $column };
    return { text => "$moment->{text}::date", sql => day_sql($table, $moment), type => 'date', level => 3 } if $dates && $column->{kind} ne 'date' && chance(0.05);
    return { text => "$moment->{text}::timestamptz", sql => instant_sql($table, $moment), type => 'tz', level => 3 } if $column->{kind} eq 'ts' && chance(0.05);
    return $moment;
}

# moment(table, { column => not now(), date => dates too, deep => with arithmetic })
sub moment
{
    my ($table, $want) = @_;
    my $moment = $want->{column} || chance(0.6) ? column_moment($table, $want->{date}) : { text => 'now()', sql => '@as_of@', type => 'tz', level => 3, constant => 1 };
    foreach (1 .. ($want->{deep} ? whole(1, 2) : 0))
    {
        my $op = one('+', '-');
        my $duration = duration_on($moment->{type});
        if (!$moment->{constant} && chance(0.2))
        {
            my $column = one($table->traits('interval'));
            $duration = { text => $column->{word}, sql => $column->{sql}, varies => 1 };
        }
        $moment = { text => within($moment) . " $op $duration->{text}", level => 1, constant => $moment->{constant}, %{ shifted($table, $moment, $op, $duration) } };
    }
    return $moment;
}

sub within { my ($moment) = @_; return $moment->{level} < 1 ? "($moment->{text})" : $moment->{text} }

# --------------------------------------------------------------------------------------------------------------------------- windows

# The T of `since T`: a trait, a literal, now() or something in parentheses.
sub anchor
{
    my ($table, $type, $constant) = @_;
    return moment_literal($table, $type) if $constant || chance(0.5);
    my $moment = moment($table, { date => 1, deep => chance(0.3) });
    $moment->{text} = "($moment->{text})" if $moment->{level} < 3;
    return $moment;
}

# window_of(table, type, constant): a window for moments of the type; constant ones are the same for all members.
# Gives its text and the ends as [comparison, moment].
sub window_of
{
    my ($table, $type, $constant) = @_;
    my $date = $type eq 'date';
    my $now = { type => $date ? 'date' : 'tz', sql => $date ? today($table) : '@as_of@' };
    my $ago   = sub { return shifted($table, $now, '-', $_[0]) };
    my $ahead = sub { return shifted($table, $now, '+', $_[0]) };
    my $form = one(qw(within within within ago ago between next next since from of today this last lasts));
    my $w = duration_on($type);
    return ("within $w->{text}", [ '>', $ago->($w) ], [ '<=', $now ]) if $form eq 'within';
    return ("more than $w->{text} ago", [ '<=', $ago->($w) ]) if $form eq 'ago';
    return ("within next $w->{text}", [ $date ? '>=' : '>', $now ], [ '<=', $ahead->($w) ]) if $form eq 'next';
    if ($form eq 'between')
    {
        my ($days, $fewer) = (whole(2, 70), 0);
        $fewer = whole(1, $days - 1);
        return ("between $days days and $fewer days ago", [ '>', $ago->({ sql => "interval '$days days'" }) ], [ '<=', $ago->({ sql => "interval '$fewer days'" }) ]) if $date || chance(0.6);
        return ("between 1 month and $days hours ago", [ '>', $ago->({ sql => "interval '1 month'" }) ], [ '<=', $ago->({ sql => "interval '$days hours'" }) ]);
    }
    if ($form eq 'since')
    {
        my $t = anchor($table, $type, $constant);
        return ("since $t->{text}", [ '>=', $t ], [ '<=', $now ]);
    }
    if ($form eq 'from')
    {
        my ($a, $b) = (anchor($table, $type, $constant), anchor($table, $type, $constant));
        return ("from $a->{text} to $b->{text}", [ '>=', $a ], [ '<', $b ]);
    }
    if ($form eq 'of')
    {
        my $t = anchor($table, $type, $constant);
        $t = { %$t, type => 'date', sql => day_sql($table, $t) } if $date;
        $w = duration_on($t->{type});
        return ("within $w->{text} of $t->{text}", [ '>=', $t ], [ '<', shifted($table, $t, '+', $w) ]);
    }
    my $unit = $form eq 'today' ? 'day' : one(qw(day week month quarter year));
    my $count = $form eq 'lasts' ? whole(1, 8) : 1;
    my $start = "oracle.period_start('$unit', oracle.local(\@as_of\@, '$table->{zone}'), $table->{week_start})";
    my $length = $unit eq 'quarter' ? 'interval \'' . 3 * $count . " months'" : "interval '$count $unit'";
    my $point = sub { return $date ? { type => 'date', sql => "($_[0])::date" } : { type => 'tz', sql => "oracle.instant($_[0], '$table->{zone}')" } };
    my $in = chance(0.8) ? 'in ' : '';
    return ($form eq 'today' ? 'today' : "${in}this $unit", [ '>=', $point->($start) ], [ '<', $point->("$start + $length") ]) if $form eq 'today' || $form eq 'this';
    my $text = $form eq 'last' ? "${in}last $unit" : "${in}last $count calendar $unit" . ($count > 1 || chance(0.5) ? 's' : '');
    return ($text, [ '>=', $point->("$start - $length") ], [ '<', $point->($start) ]);
}

1;
