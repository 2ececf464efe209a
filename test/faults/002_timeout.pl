# Refreshes that are cancelled at random moments leave everything as it was, the session included.
#
#   ROUNDS=n   how many (3)
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Membership;

my $rounds     = $ENV{ROUNDS} || 3;
my $membership = Membership->new('timeout', 20_000);
my $node       = $membership->node;
my $longest    = int($membership->{seconds} * 1000) + 1;

foreach my $round (1 .. $rounds)
{
    my $moment = 1 + int(rand($longest));
    my $name   = "cancelled after $moment ms";
    $membership->change;
    $membership->remember;
    my ($status, $output, $errors) = $node->psql(
        'postgres', qq{
        SET application_name = 'the application';
        SET statement_timeout = $moment;
        SELECT count(*) > 0 FROM segment.refresh('customer');
        RESET statement_timeout;
        SELECT current_setting('application_name'), current_setting('search_path'), current_user = session_user,
               (SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND (locktype = 'advisory' OR relation >= 16384));},
        on_error_stop => 0);
    like($output, qr/^(t\n)?the application\|"\$user", public\|t\|0$/, "$name: the session is as it was");
    like($errors, qr/^(.*ERROR:  canceling statement due to statement timeout.*)?$/s, "$name: as PostgreSQL says it");
    unlike($errors, qr/PANIC|FATAL|XX000/, "$name: nothing worse");
    $membership->is_old_or_new($name);
    $membership->is_sound($name);
}
note(sprintf '%d kept the old members, %d had the new ones', $membership->{old} // 0, $membership->{new} // 0);

$node->stop;
done_testing();
