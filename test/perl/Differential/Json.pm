# Documents of mixed types, and the paths that lead into them.
package Differential::Json;

use strict;
use warnings;
use utf8;

use Exporter 'import';

use Differential::Random;

our @EXPORT = qw(documents path json_scalars);

my @numbers = qw(0 -0 1 1.0 1.5 -3 5 10 100 1e2 0.1 12345678901234567890 1e20 99.99);
my @texts   = ('""', '"a"', '"A"', '"5"', '"1.5"', '" 7 "', '"abc"', '"true"', '"null"', '"vip"', '"Wien"', '"ä"', '"it\'s"', '"a\\\\b"', '"say \\"hi\\""', '"x\\ny"', '"NaN"');
my @times   = ('"2024-03-31T01:30:00Z"', '"2024-03-31"', '"2024-10-27T02:30:00"', '"2024-02-29 12:00:00+05:45"', '"2024-03-10 02:30"', '"2024-02-30"', '"2024-01-01T00:00:00.000001"',
    '"today"', '"31.12.2024"', '"12/31/2024"', '"infinity"', '"now"', '"Jan 1 2024"', '"2024-01-01T25:00:00Z"', '"1999-12-31"', '"2024-06-30T18:15:00+0000"');

sub json_scalars { return (@numbers, @texts) }

sub scalar_json
{
    return weighted([ 4, \@numbers ], [ 4, \@texts ], [ 1, ['true'] ], [ 1, ['false'] ], [ 1, ['null'] ]);
}

sub scalar_value { return one(@{ scalar_json() }) }

sub list { return '[' . join(', ', some(0, 4, $_[0] // \&scalar_value)) . ']' }

sub document
{
    return one('null', '5', '"vip"', 'true', '[]', '{}', list(), list()) if chance(0.25);
    my @fields;
    my $field = sub { my ($name, $value) = @_; push @fields, qq{"$name": $value} if chance(0.65) };
    $field->('n',          chance(0.7) ? one(@numbers) : scalar_value());
    $field->('s',          chance(0.7) ? one(@texts) : scalar_value());
    $field->('b',          chance(0.7) ? one('true', 'false') : scalar_value());
    $field->('at',         chance(0.8) ? one(@times) : scalar_value());
    $field->('tags',       chance(0.8) ? list() : one(scalar_value(), '{"vip": 1}'));
    $field->('address',    chance(0.8) ? '{"city": ' . one('"Wien"', '"Graz"', '5', 'null', '{"a": [1, 2]}') . ', "zip": ' . one(@numbers) . '}' : scalar_value());
    $field->('first-name', one('"Eva"', '"eva"', 'null'));
    $field->('Größe',      scalar_value());
    $field->('list',       list(sub { return '{"price": ' . scalar_value() . ', "k": [1, "a"]}' }));
    $field->('0',          scalar_value());
    return '{' . join(', ', shuffled(@fields)) . '}';
}

sub documents
{
    my %seen;
    return map { { copy => $_, sql => do { (my $t = $_) =~ s/'/''/g; "'$t'" } } } grep { !$seen{$_}++ } map { document() } 1 .. 30;
}

# A name is a key of an object, a reference to a number a position in an array.
my @paths = (
    ['n'], ['s'], ['b'], ['at'], ['tags'], ['address'], [ 'address', 'city' ], [ 'address', 'zip' ], ['first-name'], ['Größe'], ['list'], [ 'list', \0, 'price' ],
    [ 'list', \1, 'k', \1 ], [ 'tags', \0 ], [ 'tags', \2 ], [ \0 ], [ \1 ], ['0'], [ 'tags', '0' ], ['absent'], [ 'absent', 'more', \3 ], [ 'n', 'x' ], [ 's', \0 ],
);

# path(column, last names…): a path into the jsonb column, mostly one that ends in one of the names if some are given.
# Gives its text and the SQL of the jsonb that it leads to.
sub path
{
    my ($column, @ends) = @_;
    my @fit = grep { my $end = $_->[-1]; grep { $end eq $_ } @ends } @paths;
    my $path = @fit && chance(0.85) ? one(@fit) : one(@paths, []);
    my ($text, $sql) = ($column->{word}, $column->{sql});
    foreach my $step (@$path)
    {
        my $plain = !ref $step && $step =~ /^[a-z]+$/ && chance(0.8);
        $text .= ref $step ? "[$$step]" : $plain ? ".$step" : qq{."$step"};
        $sql = "oracle.part($sql, " . (ref $step ? $$step : "'$step'") . ')';
    }
    return ($text, $sql);
}

1;
