// All chunks of an evaluation at once.
#pragma once

#include <memory_resource>
#include <vector>

#include "core/interrupts.hpp"
#include "core/match/evaluate.hpp"
#include "core/members/bit_set.hpp"

namespace segment::match {

class Result {
public:
    Result(const Evaluation &evaluation, const Plan &plan, std::pmr::memory_resource *memory) {
        for (RootId root = 0; root < plan.roots().size(); ++root) {
            set_of_root_.push_back(evaluation.set_of(root));
        }
        for (std::uint32_t set = 0; set < evaluation.sets(); ++set) {
            sets_.emplace_back(memory);
        }
    }

    void take(const Evaluation &evaluation, std::uint32_t chunk) {
        for (std::uint32_t set = 0; set < sets_.size(); ++set) {
            sets_[set].assign(chunk, evaluation.set(set));
        }
    }

    const members::BitSet &members(RootId root) const { return sets_.at(set_of_root_.at(root)); }
    const members::BitSet &base_members() const { return sets_.at(base_set); }

private:
    std::vector<std::uint32_t> set_of_root_;
    std::vector<members::BitSet> sets_;
};

inline Result evaluate(const Plan &plan, const Staging &staging, Interrupts &interrupts, std::pmr::memory_resource *memory) {
    Evaluation evaluation(plan, staging, nullptr, memory);
    Result result(evaluation, plan, memory);
    for (std::uint32_t chunk = 0; chunk < staging.chunks(); ++chunk) {
        evaluation.run(chunk, interrupts);
        result.take(evaluation, chunk);
    }
    return result;
}

}  // namespace segment::match
