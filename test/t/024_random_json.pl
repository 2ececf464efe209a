# JSON that is nearly right for the functions that take it: each call is refused by an error of the user's, or what it made can be refreshed.
#
#   SEED=n        other documents (1)
#   DOCUMENTS=n   how many for each function (150)
use strict;
use warnings;

use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed      = $ENV{SEED}      || 1;
my $documents = $ENV{DOCUMENTS} || 150;
srand($seed);
my $json = JSON::PP->new->canonical->allow_nonref;

# What each function is called with, and a document that it takes.
my %functions = (
    'segment.create_scheme: rules' => [ q{segment.create_scheme('value', 'customer', %s)},
        q{[{"name": "high", "definition": "mrr > 500"}, {"name": "middle", "definition": "mrr > 100"}, {"name": "low", "otherwise": true}]} ],
    'segment.create_score: bands' => [ q{segment.create_score('other', 'customer', bands => %s), segment.add_score_metric('other', 'm', 'mrr', worst => 0, best => 900)},
        q{[{"band": "poor", "from": 0}, {"band": "average", "from": 40}, {"band": "good", "from": 70}]} ],
    'segment.add_score_metric: steps' => [ q{segment.add_score_metric('health', 'steps', 'mrr', shape => 'steps', steps => %s)},
        q{[{"from": 0, "value": 0}, {"from": 10, "value": 0.5}, {"from": 300.5, "value": 1}]} ],
    'segment.from_query_builder' => [ q{segment.create_segment('built', 'customer', segment.from_query_builder(%s))},
        q{{"combinator": "and", "not": false, "rules": [{"field": "mrr", "operator": ">", "value": 5}, {"combinator": "or", "rules": [
            {"field": "plan", "operator": "in", "value": ["pro", "free"]}, {"field": "plan", "operator": "null"}, {"field": "mrr", "operator": "between", "value": "1,2"}]}]}} ],
    'jsonb as segment.definition' => [ q{segment.create_segment('read', 'customer', %s::segment.definition)}, undef ]);

# Random values of every kind, some that no one should send.
my @odd = ('null', 'true', 'false', '0', '-1', '1e400', '-1e308', '1e-400', '0.1', '9223372036854775808', '""', '" "', '"plan"', '"mrr > 1"', '"health"', '"' . 'x' x 300 . '"',
    '"\"\'\\\\"', '"\u20ac"', '"a\nb"', '[]', '{}', '[[]]', '[null]', '{"": 1}', '{"from": "1"}', '{"name": "high", "definition": "mrr > 1"}',
    '[' x 100 . ']' x 100, '{"rules": []}', '"otherwise"', '12345678901234567890.123456789');

# A copy of the value in which something is another thing: a part replaced, left out, doubled, or a key renamed. The values of @odd are put in
# as text, as no number of Perl's is like them: "\0n" stands for the n-th.
sub changed
{
    my ($value) = @_;
    return "\0" . int(rand(@odd)) if !ref $value || JSON::PP::is_bool($value) || rand() < 0.15;
    if (ref $value eq 'ARRAY')
    {
        my @copy = @$value;
        my $at   = int(rand(@copy + 0.5));
        my $how  = rand();
        if ($at >= @copy || $how < 0.1) { push @copy, "\0" . int(rand(@odd)) }
        elsif ($how < 0.2) { splice @copy, $at, 1 }
        elsif ($how < 0.3) { push @copy, $copy[$at] }
        elsif ($how < 0.4) { @copy = reverse @copy }
        else { $copy[$at] = changed($copy[$at]) }
        return \@copy;
    }
    my %copy = %$value;
    my @keys = sort keys %copy;
    return { '' => "\0" . int(rand(@odd)) } unless @keys;
    my $key = $keys[ rand @keys ];
    my $how = rand();
    if ($how < 0.15) { delete $copy{$key} }
    elsif ($how < 0.25) { $copy{ $keys[ rand @keys ] . 'x' } = $copy{$key} }
    elsif ($how < 0.35) { $copy{ $keys[ rand @keys ] } = $copy{$key} }
    else { $copy{$key} = changed($copy{$key}) }
    return \%copy;
}
sub text_of { return $json->encode($_[0]) =~ s/"\\u0000(\d+)"/$odd[$1]/gr }

my $node = PostgreSQL::Test::Cluster->new('random_json');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION segment;
    CREATE TABLE customer (id int PRIMARY KEY, plan text, mrr numeric);
    INSERT INTO customer SELECT i, (ARRAY['free', 'pro', NULL])[1 + i % 3], i * 10 FROM generate_series(1, 90) AS i;
    SELECT segment.create_population('customer', 'customer', key => 'id');
    SELECT segment.create_score('health', 'customer');
    SELECT segment.add_score_metric('health', 'mrr', 'mrr', worst => 0, best => 900);
    -- The SQLSTATE of a call and a refresh after it, all undone.
    CREATE FUNCTION outcome(call text) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE 'SELECT ' || call;
        BEGIN
            PERFORM count(*) FROM segment.refresh('customer');
        EXCEPTION WHEN OTHERS THEN
            RETURN 'refresh: ' || SQLSTATE || ' ' || SQLERRM;
        END;
        RAISE EXCEPTION 'taken' USING ERRCODE = 'ZZ000';
    EXCEPTION
        WHEN SQLSTATE 'ZZ000' THEN RETURN 'taken';
        WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
    END $$;});
$functions{'jsonb as segment.definition'}[1] =
  $node->safe_psql('postgres', q{SELECT $$plan in ('pro', 'free') and (mrr between 5 and 100.5 or not plan is not set) or mrr in top 10 percent$$::segment.definition::jsonb});

foreach my $name (sort keys %functions)
{
    my ($call, $document) = @{ $functions{$name} };
    my $right = $json->decode($document);
    my @tried = ($right, map { my $d = changed($right); $d = changed($d) while ref $d && rand() < 0.3; $d } 1 .. $documents);
    my @texts = map { text_of($_) } @tried;
    my @outcomes = split /\n/, $node->safe_psql('postgres', join "\n", map {
        my $argument = "'" . s/'/''/gr . "'::jsonb";
        my $sql = sprintf $call, $argument;
        "SELECT regexp_replace(outcome('" . $sql =~ s/'/''/gr . "'), '\\s+', ' ', 'g');"
    } @texts);
    is(scalar @outcomes, scalar @texts, "$name: the server answers");
    is($outcomes[0], 'taken', "$name: takes the document that is right");
    # Classes of errors that tell the user what is wrong.
    my @wrong = grep { $outcomes[$_] !~ /^(?:taken$|22|42|54|0A|23505)/ } 0 .. $#outcomes;
    is(scalar @wrong, 0, "$name: refuses others by an error that is the user's");
    diag("SEED=$seed: $texts[$_]: $outcomes[$_]") foreach @wrong;
    my $taken = grep { $_ eq 'taken' } @outcomes;
    note("$name: $taken of " . @outcomes . ' taken');
}

$node->stop;
done_testing();
