# Servers of other encodings than UTF-8: names and texts beyond ASCII, and messages that every encoding can show.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('encodings');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;

# Bytes as the client sends them: a-umlaut in the database's own encoding.
my %umlaut = (LATIN1 => "\xE4", SQL_ASCII => "\xE4", EUC_KR => "\xB0\xA1", UTF8 => "\xC3\xA4");

foreach my $encoding (sort keys %umlaut)
{
    my $letter = $umlaut{$encoding};
    my $database = lc "in_$encoding";
    $node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
    # What psql shows and reads is in the database's encoding.
    my $ask = sub {
        my ($sql) = @_;
        local $ENV{PGCLIENTENCODING} = $encoding;
        my ($output, $errors) = ('', '');
        IPC::Run::run([ 'psql', '-XqAt', '-d', $node->connstr($database), '-f', '-' ], '<', \$sql, '>', \$output, '2>', \$errors);
        chomp $output;
        return ($output, $errors);
    };
    my ($output, $errors) = $ask->(qq{
        CREATE EXTENSION segment;
        CREATE TABLE person (id int PRIMARY KEY, "gr${letter}e" text, data jsonb);
        INSERT INTO person VALUES (1, '${letter}b', '{"k${letter}": "${letter}"}'), (2, 'x', '{}'), (3, NULL, NULL);
        SET client_min_messages = warning;
        SELECT segment.create_population('person', 'person', key => 'id') IS NOT NULL;
        SELECT segment.create_segment('s${letter}', 'person', 'gr${letter}e starts with ''${letter}'' or data.k${letter} = ''${letter}''') IS NOT NULL;
        SELECT segment, members FROM segment.refresh('person');
        SELECT members FROM segment.preview('person', 'in segment ''s${letter}''');
        SELECT definition::segment.definition::jsonb::segment.definition FROM segment.segment;
    });
    is($errors, '', "$encoding: no errors");
    is($output, "t\nt\ns$letter|1\n1\ngr${letter}e starts with '$letter' or data.k$letter = '$letter'", "$encoding: letters are letters");

    (undef, $errors) = $ask->("SELECT 'gr${letter}e = ''${letter}'' adn x'::segment.definition");
    my $before = $encoding eq 'UTF8' ? 10 : length "gr${letter}e = '${letter}'";
    like($errors, qr/^DETAIL:  At character \d+ of the definition:\ngr${letter}e = '${letter}' adn x\n {$before} ?\^/m, "$encoding: the caret is below the mistake");

    foreach my $wrong (q{days since data > 1}, q{anniversary(data) = 1}, q{did 'login'}, q{step1.x = 1}, q{in segment 'loop'}, q{id contains 'x'}, q{hour(id) = 1}, q{id in (1, 'x')})
    {
        (undef, $errors) = $ask->("SELECT segment.create_segment('wrong', 'person', \$text\$$wrong\$text\$)");
        like($errors, qr/^psql:[^\n]*ERROR: +[ -~]+\n/, "$encoding: $wrong is refused in ASCII");
        unlike($errors, qr/[^ -~\n]/, "$encoding: all of the message of $wrong");
    }
}

$node->stop;
done_testing();
