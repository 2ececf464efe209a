// The numbers themselves, for what computes with them.
#include <algorithm>
#include <limits>

#include "core/match/event_leaves.hpp"

namespace segment::match {

namespace {

constexpr std::uint32_t partitions_per_chunk = members::chunk_size / behaviour::partition_size;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

}  // namespace

void EventLeaves::load_numbers(std::uint32_t chunk, Interrupts &interrupts) {
    numbers_.resize(measures_.size() * members::chunk_size);
    const auto number_of = [](const Measure &measure, const behaviour::EventLists::Member &lists) {
        return measure.evaluator                                      ? measure.evaluator->number(lists).value_or(missing)
               : measure.function == definition::EventFunction::count ? 0
                                                                      : missing;
    };
    const behaviour::EventLists::Member nothing(memory_);
    for (std::size_t i = 0; i < measures_.size(); ++i)
        std::fill_n(numbers_.begin() + static_cast<std::ptrdiff_t>(i * members::chunk_size), members::chunk_size,
                    number_of(measures_[i], nothing));
    for (std::uint32_t i = 0; i < partitions_per_chunk; ++i) {
        interrupts.poll();
        const std::uint32_t partition = chunk * partitions_per_chunk + i;
        double *const first = numbers_.data() + i * behaviour::partition_size;
        if (has_counts_) {
            counts_.for_members(partition, row_, [&](std::uint32_t member) {
                sum_up(row_);
                for (std::size_t id = 0; id < measures_.size(); ++id)
                    if (measures_[id].function == definition::EventFunction::count && !measures_[id].evaluator)
                        first[id * members::chunk_size + member] = static_cast<double>(count(measures_[id], row_));
            });
        }
        if (has_lists_) {
            lists_.for_members(partition, [&](std::uint32_t member, const behaviour::EventLists::Member &lists) {
                for (std::size_t id = 0; id < measures_.size(); ++id)
                    if (measures_[id].evaluator)
                        first[id * members::chunk_size + member] = number_of(measures_[id], lists);
            });
        }
    }
}

}  // namespace segment::match
