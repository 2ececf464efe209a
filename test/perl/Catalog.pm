# Everything that the extension has put into the server's catalogs, by name, so that two installations can be compared.
#
# It is read generically: every column of every catalog row of the extension and of what depends on its objects. References to other
# catalog rows are replaced by what they refer to, and expressions and keys by their text, so that a property which a new version of the
# server or of the extension adds is compared without being listed here.
package Catalog;

use strict;
use warnings;

use JSON::PP;

# Columns that tell nothing of what was meant: numbers of rows and files, what the server finds out by itself, and what stands for something
# that is compared as text below.
my %ignored = map { $_ => 1 } qw(
    oid relfilenode relpages reltuples relallvisible relallfrozen relfrozenxid relminmxid reltoastrelid relnatts
    relhasindex relhasrules relhastriggers relhassubclass attnum attrelid attcacheoff attmissingval atthasmissing attoptions indcheckxmin
    conkey confkey conbin indkey indexprs indpred tgattr tgqual tgargs ev_qual ev_action adbin adnum prosqlbody proargdefaults extversion
    extconfig extcondition);

# How the rows of a catalog belong to an object: what they are called, and properties that come from functions of the server.
my @catalogs = (
    [ 'pg_proc', 'r.oid', arguments => 'pg_get_function_arguments(r.oid)', result => 'pg_get_function_result(r.oid)',
        body => 'pg_get_function_sqlbody(r.oid)', rights => q{pg_temp.rights(r.proacl, 'f', r.proowner)} ],
    [ 'pg_aggregate', 'r.aggfnoid' ],
    [ 'pg_type', 'r.oid', rights => q{pg_temp.rights(r.typacl, 'T', r.typowner)} ],
    [ 'pg_class', 'r.oid', view => q{CASE r.relkind WHEN 'v' THEN pg_get_viewdef(r.oid) END},
        rights => q{pg_temp.rights(r.relacl, (CASE r.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", r.relowner)} ],
    [ 'pg_index', 'r.indexrelid', index => 'pg_get_indexdef(r.indexrelid)' ],
    [ 'pg_sequence', 'r.seqrelid' ],
    [ 'pg_constraint', 'r.oid', constraint => 'pg_get_constraintdef(r.oid)' ],
    [ 'pg_attrdef', 'r.oid', expression => 'pg_get_expr(r.adbin, r.adrelid)' ],
    [ 'pg_trigger', 'r.oid', trigger => 'pg_get_triggerdef(r.oid)' ],
    [ 'pg_rewrite', 'r.oid' ],
    [ 'pg_policy', 'r.oid' ],
    [ 'pg_operator', 'r.oid' ],
    [ 'pg_opclass', 'r.oid' ],
    [ 'pg_opfamily', 'r.oid' ],
    [ 'pg_amop', 'r.oid' ],
    [ 'pg_amproc', 'r.oid' ],
    [ 'pg_cast', 'r.oid' ],
    [ 'pg_namespace', 'r.oid', rights => q{pg_temp.rights(r.nspacl, 'n', r.nspowner)} ],
    [ 'pg_event_trigger', 'r.oid' ],
    [ 'pg_extension', 'r.oid' ]);
my %rights_columns = map { $_ => 1 } qw(proacl typacl relacl nspacl attacl);

my $preparation = q{
    SET search_path = pg_catalog, pg_temp;
    -- Granted or by default is the same.
    CREATE FUNCTION pg_temp.rights(granted aclitem[], kind "char", owner oid) RETURNS text LANGUAGE sql
        RETURN (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(coalesce(granted, acldefault(kind, owner))) AS a);
    -- The objects of the extension and what depends on them as their part. What the server names by a number is made by it from the rest.
    CREATE TEMP TABLE object AS
        WITH RECURSIVE o AS (
            SELECT 'pg_extension'::regclass AS classid, oid AS objid FROM pg_extension WHERE extname = 'segment'
            UNION
            SELECT d.classid, d.objid FROM o JOIN pg_depend AS d ON d.refclassid = o.classid AND d.refobjid = o.objid AND d.deptype IN ('e', 'i', 'a'))
        SELECT classid, objid, i.type || ' ' || i.identity AS name FROM o, pg_identify_object(classid, objid, 0) AS i
        WHERE i.schema IS DISTINCT FROM 'pg_toast'
            AND NOT (classid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_class WHERE oid = objid AND relnamespace = 'pg_toast'::regnamespace))
            AND NOT (classid = 'pg_trigger'::regclass AND EXISTS (SELECT FROM pg_trigger WHERE oid = objid AND tgisinternal));
};

# A reference to a catalog row, or an array of them, as what it refers to; in the order of the array.
sub name_of
{
    my ($column, $catalog, $is_array) = @_;
    my $described = "pg_describe_object('$catalog'::regclass, x, 0)";
    return "(SELECT $described FROM (SELECT r.$column) AS c (x) WHERE x <> 0)" unless $is_array;
    return "(SELECT string_agg(coalesce($described, '-'), ', ' ORDER BY n) FROM unnest(r.$column\::oid[]) WITH ORDINALITY AS u (x, n))";
}

# Of the server's catalogs, once: what their columns refer to, and their columns.
my (%references, %columns);
sub learn_catalogs
{
    my ($node, $database) = @_;
    foreach my $row (split /\n/, $node->safe_psql($database, q{
        SELECT fktable, fkcols[1], pktable, is_array FROM pg_get_catalog_foreign_keys() WHERE cardinality(fkcols) = 1}))
    {
        my ($table, $column, $catalog, $is_array) = split /\|/, $row;
        $references{"$table.$column"} = [ $catalog, $is_array eq 't' ];
    }
    foreach my $row (split /\n/, $node->safe_psql($database, q{
        SELECT attrelid::regclass, attname FROM pg_attribute WHERE attrelid < 16384 AND attnum > 0 AND NOT attisdropped ORDER BY attrelid, attnum}))
    {
        my ($table, $column) = split /\|/, $row;
        push @{ $columns{$table} }, $column;
    }
    return;
}

# The columns of a catalog that are compared, as pairs of a JSON object.
sub properties
{
    my ($catalog) = @_;
    my @pairs;
    foreach my $column (grep { !$ignored{$_} && !$rights_columns{$_} } @{ $columns{$catalog} })
    {
        my $reference = $references{"$catalog.$column"};
        push @pairs, "'$column', " . ($reference ? name_of($column, @$reference) : "r.$column\::text");
    }
    return @pairs;
}

# Everything of the extension in a database of a node: { object => { property => value } }.
sub read
{
    my ($node, $database) = @_;
    learn_catalogs($node, $database) unless %columns;
    my @queries;
    foreach my $entry (@catalogs)
    {
        my ($catalog, $key, %computed) = @$entry;
        my @pairs = properties($catalog);
        push @pairs, map { "'$_', $computed{$_}" } sort keys %computed;
        my $class = $catalog =~ /^pg_(?:index|sequence)$/ ? 'pg_class' : $catalog eq 'pg_aggregate' ? 'pg_proc' : $catalog;
        push @queries, "SELECT o.name, '$catalog', jsonb_build_object(" . join(', ', @pairs) . ")
            FROM object AS o, $catalog AS r WHERE o.classid = '$class'::regclass AND $key = o.objid";
    }
    # A column's place is that among the columns there are: dropped ones have left gaps.
    my @pairs = properties('pg_attribute');
    push @queries, "SELECT 'column ' || r.attrelid::regclass || '.' || r.attname, 'pg_attribute', jsonb_build_object(" . join(', ', @pairs) . ",
            'place', (SELECT count(*) FROM pg_attribute AS b WHERE b.attrelid = r.attrelid AND b.attnum > 0 AND b.attnum <= r.attnum AND NOT b.attisdropped),
            'options', (SELECT string_agg(a, ' ' ORDER BY a) FROM unnest(r.attoptions) AS a WHERE a NOT LIKE 'pg\_%'),
            'rights', (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(r.attacl) AS a),
            'comment', col_description(r.attrelid, r.attnum))
        FROM object AS o, pg_attribute AS r WHERE o.classid = 'pg_class'::regclass AND r.attrelid = o.objid AND r.attnum > 0 AND NOT r.attisdropped";
    # Of every object, whatever it is: its comment, the rights that a dump takes for the extension's own, and whether it is a member of it.
    push @queries, "SELECT o.name, 'object', jsonb_build_object('comment', obj_description(o.objid, o.classid::regclass::name),
            'initial rights', (SELECT string_agg(p.objsubid || ' ' || a, ', ' ORDER BY p.objsubid, a::text) FROM pg_init_privs AS p, unnest(p.initprivs) AS a
                               WHERE p.classoid = o.classid AND p.objoid = o.objid),
            'member', EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = o.classid AND d.objid = o.objid AND d.deptype = 'e'))
        FROM object AS o";
    push @queries, "SELECT 'dumped ' || c::regclass, 'pg_extension', jsonb_build_object('condition', e.extcondition[n])
        FROM pg_extension AS e, unnest(e.extconfig) WITH ORDINALITY AS u (c, n) WHERE e.extname = 'segment'";

    my $json = JSON::PP->new;
    my %found;
    foreach my $line (split /\n/, $node->safe_psql($database, $preparation . join(' UNION ALL ', map { "SELECT jsonb_build_array(a, b, c) FROM ($_) AS x (a, b, c)" } @queries)))
    {
        my ($name, $catalog, $values) = @{ $json->decode($line) };
        $found{$name}{"$catalog.$_"} = $values->{$_} foreach keys %$values;
    }
    return \%found;
}

# In what two differ: lines like "function segment.f(integer): pg_proc.provolatile is v instead of s".
sub differences
{
    my ($left, $right) = @_;
    my @lines;
    foreach my $name (sort keys %{ { %$left, %$right } })
    {
        if (!$left->{$name} || !$right->{$name})
        {
            push @lines, $name . ($left->{$name} ? ': should not be there' : ': is missing');
            next;
        }
        foreach my $property (sort keys %{ { %{ $left->{$name} }, %{ $right->{$name} } } })
        {
            my ($one, $other) = map { $_->{$name}{$property} // 'nothing' } $left, $right;
            push @lines, "$name: $property is $one instead of $other" if $one ne $other;
        }
    }
    return @lines;
}

1;
