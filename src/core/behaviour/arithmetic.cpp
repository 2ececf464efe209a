#include "core/behaviour/arithmetic.hpp"

#include <algorithm>

namespace segment::behaviour {

namespace {

__extension__ using Wide = __int128;

// numeric's division (select_div_scale in src/backend/utils/adt/numeric.c) rounds a quotient below 10^8 to 12 decimals or more. With so
// few events a mean that is not equal to a bound of up to 6 decimals differs from it by more than that.
constexpr std::size_t most_events = 1'000'000;
constexpr Wide largest_mean = Wide{100'000'000} * number_scale;
constexpr Wide largest_sum = Wide{1} << 60;

std::int64_t code(std::size_t bound, bool equal) {
    return static_cast<std::int64_t>(2 * bound + (equal ? 2 : 1));
}

Wide magnitude(Wide value) {
    return value < 0 ? -value : value;
}

Wide total(std::span<const Occurrence> events) {
    Wide sum = 0;
    for (const Occurrence &event : events)
        sum += event.number;
    return sum;
}

// In millionths; nothing of what is missing or a quotient.
std::optional<Wide> exact_aggregate(Aggregate aggregate, std::span<const Occurrence> events) {
    if (aggregate == Aggregate::sum)
        return total(events);
    if (events.empty() || (aggregate != Aggregate::least && aggregate != Aggregate::greatest))
        return {};
    const auto [least, greatest] = std::ranges::minmax(events, {}, &Occurrence::number);
    return aggregate == Aggregate::least ? least.number : greatest.number;
}

bool is_between_millionths(HalfMillionths bound) {
    return bound % 2 != 0;
}

}  // namespace

std::optional<std::int64_t> Arithmetic::value(const EventLists::Member &member) {
    gather(terms_, member, events_);
    if (events_.empty() && aggregate_ != Aggregate::sum)
        return {};
    std::optional<std::int64_t> found;
    if (std::ranges::none_of(events_, &Occurrence::is_wide)) {
        switch (aggregate_) {
            case Aggregate::sum:
                found = sum();
                break;
            case Aggregate::average:
                found = average();
                break;
            case Aggregate::median:
                found = median();
                break;
            default:
                break;
        }
    }
    return found ? found : wide_.aggregate(feature_, aggregate_, events_);
}

// Quotients are rounded twice, by numeric and then by double precision, which is left to PostgreSQL; so are sums that doubles cannot hold.
std::optional<double> Arithmetic::number(const EventLists::Member &member) {
    constexpr Wide largest_exact = Wide{1} << 53;
    gather(terms_, member, events_);
    if (std::ranges::none_of(events_, &Occurrence::is_wide))
        if (const auto exact = exact_aggregate(aggregate_, events_); exact && magnitude(*exact) <= largest_exact)
            return static_cast<double>(static_cast<std::int64_t>(*exact)) / static_cast<double>(number_scale);
    return events_.empty() ? std::nullopt : std::optional<double>(wide_.number(feature_, aggregate_, events_));
}

std::optional<std::int64_t> Arithmetic::sum() const {
    const Wide sum = total(events_);
    if (magnitude(sum) > largest_sum)
        return {};
    const auto halves = static_cast<HalfMillionths>(2 * sum);
    const auto bound = std::ranges::lower_bound(bounds_, halves);
    return code(static_cast<std::size_t>(bound - bounds_.begin()), bound != bounds_.end() && *bound == halves);
}

std::optional<std::int64_t> Arithmetic::average() const {
    const auto count = static_cast<Wide>(events_.size());
    const Wide halves = 2 * total(events_);
    if (events_.size() > most_events || magnitude(halves) >= 2 * largest_mean * count)
        return {};
    const auto bound = std::ranges::partition_point(bounds_, [&](HalfMillionths edge) { return edge * count < halves; });
    for (auto near = bound == bounds_.begin() ? bound : bound - 1; near != bounds_.end() && near <= bound; ++near)
        if (is_between_millionths(*near) && magnitude(*near * count - halves) < count)
            return {};
    return code(static_cast<std::size_t>(bound - bounds_.begin()), bound != bounds_.end() && *bound * count == halves);
}

std::optional<std::int64_t> Arithmetic::median() {
    std::ranges::sort(events_, {}, &Occurrence::number);
    const Wide halves = Wide{events_[(events_.size() - 1) / 2].number} + events_[events_.size() / 2].number;
    if (magnitude(halves) >= 2 * largest_mean)
        return {};
    const auto bound = std::ranges::lower_bound(bounds_, static_cast<HalfMillionths>(halves));
    const bool equal = bound != bounds_.end() && *bound == halves;
    if (equal && is_between_millionths(*bound))
        return {};
    return code(static_cast<std::size_t>(bound - bounds_.begin()), equal);
}

}  // namespace segment::behaviour
