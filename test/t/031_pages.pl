# Pages whose SQL runs from top to bottom in a new database and prints what they show.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('pages');
$node->init;
$node->start;

# page => how many results it shows
my %pages = (registering => 9, segments => 9, dbt => 3, bi => 5);
foreach my $name (sort keys %pages)
{
    $node->safe_psql('postgres', "CREATE DATABASE $name");
    $node->safe_psql($name, 'CREATE EXTENSION segment');
    my $shown = 0;
    my $page = slurp_file("docs/$name.md");
    while ($page =~ /^```sql\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?/msg)
    {
        my ($block, $result) = ($1, $2);
        my ($first_line) = $block =~ /^(.{0,70})/;
        my ($status, $output, $errors) = $node->psql($name, $block, on_error_stop => 1);
        $shown++ if defined $result;
        if (defined $result && $result =~ /^ERROR/)
        {
            $errors =~ s/^psql:<stdin>:\d+: //mg;
            is("$errors\n", $result, "$name: $first_line");
            next;
        }
        is($status, 0, "$name: $first_line") or diag($errors);
        is("$output\n", $result, "$name prints: $first_line") if defined $result;
    }
    is($shown, $pages{$name}, "$name: results on the page");
}

$node->stop;
done_testing();
