#include "core/definition/amendments.hpp"

#include <string>
#include <vector>

#include "core/definition/arena.hpp"

namespace segment::definition {
namespace {

class Amender {
public:
    Amender(const Vocabulary &vocabulary, std::pmr::memory_resource &memory) : vocabulary_(vocabulary), arena_(memory) {}

    const BoundCondition *either(const BoundCondition *left, const BoundCondition *right) {
        return joined(ConditionKind::disjunction, left, right);
    }
    const BoundCondition *but_not(const BoundCondition *left, const BoundCondition *right) {
        return joined(ConditionKind::conjunction, left, arena_.add(BoundNegation{{ConditionKind::negation}, right}));
    }
    const BoundCondition *overridden(std::span<const std::int32_t> segments, std::string_view how);
    const BoundCondition *in_any(std::span<const SegmentName> segments);

private:
    const BoundCondition *joined(ConditionKind kind, const BoundCondition *left, const BoundCondition *right) {
        const BoundCondition *const operands[] = {left, right};
        return arena_.add(BoundJunction{{kind}, arena_.copy(std::span<const BoundCondition *const>(operands))});
    }

    const Vocabulary &vocabulary_;
    Arena arena_;
};

const BoundCondition *Amender::overridden(std::span<const std::int32_t> segments, std::string_view how) {
    std::string rows = "listed.segment_id " + std::string(segments.size() == 1 ? "= " : "IN (");
    for (std::size_t i = 0; i < segments.size(); ++i)
        rows += (i > 0 ? ", " : "") + std::to_string(segments[i]);
    rows += std::string(segments.size() == 1 ? "" : ")") + " AND listed.override = '" + std::string(how) + "'";
    return arena_.add(BoundListed{{ConditionKind::listed}, vocabulary_.override_sql, arena_.copy(std::string_view(rows))});
}

const BoundCondition *Amender::in_any(std::span<const SegmentName> segments) {
    std::pmr::vector<const BoundCondition *> members(&arena_.memory());
    for (const SegmentName &segment : segments)
        members.push_back(arena_.add(BoundInSegment{{ConditionKind::in_segment}, segment.id, segment.name}));
    return members.size() == 1
               ? members.front()
               : arena_.add(BoundJunction{{ConditionKind::disjunction}, arena_.copy(std::span<const BoundCondition *const>(members))});
}

}  // namespace

void use_segment(Checked &checked, std::int32_t segment) {
    for (SegmentUse &use : checked.segments)
        if (use.id == segment) {
            use.current = true;
            return;
        }
    checked.segments.push_back({segment, 0, true});
}

const BoundCondition *amended(const BoundCondition *definition, const Amendments &amendments, const Vocabulary &vocabulary,
                              std::pmr::memory_resource &memory) {
    Amender amender(vocabulary, memory);
    const std::span<const std::int32_t> own(&amendments.segment, 1);
    const BoundCondition *result = definition;
    if (!amendments.before.empty())
        result = amender.but_not(result, amender.in_any(amendments.before));
    if (amendments.includes)
        result = amender.either(result, amender.overridden(own, "include"));
    if (amendments.excludes)
        result = amender.but_not(result, amender.overridden(own, "exclude"));
    if (!amendments.rivals.empty())
        result = amender.but_not(result, amender.overridden(amendments.rivals, "include"));
    return result;
}

}  // namespace segment::definition
