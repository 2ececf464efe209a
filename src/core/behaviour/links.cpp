#include "core/behaviour/links.hpp"

#include <algorithm>
#include <tuple>

namespace segment::behaviour {

namespace {

bool is_before(const Occurrence &a, const Occurrence &b) {
    return std::tie(a.time, a.code) < std::tie(b.time, b.code);
}

}  // namespace

Links::Links(std::span<const StepColumn> columns, std::span<const Link> links, WideValues &wide, std::pmr::memory_resource *memory)
    : columns_(columns.begin(), columns.end(), memory),
      links_(links.begin(), links.end(), memory),
      wide_(wide),
      values_(columns.size(), std::pmr::vector<Occurrence>(memory), memory),
      has_wide_(columns.size(), memory),
      sorted_(memory) {}

void Links::load(const EventLists::Member &member, std::span<const Occurrences> events) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const Occurrences known = member.list(columns_[i].list);
        sorted_.assign(known.begin(), known.end());
        std::ranges::sort(sorted_, is_before);
        values_[i].clear();
        has_wide_[i] = 0;
        for (const Occurrence &event : events[columns_[i].step]) {
            values_[i].push_back(*std::ranges::lower_bound(sorted_, event, is_before));
            has_wide_[i] |= values_[i].back().is_wide;
        }
    }
}

bool Links::compare(const Link &link, const Occurrence &left, const Occurrence &right) const {
    if (!left.is_set || !right.is_set)
        return false;
    if (link.form == LinkForm::identity) {
        // A value that has a number of its own has no other.
        return left.is_wide != right.is_wide ? false : left.is_wide ? wide_.is_same(left, right) : left.number == right.number;
    }
    const int order = left.is_wide || right.is_wide ? wide_.compare(left, right)
                      : left.number < right.number  ? -1
                      : left.number > right.number  ? 1
                                                    : 0;
    return link.kind == LinkKind::less ? order < 0 : link.kind == LinkKind::less_equal ? order <= 0 : order == 0;
}

bool Links::hold(LinkId id, std::span<const std::uint32_t> chosen) const {
    const auto chosen_value = [&](std::uint32_t column) -> const Occurrence & { return values_[column][chosen[columns_[column].step]]; };
    const Link &link = links_[id];
    switch (link.kind) {
        case LinkKind::both:
            return hold(link.left, chosen) && hold(link.right, chosen);
        case LinkKind::either:
            return hold(link.left, chosen) || hold(link.right, chosen);
        case LinkKind::negation:
            return !hold(link.left, chosen);
        case LinkKind::holds:
            return chosen_value(link.left).is_set && chosen_value(link.left).number != 0;
        default:
            return compare(link, chosen_value(link.left), chosen_value(link.right));
    }
}

std::uint32_t Links::earliest_step(LinkId id) const {
    const Link &link = links_[id];
    switch (link.kind) {
        case LinkKind::both:
        case LinkKind::either:
            return std::min(earliest_step(link.left), earliest_step(link.right));
        case LinkKind::negation:
            return earliest_step(link.left);
        case LinkKind::holds:
            return columns_[link.left].step;
        default:
            return std::min(columns_[link.left].step, columns_[link.right].step);
    }
}

std::optional<Links::Key> Links::key(LinkId id, std::uint32_t step) const {
    const Link &link = links_[id];
    if (link.kind == LinkKind::both) {
        const auto left = key(link.left, step);
        return left ? left : key(link.right, step);
    }
    if (link.kind != LinkKind::equal || has_wide_[link.left] || has_wide_[link.right])
        return {};
    if (columns_[link.left].step == step && columns_[link.right].step != step)
        return Key{link.left, link.right};
    if (columns_[link.right].step == step && columns_[link.left].step != step)
        return Key{link.right, link.left};
    return {};
}

}  // namespace segment::behaviour
