# What an extension must not leave open: names that another schema could catch, rights that nobody meant to give.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('security');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION segment');

sub none
{
    my ($sql, $name) = @_;
    is($node->safe_psql('postgres', $sql), '', $name);
    return;
}

my $functions = q{FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = 'segment'::regnamespace};
cmp_ok($node->safe_psql('postgres', "SELECT count(*) $functions"), '>', 20, 'the extension has functions');
none(qq{SELECT p.oid::regprocedure $functions AND (prosecdef OR (lanname <> 'c' AND prokind <> 'a' AND prosqlbody IS NULL))
        AND NOT EXISTS (SELECT FROM unnest(proconfig) AS c WHERE c LIKE 'search_path=%pg_catalog%pg_temp%')},
    'functions with rights of their own or a body in text pin their search_path');
none(qq{SELECT p.oid::regprocedure $functions AND 'internal'::regtype = ANY (proargtypes)
        AND NOT EXISTS (SELECT FROM pg_type t WHERE p.oid IN (t.typreceive, t.typinput, t.typsubscript, t.typanalyze))
        AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE p.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn,
                                                                   a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn))
        AND has_function_privilege('public', p.oid, 'EXECUTE')},
    'functions that trust what they are given are not for everybody');
none(q{SELECT c.oid::regclass FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS right_name
       WHERE relnamespace = 'segment'::regnamespace AND relkind IN ('r', 'p') AND has_table_privilege('public', c.oid, right_name)},
    'nobody has rights on the catalog tables');
none(q{SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'segment'::regnamespace AND CASE relkind WHEN 'S' THEN has_sequence_privilege('public', c.oid, 'USAGE') END},
    'nor on their sequences');
none(q{SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'segment'::regnamespace AND relkind = 'v' AND has_table_privilege('public', c.oid, 'SELECT')
       AND NOT coalesce('security_barrier=true' = ANY (reloptions), false) AND pg_get_viewdef(c.oid) LIKE '%catalog_%'},
    'views on them that everybody reads are security barriers');
none(q{SELECT c.oid::regclass FROM pg_class c WHERE relnamespace = 'segment'::regnamespace AND relkind = 'v'
       AND (has_table_privilege('public', c.oid, 'INSERT') OR has_table_privilege('public', c.oid, 'UPDATE') OR has_table_privilege('public', c.oid, 'DELETE'))},
    'views are for reading');
is($node->safe_psql('postgres', q{SELECT has_schema_privilege('public', 'segment', 'USAGE'), has_schema_privilege('public', 'segment', 'CREATE')}), 't|f',
    'everybody may use the schema, nobody may create in it');

# Expressions in the install script that another schema could give a meaning to: functions and operators without their schema.
my %syntax = map { $_ => 1 } qw(
    values in and or not exists on using as check unique key references over filter array row coalesce nullif greatest least cast extract
    with any all some when then else by from where select is between distinct set grouping returns table default within lateral
    operator function partition into only to);
# [the file's name, a place, what is not qualified]
sub unqualified
{
    my ($text) = @_;
    my @found;
    $text =~ s/--[^\n]*//g;
    $text =~ s/'(?:[^']|'')*'/''/g;
    foreach my $statement (split /;/, $text)
    {
        $statement =~ s/^\s+//;
        # Definitions of types and operators are lists of options; comments name signatures.
        next if $statement =~ /^(CREATE (TYPE|OPERATOR|CAST|AGGREGATE)|COMMENT|GRANT|REVOKE|ALTER|DROP)\b/;
        my $rest = $statement;
        # Names and argument lists of what is created, and settings, are no expressions.
        $rest =~ s/^CREATE (FUNCTION|PROCEDURE|TABLE|VIEW|(UNIQUE )?INDEX|TRIGGER)\s+[\w.]+//;
        $rest =~ s/\b(INSERT INTO|REFERENCES|ON)\s+[\w.]+//g;
        $rest =~ s/\bWITH \([^)]*\)//g;
        $rest =~ s/OPERATOR\s*\(\s*\w+\.[^)\s]+\s*\)/ /g;
        $rest =~ s/=>/ /g;
        $rest =~ s/\b(count)?\(\s*\*\s*\)/ /g if $rest =~ /pg_catalog\.count\(\*\)/;
        while ($rest =~ /(?<![\w.])([A-Za-z_]\w*)\s*\(/g)
        {
            push @found, "$1(" if !$syntax{ lc $1 };
        }
        while ($rest =~ /([-+*\/<>=~!@#%^&|]+)/g)
        {
            my ($operator, $at) = ($1, $-[0]);
            next if $operator eq '*' && substr($rest, 0, $at) =~ /(SELECT|[(.,])\s*$/;
            next if $operator eq '=' && substr($rest, 0, $at) =~ /\bSET\s+\w+\s*$/;
            push @found, $operator;
        }
    }
    return @found;
}
is_deeply([ unqualified(q{CREATE VIEW a.v AS SELECT x.a, lower(x.b) FROM t x WHERE x.a = 1 AND x.b OPERATOR(pg_catalog.<>) '('; -- f(x) }) ], [ 'lower(', '=' ],
    'the rule finds what it looks for');
my @files = glob 'sql/*.sql';
cmp_ok(scalar @files, '>', 4, 'files of the install script');
foreach my $file (@files)
{
    is_deeply([ unqualified(slurp_file($file)) ], [], "$file names the schema of its functions and operators");
}

$node->stop;
done_testing();
