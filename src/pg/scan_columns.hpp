// The columns of the scan's queries: what PostgreSQL's executor computes for each member, and how it becomes codes.
#pragma once

#include <span>

#include "core/match/plan.hpp"
#include "pg/byte_cache.hpp"
#include "pg/cut_values.hpp"
#include "pg/encoder.hpp"

namespace segment::pg {

// The value of one feature, or an array of which one or more features ask for elements.
struct ScanColumn {
    const std::pmr::string *sql;
    bool is_array;
    uint32 feature_count;
    match::FeatureId *features;
    Encoder *encoder;
    int16 length;  // of the column's type

    // Of an array.
    uint32 *ranks;  // of the features' elements among the encoder's cuts, match::missing_rank for a NULL
    bool *found;    // by rank, while a row is encoded
    ByteCache *cache;
    int16 element_length;
    bool element_by_value;
    char element_alignment;
};

struct ScanColumns {
    uint32 count;
    ScanColumn *items;
};

// All features of the plan but measured ones, in the current context. Columns are not ranked yet.
ScanColumns scan_columns(const match::Plan &plan);

// Tells the plan the ranks of the cuts of one column's features, by the type that the prepared query gives it.
void rank_column(ScanColumn *column, Form_pg_attribute attribute, const CutValues &cuts, match::Plan *plan);

// Writes the code of each of the column's features.
void encode_column(ScanColumn *column, Datum value, bool isnull, uint32 *codes);

}  // namespace segment::pg
