# What rounds and batches have in common: a database with the translations, definitions of a table, and what became of a script.
package Differential::Harness;

use strict;
use warnings;
use utf8;

use Exporter 'import';
use File::Basename;
use IPC::Run;
use JSON::PP;

use Differential::Definitions;
use Differential::Pools;
use Differential::Random;
use Differential::Table;

our @EXPORT = qw(psql bytes setup_sql make_tables choose_base make_definitions definitions_sql parts_sql subject_sql session_sql reset_sql result_of outcome report);

my $here = dirname(__FILE__);

# Settings under which nothing may change.
my @sessions = (
    q{SET timezone = 'Australia/Lord_Howe'; SET datestyle = 'German, DMY'; SET intervalstyle = 'sql_standard'; SET extra_float_digits = -15;},
    q{SET timezone = 'America/St_Johns'; SET datestyle = 'SQL, MDY'; SET intervalstyle = 'postgres_verbose'; SET extra_float_digits = 0; SET transform_null_equals = on;},
    q{SET timezone = '-13:45'; SET datestyle = 'Postgres, DMY'; SET intervalstyle = 'iso_8601'; SET enable_hashjoin = off; SET enable_seqscan = off;},
    q{SET timezone = 'Pacific/Apia'; SET datestyle = 'ISO, DMY'; SET quote_all_identifiers = on; SET array_nulls = off; SET enable_nestloop = off;},
);

sub session_sql { return one(@sessions) . "\n" }
sub reset_sql   { return "RESET timezone; RESET datestyle; RESET intervalstyle; RESET array_nulls; RESET transform_null_equals; RESET quote_all_identifiers;\n" }

# Errors with which a definition may be refused although its form is right: what it says cannot be known when it is written.
my $refusable = qr/^(?:
    22003\ .*\b(?:out\ of\ range|can\ overflow|at\ most\ 4000)
  | 22012\ division\ by\ zero         # by something like age(now())
  | 42704\ unknown\ segment            # one that was refused itself
  )/x;

# psql's output and errors, as bytes, for a script, which goes on after errors. `server` is a connection string.
sub psql
{
    my ($server, $script) = @_;
    my ($output, $errors);
    utf8::encode($script);
    IPC::Run::run([ 'psql', '-XqAt', '-d', $server, '-f', '-' ], '<', \$script, '>', \$output, '2>', \$errors);
    return ($output, $errors);
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
sub setup_sql
{
    my ($citext) = @_;
    return 'CREATE EXTENSION segment;' . ($citext ? 'CREATE EXTENSION citext;' : '') . $world . join '', map { file("$_.sql") } qw(oracle harness batch);
}

# make_tables(server, seed, {…}…): the tables of the seed, as Differential::Table->new takes them, before their rows are made.
sub make_tables
{
    my ($server, $seed, @wanted) = @_;
    my @made = map { seed($seed, $_->{index}); Differential::Table->new(%$_) } @wanted;
    my ($edges) = psql($server, join '', map { $_->edges_sql . ";\n" } @made);
    my @edges = map { decode_json($_) } split /\n/, $edges;
    $_->{found} = shift @edges foreach @made;
    return @made;
}

# The base of the population: some do without most members, most with few.
sub choose_base
{
    my ($table) = @_;
    my %without = %$table;
    delete @without{qw(joined by_kind sources billing)};
    my $base = base_definition(bless \%without, ref $table);
    my ($some) = shuffled(grep { $_->{missing} < 0.5 } @{ $table->{columns} });
    $base = { text => "$base->{text} or $some->{word} is set", sql => "($base->{sql} OR $some->{sql} IS NOT NULL)" } if $some && $some->{kind} ne 'json' && chance(0.8);
    @$table{qw(base base_sql)} = @$base{qw(text sql)};
    return;
}

# make_definitions(table, how many of them are kept as sets only): as many as the table has; later ones may refer to earlier ones.
sub make_definitions
{
    my ($table, $sets) = @_;
    my @definitions;
    foreach my $n (1 .. $table->{definitions})
    {
        my $definition = definition($table);
        $definition->{name} = chance(0.1) ? one("it's $n", "\x{C4}\"$n\"", "s\\$n", " $n") : "s$n";
        $definition->{set} = chance($sets);
        push @definitions, $definition;
        push @{ $table->{segments} }, $definition if length $definition->{sql} <= 4000;
    }
    return @definitions;
}

sub cells { my (%cells) = @_; return { map { $_ => { copy => $cells{$_} } } keys %cells } }

sub definitions_sql
{
    my (@definitions) = @_;
    return Differential::Table::copy_sql('differential.definition', 'n', [ map { { name => $_ } } qw(name definition expected history materialize) ],
        map { my $d = $definitions[ $_ - 1 ];
            [ $_, cells(name => $d->{name}, definition => $d->{text}, expected => $d->{sql}, history => $d->{history} ? 't' : 'f', materialize => $d->{set} ? 'set' : 'rows') ] } 1 .. @definitions);
}

sub all_parts
{
    my ($definition) = @_;
    return ((map { all_parts($_) } @{ $definition->{parts} // [] }), $definition);
}

# The conditions in the n-th definitions.
sub parts_sql
{
    my ($definitions, @n) = @_;
    my @rows;
    foreach my $n (@n)
    {
        my $part = 0;
        push @rows, map { [ $n, cells(part => ++$part, definition => $_->{text}, expected => $_->{sql}) ] } all_parts($definitions->[ $n - 1 ]);
    }
    return Differential::Table::copy_sql('differential.part', 'n', [ map { { name => $_ } } qw(part definition expected) ], @rows);
}

sub subject_sql
{
    my ($table) = @_;
    my $cells = $table->{joined} ? q{to_jsonb(m) || coalesce(to_jsonb(t), '{}')} : 'to_jsonb(m)';
    return 'INSERT INTO differential.subject VALUES (' . join(', ', map { quoted($_) } $table->{from}, $table->{base_sql}, "SELECT m.\"id\", $cells AS cells FROM $table->{from}") . ");\n";
}

# What a script found: the JSON after its line of equality signs, and the errors of the harness.
sub result_of
{
    my ($server, $script) = @_;
    my ($output, $errors) = psql($server, $script);
    my ($result) = $output =~ /^=====\n(.*)$/m;
    # Every error of the script is one of the harness, and so is a server that is gone.
    $errors = join '', grep { !/^psql:.*(?:WARNING|NOTICE)/ } split /^/m, $errors;
    return (defined $result ? decode_json($result) : undef, $errors);
}

# What is to be told of a result, as [whether it is right, name, what is wrong].
sub outcome
{
    my ($what, $seed, $table, $definitions, $result, $errors) = @_;
    my @told = ([ $errors eq '', "$what: runs", $errors ]);
    return (@told, [ 0, "$what: has a result", '' ]) if !defined $result;
    my @refused = grep { $_->[1] !~ $refusable } @{ $result->{refused} };
    my @problems = telling(@{ $result->{problems} });
    return (
        @told, [ !@refused, "$what: definitions are accepted", join '', map { bytes("$_->[1]\n    $definitions->[ $_->[0] - 1 ]{text}\n") } @refused ],
        [ !@problems, "$what: $result->{checked} definitions agree, $result->{telling} of them tell members apart",
          join '', map { bytes(report($seed, $table, $_->{n} ? $definitions->[ $_->{n} - 1 ] : undef, $_)) } @problems ]);
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
    $text .= '  translation: ' . ($problem->{part_sql} // $definition->{sql}) . "\n";
    $text .= "  to_sql: $problem->{to_sql}\n" if defined $problem->{to_sql} && length $problem->{to_sql} < 4000;
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
