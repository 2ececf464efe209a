#include "pg/explanation.hpp"

#include <algorithm>

#include "core/definition/outline.hpp"
#include "core/definition/printer.hpp"
#include "core/definition/reading.hpp"
#include "pg/memory.hpp"

namespace segment::pg {

namespace {

// Three columns each, of the 1,664 that a target list can have.
constexpr uint32 lines_per_query = 500;

char *copy(ContextResource &memory, std::string_view text) {
    auto *result = static_cast<char *>(memory.allocate(text.size() + 1, 1));
    text.copy(result, text.size());
    result[text.size()] = '\0';
    return result;
}

bool is_leaf(definition::Kind kind) {
    return kind != definition::Kind::conjunction && kind != definition::Kind::disjunction && kind != definition::Kind::negation;
}

char *joined(ContextResource &memory, std::span<const std::pmr::string> selects) {
    std::pmr::string query(&memory);
    for (const std::pmr::string &select : selects) {
        query.append(query.empty() ? "" : " UNION ALL ").append(select);
    }
    return query.empty() ? nullptr : copy(memory, query);
}

}  // namespace

void add_lines(void *state, Compilation *compilation) {
    auto *explanation = static_cast<Explanation *>(state);
    ContextResource memory(explanation->context);
    match::Plan &plan = compilation->plan;
    explanation->base_root = plan.root(plan.base());
    plan.base(plan.everyone());
    compilation->narrow(explanation->narrowed);
    explanation->from_sql = copy(memory, compilation->from_sql());

    const definition::Node &root = compilation->parse(explanation->definition);
    const auto outline = definition::outline(root, definition::Negations::open, &memory);
    explanation->conjunction = root.kind != definition::Kind::disjunction;
    explanation->count = static_cast<uint32>(outline.size());
    explanation->lines = static_cast<Line *>(memory.allocate(sizeof(Line) * outline.size(), alignof(Line)));
    std::pmr::vector<ClockComparison> comparisons(&memory);
    for (size_t i = 0; i < outline.size(); i++) {
        const definition::Node &node = *outline[i].node;
        std::pmr::string text(&memory);
        definition::print(node, text);
        Line line{};
        line.path = copy(memory, outline[i].path);
        line.condition = copy(memory, text);
        line.parent = outline[i].parent;
        line.kind = node.kind;
        line.root = plan.root(compilation->node(node));
        line.first_comparison = static_cast<uint32>(comparisons.size());
        if (is_leaf(node.kind)) {
            const definition::Reading reading = definition::reading(*compilation->check_part(node).condition, compilation->scope(),
                                                                    static_cast<std::uint32_t>(comparisons.size()) + 1, &memory);
            const std::string_view readings[] = {reading.value, reading.threshold, reading.margin};
            for (size_t column = 0; column < std::size(readings); column++) {
                line.readings[column] = readings[column].empty() ? nullptr : copy(memory, readings[column]);
            }
            for (const std::pmr::string &comparison : reading.comparisons) {
                comparisons.push_back({copy(memory, comparison), false, 0});
            }
            line.by_clock.sql = reading.by_clock.empty() ? nullptr : copy(memory, reading.by_clock);
            line.by_clock.turns = joined(memory, reading.turns);
        }
        line.comparison_count = static_cast<uint32>(comparisons.size()) - line.first_comparison;
        explanation->lines[i] = line;
    }
    explanation->comparison_count = static_cast<uint32>(comparisons.size());
    explanation->comparisons =
        static_cast<ClockComparison *>(memory.allocate(sizeof(ClockComparison) * (comparisons.size() + 1), alignof(ClockComparison)));
    std::ranges::copy(comparisons, explanation->comparisons);
}

Rows *read_values(const Explanation *explanation) {
    uint32 queries = (explanation->count + lines_per_query - 1) / lines_per_query;
    auto *results = static_cast<Rows *>(palloc(sizeof(Rows) * (queries + 1)));
    for (uint32 query = 0; query < queries; query++) {
        StringInfoData sql;
        initStringInfo(&sql);
        uint32 first = query * lines_per_query, last = std::min(explanation->count, first + lines_per_query);
        for (uint32 i = first; i < last; i++) {
            for (const char *reading : explanation->lines[i].readings) {
                appendStringInfo(&sql, "%s%s", sql.len == 0 ? "SELECT " : ", ", reading != nullptr ? reading : "NULL::text");
            }
        }
        appendStringInfo(&sql, " FROM %s", explanation->from_sql);
        results[query] = caller_execute(sql.data, {}, {.read_only = true});
    }
    return results;
}

LineReadings readings_of(const Rows *values, uint32 line) {
    return {&values[line / lines_per_query], static_cast<int>(line % lines_per_query) * readings_per_line};
}

namespace {

// What the other lines say when the leaves say what `lines` tells, and what the definition says. From the last line to the first, so
// that operands come before what they are joined to.
bool conclude(const Explanation *explanation, bool *lines) {
    auto *all = static_cast<bool *>(palloc(2 * explanation->count + 2)), *any = all + explanation->count + 1;
    std::fill_n(all, explanation->count + 1, true);
    std::fill_n(any, explanation->count + 1, false);
    for (uint32 i = explanation->count; i-- > 0;) {
        const Line &line = explanation->lines[i];
        lines[i] = is_leaf(line.kind)                           ? lines[i]
                   : line.kind == definition::Kind::negation    ? !all[i]
                   : line.kind == definition::Kind::conjunction ? all[i]
                                                                : any[i];
        uint32 parent = line.parent == definition::no_parent ? explanation->count : line.parent;
        all[parent] = all[parent] && lines[i];
        any[parent] = any[parent] || lines[i];
    }
    bool result = (explanation->conjunction ? all : any)[explanation->count];
    pfree(all);
    return result;
}

struct Change {
    TimestampTz at;
    uint32 line;
};

struct Changes {
    uint32 count;
    Change *items;  // by time
};

Changes changes_of_lines(Explanation *explanation, TimestampTz as_of) {
    find_changes(explanation->from_sql, explanation->comparisons, static_cast<int>(explanation->comparison_count), as_of);
    Changes changes{};
    for (uint32 i = 0; i < explanation->count; i++) {
        Line *line = &explanation->lines[i];
        if (line->by_clock.sql == nullptr) {
            continue;
        }
        auto *hints = static_cast<TimestampTz *>(palloc(sizeof(TimestampTz) * (line->comparison_count + 1)));
        uint32 count = 0;
        for (uint32 j = 0; j < line->comparison_count; j++) {
            const ClockComparison &comparison = explanation->comparisons[line->first_comparison + j];
            if (comparison.changes) {
                hints[count++] = comparison.changes_at;
            }
        }
        find_changes(explanation->from_sql, &line->by_clock, hints, count, as_of);
        changes.count += line->by_clock.count;
    }
    changes.items = static_cast<Change *>(palloc(sizeof(Change) * (changes.count + 1)));
    Change *next = changes.items;
    for (uint32 i = 0; i < explanation->count; i++) {
        const ClockCondition &condition = explanation->lines[i].by_clock;
        next = std::transform(condition.changes, condition.changes + condition.count, next, [i](TimestampTz at) { return Change{at, i}; });
    }
    std::sort(changes.items, next, [](const Change &a, const Change &b) { return a.at < b.at; });
    return changes;
}

}  // namespace

bool let_time_pass(Explanation *explanation, TimestampTz as_of, TimestampTz *changes_at) {
    const Changes changes = changes_of_lines(explanation, as_of);
    auto *now = static_cast<bool *>(palloc(2 * explanation->count + 2)), *then = now + explanation->count + 1;
    for (uint32 i = 0; i < explanation->count; i++) {
        now[i] = then[i] = explanation->lines[i].holds;
    }
    bool before = conclude(explanation, now);
    bool changed = false;
    for (uint32 i = 0; i < changes.count; i++) {
        CHECK_FOR_INTERRUPTS();
        const Change &change = changes.items[i];
        then[change.line] = !then[change.line];
        if (i + 1 < changes.count && changes.items[i + 1].at == change.at) {
            continue;
        }
        if (conclude(explanation, then) != before && !changed) {
            changed = true;
            *changes_at = change.at;
        }
        for (uint32 j = 0; j < explanation->count; j++) {
            Line *line = &explanation->lines[j];
            if (!line->changes && then[j] != now[j]) {
                line->changes = true;
                line->changes_at = change.at;
            }
        }
    }
    return changed;
}

}  // namespace segment::pg
