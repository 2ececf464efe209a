// The columns of the scan's queries: what PostgreSQL's executor computes for each member, and how it becomes codes.
#pragma once

#include <span>

#include "core/match/plan.hpp"
#include "core/match/staging.hpp"
#include "pg/cut_values.hpp"
#include "pg/encoder.hpp"

namespace segment::pg {

// The value of one feature, or an array of which one or more features ask for elements.
struct ScanColumn {
    const std::pmr::string *sql;
    bool is_array;
    int16 length;                 // of the column's type
    match::Staging::Place place;  // of the only feature that is no element
    Encoder *encoder;

    uint32 feature_count;
    match::FeatureId *features;

    // Of an array: the places of its features, sorted by the rank of their element among the encoder's cuts; first those that ask for
    // a NULL, which nothing is.
    match::Staging::Place *places;
    uint32 *place_starts;  // by rank, and the end
    uint32 *ranks;         // by feature, match::missing_rank for a NULL
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

// Tells the column where its codes go; it has been ranked.
void place_column(ScanColumn *column, const match::Staging *staging);

// Writes the codes that stand for an array without any of the elements, and for the others those of a missing value.
void write_blank(const ScanColumn *column, std::byte *row);

// Writes to a blank row. The memory that a toasted value takes is the current context's.
void encode_array(const ScanColumn *column, Datum array, std::byte *row);
void encode_missing_array(const ScanColumn *column, std::byte *row);

inline void encode_column(const ScanColumn *column, Datum value, bool isnull, std::byte *row) {
    if (column->is_array) {
        isnull ? encode_missing_array(column, row) : encode_array(column, value, row);
    } else if (!isnull) {
        if (column->length == -1 && (VARATT_IS_EXTERNAL(DatumGetPointer(value)) || VARATT_IS_COMPRESSED(DatumGetPointer(value)))) {
            value = PointerGetDatum(PG_DETOAST_DATUM_PACKED(value));
        }
        match::Staging::write(column->place, encode(column->encoder, value), row);
    }
}

}  // namespace segment::pg
