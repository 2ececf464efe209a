#include "pg/score_rows.hpp"

#include "pg/member_tables.hpp"

namespace segment::pg {

spi::Argument array_argument(Datum *values, bool *nulls, uint64 count, Oid type) {
    int16 length;
    bool by_value;
    char alignment;
    get_typlenbyvalalign(type, &length, &by_value, &alignment);
    int dimensions[] = {static_cast<int>(count)}, bounds[] = {1};
    return {get_array_type(type),
            PointerGetDatum(construct_md_array(values, nulls, 1, dimensions, bounds, type, length, by_value, alignment))};
}

void write_rows(const char *sql, spi::Arguments arguments) {
    spi::connect();
    begin_membership_write();
    spi::execute(sql, arguments);
    end_membership_write();
    spi::finish();
}

}  // namespace segment::pg
