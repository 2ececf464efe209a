#include "pg/scan_columns.hpp"

#include <algorithm>
#include <numeric>

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

// An array as its own macros read it: aligned, with a long header. Short ones, of which most columns consist, are copied to `room`.
const ArrayType *readable_array(Datum value, char *room) {
    const char *at = DatumGetPointer(value);
    if (!VARATT_IS_SHORT(at) || VARATT_IS_EXTERNAL(at)) {
        return DatumGetArrayTypeP(value);
    }
    SET_VARSIZE(room, VARSIZE_SHORT(at) - VARHDRSZ_SHORT + VARHDRSZ);
    memcpy(room + VARHDRSZ, VARDATA_SHORT(at), VARSIZE_SHORT(at) - VARHDRSZ_SHORT);
    return reinterpret_cast<const ArrayType *>(room);
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
    column->encoder = make_encoder(rank_cuts(element, attribute->attcollation, values, nulls, column->feature_count, column->ranks));
    boundary::core([&] {
        for (uint32 i = 0; i < column->feature_count; i++) {
            const uint32 rank = column->ranks[i] == match::missing_rank ? match::missing_rank : 0;
            plan->rank(column->features[i], {&rank, 1});
        }
    });
}

void place_column(ScanColumn *column, const match::Staging *staging) {
    boundary::core([&] { column->place = staging->place(column->features[0]); });
    if (!column->is_array) {
        return;
    }
    uint32 count = column->feature_count, ranks = column->encoder->cut_count;
    column->places = allocate<match::Staging::Place>(count);
    column->place_starts = allocate<uint32>(ranks + 1);
    auto *order = allocate<uint32>(count);
    std::iota(order, order + count, 0);
    // A missing rank, plus one, comes first.
    std::sort(order, order + count, [&](uint32 a, uint32 b) { return column->ranks[a] + 1 < column->ranks[b] + 1; });
    uint32 rank = 0;
    for (uint32 i = 0; i < count; i++) {
        while (column->ranks[order[i]] != match::missing_rank && rank <= column->ranks[order[i]]) {
            column->place_starts[rank++] = i;
        }
        boundary::core([&] { column->places[i] = staging->place(column->features[order[i]]); });
    }
    std::fill(column->place_starts + rank, column->place_starts + ranks + 1, count);
}

void write_blank(const ScanColumn *column, std::byte *row) {
    if (!column->is_array) {
        match::Staging::write(column->place, missing_code, row);
    }
    for (uint32 i = 0; column->is_array && i < column->feature_count; i++) {
        match::Staging::write(column->places[i], absent_code, row);
    }
}

void encode_missing_array(const ScanColumn *column, std::byte *row) {
    for (uint32 i = 0; i < column->feature_count; i++) {
        match::Staging::write(column->places[i], missing_code, row);
    }
}

void encode_array(const ScanColumn *column, Datum value, std::byte *row) {
    alignas(MAXIMUM_ALIGNOF) char room[VARATT_SHORT_MAX + VARHDRSZ];
    const ArrayType *array = readable_array(value, room);
    int count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    const char *at = ARR_DATA_PTR(array);
    const bits8 *nulls = ARR_NULLBITMAP(array);
    for (int i = 0; i < count; i++) {
        if (nulls != nullptr && (nulls[i / 8] & 1 << i % 8) == 0) {
            continue;
        }
        uint32 code = encode(column->encoder, fetch_att(at, column->element_by_value, column->element_length));
        at = att_addlength_pointer(at, column->element_length, at);
        at = reinterpret_cast<const char *>(att_align_nominal(at, column->element_alignment));
        if (code % 2 == 0) {
            for (uint32 place = column->place_starts[code / 2 - 1]; place < column->place_starts[code / 2]; place++) {
                match::Staging::write(column->places[place], present_code, row);
            }
        }
    }
}

}  // namespace segment::pg
