#include "core/definition/sql.hpp"

#include "core/definition/sql_writer.hpp"

namespace segment::definition {
namespace {

// `SELECT <key> FROM … WHERE …`: the members of the base that fulfil the condition.
void append_keys(std::pmr::string &out, const BoundCondition &condition, const Scope &scope, std::string_view column_name) {
    out += "SELECT ";
    out += scope.vocabulary.key_sql;
    out += column_name;
    out += " FROM ";
    out += scope.vocabulary.from_sql;
    const bool based = scope.base && scope.base->condition->kind != ConditionKind::everyone;
    const bool filtered = condition.kind != ConditionKind::everyone;
    SqlWriter writer(scope, out);
    if (based || filtered)
        out += " WHERE ";
    if (based)
        writer.condition(*scope.base->condition, filtered ? Binding::conjunction : Binding::disjunction);
    if (based && filtered)
        out += " AND ";
    if (filtered)
        writer.condition(condition, based ? Binding::conjunction : Binding::disjunction);
}

}  // namespace

std::pmr::string to_sql(const Checked &definition, std::span<const NamedDefinition> used, const Scope &scope,
                        std::pmr::memory_resource *memory) {
    std::pmr::string out(memory);
    for (std::size_t i = 0; i < used.size(); ++i) {
        out += i == 0 ? "WITH " : ", ";
        append_segment_table(out, used[i].id, used[i].name);
        out += " AS (";
        append_keys(out, *used[i].definition->condition, scope, " AS key");
        out += ")";
    }
    out += used.empty() ? "" : " ";
    append_keys(out, *definition.condition, scope, "");
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
