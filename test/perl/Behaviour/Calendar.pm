# Instants as microseconds since 1970, local times alike, and the calendar of three time zones.
package Behaviour::Calendar;
use strict;
use warnings;
use integer;

use Exporter 'import';
our @EXPORT_OK = qw(instant_of local_of back date_back period period_start day_of days instant_text local_text date_text);

use constant { SECOND => 1_000_000, HOUR => 3_600_000_000, DAY => 86_400_000_000 };

sub floor_div { my ($a, $b) = @_; my $q = $a / $b; return $a % $b < 0 ? $q - 1 : $q }

# Days since 1970 of a date, and back.
sub days
{
    my ($y, $m, $d) = @_;
    $y-- if $m <= 2;
    my $era = floor_div($y, 400);
    my $of_era = $y - $era * 400;
    my $of_year = (153 * ($m + ($m > 2 ? -3 : 9)) + 2) / 5 + $d - 1;
    return $era * 146097 + $of_era * 365 + $of_era / 4 - $of_era / 100 + $of_year - 719468;
}

sub date_of
{
    my ($z) = @_;
    $z += 719468;
    my $era = floor_div($z, 146097);
    my $doe = $z - $era * 146097;
    my $yoe = ($doe - $doe / 1460 + $doe / 36524 - $doe / 146096) / 365;
    my $doy = $doe - (365 * $yoe + $yoe / 4 - $yoe / 100);
    my $mp = (5 * $doy + 2) / 153;
    my $m = $mp < 10 ? $mp + 3 : $mp - 9;
    return ($yoe + $era * 400 + ($m <= 2), $m, $doy - (153 * $mp + 2) / 5 + 1);
}

sub last_sunday { my ($y, $m) = @_; my $d = days($y, $m, 31); return $d - ($d + 4) % 7 }

# How far the zone is ahead of UTC.
sub offset
{
    my ($zone, $t) = @_;
    return 0 if $zone eq 'UTC';
    return 5 * HOUR + 3 * HOUR / 4 if $zone eq 'Asia/Kathmandu';
    my ($y) = date_of(floor_div($t, DAY));
    my $summer = $t >= last_sunday($y, 3) * DAY + HOUR && $t < last_sunday($y, 10) * DAY + HOUR;
    return $summer ? 2 * HOUR : HOUR;
}

sub local_of { my ($zone, $t) = @_; return $t + offset($zone, $t) }

# What clocks skip or show twice is standard time.
sub instant_of
{
    my ($zone, $local) = @_;
    return $local - offset($zone, $local) if $zone ne 'Europe/Berlin';
    my $summer = offset($zone, $local - 2 * HOUR) == 2 * HOUR && offset($zone, $local - HOUR) == 2 * HOUR;
    return $local - ($summer ? 2 : 1) * HOUR;
}

sub day_of { my ($zone, $t) = @_; return floor_div(local_of($zone, $t), DAY) }

my %months = (month => 1, quarter => 3, year => 12);

sub date_back
{
    my ($day, $n, $unit) = @_;
    return $day - $n * ($unit eq 'week' ? 7 : 1) if !$months{$unit};
    my ($y, $m, $d) = date_of($day);
    my $month = $y * 12 + $m - 1 - $n * $months{$unit};
    ($y, $m) = (floor_div($month, 12), $month - 12 * floor_div($month, 12) + 1);
    my $length = $m == 12 ? 31 : days($y, $m + 1, 1) - days($y, $m, 1);
    return days($y, $m, $d > $length ? $length : $d);
}

# The instant n units before another: days and longer by the calendar, hours exactly.
sub back
{
    my ($zone, $t, $n, $unit) = @_;
    return $t - $n * HOUR if $unit eq 'hour';
    my $local = local_of($zone, $t);
    my $day = floor_div($local, DAY);
    return instant_of($zone, date_back($day, $n, $unit) * DAY + $local - $day * DAY);
}

# The number of the period that a day lies in, and the first day of a period. Weeks start on 1 = Monday … 7 = Sunday.
sub period
{
    my ($day, $unit, $week_start) = @_;
    return $day if $unit eq 'day';
    return floor_div($day + 4 - $week_start, 7) if $unit eq 'week';
    my ($y, $m) = date_of($day);
    return floor_div($y * 12 + $m - 1, $months{$unit});
}

sub period_start
{
    my ($period, $unit, $week_start) = @_;
    return $period if $unit eq 'day';
    return $period * 7 - 4 + $week_start if $unit eq 'week';
    my $month = $period * $months{$unit};
    return days(floor_div($month, 12), $month - 12 * floor_div($month, 12) + 1, 1);
}

sub date_text { return sprintf('%04d-%02d-%02d', date_of($_[0])) }

sub local_text
{
    my ($t) = @_;
    my $day = floor_div($t, DAY);
    my $rest = $t - $day * DAY;
    return sprintf('%s %02d:%02d:%02d.%06d', date_text($day), $rest / HOUR, $rest / (60 * SECOND) % 60, $rest / SECOND % 60, $rest % SECOND);
}

sub instant_text { return local_text($_[0]) . '+00' }

1;
