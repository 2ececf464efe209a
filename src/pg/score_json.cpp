#include "pg/score_json.hpp"

#include <cmath>

#include "core/score/model.hpp"
#include "pg/catalog.hpp"

namespace segment::pg {

namespace {

[[noreturn]] void refuse(const char *what, const char *form) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be an array of objects", what), errhint("Write %s.", form)));
}

[[noreturn]] void refuse_item(const char *item, uint64 row, const char *problem, const char *form) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s %d %s", item, static_cast<int>(row) + 1, problem),
                    errhint("Write %s.", form)));
}

// Of each item: whether it is an object, the fields' types, their values as text, and whether there are other fields.
Rows read_items(Datum array, const char *what, const char *first, const char *second, const char *form) {
    Rows kind = catalog_execute("SELECT pg_catalog.jsonb_typeof($1)", {{JSONBOID, array}});
    if (strcmp(text_of(kind, 0, 0), "array") != 0) {
        refuse(what, form);
    }
    return catalog_execute(
        "SELECT pg_catalog.jsonb_typeof(i.item) OPERATOR(pg_catalog.=) 'object', "
        "pg_catalog.jsonb_typeof(i.item OPERATOR(pg_catalog.->) $2), pg_catalog.jsonb_typeof(i.item OPERATOR(pg_catalog.->) $3), "
        "i.item OPERATOR(pg_catalog.->>) $2, i.item OPERATOR(pg_catalog.->>) $3, "
        "CASE WHEN pg_catalog.jsonb_typeof(i.item) OPERATOR(pg_catalog.=) 'object' "
        "THEN (i.item OPERATOR(pg_catalog.-) $2 OPERATOR(pg_catalog.-) $3) OPERATOR(pg_catalog.=) '{}'::pg_catalog.jsonb ELSE false END "
        "FROM pg_catalog.jsonb_array_elements($1) WITH ORDINALITY AS i (item, position) ORDER BY i.position",
        {{JSONBOID, array}, text_argument(first), text_argument(second)});
}

bool is(const Rows &rows, uint64 row, int column, const char *word) {
    return !is_null(rows, row, column) && strcmp(text_of(rows, row, column), word) == 0;
}

double number_of(const Rows &rows, uint64 row, int column) {
    return DatumGetFloat8(DirectFunctionCall1(float8in, CStringGetDatum(text_of(rows, row, column))));
}

// Numbers of JSON have no bounds, those of scores have.
void check_range(const char *item, const Rows &rows, uint64 row, int column, const char *form) {
    errno = 0;
    double number = strtod(text_of(rows, row, column), nullptr);
    if (errno == ERANGE || std::abs(number) > score::largest_number) {
        refuse_item(item, row, "has a number out of range", form);
    }
}

// Bands that begin above a number as if they began from it on: either has the same rules.
Datum with_from(Datum bands) {
    Rows rows = catalog_execute(
        "SELECT CASE WHEN pg_catalog.jsonb_typeof($1) OPERATOR(pg_catalog.<>) 'array' THEN $1 ELSE "
        "(SELECT coalesce(pg_catalog.jsonb_agg(CASE WHEN pg_catalog.jsonb_typeof(b.band) OPERATOR(pg_catalog.=) 'object' "
        "AND b.band OPERATOR(pg_catalog.?) 'above' AND NOT b.band OPERATOR(pg_catalog.?) 'from' "
        "THEN b.band OPERATOR(pg_catalog.-) 'above' "
        "OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object('from', b.band OPERATOR(pg_catalog.->) 'above') "
        "ELSE b.band END ORDER BY b.position), '[]') "
        "FROM pg_catalog.jsonb_array_elements($1) WITH ORDINALITY AS b (band, position)) END",
        {{JSONBOID, bands}});
    return value_of(rows, 0, 0);
}

}  // namespace

void check_bands(Datum bands) {
    constexpr const char *form = "[{\"band\": \"poor\", \"from\": 0}, {\"band\": \"good\", \"from\": 70}]";
    Rows rows = read_items(with_from(bands), "bands", "band", "from", form);
    for (uint64 row = 0; row < rows.count; row++) {
        if (!DatumGetBool(value_of(rows, row, 0)) || !is(rows, row, 1, "string") || !is(rows, row, 2, "number") ||
            !DatumGetBool(value_of(rows, row, 5))) {
            refuse_item("band", row, "is not a name and the number from which on, or above which, it holds", form);
        }
        if (text_of(rows, row, 3)[0] == '\0') {
            refuse_item("band", row, "has no name", form);
        }
        for (uint64 other = 0; other < row; other++) {
            if (is(rows, row, 3, text_of(rows, other, 3))) {
                refuse_item("band", row, "has the name of an earlier one", form);
            }
        }
        check_range("band", rows, row, 4, form);
        if (row > 0 && number_of(rows, row, 4) <= number_of(rows, row - 1, 4)) {
            refuse_item("band", row, "does not begin above the one before", form);
        }
    }
}

void check_steps(Datum steps, bool weighted) {
    constexpr const char *form = "[{\"from\": 0, \"value\": 0}, {\"from\": 10, \"value\": 1}]";
    Rows rows = read_items(steps, "steps", "from", "value", form);
    if (rows.count == 0) {
        refuse("steps", form);
    }
    for (uint64 row = 0; row < rows.count; row++) {
        if (!DatumGetBool(value_of(rows, row, 0)) || !is(rows, row, 1, "number") || !is(rows, row, 2, "number") ||
            !DatumGetBool(value_of(rows, row, 5))) {
            refuse_item("step", row, "is not a number from which on it holds and a value", form);
        }
        check_range("step", rows, row, 3, form);
        check_range("step", rows, row, 4, form);
        if (row > 0 && number_of(rows, row, 3) <= number_of(rows, row - 1, 3)) {
            refuse_item("step", row, "does not begin above the one before", form);
        }
        double value = number_of(rows, row, 4);
        if (weighted && (value < 0 || value > 1)) {
            refuse_item("step", row, "has a value that is not between 0 and 1", form);
        }
    }
}

}  // namespace segment::pg
