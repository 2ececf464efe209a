#include "pg/event_arithmetic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "pg/boundary.hpp"
#include "pg/cut_values.hpp"

namespace segment::pg {

using behaviour::Aggregate;
using behaviour::Occurrence;

struct EventCalculation {
    EventColumns *columns;
    uint32 feature;
    Aggregate aggregate;
    Occurrence *events;
    Size count;
    int64 place;    // of the aggregate among the feature's cuts
    double number;  // or the aggregate itself
};

struct WideRelation {
    EventColumns *columns;
    const behaviour::Relation *relation;
    const behaviour::AggregateOf *left, *right;
    bool holds;
};

struct WideComparison {
    EventColumns *columns;
    Occurrence left, right;
    bool are_numbers;
    int order;
};

namespace {

Datum numeric_of(EventColumns *columns, const Occurrence &event) {
    if (event.is_wide) {
        return PointerGetDatum(read_moved_value(columns, event.number).bytes);
    }
    // With the digits after the point that the value was written with: divisions depend on them.
    return DirectFunctionCall2(numeric_round, NumericGetDatum(int64_div_fast_to_numeric(event.number, behaviour::decimals_of_numbers)),
                               Int32GetDatum(static_cast<int32>(event.code)));
}

int compare_numerics(Datum a, Datum b) {
    return DatumGetInt32(DirectFunctionCall2(numeric_cmp, a, b));
}

// Of one value or more.
Datum aggregate_of(Aggregate aggregate, Datum *values, Size count) {
    const auto before = [](Datum a, Datum b) { return compare_numerics(a, b) < 0; };
    switch (aggregate) {
        case Aggregate::count:
            return DirectFunctionCall1(int8_numeric, Int64GetDatum(static_cast<int64>(count)));
        case Aggregate::least:
            return *std::min_element(values, values + count, before);
        case Aggregate::greatest:
            return *std::max_element(values, values + count, before);
        case Aggregate::median: {
            qsort(values, count, sizeof(Datum), [](const void *a, const void *b) {
                return compare_numerics(*static_cast<const Datum *>(a), *static_cast<const Datum *>(b));
            });
            Datum sum = DirectFunctionCall2(numeric_add, values[(count - 1) / 2], values[count / 2]);
            return DirectFunctionCall2(numeric_div, sum, DirectFunctionCall1(int4_numeric, Int32GetDatum(2)));
        }
        case Aggregate::sum:
        case Aggregate::average:
            break;
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

Datum aggregate_of(EventColumns *columns, const behaviour::AggregateOf &aggregate) {
    const Size count = aggregate.events.size();
    if (count == 0) {
        return DirectFunctionCall1(int8_numeric, Int64GetDatum(0));
    }
    auto *values = allocate<Datum>(count);
    if (aggregate.aggregate != Aggregate::count) {
        std::ranges::transform(aggregate.events, values, [&](const Occurrence &event) { return numeric_of(columns, event); });
    }
    return aggregate_of(aggregate.aggregate, values, count);
}

Datum decimal_of(const behaviour::Decimal &decimal) {
    return DirectFunctionCall2(numeric_div, DirectFunctionCall1(int8_numeric, Int64GetDatum(decimal.value)),
                               DirectFunctionCall1(int8_numeric, Int64GetDatum(decimal.scale)));
}

// Whether it fell or rose so.
bool has_changed(const behaviour::Relation &relation, Datum before, Datum after) {
    const bool fell = relation.kind == behaviour::RelationKind::fell;
    Datum zero = DirectFunctionCall1(int8_numeric, Int64GetDatum(0)), amount = decimal_of(relation.amount);
    if ((fell ? compare_numerics(after, before) : compare_numerics(before, after)) >= 0 || (fell && compare_numerics(before, zero) == 0)) {
        return false;
    }
    Datum change = fell ? DirectFunctionCall2(numeric_sub, before, after) : DirectFunctionCall2(numeric_sub, after, before);
    if (relation.relative) {
        amount = DirectFunctionCall2(numeric_mul, DirectFunctionCall1(numeric_abs, before), amount);
    }
    return compare_numerics(change, amount) >= 0 && (!relation.least || compare_numerics(before, decimal_of(*relation.least)) >= 0);
}

int64 place_of(const NumericBounds &bounds, Datum value) {
    uint32 low = 0, high = bounds.count;
    while (low < high) {
        uint32 middle = low + (high - low) / 2;
        if (compare_numerics(bounds.numerics[middle], value) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool equal = low < bounds.count && compare_numerics(bounds.numerics[low], value) == 0;
    return 2 * static_cast<int64>(low) + (equal ? 2 : 1);
}

EventCalculation calculate(EventColumns *columns, uint32 feature, Aggregate aggregate, std::span<const Occurrence> events) {
    std::pmr::vector<Occurrence> copy(events.begin(), events.end());
    EventCalculation calculation{columns, feature, aggregate, copy.data(), copy.size(), 0, 0};
    boundary::backend<&calculate_aggregate>(&calculation);
    return calculation;
}

}  // namespace

void calculate_aggregate(EventCalculation *calculation) {
    MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "segment event arithmetic", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(work);
    auto *values = allocate<Datum>(calculation->count);
    for (Size i = 0; i < calculation->count; i++) {
        values[i] = numeric_of(calculation->columns, calculation->events[i]);
    }
    Datum value = aggregate_of(calculation->aggregate, values, calculation->count);
    calculation->place = place_of(numeric_bounds(calculation->columns, calculation->feature), value);
    calculation->number = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(work);
}

void identify_values(EventCalculation *calculation) {
    struct Found {
        MovedValue moved;
        Occurrence *event;
        bool numeric;
    };
    EventColumns *columns = calculation->columns;
    MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "segment event values", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(work);
    const bool numeric = has_numeric_identity(columns, calculation->feature);
    auto *found = allocate<Found>(calculation->count);
    Size count = 0;
    for (Size i = 0; i < calculation->count; i++) {
        if (calculation->events[i].is_wide) {
            found[count++] = {read_moved_value(columns, calculation->events[i].number), &calculation->events[i], numeric};
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

void relate_aggregates(WideRelation *relation) {
    MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "segment event arithmetic", ALLOCSET_DEFAULT_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(work);
    Datum left = aggregate_of(relation->columns, *relation->left), right = aggregate_of(relation->columns, *relation->right);
    switch (relation->relation->kind) {
        case behaviour::RelationKind::less:
            relation->holds = compare_numerics(left, right) < 0;
            break;
        case behaviour::RelationKind::less_equal:
            relation->holds = compare_numerics(left, right) <= 0;
            break;
        case behaviour::RelationKind::equal:
            relation->holds = compare_numerics(left, right) == 0;
            break;
        default:
            relation->holds = has_changed(*relation->relation, left, right);
            break;
    }
    MemoryContextSwitchTo(caller);
    MemoryContextDelete(work);
}

void compare_wide_values(WideComparison *comparison) {
    MemoryContext work = AllocSetContextCreate(CurrentMemoryContext, "segment event comparison", ALLOCSET_SMALL_SIZES);
    MemoryContext caller = MemoryContextSwitchTo(work);
    EventColumns *columns = comparison->columns;
    if (comparison->are_numbers) {
        const auto exactly = [&](const Occurrence &event) {
            return event.is_wide ? PointerGetDatum(read_moved_value(columns, event.number).bytes)
                                 : NumericGetDatum(int64_div_fast_to_numeric(event.number, behaviour::decimals_of_numbers));
        };
        comparison->order = compare_numerics(exactly(comparison->left), exactly(comparison->right));
    } else {
        const MovedValue left = read_moved_value(columns, comparison->left.number),
                         right = read_moved_value(columns, comparison->right.number);
        comparison->order = left.length != right.length ? 1 : memcmp(left.bytes, right.bytes, left.length);
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

int EventArithmetic::compare(const Occurrence &left, const Occurrence &right) {
    WideComparison comparison{columns_, left, right, true, 0};
    boundary::backend<&compare_wide_values>(&comparison);
    return comparison.order;
}

bool EventArithmetic::hold(const behaviour::Relation &relation, const behaviour::AggregateOf &left, const behaviour::AggregateOf &right) {
    WideRelation wide{columns_, &relation, &left, &right, false};
    boundary::backend<&relate_aggregates>(&wide);
    return wide.holds;
}

bool EventArithmetic::is_same(const Occurrence &left, const Occurrence &right) {
    WideComparison comparison{columns_, left, right, false, 0};
    boundary::backend<&compare_wide_values>(&comparison);
    return comparison.order == 0;
}

}  // namespace segment::pg
