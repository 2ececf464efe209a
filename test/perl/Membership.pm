# A population for the tests of faults: what its members must be, whatever happened to the refreshes before.
package Membership;

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time sleep);

# A running server with the population `customer` of so many rows and its segments, refreshed.
sub new
{
    my ($class, $name, $rows, %options) = @_;
    my $node = PostgreSQL::Test::Cluster->new($name);
    $node->init;
    $node->append_conf('postgresql.conf', "restart_after_crash = on\nautovacuum = off\nmax_connections = 60\n" . ($options{settings} // ''));
    $node->start;
    $node->safe_psql('postgres', qq{
        CREATE EXTENSION segment;
        CREATE TABLE customer (id int PRIMARY KEY, plan text, seats int, mrr numeric, country text, signup_at timestamptz, version int NOT NULL DEFAULT 0);
        INSERT INTO customer
            SELECT i, (ARRAY['free', 'pro', 'team', NULL])[1 + i % 4], i % 50, (i * 7919 % 100000) / 100.0, (ARRAY['DE', 'AT', 'CH'])[1 + i % 3],
                   now() - (i % 400) * interval '1 day'
            FROM generate_series(1, $rows) AS i;
        SELECT segment.create_population('customer', 'customer', key => 'id');
        SELECT segment.create_segment('pro', 'customer', 'plan = ''pro''');
        SELECT segment.create_segment('unknown', 'customer', 'plan is not set or seats < 3');
        SELECT segment.create_segment('new', 'customer', 'signup_at within 30 days');
        SELECT segment.create_segment('large', 'customer', 'mrr >= 500 and seats between 10 and 40');
        SELECT segment.create_segment('top', 'customer', 'mrr in top 10 percent');
        SELECT segment.create_segment('nested', 'customer', 'in segment ''pro'' and not in segment ''large''');
        SELECT segment.create_segment('most', 'customer', 'country != ''CH'' or plan = ''team''');

        CREATE FUNCTION differences() RETURNS bigint LANGUAGE plpgsql AS \$\$
        DECLARE
            s record;
            found bigint;
            total bigint := 0;
        BEGIN
            FOR s IN SELECT name, as_of FROM segment.segment LOOP
                EXECUTE format('SELECT count(*) FROM (((\%1\$s) EXCEPT (\%2\$s)) UNION ALL ((\%2\$s) EXCEPT (\%1\$s))) AS d', segment.to_sql(s.name, s.as_of),
                    format('SELECT customer_id FROM customer_segment WHERE segment = \%L', s.name)) INTO found;
                total := total + found;
            END LOOP;
            RETURN total;
        END \$\$;
        CREATE FUNCTION fingerprint() RETURNS text LANGUAGE sql AS \$\$
            SELECT (SELECT as_of FROM segment.population) || ' ' || count(*) || ' ' || coalesce(sum(hashtextextended(segment || customer_id || entered_at, 0)), 0) FROM customer_segment \$\$;
        SELECT * FROM segment.refresh('customer');
    });
    my $self = bless { node => $node, rows => $rows }, $class;
    $self->change;
    my $started = time;
    $self->refresh;
    $self->{seconds} = time - $started;
    return $self;
}

sub node { return $_[0]{node} }
sub value { my ($self, $sql) = @_; return $self->{node}->safe_psql('postgres', $sql) }

# Changes a third of the rows, so that the next refresh has something to write.
sub change_sql
{
    return q{UPDATE customer SET seats = floor(random() * 50), plan = (ARRAY['free', 'pro', 'team', NULL])[1 + floor(random() * 4)::int], version = version + 1
             WHERE random() < 0.3};
}

sub change { my ($self) = @_; $self->value(change_sql()); return }

# Refreshes, and gives how many entered or exited; with an as_of, as of then.
sub refresh
{
    my ($self, $as_of) = @_;
    return $self->value("SELECT sum(entered + exited) FROM segment.refresh('customer'" . ($as_of ? ", as_of => $as_of" : '') . ')');
}

# Whether the server answers within a minute or so. It is started if it has gone down altogether, as one does that cannot write its log.
sub comes_back
{
    my ($self) = @_;
    my $node = $self->{node};
    foreach my $try (1 .. 600)
    {
        # Not by the node's own functions, which write to a psql that may be gone.
        return 1 if system('psql', '-XAtq', '-o', '/dev/null', '-c', 'SELECT', '-d', $node->connstr('postgres')) == 0;
        sleep 0.1;
        next if kill 0, $node->{_pid};
        $node->{_pid} = undef;
        $node->start(fail_ok => 1);
    }
    return 0;
}

# What the members are before something goes wrong.
sub remember { my ($self) = @_; $self->{before} = $self->value('SELECT fingerprint()'); return }

# The members are those of before or those of a whole refresh.
sub is_old_or_new
{
    my ($self, $name) = @_;
    my $now = $self->value('SELECT fingerprint()');
    $self->{$now eq $self->{before} ? 'old' : 'new'}++;
    ok($now eq $self->{before} || $self->value('SELECT differences()') == 0, "$name: the members are the old or the new ones");
    return;
}

# A refresh makes the members equal to plain SQL, another one finds nothing to do, and nothing of the past is left.
sub is_sound
{
    my ($self, $name) = @_;
    $self->refresh;
    is($self->value('SELECT differences()'), 0, "$name: refreshed, the members are those of to_sql");
    is($self->refresh('(SELECT as_of FROM segment.population)'), 0, "$name: another refresh as of the same time changes nothing");
    is($self->value(q{
        SELECT (SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'segment:%')
             + (SELECT count(*) FROM pg_locks WHERE pid <> pg_backend_pid() AND (locktype = 'advisory' OR relation >= 16384))}),
        0, "$name: nothing is stuck");
    return;
}

1;
