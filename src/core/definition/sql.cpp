#include <algorithm>

#include "core/definition/sql.hpp"

#include "core/definition/sql_writer.hpp"

namespace segment::definition {
namespace {

// The base's condition and the definition's; false if there is none.
bool append_conditions(std::pmr::string &out, const BoundCondition &condition, const Scope &scope, std::string_view before) {
    const bool based = scope.base && scope.base->condition->kind != ConditionKind::everyone;
    const bool filtered = condition.kind != ConditionKind::everyone;
    SqlWriter writer(scope, out);
    if (based || filtered)
        out += before;
    if (based)
        writer.condition(*scope.base->condition, filtered ? Binding::conjunction : Binding::disjunction);
    if (based && filtered)
        out += " AND ";
    if (filtered)
        writer.condition(condition, based ? Binding::conjunction : Binding::disjunction);
    return based || filtered;
}

// `SELECT <key> FROM … WHERE …`: the members of the base that fulfil the condition, and `rows` if that is not empty.
void append_keys(std::pmr::string &out, const BoundCondition &condition, const Scope &scope, std::string_view column_name,
                 std::string_view rows) {
    out += "SELECT ";
    out += scope.vocabulary.key_sql;
    out += column_name;
    out += " FROM ";
    append_from(out, scope);
    const bool opened = append_conditions(out, condition, scope, rows.empty() ? " WHERE " : " WHERE (");
    if (!rows.empty()) {
        out += opened ? ") AND " : " WHERE ";
        out += rows;
    }
}

Scope with_joins(const Scope &scope, const Checked &definition) {
    return {scope.vocabulary, scope.as_of_sql, scope.base, definition.joins};
}

// A common table expression of the keys of each segment.
void append_tables(std::pmr::string &out, std::span<const NamedDefinition> used, const Scope &scope, std::string_view rows) {
    for (std::size_t i = 0; i < used.size(); ++i) {
        out += i == 0 ? "WITH " : ",\n";
        append_segment_table(out, used[i].id, used[i].name);
        // Materialized: the planner would inline a chain of them again and again.
        out += " AS MATERIALIZED (";
        append_keys(out, *used[i].definition->condition, with_joins(scope, *used[i].definition), " AS key", rows);
        out += ")";
    }
    out += used.empty() ? "" : "\n";
}

}  // namespace

void append_from(std::pmr::string &out, const Scope &scope) {
    out += scope.vocabulary.from_sql;
    for (std::uint32_t i = 0; i < scope.vocabulary.joins.size(); ++i) {
        if (std::ranges::binary_search(scope.joins, i) || (scope.base && std::ranges::binary_search(scope.base->joins, i))) {
            out += " ";
            out += scope.vocabulary.joins[i];
        }
    }
}

std::pmr::string to_sql(const Checked &definition, std::span<const NamedDefinition> used, const Scope &scope,
                        std::pmr::memory_resource *memory) {
    std::pmr::string out(memory);
    append_tables(out, used, scope, "");
    append_keys(out, *definition.condition, with_joins(scope, definition), "", "");
    return out;
}

std::pmr::string holds_sql(const Checked &definition, std::span<const NamedDefinition> used, const Scope &scope, std::string_view rows,
                           std::pmr::memory_resource *memory) {
    std::pmr::string out(memory);
    append_tables(out, used, scope, rows);
    const Scope joined = with_joins(scope, definition);
    out += "SELECT ";
    out += append_conditions(out, *definition.condition, joined, "(") ? ") IS TRUE" : "true";
    out += " FROM ";
    append_from(out, joined);
    out += " WHERE ";
    out += rows;
    return out;
}

std::pmr::string condition_sql(const Checked &definition, const Scope &scope, std::pmr::memory_resource *memory) {
    std::pmr::string out(memory);
    SqlWriter(scope, out).condition(*definition.condition, Binding::disjunction);
    return out;
}

std::pmr::string formula_sql(const CheckedFormula &formula, const Scope &scope, std::pmr::memory_resource *memory) {
    std::pmr::string out(memory);
    SqlWriter(scope, out).value(*formula.value, Binding::disjunction);
    return out;
}

}  // namespace segment::definition
