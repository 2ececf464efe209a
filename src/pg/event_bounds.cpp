#include "pg/event_bounds.hpp"

#include <algorithm>

#include "pg/cut_values.hpp"

namespace segment::pg {

namespace {

// The type of a feature's values, or of its bounds: all terms are of one.
Oid value_type(const Oid *time_types, const match::EventFeature &feature) {
    return feature.is_whole() ? INT8OID : time_types[feature.terms.front().stream];
}

bool is_time_type(Oid type) {
    return type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

match::EventConstant *read_constants(const std::string_view *sql, const Oid *expected, uint32 count) {
    ConstantValues values = evaluate_constants(sql, count);
    auto *result = allocate<match::EventConstant>(count);
    for (uint32 i = 0; i < count; i++) {
        // A constant that bounds no times is a time all the same.
        Oid type = OidIsValid(expected[i]) || !is_time_type(values.types[i]) ? expected[i] : values.types[i];
        if (values.types[i] != type) {
            elog(ERROR, "a value of type %s is compared with a constant of type %s", format_type_be(type), format_type_be(values.types[i]));
        }
        result[i].null = values.nulls[i];
        result[i].value = values.nulls[i] ? 0 : type == INT8OID ? DatumGetInt64(values.values[i]) : event_time(type, values.values[i]);
    }
    return result;
}

match::EventConstant *read_times(const match::EventFeatures *asked, const Oid *time_types) {
    const auto &constants = asked->constants();
    auto count = static_cast<uint32>(constants.size());
    auto *sql = allocate<std::string_view>(count);
    auto *types = allocate<Oid>(count);
    std::copy_n(constants.begin(), count, sql);
    for (const match::EventFeature &feature : asked->features()) {
        for (const match::EventTerm &term : feature.terms) {
            for (const auto *bounds : {&term.lows, &term.highs}) {
                for (const match::TimeBound &bound : *bounds) {
                    types[bound.constant] = time_types[term.stream];
                }
            }
        }
    }
    return read_constants(sql, types, count);
}

// Of features whose cuts are counts or times.
bool has_plain_cuts(const match::EventFeature &feature) {
    return feature.is_counted() || feature.is_whole();
}

}  // namespace

EventBounds read_event_bounds(const match::EventFeatures *asked, const match::Plan *plan, const Oid *time_types, EventColumns *columns) {
    const auto &features = asked->features();
    uint32 total = 0;
    for (const match::EventFeature &feature : features) {
        total += has_plain_cuts(feature) ? static_cast<uint32>(plan->features()[feature.feature].cuts.size()) : 0;
    }
    auto *sql = allocate<std::string_view>(total);
    auto *types = allocate<Oid>(total);
    uint32 next = 0;
    for (const match::EventFeature &feature : features) {
        if (has_plain_cuts(feature)) {
            for (const std::pmr::string &cut : plan->features()[feature.feature].cuts) {
                sql[next] = cut;
                types[next++] = value_type(time_types, feature);
            }
        }
    }
    match::EventConstant *values = read_constants(sql, types, total);
    EventBounds bounds{read_times(asked, time_types), allocate<std::span<const match::EventConstant>>(features.size()),
                       allocate<std::span<const behaviour::HalfMillionths>>(features.size())};
    for (uint32 i = 0; i < features.size(); i++) {
        if (has_plain_cuts(features[i])) {
            bounds.cuts[i] = {values, plan->features()[features[i].feature].cuts.size()};
            values += bounds.cuts[i].size();
        } else {
            const PlacedCuts placed = place_cuts(columns, i);
            bounds.cuts[i] = placed.places;
            bounds.numbers[i] = placed.numbers;
        }
    }
    return bounds;
}

}  // namespace segment::pg
