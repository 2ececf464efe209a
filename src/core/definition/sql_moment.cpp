// Instants and dates: calendar arithmetic is done on local timestamps of the population's zone, clock arithmetic on instants.
#include <algorithm>
#include <utility>

#include "core/definition/sql_quote.hpp"
#include "core/definition/sql_writer.hpp"

namespace segment::definition {
namespace {

// Of each step two parts: 2 i is the calendar's of step i, 2 i + 1 the clock's.
Span part_of(std::span<const Span> steps, std::size_t part) {
    const Span &step = steps[part / 2];
    return part % 2 == 0 ? Span{step.months, step.days, 0} : Span{0, 0, step.microseconds};
}

std::size_t without_empty_parts(std::span<const Span> steps, std::size_t count) {
    while (count > 0 && !has_calendar_part(part_of(steps, count - 1)) && !has_clock_part(part_of(steps, count - 1)))
        --count;
    return count;
}

// `date_trunc` starts weeks on Mondays: days to go back before and forth after it.
int week_offset(const Vocabulary &vocabulary) {
    return vocabulary.week_start - 1;
}

std::string_view unit_name(Unit unit) {
    switch (unit) {
        case Unit::week:
            return "week";
        case Unit::month:
            return "month";
        case Unit::quarter:
            return "quarter";
        case Unit::year:
            return "year";
        default:
            return "day";
    }
}

}  // namespace

void SqlWriter::at_zone() {
    out_ += " AT TIME ZONE ";
    append_literal(out_, scope_.vocabulary.time_zone);
}

void SqlWriter::today() {
    out_ += '(';
    out_ += scope_.as_of_sql;
    at_zone();
    out_ += ")::date";
}

void SqlWriter::years_1_to_9999(const BoundValue &moment) {
    const BoundValue &written = moment.kind == ValueKind::instant ? *static_cast<const BoundInstant &>(moment).operand : moment;
    value(written, Binding::sum);
    switch (written.type->type_class) {
        case TypeClass::date:
            out_ += " BETWEEN '0001-01-01'::date AND '9999-12-31'::date";
            return;
        case TypeClass::timestamp:
            out_ += " BETWEEN '0001-01-01 00:00:00'::timestamp AND '9999-12-31 23:59:59.999999'::timestamp";
            return;
        default:
            out_ += " BETWEEN '0001-01-01 00:00:00+00'::timestamptz AND '9999-12-31 23:59:59.999999+00'::timestamptz";
    }
}

void SqlWriter::time(const BoundTime &literal, Binding least) {
    const IsoTime &time = literal.time;
    if (literal.type->type_class == TypeClass::date) {
        const bool opened = open(Binding::cast, least);
        append_literal(out_, time.date);
        out_ += "::date";
        return close(opened);
    }
    const bool utc = time.zone.empty() ? scope_.vocabulary.time_zone == "UTC" : time.zone == "Z" || time.zone == "z";
    const bool local = time.zone.empty() && !utc;
    const bool opened = open(local ? Binding::loose : Binding::cast, least);
    out_ += '\'';
    out_ += time.date;
    out_ += ' ';
    out_ += time.clock.empty() ? "00:00:00" : time.clock;
    out_ += utc ? "+00" : time.zone;
    out_ += local ? "'::timestamp" : "'::timestamptz";
    if (local)
        at_zone();
    close(opened);
}

void SqlWriter::interval(const Span &span, Binding least) {
    const Span ahead{std::max<std::int64_t>(span.months, 0), std::max<std::int64_t>(span.days, 0),
                     std::max<std::int64_t>(span.microseconds, 0)};
    const Span back = negated({span.months - ahead.months, span.days - ahead.days, span.microseconds - ahead.microseconds});
    const bool any_ahead = has_calendar_part(ahead) || has_clock_part(ahead), any_back = has_calendar_part(back) || has_clock_part(back);
    const bool opened = open(any_back ? (any_ahead ? Binding::sum : Binding::sign) : Binding::primary, least);
    if (any_ahead || !any_back)
        out_ += "interval '" + interval_text(ahead) + "'";
    if (any_back)
        out_ += (any_ahead ? " - interval '" : "-interval '") + interval_text(back) + "'";
    close(opened);
}

void SqlWriter::plus(const Span &span) {
    const bool back = span.months <= 0 && span.days <= 0 && span.microseconds <= 0;
    out_ += back ? " - " : " + ";
    interval(back ? negated(span) : span, Binding::product);
}

// The zone's offset could carry a column's value over the ends of PostgreSQL's range; all other moments are computed within it.
bool SqlWriter::can_leave_range(const BoundValue &moment, const Vocabulary &vocabulary) {
    return moment.kind == ValueKind::trait && moment.type->type_class != TypeClass::date && vocabulary.time_zone != "UTC";
}

void SqlWriter::within_range(const BoundValue &moment) {
    const bool local = moment.type->type_class == TypeClass::timestamp;
    value(moment, Binding::sum);
    out_ += local ? " BETWEEN '4713-01-01 00:00:00 BC'::timestamp AND '294276-01-01 00:00:00'::timestamp"
                  : " BETWEEN '4713-01-01 00:00:00+00 BC'::timestamptz AND '294276-01-01 00:00:00+00'::timestamptz";
    out_ += " OR NOT isfinite(";
    value(moment, Binding::disjunction);
    out_ += ')';
}

// Local time of an instant, the instant of local time.
void SqlWriter::converted(const BoundValue &moment, Binding least) {
    const bool guarded = !within_years_ && can_leave_range(moment, scope_.vocabulary);
    const bool opened = open(guarded ? Binding::primary : Binding::loose, least);
    if (guarded) {
        out_ += "CASE WHEN ";
        within_range(moment);
        out_ += " THEN ";
    }
    value(moment, Binding::cast);
    out_ += moment.type->type_class == TypeClass::date ? "::timestamp" : "";
    at_zone();
    out_ += guarded ? " END" : "";
    close(opened);
}

void SqlWriter::local(const BoundValue &moment, Binding least) {
    switch (moment.kind) {
        case ValueKind::period_start:
            return local_period_start(static_cast<const BoundPeriodStart &>(moment).unit, least);
        case ValueKind::instant:
            if (const auto &instant = static_cast<const BoundInstant &>(moment); !instant.cast)
                return local(*instant.operand, least);
            break;
        case ValueKind::shift:
            if (const auto &shift = static_cast<const BoundShift &>(moment); shift.constant)
                return moved_local(shift, 2 * shift.steps.size(), least);
            break;
        case ValueKind::time:
            if (const auto &time = static_cast<const BoundTime &>(moment).time; time.zone.empty() && scope_.vocabulary.time_zone == "UTC") {
                const bool opened = open(Binding::cast, least);
                out_ += '\'';
                out_ += time.date;
                out_ += ' ';
                out_ += time.clock.empty() ? "00:00:00" : time.clock;
                out_ += "'::timestamp";
                return close(opened);
            }
            break;
        default:
            break;
    }
    if (moment.type->type_class == TypeClass::timestamp)
        return value(moment, least);
    if (moment.type->type_class == TypeClass::date) {
        const bool opened = open(Binding::cast, least);
        value(moment, Binding::cast);
        out_ += "::timestamp";
        return close(opened);
    }
    converted(moment, least);
}

// Months and days of the interval move local time, the rest moves the instant, which local time does not always tell.
void SqlWriter::move(const BoundMove &move, Binding) {
    const std::string_view sign = move.back ? " - " : " + ";
    const bool timestamp = move.base->kind == ValueKind::instant && !static_cast<const BoundInstant &>(*move.base).cast;
    const bool tells = timestamp || move.base->type->type_class == TypeClass::date || scope_.vocabulary.time_zone == "UTC";
    out_ += "CASE WHEN ";
    years_1_to_9999(*move.base);
    out_ += " AND ";
    value(*move.interval, Binding::sum);
    out_ += " BETWEEN -interval '4000 years' AND interval '4000 years' THEN ";
    const bool outer = std::exchange(within_years_, true);
    if (!tells) {
        out_ += "CASE WHEN ";
        for (const std::string_view field : {"year", "month", "day"}) {
            out_ += field == "year" ? "extract(" : " AND extract(";
            out_ += field;
            out_ += " FROM ";
            value(*move.interval, Binding::disjunction);
            out_ += ") = 0";
        }
        out_ += " THEN ";
        value(*move.base, Binding::disjunction);
        out_ += " ELSE ";
    }
    out_ += tells ? "((" : "(";
    local(*move.base, Binding::product);
    out_ += sign;
    out_ += "date_trunc('day', ";
    value(*move.interval, Binding::disjunction);
    out_ += "))";
    at_zone();
    out_ += tells ? ")" : " END";
    out_ += sign;
    out_ += '(';
    value(*move.interval, Binding::sum);
    out_ += " - date_trunc('day', ";
    value(*move.interval, Binding::disjunction);
    out_ += ")) END";
    within_years_ = outer;
}

void SqlWriter::local_period_start(Unit unit, Binding least) {
    local_period_start(unit, BoundAsOf{{ValueKind::as_of, true, 0, &timestamptz_type}}, least);
}

// The start of the period that the moment lies in, as local time of the population's zone.
void SqlWriter::local_period_start(Unit unit, const BoundValue &moment, Binding least) {
    const int offset = unit == Unit::week ? week_offset(scope_.vocabulary) : 0;
    const bool opened = open(offset == 0 ? Binding::primary : Binding::sum, least);
    out_ += "date_trunc('";
    out_ += unit_name(unit);
    out_ += "', ";
    local(moment, offset == 0 ? Binding::disjunction : Binding::sum);
    if (offset != 0)
        plus({0, -offset, 0});
    out_ += ')';
    if (offset != 0)
        plus({0, offset, 0});
    close(opened);
}

void SqlWriter::period_start(const BoundPeriodStart &start, Binding least) {
    const bool date = start.type->type_class == TypeClass::date;
    const bool opened = open(date ? Binding::cast : Binding::loose, least);
    local_period_start(start.unit, Binding::cast);
    if (date)
        out_ += "::date";
    else
        at_zone();
    close(opened);
}

void SqlWriter::shift(const BoundShift &shift, Binding least) {
    if (shift.constant)
        return moved(shift, 2 * shift.steps.size(), least);
    out_ += "CASE WHEN ";
    years_1_to_9999(*shift.base);
    out_ += " THEN ";
    const bool outer = std::exchange(within_years_, true);
    moved(shift, 2 * shift.steps.size(), Binding::disjunction);
    within_years_ = outer;
    out_ += " END";
}

// The base moved by the first `count` parts: of each step first the calendar's, then the clock's, as in PostgreSQL's
// intervals.
void SqlWriter::moved(const BoundShift &shift, std::size_t count, Binding least) {
    count = without_empty_parts(shift.steps, count);
    if (count == 0)
        return value(*shift.base, least);
    const Span part = part_of(shift.steps, count - 1);
    if (shift.type->type_class == TypeClass::date)
        return moved_date(shift, count, least);
    if (has_clock_part(part)) {
        const bool opened = open(Binding::sum, least);
        moved(shift, count - 1, Binding::sum);
        plus(part);
        return close(opened);
    }
    const bool opened = open(Binding::loose, least);
    moved_local(shift, count, Binding::cast);
    at_zone();
    close(opened);
}

// The same as local time of the population's zone.
void SqlWriter::moved_local(const BoundShift &shift, std::size_t count, Binding least) {
    count = without_empty_parts(shift.steps, count);
    if (count == 0)
        return local(*shift.base, least);
    const Span part = part_of(shift.steps, count - 1);
    const bool clock = has_clock_part(part);
    const bool opened = open(clock ? Binding::loose : Binding::sum, least);
    if (clock) {
        moved(shift, count, Binding::cast);
        at_zone();
    } else {
        moved_local(shift, count - 1, Binding::sum);
        plus(part);
    }
    close(opened);
}

void SqlWriter::moved_date(const BoundShift &shift, std::size_t count, Binding least) {
    const Span part = part_of(shift.steps, count - 1);
    const bool days_only = part.months == 0;
    const bool opened = open(days_only ? Binding::sum : Binding::cast, least);
    out_ += days_only ? "" : "(";
    moved(shift, count - 1, Binding::sum);
    if (days_only)
        out_ += (part.days < 0 ? " - " : " + ") + std::to_string(part.days < 0 ? -part.days : part.days);
    else
        plus(part);
    out_ += days_only ? "" : ")::date";
    close(opened);
}

}  // namespace segment::definition
