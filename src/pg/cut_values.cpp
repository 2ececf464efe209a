#include "pg/cut_values.hpp"

#include "pg/spi.hpp"

namespace segment::pg {

CutValues evaluate_cuts(const match::Plan *plan) {
    CutValues cuts{};
    cuts.features = static_cast<uint32>(plan->features().size());
    cuts.first = allocate<uint32>(cuts.features + 1);
    uint32 total = 0;
    for (uint32 i = 0; i < cuts.features; i++) {
        cuts.first[i] = total;
        total += static_cast<uint32>(plan->features()[i].cuts.size());
    }
    cuts.first[cuts.features] = total;
    cuts.values = allocate<Datum>(total);
    cuts.nulls = allocate<bool>(total);
    cuts.types = allocate<Oid>(total);

    MemoryContext context = CurrentMemoryContext;
    uint32 done = 0;
    uint32 feature = 0;
    StringInfoData sql;
    initStringInfo(&sql);
    while (done < total) {
        CHECK_FOR_INTERRUPTS();
        resetStringInfo(&sql);
        appendStringInfoString(&sql, "SELECT ");
        uint32 first = done;
        for (; done < total && done - first < columns_per_query; done++) {
            while (done >= cuts.first[feature + 1])
                feature++;
            if (done > first)
                appendStringInfoString(&sql, ", ");
            const std::pmr::string &constant = plan->features()[feature].cuts[done - cuts.first[feature]];
            appendBinaryStringInfo(&sql, constant.data(), static_cast<int>(constant.size()));
        }
        spi::connect();
        spi::execute(sql.data, {}, {.read_only = true, .returns_rows = true});
        TupleDesc description = SPI_tuptable->tupdesc;
        for (uint32 i = first; i < done; i++) {
            Form_pg_attribute attribute = TupleDescAttr(description, static_cast<int>(i - first));
            Datum value = SPI_getbinval(SPI_tuptable->vals[0], description, static_cast<int>(i - first) + 1, &cuts.nulls[i]);
            cuts.types[i] = getBaseType(attribute->atttypid);
            if (!cuts.nulls[i]) {
                MemoryContext spi = MemoryContextSwitchTo(context);
                cuts.values[i] = attribute->attlen == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(value))
                                                         : datumCopy(value, attribute->attbyval, attribute->attlen);
                MemoryContextSwitchTo(spi);
            }
        }
        spi::finish();
    }
    return cuts;
}

}  // namespace segment::pg
