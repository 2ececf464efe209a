// Which values of a definition may be lost on the way from the columns they are computed from.
#include <string>
#include <unordered_set>

#include "core/definition/sql_writer.hpp"
#include "core/definition/value_bounds.hpp"

namespace segment::definition {
namespace {

class Losses {
public:
    Losses(const Scope &scope, std::pmr::memory_resource *memory) : found(memory), scope_(scope), memory_(memory), known_(memory) {}

    void look_at(const BoundCondition &condition);

    std::pmr::vector<Loss> found;

private:
    void look_at(const BoundValue *value);
    void look_at_operands(const BoundValue &expression);
    void add(const BoundValue &value, std::pmr::string sql);

    const Scope &scope_;
    std::pmr::memory_resource *memory_;
    std::pmr::unordered_set<std::pmr::string> known_;
};

// Calls `visit` for each operand of the value.
template <class Visit>
void for_operands(const BoundValue &value, Visit visit) {
    switch (value.kind) {
        case ValueKind::cast:
            return visit(*static_cast<const BoundCast &>(value).operand);
        case ValueKind::arithmetic:
            visit(*static_cast<const BoundArithmetic &>(value).left);
            return visit(*static_cast<const BoundArithmetic &>(value).right);
        case ValueKind::negate:
            return visit(*static_cast<const BoundNegate &>(value).operand);
        case ValueKind::shift:
            return visit(*static_cast<const BoundShift &>(value).base);
        case ValueKind::move:
            visit(*static_cast<const BoundMove &>(value).base);
            return visit(*static_cast<const BoundMove &>(value).interval);
        case ValueKind::instant:
            return visit(*static_cast<const BoundInstant &>(value).operand);
        case ValueKind::local:
            return visit(*static_cast<const BoundLocal &>(value).operand);
        case ValueKind::day:
            return visit(*static_cast<const BoundDay &>(value).operand);
        case ValueKind::call:
            return visit(*static_cast<const BoundCall &>(value).operand);
        default:
            return;
    }
}

// The column's moment of which the value is the instant, or that it reads in local time; null if that always succeeds.
const BoundValue *converted_column(const BoundValue &value, const Vocabulary &vocabulary) {
    const BoundValue *moment = nullptr;
    if (value.kind == ValueKind::instant)
        moment = static_cast<const BoundInstant &>(value).operand;
    else if (value.kind == ValueKind::day)
        moment = static_cast<const BoundDay &>(value).operand;
    else if (value.kind == ValueKind::call && static_cast<const BoundCall &>(value).function == BoundFunction::hour)
        moment = static_cast<const BoundCall &>(value).operand;
    const bool converts = moment && (value.kind == ValueKind::instant || moment->type->type_class == TypeClass::timestamptz);
    return converts && SqlWriter::can_leave_range(*moment, vocabulary) ? moment : nullptr;
}

// Whether the value can be NULL although none of its columns and paths is.
bool can_be_lost(const BoundValue &value, const Vocabulary &vocabulary) {
    if (converted_column(value, vocabulary))
        return true;
    const TypeClass type_class = value.type->type_class;
    switch (value.kind) {
        case ValueKind::path:
            return type_class != TypeClass::text && type_class != TypeClass::jsonb;
        case ValueKind::cast:
        case ValueKind::move:
            return true;
        case ValueKind::shift:
            return !value.constant;
        case ValueKind::call: {
            const auto &call = static_cast<const BoundCall &>(value);
            if (call.function == BoundFunction::age)
                return true;
            // The hour of local time needs no instant.
            if (call.function == BoundFunction::hour && call.operand->kind == ValueKind::instant &&
                !static_cast<const BoundInstant &>(*call.operand).cast)
                return false;
            break;
        }
        case ValueKind::arithmetic: {
            const auto &arithmetic = static_cast<const BoundArithmetic &>(value);
            if (type_class == TypeClass::floating || (arithmetic.op == ArithmeticOperator::divide && !arithmetic.right->constant))
                return true;
            break;
        }
        default:
            break;
    }
    bool lost = false;
    for_operands(value, [&](const BoundValue &operand) { lost = lost || can_be_lost(operand, vocabulary); });
    return lost;
}

// Appends ` AND <column> IS NOT NULL` for what the value is computed from; of a path, what lies there as text.
void append_inputs(const BoundValue &value, const Scope &scope, std::pmr::string &out) {
    if (value.kind == ValueKind::path) {
        BoundPath path = static_cast<const BoundPath &>(value);
        path.type = &text_type;
        out += " AND ";
        SqlWriter(scope, out).condition(BoundSet{{ConditionKind::set}, &path}, Binding::conjunction);
    } else if (value.kind == ValueKind::trait) {
        out += " AND ";
        SqlWriter(scope, out).condition(BoundSet{{ConditionKind::set}, &value}, Binding::conjunction);
    }
    for_operands(value, [&](const BoundValue &operand) { append_inputs(operand, scope, out); });
}

void Losses::add(const BoundValue &value, std::pmr::string sql) {
    if (known_.insert(sql).second)
        found.push_back({value.position, std::move(sql)});
}

// Of exact arithmetic that only columns' large numbers can spoil: cheaper than to compute it once more.
void Losses::look_at_operands(const BoundValue &expression) {
    if (expression.kind != ValueKind::arithmetic && expression.kind != ValueKind::negate)
        return;
    for_operands(expression, [&](const BoundValue &operand) {
        if (may_be_too_large(operand)) {
            std::pmr::string sql("abs(", memory_);
            SqlWriter(scope_, sql).value(operand, Binding::disjunction);
            sql += ") >= 1e" + std::to_string(exact_exponent);
            add(operand, std::move(sql));
        }
        look_at_operands(operand);
    });
}

void Losses::look_at(const BoundValue *value) {
    if (!value)
        return;
    if (!can_be_lost(*value, scope_.vocabulary))
        return look_at_operands(*value);
    std::pmr::string sql(memory_);
    SqlWriter writer(scope_, sql);
    if (const BoundValue *column = converted_column(*value, scope_.vocabulary)) {
        // Cheaper than to convert once more.
        sql += "NOT (";
        writer.within_range(*column);
        sql += ')';
    } else {
        writer.value(*value, Binding::sum);
        sql += " IS NULL";
        append_inputs(*value, scope_, sql);
    }
    add(*value, std::move(sql));
}

void Losses::look_at(const BoundCondition &condition) {
    switch (condition.kind) {
        case ConditionKind::conjunction:
        case ConditionKind::disjunction:
            for (const BoundCondition *operand : static_cast<const BoundJunction &>(condition).operands)
                look_at(*operand);
            return;
        case ConditionKind::negation:
            return look_at(*static_cast<const BoundNegation &>(condition).operand);
        case ConditionKind::compare:
            look_at(static_cast<const BoundCompare &>(condition).left);
            return look_at(static_cast<const BoundCompare &>(condition).right);
        case ConditionKind::range:
            return look_at(static_cast<const BoundRange &>(condition).value);
        case ConditionKind::list:
            return look_at(static_cast<const BoundList &>(condition).value);
        case ConditionKind::truth:
            return look_at(static_cast<const BoundTruth &>(condition).value);
        case ConditionKind::text_match:
            return look_at(static_cast<const BoundTextMatch &>(condition).value);
        case ConditionKind::anniversary:
            return look_at(static_cast<const BoundAnniversary &>(condition).date);
        case ConditionKind::rank:
            look_at(static_cast<const BoundRank &>(condition).value);
            return look_at(static_cast<const BoundRank &>(condition).per);
        case ConditionKind::set:  // asks whether it is missing: nothing is lost unnoticed
        case ConditionKind::everyone:
        case ConditionKind::includes:
        case ConditionKind::in_segment:
        case ConditionKind::stay:
        case ConditionKind::listed:
        case ConditionKind::occurs:  // what events lose is told by the pass over them, not by the scan of the members
        case ConditionKind::trend:
        case ConditionKind::resumed:
        case ConditionKind::sequence:
        case ConditionKind::score_trend:
            return;
    }
}

}  // namespace

std::pmr::vector<Loss> losses(const Checked &definition, const Scope &scope, std::pmr::memory_resource *memory) {
    Losses losses(scope, memory);
    losses.look_at(*definition.condition);
    return std::move(losses.found);
}

}  // namespace segment::definition
