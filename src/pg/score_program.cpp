#include "pg/score_program.hpp"

#include <cstdlib>
#include <string>

#include "core/definition/sql_writer.hpp"

namespace segment::pg {

using namespace definition;
using score::Operation;

namespace {

Operation operation_of(ArithmeticOperator op) {
    switch (op) {
        case ArithmeticOperator::add:
            return Operation::add;
        case ArithmeticOperator::subtract:
            return Operation::subtract;
        case ArithmeticOperator::multiply:
            return Operation::multiply;
        default:
            return Operation::divide;
    }
}

// Floating point arithmetic is left to PostgreSQL, as its results depend on the order of the operations.
bool is_exact(const BoundValue &value) {
    return value.type->type_class == TypeClass::integer || value.type->type_class == TypeClass::numeric;
}

// How many operands the program has waiting at most.
std::size_t depth(std::span<const score::Instruction> program) {
    std::size_t depth = 0, most = 0;
    for (const score::Instruction &instruction : program) {
        if (instruction.operation <= Operation::condition)
            most = std::max(most, ++depth);
        else if (instruction.operation != Operation::negate && instruction.operation != Operation::negation)
            --depth;
    }
    return most;
}

}  // namespace

ScoreProgram ProgramWriter::value(const BoundValue &value, const BoundCondition *given) {
    const std::size_t columns = columns_.size();
    append(value);
    if (given != nullptr) {
        reads_events_ = reads_events_ && append_events(*given);
        program_.push_back({Operation::given});
    }
    return finish(columns);
}

ScoreProgram ProgramWriter::condition(const BoundCondition &condition) {
    const std::size_t columns = columns_.size();
    append(condition);
    return finish(columns);
}

ScoreProgram ProgramWriter::finish(std::size_t columns_before) {
    if (!reads_events_ || depth(program_) > score::most_operands) {
        columns_.resize(columns_before);
        return {};
    }
    return {static_cast<int32>(program_.size()), copy_items(memory_, program_)};
}

void ProgramWriter::append(const BoundValue &value) {
    if (const auto number = ask_event_number(&numbers_, value, scope_)) {
        program_.push_back({Operation::number, *number});
        reads_events_ = true;
    } else if (value.kind == ValueKind::number) {
        program_.push_back(
            {Operation::constant, 0, std::strtod(std::string(static_cast<const BoundNumber &>(value).digits).c_str(), nullptr)});
    } else if (value.kind == ValueKind::arithmetic && is_exact(value)) {
        const auto &arithmetic = static_cast<const BoundArithmetic &>(value);
        append(*arithmetic.left);
        append(*arithmetic.right);
        program_.push_back({operation_of(arithmetic.op)});
    } else if (value.kind == ValueKind::negate && is_exact(value)) {
        append(*static_cast<const BoundNegate &>(value).operand);
        program_.push_back({Operation::negate});
    } else {
        std::pmr::string sql(arena_);
        SqlWriter(scope_, sql).value(value, definition::Binding::disjunction);
        append_column(sql);
    }
}

void ProgramWriter::append(const BoundCondition &condition) {
    if (condition.kind == ConditionKind::conjunction || condition.kind == ConditionKind::disjunction) {
        const auto operands = static_cast<const BoundJunction &>(condition).operands;
        for (std::size_t i = 0; i < operands.size(); ++i) {
            append(*operands[i]);
            if (i > 0)
                program_.push_back({condition.kind == ConditionKind::conjunction ? Operation::conjunction : Operation::disjunction});
        }
    } else if (condition.kind == ConditionKind::negation) {
        append(*static_cast<const BoundNegation &>(condition).operand);
        program_.push_back({Operation::negation});
    } else if (condition.kind == ConditionKind::in_segment || !append_events(condition)) {
        std::pmr::string sql("(", arena_);
        SqlWriter(scope_, sql).condition(condition, definition::Binding::disjunction);
        append_column(sql.append(") IS TRUE"));
    }
}

// Whether passes tell it; only then it is appended.
bool ProgramWriter::append_events(const BoundCondition &condition) {
    const auto place = condition.kind == ConditionKind::everyone ? std::nullopt : ask_event_condition(&numbers_, condition, scope_);
    if (!place)
        return false;
    program_.push_back({Operation::condition, *place});
    return reads_events_ = true;
}

void ProgramWriter::append_column(std::string_view sql) {
    program_.push_back({Operation::column, static_cast<uint32>(columns_.size())});
    columns_.push_back(copy_text(memory_, sql));
}

}  // namespace segment::pg
