# The first materialization of segments as rows, against one INSERT a segment; with keys 1, 2, 3 … and with uuid keys.
package Workload::W3;

use strict;
use warnings;
use utf8;

use Customers;
use Definitions;
use List::Util qw(sum);
use Segments;

use constant { SEGMENTS => 20, ROWS_A_CUSTOMER => 4.7 };

sub title { return 'first materialization of 20 segments as rows' }

# The consecutive definitions that together have closest to the wanted number of rows.
sub definitions
{
    my ($bench)     = @_;
    my $counts      = $bench->plain_counts(100, $bench->members);
    my @definitions = Definitions::series(100);
    my $wanted      = ROWS_A_CUSTOMER * $bench->members;
    my $distance    = sub { abs($wanted - sum @$counts[ $_[0] .. $_[0] + SEGMENTS - 1 ]) };
    my ($first) = sort { $distance->($a) <=> $distance->($b) } 0 .. @$counts - SEGMENTS;
    return @definitions[ $first .. $first + SEGMENTS - 1 ];
}

sub insert_plainly
{
    my ($postgres, $table, @definitions) = @_;
    $postgres->rows($_)
      foreach 'DROP TABLE IF EXISTS plain_member',
      "CREATE TABLE plain_member (LIKE ${table}_segment_member INCLUDING DEFAULTS, PRIMARY KEY (segment_id, ${table}_id))",
      'CHECKPOINT';
    my $as_of = Customers::AS_OF;
    my $number = 0;
    my @inserts = map {
        $number++;
        "INSERT INTO plain_member SELECT $number, id, '$as_of', 'first', 1, 'definition' FROM $table WHERE $_->{sql}"
    } @definitions;
    return $postgres->took(join ";\n", 'BEGIN', @inserts, 'COMMIT');
}

# The rows of each segment, and a hash of their keys.
sub contents
{
    my ($postgres, $member_table, $key) = @_;
    return $postgres->rows("SELECT count(*), sum(hashtextextended($key\::text, 1)) FROM $member_table GROUP BY segment_id ORDER BY segment_id");
}

sub compare
{
    my ($bench, $layout, @definitions) = @_;
    my $postgres    = $bench->postgres;
    my $table       = Customers::table($postgres, $layout, $bench->members);
    my $refresh     = Segments::refresh_query($table);
    my $times = $bench->alternate(
        $bench->runs,
        'as a set, first' => sub {
            Segments::create($postgres, $table, 'set', @definitions);
            return $postgres->took($refresh);
        },
        'as a set, unchanged' => sub { $postgres->took($refresh) },
        'as rows, first' => sub {
            Segments::create($postgres, $table, 'rows', @definitions);
            return $postgres->took($refresh);
        },
        'as rows, unchanged' => sub { $postgres->took($refresh) },
        'INSERT … SELECT for each' => sub {
            my $took = insert_plainly($postgres, $table, @definitions);
            $bench->check("rows, $layout", map { contents($postgres, $_, "${table}_id") } "${table}_segment_member", 'plain_member');
            return $took;
        });
    my ($rows) = $postgres->row('SELECT count(*) FROM plain_member');
    print "- $layout: ", Bench::with_commas($rows), " rows\n";
    $bench->table(
        $times,
        ['INSERT … SELECT for each'],
        [ 'as rows, first', to => 'INSERT … SELECT for each', at_most => 1 ],
        ['as a set, first'],
        ['as a set, unchanged'],
        [ 'as rows, unchanged', to => 'as a set, unchanged', at_most => 1.3 ]);
    return;
}

sub run
{
    my ($class, $bench) = @_;
    my @definitions = definitions($bench);
    compare($bench, $_, @definitions) foreach qw(ordered uuid);
    return;
}

1;
