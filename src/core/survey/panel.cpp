#include "core/survey/panel.hpp"

#include <algorithm>

namespace segment::survey {

Panel::Panel(Scale scale, PerMember per_member, std::span<const Instant> edges, std::uint32_t groups, std::pmr::memory_resource *memory)
    : scale_(scale), per_member_(per_member), edges_(edges), tallies_(memory) {
    const std::size_t count = groups * periods();
    tallies_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        tallies_.emplace_back(memory);
    }
}

void Panel::begin_member(std::uint32_t group) {
    end_period();
    group_ = group;
}

void Panel::add(Instant at, std::optional<int> answer) {
    if (at < edges_.front() || at >= edges_.back()) {
        return;
    }
    const auto period = static_cast<std::size_t>(std::upper_bound(edges_.begin(), edges_.end(), at) - edges_.begin()) - 1;
    if (period != period_) {
        end_period();
        period_ = period;
    }
    Tally &tally = tallies_[group_ * periods() + period];
    if (per_member_ == PerMember::all) {
        ++tally.asked;
    }
    asked_ = true;
    if (!answer) {
        return;
    }
    if (*answer < rules(scale_).lowest || *answer > rules(scale_).highest) {
        ++tally.out_of_scale;
        return;
    }
    switch (per_member_) {
        case PerMember::last:
            sum_ = *answer;
            answers_ = 1;
            break;
        case PerMember::all:
            count(tally, *answer, 1);
            break;
        case PerMember::mean:
            sum_ += *answer;
            ++answers_;
            break;
    }
}

void Panel::end_period() {
    if (asked_ && per_member_ != PerMember::all) {
        Tally &tally = tallies_[group_ * periods() + period_];
        ++tally.asked;
        if (answers_ > 0) {
            count(tally, sum_, answers_);
        }
    }
    asked_ = false;
    sum_ = answers_ = 0;
}

void Panel::count(Tally &tally, std::int64_t sum, std::int64_t answers) const {
    const ScaleRules &bounds = rules(scale_);
    Groups &groups = tally.groups;
    ++groups.answers;
    if (sum >= bounds.promoters_from * answers) {
        ++groups.promoters;
    } else if (sum >= bounds.passives_from * answers) {
        ++groups.passives;
    } else {
        ++groups.detractors;
    }
    groups.satisfied += sum >= bounds.satisfied_from * answers ? 1 : 0;
    tally.sums[answers] += sum;
}

}  // namespace segment::survey
