// Surveys of groups of members by period: of each member's answers in a period, those that count.
#pragma once

#include <cstdint>
#include <map>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "core/survey/answers.hpp"

namespace segment::survey {

using Instant = std::int64_t;  // microseconds

// Which answers of one member in one period count.
enum class PerMember : std::uint8_t {
    last,  // the last one that the scale has
    all,   // each of them as one
    mean,  // their mean, as one answer
};

struct Tally {
    explicit Tally(std::pmr::memory_resource *memory) : sums(memory) {}

    std::int64_t asked = 0;         // members; with PerMember::all how often
    std::int64_t out_of_scale = 0;  // answers
    Groups groups;
    // By how many answers are behind one that counts: the sum of their sums. So means of means stay exact until they are divided.
    std::pmr::map<std::int64_t, std::int64_t> sums;
};

class Panel {
public:
    // Periods are [edge, next edge); the edges ascend and must outlive the panel.
    Panel(Scale scale, PerMember per_member, std::span<const Instant> edges, std::uint32_t groups, std::pmr::memory_resource *memory);

    // What follows is another member's.
    void begin_member(std::uint32_t group);
    // In the order of time. Empty for one who was asked and did not answer; what the scale does not have is counted and does not count. A
    // time outside of all periods is ignored.
    void add(Instant at, std::optional<int> answer);
    // After the last member.
    void finish() { end_period(); }

    const Tally &tally(std::uint32_t group, std::size_t period) const { return tallies_[group * periods() + period]; }
    std::size_t periods() const { return edges_.size() - 1; }

private:
    void end_period();
    // An answer that counts: the mean of so many.
    void count(Tally &tally, std::int64_t sum, std::int64_t answers) const;

    Scale scale_;
    PerMember per_member_;
    std::span<const Instant> edges_;
    std::pmr::vector<Tally> tallies_;  // by group, then period

    // Of the member and period that are being added.
    std::uint32_t group_ = 0;
    std::size_t period_ = 0;
    bool asked_ = false;
    std::int64_t sum_ = 0, answers_ = 0;
};

}  // namespace segment::survey
