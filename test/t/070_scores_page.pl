# docs/scores.md: its examples run one after the other and print what the page shows.
use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/../perl";

use Page;

Page::runs('scores', 3);
