# Random conditions on the behaviour of random members: the members of a preview, the rows of to_sql, those of segments that are all refreshed
# together, and what a model that keeps the events in memory finds, are the same.
#
#   SEED=n         where to begin (1); everything follows from it
#   CONDITIONS=n   how many to try in each of the rounds (200)
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use Behaviour::Calendar qw(instant_of back date_back day_of days instant_text local_text date_text);
use Behaviour::Model;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use constant { HOUR => 3_600_000_000, DAY => 86_400_000_000 };

my $seed       = $ENV{SEED}       || 1;
my $conditions = $ENV{CONDITIONS} || 200;
my $members    = 40;

my $node = PostgreSQL::Test::Cluster->new('behaviour');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "log_statement = none\nautovacuum = off\njit = off\n");
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION segment;
CREATE TABLE customer (id int PRIMARY KEY, signup_at timestamptz);
CREATE TABLE activity (customer_id int, at timestamptz, name text, seq int, amount int, product text);
CREATE TABLE survey (customer_id int, day date);
CREATE TABLE door (customer_id int, opened timestamp);
CREATE INDEX ON activity (customer_id, at);
CREATE FUNCTION who(definition text, as_of timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    previewed text;
    selected text;
BEGIN
    SELECT array_to_string(sample, ' ') INTO previewed FROM segment.preview('customer', definition, 10000, as_of);
    EXECUTE 'SELECT string_agg(id::text, '' '' ORDER BY id) FROM (' || segment.definition_to_sql('customer', definition, as_of) || ') AS s(id)' INTO selected;
    RETURN previewed || CASE WHEN previewed <> coalesce(selected, '') THEN ' BUT to_sql ' || coalesce(selected, 'none') ELSE '' END;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
});

sub pick { return $_[ rand @_ ] }
sub text_or_null { return defined $_[0] ? "'$_[0]'" : 'NULL' }

# Around as_of and the edges of windows, so that much happens at once or a microsecond apart.
sub moment
{
    my ($world) = @_;
    my ($zone, $as_of) = @$world{qw(zone as_of)};
    my $t = back($zone, $as_of, int(rand 40) - 1, pick('day', 'day', 'hour', 'week'));
    $t = instant_of($zone, day_of($zone, $t) * DAY) if rand() < 0.2;
    return $t + pick(0, 0, 0, 1, -1, HOUR, -HOUR);
}

sub insert
{
    my ($table, @rows) = @_;
    return @rows ? "INSERT INTO $table VALUES " . join(', ', map { '(' . join(', ', map { text_or_null($_) } @$_) . ')' } @rows) . ';' : '';
}

# Midnight and noon around the days on which clocks change, the end of February, the end of a year.
my @rounds = (
    [ 'Europe/Berlin', 2025, 3, 31, 12 * HOUR ], [ 'Europe/Berlin', 2025, 10, 27, HOUR / 2 ], [ 'UTC', 2024, 2, 29, 9 * HOUR ],
    [ 'Asia/Kathmandu', 2025, 1, 1, 0 ], [ 'Europe/Berlin', 2025, 3, 30, 4 * HOUR ]);
foreach my $round (0 .. $#rounds)
{
    srand($seed * 1000 + $round);
    my ($zone, $y, $m, $d, $time) = @{ $rounds[$round] };
    my %world = (zone => $zone, week_start => 1 + int(rand 7), as_of => instant_of($zone, days($y, $m, $d) * DAY + $time));
    my (@people, @customers, @activity, @survey, @door);
    for my $id (1 .. $members)
    {
        my $signup = rand() < 0.8 ? moment(\%world) : undef;
        my @events;
        for (1 .. int(rand 12) - 1)
        {
            my $source = pick('activity', 'activity', 'activity', 'survey', 'door');
            my %event = (source => $source);
            if ($source eq 'survey')
            {
                @event{qw(date day)} = (1, day_of($zone, moment(\%world)));
                push @survey, [ $id, date_text($event{day}) ];
            }
            elsif ($source eq 'door')
            {
                my $local = Behaviour::Calendar::local_of($zone, moment(\%world));
                $event{instant} = instant_of($zone, $local);
                push @door, [ $id, local_text($local) ];
            }
            else
            {
                $event{instant} = @events && rand() < 0.3 ? $events[-1]{instant} // moment(\%world) : moment(\%world);
                $event{name} = pick('login', 'login', 'buy', 'buy', 'view', undef);
                $event{seq} = pick(undef, 1, 2, 3);
                $event{amount} = pick(undef, 0 .. 5);
                $event{product} = pick(undef, 'x', 'x', 'y');
                push @activity, [ $id, instant_text($event{instant}), @event{qw(name seq amount product)} ];
            }
            push @events, \%event;
        }
        push @customers, [ $id, defined $signup ? instant_text($signup) : undef ];
        push @people, { id => $id, signup_at => $signup, events => \@events };
    }
    # What nobody did: no key, an unknown one, no time.
    push @activity, [ undef, instant_text($world{as_of}), 'login', 1, 1, 'x' ], [ 999, instant_text($world{as_of}), 'login', 1, 1, 'x' ],
      [ 1, undef, 'login', 9, 9, 'x' ], [ 2, 'infinity', 'buy', 9, 9, 'x' ];
    $node->safe_psql('postgres', join("\n",
        $round ? q{SELECT segment.drop_population('customer', cascade => true); TRUNCATE customer, activity, survey, door;} : '',
        insert('customer', @customers), insert('activity', @activity), insert('survey', @survey), insert('door', @door),
        "SELECT segment.create_population('customer', 'customer', key => 'id', time_zone => '$zone', week_start => $world{week_start});",
        q{SELECT segment.add_events('customer', 'activity', 'activity', key => 'customer_id', occurred_at => 'at', event_name => 'name', tie_break => 'seq');},
        q{SELECT segment.add_events('customer', 'survey', 'survey', key => 'customer_id', occurred_at => 'day');},
        q{SELECT segment.add_events('customer', 'door', 'door', key => 'customer_id', occurred_at => 'opened');}));

    my $model = Behaviour::Model->new(%world);
    my (@texts, @expected);
    while (@texts < $conditions)
    {
        my ($text, $holds) = $model->condition;
        push @texts, $text;
        push @expected, join ' ', map { $_->{id} } grep { $holds->($_) } @people;
    }
    my $as_of = instant_text($world{as_of});
    my @found = split /\n/, $node->safe_psql('postgres', join "\n", map { "SELECT who(\$d\$$_\$d\$, '$as_of');" } @texts), -1;
    $node->safe_psql('postgres', join "\n", 'SET segment.refresh_memory = 1024;',
        (map { "SELECT segment.create_segment('c$_', 'customer', \$d\$$texts[$_]\$d\$, materialize => 'set');" } 0 .. $#texts),
        "SELECT count(*) FROM segment.refresh('customer', as_of => '$as_of');");
    my @refreshed = split /\n/, $node->safe_psql('postgres', join "\n",
        map { "SELECT coalesce(string_agg(m, ' ' ORDER BY m::int), '') FROM segment.members('customer.c$_') AS m;" } 0 .. $#texts), -1;
    my $some = 0;
    foreach my $i (0 .. $#texts)
    {
        is($found[$i],     $expected[$i], "$zone, as of $as_of: $texts[$i]");
        is($refreshed[$i], $expected[$i], "refreshed, $zone, as of $as_of: $texts[$i]");
        $some += $expected[$i] ne '' && $expected[$i] ne join(' ', 1 .. $members);
    }
    cmp_ok($some, '>', $conditions / 2, 'conditions that tell members apart');
}

$node->stop;
done_testing();
