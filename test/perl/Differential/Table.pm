# A random table to define segments of: its columns and rows, the population over it, and how it changes.
package Differential::Table;

use strict;
use warnings;
use utf8;

use Differential::Json;
use Differential::Pools;
use Differential::Random;
use Differential::Sources;

# The windows that definitions like to use, so that the tables can hold values at their edges.
our @windows = ('1 day', '7 days', '30 days', '1 month', '3 months', '1 year', '1 month 1 day', '1 hour', '24 hours', '90 minutes', '1 day 12 hours');

# Instants around which clocks jump, months end and days are leap.
my %moments = (
    'UTC' => [ '2024-02-29 12:00:00', '2024-03-31 23:59:59.999999', '2024-01-01 00:00:00', '2023-12-31 00:00:00' ],
    'Europe/Vienna' => [
        '2024-03-31 00:59:59.999999', '2024-03-31 01:00:00', '2024-10-27 00:30:00', '2024-10-27 01:30:00', '2024-10-27 01:00:00', '2024-02-28 23:00:00',
        '2024-04-30 00:30:00',        '2023-03-01 11:00:00'
    ],
    'America/New_York' => [
        '2024-03-10 06:59:59.999999', '2024-03-10 07:00:00', '2024-11-03 05:30:00', '2024-11-03 06:30:00', '2024-04-09 06:30:00', '2024-12-03 05:30:00',
        '2024-02-29 05:00:00',        '2023-12-31 23:30:00'
    ],
    'Europe/Berlin' => [ '2024-03-31 00:59:59.999999', '2024-03-31 01:00:00', '2024-10-27 00:30:00', '2024-10-27 01:30:00', '2024-10-27 00:59:59.999999', '2024-11-27 00:30:00' ],
    'America/Havana' => [ '2024-03-10 04:59:59.999999', '2024-03-10 05:00:00', '2024-11-03 04:30:00', '2024-11-03 05:30:00', '2024-11-04 05:00:00', '2024-04-09 05:00:00' ],
    'Australia/Lord_Howe' => [ '2024-04-06 14:45:00', '2024-04-06 15:15:00', '2024-10-05 15:30:00', '2024-02-28 13:00:00', '2024-05-06 14:45:00' ],
    'Asia/Kathmandu' => [ '2024-02-28 18:15:00', '2024-02-29 18:14:59.999999', '2024-06-30 18:15:00', '2023-12-31 18:15:00.000001' ],
);
my @steps = ('0 seconds', '1 microsecond', '30 minutes', '1 hour', '1 day', '23 hours', '7 days', '30 days', '1 month', '1 year');

# Local times that clocks show never or twice, and those next to them.
my %odd_locals = (
    'Europe/Vienna'    => [ map { ("2024-03-31 0$_", "2024-10-27 0$_") } '1:59:59.999999', '2:00:00', '2:30:00', '2:59:59.999999', '3:00:00', '3:30:00' ],
    'Europe/Berlin'    => [ map { ("2024-03-31 0$_", "2024-10-27 0$_") } '1:59:59.999999', '2:00:00', '2:30:00', '2:59:59.999999', '3:00:00' ],
    'America/Havana'   => [ map { ("2024-03-10 0$_", "2024-11-03 0$_") } '0:00:00', '0:00:00.000001', '0:30:00', '0:59:59.999999', '1:00:00', '1:30:00' ],
    'Australia/Lord_Howe' => [ map { ("2024-04-07 0$_", "2024-10-06 0$_") } '1:29:59.999999', '1:30:00', '1:45:00', '2:00:00', '2:15:00', '2:30:00' ],
    'America/New_York' => [ map { ("2024-03-10 0$_", "2024-11-03 0$_") } '0:59:59.999999', '1:00:00', '1:30:00', '2:00:00', '2:30:00', '3:00:00', '3:30:00' ],
);

# Where conversions between zones leave the range of times.
my @farthest = ('294276-12-31 23:59:59.999999', '4714-11-24 00:00:00 BC', '294276-12-31 12:00:00', '4714-11-24 12:00:00 BC');
my @far_days = ('infinity', '-infinity', '1000-01-01', '9000-12-31', '4000-01-01 BC', '20000-01-01', '2000-02-29', '1900-02-28', '2023-02-28', '1970-01-01');

# name, kind, SQL type, pool
my @own_columns = (
    [ ok          => boolean  => 'boolean',                       'bool' ],
    [ vip         => boolean  => 'boolean',                       'bool' ],
    [ i2          => exact    => 'int2',                          'int2' ],
    [ seats       => exact    => 'int4',                          'int4' ],
    [ i8          => exact    => 'int8',                          'int8' ],
    [ n           => exact    => 'numeric',                       'numeric' ],
    [ mrr         => exact    => 'numeric(10,2)',                 'money' ],
    [ amount      => exact    => 'numeric',                       'amount' ],
    [ f4          => float4   => 'float4',                        'float4' ],
    [ f8          => float8   => 'float8',                        'float8' ],
    [ ratio       => float8   => 'float8',                        'ratio' ],
    [ points      => float8   => 'float8',                        'small_float8' ],
    [ title       => text     => 'text',                          'text' ],
    [ 'Größe "2"' => text     => 'text',                          'text' ],
    [ raw         => text     => 'text COLLATE "C"',              'text' ],
    [ folded      => text     => 'text COLLATE world.ignore_case', 'text' ],
    [ v           => text     => 'varchar(8)',                    'varchar' ],
    [ c           => text     => 'char(5)',                       'bpchar' ],
    [ code        => text     => 'world.code',                    'code' ],
    [ handle      => text     => 'citext',                        'text' ],
    [ birthday    => date     => 'date',                          'date' ],
    [ d           => date     => 'date',                          'far_date' ],
    [ local_at    => ts       => 'timestamp',                     'ts' ],
    [ ts          => ts       => 'timestamp',                     'far_ts' ],
    [ signup_at   => tz       => 'timestamptz',                   'tz' ],
    [ renewal_at  => tz       => 'timestamptz',                   'tz' ],
    [ expires_at  => tz       => 'timestamptz',                   'far_tz' ],
    [ opens       => time     => 'time',                          'time' ],
    [ term        => interval => 'interval',                      'interval' ],
    [ notice      => interval => 'interval',                      'span' ],
    [ u           => uuid     => 'uuid',                          'uuid' ],
    [ mood        => enum     => 'world.mood',                    'mood' ],
    [ pct         => exact    => 'world.percentage',              'percent' ],
    [ addr        => inet     => 'inet',                          'inet' ],
    [ token       => bytea    => 'bytea',                         'bytea' ],
    [ spot        => point    => 'point',                         'point' ],
    [ draft       => point    => 'json',                          'documents' ],
    [ tags        => array    => 'text[]',                        'texts' ],
    [ nums        => array    => 'int[]',                         'ints' ],
    [ moods       => array    => 'world.mood[]',                  'moods' ],
    [ flags       => array    => 'boolean[]',                     'flags' ],
    [ floats      => array    => 'float8[]',                      'floats' ],
    [ cents       => array    => 'numeric[]',                     'cents' ],
    [ uuids       => array    => 'uuid[]',                        'uuids' ],
    [ days_off    => array    => 'date[]',                        'dates' ],
    [ instants    => array    => 'timestamptz[]',                 'tzs' ],
    [ properties  => json     => 'jsonb',                         'documents' ],
    [ items       => json     => 'jsonb',                         'documents' ],
);
my @joined_columns = (
    [ plan  => text    => 'text',        'text' ],
    [ score => exact   => 'numeric',     'numeric' ],
    [ level => exact   => 'int4',        'int4' ],
    [ seen  => tz      => 'timestamptz', 'tz' ],
    [ day   => date    => 'date',        'date' ],
    [ paid  => boolean => 'boolean',     'bool' ],
    [ props => json    => 'jsonb',       'documents' ],
);

sub identifier { my ($name) = @_; $name =~ s/"/""/g; return qq{"$name"} }

# new(index => …, rows => …, kind => 'table' | 'partitioned' | 'view', citext => whether there is that type): the rest is chosen by chance.
sub new
{
    my ($class, %table) = @_;
    my $self = bless {%table}, $class;
    $self->{population} = "people_$self->{index}";
    $self->{relation}   = 'world.' . identifier("rel $self->{index}");
    $self->{kind}       = one('view', 'materialized view') if $self->{kind} eq 'view';
    $self->{stored}     = $self->{kind} =~ /view/ ? "world.stored_$self->{index}" : $self->{relation};
    $self->{zone}       = one(sort keys %moments);
    $self->{week_start} = one(1, 1, 7, 3);
    $self->{key_type}   = one('int4', 'int8', 'uuid', 'text', 'text', 'numeric', 'bpchar(12)');
    $self->{joined}     = chance(0.7) ? { relation => "world.joined_$self->{index}", prefix => chance(0.5) ? 'x' : undef } : undef;
    $self->{as_of}      = [ one(@{ $moments{ $self->{zone} } }) ];
    $self->{later}      = [ map { one(@steps) } 1 .. 2 ];
    $self->{from}       = "$self->{relation} AS m";
    $self->{from} .= qq{ LEFT JOIN $self->{joined}{relation} AS t ON t."member" = m."id"} if $self->{joined};
    $self->{base}     = 'everyone';
    $self->{base_sql} = 'true';
    Differential::Sources::choose($self);
    return $self;
}

# The query that tells the instants of the refreshes and the moments near the edges of their windows; its result, as `found`, is what `fill` needs.
sub edges_sql
{
    my ($self) = @_;
    my ($first, $second) = @{ $self->{later} };
    my $windows = join ', ', map { "interval '$_'" } @windows;
    return qq{
        WITH step(as_ofs) AS (SELECT ARRAY[s.at, s.at + interval '$first', s.at + interval '$first' + interval '$second']
                              FROM (SELECT timestamptz '$self->{as_of}[0]+00' AS at) AS s)
        SELECT json_build_object('as_of', array_to_json(as_ofs), 'edges', oracle.edges('$self->{zone}', as_ofs, ARRAY[$windows], $self->{week_start})) FROM step};
}

sub time_pools
{
    my ($edges, $zone) = @_;
    my @tz = map { { copy => "$_->[0]+00", sql => "'$_->[0]+00'", utc => $_->[0], elsewhere => $_->[1] } } @{ $edges->{tz} };
    my @ts   = map { { copy => $_, sql => "'$_'", local => $_ } } @{ $edges->{ts} };
    my @date = map { { copy => $_, sql => "'$_'", local => $_ } } @{ $edges->{date} };
    my @far = map { { copy => $_, sql => "'$_'" } } @far_days;
    my $few = sub { my $n = shift; my @all = shuffled(@_); return @all[ 0 .. ($n < @all ? $n : @all) - 1 ] };
    my $array = sub { return map { my @of = $few->(whole(0, 3), @_); Differential::Pools::plain('{' . join(',', map { qq{"$_->{copy}"} } @of) . '}') } 1 .. 6 };
    return {
        tz       => sub { return $few->(30, @tz) },
        ts       => sub { return ($few->(25, @ts), map { { copy => $_, sql => "'$_'", local => $_ } } $few->(6, @{ $odd_locals{$zone} // [] })) },
        date     => sub { return ($few->(25, @date), map { { copy => $_, sql => "'$_'", local => $_ } } '2000-02-29', '1900-02-28', '1970-01-01') },
        far_tz   => sub { return ($few->(20, @tz), $few->(5, @far), $few->(1, map { { copy => "$_+00", sql => "'$_+00'" } } @farthest)) },
        far_ts   => sub { return ($few->(20, @ts), $few->(5, @far), $few->(1, map { { copy => $_, sql => "'$_'" } } @farthest)) },
        far_date => sub { return ($few->(20, @date), $few->(6, @far, map { { copy => $_, sql => "'$_'" } } '5874897-12-31', '4714-11-24 BC')) },
        dates => sub { return $array->(@date) },
        tzs   => sub { return $array->(@tz) },
    };
}

sub fill
{
    my ($self) = @_;
    my $found = $self->{found};
    my $edges = $found->{edges};
    $self->{edges} = $edges;
    $self->{as_of} = $found->{as_of};
    push @{ $edges->{ts} }, (@{ $odd_locals{ $self->{zone} } // [] }) x 2;
    my $times = time_pools($edges, $self->{zone});
    my $column = sub {
        my ($side, $word_prefix, $name, $kind, $type, $pool) = @_;
        my @values = $pool eq 'documents' ? documents() : $times->{$pool} ? $times->{$pool}->() : pool($pool);
        push @values, pool('late_time') if $pool eq 'time';
        my $word = $name =~ /^[a-z][a-z0-9_]*$/ ? $name : identifier($name);
        my ($collation) = $type =~ /COLLATE (\S+)/;
        $type = 'text' if $type eq 'citext' && !$self->{citext};
        (my $base_type = $type) =~ s/ COLLATE.*|\(.*//;
        $base_type = 'bpchar' if $base_type eq 'char';    # which is char(1) where no length follows
        return {
            name => $name, word => $word_prefix . $word, sql => $side . '.' . identifier($name), kind => $kind, declared => $type, type => $base_type,
            collation => $collation, pool => \@values, pool_name => $pool, missing => one(0.4, 0.4, 0.4, 0.1, 0.9)
        };
    };
    $self->{columns} = [ map { $column->('m', '', @$_) } @own_columns ];
    if ($self->{joined})
    {
        my $prefix = $self->{joined}{prefix} ? "$self->{joined}{prefix}." : '';
        $self->{joined}{columns} = [ map { $column->('t', $prefix, @$_) } @joined_columns ];
    }
    $self->{all_rows} = [ map { $self->new_row } 1 .. $self->{rows} ];
    $self->{key_column} = {
        name => 'id', word => 'id', sql => 'm."id"', declared => $self->{key_type}, type => $self->{key_type} =~ /^(\w+)/,
        kind => { int4 => 'exact', int8 => 'exact', numeric => 'exact', uuid => 'uuid' }->{ $self->{key_type} } // 'text',
        pool => [ map { { copy => $_, sql => quoted($_), literal => $self->{key_type} =~ /int|numeric/ ? $_ : quoted($_) } }
              (map { $_->{key} } @{ $self->{all_rows} })[ 0 .. ($self->{rows} < 20 ? $self->{rows} : 20) - 1 ] ]
    };
    Differential::Sources::fill($self, column => $column, times => sub { return $times->{ $_[0] }->() });
    # A literal next to a column without rows.
    push @{ $self->{key_column}{pool} }, { literal => $self->{key_type} =~ /int|numeric/ ? '0' : quoted('00000000-0000-0000-0000-000000000000') } if !$self->{rows};
    return;
}

# All traits of the given kinds.
sub traits
{
    my ($self, @kinds) = @_;
    return @{ $self->{by_kind}{"@kinds"} //= [
            grep { my $kind = $_->{kind}; grep { $kind eq $_ } @kinds } $self->{key_column}, @{ $self->{columns} },
            $self->{joined} ? @{ $self->{joined}{columns} } : () ] };
}

# ---------------------------------------------------------------------------------------------------------------------------- rows

sub new_key
{
    my ($self) = @_;
    my $type = $self->{key_type};
    for (;;)
    {
        my $key =
            $type eq 'int4' ? 1 + keys %{ $self->{keys} }
          : $type eq 'int8' ? (chance(0.5) ? '-' : '') . whole(1, 900000) . sprintf('%012d', whole(0, 1e12 - 1))
          : $type eq 'uuid' ? join('-', map { join '', map { sprintf '%x', whole(0, 15) } 1 .. $_ } 8, 4, 4, 4, 12)
          : $type eq 'numeric' ? whole(-1000, 100000) . one('', '.5', '.25', '.125')
          : one('', 'Ä', "o'", '\\', 'b ') . whole(1, 10 * $self->{rows} + 100);
        return $key if !$self->{keys}{$key}++;
    }
    return;
}

sub new_row
{
    my ($self) = @_;
    my $cells = sub { return { map { $_->{name} => chance($_->{missing}) ? undef : one(@{ $_->{pool} }) } @_ } };
    my $row = { key => $self->new_key, own => $cells->(@{ $self->{columns} }) };
    $row->{joined} = $cells->(@{ $self->{joined}{columns} }) if $self->{joined} && chance(0.7);
    return $row;
}

sub copy_cell
{
    my ($text) = @_;
    return '\\N' if !defined $text;
    $text =~ s/\\/\\\\/g;
    $text =~ s/\n/\\n/g;
    $text =~ s/\t/\\t/g;
    $text =~ s/\r/\\r/g;
    return $text;
}

sub copy_sql
{
    my ($relation, $key, $columns, @rows) = @_;
    my $names = join ', ', identifier($key), map { identifier($_->{name}) } @$columns;
    my $text = "COPY $relation ($names) FROM stdin;\n";
    foreach my $row (@rows)
    {
        $text .= join("\t", copy_cell($row->[0]), map { copy_cell($row->[1]{ $_->{name} } && $row->[1]{ $_->{name} }{copy}) } @$columns) . "\n";
    }
    return "$text\\.\n";
}

sub insert_sql
{
    my ($self, @rows) = @_;
    my $text = copy_sql($self->{stored}, 'id', $self->{columns}, map { [ $_->{key}, $_->{own} ] } @rows);
    $text .= copy_sql($self->{joined}{relation}, 'member', $self->{joined}{columns}, map { [ $_->{key}, $_->{joined} ] } grep { $_->{joined} } @rows)
      if $self->{joined};
    return $text;
}

sub create_sql
{
    my ($self) = @_;
    my $columns = sub { return join ', ', map { identifier($_->{name}) . " $_->{declared}" } @_ };
    my $text = "CREATE TABLE $self->{stored} (\"id\" $self->{key_type} PRIMARY KEY, " . $columns->(@{ $self->{columns} }) . ')';
    if ($self->{kind} eq 'partitioned')
    {
        my $of = "PARTITION OF $self->{stored} FOR VALUES WITH (MODULUS 3, REMAINDER";
        $text .= " PARTITION BY HASH (\"id\");\n" . join '', map { "CREATE TABLE world.part_$self->{index}_$_ $of $_);\n" } 0 .. 2;
    }
    $text .= ";\n";
    $text .= "CREATE TABLE $self->{joined}{relation} (\"member\" $self->{key_type} PRIMARY KEY, " . $columns->(@{ $self->{joined}{columns} }) . ");\n" if $self->{joined};
    $text .= $self->insert_sql(@{ $self->{all_rows} });
    $text .= "CREATE $self->{kind} $self->{relation} AS SELECT * FROM $self->{stored};\n" if $self->{kind} =~ /view/;
    $text .= Differential::Sources::create_sql($self);
    return $text . join '', map { "ANALYZE $_;\n" } $self->{stored}, ($self->{joined} ? $self->{joined}{relation} : ()), Differential::Sources::relations($self);
}

sub population_sql
{
    my ($self, $name) = @_;
    my $text = 'SELECT segment.create_population(' . quoted($name) . ', ' . quoted($self->{relation}) . ", key => 'id', time_zone => '$self->{zone}', week_start => "
      . "$self->{week_start}, base => " . quoted($self->{base}) . ", schema => 'world');\n";
    if (my $joined = $self->{joined})
    {
        my $prefix = $joined->{prefix} ? ", prefix => '$joined->{prefix}'" : '';
        $text .= 'SELECT segment.add_traits(' . quoted($name) . ", '$joined->{relation}', key => 'member'$prefix);\n";
    }
    return $text . Differential::Sources::add_sql($self, $name);
}

sub drop_sql
{
    my ($self) = @_;
    return Differential::Sources::drop_sql($self) . join '', map { "DROP $_;\n" } ($self->{kind} =~ /view/ ? "$self->{kind} $self->{relation}" : ()), "TABLE $self->{stored}",
      ($self->{joined} ? "TABLE $self->{joined}{relation}" : ());
}

# Rows come, go and change.
sub change_sql
{
    my ($self) = @_;
    my @rows = shuffled(@{ $self->{all_rows} });
    my $few = 1 + int(@rows / 20);
    my $text = '';
    my $update = sub {
        my ($relation, $key, $cells, $id, $columns) = @_;
        my %changed = map { $_->{name} => $_ } some(1, 6, sub { one(@$columns) });
        $cells->{$_} = chance(0.3) ? undef : one(@{ $changed{$_}{pool} }) foreach sort keys %changed;
        my $set = join ', ', map { identifier($_) . ' = ' . ($cells->{$_} ? $cells->{$_}{sql} : 'NULL') } sort keys %changed;
        $text .= "UPDATE $relation SET $set WHERE \"$key\" = " . quoted($id) . ";\n";
    };
    foreach my $row (@rows[ 0 .. ($#rows < 4 * $few ? $#rows : 4 * $few) ])
    {
        $update->($self->{stored}, 'id', $row->{own}, $row->{key}, $self->{columns});
        next if !$self->{joined} || chance(0.5);
        if (!$row->{joined})
        {
            $row->{joined} = $self->new_row->{joined} or next;
            $text .= copy_sql($self->{joined}{relation}, 'member', $self->{joined}{columns}, [ $row->{key}, $row->{joined} ]);
        }
        elsif (chance(0.3))
        {
            delete $row->{joined};
            $text .= "DELETE FROM $self->{joined}{relation} WHERE \"member\" = " . quoted($row->{key}) . ";\n";
        }
        else
        {
            $update->($self->{joined}{relation}, 'member', $row->{joined}, $row->{key}, $self->{joined}{columns});
        }
    }
    # A deleted member's joined row stays: it belongs to nobody.
    my @gone = splice @rows, 0, whole(0, @rows < $few ? scalar @rows : $few);
    $text .= "DELETE FROM $self->{stored} WHERE \"id\" = " . quoted($_->{key}) . ";\n" foreach @gone;
    my @new = some(0, $few, sub { $self->new_row });
    $text .= $self->insert_sql(@new);
    $self->{all_rows} = [ @rows, @new ];
    $text .= "REFRESH MATERIALIZED VIEW $self->{relation};\n" if $self->{kind} eq 'materialized view';
    return $text . Differential::Sources::change_sql($self);
}

sub describe
{
    my ($self) = @_;
    (my $base = $self->{base}) =~ s/\s+/ /g;
    return "table $self->{index}: $self->{kind} of $self->{rows} rows, key $self->{key_type}, $self->{zone}, week_start $self->{week_start}"
      . ($self->{joined} ? ', joined' : '') . join('', map { ", $_->{name} ($_->{type})" } @{ $self->{sources} }) . ($self->{billing} ? ", billing ($self->{billing}{type})" : '') . ($base eq 'everyone' ? '' : ", base $base");
}

1;
