# Clients write while refreshes run and definitions change: nothing is lost, nobody waits in a circle, and at the end the members are
# those of to_sql.
#
#   MINUTES=n   how long (0.1)
use strict;
use warnings;

use IPC::Run ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time sleep);

use Membership;

my $seconds    = int(60 * ($ENV{MINUTES} || 0.1));
my $membership = Membership->new('concurrency', 20_000, settings => "autovacuum = on\n");
my $node       = $membership->node;

$membership->value('CREATE TABLE written (client int, at timestamptz)');
my $script = "$PostgreSQL::Test::Utils::tmp_check/write.sql";
append_to_file($script, q{
\set id random(1, 25000)
\set other random(1, 25000)
\set what random(1, 10)
BEGIN;
INSERT INTO written VALUES (:client_id, now());
\if :what < 6
    UPDATE customer SET seats = random() * 50, version = version + 1 WHERE id = :id;
\elif :what < 8
    INSERT INTO customer VALUES (:id, 'pro', 5, 700, 'DE', now()) ON CONFLICT (id) DO UPDATE SET plan = 'pro';
\elif :what < 9
    DELETE FROM customer WHERE id = :id;
\else
    UPDATE customer SET mrr = mrr + 1 WHERE id IN (SELECT id FROM customer WHERE id IN (:id, :other) ORDER BY id FOR UPDATE);
\endif
COMMIT;
});
my ($out, $errors) = ('', '');
my $writers = IPC::Run::start(
    [ 'pgbench', '--no-vacuum', '--client=32', '--jobs=2', "--time=$seconds", "--file=$script", $node->connstr('postgres') ],
    '>', \$out, '2>', \$errors, IPC::Run::timeout($seconds + 120));

my ($refreshes, $failed, $end) = (0, 0, time + $seconds);
while (time < $end)
{
    my $level = ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')[ $refreshes % 3 ];
    my ($status, $output, $problem) =
      $node->psql('postgres', "BEGIN ISOLATION LEVEL $level;\nSELECT count(*) FROM segment.refresh('customer');\nCOMMIT;");
    $refreshes++;
    # Serializable transactions may have to be repeated.
    $failed++, like($problem, qr/could not serialize/, "a refresh fails only for $level") if $status != 0;
    my $bound = 100 + $refreshes % 400;
    $membership->value("SELECT segment.alter_segment('large', 'mrr >= $bound and seats between 10 and 40')") if $refreshes % 3 == 1;
    $membership->value("SELECT segment.create_segment('passing', 'customer', 'seats > 25'); SELECT * FROM segment.refresh('customer'); SELECT segment.drop_segment('passing')")
      if $refreshes % 5 == 2;
}
ok($writers->finish, 'the clients came to their end') or diag('pgbench: ' . ($writers->full_result // '') . " $errors");

my ($transactions) = $out =~ /number of transactions actually processed: (\d+)/;
my ($lost)         = $out =~ /number of failed transactions: (\d+)/;
$transactions //= -1;
cmp_ok($transactions, '>', 0, 'clients wrote');
is($lost // 0, 0, 'none of their transactions failed') or diag($errors);
is($membership->value('SELECT count(*) FROM written'), $transactions, 'and none is lost');
unlike(slurp_file($node->logfile), qr/deadlock detected|PANIC|terminated by signal/, 'no deadlock, no crash');
cmp_ok($refreshes, '>', 0, 'refreshes ran');
$membership->is_sound('at the end');
note("$transactions transactions of 32 clients in $seconds s, $refreshes refreshes, $failed of them to repeat");

$node->stop;
done_testing();
