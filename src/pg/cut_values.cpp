#include "pg/cut_values.hpp"

#include "pg/spi.hpp"

namespace segment::pg {

namespace {

// With `limit`, which is none or " LIMIT 0": then all values are NULL.
ConstantValues select_constants(const std::string_view *constants, uint32 count, const char *limit) {
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
        appendStringInfoString(&sql, limit);
        spi::connect();
        spi::execute(sql.data, {}, {.read_only = true, .returns_rows = true});
        TupleDesc description = SPI_tuptable->tupdesc;
        for (uint32 i = first; i < done; i++) {
            Form_pg_attribute attribute = TupleDescAttr(description, static_cast<int>(i - first));
            result.types[i] = getBaseType(attribute->atttypid);
            result.nulls[i] = SPI_processed == 0;
            if (result.nulls[i]) {
                continue;
            }
            Datum value = SPI_getbinval(SPI_tuptable->vals[0], description, static_cast<int>(i - first) + 1, &result.nulls[i]);
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

// All cuts, those of each feature side by side.
struct AllCuts {
    uint32 features;
    uint32 *first;  // of each feature's, and one past the last
    std::string_view *constants;
};

AllCuts cuts_of(const match::Plan *plan) {
    auto features = static_cast<uint32>(plan->features().size());
    AllCuts cuts{features, allocate<uint32>(features + 1), nullptr};
    uint32 total = 0;
    for (uint32 i = 0; i < features; i++) {
        cuts.first[i] = total;
        total += plan->features()[i].is_measured ? 0 : static_cast<uint32>(plan->features()[i].cuts.size());
    }
    cuts.first[features] = total;
    cuts.constants = allocate<std::string_view>(total);
    for (uint32 i = 0; i < features; i++) {
        for (uint32 cut = cuts.first[i]; cut < cuts.first[i + 1]; cut++) {
            cuts.constants[cut] = plan->features()[i].cuts[cut - cuts.first[i]];
        }
    }
    return cuts;
}

}  // namespace

ConstantValues evaluate_constants(const std::string_view *constants, uint32 count) {
    return select_constants(constants, count, "");
}

CutValues evaluate_cuts(const match::Plan *plan) {
    AllCuts cuts = cuts_of(plan);
    ConstantValues values = evaluate_constants(cuts.constants, cuts.first[cuts.features]);
    return {cuts.features, cuts.first, values.values, values.nulls, values.types};
}

CutValues check_cuts(const match::Plan *plan) {
    AllCuts cuts = cuts_of(plan);
    auto *thresholds = allocate<std::string_view>(cuts.first[cuts.features]);
    auto *places = allocate<uint32>(cuts.first[cuts.features]);
    uint32 count = 0;
    for (uint32 i = 0; i < cuts.features; i++) {
        for (uint32 threshold : plan->features()[i].thresholds) {
            if (cuts.first[i] == cuts.first[i + 1]) {
                break;
            }
            places[count] = cuts.first[i] + threshold;
            thresholds[count] = cuts.constants[places[count]];
            cuts.constants[places[count++]] = "NULL";
        }
    }
    ConstantValues values = evaluate_constants(cuts.constants, cuts.first[cuts.features]);
    ConstantValues planned = select_constants(thresholds, count, " LIMIT 0");
    for (uint32 i = 0; i < count; i++) {
        values.types[places[i]] = planned.types[i];
    }
    return {cuts.features, cuts.first, values.values, values.nulls, values.types};
}

}  // namespace segment::pg
