#include "pg/event_columns.hpp"

#include <algorithm>

#include "core/members/hash.hpp"
#include "pg/boundary.hpp"
#include "pg/cut_values.hpp"
#include "pg/encoder.hpp"
#include "pg/millionths.hpp"
#include "pg/value_ids.hpp"

namespace segment::pg {

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

}  // namespace

struct EventColumns {
    MemoryContext context;
    const match::EventFeatures *asked;
    const match::Plan *plan;
    TemporaryFile *overflow;
    uint64 value_memory;
    Reader **readers;       // by stream, then column
    NumericBounds *bounds;  // by feature: distinct cuts of aggregates of numbers
    ValueIds **ids;         // by pool
};

namespace {

const match::EventFeature &feature_of(const EventColumns *columns, uint32 feature) {
    return columns->asked->features()[feature];
}

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
    columns->bounds = allocate<NumericBounds>(asked->features().size());
    columns->ids = allocate<ValueIds *>(asked->pools());
    return columns;
}

void describe_event_column(EventColumns *columns, uint32 stream, uint32 column, Form_pg_attribute attribute) {
    Reader *reader = &columns->readers[stream][column];
    reader->form = columns->asked->streams()[stream].columns[column].form;
    describe_type(reader, attribute);
    if (reader->form == ColumnForm::identity && !reader->by_value && reader->type != NUMERICOID) {
        ValueIds **ids = &columns->ids[columns->asked->streams()[stream].columns[column].pool];
        if (*ids == nullptr) {
            *ids = boundary::core([&] { return make_in_context<ValueIds>(columns->context, columns->context, columns->value_memory); });
        }
        reader->ids = *ids;
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

MovedValue read_moved_value(EventColumns *columns, int64 place) {
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

const NumericBounds &numeric_bounds(const EventColumns *columns, uint32 feature) {
    return columns->bounds[feature];
}

bool has_numeric_identity(const EventColumns *columns, uint32 feature) {
    const match::EventTerm &term = feature_of(columns, feature).terms.front();
    return columns->readers[term.stream][term.number].type == NUMERICOID;
}

}  // namespace segment::pg
