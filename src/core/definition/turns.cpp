#include "core/definition/turns.hpp"

#include <algorithm>
#include <optional>

#include "core/definition/bound_events.hpp"
#include "core/definition/sql_writer.hpp"
#include "core/definition/type.hpp"

namespace segment::definition {
namespace {

// What an edge is made of: as_of, or the start of the period that it lies in, moved by durations.
struct Edge {
    std::optional<Unit> period;
    std::vector<Span> steps;

    bool has_months() const {
        return std::ranges::any_of(steps, [](const Span &step) { return step.months != 0; });
    }
    bool has_calendar() const { return std::ranges::any_of(steps, has_calendar_part); }
};

std::optional<Edge> edge(const BoundValue &value) {
    switch (value.kind) {
        case ValueKind::as_of:
            return Edge{};
        case ValueKind::local:
            return edge(*static_cast<const BoundLocal &>(value).operand);
        case ValueKind::instant:
            return edge(*static_cast<const BoundInstant &>(value).operand);
        case ValueKind::day: {
            const std::optional<Edge> moment = edge(*static_cast<const BoundDay &>(value).operand);
            if (!moment || moment->period || !moment->steps.empty())
                return {};
            return Edge{Unit::day, {}};
        }
        case ValueKind::period_start:
            return Edge{static_cast<const BoundPeriodStart &>(value).unit, {}};
        case ValueKind::shift: {
            const auto &shift = static_cast<const BoundShift &>(value);
            std::optional<Edge> moved = edge(*shift.base);
            if (moved)
                moved->steps.insert(moved->steps.end(), shift.steps.begin(), shift.steps.end());
            return moved;
        }
        default:
            return {};
    }
}

// The way back, part by part: an interval's months go before its days, and these before the clock's part.
std::vector<Span> reversed(const std::vector<Span> &steps) {
    std::vector<Span> back;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        for (const Span &part : {Span{0, 0, -step->microseconds}, Span{0, -step->days, 0}, Span{-step->months, 0, 0}})
            if (has_calendar_part(part) || has_clock_part(part))
                back.push_back(part);
    }
    return back;
}

Span length(Unit unit) {
    switch (unit) {
        case Unit::week:
            return {0, 7, 0};
        case Unit::month:
            return {1, 0, 0};
        case Unit::quarter:
            return {3, 0, 0};
        case Unit::year:
            return {12, 0, 0};
        default:
            return {0, 1, 0};
    }
}

// The last days of long months are the same day of a short one.
constexpr int longest_clamp = 3;

}  // namespace

class TurnWriter {
public:
    TurnWriter(const Scope &scope, std::pmr::memory_resource *memory) : selects(memory), scope_(scope), memory_(memory) {}

    void look_at(const BoundCondition &condition);

    std::pmr::vector<std::pmr::string> selects;

private:
    void compared(const BoundValue &value, const BoundValue &other, const BoundValue *instead);
    void look_within(const BoundValue &value);
    void look_at(const BoundEvents &events, std::initializer_list<const BoundCondition *> conditions);
    void sequence(const BoundSequence &sequence);
    void stay(const BoundStay &stay);
    void score(const BoundScoreTrend &trend);
    void streak(const BoundEventValue &value);
    void subscription_lines();
    void listed(const BoundListed &listed);
    void midnights();
    std::pmr::string rows_of(const BoundEventPart &part) const;
    void days(const BoundValue &value, const BoundValue &number);
    void rows_and_times(const BoundCondition *condition, const BoundValue *instead);
    void meet(const BoundValue &value, const Edge &edge);
    void period(const BoundValue &moment, Unit unit, int offset);
    template <class Write>
    void item(Write write);
    void finish(std::string_view from);

    const Scope &scope_;
    std::pmr::memory_resource *memory_;
    std::pmr::string items_{memory_};  // of the SELECT that is being written
};

template <class Write>
void TurnWriter::item(Write write) {
    items_ += items_.empty() ? "" : ", ";
    SqlWriter writer(scope_, items_);
    write(writer);
}

void TurnWriter::finish(std::string_view from) {
    if (items_.empty())
        return;
    std::pmr::string select("SELECT unnest(ARRAY[", memory_);
    select.append(items_).append("])").append(from);
    if (std::ranges::find(selects, select) == selects.end())
        selects.push_back(std::move(select));
    items_.clear();
}

// The start of the period that the moment lies in, or of one of the next.
void TurnWriter::period(const BoundValue &moment, Unit unit, int offset) {
    item([&](SqlWriter &writer) {
        writer.out_ += '(';
        writer.local_period_start(unit, moment, Binding::sum);
        if (offset > 0) {
            const Span one = length(unit);
            writer.plus({one.months * offset, one.days * offset, 0});
        }
        writer.out_ += ')';
        writer.at_zone();
    });
}

// When the edge comes to where the value is.
void TurnWriter::meet(const BoundValue &value, const Edge &edge) {
    const BoundInstant converted{{ValueKind::instant, false, 0, &timestamptz_type}, &value};
    const BoundValue &instant = value.type->type_class == TypeClass::timestamptz ? value : converted;
    const std::vector<Span> back = reversed(edge.steps);
    const int clamp = edge.has_months() ? longest_clamp : 0;
    for (int days = 0; days <= clamp; ++days) {
        std::vector<Span> steps = back;
        if (days > 0)
            steps.push_back({0, days, 0});
        // A shift by nothing also keeps the value within the years that can be computed with.
        const BoundShift moved{{ValueKind::shift, false, 0, &timestamptz_type}, &instant, steps};
        if (edge.period) {
            period(moved, *edge.period, 0);
            period(moved, *edge.period, 1);
            continue;
        }
        item([&](SqlWriter &writer) { writer.value(moved, Binding::disjunction); });
        if (clamp > 0)
            period(moved, Unit::day, 0), period(moved, Unit::day, 1);
        if (!edge.has_calendar() || scope_.vocabulary.time_zone == "UTC")
            continue;
        // Where clocks are put back, local times come twice.
        for (const std::string_view sign : {" - ", " + "})
            item([&](SqlWriter &writer) {
                writer.value(moved, Binding::sum);
                (writer.out_ += sign) += "interval '1 hour'";
            });
    }
}

void TurnWriter::compared(const BoundValue &value, const BoundValue &other, const BoundValue *instead) {
    if (!is_moment(*value.type) || edge(value))
        return;
    if (const std::optional<Edge> found = edge(other))
        meet(instead ? *instead : value, *found);
}

// What conditions on the columns of a row, or of the member, are compared with.
void TurnWriter::rows_and_times(const BoundCondition *condition, const BoundValue *instead) {
    if (!condition)
        return;
    switch (condition->kind) {
        case ConditionKind::conjunction:
        case ConditionKind::disjunction:
            for (const BoundCondition *operand : static_cast<const BoundJunction &>(*condition).operands)
                rows_and_times(operand, instead);
            return;
        case ConditionKind::negation:
            return rows_and_times(static_cast<const BoundNegation &>(*condition).operand, instead);
        case ConditionKind::compare: {
            const auto &comparison = static_cast<const BoundCompare &>(*condition);
            compared(*comparison.left, *comparison.right, instead);
            return compared(*comparison.right, *comparison.left, instead);
        }
        case ConditionKind::range: {
            const auto &range = static_cast<const BoundRange &>(*condition);
            compared(*range.value, *range.low, instead);
            return compared(*range.value, *range.high, instead);
        }
        default:
            return;
    }
}

// Of all events that are chosen, whenever they are.
void TurnWriter::look_at(const BoundEvents &events, std::initializer_list<const BoundCondition *> conditions) {
    for (const BoundEventPart &part : events.parts) {
        for (const BoundCondition *condition : {part.time, part.mark, part.filter})
            rows_and_times(condition, nullptr);
        for (const BoundCondition *condition : conditions)
            rows_and_times(condition, part.at);
        finish(rows_of(part));
    }
}

// A FROM clause over the events of all times. What a condition on them says at as_of it need not say later.
std::pmr::string TurnWriter::rows_of(const BoundEventPart &part) const {
    const auto text = [&](const BoundCondition &condition, std::string_view clock) {
        std::pmr::string sql(memory_);
        SqlWriter({scope_.vocabulary, clock, scope_.base, scope_.joins}, sql).condition(condition, Binding::disjunction);
        return sql;
    };
    BoundEventPart timeless = part;
    timeless.time = nullptr;
    if (part.filter && text(*part.filter, "$1") != text(*part.filter, "$2"))
        timeless.filter = nullptr;
    std::pmr::string from(memory_);
    SqlWriter(scope_, from).part_rows(timeless);
    return from;
}

// Conditions of later steps speak of the events of earlier ones, which are not here: all events of the source are looked at.
void TurnWriter::sequence(const BoundSequence &sequence) {
    std::size_t previous = 0;
    for (std::size_t i = 0; i < sequence.steps.size(); ++i) {
        const BoundStep &step = sequence.steps[i];
        std::vector<BoundEventPart> parts(step.events.parts.begin(), step.events.parts.end());
        if (i > 0)
            for (BoundEventPart &part : parts)
                part.filter = nullptr;
        look_at(BoundEvents{parts}, {});
        if (step.due) {
            const std::string alias = "e" + std::to_string(previous + 1);
            std::vector<BoundEventPart> before(sequence.steps[previous].events.parts.begin(), sequence.steps[previous].events.parts.end());
            for (BoundEventPart &part : before)
                part.filter = previous > 0 ? nullptr : part.filter, part.time = nullptr;
            rows_and_times(step.due, nullptr);
            std::pmr::string from(memory_);
            SqlWriter(scope_, from).event_rows(BoundEvents{before}, {EventColumn::at, EventColumn::ties}, Unit::day, alias);
            finish(from);
        }
        if (!step.negated)
            previous = i;
    }
}

void TurnWriter::stay(const BoundStay &stay) {
    const auto column = [](std::string_view sql) { return Trait{{}, {}, sql, timestamptz_type}; };
    const Trait entered = column("stay.entered_at"), exited = column("stay.exited_at");
    const BoundTrait entry{{ValueKind::trait, false, 0, &timestamptz_type}, &entered},
        exit{{ValueKind::trait, false, 0, &timestamptz_type}, &exited};
    const BoundTrait &time = stay.form == StayForm::exited ? exit : entry;
    for (const BoundValue *bound : {stay.low, stay.high})
        if (bound)
            compared(time, *bound, nullptr);
    for (const BoundTrait *moment : {&entry, &exit})
        meet(*moment, {});
    std::pmr::string from(memory_);
    SqlWriter writer(scope_, from);
    from.append(" FROM ").append(scope_.vocabulary.history_sql).append(" AS stay WHERE stay.segment_id = ");
    from.append(std::to_string(stay.segment)).append(" AND stay.").append(scope_.vocabulary.member_column);
    writer.equals_key();
    finish(from);
}

void TurnWriter::score(const BoundScoreTrend &trend) {
    const Trait at{{}, {}, "past.at", timestamptz_type};
    const BoundTrait stored{{ValueKind::trait, false, 0, &timestamptz_type}, &at};
    compared(stored, *trend.then, nullptr);
    std::pmr::string from(memory_);
    SqlWriter writer(scope_, from);
    from.append(" FROM ").append(trend.score->history_sql).append(" AS past WHERE past.key");
    writer.equals_key();
    finish(from);
}

// A streak ends when the period after its last one is over.
void TurnWriter::streak(const BoundEventValue &value) {
    for (const BoundEventPart &part : value.events.parts) {
        const BoundInstant converted{{ValueKind::instant, false, 0, &timestamptz_type}, part.at};
        const BoundValue *instant = part.at->type->type_class == TypeClass::timestamptz ? part.at : &converted;
        const BoundShift at{{ValueKind::shift, false, 0, &timestamptz_type}, instant, {}};
        period(at, value.unit, 1);
        period(at, value.unit, 2);
        finish(rows_of(part));
    }
}

void TurnWriter::subscription_lines() {
    std::pmr::string from(memory_);
    SqlWriter(scope_, from).subscription_lines();
    from += "true";
    items_ += "line.starts_at, line.ends_at, line.trial_starts_at, line.trial_ends_at";
    finish(from);
}

void TurnWriter::listed(const BoundListed &listed) {
    std::pmr::string from(memory_);
    SqlWriter writer(scope_, from);
    from.append(" FROM ").append(listed.table).append(" AS listed WHERE ").append(listed.rows);
    from.append(" AND listed.").append(scope_.vocabulary.member_column);
    writer.equals_key();
    items_ += "listed.until";
    finish(from);
}

// An anniversary comes once a year.
void TurnWriter::midnights() {
    const BoundAsOf now{{ValueKind::as_of, true, 0, &timestamptz_type}};
    item([&](SqlWriter &writer) {
        writer.out_ += '(';
        writer.local_period_start(Unit::day, now, Binding::sum);
        writer.out_ += " + days * interval '1 day')";
        writer.at_zone();
    });
    finish(" FROM generate_series(1, 800) AS days");
}

// `days since last 'login'` moves with the clock: it is a number so many days after each of the events.
void TurnWriter::days(const BoundValue &value, const BoundValue &number) {
    if (value.kind != ValueKind::call || !number.constant)
        return;
    const auto &call = static_cast<const BoundCall &>(value);
    const BoundValue *moment = call.operand;
    if (moment->kind == ValueKind::instant)
        moment = static_cast<const BoundInstant &>(*moment).operand;
    if (call.function != BoundFunction::days_since || moment->kind != ValueKind::events)
        return;
    for (const BoundEventPart &part : static_cast<const BoundEventValue &>(*moment).events.parts) {
        const BoundInstant converted{{ValueKind::instant, false, 0, &timestamptz_type}, part.at};
        const BoundValue *instant = part.at->type->type_class == TypeClass::timestamptz ? part.at : &converted;
        const BoundShift at{{ValueKind::shift, false, 0, &timestamptz_type}, instant, {}};
        const auto later = [&](bool local, std::string_view further = {}) {
            item([&](SqlWriter &writer) {
                writer.out_ += "CASE WHEN abs(";
                writer.value(number, Binding::disjunction);
                writer.out_ += ") < 40000 THEN ";
                if (local) {
                    writer.out_ += '(';
                    writer.local_period_start(Unit::day, at, Binding::sum);
                } else
                    writer.value(at, Binding::sum);
                writer.out_ += " + (";
                writer.value(number, Binding::disjunction);
                (writer.out_ += ") * interval '24 hours'") += further;
                if (local) {
                    writer.out_ += ')';
                    writer.at_zone();
                }
                writer.out_ += " END";
            });
        };
        later(false);
        if (part.at->type->type_class == TypeClass::date)
            later(true), later(true, " + interval '1 day'");
        finish(rows_of(part));
    }
}

void TurnWriter::look_within(const BoundValue &value) {
    switch (value.kind) {
        case ValueKind::events: {
            const auto &events = static_cast<const BoundEventValue &>(value);
            look_at(events.events, {});
            return events.function == EventFunction::streak ? streak(events) : void();
        }
        case ValueKind::subscription:
            return subscription_lines();
        case ValueKind::cast:
            return look_within(*static_cast<const BoundCast &>(value).operand);
        case ValueKind::arithmetic:
            look_within(*static_cast<const BoundArithmetic &>(value).left);
            return look_within(*static_cast<const BoundArithmetic &>(value).right);
        case ValueKind::negate:
            return look_within(*static_cast<const BoundNegate &>(value).operand);
        case ValueKind::shift:
            return look_within(*static_cast<const BoundShift &>(value).base);
        case ValueKind::move:
            look_within(*static_cast<const BoundMove &>(value).base);
            return look_within(*static_cast<const BoundMove &>(value).interval);
        case ValueKind::instant:
            return look_within(*static_cast<const BoundInstant &>(value).operand);
        case ValueKind::local:
            return look_within(*static_cast<const BoundLocal &>(value).operand);
        case ValueKind::day:
            return look_within(*static_cast<const BoundDay &>(value).operand);
        case ValueKind::call:
            return look_within(*static_cast<const BoundCall &>(value).operand);
        default:
            return;
    }
}

void TurnWriter::look_at(const BoundCondition &condition) {
    switch (condition.kind) {
        case ConditionKind::conjunction:
        case ConditionKind::disjunction:
            for (const BoundCondition *operand : static_cast<const BoundJunction &>(condition).operands)
                look_at(*operand);
            return;
        case ConditionKind::negation:
            return look_at(*static_cast<const BoundNegation &>(condition).operand);
        case ConditionKind::compare: {
            const auto &comparison = static_cast<const BoundCompare &>(condition);
            look_within(*comparison.left);
            look_within(*comparison.right);
            days(*comparison.left, *comparison.right);
            days(*comparison.right, *comparison.left);
            rows_and_times(&condition, nullptr);
            return finish("");
        }
        case ConditionKind::range:
            look_within(*static_cast<const BoundRange &>(condition).value);
            for (const BoundValue *end : {static_cast<const BoundRange &>(condition).low, static_cast<const BoundRange &>(condition).high})
                days(*static_cast<const BoundRange &>(condition).value, *end);
            rows_and_times(&condition, nullptr);
            return finish("");
        case ConditionKind::list:
            return look_within(*static_cast<const BoundList &>(condition).value);
        case ConditionKind::set:
            return look_within(*static_cast<const BoundSet &>(condition).value);
        case ConditionKind::truth:
            return look_within(*static_cast<const BoundTruth &>(condition).value);
        case ConditionKind::text_match:
            return look_within(*static_cast<const BoundTextMatch &>(condition).value);
        case ConditionKind::includes:
            return look_within(*static_cast<const BoundIncludes &>(condition).value);
        case ConditionKind::occurs:
            return look_at(static_cast<const BoundOccurs &>(condition).events, {});
        case ConditionKind::trend:
            return look_at(static_cast<const BoundTrend &>(condition).events, {});
        case ConditionKind::resumed: {
            const auto &resumed = static_cast<const BoundResumed &>(condition);
            return look_at(resumed.events, {resumed.recent});
        }
        case ConditionKind::sequence:
            return sequence(static_cast<const BoundSequence &>(condition));
        case ConditionKind::stay:
            return stay(static_cast<const BoundStay &>(condition));
        case ConditionKind::score_trend:
            return score(static_cast<const BoundScoreTrend &>(condition));
        case ConditionKind::listed:
            return listed(static_cast<const BoundListed &>(condition));
        case ConditionKind::anniversary:
            return midnights();
        case ConditionKind::everyone:
        case ConditionKind::rank:
        case ConditionKind::in_segment:
            return;
    }
}

std::pmr::vector<std::pmr::string> turns(const BoundCondition &condition, const Scope &scope, std::pmr::memory_resource *memory) {
    TurnWriter writer(scope, memory);
    writer.look_at(condition);
    return std::move(writer.selects);
}

}  // namespace segment::definition
