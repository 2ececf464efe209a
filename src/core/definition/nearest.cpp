#include "core/definition/nearest.hpp"

#include <algorithm>

#include "core/definition/ascii.hpp"

namespace segment::definition {

Nearest::Nearest(std::string_view word) : Nearest(word, std::max<std::size_t>(word.size() / 3, 1) + 1) {}

Nearest::Nearest(std::string_view word, std::size_t limit) : word_{}, length_(word.size()), limit_(limit) {
    if (length_ == 0 || length_ > longest)
        limit_ = 0;
    else
        std::transform(word.begin(), word.end(), word_.begin(), ascii::lower);
}

void Nearest::offer(std::string_view known) {
    if (limit_ == 0 || known.empty() || known.size() > longest)
        return;
    const std::size_t difference = known.size() > length_ ? known.size() - length_ : length_ - known.size();
    if (difference >= limit_)
        return;
    const std::size_t found = distance(known, limit_);
    // A word of which nothing is left is not near: `is` is no misspelling of `a`.
    if (found < limit_ && found < std::min(known.size(), length_)) {
        limit_ = found;
        best_ = known;
    }
}

// Optimal string alignment, row by row; gives up with `limit` as soon as a whole row has reached it.
std::size_t Nearest::distance(std::string_view known, std::size_t limit) const {
    std::array<std::array<std::size_t, longest + 1>, 3> rows;
    std::size_t *before = rows[0].data(), *above = rows[1].data(), *row = rows[2].data();
    for (std::size_t j = 0; j <= known.size(); ++j)
        above[j] = j;
    char previous = '\0';
    for (std::size_t i = 1; i <= length_; ++i) {
        const char letter = word_[i - 1];
        row[0] = i;
        std::size_t smallest = i;
        for (std::size_t j = 1; j <= known.size(); ++j) {
            const char other = ascii::lower(known[j - 1]);
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter == other ? 0 : 1)});
            if (i > 1 && j > 1 && previous == other && letter == ascii::lower(known[j - 2]))
                row[j] = std::min(row[j], before[j - 2] + 1);
            smallest = std::min(smallest, row[j]);
        }
        if (smallest >= limit)
            return limit;
        previous = letter;
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[known.size()];
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> known) {
    Nearest search(word);
    for (std::string_view candidate : known)
        search.offer(candidate);
    return search.best();
}

}  // namespace segment::definition
