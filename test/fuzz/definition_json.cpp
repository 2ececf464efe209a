// Any bytes as the JSON of a definition or formula: an error, or a tree that its text and its JSON give back.
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "core/definition/json.hpp"
#include "core/definition/parser.hpp"
#include "core/definition/printer.hpp"
#include "core/error.hpp"

namespace {

using namespace segment::definition;

using Read = const Node &(std::string_view, std::pmr::memory_resource &);

void require(bool holds) {
    if (!holds)
        std::abort();
}

void try_reading(std::string_view json, Read read, Read parse) {
    std::pmr::monotonic_buffer_resource arena;
    const Node *tree = nullptr;
    try {
        tree = &read(json, arena);
    } catch (const segment::Error &error) {
        require(error.code != segment::ErrorCode::internal_error && !error.message.empty());
        return;
    }
    std::pmr::string text, again, written;
    print(*tree, text);
    print(parse(text, arena), again);
    require(again == text);
    to_json(*tree, written);
    again.clear();
    print(read(written, arena), again);
    require(again == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view json(reinterpret_cast<const char *>(data), size);
    try_reading(json, definition_from_json, parse_definition);
    try_reading(json, formula_from_json, parse_formula);
    return 0;
}
