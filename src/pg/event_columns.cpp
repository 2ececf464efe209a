#include "pg/event_columns.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/members/hash.hpp"
#include "pg/boundary.hpp"
#include "pg/cut_values.hpp"
#include "pg/encoder.hpp"
#include "pg/millionths.hpp"
#include "pg/value_ids.hpp"

namespace segment::pg {

using behaviour::Aggregate;
using behaviour::Occurrence;
using match::ColumnForm;

namespace {

struct Reader {
    ColumnForm form;
    Oid type, collation;
    int16 length;
    bool by_value;
    Encoder *encoder;  // ColumnForm::order
    ValueIds *ids;     // ColumnForm::identity, of types that are no numbers
};

struct Bounds {
    uint32 count;
    Datum *numerics;
};

}  // namespace

struct EventColumns {
    MemoryContext context;
    const match::EventFeatures *asked;
    const match::Plan *plan;
    TemporaryFile *overflow;
    uint64 value_memory;
    Reader **readers;  // by stream, then column
    Bounds *bounds;    // by feature: distinct cuts of aggregates of numbers
};

struct EventCalculation {
    EventColumns *columns;
    uint32 feature;
    Aggregate aggregate;
    Occurrence *events;
    Size count;
    int64 place;    // of the aggregate among the feature's cuts
    double number;  // or the aggregate itself
};

namespace {

const match::EventFeature &feature_of(const EventColumns *columns, uint32 feature) {
    return columns->asked->features()[feature];
}

struct Moved {
    uint32 length;
    char *bytes;
};

// Bytes with their length before them.
int64 move_out(EventColumns *columns, const char *bytes, uint32 length) {
    auto *buffer = static_cast<char *>(palloc(sizeof length + length));
    memcpy(buffer, &length, sizeof length);
    memcpy(buffer + sizeof length, bytes, length);
    const uint64 place =
        boundary::core([&] { return columns->overflow->append(std::as_bytes(std::span(buffer, sizeof length + length))); });
    pfree(buffer);
    return static_cast<int64>(place);
}

Moved read_back(EventColumns *columns, int64 place) {
    const auto read = [&](char *target, Size size) {
        boundary::core([&] { columns->overflow->read(static_cast<uint64>(place), std::as_writable_bytes(std::span(target, size))); });
    };
    uint32 length;
    read(reinterpret_cast<char *>(&length), sizeof length);
    // What follows the length is aligned as a value must be.
    char *buffer = static_cast<char *>(palloc(MAXIMUM_ALIGNOF + length)) + MAXIMUM_ALIGNOF - sizeof length;
    read(buffer, sizeof length + length);
    return {length, buffer + sizeof length};
}

ColumnValue number_of(EventColumns *columns, Datum value) {
    auto *numeric = reinterpret_cast<varlena *>(PG_DETOAST_DATUM_PACKED(value));
    const Millionths millionths = millionths_of(numeric);
    auto scale = static_cast<uint32>(millionths.scale);
    if (millionths.is_exact) {
        return {millionths.floor, scale, true, false};
    }
    return {move_out(columns, reinterpret_cast<const char *>(numeric), static_cast<uint32>(VARSIZE_ANY(numeric))), scale, true, true};
}

ColumnValue number_of(EventColumns *columns, int64 value) {
    if (value > behaviour::largest_number / behaviour::number_scale || value < -behaviour::largest_number / behaviour::number_scale) {
        return number_of(columns, DirectFunctionCall1(int8_numeric, Int64GetDatum(value)));
    }
    return {value * behaviour::number_scale, 0, true, false};
}

int64 integer_of(const Reader *reader, Datum value) {
    switch (reader->length) {
        case 1:
            return DatumGetChar(value);
        case 2:
            return DatumGetInt16(value);
        case 4:
            return DatumGetInt32(value);
        default:
            return DatumGetInt64(value);
    }
}

ColumnValue identity_of(EventColumns *columns, const Reader *reader, Datum value) {
    if (reader->type == NUMERICOID) {
        return number_of(columns, value);
    }
    if (reader->ids == nullptr) {
        return {integer_of(reader, value), 0, true, false};
    }
    const char *bytes = DatumGetPointer(value);
    auto length = static_cast<uint32>(reader->length);
    if (reader->length == -1) {
        auto *datum = reinterpret_cast<varlena *>(PG_DETOAST_DATUM_PACKED(value));
        bytes = VARDATA_ANY(datum);
        length = static_cast<uint32>(VARSIZE_ANY_EXHDR(datum));
    }
    int64 id = reader->ids->find_or_insert(bytes, length);
    return id >= 0 ? ColumnValue{id, 0, true, false} : ColumnValue{move_out(columns, bytes, length), 0, true, true};
}

Datum numeric_of(EventColumns *columns, const Occurrence &event) {
    if (event.is_wide) {
        return PointerGetDatum(read_back(columns, event.number).bytes);
    }
    // With the digits after the point that the value was written with: divisions depend on them.
    return DirectFunctionCall2(numeric_round, NumericGetDatum(int64_div_fast_to_numeric(event.number, behaviour::decimals_of_numbers)),
                               Int32GetDatum(static_cast<int32>(event.code)));
}

int compare_numerics(Datum a, Datum b) {
    return DatumGetInt32(DirectFunctionCall2(numeric_cmp, a, b));
}

Datum aggregate_of(Aggregate aggregate, Datum *values, Size count) {
    if (aggregate == Aggregate::median) {
        qsort(values, count, sizeof(Datum), [](const void *a, const void *b) {
            return compare_numerics(*static_cast<const Datum *>(a), *static_cast<const Datum *>(b));
        });
        Datum sum = DirectFunctionCall2(numeric_add, values[(count - 1) / 2], values[count / 2]);
        return DirectFunctionCall2(numeric_div, sum, DirectFunctionCall1(int4_numeric, Int32GetDatum(2)));
    }
    Datum sum = values[0];
    for (Size i = 1; i < count; i++) {
        CHECK_FOR_INTERRUPTS();
        sum = DirectFunctionCall2(numeric_add, sum, values[i]);
    }
    return aggregate == Aggregate::sum
               ? sum
               : DirectFunctionCall2(numeric_div, sum, DirectFunctionCall1(int8_numeric, Int64GetDatum(static_cast<int64>(count))));
}

int64 place_of(const Bounds *bounds, Datum value) {
    uint32 low = 0, high = bounds->count;
    while (low < high) {
        uint32 middle = low + (high - low) / 2;
        if (compare_numerics(bounds->numerics[middle], value) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool equal = low < bounds->count && compare_numerics(bounds->numerics[low], value) == 0;
    return 2 * static_cast<int64>(low) + (equal ? 2 : 1);
}

EventCalculation calculate(EventColumns *columns, uint32 feature, Aggregate aggregate, std::span<const Occurrence> events) {
    std::pmr::vector<Occurrence> copy(events.begin(), events.end());
    EventCalculation calculation{columns, feature, aggregate, copy.data(), copy.size(), 0, 0};
    boundary::backend<&calculate_aggregate>(&calculation);
    return calculation;
}

void describe_type(Reader *reader, Form_pg_attribute attribute) {
    reader->type = getBaseType(attribute->atttypid);
    reader->collation = attribute->attcollation;
    reader->length = attribute->attlen;
    reader->by_value = attribute->attbyval;
}

bool reads_codes_of(const match::EventFeature &feature, const match::EventTerm &term) {
    const auto &own = feature.terms.front();
    return own.code != match::no_column && own.stream == term.stream && own.code == term.code;
}

// The cuts of all features that read the column: codes of one are codes of all.
std::span<const match::EventConstant> place_codes(EventColumns *columns, uint32 feature) {
    const auto &plan = *columns->plan;
    const auto &features = columns->asked->features();
    const match::EventTerm &term = features[feature].terms.front();
    Reader *reader = &columns->readers[term.stream][term.code];
    uint32 total = 0, first = 0, own = 0;
    for (uint32 i = 0; i < features.size(); i++) {
        if (reads_codes_of(features[i], term)) {
            auto count = static_cast<uint32>(plan.features()[features[i].feature].cuts.size());
            if (i == feature) {
                first = total;
                own = count;
            }
            total += count;
        }
    }
    auto *sql = allocate<std::string_view>(total);
    uint32 next = 0;
    for (const match::EventFeature &other : features) {
        if (reads_codes_of(other, term)) {
            for (const std::pmr::string &cut : plan.features()[other.feature].cuts) {
                sql[next++] = cut;
            }
        }
    }
    ConstantValues values = evaluate_constants(sql, total);
    for (uint32 i = 0; i < total; i++) {
        if (values.types[i] != reader->type) {
            elog(ERROR, "a value of type %s is compared with a constant of type %s", format_type_be(reader->type),
                 format_type_be(values.types[i]));
        }
    }
    auto *ranks = allocate<uint32>(total);
    Cuts cuts = rank_cuts(reader->type, reader->collation, values.values, values.nulls, total, ranks);
    if (reader->encoder == nullptr) {
        reader->encoder = make_encoder(cuts);
    }
    auto *places = allocate<match::EventConstant>(own);
    for (uint32 i = 0; i < own; i++) {
        places[i] = {2 * static_cast<int64>(ranks[first + i]) + 2, ranks[first + i] == match::missing_rank};
    }
    return {places, own};
}

PlacedCuts place_numbers(EventColumns *columns, uint32 feature) {
    const auto &constants = columns->plan->features()[feature_of(columns, feature).feature].cuts;
    auto count = static_cast<uint32>(constants.size());
    auto *sql = allocate<std::string_view>(count);
    std::copy_n(constants.begin(), count, sql);
    ConstantValues values = evaluate_constants(sql, count);
    for (uint32 i = 0; i < count; i++) {
        if (values.types[i] != INT8OID && values.types[i] != NUMERICOID) {
            elog(ERROR, "numbers are compared with a constant of type %s", format_type_be(values.types[i]));
        }
        if (values.types[i] == INT8OID && !values.nulls[i]) {
            values.values[i] = DirectFunctionCall1(int8_numeric, values.values[i]);
        }
    }
    auto *ranks = allocate<uint32>(count);
    Cuts cuts = rank_cuts(NUMERICOID, InvalidOid, values.values, values.nulls, count, ranks);
    columns->bounds[feature] = {cuts.count, cuts.values};
    auto *places = allocate<match::EventConstant>(count);
    for (uint32 i = 0; i < count; i++) {
        places[i] = {2 * static_cast<int64>(ranks[i]) + 2, ranks[i] == match::missing_rank};
    }
    auto *numbers = allocate<behaviour::HalfMillionths>(cuts.count);
    for (uint32 i = 0; i < cuts.count; i++) {
        numbers[i] = half_millionths_of(reinterpret_cast<varlena *>(PG_DETOAST_DATUM_PACKED(cuts.values[i])));
    }
    return {{places, count}, {numbers, cuts.count}};
}

}  // namespace

EventColumns *begin_event_columns(const match::EventFeatures *asked, const match::Plan *plan, TemporaryFile *overflow,
                                  uint64 value_memory) {
    auto *columns = allocate<EventColumns>(1);
    columns->context = CurrentMemoryContext;
    columns->asked = asked;
    columns->plan = plan;
    columns->overflow = overflow;
    columns->value_memory = value_memory;
    const auto &streams = asked->streams();
    columns->readers = allocate<Reader *>(streams.size());
    for (size_t i = 0; i < streams.size(); i++) {
        columns->readers[i] = allocate<Reader>(streams[i].columns.size());
    }
    columns->bounds = allocate<Bounds>(asked->features().size());
    return columns;
}

void describe_event_column(EventColumns *columns, uint32 stream, uint32 column, Form_pg_attribute attribute) {
    Reader *reader = &columns->readers[stream][column];
    reader->form = columns->asked->streams()[stream].columns[column].form;
    describe_type(reader, attribute);
    if (reader->form == ColumnForm::identity && !reader->by_value && reader->type != NUMERICOID) {
        reader->ids = boundary::core([&] { return make_in_context<ValueIds>(columns->context, columns->context, columns->value_memory); });
    }
}

PlacedCuts place_cuts(EventColumns *columns, uint32 feature) {
    MemoryContext caller = MemoryContextSwitchTo(columns->context);
    PlacedCuts placed{};
    if (feature_of(columns, feature).terms.front().code != match::no_column) {
        placed.places = place_codes(columns, feature);
    } else {
        placed = place_numbers(columns, feature);
    }
    MemoryContextSwitchTo(caller);
    return placed;
}

ColumnValue read_event_column(EventColumns *columns, uint32 stream, uint32 column, Datum value, bool isnull) {
    if (isnull) {
        return {};
    }
    const Reader *reader = &columns->readers[stream][column];
    switch (reader->form) {
        case ColumnForm::number:
            return reader->type == NUMERICOID ? number_of(columns, value) : number_of(columns, integer_of(reader, value));
        case ColumnForm::identity:
            return identity_of(columns, reader, value);
        case ColumnForm::order:
            if (reader->length == -1) {
                value = PointerGetDatum(PG_DETOAST_DATUM_PACKED(value));
            }
            return {0, encode(reader->encoder, value), true, false};
        case ColumnForm::integer:
            break;
    }
    return {integer_of(reader, value), 0, true, false};
}

void calculate_aggregate(EventCalculation *calculation) {
    MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "segment event arithmetic", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(work);
    auto *values = allocate<Datum>(calculation->count);
    for (Size i = 0; i < calculation->count; i++) {
        values[i] = numeric_of(calculation->columns, calculation->events[i]);
    }
    Datum value = aggregate_of(calculation->aggregate, values, calculation->count);
    calculation->place = place_of(&calculation->columns->bounds[calculation->feature], value);
    calculation->number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(work);
}

void identify_values(EventCalculation *calculation) {
    struct Found {
        Moved moved;
        Occurrence *event;
        bool numeric;
    };
    EventColumns *columns = calculation->columns;
    MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "segment event values", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(work);
    const match::EventTerm &term = feature_of(columns, calculation->feature).terms.front();
    bool numeric = columns->readers[term.stream][term.number].type == NUMERICOID;
    auto *found = allocate<Found>(calculation->count);
    Size count = 0;
    for (Size i = 0; i < calculation->count; i++) {
        if (calculation->events[i].is_wide) {
            found[count++] = {read_back(columns, calculation->events[i].number), &calculation->events[i], numeric};
        }
    }
    auto compare = [](const void *left, const void *right) {
        const auto *a = static_cast<const Found *>(left), *b = static_cast<const Found *>(right);
        if (a->numeric) {
            return compare_numerics(PointerGetDatum(a->moved.bytes), PointerGetDatum(b->moved.bytes));
        }
        int order = memcmp(a->moved.bytes, b->moved.bytes, std::min(a->moved.length, b->moved.length));
        return order != 0 ? order : a->moved.length < b->moved.length ? -1 : a->moved.length > b->moved.length ? 1 : 0;
    };
    qsort(found, count, sizeof(Found), compare);
    int64 id = -1;
    for (Size i = 0; i < count; i++) {
        if (i > 0 && compare(&found[i - 1], &found[i]) != 0) {
            id--;
        }
        found[i].event->number = id;
    }
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(work);
}

std::int64_t EventArithmetic::aggregate(std::uint32_t feature, Aggregate aggregate, std::span<const Occurrence> events) {
    return calculate(columns_, feature, aggregate, events).place;
}

double EventArithmetic::number(std::uint32_t feature, Aggregate aggregate, std::span<const Occurrence> events) {
    const double number = calculate(columns_, feature, aggregate, events).number;
    return std::isfinite(number) ? number : std::numeric_limits<double>::quiet_NaN();
}

void EventArithmetic::identify(std::uint32_t feature, std::span<Occurrence> events) {
    EventCalculation calculation{columns_, feature, Aggregate::sum, events.data(), events.size(), 0, 0};
    boundary::backend<&identify_values>(&calculation);
}

}  // namespace segment::pg
