#include "core/definition/binary.hpp"

#include <string>

#include "core/error.hpp"

namespace segment::definition {

std::string_view binary_text(std::string_view message) {
    if (message.empty())
        throw Error(ErrorCode::invalid_binary_representation, "binary definition has no version");
    const auto version = static_cast<std::uint8_t>(message.front());
    if (version != binary_version)
        throw Error(ErrorCode::invalid_binary_representation, "unsupported version of binary definition: " + std::to_string(version));
    return message.substr(1);
}

}  // namespace segment::definition
