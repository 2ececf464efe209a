# The disk is full during a refresh: it fails as any statement would, and once there is room everything goes on.
#
#   ROUNDS=n       how many (3), each with another rest of room
#   SMALL_DISK=…   a small file system; scripts/test.sh mounts one if root calls it
use strict;
use warnings;

BEGIN { $ENV{TESTDATADIR} = "$ENV{SMALL_DISK}/data" if $ENV{SMALL_DISK} }

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

use Membership;

plan(skip_all => 'only root can mount a small disk, and not in every container') if !$ENV{SMALL_DISK};

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

my %outcomes;
foreach my $round (1 .. $rounds)
{
    $membership->value('VACUUM');
    $membership->change;
    $membership->value('CHECKPOINT');
    $membership->remember;
    my $rest = int(rand(2 * 1024 * 1024));
    my $name = int($rest / 1024) . ' kB left';
    fill($rest);
    my ($status, $output, $errors) = $node->psql('postgres', q{SELECT count(*) FROM segment.refresh('customer')});
    my ($outcome) = $status == 0 ? 'refreshed' : $errors =~ /No space left on device|disk full/ ? 'refused' : $errors =~ /connection|terminat/ ? 'crashed' : $errors;
    $outcomes{$outcome}++;
    like($outcome, qr/^(refreshed|refused|crashed)$/, "$name: the refresh ends as any statement would");
    unlink $filler;
    if ($outcome eq 'crashed')
    {
        # What could not write its log has gone down; with room it comes up.
        while (system('pg_isready', '--quiet', '--host=' . $node->host, '--port=' . $node->port) != 0)
        {
            sleep 0.1;
            next if kill 0, $node->{_pid};
            $node->{_pid} = undef;
            $node->start;
        }
    }
    $membership->is_old_or_new($name);
    $membership->is_sound($name);
}
note(join ', ', map { "$outcomes{$_} $_" } sort keys %outcomes);

$node->stop;
done_testing();
