// What the tests of definitions as JSON share.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/definition/json.hpp"
#include "core/definition/json_value.hpp"
#include "definition_support.hpp"

namespace segment::definition {

inline std::string written(const Node &node) {
    std::pmr::string out;
    to_json(node, out);
    return std::string(out);
}

inline std::string json_of(std::string_view definition) {
    std::pmr::monotonic_buffer_resource arena;
    return written(parse_definition(definition, arena));
}

inline std::string definition_of(std::string_view json) {
    std::pmr::monotonic_buffer_resource arena;
    return printed(definition_from_json(json, arena));
}

inline std::string formula_of(std::string_view json) {
    std::pmr::monotonic_buffer_resource arena;
    return printed(formula_from_json(json, arena));
}

// As jsonb shows it: keys in the order of their length, then of their bytes; spaces after colons and commas.
inline std::string as_jsonb(const json::Value &value) {
    const auto quoted = [](std::string_view text) {
        std::string result = "\"";
        for (const char c : text) {
            constexpr std::string_view special = "\"\\\b\f\n\r\t", letters = "\"\\bfnrt";
            const std::size_t found = special.find(c);
            const auto byte = static_cast<unsigned char>(c);
            if (found != std::string_view::npos)
                result += std::string("\\") + letters[found];
            else if (byte < 0x20)
                result += std::string("\\u00") + "01"[byte >> 4] + "0123456789abcdef"[byte & 15];
            else
                result += c;
        }
        return result + "\"";
    };
    switch (value.type) {
        case json::Type::null:
            return "null";
        case json::Type::boolean:
            return value.truth ? "true" : "false";
        case json::Type::number:
            return std::string(value.text);
        case json::Type::string:
            return quoted(value.text);
        case json::Type::array:
        case json::Type::object:
            break;
    }
    const bool is_object = value.type == json::Type::object;
    std::vector<json::Value> items(value.items.begin(), value.items.end());
    if (is_object)
        std::ranges::sort(items, {}, [](const json::Value &item) { return std::pair(item.key.size(), item.key); });
    std::string result(is_object ? "{" : "[");
    for (const json::Value &item : items)
        result += (result.size() > 1 ? ", " : "") + (is_object ? quoted(item.key) + ": " : "") + as_jsonb(item);
    return result + (is_object ? "}" : "]");
}

inline std::string as_jsonb(std::string_view json) {
    std::pmr::monotonic_buffer_resource memory;
    return as_jsonb(json::read(json, memory).root);
}

}  // namespace segment::definition
