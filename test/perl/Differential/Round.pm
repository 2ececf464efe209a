# A round: eight tables of one seed, with definitions over them.
package Differential::Round;

use strict;
use warnings;
use utf8;

use File::Basename;
use IPC::Run;
use JSON::PP;
use Test::More;

use Differential::Definitions;
use Differential::Pools;
use Differential::Random;
use Differential::Table;

my $here = dirname(__FILE__);

# Settings under which nothing may change.
my @sessions = (
    q{SET timezone = 'Australia/Lord_Howe'; SET datestyle = 'German, DMY'; SET intervalstyle = 'sql_standard'; SET extra_float_digits = -15;},
    q{SET timezone = 'America/St_Johns'; SET datestyle = 'SQL, MDY'; SET intervalstyle = 'postgres_verbose'; SET extra_float_digits = 0; SET transform_null_equals = on;},
    q{SET timezone = '-13:45'; SET datestyle = 'Postgres, DMY'; SET intervalstyle = 'iso_8601'; SET enable_hashjoin = off; SET enable_seqscan = off;},
    q{SET timezone = 'Pacific/Apia'; SET datestyle = 'ISO, DMY'; SET quote_all_identifiers = on; SET array_nulls = off; SET enable_nestloop = off;},
);

# The tables: what they are, their rows, and which part of the definitions is theirs. 64 members are a word, 2,048 are evaluated at a time.
my @tables = (
    [ table => 0, 0.03 ], [ table => 1, 0.05 ], [ table => 63, 0.16 ], [ view => 64, 0.16 ], [ table => 65, 0.16 ], [ partitioned => 200, 0.16 ], [ table => 2500, 0.08 ],
    [ table => 40, 0.2 ],
);

# Errors with which a definition may be refused although its form is right: what it says cannot be known when it is written.
my $refusable = qr/^(?:
    22003\ .*\b(?:out\ of\ range|can\ overflow|at\ most\ 4000)
  | 22012\ division\ by\ zero         # by something like age(now())
  | 42704\ unknown\ segment            # one that was refused itself
  )/x;

# psql's output and errors, as bytes, for a script, which goes on after errors.
sub psql
{
    my ($node, $database, $script) = @_;
    my ($output, $errors);
    utf8::encode($script);
    my $ran = IPC::Run::run([ 'psql', '-XqAt', '-d', $node->connstr($database), '-f', '-' ], '<', \$script, '>', \$output, '2>', \$errors);
    return ($output, $errors, $ran);
}

# The test's output has no encoding of its own.
sub bytes { my ($text) = @_; utf8::encode($text); return $text }

sub file { my ($name) = @_; open my $in, '<:utf8', "$here/$name" or die "$name: $!"; local $/ = undef; return scalar <$in> }

my $world = q{
    CREATE SCHEMA world;
    CREATE TYPE world.mood AS ENUM ('sad', 'ok', 'happy', 'don''t know', 'Ä');
    CREATE DOMAIN world.percentage AS int CHECK (VALUE BETWEEN 0 AND 100);
    CREATE DOMAIN world.code AS text CHECK (length(VALUE) <= 2);
    CREATE COLLATION world.ignore_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
};

# What a database needs before the tables.
sub setup_sql { my ($citext) = @_; return 'CREATE EXTENSION segment;' . ($citext ? 'CREATE EXTENSION citext;' : '') . $world . file('oracle.sql') . file('harness.sql') }

# run(node, seed, how many definitions, only this table): reports each table as a few tests, and gives the number of definitions.
sub run
{
    my ($node, $seed, $count, $only) = @_;
    my $database = "round_$seed";
    $node->safe_psql('postgres', "CREATE DATABASE $database");
    my $citext = $node->safe_psql($database, q{SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'});
    my (undef, $errors) = psql($node, $database, setup_sql($citext));
    is($errors, '', "seed $seed: the translations are set up") or return $count;

    my @made;
    foreach my $index (1 .. @tables)
    {
        seed($seed, $index);
        my ($kind, $rows, $part) = @{ $tables[ $index - 1 ] };
        # Every tenth seed defines more of the last one than a query has columns for.
        $part = 1.5 if $seed % 10 == 0 && $index == @tables;
        push @made, Differential::Table->new(index => $index, kind => $kind, rows => $rows, citext => $citext, definitions => int($count * $part + 0.5));
    }
    my ($edges) = psql($node, $database, join '', map { $_->edges_sql . ";\n" } @made);
    my @edges = map { decode_json($_) } split /\n/, $edges;
    my $tried = 0;
    foreach my $table (@made)
    {
        next if $only && $only != $table->{index} || !$table->{definitions};
        seed($seed, 100 + $table->{index});
        $table->fill($edges[ $table->{index} - 1 ]);
        try($node, $database, $seed, $table);
        $tried += $table->{definitions};
    }
    $node->safe_psql('postgres', "DROP DATABASE $database");
    return $tried || $count;
}

sub all_parts
{
    my ($definition) = @_;
    return ((map { all_parts($_) } @{ $definition->{parts} // [] }), $definition);
}

sub query { my ($table, $sql) = @_; return "SELECT m.\"id\" FROM $table->{from} WHERE $table->{base_sql} AND $sql" }

# Defines segments of the table, refreshes them three times and reports what differs.
sub try
{
    my ($node, $database, $seed, $table) = @_;
    my $population = $table->{population};
    my $script = "SET client_min_messages = warning;\n" . $table->create_sql;
    if (chance(0.4))
    {
        my %without = %$table;
        delete @without{qw(joined by_kind)};
        my $base = base_definition(bless \%without, ref $table);
        # Some do without most members, most with few.
        my ($some) = shuffled(grep { $_->{missing} < 0.5 } @{ $table->{columns} });
        $base = { text => "$base->{text} or $some->{word} is set", sql => "($base->{sql} OR $some->{sql} IS NOT NULL)" } if $some && $some->{kind} ne 'json' && chance(0.8);
        @$table{qw(base base_sql)} = @$base{qw(text sql)};
    }
    my @definitions;
    foreach my $n (1 .. $table->{definitions})
    {
        my $definition = definition($table);
        $definition->{name} = chance(0.1) ? one("it's $n", "\x{C4}\"$n\"", "s\\$n", " $n") : "s$n";
        push @definitions, $definition;
        push @{ $table->{segments} }, $definition if !grep { length $_->{sql} > 4000 } $definition;
    }
    $script .= Differential::Table::copy_sql('differential.definition', 'n', [ map { { name => $_ } } qw(name definition expected history) ],
        map { my $d = $definitions[ $_ - 1 ];
            [ $_, { name => { copy => $d->{name} }, definition => { copy => $d->{text} }, expected => { copy => query($table, $d->{sql}) }, history => { copy => $d->{history} ? 't' : 'f' } } ] } 1 .. @definitions);
    foreach my $n (1 .. @definitions)
    {
        my $part = 0;
        my @parts = all_parts($definitions[ $n - 1 ]);
        $script .= Differential::Table::copy_sql('differential.part', 'n', [ map { { name => $_ } } qw(part definition expected) ],
            map { [ $n, { part => { copy => ++$part }, definition => { copy => $_->{text} }, expected => { copy => query($table, $_->{sql}) } } ] } @parts);
    }
    # Some segments that no other one uses get another definition later.
    my @altered = grep { !$definitions[ $_ - 1 ]{used} && chance(0.1) } 1 .. @definitions;
    my %altered = map { $definitions[ $_ - 1 ] => 1 } @altered;
    $table->{segments} = [ grep { !$altered{$_} } @{ $table->{segments} // [] } ];
    $script .= Differential::Table::copy_sql('differential.alteration', 'n', [ map { { name => $_ } } qw(definition expected history) ],
        map { my $d = definition($table);
            [ $_, { definition => { copy => $d->{text} }, expected => { copy => query($table, $d->{sql}) }, history => { copy => $d->{history} ? 't' : 'f' } } ] } @altered);
    my $cells = $table->{joined} ? q{to_jsonb(m) || coalesce(to_jsonb(t), '{}')} : 'to_jsonb(m)';
    $script .= 'CREATE TABLE differential.subject AS SELECT ' . quoted("SELECT m.\"id\", $cells AS cells FROM $table->{from}") . "::text AS member_rows;\n";
    $script .= $table->population_sql($population);
    my $session = one(@sessions);
    $script .= "$session\nCALL differential.create_segments('$population');\n";
    foreach my $step (1 .. 3)
    {
        $script .= $table->change_sql if $step > 1 && $table->{rows};
        $script .= "CALL differential.alter_segments('$population');\n" if $step == 2;
        $script .= "$session\nCALL differential.run('$population', '$table->{as_of}[$step - 1]', $step);\nRESET timezone; RESET datestyle; RESET intervalstyle; RESET array_nulls; RESET transform_null_equals; RESET quote_all_identifiers;\n";
    }
    my $fresh = "${population}_fresh";
    $script .= $table->population_sql($fresh) . "CALL differential.compare_fresh('$population', '$fresh', '$table->{as_of}[2]', 3);\n";
    $script .= q{
        \\echo =====
        SELECT jsonb_build_object('problems', (SELECT coalesce(jsonb_agg(p ORDER BY id), '[]') FROM differential.problem AS p),
                                 'refused', (SELECT coalesce(jsonb_agg(jsonb_build_array(n, refused) ORDER BY n), '[]') FROM differential.definition WHERE refused IS NOT NULL),
                                 'checked', (SELECT count(*) FROM differential.found WHERE source = 'members' AND step = 3),
                                 'telling', (SELECT count(*) FROM differential.found WHERE source = 'members' AND step = 1 AND cardinality(keys) BETWEEN 1 AND } . ($table->{rows} - 1) . qq{));
        SELECT segment.drop_population(name, cascade => true) FROM segment.population;
        TRUNCATE differential.definition, differential.part, differential.alteration, differential.found, differential.stored, differential.refreshed, differential.problem;
        DROP TABLE differential.subject;
    } . $table->drop_sql;
    if ($ENV{KEEP_SCRIPT}) { open my $out, '>:utf8', "$ENV{KEEP_SCRIPT}/$seed-$table->{index}.sql" or die $!; print $out $script; close $out }
    my ($output, $errors) = psql($node, $database, $script);
    my $what = bytes("seed $seed, " . $table->describe);
    my ($result) = $output =~ /^=====\n(.*)$/m;
    # Every error of the script is one of the harness, and so is a server that is gone.
    $errors = join '', grep { !/^psql:.*(?:WARNING|NOTICE)/ } split /^/m, $errors;
    is($errors, '', "$what: runs");
    if (!defined $result)
    {
        $node->restart if !eval { $node->safe_psql('postgres', 'SELECT 1'); 1 };
        return fail("$what: has a result");
    }
    $result = decode_json($result);
    my @refused = grep { $_->[1] !~ $refusable } @{ $result->{refused} };
    is(scalar @refused, 0, "$what: definitions are accepted") or diag(map { bytes("$_->[1]\n    $definitions[ $_->[0] - 1 ]{text}\n") } @refused);
    is(scalar @{ $result->{problems} }, 0, "$what: $result->{checked} definitions agree, $result->{telling} of them tell members apart")
      or diag(map { bytes(report($seed, $table, $_->{n} ? $definitions[ $_->{n} - 1 ] : undef, $_)) } telling(@{ $result->{problems} }));
    return;
}

# The first problem of each definition, as its later ones follow from it, with all kinds of them.
sub telling
{
    my (@problems) = @_;
    my (%first, @all);
    foreach my $problem (@problems)
    {
        my $known = $problem->{n} && $first{ $problem->{n} };
        $known->{kinds}{ $problem->{kind} }++ if $known;
        next if $known && !($problem->{missing} && !$known->{missing});
        $problem->{kinds} = { %{ $known ? $known->{kinds} : {} }, $problem->{kind} => 1 };
        @all = grep { $_ != $known } @all if $known;
        push @all, $problem;
        $first{ $problem->{n} } = $problem if $problem->{n};
    }
    return @all;
}

sub report
{
    my ($seed, $table, $definition, $problem) = @_;
    my $as_of = $table->{as_of}[ ($problem->{step} || 1) - 1 ];
    my $text = "SEED=$seed TABLE=$table->{index}, refresh $problem->{step} as of $as_of, " . join(', ', sort keys %{ $problem->{kinds} }) . ": $problem->{message}\n";
    $text .= '  ' . $table->describe . "\n";
    $text .= "  definition $problem->{n}: $definition->{text}\n" if $definition;
    my $smallest = $problem->{part} // $definition->{text} // '';
    $text .= "  differs by itself: $smallest\n" if defined $problem->{part};
    return "$text\n" if !$problem->{missing};
    $text .= '  translation: ' . ($problem->{part_sql} // query($table, $definition->{sql})) . "\n";
    $text .= "  to_sql: $problem->{to_sql}\n" if length($problem->{to_sql} // '') < 4000;
    foreach my $kind (qw(missing extra))
    {
        foreach my $key (@{ $problem->{$kind} })
        {
            my $cells = $problem->{member_rows}{$key} // {};
            my @shown = grep { $smallest =~ /(?<!\w)\Q$_\E(?!\w)/ } sort keys %$cells;
            $text .= "  $kind: $key " . substr(JSON::PP->new->canonical->allow_nonref->encode({ map { $_ => $cells->{$_} } @shown }), 0, 1000) . "\n";
        }
    }
    return "$text\n";
}

1;
