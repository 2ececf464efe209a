#include "core/survey/scale.hpp"

#include <string>

#include "core/error.hpp"

namespace segment::survey {

std::optional<Scale> find_scale(std::string_view name) {
    for (std::uint8_t number = 1; is_scale(number); ++number) {
        if (rules(static_cast<Scale>(number)).name == name) {
            return static_cast<Scale>(number);
        }
    }
    return std::nullopt;
}

Scale scale_of(std::string_view name) {
    if (const std::optional<Scale> scale = find_scale(name)) {
        return *scale;
    }
    throw Error(ErrorCode::invalid_parameter, "unknown scale \"" + std::string(name) + "\"", Error::no_position, {},
                "The scales are '0-10', '1-10', '1-7' and '1-5'.");
}

}  // namespace segment::survey
