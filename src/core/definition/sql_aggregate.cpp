// Aggregates over a member's events.
#include "core/definition/sql_writer.hpp"
#include "core/error.hpp"

namespace segment::definition {

// What floating point arithmetic could not add up is missing, as it is elsewhere.
void SqlWriter::floating_operand(const BoundEvents &events) {
    const auto operand = [&](Binding least) { event_column(events, EventColumn::value, Unit::day, least); };
    out_ += "CASE WHEN ";
    operand(Binding::sum);
    out_ += " = 0 OR abs(";
    operand(Binding::disjunction);
    out_ += ") BETWEEN 1e-100 AND 1e100 THEN ";
    operand(Binding::cast);
    out_ += "::double precision END";
}

// An aggregate call over all events, or over those on one side of their mark.
void SqlWriter::event_aggregate(EventFunction function, const BoundEvents &events, EventSide side) {
    const Type &type = events.value_type ? *events.value_type : bigint_type;
    const bool floating = type.type_class == TypeClass::floating, integer = type.type_class == TypeClass::integer;
    const auto filter = [&] {
        if (side == EventSide::all)
            return;
        out_ += side == EventSide::marked ? " FILTER (WHERE " : " FILTER (WHERE NOT ";
        event_column(events, EventColumn::mark, Unit::day, side == EventSide::marked ? Binding::disjunction : Binding::primary);
        out_ += ')';
    };
    const auto operand = [&] {
        if (floating)
            floating_operand(events);
        else
            event_column(events, EventColumn::value, Unit::day, integer ? Binding::cast : Binding::disjunction);
    };
    const auto call = [&](std::string_view name, std::string_view order = {}) {
        out_ += name;
        operand();
        out_ += order;
        out_ += ')';
        filter();
    };
    switch (function) {
        case EventFunction::count:
            out_ += "count(*)";
            return filter();
        case EventFunction::count_distinct:
            out_ += "count(DISTINCT ";
            event_column(events, EventColumn::value, Unit::day, Binding::disjunction);
            out_ += ')';
            return filter();
        case EventFunction::sum:
            call("coalesce(sum(");
            out_ += ", 0)";
            return;
        case EventFunction::avg:
            if (!floating)
                return call("avg(");
            // avg() also adds up squares, which overflow earlier.
            call("sum(");
            out_ += " / NULLIF(";
            call("count(");
            out_ += ", 0)";
            return;
        case EventFunction::median: {
            // The mean of the two in the middle, or of the same one twice.
            constexpr std::string_view middle = "percentile_disc(0.5) WITHIN GROUP (ORDER BY ";
            out_ += '(';
            call(middle, integer ? "::numeric" : "");
            out_ += " + ";
            call(middle, integer ? "::numeric DESC" : " DESC");
            out_ += ") / 2";
            return;
        }
        case EventFunction::min:
        case EventFunction::max:
            out_ += function == EventFunction::min ? "min(" : "max(";
            event_column(events, EventColumn::value, Unit::day, Binding::disjunction);
            out_ += ')';
            return filter();
        default:
            throw Error(ErrorCode::internal_error, "the function is no aggregate");
    }
}

void SqlWriter::trend(const BoundTrend &trend) {
    const bool counts = trend.function == EventFunction::count;
    out_ +=
        trend.fell ? "(SELECT later < earlier AND earlier <> 0 AND earlier - later >= " : "(SELECT later > earlier AND later - earlier >= ";
    out_ += trend.relative ? "abs(earlier) * " : "";
    out_ += trend.amount;
    if (!trend.from_at_least.empty()) {
        out_ += " AND earlier >= ";
        out_ += trend.from_at_least;
    }
    out_ += " FROM (SELECT ";
    event_aggregate(trend.function, trend.events, EventSide::marked);
    out_ += " AS later, ";
    event_aggregate(trend.function, trend.events, EventSide::unmarked);
    out_ += " AS earlier";
    if (counts)
        event_rows(trend.events, {EventColumn::mark});
    else
        event_rows(trend.events, {EventColumn::value, EventColumn::mark});
    out_ += ") AS trend)";
}

}  // namespace segment::definition
