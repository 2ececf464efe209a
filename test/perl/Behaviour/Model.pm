# Random conditions on behaviour, each as text and as what it means: a function of one member's events, written from the
# description of the language alone.
package Behaviour::Model;
use strict;
use warnings;

use Behaviour::Calendar qw(instant_of local_of back date_back period period_start day_of days instant_text local_text date_text);
use List::Util qw(any all max min sum uniqnum shuffle);

use constant { HOUR => 3_600_000_000, DAY => 86_400_000_000 };

sub new { my ($class, %world) = @_; return bless {%world}, $class }    # zone, week_start, as_of

sub pick { return $_[ rand @_ ] }

# --------------------------------------------------------------------------------------------------------------- times

sub today { my ($self) = @_; return day_of($self->{zone}, $self->{as_of}) }

# An event's time as an instant; dates begin at midnight.
sub instant
{
    my ($self, $event) = @_;
    return $event->{instant} if !$event->{date};
    return instant_of($self->{zone}, $event->{day} * DAY);
}

sub day { my ($self, $event) = @_; return $event->{date} ? $event->{day} : day_of($self->{zone}, $event->{instant}) }

sub visible
{
    my ($self, $event) = @_;
    return $event->{date} ? $event->{day} <= $self->today : $event->{instant} <= $self->{as_of};
}

# In (as_of − n units, as_of − m units].
sub between_ago
{
    my ($self, $event, $n, $m, $unit) = @_;
    return $event->{day} > date_back($self->today, $n, $unit) && $event->{day} <= date_back($self->today, $m, $unit) if $event->{date};
    my ($from, $to) = map { $_ ? back($self->{zone}, $self->{as_of}, $_, $unit) : $self->{as_of} } $n, $m;
    return $event->{instant} > $from && $event->{instant} <= $to;
}

sub duration
{
    my ($self, $whole_days) = @_;
    my $unit = pick($whole_days ? () : 'hour', 'day', 'day', 'week', 'month');
    my $n = $unit eq 'hour' ? pick(1, 24, 47, 48) : $unit eq 'month' ? pick(1, 2) : pick(1, 2, 3, 7);
    return ($n, $unit, "$n $unit" . ($n == 1 ? '' : 's'));
}

# A window as text and as a function of a member and an event.
sub window
{
    my ($self, $whole_days) = @_;
    my $seen = sub { my ($f) = @_; return sub { $self->visible($_[1]) && $f->(@_) } };
    my $period_of = sub { my ($unit, $event) = @_; return period($self->day($event), $unit, $self->{week_start}) };
    my $this = sub { my ($unit) = @_; return period($self->today, $unit, $self->{week_start}) };
    my $form = pick(qw(none within within within ago between today this last calendar since from of));
    return ('', sub { $self->visible($_[1]) }) if $form eq 'none';
    if ($form eq 'today')
    {
        return (' today', $seen->(sub { $self->day($_[1]) == $self->today }));
    }
    if ($form eq 'this' || $form eq 'last')
    {
        my $unit = pick(qw(week month quarter year));
        my $back = $form eq 'last';
        return (" in $form $unit", $seen->(sub { $period_of->($unit, $_[1]) == $this->($unit) - $back }));
    }
    if ($form eq 'calendar')
    {
        my ($unit, $n) = (pick(qw(day week month)), pick(2, 3));
        return (" in last $n calendar ${unit}s",
            $seen->(sub { my $ago = $this->($unit) - $period_of->($unit, $_[1]); $ago >= 1 && $ago <= $n }));
    }
    if ($form eq 'since' || $form eq 'from')
    {
        # Midnights and the events' own times; a literal without a zone is local time.
        my ($a, $b) = sort { $a <=> $b } map { $self->today - int(rand 40) } 1, 2;
        $b++;
        my $from = sub { my ($event, $day) = @_; $event->{date} ? $event->{day} >= $day : $event->{instant} >= instant_of($self->{zone}, $day * DAY) };
        return (" since '" . date_text($a) . "'", $seen->(sub { $from->($_[1], $a) })) if $form eq 'since';
        return (" from '" . date_text($a) . "' to '" . date_text($b) . "'", $seen->(sub { $from->($_[1], $a) && !$from->($_[1], $b) }));
    }
    my ($n, $unit, $text) = $self->duration($whole_days);
    if ($form eq 'of')
    {
        return (" within $text of signup_at", $seen->(sub {
            my ($member, $event) = @_;
            return 0 if !defined $member->{signup_at};
            if ($event->{date})
            {
                my $day = day_of($self->{zone}, $member->{signup_at});
                return $event->{day} >= $day && $event->{day} < date_back($day, -$n, $unit);
            }
            return $event->{instant} >= $member->{signup_at} && $event->{instant} < back($self->{zone}, $member->{signup_at}, -$n, $unit);
        }));
    }
    return (" within $text", sub { $self->between_ago($_[1], $n, 0, $unit) }) if $form eq 'within';
    return (" more than $text ago", sub { $self->visible($_[1]) && !$self->between_ago($_[1], $n, 0, $unit) }) if $form eq 'ago';
    my $m = $n + pick(1, 5);
    return (" between $m ${unit}s and $text ago", sub { $self->between_ago($_[1], $m, $n, $unit) });
}

# -------------------------------------------------------------------------------------------------------------- events

# Which events: text, where it has a date, whether all are of `activity`, and a function of an event.
sub events
{
    my ($self, %options) = @_;
    my $form = $options{activity} ? pick(qw(name name name any_of like all where where))
                                  : pick(qw(name name name where where any_of like all survey door mixed every));
    my $name = pick(qw(login buy view));
    my $of = sub { my ($f) = @_; return sub { $_[0]{source} eq 'activity' && $f->($_[0]) } };
    my $named = sub { my @names = @_; return sub { my ($e) = @_; defined $e->{name} && any { $e->{name} eq $_ } @names } };
    return ("'$name'", 0, $of->($named->($name))) if $form eq 'name';
    return ("any of ('login', 'view')", 0, $of->($named->('login', 'view'))) if $form eq 'any_of';
    return ("event like 'v%'", 0, $of->($named->('view'))) if $form eq 'like';
    return ("any event of 'activity'", 0, $of->(sub { 1 })) if $form eq 'all';
    return ("'survey'", 1, sub { $_[0]{source} eq 'survey' }) if $form eq 'survey';
    return ("'door'", 0, sub { $_[0]{source} eq 'door' }) if $form eq 'door';
    return ('any event', 1, sub { 1 }) if $form eq 'every';
    return ("any of ('buy', 'survey')", 1, sub { $_[0]{source} eq 'survey' || $of->($named->('buy'))->($_[0]) }) if $form eq 'mixed';
    my ($where, $holds) = $self->where;
    return ("'$name' where ($where)", 0, $of->(sub { $named->($name)->($_[0]) && $holds->($_[0]) }));
}

sub where
{
    my ($self) = @_;
    my $k = int(rand 6);
    return @{ pick(
        [ "amount > $k", sub { defined $_[0]{amount} && $_[0]{amount} > $k } ],
        [ "not amount > $k", sub { !(defined $_[0]{amount} && $_[0]{amount} > $k) } ],
        [ "product = 'x'", sub { defined $_[0]{product} && $_[0]{product} eq 'x' } ],
        [ "product != 'x'", sub { !(defined $_[0]{product} && $_[0]{product} eq 'x') } ],
        [ "amount is set and product in ('x', 'y')", sub { defined $_[0]{amount} && defined $_[0]{product} && $_[0]{product} =~ /^[xy]$/ } ],
        [ "amount <= $k or product is not set", sub { defined $_[0]{amount} && $_[0]{amount} <= $k || !defined $_[0]{product} } ]) };
}

sub count
{
    my ($self) = @_;
    my ($n, $m) = sort { $a <=> $b } int(rand 4), int(rand 5);
    return @{ pick(
        [ "at least $n", sub { $_[0] >= $n } ], [ "at most $n", sub { $_[0] <= $n } ], [ "exactly $n", sub { $_[0] == $n } ],
        [ "fewer than $n", sub { $_[0] < $n } ], [ "more than $n", sub { $_[0] > $n } ],
        [ "between $n and $m", sub { $_[0] >= $n && $_[0] <= $m } ]) };
}

sub comparison
{
    my ($self, @values) = @_;
    my $k = pick(@values);
    return @{ pick([ "> $k", sub { $_[0] > $k } ], [ "<= $k", sub { $_[0] <= $k } ], [ "= $k", sub { $_[0] == $k } ]) };
}

# ---------------------------------------------------------------------------------------------------------- conditions

# A condition as text and as a function of a member. `select` gives the member's events of a choice and window.
sub condition
{
    my ($self) = @_;
    my $form = pick(qw(did did did count_window periods last_periods first recency share aggregate aggregate property frequent compare trend stopped
        resumed streak since_last sequence sequence sequence));
    my ($text, $holds) = $self->$form;
    return ($text, $holds) if $text =~ /^did/ || rand() < 0.7;
    return ("not $text", sub { !$holds->(@_) });
}

sub select_events
{
    my ($member, $chosen, $window) = @_;
    return grep { $chosen->($_) && $window->($member, $_) } @{ $member->{events} };
}

sub did
{
    my ($self) = @_;
    my ($events, $dates, $chosen) = $self->events;
    my ($window, $inside) = $self->window($dates);
    return @{ pick(
        [ "did $events$window", sub { select_events($_[0], $chosen, $inside) > 0 } ],
        [ "did not $events$window", sub { select_events($_[0], $chosen, $inside) == 0 } ],
        [ "never did $events$window", sub { select_events($_[0], $chosen, $inside) == 0 } ]) };
}

sub count_window
{
    my ($self) = @_;
    my ($events, $dates, $chosen) = $self->events;
    my ($window, $inside) = $self->window($dates);
    my ($count, $fits) = $self->count;
    return ("did $events $count times$window", sub { $fits->(scalar select_events($_[0], $chosen, $inside)) });
}

sub different_periods
{
    my ($self, $unit, @events) = @_;
    return scalar uniqnum map { period($self->day($_), $unit, $self->{week_start}) } @events;
}

sub periods
{
    my ($self) = @_;
    my ($events, $dates, $chosen) = $self->events;
    my ($window, $inside) = $self->window($dates);
    my ($count, $fits) = $self->count;
    my $unit = pick(qw(day day week month quarter));
    return ("did $events on $count distinct ${unit}s$window", sub { $fits->($self->different_periods($unit, select_events($_[0], $chosen, $inside))) });
}

sub last_periods
{
    my ($self) = @_;
    my ($events, $dates, $chosen) = $self->events;
    my ($n, $unit) = (pick(5, 6), pick(qw(day week month)));
    my ($count, $fits) = $self->count;
    my $inside = sub {
        my $ago = period($self->today, $unit, $self->{week_start}) - period($self->day($_[1]), $unit, $self->{week_start});
        return $self->visible($_[1]) && $ago < $n;
    };
    return ("did $events in $count of the last $n ${unit}s", sub { $fits->($self->different_periods($unit, select_events($_[0], $chosen, $inside))) });
}

sub seen { my ($self, $member, $chosen) = @_; return grep { $chosen->($_) && $self->visible($_) } @{ $member->{events} } }

sub first
{
    my ($self) = @_;
    my ($events, $dates, $chosen) = $self->events;
    $dates = 1 if $events =~ /any of|any event/;
    my ($window, $inside) = $self->window($dates);
    return ("did $events for the first time$window", sub {
        my ($member) = @_;
        my @seen = sort { $self->instant($a) <=> $self->instant($b) } $self->seen($member, $chosen) or return 0;
        my $first = $seen[0];
        # Among instants, a date is one.
        $first = { instant => $self->instant($first) } if any { !$_->{date} } $self->every_source($chosen);
        return $inside->($member, $first);
    });
}

# An event of each source that the choice may speak of.
sub every_source
{
    my ($self, $chosen) = @_;
    my @activity;
    foreach my $name (qw(login buy view))
    {
        push @activity, { source => 'activity', name => $name, amount => $_->[0], product => $_->[1] } for [ 0, 'x' ], [ 9, 'x' ], [ 0, 'y' ], [ undef, undef ];
    }
    return grep { $chosen->($_) } { source => 'survey', date => 1 }, { source => 'door' }, @activity;
}

sub recency
{
    my ($self) = @_;
    my ($events, $dates, $chosen) = $self->events;
    my ($n, $unit, $text) = $self->duration($dates);
    my $recent = sub { any { $chosen->($_) && $self->between_ago($_, $n, 0, $unit) } @{ $_[0]{events} } };
    return @{ pick([ "last $events within $text", $recent ], [ "last $events more than $text ago", sub { !$recent->(@_) } ]) };
}

sub share
{
    my ($self) = @_;
    my ($where, $holds) = $self->where;
    my $chosen = sub { $_[0]{source} eq 'activity' && defined $_[0]{name} && $_[0]{name} eq 'buy' };
    my ($window, $inside) = $self->window(0);
    my $p = pick(0, 25, 50, 75, 100);
    return ("share of 'buy' where ($where)$window >= $p percent", sub {
        my @all = select_events($_[0], $chosen, $inside) or return 0;
        return 100 * (grep { $holds->($_) } @all) >= $p * @all;
    });
}

# Aggregates as a fraction: numerator and denominator, or nothing if missing.
sub value_of
{
    my ($function, @events) = @_;
    return (scalar @events, 1) if $function eq 'count of';
    if ($function eq 'count distinct product of')
    {
        my %products = map { defined $_->{product} ? ($_->{product} => 1) : () } @events;
        return (scalar keys %products, 1);
    }
    my @amounts = sort { $a <=> $b } grep { defined } map { $_->{amount} } @events;
    return ((sum(@amounts) // 0), 1) if $function eq 'sum(amount) of';
    return if !@amounts;
    return (sum(@amounts), scalar @amounts) if $function eq 'avg(amount) of';
    return ($amounts[0], 1) if $function eq 'min(amount) of';
    return ($amounts[-1], 1) if $function eq 'max(amount) of';
    return ($amounts[ (@amounts - 1) / 2 ] + $amounts[ @amounts / 2 ], 2);
}

my @functions = ('count of', 'count distinct product of', 'sum(amount) of', 'avg(amount) of', 'min(amount) of', 'max(amount) of', 'median(amount) of');

sub aggregate
{
    my ($self) = @_;
    my $function = pick(@functions);
    my ($events, undef, $chosen) = $self->events(activity => 1);
    my ($window, $inside) = $self->window(0);
    my ($comparison, $fits) = $self->comparison(0, 1, 2, 2.5, 3, 5);
    return ("$function $events$window $comparison", sub {
        my ($n, $d) = value_of($function, select_events($_[0], $chosen, $inside)) or return 0;
        return $fits->($n / $d);
    });
}

sub compare
{
    my ($self) = @_;
    my ($f, $g) = (pick(@functions), pick(@functions));
    my ($events, undef, $chosen) = $self->events(activity => 1);
    my ($others, undef, $other) = $self->events(activity => 1);
    my ($window, $inside) = $self->window(0);
    return ("$f $events$window > $g $others", sub {
        my ($n, $d) = value_of($f, select_events($_[0], $chosen, $inside)) or return 0;
        my ($m, $e) = value_of($g, $self->seen($_[0], $other)) or return 0;
        return $n * $e > $m * $d;
    });
}

# The last or first event: by time, then the tie-breaker (none comes before any), then the smallest value (a set one first).
sub property
{
    my ($self) = @_;
    my $last = rand() < 0.5;
    my ($events, undef, $chosen) = $self->events(activity => 1);
    my ($window, $inside) = $self->window(0);
    my ($comparison, $fits) = @{ pick([ 'is set', sub { defined $_[0] } ], [ '<= 2', sub { defined $_[0] && $_[0] <= 2 } ], [ '= 3', sub { defined $_[0] && $_[0] == 3 } ]) };
    my $direction = $last ? -1 : 1;
    return (($last ? 'last' : 'first') . " amount of $events$window $comparison", sub {
        my ($event) = sort {
            $direction * ($a->{instant} <=> $b->{instant} || ($a->{seq} // -1) <=> ($b->{seq} // -1)) || ($a->{amount} // 1e9) <=> ($b->{amount} // 1e9)
        } select_events($_[0], $chosen, $inside) or return 0;
        return $fits->($event->{amount});
    });
}

sub frequent
{
    my ($self) = @_;
    my ($events, undef, $chosen) = $self->events(activity => 1);
    my ($window, $inside) = $self->window(0);
    my $product = pick('x', 'y');
    return ("most frequent product of $events$window = '$product'", sub {
        my %count;
        $count{ $_->{product} }++ for grep { defined $_->{product} } select_events($_[0], $chosen, $inside);
        my ($most) = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count or return 0;
        return $most eq $product;
    });
}

sub trend
{
    my ($self) = @_;
    my $function = pick('count of', 'sum(amount) of', 'avg(amount) of', 'median(amount) of');
    my ($events, undef, $chosen) = $self->events(activity => 1);
    my ($n, $unit, $text) = $self->duration(0);
    my ($fell, $percent, $amount, $least) = (rand() < 0.5, rand() < 0.5, pick(1, 2), rand() < 0.3 ? pick(1, 2) : undef);
    $amount = pick(25, 50, 100) if $percent;
    my $condition = "$function $events " . ($fell ? 'fell' : 'rose') . " by $amount" . ($percent ? ' percent' : '') . " within $text" . (defined $least ? " from at least $least" : '');
    return ($condition, sub {
        my ($member) = @_;
        my ($l, $k) = value_of($function, grep { $chosen->($_) && $self->between_ago($_, $n, 0, $unit) } @{ $member->{events} }) or return 0;
        my ($e, $d) = value_of($function, grep { $chosen->($_) && $self->between_ago($_, 2 * $n, $n, $unit) } @{ $member->{events} }) or return 0;
        my ($later, $earlier) = ($l * $d * 100, $e * $k * 100);    # both times k d 100
        return 0 if defined $least && $earlier < $least * $k * $d * 100;
        my $needed = $percent ? abs($earlier) * $amount / 100 : $amount * $k * $d * 100;
        return $earlier != 0 && $later < $earlier && $earlier - $later >= $needed if $fell;
        return $later > $earlier && $later - $earlier >= $needed;
    });
}

sub stopped
{
    my ($self) = @_;
    my ($events, $dates, $chosen) = $self->events;
    my ($n, $unit, $text) = $self->duration($dates);
    return ("stopped $events for $text", sub {
        my @chosen = grep { $chosen->($_) } @{ $_[0]{events} };
        return (any { $self->between_ago($_, 2 * $n, $n, $unit) } @chosen) && !(any { $self->between_ago($_, $n, 0, $unit) } @chosen);
    });
}

sub resumed
{
    my ($self) = @_;
    my ($events, $dates, $chosen) = $self->events;
    my ($n, $unit, $text) = $self->duration($dates);
    my ($m, $other, $within) = $self->duration($dates);
    return ("resumed $events after $text within $within", sub {
        my @seen = $self->seen($_[0], $chosen);
        my $only_dates = all { $_->{date} } $self->every_source($chosen);
        foreach my $event (@seen)
        {
            next if !$self->between_ago($only_dates ? $event : { instant => $self->instant($event) }, $m, 0, $other);
            my $at = $only_dates ? $event->{day} : $self->instant($event);
            my $before = max grep { $_ < $at } map { $only_dates ? $_->{day} : $self->instant($_) } @seen;
            next if !defined $before;
            return 1 if $before <= ($only_dates ? date_back($at, $n, $unit) : back($self->{zone}, $at, $n, $unit));
        }
        return 0;
    });
}

sub streak
{
    my ($self) = @_;
    my ($events, undef, $chosen) = $self->events;
    my $unit = pick(qw(day day week month));
    my ($comparison, $fits) = $self->comparison(0, 1, 2, 3);
    return ("streak of $events by $unit $comparison", sub {
        my %periods = map { period($self->day($_), $unit, $self->{week_start}) => 1 } $self->seen($_[0], $chosen);
        my $period = period($self->today, $unit, $self->{week_start});
        $period-- if !$periods{$period};
        my $length = 0;
        $length++ while $periods{ $period - $length };
        return $fits->($length);
    });
}

sub since_last
{
    my ($self) = @_;
    my ($events, undef, $chosen) = $self->events;
    my ($comparison, $fits) = $self->comparison(0, 1, 2, 7);
    return ("days since last $events $comparison", sub {
        my @seen = $self->seen($_[0], $chosen) or return 0;
        my $only_dates = all { $_->{date} } $self->every_source($chosen);
        return $fits->($only_dates ? $self->today - max(map { $_->{day} } @seen) : ($self->{as_of} - max(map { $self->instant($_) } @seen)) / DAY);
    });
}

# ----------------------------------------------------------------------------------------------------------- sequences

sub is_later
{
    my ($self, $b, $a) = @_;
    my ($s, $t) = ($self->instant($a), $self->instant($b));
    return $t > $s if $s != $t;
    return $a->{source} eq $b->{source} && $a->{source} eq 'activity' && ($b->{seq} // -1) > ($a->{seq} // -1);
}

sub sequence
{
    my ($self) = @_;
    my $sources = pick('activity', 'any');
    my @steps;
    my $length = pick(2, 2, 3, 4);
    for my $i (1 .. $length)
    {
        my ($events, $dates, $chosen) = $self->events(activity => $sources eq 'activity');
        my %step = (text => $events, chosen => $chosen);
        $step{negated} = 1 if $i > 1 && rand() < 0.35;
        if ($i > 1 && $sources eq 'activity' && $events !~ /where/ && $events !~ /^any of|^event/ && rand() < 0.3)
        {
            my @before = grep { !$steps[ $_ - 1 ]{negated} } 1 .. $i - 1;
            $step{link} = pick(@before);
            $step{text} .= " where (product = step$step{link}.product)";
        }
        if ($i > 1 && (!$step{negated} || $i == $length) && rand() < 0.5)
        {
            @step{qw(n unit within)} = $self->duration($sources ne 'activity');
        }
        push @steps, \%step;
    }
    my $chain = join ' then ', map { ($_->{negated} ? 'not ' : '') . $_->{text} . ($_->{within} ? " within $_->{within}" : '') } @steps;
    my ($window, $inside) = $self->window(1);
    my $holds = sub {
        my ($member) = @_;
        my @visible = grep { $self->visible($_) } @{ $member->{events} };
        return $self->follow($member, \@steps, \@visible, $inside, []);
    };
    return @{ pick([ "did ($chain)$window", $holds ], [ "did not ($chain)$window", sub { !$holds->(@_) } ]) };
}

# Whether the steps from the k-th on can be taken after the events taken so far.
sub follow
{
    my ($self, $member, $steps, $visible, $inside, $taken) = @_;
    my $k = @$taken;
    my ($previous) = grep { defined } reverse @$taken;
    my $fits = sub {
        my ($step, $event) = @_;
        return 0 if !$step->{chosen}->($event);
        return 1 if !$step->{link};
        my ($a, $b) = ($taken->[ $step->{link} - 1 ]{product}, $event->{product});
        return defined $a && defined $b && $a eq $b;
    };
    my $end = sub { my ($step) = @_; return $self->end_of($previous, $step) };
    if ($k == @$steps)
    {
        # What must not have happened after the last event.
        for (my $i = $k - 1; $steps->[$i]{negated}; $i--)
        {
            my $step = $steps->[$i];
            my $until = $step->{within} ? $end->($step) : $self->{as_of};
            return 0 if $until > $self->{as_of};
            return 0 if any { $fits->($step, $_) && $self->is_later($_, $previous) && $self->instant($_) <= $until } @$visible;
        }
        return 1;
    }
    my $step = $steps->[$k];
    return $self->follow($member, $steps, $visible, $inside, [ @$taken, undef ]) if $step->{negated};
    foreach my $event (@$visible)
    {
        next if !$fits->($step, $event) || !$inside->($member, $event);
        if ($previous)
        {
            next if !$self->is_later($event, $previous) || $step->{within} && $self->instant($event) > $end->($step);
            my $blocked = 0;
            for (my $i = $k - 1; $steps->[$i]{negated}; $i--)
            {
                my $not = $steps->[$i];
                $blocked ||= any { $fits->($not, $_) && $self->is_later($_, $previous) && $self->is_later($event, $_) } @$visible;
            }
            next if $blocked;
        }
        return 1 if $self->follow($member, $steps, $visible, $inside, [ @$taken, $event ]);
    }
    return 0;
}

sub end_of
{
    my ($self, $previous, $step) = @_;
    return back($self->{zone}, $self->instant($previous), -$step->{n}, $step->{unit});
}

1;
