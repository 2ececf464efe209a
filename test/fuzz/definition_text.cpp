// Any bytes are a definition or an error; a definition's canonical text is read again and prints as itself.
//
//     clang++ -std=c++20 -g -O1 -fsanitize=fuzzer,address,undefined -Isrc test/fuzz/definition_text.cpp src/core/definition/*.cpp -o fuzz
//     ./fuzz -dict=test/fuzz/definition_text.dict -timeout=5 new_corpus test/fuzz/corpus/definition_text
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "core/definition/canonical.hpp"
#include "core/definition/locate.hpp"
#include "core/error.hpp"

namespace {

using namespace segment::definition;

using Read = std::pmr::string(std::string_view, std::pmr::memory_resource &);

void check(bool holds) {
    if (!holds)
        std::abort();
}

// The canonical text, or an empty one if `text` is an error, which then points into it.
std::string canonical(Read read, std::string_view text) {
    std::pmr::monotonic_buffer_resource arena;
    try {
        return std::string(read(text, arena));
    } catch (const segment::Error &error) {
        check(!error.message.empty());
        check(error.position == segment::Error::no_position ||
              (error.position >= 0 && static_cast<std::size_t>(error.position) <= text.size()));
        std::pmr::string snippet;
        for (const bool utf8 : {false, true})
            caret_snippet(text, static_cast<std::size_t>(error.position), utf8, snippet);
    }
    return {};
}

void check_round_trip(Read read, std::string_view text) {
    const std::string once = canonical(read, text);
    if (!once.empty())
        check(canonical(read, once) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    check_round_trip(canonical_definition, text);
    check_round_trip(canonical_formula, text);
    return 0;
}
