# W1 where the customers have uuid keys.
package Workload::W1u;

use strict;
use warnings;

use Segments;

sub title { return 'the same with uuid keys' }
sub run { return Segments::compare_keys($_[1], 'uuid') }

1;
