#include "pg/scan_columns.hpp"

#include <algorithm>

#include "pg/boundary.hpp"

namespace segment::pg {

namespace {

constexpr uint32 missing_code = 0, absent_code = 1, present_code = 2;

// Brings features that read the same array together; the others keep their order.
struct FeatureOrder {
    const match::Plan &plan;

    bool operator()(match::FeatureId a, match::FeatureId b) const {
        const match::Feature &left = plan.features()[a], &right = plan.features()[b];
        if (left.is_element != right.is_element) {
            return right.is_element;
        }
        if (int order = left.is_element ? left.sql.compare(right.sql) : 0; order != 0) {
            return order < 0;
        }
        return a < b;
    }
};

void check_type(Oid value, Oid constant) {
    if (value != constant) {
        elog(ERROR, "a value of type %s is compared with a constant of type %s", format_type_be(value), format_type_be(constant));
    }
}

inline Datum detoasted(Datum value, int16 length) {
    return length == -1 && VARATT_IS_EXTENDED(DatumGetPointer(value)) ? PointerGetDatum(PG_DETOAST_DATUM_PACKED(value)) : value;
}

void search_array(ScanColumn *column, Datum value, uint32 *codes) {
    ArrayType *array = DatumGetArrayTypeP(value);
    uint32 distinct = cut_count(column->encoder);
    std::fill_n(column->found, distinct, false);
    int count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    const char *at = ARR_DATA_PTR(array);
    const bits8 *nulls = ARR_NULLBITMAP(array);
    for (int i = 0; i < count; i++) {
        if (nulls != nullptr && (nulls[i / 8] & 1 << i % 8) == 0) {
            continue;
        }
        Datum element = fetch_att(at, column->element_by_value, column->element_length);
        at = att_addlength_pointer(at, column->element_length, at);
        at = reinterpret_cast<const char *>(att_align_nominal(at, column->element_alignment));
        uint32 code = encode(column->encoder, element);
        if (code >= 2 && code % 2 == 0) {
            column->found[code / 2 - 1] = true;
        }
    }
    for (uint32 i = 0; i < column->feature_count; i++) {
        codes[i] = column->ranks[i] != match::missing_rank && column->found[column->ranks[i]] ? present_code : absent_code;
    }
}

void encode_array(ScanColumn *column, Datum value, uint32 *codes) {
    Datum packed = detoasted(value, -1);
    Size length = VARSIZE_ANY_EXHDR(DatumGetPointer(packed));
    if (!ByteCache::takes(length)) {
        search_array(column, packed, codes);
        return;
    }
    ByteCache::Entry entry = column->cache->look_up(VARDATA_ANY(DatumGetPointer(packed)), length);
    if (!entry.known) {
        search_array(column, packed, entry.payload);
    }
    std::copy_n(entry.payload, column->feature_count, codes);
}

}  // namespace

ScanColumns scan_columns(const match::Plan &plan) {
    auto count = static_cast<uint32>(plan.features().size());
    auto *order = allocate<match::FeatureId>(count);
    uint32 read = 0;
    for (uint32 i = 0; i < count; i++) {
        if (!plan.features()[i].is_measured) {
            order[read++] = i;
        }
    }
    count = read;
    std::sort(order, order + count, FeatureOrder{plan});
    ScanColumns columns{0, allocate<ScanColumn>(count)};
    for (uint32 i = 0; i < count; i++) {
        const match::Feature &feature = plan.features()[order[i]];
        ScanColumn *last = columns.count == 0 ? nullptr : &columns.items[columns.count - 1];
        if (last == nullptr || !feature.is_element || !last->is_array || *last->sql != feature.sql) {
            last = &columns.items[columns.count++];
            last->sql = &feature.sql;
            last->is_array = feature.is_element;
            last->features = &order[i];
        }
        last->feature_count++;
    }
    return columns;
}

void rank_column(ScanColumn *column, Form_pg_attribute attribute, const CutValues &cuts, match::Plan *plan) {
    Oid type = getBaseType(attribute->atttypid);
    column->length = attribute->attlen;
    if (!column->is_array) {
        match::FeatureId feature = column->features[0];
        uint32 begin = cuts.first[feature], count = cuts.first[feature + 1] - begin;
        for (uint32 cut = begin; cut < begin + count; cut++) {
            check_type(type, cuts.types[cut]);
        }
        auto *ranks = allocate<uint32>(count);
        column->encoder = make_encoder(rank_cuts(type, attribute->attcollation, cuts.values + begin, cuts.nulls + begin, count, ranks));
        boundary::core([&] { plan->rank(feature, {ranks, count}); });
        return;
    }
    Oid element = getBaseType(get_base_element_type(type));
    get_typlenbyvalalign(element, &column->element_length, &column->element_by_value, &column->element_alignment);
    auto *values = allocate<Datum>(column->feature_count);
    auto *nulls = allocate<bool>(column->feature_count);
    for (uint32 i = 0; i < column->feature_count; i++) {
        uint32 cut = cuts.first[column->features[i]];
        check_type(element, cuts.types[cut]);
        values[i] = cuts.values[cut];
        nulls[i] = cuts.nulls[cut];
    }
    column->ranks = allocate<uint32>(column->feature_count);
    column->found = allocate<bool>(column->feature_count);
    column->cache = static_cast<ByteCache *>(palloc(sizeof(ByteCache)));
    new (column->cache) ByteCache(column->feature_count);
    column->encoder = make_encoder(rank_cuts(element, attribute->attcollation, values, nulls, column->feature_count, column->ranks));
    boundary::core([&] {
        for (uint32 i = 0; i < column->feature_count; i++) {
            const uint32 rank = column->ranks[i] == match::missing_rank ? match::missing_rank : 0;
            plan->rank(column->features[i], {&rank, 1});
        }
    });
}

void encode_column(ScanColumn *column, Datum value, bool isnull, uint32 *codes) {
    if (isnull) {
        std::fill_n(codes, column->feature_count, missing_code);
    } else if (column->is_array) {
        encode_array(column, value, codes);
    } else {
        codes[0] = encode(column->encoder, detoasted(value, column->length));
    }
}

}  // namespace segment::pg
