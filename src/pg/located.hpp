// Errors in definitions, with their place.
#pragma once

#include <string_view>

#include "core/error.hpp"

namespace segment::pg {

// The same error with the place put into its detail: the character, the line and a caret below it. `whose` names the
// definition ("the definition of segment "vip""). To be called inside boundary::core.
Error located(const Error &error, std::string_view text, std::string_view whose);

}  // namespace segment::pg
