#include "pg/event_pass.hpp"

#include <algorithm>
#include <cstring>

#include "pg/boundary.hpp"
#include "pg/cut_values.hpp"
#include "pg/memory.hpp"
#include "pg/spi.hpp"

namespace segment::pg {

namespace {

using behaviour::NameId;
using behaviour::Time;

void append(StringInfo sql, std::string_view text) {
    appendBinaryStringInfo(sql, text.data(), static_cast<int>(text.size()));
}

const char *members_sql(const Binding *binding, const match::EventFeatures *asked) {
    MemoryContext context = CurrentMemoryContext;
    return boundary::core([&] {
        std::pmr::string from;
        definition::append_from(from, {binding->vocabulary, {}, nullptr, asked->member_joins()});
        return static_cast<const char *>(std::memcpy(ContextResource(context).allocate(from.size() + 1, 1), from.c_str(), from.size() + 1));
    });
}

const char *select_sql(const EventPass *pass, const Binding *binding, const match::EventFeatures *asked) {
    const match::EventStream *stream = pass->stream;
    StringInfoData sql;
    initStringInfo(&sql);
    append(&sql, "SELECT ");
    append(&sql, pass->source != nullptr ? "e." : "");
    append(&sql, pass->source != nullptr ? pass->source->key_sql : binding->vocabulary.key_sql);
    append(&sql, ", ");
    append(&sql, stream->time_sql);
    if (!stream->names.empty()) {
        append(&sql, ", e.");
        append(&sql, pass->source->columns[static_cast<size_t>(pass->source->event_name)].sql);
    }
    for (const std::pmr::string &filter : stream->filters) {
        append(&sql, ", ");
        append(&sql, filter);
    }
    for (const match::EventColumn &column : stream->columns) {
        append(&sql, ", ");
        append(&sql, column.sql);
    }
    append(&sql, " FROM ");
    if (pass->source != nullptr) {
        append(&sql, pass->source->relation_sql);
        append(&sql, " AS e");
    } else {
        append(&sql, members_sql(binding, asked));
    }
    return sql.data;
}

TupleDesc describe(const char *sql) {
    SPIPlanPtr plan = SPI_prepare(sql, 0, nullptr);
    if (plan == nullptr) {
        elog(ERROR, "could not prepare a pass: %s", SPI_result_code_string(SPI_result));
    }
    return static_cast<CachedPlanSource *>(linitial(SPI_plan_get_plan_sources(plan)))->resultDesc;
}

// Equal names get one number; one that is null, a number that no event has.
void number_names(EventPass *pass, Form_pg_attribute column) {
    auto count = static_cast<uint32>(pass->stream->names.size());
    auto *constants = allocate<std::string_view>(count);
    std::copy_n(pass->stream->names.begin(), count, constants);
    ConstantValues values = evaluate_constants(constants, count);
    Oid type = getBaseType(column->atttypid);
    for (uint32 i = 0; i < count; i++) {
        if (values.types[i] != type) {
            elog(ERROR, "event names of type %s are compared with one of type %s", format_type_be(type), format_type_be(values.types[i]));
        }
    }
    auto *ranks = allocate<uint32>(count);
    pass->name_encoder = make_encoder(rank_cuts(type, column->attcollation, values.values, values.nulls, count, ranks));
    pass->names = allocate<NameId>(count);
    pass->name_type = column->atttypid;
    pass->name_length = column->attlen;
    pass->name_by_value = column->attbyval;
    for (uint32 i = 0; i < count; i++) {
        pass->names[i] = ranks[i] == match::missing_rank ? count : ranks[i];
    }
}

bool is_listed(const match::EventFeatures *asked, behaviour::StreamId id) {
    return std::ranges::any_of(asked->features(), [&](const match::EventFeature &feature) {
        return !feature.is_counted() && std::ranges::any_of(feature.terms, [&](const match::EventTerm &term) {
            return term.stream == id || (term.member_low && term.member_low->stream == id) ||
                   (term.member_high && term.member_high->stream == id);
        });
    });
}

Datum datum_of(Oid type, Time time) {
    if (type != DATEOID) {
        return TimestampTzGetDatum(time);
    }
    return DateADTGetDatum(static_cast<DateADT>(std::clamp<Time>(time, DATEVAL_NOBEGIN, DATEVAL_NOEND)));
}

}  // namespace

EventPass begin_event_pass(const Binding *binding, const match::EventFeatures *asked, behaviour::StreamId id, EventColumns *columns) {
    MemoryContext context = CurrentMemoryContext;
    EventPass pass{};
    pass.id = id;
    pass.stream = &asked->streams()[id];
    const bool of_members = pass.stream->source == match::members_source;
    pass.source = of_members ? nullptr : &binding->vocabulary.events[pass.stream->source];
    pass.relation = of_members ? binding->relation->oid : binding->sources[pass.stream->source].relation->oid;
    pass.select = select_sql(&pass, binding, asked);
    spi::connect();
    TupleDesc description = describe(pass.select);
    Form_pg_attribute key = TupleDescAttr(description, 0);
    pass.key_type = getBaseType(key->atttypid);
    pass.key_length = key->attlen;
    pass.key_by_value = key->attbyval;
    pass.time_type = getBaseType(TupleDescAttr(description, 1)->atttypid);
    pass.name_column = pass.stream->names.empty() ? -1 : 2;
    pass.first_filter = pass.name_column < 0 ? 2 : 3;
    pass.filter_count = static_cast<int>(pass.stream->filters.size());
    pass.has_lists = is_listed(asked, id);
    pass.first_column = pass.first_filter + pass.filter_count;
    for (uint32 i = 0; i < pass.stream->columns.size(); i++) {
        describe_event_column(columns, id, i, TupleDescAttr(description, pass.first_column + static_cast<int>(i)));
    }
    FormData_pg_attribute name{};
    if (pass.name_column >= 0) {
        memcpy(&name, TupleDescAttr(description, pass.name_column), ATTRIBUTE_FIXED_PART_SIZE);
    }
    spi::finish();
    MemoryContextSwitchTo(context);
    if (pass.name_column >= 0) {
        number_names(&pass, &name);
    }
    return pass;
}

void read_event_pass(const EventPass *pass, Time earliest, Time latest, spi::ReceiveRow receive, void *state) {
    MemoryContext context = CurrentMemoryContext;
    StringInfoData sql;
    initStringInfo(&sql);
    append(&sql, pass->select);
    append(&sql, " WHERE ");
    // Conditions of one cost are evaluated in this order: most events are old, hardly any are to come.
    if (earliest != behaviour::beginning_of_time) {
        append(&sql, pass->stream->time_sql);
        append(&sql, " > $2 AND ");
    }
    append(&sql, pass->stream->time_sql);
    append(&sql, " <= $1");
    spi::connect();
    spi::execute_to(spi::make_receiver(receive, state), sql.data,
                    {{pass->time_type, datum_of(pass->time_type, latest)}, {pass->time_type, datum_of(pass->time_type, earliest)}},
                    {.read_only = true});
    spi::finish();
    MemoryContextSwitchTo(context);
}

}  // namespace segment::pg
