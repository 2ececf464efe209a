#include "core/definition/evidence.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "core/definition/bound_events.hpp"
#include "core/definition/sql_writer.hpp"
#include "core/definition/type.hpp"

namespace segment::definition {
namespace {

std::string_view unit_word(Unit unit) {
    switch (unit) {
        case Unit::week:
            return "week";
        case Unit::month:
            return "month";
        default:
            return "day";
    }
}

// `3 days`, `1 day`.
std::string amount(const std::string &number, std::string_view word) {
    return number + " || CASE " + number + " WHEN 1 THEN ' " + std::string(word) + "' ELSE ' " + std::string(word) + "s' END";
}

// A number without the zeros at its end, anything else as it is; `missing` for NULL.
std::string shown(const std::string &value, const Type &type) {
    const bool exact = type.type_class == TypeClass::numeric;
    return "coalesce(" + (exact ? "trim_scale(" + value + ")" : "(" + value + ")") + "::text, 'missing')";
}

// CountedEvents as they are counted for a text: their times alike, so that those of several sources can be sorted.
class CountedEvents {
public:
    CountedEvents(const BoundEvents &events, bool timeless)
        : parts_(events.parts.begin(), events.parts.end()), value_type_(events.value_type) {
        const Type &first = *parts_.front().at->type;
        const bool alike =
            std::ranges::all_of(parts_, [&](const BoundEventPart &part) { return part.at->type->type_class == first.type_class; });
        for (BoundEventPart &part : parts_) {
            const BoundValue *instant = part.at;
            if (instant->type->type_class != TypeClass::timestamptz)
                instant = &instants_.emplace_back(BoundInstant{{ValueKind::instant, false, 0, &timestamptz_type}, part.at});
            if (timeless)
                part.time = &visible_.emplace_back(BoundCompare{{ConditionKind::compare}, Comparison::less_equal, instant, &now_});
            if (!alike)
                part.at = instant;
        }
    }

    BoundEvents bound() const { return {parts_, value_type_}; }
    const Type &time_type() const { return *parts_.front().at->type; }

private:
    std::vector<BoundEventPart> parts_;
    const Type *value_type_;
    std::deque<BoundInstant> instants_;
    std::deque<BoundCompare> visible_;
    BoundAsOf now_{{ValueKind::as_of, true, 0, &timestamptz_type}};
};

}  // namespace

class EvidenceWriter {
public:
    EvidenceWriter(const Scope &scope, std::pmr::memory_resource *memory) : scope_(scope), memory_(memory) {}

    std::string value(const BoundEventValue &value) const;
    std::string condition(const BoundCondition &condition) const;

private:
    template <class Write>
    std::string sql(Write write) const {
        std::pmr::string text(memory_);
        SqlWriter writer(scope_, text);
        write(writer);
        return std::string(text);
    }
    std::string time(const std::string &moment, const Type &type) const;
    std::string column(const BoundEvents &events, EventColumn column, Unit unit = Unit::day, std::string_view alias = "e") const;
    std::string rows(const BoundEvents &events, std::initializer_list<EventColumn> columns, Unit unit = Unit::day) const;
    std::string times(const BoundEvents &events) const;
    std::string first_and_last(const CountedEvents &events) const;
    std::string last_ever(const BoundEvents &events) const;
    std::string in_events(const BoundEventValue &value) const;
    std::string trend(const BoundTrend &trend) const;
    std::string resumed(const BoundResumed &resumed) const;
    std::string stay(const BoundStay &stay) const;
    std::string score(const BoundScoreTrend &trend) const;

    std::string sequence(const BoundSequence &sequence) const;
    std::string found_steps(const BoundSequence &sequence, std::size_t count, bool complete) const;
    std::string absence(const BoundStep &step, std::size_t index) const;

    const Scope &scope_;
    std::pmr::memory_resource *memory_;
};

// `2026-01-20 09:30`, with seconds where they are not 0; what lies outside the years that this can be written for as PostgreSQL does.
std::string EvidenceWriter::time(const std::string &moment, const Type &type) const {
    const bool instant = type.type_class == TypeClass::timestamptz;
    const std::string name(type.sql_name);
    const std::string local = instant ? sql([&](SqlWriter &writer) {
        (writer.out_ += "(") += moment;
        writer.at_zone();
        writer.out_ += ')';
    })
                                      : "(" + moment + ")::timestamp";
    const std::string text = type.type_class == TypeClass::date
                                 ? "to_char(" + local + ", 'YYYY-MM-DD')"
                                 : "regexp_replace(to_char(" + local + ", 'YYYY-MM-DD HH24:MI:SS.US'), '(:00)?[.]000000$', '')";
    return "CASE WHEN " + moment + " BETWEEN '0001-01-02'::" + name + " AND '9999-12-30'::" + name + " THEN " + text + " ELSE (" + moment +
           ")::text END";
}

std::string EvidenceWriter::column(const BoundEvents &events, EventColumn column, Unit unit, std::string_view alias) const {
    return sql([&](SqlWriter &writer) {
        writer.event_alias_ = alias;
        writer.event_column(events, column, unit, Binding::primary);
    });
}

std::string EvidenceWriter::rows(const BoundEvents &events, std::initializer_list<EventColumn> columns, Unit unit) const {
    return sql([&](SqlWriter &writer) { writer.event_rows(events, columns, unit); });
}

// `first 2026-01-02 10:00, last 2026-01-20 09:30`, of an aggregate over the events.
std::string EvidenceWriter::first_and_last(const CountedEvents &events) const {
    const std::string at = column(events.bound(), EventColumn::at);
    return "'first ' || " + time("min(" + at + ")", events.time_type()) + " || ', last ' || " + time("max(" + at + ")", events.time_type());
}

// When the last event of the kind was, whether it counts or not.
std::string EvidenceWriter::last_ever(const BoundEvents &counted) const {
    const CountedEvents events(counted, true);
    const std::string at = column(events.bound(), EventColumn::at);
    return "(SELECT " + time("max(" + at + ")", events.time_type()) + rows(events.bound(), {EventColumn::at}) + ")";
}

std::string EvidenceWriter::times(const BoundEvents &counted) const {
    const CountedEvents events(counted, false);
    const std::string at = column(events.bound(), EventColumn::at);
    return "(SELECT CASE count(*) WHEN 0 THEN '0 times, ' || coalesce('last ever ' || " + last_ever(counted) +
           ", 'never') WHEN 1 THEN '1 time, ' || " + time("min(" + at + ")", events.time_type()) + " ELSE count(*) || ' times, ' || " +
           first_and_last(events) + " END" + rows(events.bound(), {EventColumn::at}) + ")";
}

// How many events were looked at: `3 events, first …, last …`.
std::string EvidenceWriter::in_events(const BoundEventValue &value) const {
    const CountedEvents events(value.events, false);
    return "(SELECT " + amount("count(*)", "event") + " || coalesce(', ' || " + first_and_last(events) + ", '')" +
           rows(events.bound(), {EventColumn::at}) + ")";
}

std::string EvidenceWriter::value(const BoundEventValue &value) const {
    const std::string own = sql([&](SqlWriter &writer) { writer.event_value(value); });
    const auto part = [&](EventColumn which) { return column(value.events, which, value.unit); };
    switch (value.function) {
        case EventFunction::count:
            return times(value.events);
        case EventFunction::first_time:
            return "'first ' || " + time(own, *value.type);
        case EventFunction::last_time:
            return "'last ' || " + time(own, *value.type);
        case EventFunction::count_distinct:
            return own + " || ' different in ' || " + in_events(value);
        case EventFunction::distinct_periods:
            return amount(own, unit_word(value.unit)) + " || ' in ' || " + in_events(value);
        case EventFunction::streak:
            return amount(own, unit_word(value.unit)) + " || coalesce(', last ' || " + last_ever(value.events) + ", '')";
        case EventFunction::share: {
            const std::string mark = part(EventColumn::mark);
            return "(SELECT coalesce(trim_scale(round(count(*) FILTER (WHERE " + mark +
                   ")::numeric / NULLIF(count(*), 0), 6)) || ', ', '') || " + "count(*) FILTER (WHERE " + mark + ") || ' of ' || " +
                   amount("count(*)", "event") + rows(value.events, {EventColumn::mark}) + ")";
        }
        case EventFunction::most_frequent: {
            const std::string item = part(EventColumn::value);
            return "(SELECT " + item + "::text || ' in ' || count(*) || ' of ' || " + amount("sum(count(*)) OVER ()", "event") +
                   rows(value.events, {EventColumn::value}) + (value.events.parts.size() == 1 ? " AND " : " WHERE ") + item +
                   " IS NOT NULL GROUP BY " + item + " ORDER BY count(*) DESC, " + item + " LIMIT 1)";
        }
        case EventFunction::first_value:
        case EventFunction::last_value:
            return "(SELECT " + shown(part(EventColumn::value), *value.type) + " || ', ' || " +
                   time(part(EventColumn::at), *value.events.parts.front().at->type) +
                   sql([&](SqlWriter &writer) { writer.picked_event(value); }) + ")";
        default:
            return shown(own, *value.type) + " || ' in ' || " + in_events(value);
    }
}

std::string EvidenceWriter::trend(const BoundTrend &trend) const {
    const Type &values = trend.events.value_type ? *trend.events.value_type : bigint_type;
    const bool exact = values.type_class == TypeClass::integer || values.type_class == TypeClass::numeric;
    const auto side = [&](EventSide which) {
        const std::string number = sql([&](SqlWriter &writer) { writer.event_aggregate(trend.function, trend.events, which); });
        return exact ? shown("(" + number + ")::numeric", numeric_type) : shown(number, values);
    };
    return "(SELECT " + side(EventSide::marked) + " || ', before ' || " + side(EventSide::unmarked) +
           (trend.function == EventFunction::count ? rows(trend.events, {EventColumn::mark})
                                                   : rows(trend.events, {EventColumn::value, EventColumn::mark})) +
           ")";
}

// The event after the gap and the one before it; without such a pair, the last event.
std::string EvidenceWriter::resumed(const BoundResumed &resumed) const {
    const Type &type = *resumed.events.parts.front().at->type;
    const std::string at = column(resumed.events, EventColumn::at);
    return "coalesce((SELECT " + time("e.occurred", type) + " || ' after ' || " + time("e.previous", type) + " FROM (SELECT " + at +
           " AS occurred, lag(" + at + ") OVER (ORDER BY " + at + ") AS previous" + rows(resumed.events, {EventColumn::at}) +
           ") AS e WHERE " + sql([&](SqlWriter &writer) {
               writer.condition(*resumed.recent, Binding::conjunction);
               writer.out_ += " AND ";
               writer.condition(*resumed.gap, Binding::conjunction);
           }) +
           " ORDER BY e.occurred DESC LIMIT 1), 'last ' || " + last_ever(resumed.events) + ", 'never')";
}

// What became of a negated last step: the event that must not be, or until when none may be.
std::string EvidenceWriter::absence(const BoundStep &step, std::size_t index) const {
    const std::string alias = "e" + std::to_string(index + 1), word = "', step " + std::to_string(index + 1);
    const Type &type = *step.events.parts.front().at->type;
    std::string text = "coalesce(" + word + " ' || (SELECT " +
                       time("min(" + column(step.events, EventColumn::at, Unit::day, alias) + ")", type) + sql([&](SqlWriter &writer) {
                           writer.event_rows(step.events, {EventColumn::at, EventColumn::ties}, Unit::day, alias);
                           bool where = step.events.parts.size() == 1;
                           writer.and_condition(where, *step.link);
                       }) +
                       ")";
    if (step.due) {
        const auto &due = static_cast<const BoundCompare &>(*step.due);
        const std::string end = sql([&](SqlWriter &writer) { writer.value(*due.left, Binding::primary); });
        text += ", CASE WHEN NOT (" + sql([&](SqlWriter &writer) { writer.condition(due, Binding::disjunction); }) + ") THEN " + word +
                " is open until ' || " + time(end, *due.left->type) + " END";
    }
    return text + ", '')";
}

// `step 1 2026-01-02 10:00, step 2 2026-01-03 09:00` for the first `count` steps that are not negated, of the latest first step for which
// there are such events; NULL if there are none. Complete, the negated steps at the end are fulfilled too.
std::string EvidenceWriter::found_steps(const BoundSequence &sequence, std::size_t count, bool complete) const {
    std::string text, from, rest;
    std::size_t found = 0, previous = 0, index = 0;
    for (; index < sequence.steps.size() && found < count; ++index) {
        const BoundStep &step = sequence.steps[index];
        if (step.negated)
            continue;
        const std::string alias = "e" + std::to_string(index + 1);
        const std::string at = column(step.events, EventColumn::at, Unit::day, alias);
        text +=
            (found == 0 ? "'step " : " || ', step ") + std::to_string(index + 1) + " ' || " + time(at, *step.events.parts.front().at->type);
        from += (found == 0 ? " FROM (SELECT " : " CROSS JOIN LATERAL (SELECT ") + alias + ".*" + sql([&](SqlWriter &writer) {
                    writer.event_rows(step.events, {EventColumn::at, EventColumn::ties}, Unit::day, alias);
                    bool where = step.events.parts.size() == 1;
                    if (step.link)
                        writer.and_condition(where, *step.link);
                    for (std::size_t between = previous + 1; between < index; ++between)
                        writer.missing_step(where, sequence.steps[between], between);
                }) +
                " ORDER BY " + at + (found == 0 ? " DESC" : "") + ") AS " + alias;
        previous = index;
        ++found;
    }
    std::string where;
    const bool last = std::all_of(sequence.steps.begin() + static_cast<std::ptrdiff_t>(index), sequence.steps.end(),
                                  [](const BoundStep &step) { return step.negated; });
    for (std::size_t after = index; last && after < sequence.steps.size(); ++after) {
        const BoundStep &step = sequence.steps[after];
        if (!complete) {
            text += " || " + absence(step, after);
            continue;
        }
        where += sql([&](SqlWriter &writer) {
            bool begun = !where.empty();
            if (step.due)
                writer.and_condition(begun, *step.due);
            writer.missing_step(begun, step, after);
        });
    }
    return "(SELECT " + text + from + where + " LIMIT 1)";
}

std::string EvidenceWriter::sequence(const BoundSequence &sequence) const {
    std::vector<std::size_t> steps;
    for (std::size_t i = 0; i < sequence.steps.size(); ++i)
        if (!sequence.steps[i].negated)
            steps.push_back(i);
    std::string text = "coalesce(" + found_steps(sequence, steps.size(), true);
    if (sequence.steps.back().negated)
        text += ", " + found_steps(sequence, steps.size(), false);
    for (std::size_t found = steps.size() - 1; found > 0; --found)
        text += ", " + found_steps(sequence, found, false) + " || ', step " + std::to_string(steps[found] + 1) + " missing'";
    return text + ", 'step " + std::to_string(steps.front() + 1) + " missing')";
}

// The last time that the member entered or left, of those that the form speaks of.
std::string EvidenceWriter::stay(const BoundStay &stay) const {
    const std::string column = stay.form == StayForm::exited ? "stay.exited_at" : "stay.entered_at";
    std::string text = std::string("(SELECT '") + (stay.form == StayForm::exited ? "exited " : "entered ") + "' || " +
                       time("max(" + column + ")", timestamptz_type) + " FROM " + std::string(scope_.vocabulary.history_sql) +
                       " AS stay WHERE stay.segment_id = " + std::to_string(stay.segment) + " AND stay." +
                       std::string(scope_.vocabulary.member_column) + sql([&](SqlWriter &writer) { writer.equals_key(); }) + " AND " +
                       column + " <= " + std::string(scope_.as_of_sql);
    if (stay.form == StayForm::open)
        text += " AND (stay.exited_at IS NULL OR stay.exited_at > " + std::string(scope_.as_of_sql) + ")";
    else if (stay.form != StayForm::ever)
        text += std::string(" AND stay.") + (stay.form == StayForm::exited ? "exit" : "enter") + "_reason IN ('refresh', 'manual')";
    return text + ")";
}

// What the score is and what it was: `40.3, before 60.3`.
std::string EvidenceWriter::score(const BoundScoreTrend &trend) const {
    const std::string then = sql([&](SqlWriter &writer) { writer.value(*trend.then, Binding::sum); });
    return "coalesce(" + sql([&](SqlWriter &writer) { writer.column(trend.score->value, member_row); }) +
           "::text, 'missing') || ', before ' || coalesce((SELECT past.score::text FROM " + std::string(trend.score->history_sql) +
           " AS past WHERE past.key" + sql([&](SqlWriter &writer) { writer.equals_key(); }) + " AND past.at <= " + then +
           " AND past.version = " + std::to_string(trend.score->version) + " ORDER BY past.at DESC LIMIT 1), 'missing')";
}

std::string EvidenceWriter::condition(const BoundCondition &condition) const {
    switch (condition.kind) {
        case ConditionKind::negation:
            return this->condition(*static_cast<const BoundNegation &>(condition).operand);
        case ConditionKind::conjunction: {
            // `stopped`: an event before, and none since. The last one decides.
            const auto &operands = static_cast<const BoundJunction &>(condition).operands;
            for (const BoundCondition *operand : operands)
                if (operand->kind == ConditionKind::stay)
                    return this->condition(*operand);
            if (operands.front()->kind != ConditionKind::occurs)
                return {};
            return "coalesce('last ' || " + last_ever(static_cast<const BoundOccurs &>(*operands.front()).events) + ", 'never')";
        }
        case ConditionKind::occurs:
            return times(static_cast<const BoundOccurs &>(condition).events);
        case ConditionKind::trend:
            return trend(static_cast<const BoundTrend &>(condition));
        case ConditionKind::resumed:
            return resumed(static_cast<const BoundResumed &>(condition));
        case ConditionKind::sequence:
            return sequence(static_cast<const BoundSequence &>(condition));
        case ConditionKind::stay:
            return stay(static_cast<const BoundStay &>(condition));
        case ConditionKind::score_trend:
            return score(static_cast<const BoundScoreTrend &>(condition));
        default:
            return {};
    }
}

std::pmr::string evidence(const BoundValue &value, const Scope &scope, std::pmr::memory_resource *memory) {
    if (value.kind != ValueKind::events)
        return std::pmr::string(memory);
    return std::pmr::string(EvidenceWriter(scope, memory).value(static_cast<const BoundEventValue &>(value)), memory);
}

std::pmr::string evidence(const BoundCondition &condition, const Scope &scope, std::pmr::memory_resource *memory) {
    return std::pmr::string(EvidenceWriter(scope, memory).condition(condition), memory);
}

}  // namespace segment::definition
