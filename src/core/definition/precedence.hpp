// How tightly operators bind; the parser and the printer agree on it.
#pragma once

#include <cstdint>

namespace segment::definition {

// From the loosest. `condition` is the level of `not` and of every condition without `and` and `or`; `unary` is that of a
// minus sign and of everything that holds together by itself.
enum class Precedence : std::uint8_t { disjunction, conjunction, condition, sum, product, unary };

}  // namespace segment::definition
