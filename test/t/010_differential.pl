# Random definitions over random tables: the members of a refresh, the rows of to_sql, and the rows of a translation to plain SQL
# that was written from the description of the language alone are the same.
#
#   SEED=n         where to begin (1); everything follows from it
#   DEFINITIONS=n  how many to try (600); 600 of one seed, then the next seed
#   TABLE=n        only this table of a seed, to look at something again
use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

use Differential::Round;

my $seed        = $ENV{SEED} || 1;
my $definitions = $ENV{DEFINITIONS} || 600;

my $node = PostgreSQL::Test::Cluster->new('differential');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "log_statement = none\nautovacuum = off\njit = off\n");
$node->start;

my $tried = 0;
for (my $round = $seed; $tried < $definitions; $round++)
{
    my $count = $definitions - $tried < 600 ? $definitions - $tried : 600;
    $tried += Differential::Round::run($node, $round, $count, $ENV{TABLE});
}
note("$tried definitions");

$node->stop;
done_testing();
