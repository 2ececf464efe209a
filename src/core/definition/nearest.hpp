// "Did you mean ...?": the known word nearest to a mistyped one.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace segment::definition {

// Takes known words one after the other and keeps the best. Distance is the number of letters inserted, dropped, replaced or
// swapped with their neighbour, without regard to ASCII case. A word is near if no more than a third of the letters differ.
class Nearest {
public:
    explicit Nearest(std::string_view word);

    // With a distance of its own below which a word is near.
    Nearest(std::string_view word, std::size_t limit);

    // Looks at one known word; the first of equally near ones wins. Time is bounded: words above 64 bytes are never near.
    void offer(std::string_view known);

    // The nearest word offered, or empty when none is near. It points to where the offered word was.
    std::string_view best() const { return best_; }

private:
    static constexpr std::size_t longest = 64;

    std::size_t distance(std::string_view known, std::size_t limit) const;

    std::array<char, longest> word_;  // in lower case
    std::size_t length_;
    std::size_t limit_;  // a better word is nearer than this
    std::string_view best_;
};

// The one of `known` that is nearest to `word`, or empty.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace segment::definition
