// Inserting many rows at once: COPY's way of writing, several times cheaper than a statement's.
#pragma once

#include "pg/pg.hpp"

namespace segment::pg {

// Whether rows may go in this way: an ordinary table in which nothing but its indexes looks at them, no trigger (ours, which
// guards against others, apart), rule, check, generated column or row security.
bool takes_bulk_insert(Relation relation);

struct BulkInsert;

enum class Indexes : bool {
    maintain,
    leave,  // the caller builds them afterwards
};

// In the current context. The relation is locked to the end of the transaction. The caller has checked that the user may.
BulkInsert *begin_bulk_insert(Oid relation, Indexes indexes);
// The values are copied; in the order of the columns.
void bulk_insert(BulkInsert *insert, const Datum *values, const bool *nulls);
void end_bulk_insert(BulkInsert *insert);

}  // namespace segment::pg
