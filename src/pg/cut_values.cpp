#include "pg/cut_values.hpp"

#include "pg/spi.hpp"

namespace segment::pg {

ConstantValues evaluate_constants(const std::string_view *constants, uint32 count) {
    ConstantValues result{allocate<Datum>(count), allocate<bool>(count), allocate<Oid>(count)};
    MemoryContext context = CurrentMemoryContext;
    StringInfoData sql;
    initStringInfo(&sql);
    for (uint32 done = 0; done < count;) {
        CHECK_FOR_INTERRUPTS();
        resetStringInfo(&sql);
        appendStringInfoString(&sql, "SELECT ");
        uint32 first = done;
        for (; done < count && done - first < columns_per_query; done++) {
            if (done > first)
                appendStringInfoString(&sql, ", ");
            appendBinaryStringInfo(&sql, constants[done].data(), static_cast<int>(constants[done].size()));
        }
        spi::connect();
        spi::execute(sql.data, {}, {.read_only = true, .returns_rows = true});
        TupleDesc description = SPI_tuptable->tupdesc;
        for (uint32 i = first; i < done; i++) {
            Form_pg_attribute attribute = TupleDescAttr(description, static_cast<int>(i - first));
            Datum value = SPI_getbinval(SPI_tuptable->vals[0], description, static_cast<int>(i - first) + 1, &result.nulls[i]);
            result.types[i] = getBaseType(attribute->atttypid);
            if (!result.nulls[i]) {
                MemoryContext spi = MemoryContextSwitchTo(context);
                result.values[i] = attribute->attlen == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(value))
                                                           : datumCopy(value, attribute->attbyval, attribute->attlen);
                MemoryContextSwitchTo(spi);
            }
        }
        spi::finish();
    }
    return result;
}

CutValues evaluate_cuts(const match::Plan *plan) {
    auto features = static_cast<uint32>(plan->features().size());
    auto *first = allocate<uint32>(features + 1);
    uint32 total = 0;
    for (uint32 i = 0; i < features; i++) {
        first[i] = total;
        total += plan->features()[i].is_measured ? 0 : static_cast<uint32>(plan->features()[i].cuts.size());
    }
    first[features] = total;
    auto *constants = allocate<std::string_view>(total);
    for (uint32 i = 0; i < features; i++) {
        for (uint32 cut = first[i]; cut < first[i + 1]; cut++) {
            constants[cut] = plan->features()[i].cuts[cut - first[i]];
        }
    }
    ConstantValues values = evaluate_constants(constants, total);
    return {features, first, values.values, values.nulls, values.types};
}

}  // namespace segment::pg
