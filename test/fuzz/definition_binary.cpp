// Any bytes as the binary form of a definition or a formula: an error, or a text whose canonical form is sent and received as itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "core/definition/binary.hpp"
#include "core/definition/canonical.hpp"
#include "core/error.hpp"

namespace {

using namespace segment::definition;

// What a receive function stores of the message, without its encoding; empty if it refuses it.
std::string received(auto read, std::string_view message) {
    std::pmr::monotonic_buffer_resource arena;
    try {
        return std::string(read(binary_text(message), arena));
    } catch (const segment::Error &error) {
        if (error.code == segment::ErrorCode::internal_error || error.message.empty())
            std::abort();
    }
    return {};
}

void check(auto read, std::string_view message) {
    const std::string text = received(read, message);
    if (!text.empty() && received(read, static_cast<char>(binary_version) + text) != text)
        std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view message(reinterpret_cast<const char *>(data), size);
    check(canonical_definition, message);
    check(canonical_formula, message);
    return 0;
}
