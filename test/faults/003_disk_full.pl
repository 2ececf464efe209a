# The disk is full during a refresh: it fails as any statement would, and once there is room everything goes on.
#
#   ROUNDS=n       how many (3), each with another rest of room
#   SMALL_DISK=…   a small file system; scripts/test.sh mounts one if root calls it
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

use Membership;

plan(skip_all => 'only root can mount a small disk, and not in every container') if !$ENV{SMALL_DISK};

# The cluster on the small disk, the test's own output where it always is.
$PostgreSQL::Test::Utils::tmp_check = $ENV{SMALL_DISK};
my $rounds     = $ENV{ROUNDS} || 3;
my $filler     = "$ENV{SMALL_DISK}/filler";
my $membership = Membership->new('disk_full', 20_000, settings => "min_wal_size = 32MB\nmax_wal_size = 48MB\n");
my $node       = $membership->node;

sub free_bytes { my (undef, $size, $used) = split ' ', (split /\n/, `df --output=target,size,used -B 1 $ENV{SMALL_DISK}`)[1]; return $size - $used }

# Leaves so many bytes of the disk.
sub fill
{
    my ($rest) = @_;
    my $wanted = free_bytes() - $rest;
    system('fallocate', '-l', $wanted, $filler) == 0 or die "cannot fill the disk";
    return;
}

# How a statement ended.
sub outcome
{
    my ($sql) = @_;
    my ($status, $output, $errors) = $node->psql('postgres', $sql);
    return $status == 0 ? 'done' : $errors =~ /No space left on device|Check free disk space/ ? 'refused' : $errors =~ /connection|terminat|recovery mode/ ? 'crashed' : $errors;
}

my %outcomes;
foreach my $round (1 .. $rounds)
{
    my $rest = int(rand(4 * 1024 * 1024));
    my $name = int($rest / 1024) . ' kB left';
    $membership->value('VACUUM') if $round % 10 == 0;
    fill($rest);
    # Tables that have room of their own, and the log, take a few changes until the disk matters.
    my $outcome = 'done';
    foreach my $try (1 .. 30)
    {
        $membership->remember;
        $outcome = outcome($membership->change_sql);
        $outcome = outcome(q{SELECT count(*) FROM segment.refresh('customer')}) if $outcome eq 'done';
        last if $outcome ne 'done';
    }
    $outcomes{$outcome}++;
    like($outcome, qr/^(refused|crashed)$/, "$name: a change or a refresh ends as any statement would");
    unlink $filler;
    # Even if the statement was only refused, another process may have gone down with the server.
    sleep 0.5;
    ok($membership->comes_back, "$name: with room the server goes on");
    $membership->is_old_or_new($name);
    $membership->is_sound($name);
}
note(join ', ', map { "$outcomes{$_} $_" } sort keys %outcomes);

$node->stop;
done_testing();
