// Where values stand among all of them, in memory of a given size.
#pragma once

#include <memory_resource>
#include <span>
#include <vector>

#include "core/behaviour/overflow.hpp"
#include "core/interrupts.hpp"
#include "core/score/model.hpp"

namespace segment::score {

// Values are collected and sorted; what does not fit goes to the overflow as sorted runs, of which one value in 512 stays in memory.
class Ranks {
public:
    // Takes about `bytes` of memory, and 1 in 512 of what goes to `overflow`, which may be null if everything fits.
    Ranks(std::uint64_t bytes, behaviour::Overflow *overflow, std::pmr::memory_resource *memory);

    // A value that is not missing.
    void add(double value);
    // After the last value.
    void finish();

    // Puts into each value's place (those with a worse value) ÷ (all values − 1), as SQL's percent_rank does, and 0 if there is but one;
    // missing ones stay.
    void rank(std::span<double> values, bool more_is_better, Interrupts &interrupts);

    std::uint64_t count() const { return count_; }

private:
    // Values of a run that are read together.
    struct Block {
        double first;
        std::uint64_t place;  // in the overflow
    };
    struct Run {
        std::uint64_t size;
        std::pmr::vector<Block> blocks;
    };
    struct Question {
        double value;
        std::uint32_t index;
    };

    void write_run();
    // Adds to below_, by the questions' indexes, how many of a run's values come before the question's.
    void count_below(const Run &run, bool equals_too, Interrupts &interrupts);

    std::size_t capacity_;
    behaviour::Overflow *overflow_;
    std::uint64_t count_ = 0;
    std::pmr::vector<double> values_;  // of the run that stays in memory
    std::pmr::vector<Run> runs_;
    // Of one call.
    std::pmr::vector<Question> questions_;
    std::pmr::vector<std::uint64_t> below_;
    std::pmr::vector<double> block_;
};

}  // namespace segment::score
