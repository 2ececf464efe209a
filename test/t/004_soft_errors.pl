# Input functions report mistakes softly where the server can take them so, from PostgreSQL 16 on.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('soft_errors');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION segment');

my ($status, $output, $errors) = $node->psql('postgres', q{SELECT 'plan ='::segment.definition});
isnt($status, 0, 'a wrong definition is an error');
like($errors, qr/expected a value, found the end of the definition/, 'that says what is wrong');

if ($node->safe_psql('postgres', 'SHOW server_version_num') >= 160000)
{
    is($node->safe_psql('postgres', q{SELECT pg_input_is_valid('plan =', 'segment.definition'), pg_input_is_valid('plan = 1', 'segment.definition'),
        pg_input_is_valid('a and', 'segment.formula'), pg_input_is_valid('a + 1', 'segment.formula')}), 'f|t|f|t', 'validity is asked without an error');
    is($node->safe_psql('postgres', q{SELECT message, sql_error_code FROM pg_input_error_info('plan =', 'segment.definition')}),
        'expected a value, found the end of the definition|42601', 'and what the error would be');
}

$node->stop;
done_testing();
