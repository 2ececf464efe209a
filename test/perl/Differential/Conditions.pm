# Random conditions without `and`, `or` and the like, each with its translation: SQL that is true or false, never null.
#
# A condition is { text, sql, level => 3 }; see Differential::Definitions for what else it may have.
package Differential::Conditions;

use strict;
use warnings;
use utf8;

use Exporter 'import';

use Differential::Json;
use Differential::Moments;
use Differential::Pools;
use Differential::Random;
use Differential::Ranks;
use Differential::Values;

our @EXPORT = qw(condition base_condition);

my %mirrored = ('<' => '>', '<=' => '>=', '>' => '<', '>=' => '<=', '=' => '=');

sub holds { my ($text, $sql) = @_; return { text => $text, sql => "coalesce(($sql), false)", level => 3 } }

# `not` of what is true or false.
sub unless_holds { my ($text, $sql) = @_; return { text => $text, sql => "(NOT coalesce(($sql), false))", level => 3 } }

# compared(text of the left side, op => SQL…): a comparison with an operator drawn by chance; `!=` is not `=`.
sub compared
{
    my ($left, $right, $sql, @ops) = @_;
    my $op = one(@ops ? @ops : ('=', '!=', '<', '<=', '>', '>='));
    return holds("$left $op $right", $sql->($op)) if $op ne '!=';
    return unless_holds("$left " . one('!=', '<>') . " $right", $sql->('='));
}

sub between
{
    my ($value, $low, $high, $sql) = @_;
    my $both = '(' . $sql->('>=', $low) . ') AND (' . $sql->('<=', $high) . ')';
    my $range = within_level($low, 1) . ' and ' . within_level($high, 1);
    return chance(0.6) ? holds("$value between $range", $both) : unless_holds("$value not between $range", $both);
}

sub listed
{
    my ($value, $items, $sql) = @_;
    return chance(0.6) ? holds("$value in ($items)", $sql) : unless_holds("$value not in ($items)", $sql);
}

sub list_length { return weighted([ 10, whole(1, 6) ], [ 2, whole(7, 40) ], [ 1, whole(100, 400) ]) }

# -------------------------------------------------------------------------------------------------------------------------- of numbers

sub number_condition
{
    my ($table) = @_;
    my $value = number($table, one(0, 0, 0, 1, 1, 2));
    my $near = sub {
        return number_literal($value->{column}) if chance(0.75);
        for (;;)
        {
            # Two values of JSON do not tell how they compare.
            my $other = number($table, one(0, 0, 1));
            return $other if !($value->{untyped} && $other->{untyped});
        }
    };
    return weighted(
        [ 6, sub {
            my $other = $near->();
            my ($left, $right) = chance(0.15) ? ($other, $value) : ($value, $other);
            return compared(within_level($left, 1), within_level($right, 1), sub { compare_numbers($left, $_[0], $right) });
        } ],
        [ 2, sub { return between(within_level($value, 1), $near->(), $near->(), sub { compare_numbers($value, @_) }) } ],
        [ 0.2, sub {
            my $literal = number_literal($value->{column});
            return between($literal->{text}, $value, $near->(), sub { compare_numbers($literal, @_) });
        } ],
        [ 2, sub {
            my @items = map { number_literal($value->{column}) } 1 .. list_length();
            my ($of, $sql) = $value->{single} ? ('float4', $value->{single}) : ($value->{type} eq 'float' ? 'float8' : 'numeric', $value->{sql});
            $sql .= " = ANY (ARRAY[" . join(', ', map { "'$_->{digits}'" } @items) . "]::$of\[])";
            return listed(within_level($value, 1), join(', ', map { $_->{text} } @items), $sql);
        } ],
    )->();
}

# ---------------------------------------------------------------------------------------------------------------------------- of texts

sub text_condition
{
    my ($table) = @_;
    my $value = text_value($table);
    return weighted(
        [ 4, sub {
            my $item = text_literal($value);
            my ($left, $right) = chance(0.1) ? ($item, $value) : ($value, $item);
            return compared($left->{text}, $right->{text}, sub { "$left->{sql} $_[0] $right->{sql}" });
        } ],
        [ 1, sub {
            my ($low, $high) = (text_literal($value), text_literal($value));
            return between($value->{text}, $low, $high, sub { "$value->{sql} $_[0] $_[1]{sql}" });
        } ],
        [ 2, sub {
            my @items = map { text_literal($value) } 1 .. list_length();
            return listed($value->{text}, join(', ', map { $_->{text} } @items), "$value->{sql} = ANY (ARRAY[" . join(', ', map { $_->{sql} } @items) . '])');
        } ],
        [ 1, sub {
            my @others = grep { !($value->{collation} && $_->{collation} && $_->{collation} ne $value->{collation}) } $table->traits('text');
            my $other = one(@others);
            # A char(n) is a text without its padding, and next to a varchar so is that, as in PostgreSQL; next to a citext, case does not count.
            my %types = map { $_->{type} => 1 } $value, $other;
            my $as = $types{citext} ? 'citext' : $types{bpchar} && $types{varchar} ? 'bpchar' : 'text';
            return compared($value->{text}, $other->{word}, sub { "$value->{sql}::$as $_[0] $other->{sql}::$as" });
        } ],
        [ 5, sub { return pattern_condition($table, $value) } ],
    )->();
}

my @patterns = ('%', '_', '', 'a%', '%a', '%a%', 'vip', 'V%', '\\%', '\\_%', 'a\\_b', '%\\\\%', '__', "%'%", '%ä%', '%A', "it's", '%%', '日_', '%ß%');
my @expressions =
  ('^vp\\y', '^$', '^', 'a|b', '^a', 'a$', '.', '\\d', '[[:alpha:]]', '(?i)vip', 'ß', '\\\\', "it's", '***=a.b', 'x.y', '^.$', '[aä]', '\\s', 'A', '(a)\\1', '[^a]', '%', '^[^ ]+$', '日');

sub pattern_condition
{
    my ($table, $value) = @_;
    $value = text_value($table) while ($value->{collation} // '') =~ /ignore_case/;
    # A char(n) is compared without its padding.
    my $citext = $value->{type} eq 'citext';
    my $text = $citext ? $value->{sql} : "$value->{sql}::text";
    my $collate = $value->{collation} ? " COLLATE $value->{collation}" : '';
    my $form = one(qw(contains starts ends like ilike matches));
    my $folds = chance(0.3);
    my $no = chance(0.35) ? 'not ' : '';
    my ($pattern, $words, $sql);
    if ($form eq 'like' || $form eq 'ilike')
    {
        $pattern = chance(0.7) ? one(@patterns) : part_of($value);
        $pattern =~ s/\\$//;
        my $insensitive = $form eq 'ilike' || $folds;
        $words = $form . ' ' . quoted($pattern) . ($folds ? ' ignoring case' : '');
        $sql = "$text " . ($insensitive ? 'ILIKE ' : 'LIKE ') . quoted($pattern);
    }
    elsif ($form eq 'matches')
    {
        $pattern = one(@expressions);
        $sql = "$text " . ($folds ? '~* ' : '~ ') . quoted($pattern);
        return $no ? unless_holds("$value->{text} " . ($folds ? '!~* ' : '!~ ') . quoted($pattern), $sql) : holds("$value->{text} " . ($folds ? '~* ' : '~ ') . quoted($pattern), $sql)
          if chance(0.4);
        $words = 'matches ' . quoted($pattern) . ($folds ? ' ignoring case' : '');
    }
    else
    {
        $pattern = part_of($value);
        my ($in, $part) = $folds || $citext ? ("lower($text)", 'lower(' . quoted($pattern) . "$collate)") : ($text, quoted($pattern));
        $sql = $form eq 'contains' ? "position($part IN $in) > 0" : $form eq 'starts' ? "starts_with($in, $part)" : "right($in, length($part)) = $part";
        $words = ($form eq 'contains' ? '' : ' with ') . quoted($pattern) . ($folds ? ' ignoring case' : '');
        $words = $form eq 'contains' ? "contains $words" : "$form$words";
    }
    return $no ? unless_holds("$value->{text} not $words", $sql) : holds("$value->{text} $words", $sql);
}

# A part of a text that the column holds.
sub part_of
{
    my ($value) = @_;
    return one('', 'a', 'A', 'vip', 'ä', 'ß', 'ss', ' ', '%', '_', '\\', "'", 'x', 'i', 'I', 'İ', 'σ', 'Wien', '5') if !$value->{column} || chance(0.3);
    my $held = one(@{ $value->{column}{pool} })->{copy};
    return substr $held, whole(0, length $held), whole(0, 4);
}

# ------------------------------------------------------------------------------------------------------ of types that only compare

sub interval_literals
{
    return map {
        my $d = duration();
        my $minus = chance(0.1) && $d->{text} =~ /^\d/ ? '-' : '';    # of a single literal
        { text => "$minus$d->{text}", sql => "($minus$d->{sql})", level => 3 }
    } 1 .. $_[0];
}

sub plain_condition
{
    my ($table) = @_;
    my $column = one($table->traits('time', 'uuid', 'enum', 'inet', 'bytea', 'interval', 'interval'));
    my $literals = sub {
        return interval_literals(@_) if $column->{kind} eq 'interval';
        return map { my $held = one(grep { defined $_->{literal} } @{ $column->{pool} }); { text => $held->{literal}, sql => "$held->{literal}::$column->{type}", level => 3 } } 1 .. $_[0];
    };
    my $compare = sub { my ($op, $item) = @_; return "$column->{sql} $op $item->{sql}" };
    return weighted(
        [ 3, sub { my ($item) = $literals->(1); return compared($column->{word}, $item->{text}, sub { $compare->($_[0], $item) }) } ],
        [ 1, sub { my $other = one($table->traits($column->{kind})); return compared($column->{word}, $other->{word}, sub { $compare->($_[0], $other) }) } ],
        [ 1, sub { return between($column->{word}, $literals->(2), $compare) } ],
        [ 2, sub {
            my @items = $literals->(whole(1, 8));
            return listed($column->{word}, join(', ', map { $_->{text} } @items), join(' OR ', map { $compare->('=', $_) } @items));
        } ],
    )->();
}

sub boolean_condition
{
    my ($table) = @_;
    my $value = boolean_value($table);
    my ($text, $sql) = ($value->{text}, $value->{sql});
    my $truth = one('true', 'false');
    my $other = one($table->traits('boolean'));
    return one(
        holds($text, $sql),
        holds("$text is $truth", "$sql = $truth"),
        unless_holds("$text is not $truth", "$sql = $truth"),
        holds("$text = $truth", "$sql = $truth"),
        holds("$text = '$truth'", $value->{json_text} ? "$value->{json_text} = '$truth'" : "$sql = $truth"),    # JSON next to a text is one
        unless_holds("$text != $truth", "$sql = $truth"),
        holds("$text in (true, false)", "$sql IS NOT NULL"),
        unless_holds("$text not in ($truth)", "$sql = $truth"),
        holds("$text = $other->{word}", "$sql = $other->{sql}"),
        unless_holds("$text != $other->{word}", "$sql = $other->{sql}"),
    );
}

sub set_condition
{
    my ($table) = @_;
    my ($text, $sql) = weighted(
        [ 6, sub { my $column = one($table->{key_column}, @{ $table->{columns} }, $table->{joined} ? @{ $table->{joined}{columns} } : ());
                   return ($column->{word}, $column->{kind} eq 'json' ? "oracle.json_text($column->{sql})" : $column->{sql}) } ],
        [ 3, sub { my ($path, $json) = path(one($table->traits('json'))); return ($path, "oracle.json_text($json)") } ],
        [ 2, sub {
            my $number = number($table, 2);
            $number = number($table, 2) while $number->{untyped};    # which would be set as a text, too
            return (within_level($number, 1), $number->{sql});
        } ],
        [ 1, sub { my $moment = moment($table, { column => 1, date => 1, deep => 1 }); return ($moment->{text}, $moment->{sql}) } ],
    )->();
    my ($words, $is) = @{ one([ 'is set', 'NOT NULL' ], [ 'is not null', 'NOT NULL' ], [ 'is not set', 'NULL' ], [ 'is null', 'NULL' ]) };
    return holds("$text $words", "($sql) IS $is");
}

# --------------------------------------------------------------------------------------------------------------------------- of arrays

my %items = (
    tags     => sub { my $text = one('vip', 'VIP', 'beta', '', 'a', 'a,b', "it's", '{}', '\\', 'NULL', '5', 'ä'); return (quoted($text), quoted($text) . '::text') },
    nums     => sub { my $n = one(1, 2, 3, 4, -5, 100, 7, '2147483647', '3000000000', '1.0', '1.5'); return ($n, "$n\::numeric") },
    moods    => sub { my $mood = quoted(one('sad', 'ok', 'happy', "don't know", 'Ä')); return ($mood, "$mood\::world.mood") },
    flags    => sub { my $flag = one('true', 'false'); return ($flag, $flag) },
    floats   => sub { my $n = one('0', '0.1', '1.5', '0.30000000000000004', '7'); return ($n, "'$n'::float8") },
    cents    => sub { my $n = one('0.1', '0.10', '1.5', '2', '100', '7'); return ($n, "'$n'::numeric") },
    uuids    => sub { my $uuid = quoted(one('00000000-0000-0000-0000-000000000000', '11111111-1111-1111-1111-111111111111', '22222222-2222-2222-2222-222222222222')); return ($uuid, "$uuid\::uuid") },
    days_off => sub { my $day = moment_literal($_[0], 'date'); return ($day->{text}, $day->{sql}) },
    instants => sub { my $at = moment_literal($_[0], 'tz'); return ($at->{text}, $at->{sql}) },
);

sub includes_condition
{
    my ($table) = @_;
    my ($word, $set, $holds, $item);
    if (chance(0.35))
    {
        my ($path, $json) = path(one($table->traits('json')), 'tags', 'list');
        ($word, $set) = ($path, "jsonb_typeof($json) = 'array'");
        $item = sub {
            my $scalar = one(json_scalars(), 'true', 'false');
            return ($scalar, "'$scalar'::jsonb") if $scalar !~ /^"/;
            return (quoted($1), "to_jsonb(" . quoted($1) . '::text)') if $scalar =~ /^"([^\\]*)"$/;
            return (quoted('vip'), q{'"vip"'::jsonb});
        };
        $holds = sub { "oracle.json_holds($json, $_[0])" };
    }
    else
    {
        my $column = one(grep { $items{ $_->{name} } } $table->traits('array'));
        ($word, $set) = ($column->{word}, "$column->{sql} IS NOT NULL");
        $item = sub { return $items{ $column->{name} }->($table) };
        my $array = $column->{name} eq 'nums' ? "$column->{sql}::numeric[]" : $column->{sql};
        $holds = sub { "oracle.holds($array, $_[0])" };
    }
    my $quantity = one('', '', qw(any all none));
    my @chosen = map { [ $item->() ] } 1 .. ($quantity ? list_length() : 1);
    my $each = join $quantity eq 'all' ? ' AND ' : ' OR ', map { $holds->($_->[1]) } @chosen;
    my $sql = $quantity eq 'none' ? "$set AND NOT ($each)" : "$set AND ($each)";
    my $list = join ', ', map { $_->[0] } @chosen;
    my $words = 'includes ' . ($quantity ? "$quantity ($list)" : $list);
    return chance(0.8) ? holds("$word $words", $sql) : unless_holds("$word not $words", $sql);
}

# ----------------------------------------------------------------------------------------------------------------------------- of time

sub windowed
{
    my ($table, $value) = @_;
    my ($words, @ends) = window_of($table, $value->{type});
    my $sql = join ' AND ', map { '(' . compare_moments($table, $value, @$_) . ')' } @ends;
    my $text = within_level($value, 1);
    return chance(0.75) || $words =~ /^(?:this|last|in)/ && chance(0.5) ? holds("$text $words", $sql) : unless_holds($words =~ /^(?:this|last)/ ? "not $text $words" : "$text not $words", $sql);
}

sub moment_condition
{
    my ($table) = @_;
    my $value = moment($table, { column => chance(0.9), date => 1, deep => chance(0.2) });
    my $other = sub { return chance(0.6) ? moment_literal($table, $value->{type}, $value->{column}) : moment($table, { date => 1, deep => chance(0.5) }) };
    my $compare = sub { return compare_moments($table, $value, @_) };
    return weighted(
        [ 5, sub { return windowed($table, $value->{constant} ? moment($table, { column => 1, date => 1 }) : $value) } ],
        [ 4, sub {
            my $item = $other->();
            my ($left, $right) = chance(0.1) ? ($item, $value) : ($value, $item);
            return compared(within_level($left, 1), within_level($right, 1), sub { compare_moments($table, $left, $_[0], $right) });
        } ],
        [ 1, sub { return between(within_level($value, 1), $other->(), $other->(), $compare) } ],
        [ 1, sub {
            my @items = map { moment_literal($table, $value->{type}, $value->{column}) } 1 .. whole(1, 8);
            return listed(within_level($value, 1), join(', ', map { $_->{text} } @items), join(' OR ', map { '(' . $compare->('=', $_) . ')' } @items));
        } ],
        [ 2, sub { return elapsed_condition($table) } ],
        [ 1, sub { return anniversary_condition($table) } ],
    )->();
}

# a - b >= D: compared as instants, so the side that is the same for all, else the left one, is moved.
sub elapsed_condition
{
    my ($table) = @_;
    my @sides = (moment($table, { column => 1, date => 1, deep => chance(0.1) }), moment($table, { date => 1 }));
    my ($left, $right) = chance(0.5) ? @sides : reverse @sides;
    my $moved = $right->{constant} ? $right : $left;
    my $against = $right->{constant} ? $left : $right;
    my $bound = sub {
        my ($op, $duration) = @_;
        my $edge = shifted($table, $moved, $right->{constant} ? '+' : '-', $duration);
        return compare_moments($table, $against, $right->{constant} ? $op : $mirrored{$op}, $edge);
    };
    my $some = sub {
        return { %{ duration_on($moved->{type}) }, level => 3 } if chance(0.85);
        my $column = one($table->traits('interval'));
        return { text => $column->{word}, sql => $column->{sql}, varies => 1, level => 3 };
    };
    my $text = within_level($left, 1) . ' - ' . within_level($right, 2);
    my $duration = $some->();
    return between($text, $duration, $some->(), $bound) if chance(0.2);
    return compared($text, $duration->{text}, sub { $bound->($_[0], $duration) });
}

sub anniversary_condition
{
    my ($table) = @_;
    my $value = moment($table, { column => 1, date => 1 });
    my ($words, @ends);
    ($words, @ends) = window_of($table, 'date', 1) until @ends == 2;
    my ($low, $high) = map { $_->[1]{sql} . ($_->[0] eq '>' || $_->[0] eq '<=' ? ' + 1' : '') } @ends;
    my $sql = 'oracle.anniversary_in(' . day_sql($table, $value) . ", $low, $high)";
    return chance(0.7) ? holds("anniversary($value->{text}) $words", $sql) : unless_holds("not anniversary($value->{text}) $words", $sql);
}

# -------------------------------------------------------------------------------------------------------------------------- whichever

sub condition
{
    my ($table) = @_;
    return weighted(
        [ 1,  sub { return { text => 'everyone', sql => 'true', level => 3 } } ],
        [ 20, sub { number_condition($table) } ],
        [ 16, sub { text_condition($table) } ],
        [ 20, sub { moment_condition($table) } ],
        [ 7,  sub { plain_condition($table) } ],
        [ 5,  sub { boolean_condition($table) } ],
        [ 6,  sub { set_condition($table) } ],
        [ 7,  sub { includes_condition($table) } ],
        [ 5,  sub { rank_condition($table) } ],
        [ 6,  sub { segment_condition($table) } ],
        [ 12, sub { Differential::Sources::source_condition($table) // number_condition($table) } ],
    )->();
}

# What may stand in a `where (...)`, of a source's rows.
sub row_condition
{
    my ($rows) = @_;
    return one(\&number_condition, \&text_condition, \&moment_condition, \&plain_condition, \&boolean_condition, \&set_condition)->($rows);
}

# What a base may have: no ranks, no segments.
sub base_condition
{
    my ($table) = @_;
    return one(\&number_condition, \&text_condition, \&moment_condition, \&boolean_condition, \&set_condition)->($table);
}

1;
