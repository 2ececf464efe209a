# Refreshes are killed at random moments, the backend alone or the whole server with it: the database starts, and the members
# are those of before or those of after.
#
#   ROUNDS=n   how many of each (3)
use strict;
use warnings;

use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

use Membership;

my $rounds     = $ENV{ROUNDS} || 3;
my $membership = Membership->new('kill', 20_000);
my $node       = $membership->node;
note(sprintf 'a refresh takes %.0f ms', $membership->{seconds} * 1000);

my $killed;  # the server's process

# Starts a refresh and kills it a while later; gives the moment in ms.
sub kill_refresh
{
    my ($and_server) = @_;
    my ($in, $out, $errors) = ("SELECT pg_backend_pid();\n", '', '');
    my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], \$in, \$out, \$errors, IPC::Run::timeout(180));
    $session->pump until $out =~ /(\d+)\n/;
    my ($backend) = $out =~ /(\d+)\n/;
    $in .= "SELECT count(*) FROM segment.refresh('customer');\n";
    $session->pump_nb;
    my $moment = rand(1.1 * $membership->{seconds});
    sleep $moment;
    if ($and_server)
    {
        # A backend outlives its server until it looks.
        $killed = $node->{_pid};
        $node->kill9;
        kill 9, $backend;
    }
    else
    {
        kill 9, $backend;
    }
    eval { $session->finish };
    return int($moment * 1000);
}

sub server_processes { return grep { (readlink($_) // '') eq $node->data_dir } glob '/proc/[0-9]*/cwd' }

foreach my $what ('backend', 'server')
{
    foreach my $round (1 .. $rounds)
    {
        $membership->change;
        $membership->remember;
        my $moment = kill_refresh($what eq 'server');
        my $name = "$what killed after $moment ms";
        if ($what eq 'server')
        {
            # The processes that it left give up when they notice.
            sleep 0.02 while kill(0, $killed) || server_processes();
            ok($node->start(fail_ok => 1), "$name: the server starts");
        }
        else
        {
            ok($membership->comes_back, "$name: the server comes back");
        }
        $membership->is_old_or_new($name);
        $membership->is_sound($name);
    }
}
note(sprintf '%d kept the old members, %d had the new ones', $membership->{old} // 0, $membership->{new} // 0);

$node->stop;
done_testing();
