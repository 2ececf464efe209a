# The grammar in docs/language.md: random sentences of it are definitions and formulas.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# What the grammar does not say, as it is about amounts and not about form: refused with one of these messages.
my $refusal = qr/^(?:
    the\ duration\ names\ \w+\ twice
  | the\ (?:longer\ duration|smaller\ number)\ comes\ first
  | there\ are\ only\ \d+\ periods\ to\ count
  | events\ lie\ in\ the\ past               # a window after an event belongs to the event
  | a\ value\ alone\ is\ not\ a\ condition    # for the same reason
  | a\ rank\ cannot\ stand\ inside
  | the\ definition\ is\ nested\ more
  )/x;

my ($text) = slurp_file('docs/language.md') =~ /^```ebnf\n(.*?)^```/ms;
$text =~ s/\(\*.*?\*\)//gs;
my @tokens = $text =~ /("[^"]*"|'"'|[a-z]+(?: [a-z]+)*|[=;,|{}()\[\]]|\xE2\x80\xA6)/g;

# ------------------------------------------------------------------------------------------------------------------------- reading it

# A rule is ['word', w], ['rule', name], ['all', parts…], ['one', choices…], ['maybe', rule] or ['some', rule].
sub choice
{
    my @choices = (series());
    while ($tokens[0] eq '|') { shift @tokens; push @choices, series() }
    return @choices > 1 ? [ 'one', @choices ] : $choices[0];
}

sub series
{
    my @parts = (factor());
    while ($tokens[0] eq ',') { shift @tokens; push @parts, factor() }
    return @parts > 1 ? [ 'all', @parts ] : $parts[0];
}

sub factor
{
    my $token = shift @tokens;
    if (my $kind = { '(' => 'group', '[' => 'maybe', '{' => 'some' }->{$token})
    {
        my $inner = choice();
        shift(@tokens) =~ /^[)\]}]$/ or die "the grammar lacks a closing bracket";
        return $kind eq 'group' ? $inner : [ $kind, $inner ];
    }
    return $token =~ /^["'](.*)["']$/ ? [ 'word', $1 ] : [ 'rule', $token ];
}

# Some words are written by hand; how they are spelled, other tests see to.
my %lexical = (
    identifier => [ 'a', 'plan', 'mrr', 'signup_at', 'account', 'x1', '"First Name"', '"count"' ],
    'reserved word' => [ 'or', 'where', 'null' ],
    text       => [ "'a'", "'login'", "'it''s'", "''" ],
    number     => [ 1, 2, 3, 5, 100, '1e1', '2.', '0.50e1' ],
);
my %rules;
while (@tokens)
{
    my $name = shift @tokens;
    shift(@tokens) eq '=' or die "the grammar has no \"=\" after $name";
    if ($lexical{$name} || $name eq 'letter') { 1 while shift @tokens ne ';' }
    else
    {
        $rules{$name} = choice();
        shift(@tokens) eq ';' or die "the grammar has no \";\" at the end of $name";
    }
}

# ---------------------------------------------------------------------------------------------------------------------------- using it

my %shortest;
sub height
{
    my ($rule, @above) = @_;
    my ($kind, @of) = @$rule;
    return 0 if $kind eq 'word' || $kind eq 'maybe' || $kind eq 'some';
    if ($kind eq 'rule')
    {
        return 0 if $lexical{ $of[0] };
        die "the grammar has no rule $of[0]" if !$rules{ $of[0] };
        return 1000 if grep { $_ eq $of[0] } @above;
        return $shortest{ $of[0] } //= 1 + height($rules{ $of[0] }, @above, $of[0]) if !@above;
        return 1 + height($rules{ $of[0] }, @above, $of[0]);
    }
    my @heights = sort { $a <=> $b } map { height($_, @above) } @of;
    return $kind eq 'one' ? $heights[0] : $heights[-1];
}

sub words
{
    my ($rule, $depth) = @_;
    my ($kind, @of) = @$rule;
    return $of[0] if $kind eq 'word';
    return map { words($_, $depth) } @of if $kind eq 'all';
    return $lexical{ $of[0] } ? $lexical{ $of[0] }[ rand @{ $lexical{ $of[0] } } ] : words($rules{ $of[0] }, $depth + 1) if $kind eq 'rule';
    if ($kind eq 'one')
    {
        @of = (sort { height($a) <=> height($b) } @of)[ 0, 1 ] if $depth > 14;
        return words($of[ rand @of ], $depth + 1);
    }
    my @words;
    my $likely = $kind eq 'maybe' ? ($depth < 12 ? 0.4 : 0.05) : ($depth < 10 ? 0.3 : 0.03);
    while (rand() < $likely)
    {
        push @words, words($of[0], $depth);
        last if $kind eq 'maybe';
    }
    return @words;
}

sub sentence
{
    my @words = words([ 'rule', $_[0] ], 0);
    my $sentence = '';
    foreach my $i (0 .. $#words)
    {
        my $word = $i && $words[ $i - 1 ] eq 'interval' && $words[$i] =~ /^'/ ? "'1 month 2 days'" : $words[$i];
        $sentence .= ' ' if $i && $word !~ /^(?:[.,)\]\[]|::)$/ && $words[ $i - 1 ] !~ /^(?:[(.\[]|::)$/;
        $sentence .= $word;
    }
    return $sentence;
}

my $node = PostgreSQL::Test::Cluster->new('grammar');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
    CREATE EXTENSION segment;
    CREATE FUNCTION refusal(sentence text, type text) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format('SELECT %L::segment.%I', sentence, type);
        RETURN '';
    EXCEPTION WHEN OTHERS THEN
        RETURN sqlerrm || E'\t' || sentence;
    END $$;
});

srand(1);
foreach my $type ('definition', 'formula')
{
    my (%seen, @sentences);
    while (@sentences < 3000)
    {
        my $sentence = sentence($type);
        push @sentences, $sentence if length $sentence < 400 && !$seen{$sentence}++;
    }
    my $query = join ";\n", map { (my $quoted = $_) =~ s/'/''/g; "SELECT refusal('$quoted', '$type')" } @sentences;
    my @refused = grep { length } split /\n/, $node->safe_psql('postgres', $query);
    my @wrong = grep { $_ !~ $refusal } @refused;
    is(scalar @wrong, 0, "sentences of the grammar are read: $type") or diag(join "\n", @wrong);
    cmp_ok(scalar @refused, '<', 600, "few of them are refused: $type");
}

$node->stop;
done_testing();
