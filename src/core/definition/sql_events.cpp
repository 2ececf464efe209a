// What members did, as subqueries over the sources: each looks at one member's events, so that an index on key and time
// serves it.
#include <utility>

#include "core/definition/sql_writer.hpp"

namespace segment::definition {
namespace {

std::string_view name(EventColumn column) {
    switch (column) {
        case EventColumn::at:
            return event_time_name;
        case EventColumn::value:
            return "value";
        case EventColumn::tie:
            return "tie";
        case EventColumn::period:
            return "period";
        case EventColumn::mark:
            return "mark";
        case EventColumn::ties:
            break;
    }
    return {};
}

// The tie-breakers of several sources order nothing among one another unless they are of one type.
bool has_tie_break(const BoundEvents &events) {
    const auto type = [](const BoundEventPart &part) {
        return part.source->columns[static_cast<std::size_t>(part.source->tie_break)].type.sql_name;
    };
    for (const BoundEventPart &part : events.parts)
        if (part.source->tie_break < 0 || type(part) != type(events.parts.front()))
            return false;
    return true;
}

std::string_view unit_interval(Unit unit) {
    switch (unit) {
        case Unit::week:
            return "interval '7 days'";
        case Unit::month:
            return "interval '1 month'";
        default:
            return "interval '1 day'";
    }
}

}  // namespace

// An expression over the event's own columns.
void SqlWriter::event_expression(const BoundEventPart &part, EventColumn column, Unit unit, Binding least) {
    switch (column) {
        case EventColumn::at:
            return value(*part.at, least);
        case EventColumn::value:
            return value(*part.value, least);
        case EventColumn::tie:
            return this->column(part.source->columns[static_cast<std::size_t>(part.source->tie_break)], event_row);
        case EventColumn::period:
            return period(*part.at, unit, least);
        case EventColumn::mark:
            return condition(*part.mark, least);
        case EventColumn::ties:
            return;
    }
}

void SqlWriter::period(const BoundValue &moment, Unit unit, Binding least) {
    if (unit != Unit::day)
        return local_period_start(unit, moment, least);
    if (moment.type->type_class == TypeClass::date)
        return value(moment, least);
    const bool opened = open(Binding::cast, least);
    local(moment, Binding::cast);
    out_ += "::date";
    close(opened);
}

// The same where several sources have been put together under common names.
void SqlWriter::event_column(const BoundEvents &events, EventColumn column, Unit unit, Binding least) {
    if (events.parts.size() == 1)
        return event_expression(events.parts.front(), column, unit, least);
    out_ += event_alias_;
    out_ += '.';
    out_ += name(column);
}

// `FROM source AS e WHERE …`, one member's events.
void SqlWriter::part_rows(const BoundEventPart &part) {
    out_ += " FROM ";
    out_ += part.source->relation_sql;
    out_ += " AS ";
    out_ += event_alias_;
    out_ += " WHERE ";
    out_ += event_alias_;
    out_ += '.';
    out_ += part.source->key_sql;
    out_ += ' ';
    out_ += part.source->equality_sql;
    out_ += ' ';
    out_ += scope_.vocabulary.key_sql;
    for (const BoundCondition *condition : {part.filter, part.time}) {
        if (condition) {
            out_ += " AND ";
            this->condition(*condition, Binding::conjunction);
        }
    }
}

// A FROM clause over the events; of several sources only the columns asked for are left, and conditions begin with WHERE.
void SqlWriter::event_rows(const BoundEvents &events, EventColumns columns, Unit unit, std::string_view alias) {
    if (events.parts.size() == 1) {
        const std::string_view outer = std::exchange(event_alias_, alias);
        part_rows(events.parts.front());
        event_alias_ = outer;
        return;
    }
    out_ += " FROM (";
    for (const BoundEventPart &part : events.parts) {
        out_ += &part == &events.parts.front() ? "SELECT" : " UNION ALL SELECT";
        std::string_view comma = " ";
        for (const EventColumn column : columns) {
            if (column == EventColumn::ties) {
                tie_columns(events, part);
                continue;
            }
            out_ += comma;
            const bool converted = column == EventColumn::value && part.value->type->sql_name != events.value_type->sql_name;
            event_expression(part, column, unit, converted ? Binding::cast : Binding::disjunction);
            if (converted) {
                out_ += "::";
                out_ += events.value_type->sql_name;
            }
            out_ += " AS ";
            out_ += name(column);
            comma = ", ";
        }
        part_rows(part);
    }
    out_ += ") AS ";
    out_ += alias;
}

// Which source the event is of, and its tie-breaker.
void SqlWriter::tie_columns(const BoundEvents &events, const BoundEventPart &part) {
    out_ += ", ";
    out_ += std::to_string(&part - events.parts.data() + 1);
    out_ += " AS ";
    out_ += event_source_name;
    for (std::size_t i = 0; i < events.parts.size(); ++i) {
        const EventSource &source = *events.parts[i].source;
        if (source.tie_break < 0)
            continue;
        const Trait &tie = source.columns[static_cast<std::size_t>(source.tie_break)];
        out_ += ", ";
        if (&events.parts[i] == &part) {
            column(tie, event_row);
        } else {
            out_ += "NULL::";
            out_ += tie.type.sql_name;
        }
        out_ += " AS " + tie_name(i);
    }
}

void SqlWriter::event_value(const BoundEventValue &value) {
    const int bound = std::exchange(bound_, 0);
    switch (value.function) {
        case EventFunction::most_frequent:
            most_frequent(value);
            break;
        case EventFunction::first_value:
        case EventFunction::last_value:
            picked(value);
            break;
        case EventFunction::streak:
            streak(value);
            break;
        case EventFunction::count:
            out_ += "(SELECT ";
            event_aggregate(value.function, value.events, EventSide::all);
            event_rows(value.events, {});
            out_ += ')';
            break;
        case EventFunction::share:
            out_ += "(SELECT count(*) FILTER (WHERE ";
            event_column(value.events, EventColumn::mark, value.unit, Binding::disjunction);
            out_ += ")::numeric / NULLIF(count(*), 0)";
            event_rows(value.events, {EventColumn::mark});
            out_ += ')';
            break;
        case EventFunction::first_time:
        case EventFunction::last_time:
            out_ += value.function == EventFunction::first_time ? "(SELECT min(" : "(SELECT max(";
            event_column(value.events, EventColumn::at, value.unit, Binding::disjunction);
            out_ += ')';
            event_rows(value.events, {EventColumn::at});
            out_ += ')';
            break;
        case EventFunction::distinct_periods:
            out_ += "(SELECT count(DISTINCT ";
            event_column(value.events, EventColumn::period, value.unit, Binding::disjunction);
            out_ += ')';
            event_rows(value.events, {EventColumn::period}, value.unit);
            out_ += ')';
            break;
        default:
            out_ += "(SELECT ";
            event_aggregate(value.function, value.events, EventSide::all);
            event_rows(value.events, {EventColumn::value});
            out_ += ')';
            break;
    }
    bound_ = bound;
}

// Ties: the smallest value.
void SqlWriter::most_frequent(const BoundEventValue &value) {
    const auto subject = [&](Binding least) { event_column(value.events, EventColumn::value, value.unit, least); };
    out_ += "(SELECT ";
    subject(Binding::disjunction);
    event_rows(value.events, {EventColumn::value});
    out_ += value.events.parts.size() == 1 ? " AND " : " WHERE ";
    subject(Binding::sum);
    out_ += " IS NOT NULL GROUP BY ";
    subject(Binding::disjunction);
    out_ += " ORDER BY count(*) DESC, ";
    subject(Binding::disjunction);
    out_ += " LIMIT 1)";
}

void SqlWriter::picked(const BoundEventValue &value) {
    out_ += "(SELECT ";
    event_column(value.events, EventColumn::value, value.unit, Binding::disjunction);
    picked_event(value);
    out_ += ')';
}

// `FROM … LIMIT 1`; of events that nothing else orders, the one with the smallest value.
void SqlWriter::picked_event(const BoundEventValue &value) {
    const bool last = value.function == EventFunction::last_value, tied = has_tie_break(value.events);
    const auto subject = [&](EventColumn column) { event_column(value.events, column, value.unit, Binding::disjunction); };
    if (tied)
        event_rows(value.events, {EventColumn::value, EventColumn::at, EventColumn::tie});
    else
        event_rows(value.events, {EventColumn::value, EventColumn::at});
    out_ += " ORDER BY ";
    subject(EventColumn::at);
    out_ += last ? " DESC" : "";
    if (tied) {
        out_ += ", ";
        subject(EventColumn::tie);
        out_ += last ? " DESC NULLS LAST" : " NULLS FIRST";
    }
    if (value.type->ordered) {
        out_ += ", ";
        subject(EventColumn::value);
    }
    out_ += " LIMIT 1";
}

// The periods with an event that follow one another without a gap up to the newest, which is this one or the last. Going
// back from it, the k-th of them lies k − 1 periods before it.
void SqlWriter::streak(const BoundEventValue &value) {
    const std::string_view interval = unit_interval(value.unit);
    out_ +=
        "(SELECT count(*) FROM (SELECT period, row_number() OVER (ORDER BY period DESC) AS place, max(period) OVER () AS newest "
        "FROM (SELECT DISTINCT ";
    event_column(value.events, EventColumn::period, value.unit, Binding::disjunction);
    out_ += value.events.parts.size() == 1 ? " AS period" : "";
    event_rows(value.events, {EventColumn::period}, value.unit);
    out_ += ") AS periods) AS run WHERE newest >= ";
    local_period_start(value.unit, Binding::sum);
    out_ += " - ";
    out_ += interval;
    out_ += " AND period + (place - 1) * ";
    out_ += interval;
    out_ += " = newest)";
}

void SqlWriter::occurs(const BoundOccurs &occurs, bool negated, Binding least) {
    const bool opened = open(negated ? Binding::negation : Binding::primary, least);
    out_ += negated ? "NOT EXISTS (SELECT" : "EXISTS (SELECT";
    event_rows(occurs.events, {});
    out_ += ')';
    close(opened);
}

void SqlWriter::resumed(const BoundResumed &resumed, bool negated, Binding least) {
    const bool opened = open(negated ? Binding::negation : Binding::primary, least);
    const auto at = [&] { event_column(resumed.events, EventColumn::at, Unit::day, Binding::disjunction); };
    out_ += negated ? "NOT EXISTS (SELECT FROM (SELECT " : "EXISTS (SELECT FROM (SELECT ";
    at();
    out_ += " AS occurred, lag(";
    at();
    out_ += ") OVER (ORDER BY ";
    at();
    out_ += ") AS previous";
    event_rows(resumed.events, {EventColumn::at});
    out_ += ") AS e WHERE ";
    condition(*resumed.recent, Binding::conjunction);
    out_ += " AND ";
    condition(*resumed.gap, Binding::conjunction);
    out_ += ')';
    close(opened);
}

}  // namespace segment::definition
