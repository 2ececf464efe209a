// A copy of the library, as far as its settings go, for test/sql/copy.sql.
#include "pg/boundary.hpp"
#include "pg/settings.hpp"

SEGMENT_FUNCTION(segment_test_refresh_memory) {
    PG_RETURN_INT64(static_cast<int64>(segment::pg::refresh_memory()));
}
