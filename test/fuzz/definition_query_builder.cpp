// Any bytes as a query of react-querybuilder: an error, or a definition.
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "core/definition/parser.hpp"
#include "core/definition/printer.hpp"
#include "core/definition/query_builder.hpp"
#include "core/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace segment::definition;
    std::pmr::monotonic_buffer_resource arena;
    const Node *tree = nullptr;
    try {
        tree = &from_query_builder({reinterpret_cast<const char *>(data), size}, arena);
    } catch (const segment::Error &error) {
        if (error.code == segment::ErrorCode::internal_error || error.message.empty())
            std::abort();
        return 0;
    }
    std::pmr::string text, again;
    print(*tree, text);
    print(parse_definition(text, arena), again);
    if (again != text)
        std::abort();
    return 0;
}
