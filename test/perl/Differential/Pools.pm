# The values that columns hold: few per column, so that rows share them and definitions can name exactly them.
#
# A value is { copy => as COPY's text format reads it, before its escapes; literal => as a definition writes it, undef where the
# language cannot; sql => as SQL writes it, without a type }.
package Differential::Pools;

use strict;
use warnings;
use utf8;

use Exporter 'import';

use Differential::Random;

our @EXPORT = qw(pool quoted);

sub quoted { my ($text) = @_; $text =~ s/'/''/g; return "'$text'" }

sub plain     { my ($text) = @_; return { copy => $text, sql => quoted($text) } }
sub in_quotes { my ($text) = @_; return { copy => $text, sql => quoted($text), literal => quoted($text) } }
sub number    { my ($text) = @_; return { copy => $text, sql => quoted($text), literal => ($text =~ /^-?[0-9.]+(?:e[+-]?[0-9]+)?$/ ? $text : undef) } }

sub random_numeric
{
    my $digits = join '', map { whole(0, 9) } 1 .. whole(1, 25);
    my $scale = whole(0, 12);
    my $text = length $digits > $scale ? substr($digits, 0, length($digits) - $scale) . '.' . substr($digits, length($digits) - $scale)
                                       : '0.' . '0' x ($scale - length $digits) . $digits;
    $text =~ s/\.$//;
    $text =~ s/^0+(?=\d)//;
    return (chance(0.4) ? '-' : '') . $text;
}

sub random_float
{
    my ($digits, $exponent) = @_;
    return sprintf("%.${digits}g", (rand() - 0.5) * 10**whole(-$exponent, $exponent));
}

my @words = ('', ' ', 'a', 'A', 'b', 'ä', 'Ä', 'ß', 'SS', 'ẞ', 'é', "e\x{301}", 'z', 'Z', '%', '_', 'a%', 'a_b', '\\', '\\%', 'a\\b', "it's", '"', '""',
    "''", 'vip', 'VIP', 'Vp Sales', 'vp', 'svp', 'pro', 'Pro', 'free', '日本', '日本語', "\x{1F600}", 'İ', 'ı', 'i', 'I', 'σ', 'ς', 'Σ', 'ǆ', 'a b', 'a  b', "a\nb", "a\tb",
    'null', 'NULL', 'true', '5', '10', '9', '-1', '1e3', ' 7 ', 'x.y', '$1', '/* x */', '--', 'fi', "\x{FB01}", 'straße', 'STRASSE', 'aa', 'aaa', '(', '^', '[a]', '{}', '.', '+');

my %make = (
    bool => sub { map { plain($_) } qw(t f) },
    int2 => sub { map { number($_) } -32768, 32767, -1, 0, 1, 2, 3, 7, 10, 100, some(2, 6, sub { whole(-300, 300) }) },
    int4 => sub { map { number($_) } '-2147483648', '2147483647', -1, 0, 1, 2, 3, 5, 10, 100, 16777217, some(2, 8, sub { whole(-1000, 100000) }) },
    int8 => sub {
        map { number($_) } '-9223372036854775808', '9223372036854775807', '9007199254740993', '9007199254740992', -1, 0, 1, 2, 10, 100,
          some(2, 8, sub { whole(-1e12, 1e12) });
    },
    numeric => sub {
        plain('1e70000'), map { number($_) } qw(0 0.00 1 -1 0.1 0.10 0.3 1.5 99.99 100 100.00 100.001 NaN Infinity -Infinity 10000000000000000000000000.5 0.00000000000000000001),
          '9223372036854775808', '1e400', '1e-400', '-1e308', '0.333333333333333333333', some(2, 10, \&random_numeric);
    },
    amount => sub { map { number($_) } qw(0 0.00 1 -1 0.1 0.10 1.5 99.99 100 100.001 0.333333333333333333333 10000000000000000000000000.5), some(2, 10, \&random_numeric) },
    money => sub { map { number(sprintf '%.2f', $_) } 0, 0.01, 1, -1, 10, 99.99, 100, 250.5, some(4, 12, sub { whole(-1000, 100000) / 100 }) },
    float4 => sub {
        map { number($_) } qw(0 -0 0.1 0.3 1 -1 1.5 2 10 100 NaN Infinity -Infinity 3.4028235e38 -3.4028235e38 1e-45 16777216 16777218 0.33333334),
          some(2, 6, sub { random_float(6, 6) });
    },
    float8 => sub {
        map { number($_) } qw(0 -0 0.1 0.3 0.30000000000000004 1 -1 1.5 2 10 100 NaN Infinity -Infinity 1.7976931348623157e308 -1e308 5e-324 1e-200 1e200
          9007199254740992 9007199254740994 0.3333333333333333), some(2, 6, sub { random_float(17, 12) });
    },
    ratio => sub { map { number($_) } qw(0 -0 0.1 0.3 0.30000000000000004 1 -1 1.5 100 123456.789 0.3333333333333333), some(2, 6, sub { random_float(17, 6) }) },
    small_float8 => sub { map { number($_) } qw(0 -0 1 2 3 10 0.5 -1 0.25 100), some(2, 6, sub { whole(-500, 500) / 4 }) },
    text => sub { my %seen; map { in_quotes($_) } grep { !$seen{$_}++ } (shuffled(@words))[ 0 .. 25 ], '', 'x' x (chance(0.3) ? 9000 : 90) },
    varchar => sub { map { in_quotes($_) } grep { length() <= 8 } (shuffled(@words))[ 0 .. 24 ], '', 'abcdefgh' },
    bpchar => sub { my %seen; map { in_quotes($_) } grep { length() <= 5 && !/ $/ && !$seen{$_}++ } (shuffled(@words))[ 0 .. 24 ], '', 'a', 'abcde' },
    time => sub {
        map { in_quotes($_) } '00:00', '00:00:00.000001', '08:30', '09:00', '12:00:00', '17:59:59', '18:00', '23:59:59.999999', sprintf('%02d:%02d', whole(0, 23), whole(0, 59));
    },
    late_time => sub { plain('24:00') },
    interval => sub {
        map { plain($_) } '0', '1 day', '24:00', '-1 day', '7 days', '30 days', '1 mon', '-1 mon', '1 year', '12 mons', '365 days', '1 mon -1 day', '1 mon 1 day 01:00',
          '00:00:00.000001', '36:00', '1 year 2 mons 3 days 04:05:06.789', '29 days 24:00', '300000 years', '-300000 years';
    },
    span => sub { map { plain($_) } '0', '1 day', '24:00', '-1 day', '7 days', '30 days', '1 mon', '-1 mon', '1 year', '1 mon 1 day 01:00', '90 minutes', '-1 mon 1 day', '1 day -01:00' },
    uuid => sub {
        map { in_quotes($_) } '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '11111111-1111-1111-1111-111111111111',
          some(3, 6, sub { join '-', map { join '', map { sprintf '%x', whole(0, 15) } 1 .. $_ } 8, 4, 4, 4, 12 });
    },
    mood    => sub { map { in_quotes($_) } 'sad', 'ok', 'happy', "don't know", 'Ä' },
    percent => sub { map { number($_) } 0, 1, 49, 50, 51, 99, 100 },
    code    => sub { map { in_quotes($_) } 'AT', 'DE', 'de', 'US', 'GB', 'ä' },
    inet    => sub { map { in_quotes($_) } '0.0.0.0', '10.0.0.1', '10.0.0.1/8', '192.168.1.0/24', '255.255.255.255', '::1', '2001:db8::/32' },
    bytea   => sub { map { in_quotes($_) } q{\x}, q{\x00}, q{\xdeadbeef}, q{\xff} },
    point   => sub { map { plain($_) } "(0,0)", "(1,-1)" },
    texts   => sub {
        map { plain($_) } '{}', '{vip}', '{vip,beta}', '{VIP}', '{NULL}', '{a,NULL,b}', '{{a,b},{c,vip}}', '{"",a}', '{"it\'s","a,b","{}","\\\\"}', '{beta,beta,ä}', '[2:3]={a,vip}',
          '{"NULL"}', '{5,10}';
    },
    ints   => sub { map { plain($_) } '{}', '{1}', '{1,2,3}', '{NULL}', '{1,NULL}', '{{1,2},{3,4}}', '{0,-5,2147483647}', '{100,100}', '[0:1]={2,7}' },
    moods  => sub { map { plain($_) } '{}', '{sad,happy}', '{"don\'t know",NULL}', '{Ä}' },
    flags  => sub { map { plain($_) } '{}', '{t}', '{f,NULL}', '{t,f}' },
    floats => sub { map { plain($_) } '{}', '{0.1,NaN}', '{-0,1.5}', '{Infinity,NULL}', '{0.30000000000000004}' },
    cents  => sub { map { plain($_) } '{}', '{0.10,NaN}', '{1.5,2}', '{Infinity,NULL}', '{100.00}' },
    uuids  => sub { map { plain($_) } '{}', '{00000000-0000-0000-0000-000000000000}', '{11111111-1111-1111-1111-111111111111,NULL}' },
);

# pool(type): the values of a column of this type; the types are names of the list above.
sub pool
{
    my ($type) = @_;
    return $make{$type}->();
}

1;
