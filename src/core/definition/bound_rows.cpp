#include "core/definition/bound_rows.hpp"

namespace segment::definition {

namespace {

constexpr RowsRead unknown{{}, true};

RowsRead together(const RowsRead &a, const RowsRead &b) {
    if (a.several || b.several || (a.row && b.row && *a.row != *b.row))
        return unknown;
    return {a.row ? a.row : b.row};
}

RowsRead all(RowsRead rows, BoundValues values) {
    for (const BoundValue *value : values)
        rows = together(rows, only_row(*value));
    return rows;
}

}  // namespace

RowsRead only_row(const BoundValue &value) {
    if (value.constant)
        return {};
    switch (value.kind) {
        case ValueKind::trait:
            return {static_cast<const BoundTrait &>(value).row};
        case ValueKind::path:
            return {static_cast<const BoundPath &>(value).row};
        case ValueKind::cast:
            return only_row(*static_cast<const BoundCast &>(value).operand);
        case ValueKind::arithmetic:
            return together(only_row(*static_cast<const BoundArithmetic &>(value).left),
                            only_row(*static_cast<const BoundArithmetic &>(value).right));
        case ValueKind::negate:
            return only_row(*static_cast<const BoundNegate &>(value).operand);
        case ValueKind::shift:
            return only_row(*static_cast<const BoundShift &>(value).base);
        case ValueKind::move:
            return together(only_row(*static_cast<const BoundMove &>(value).base),
                            only_row(*static_cast<const BoundMove &>(value).interval));
        case ValueKind::instant:
            return only_row(*static_cast<const BoundInstant &>(value).operand);
        case ValueKind::local:
            return only_row(*static_cast<const BoundLocal &>(value).operand);
        case ValueKind::day:
            return only_row(*static_cast<const BoundDay &>(value).operand);
        case ValueKind::elapsed:
            return together(only_row(*static_cast<const BoundElapsed &>(value).left),
                            only_row(*static_cast<const BoundElapsed &>(value).right));
        case ValueKind::call:
            return only_row(*static_cast<const BoundCall &>(value).operand);
        default:
            return unknown;
    }
}

RowsRead only_row(const BoundCondition &condition) {
    switch (condition.kind) {
        case ConditionKind::everyone:
            return {};
        case ConditionKind::conjunction:
        case ConditionKind::disjunction: {
            RowsRead rows;
            for (const BoundCondition *operand : static_cast<const BoundJunction &>(condition).operands)
                rows = together(rows, only_row(*operand));
            return rows;
        }
        case ConditionKind::negation:
            return only_row(*static_cast<const BoundNegation &>(condition).operand);
        case ConditionKind::compare:
            return together(only_row(*static_cast<const BoundCompare &>(condition).left),
                            only_row(*static_cast<const BoundCompare &>(condition).right));
        case ConditionKind::range: {
            const auto &range = static_cast<const BoundRange &>(condition);
            return together(only_row(*range.value), together(only_row(*range.low), only_row(*range.high)));
        }
        case ConditionKind::list:
            return all(only_row(*static_cast<const BoundList &>(condition).value), static_cast<const BoundList &>(condition).items);
        case ConditionKind::set:
            return only_row(*static_cast<const BoundSet &>(condition).value);
        case ConditionKind::truth:
            return only_row(*static_cast<const BoundTruth &>(condition).value);
        case ConditionKind::text_match:
            return only_row(*static_cast<const BoundTextMatch &>(condition).value);
        case ConditionKind::includes:
            return all(only_row(*static_cast<const BoundIncludes &>(condition).value), static_cast<const BoundIncludes &>(condition).items);
        case ConditionKind::anniversary: {
            const auto &anniversary = static_cast<const BoundAnniversary &>(condition);
            return together(only_row(*anniversary.date), together(only_row(*anniversary.from), only_row(*anniversary.until)));
        }
        default:
            return unknown;
    }
}

}  // namespace segment::definition
