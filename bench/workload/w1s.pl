# W1 where the customers have keys anywhere in the range of bigint.
package Workload::W1s;

use strict;
use warnings;

use Segments;

sub title { return 'the same with random bigint keys' }
sub run { return Segments::compare_keys($_[1], 'sparse') }

1;
