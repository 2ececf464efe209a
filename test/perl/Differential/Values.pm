# Random values of definitions, each with its translation.
#
# A value is { text => as the definition has it, sql => its translation, level => how tightly the text binds: 3 as one word,
# 2 as a product, 1 as a sum }. Numbers also have { type => 'exact' | 'float' }: the translation is numeric or float8.
package Differential::Values;

use strict;
use warnings;
use utf8;

use Exporter 'import';

use Differential::Json;
use Differential::Moments;
use Differential::Pools;
use Differential::Random;

our @EXPORT = qw(number number_of number_literal compare_numbers floating text_value text_literal boolean_value within_level);

# The text of a value for a place that asks for a level; sometimes with parentheses that nobody needs.
sub within_level
{
    my ($value, $level) = @_;
    return $value->{level} < $level || chance(0.05) ? "($value->{text})" : $value->{text};
}

# --------------------------------------------------------------------------------------------------------------------------- numbers

sub expand { my ($text) = @_; return $text =~ /^-?\d+$/ && chance(0.05) ? "$text.0" : $text =~ /^(-?)0(\.\d+)$/ && chance(0.1) ? "$1$2" : $text }

# A literal, mostly near what the column holds.
sub number_literal
{
    my ($column) = @_;
    my @held = $column ? grep { defined $_->{literal} } @{ $column->{pool} } : ();
    my $text;
    if (@held && chance(0.75))
    {
        $text = one(@held)->{literal};
        # Next to it: beyond the type's range and between its values, too.
        $text = sprintf '%s', $text + one(-1, 1, 0.5, -0.5, 1e-6) if chance(0.2) && abs($text) < 1e6;
        $text = $1 eq '-' ? "-$2.5" : "$2.5" if chance(0.05) && $text =~ /^(-?)(\d{10,})$/;
    }
    else
    {
        $text = one(0, 1, 2, -1, 0.5, 10, 100, 99.99, 1000000, '3000000000', '9223372036854775808', '0.1', '100.00', '1e3', '2.5e-1', whole(-50, 50));
    }
    $text =~ s/e\+/e/;
    my $percent = chance(0.05) && $text =~ /^\d{1,4}$/;
    my $quoted = !$percent && $column && chance(0.03) && $text !~ /e/;
    (my $sql = $text) =~ s/(\.\d*?)0+$/$1/;    # the value is what counts, not how many zeros were written
    $sql = $text / 100 if $percent;
    return { text => $percent ? "$text percent" : $quoted ? quoted($text) : expand($text), sql => "'$sql'::numeric", digits => $percent ? $sql : $text, type => 'exact', level => 3, literal => 1 };
}

# The value of a column that is a number.
sub number_of
{
    my ($column) = @_;
    return { text => $column->{word}, sql => "$column->{sql}::numeric", type => 'exact', level => 3, column => $column } if $column->{kind} eq 'exact';
    return {
        text => $column->{word}, sql => "$column->{sql}::float8", type => 'float', level => 3, column => $column,
        single => $column->{kind} eq 'float4' ? $column->{sql} : undef
    };
}

sub json_number
{
    my ($table) = @_;
    my ($text, $sql) = path(one($table->traits('json')), 'n', 'zip', 'price');
    return { text => $text, sql => "oracle.json_number($sql)", type => 'exact', level => 3, untyped => 1 } if chance(0.7);
    return { text => "${text}::numeric", sql => "oracle.text_numeric(oracle.json_text($sql))", type => 'exact', level => 3 } if chance(0.6);
    return { text => "${text}::bigint", sql => "oracle.text_bigint(oracle.json_text($sql))::numeric", type => 'exact', level => 3 };
}

sub time_number
{
    my ($table) = @_;
    my $zone = $table->{zone};
    my $calls = one(qw(since until age hour weekday));
    my $moment = moment($table, { column => chance(0.8), date => $calls ne 'hour', deep => chance(0.15) });
    my $inner = $moment->{level} < 3 ? "($moment->{text})" : $moment->{text};
    if ($calls eq 'since' || $calls eq 'until')
    {
        my ($value, $now) = $moment->{type} eq 'date' ? ($moment->{sql}, today($table)) : (instant_sql($table, $moment), '@as_of@');
        my $sql = $calls eq 'since' ? "oracle.days_between($value, $now)" : "oracle.days_between($now, $value)";
        return { text => "days $calls $inner", sql => $sql, type => 'exact', level => 3 };
    }
    if ($calls eq 'hour' && chance(0.3))
    {
        my $time = one($table->traits('time'));
        return { text => "hour($time->{word})", sql => "extract(hour FROM $time->{sql})", type => 'exact', level => 3 };
    }
    my $sql = $calls eq 'age' ? 'oracle.age(' . day_sql($table, $moment) . ', ' . today($table) . ')'
      : $calls eq 'weekday'   ? 'extract(isodow FROM ' . day_sql($table, $moment) . ')'
      :                         'extract(hour FROM ' . local_sql($table, $moment) . ')';
    $sql = "(CASE WHEN isfinite(" . day_sql($table, $moment) . ") THEN $sql END)" if $calls ne 'age';
    return { text => "$calls($moment->{text})", sql => $sql, type => 'exact', level => 3 };
}

# What arithmetic takes of a number: of columns in floating point or of numeric without a precision, what is within its limits.
sub operand
{
    my ($value) = @_;
    my $column = $value->{column} or return $value->{sql};
    return $value->{type} eq 'float' || $column->{declared} eq 'numeric' ? "oracle.operand($value->{sql})" : $value->{sql};
}

sub floating
{
    my ($value) = @_;
    return $value->{type} eq 'float' ? $value->{sql} : defined $value->{digits} ? "'$value->{digits}'::float8" : "oracle.f8($value->{sql})";
}

# What arithmetic in floating point takes of an exact number, whatever it is computed from.
sub in_floating_point
{
    my ($value) = @_;
    return $value->{floating} // ($value->{column} && $value->{column}{declared} eq 'numeric' ? "oracle.float_operand($value->{sql})" : $value->{sql});
}

# number(table, depth): any number that differs between members; depth bounds the arithmetic.
sub number
{
    my ($table, $depth) = @_;
    if ($depth > 0 && chance(0.35))
    {
        my $op = one('+', '-', '*', '/');
        my $left = number($table, $depth - 1);
        my $right = chance(0.5) ? number_literal($left->{column}) : number($table, $depth - 1);
        ($left, $right) = ($right, $left) if chance(0.2);
        $right = number_literal() while $op eq '/' && $right->{literal} && $right->{text} =~ /^[-0.]+(?: |e|$)/;
        my $level = $op =~ /[+-]/ ? 1 : 2;
        my $text = within_level($left, $level) . " $op " . within_level($right, $level + 1);
        my $float = $left->{type} eq 'float' || $right->{type} eq 'float';
        return { text => $text, type => 'exact', level => $level, map { my ($what, $l, $r) = @$_; $what => "oracle.arithmetic('$op', $l, $r)" }
                [ sql => map { operand($_) } $left, $right ], [ floating => map { in_floating_point($_) } $left, $right ] }
          if !$float;
        my ($l, $r) = map { $_->{type} eq 'float' ? operand($_) : defined $_->{digits} ? floating($_) : 'oracle.f8(' . in_floating_point($_) . ')' } $left, $right;
        return { text => $text, sql => "oracle.arithmetic('$op', $l, $r)", type => 'float', level => $level };
    }
    if ($depth > 0 && chance(0.1))
    {
        my $operand = number($table, $depth - 1);
        return { text => '-' . ($operand->{level} < 3 || $operand->{text} =~ /^-/ ? "($operand->{text})" : $operand->{text}), sql => "(- (" . operand($operand) . "))", type => $operand->{type}, level => 3,
            $operand->{type} eq 'exact' ? (floating => '(- (' . in_floating_point($operand) . '))') : () };
    }
    return weighted(
        [ 10, sub { number_of(one($table->traits('exact', 'float4', 'float8'))) } ],
        [ 2, sub { json_number($table) } ],
        [ 3, sub { time_number($table) } ],
        # Neither is of the rows of a source.
        [ $table->{rows_of} ? 0 : 1, sub { bucket($table) } ],
        [ $table->{billing} || @{ $table->{sources} // [] } ? 3 : 0, sub { Differential::Sources::source_number($table) } ],
    )->();
}

sub bucket
{
    my ($table) = @_;
    my $salt = one('', 'a', 'Ä', "o'", 'experiment 1');
    return { text => 'bucket(' . quoted($salt) . ')', sql => 'oracle.bucket(' . quoted($salt) . ', m."id"::text)', type => 'float', level => 3 };
}

# A float4 column and a literal: the literal takes the column's type. Everything else is exact, or float8 where one side is.
sub compare_numbers
{
    my ($left, $op, $right) = @_;
    return "$left->{single} $op '$right->{digits}'::float4" if $left->{single} && defined $right->{digits};
    return "'$left->{digits}'::float4 $op $right->{single}" if $right->{single} && defined $left->{digits};
    return "$left->{sql} $op $right->{sql}" if $left->{type} eq 'exact' && $right->{type} eq 'exact';
    return floating($left) . " $op " . floating($right);
}

# ------------------------------------------------------------------------------------------------------------------ texts and booleans

sub text_value
{
    my ($table) = @_;
    if (chance(0.2))
    {
        my ($text, $sql) = path(one($table->traits('json')), 's', 'city', 'first-name');
        return { text => chance(0.2) ? "${text}::text" : $text, sql => "oracle.json_text($sql)", type => 'text', level => 3, json => 1 };
    }
    my $column = one($table->traits('text'));
    return { text => $column->{word}, sql => $column->{sql}, type => $column->{type} eq 'world.code' ? 'text' : $column->{type}, level => 3, column => $column, collation => $column->{collation} };
}

my @strange = ('', ' ', 'a', 'VIP', 'Wien', '5', "it's", 'ä', '\\', '%', '1.5', 'nobody', 'Eva', '{"a": [1, 2]}', 'true');

sub text_literal
{
    my ($value) = @_;
    my @held = $value->{column} ? grep { defined $_->{literal} } grep { length($_->{literal} // '') < 200 || chance(0.1) } @{ $value->{column}{pool} } : ();
    my $literal = @held && chance(0.8) ? one(@held)->{literal} : quoted(one(@strange));
    return { text => $literal, sql => "$literal\::$value->{type}", level => 3 };
}

sub boolean_value
{
    my ($table) = @_;
    if (chance(0.25))
    {
        my ($text, $sql) = path(one($table->traits('json')), 'b');
        return { text => $text, sql => "oracle.json_boolean($sql)", json_text => "oracle.json_text($sql)", level => 3 } if chance(0.7);
        return { text => "${text}::boolean", sql => "oracle.text_boolean(oracle.json_text($sql))", level => 3, cast => 1 };
    }
    my $column = one($table->traits('boolean'));
    return { text => $column->{word}, sql => $column->{sql}, level => 3 };
}

1;
