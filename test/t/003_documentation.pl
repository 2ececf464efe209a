# The pages' promises: every example runs, and every form evaluates, or is refused, as its page says.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('documentation');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION segment;
CREATE TABLE customer (
    id int PRIMARY KEY, a text, b text, c text, plan text, mrr numeric, seats int, age int, "count" int, country text, phone text, title text,
    has_admin boolean, opted_out boolean, tags text[], properties jsonb, items jsonb, x timestamptz, tenure_from timestamptz,
    signup_at timestamptz, renewal_at timestamptz, trial_ends_at timestamptz, last_seen_at timestamptz, birthday date);
INSERT INTO customer (id, plan, mrr, seats) VALUES (1, 'pro', 100, 3), (2, 'free', 0, 1);
CREATE TABLE event (
    customer_id int, at timestamptz, name text, device text, kind text, score int, amount numeric, currency text, discount numeric, sku text,
    platform text, channel text, product text);
INSERT INTO event VALUES (1, now() - interval '1 day', 'login', 'ios');
SELECT segment.create_population('customer', 'customer', key => 'id');
SELECT segment.create_list('beta', 'customer');
SELECT segment.create_scheme('lifecycle', 'customer', '[{"name": "onboarding", "definition": "mrr > 0"}, {"name": "rest", "otherwise": true}]');
SELECT segment.add_events('customer', 'activity', 'event', key => 'customer_id', occurred_at => 'at', event_name => 'name');
CREATE TABLE subscription (customer_id int, starts_at timestamptz, ends_at timestamptz, mrr numeric, plan text, seats int, renews_at date);
SELECT segment.add_subscriptions('customer', 'billing', 'subscription', key => 'customer_id', starts_at => 'starts_at', ends_at => 'ends_at',
                                 mrr => 'mrr', plan => 'plan', quantity => 'seats', renews_at => 'renews_at');
SELECT segment.create_score('health', 'customer');
SELECT segment.add_score_metric('health', 'seats', 'seats', worst => 0, best => 10);
SELECT segment.create_segment(name, 'customer', 'mrr > 0') FROM unnest(ARRAY['x', 'paying', 'onboarding', 'internal']) AS name;
SELECT * FROM segment.refresh('customer');
});

# What becomes of a definition: '' when it evaluates, else the SQLSTATE.
sub outcome
{
    my ($text) = @_;
    my ($status, $output, $errors) =
      $node->psql('postgres', "\\set VERBOSITY sqlstate\nSELECT members FROM segment.preview('customer', \$text\$$text\$text\$)");
    return $status == 0 ? '' : $errors =~ /ERROR:\s+(\w{5})/ ? $1 : $errors;
}

sub parses
{
    my ($type, $text) = @_;
    my ($status) = $node->psql('postgres', "SELECT \$text\$$text\$text\$::segment.$type");
    return $status == 0;
}

# Sections whose parts are not there yet: the registration that is missing is named.
my %later = map { $_ => 1 } ('Related rows');
my $not_ready = '55000';

my $page = slurp_file('docs/language.md');
my ($evaluated, $refused) = (0, 0);
foreach my $section (split /^## /m, $page)
{
    my ($heading) = $section =~ /^(.*)/;
    last if $heading eq 'Grammar';
    foreach my $block ($section =~ /^```sql\n(.*?)^```/msg)
    {
        foreach my $statement (split /\n/, $block)
        {
            my ($status, $output, $errors) = $node->psql('postgres', $statement);
            is($status, 0, "language.md: $statement") or diag($errors);
            my ($text, $type) = $statement =~ /SELECT \$\$ (.*) \$\$::segment\.(\w+);/ or next;
            if ($statement =~ /;\s+-- (.*)/)
            {
                is($output, $1, "prints as: $1");
            }
            next if $type eq 'formula';
            my $outcome = outcome($text);
            if ($later{$heading})
            {
                is($outcome, $not_ready, "$heading, later: $text");
                $refused++;
            }
            elsif ($outcome ne $not_ready)
            {
                is($outcome, '', "evaluates: $text");
                $evaluated++;
            }
        }
    }

    # Rows of tables that say in their last column whether their forms evaluate.
    foreach my $row ($section =~ /^(\|.*\| (?:yes|later) \|)$/mg)
    {
        my ($forms, $when) = $row =~ /^\| (.*?) \| .* (yes|later) \|$/;
        my $found = 0;
        foreach my $form ($forms =~ /`([^`]+)`/g)
        {
            next if $form =~ /…/ || !parses('definition', $form);
            # What looks like a trait of its own is a part of a form.
            next if $form =~ /^\w+$/ && $form ne 'everyone' && $form ne 'has_admin' || $form =~ /::/;
            my $outcome = outcome($form);
            next if $outcome eq '42703' && $form !~ / /;
            is($outcome, $when eq 'yes' ? '' : $not_ready, "$when: $form");
            $found++;
        }
        $found += parses('formula', $_) for $forms =~ /`([^`]+)`/g;
        cmp_ok($found, '>', 0, "a form of the language: $forms");
    }
}
cmp_ok($evaluated, '>', 20, 'examples that evaluate');
cmp_ok($refused, '>', 0, 'examples that are refused for now');

# Canonical forms: the right column is how the left one prints.
my ($table) = $page =~ /^\| written \| canonical \|\n\|---\|---\|\n((?:\|.*\n)+)/m;
foreach my $row (split /\n/, $table)
{
    my ($written, $canonical) = $row =~ /^\| (.*) \| (.*) \|$/;
    my @written = $written =~ /`([^`]+)`/g;
    my @canonical = $canonical =~ /`([^`]+)`/g;
    is(scalar @written, scalar @canonical, "as many on both sides: $row");
    foreach my $i (0 .. $#written)
    {
        # Durations and numbers stand for themselves only as part of a comparison.
        my ($before, $after) = parses('definition', $written[$i]) ? ('', '') : $written[$i] =~ /^\d+(\.\d+|e\d+)?$/ ? ('a = ', '') : ('a within ', '');
        is($node->safe_psql('postgres', "SELECT \$text\$$before$written[$i]$after\$text\$::segment.definition"),
            "$before$canonical[$i]$after", "prints canonically: $written[$i]");
    }
}

# The reference: its SQL runs, and its columns are those that there are.
my $reference = slurp_file('docs/reference.md');
foreach my $block ($reference =~ /^```sql\n(.*?)^```/msg)
{
    my ($status, $output, $errors) = $node->psql('postgres', $block);
    is($status, 0, "reference.md: $block") or diag($errors);
}
foreach my $name ('explain', 'operations')
{
    my ($examples) = (0);
    foreach my $block (slurp_file("docs/$name.md") =~ /^```sql\n(.*?)^```/msg)
    {
        my ($status, $output, $errors) = $node->psql('postgres', $block);
        is($status, 0, "$name.md: $block") or diag($errors);
        $examples++;
    }
    cmp_ok($examples, '>', 0, "$name.md has examples");
}
my $relations = 0;
while ($reference =~ /^\| (?:view |table )?`((?:segment\.|customer_)\w+)` \| `([^`]+)` \|$/mg)
{
    my ($relation, $columns) = ($1, $2);
    is($node->safe_psql('postgres', "SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '$relation'::regclass AND attnum > 0"),
        $columns, "columns of $relation");
    $relations++;
}
is($relations, 22, 'relations in the reference');
# All forms of a function are there, with the names of their arguments.
my %documented;
while ($reference =~ /`(\w+)\(([^`]*)\)`/g)
{
    my ($function, $arguments) = ($1, $2);
    next if $function eq 'from_query_builder';
    $documented{$function}{ join ', ', map { /^(\w+)/ } split /, (?![^']*'\))/, $arguments } = 1;
}
foreach my $function (sort keys %documented)
{
    is($node->safe_psql('postgres', "SELECT DISTINCT array_to_string(proargnames[1:pronargs], ', ') FROM pg_proc
            WHERE pronamespace = 'segment'::regnamespace AND proname = '$function' ORDER BY 1"),
        join("\n", sort keys %{ $documented{$function} }), "arguments of $function");
}

# The page on the inside names every table of the catalog, and says whether it is dumped.
my %catalog;
my $inside = slurp_file('docs/architecture.md');
while ($inside =~ /^\| (`catalog_[^|]*) \| [^|]* \| (yes|no) \|$/mg)
{
    my ($tables, $dumped) = ($1, $2);
    $catalog{$_} = $dumped foreach $tables =~ /`(\w+)`/g;
}
is($node->safe_psql('postgres', q{SELECT relname, CASE WHEN c.oid = ANY (extconfig) THEN 'yes' ELSE 'no' END FROM pg_class AS c, pg_extension
        WHERE relnamespace = 'segment'::regnamespace AND relkind = 'r' AND extname = 'segment' ORDER BY relname COLLATE "C"}),
    join("\n", map { "$_|$catalog{$_}" } sort keys %catalog), 'tables of the catalog');

$node->stop;
done_testing();
