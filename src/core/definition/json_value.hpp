// Reads JSON text into values. Numbers stay text, because definitions keep every digit, and bytes beyond ASCII stay what they are,
// because the text is in the server's encoding.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include "core/definition/limits.hpp"
#include "core/error.hpp"

namespace segment::definition::json {

// What the JSON of the largest definition needs, and more than anyone writes.
inline constexpr std::size_t text_bytes = 16 * limits::text_bytes;
inline constexpr std::size_t values = limits::text_bytes;
inline constexpr std::uint32_t nesting_depth = 5 * limits::nesting_depth;

enum class Type : std::uint8_t { null, boolean, number, string, array, object };

struct Value {
    Type type = Type::null;
    bool truth = false;                 // of a boolean
    std::uint32_t position = 0;         // byte offset of its first character: no two values share one
    std::string_view key;               // in an object
    std::string_view text;              // the characters of a string, a number as written
    std::span<const Value> items = {};  // of an array or object, in the order of the text
};

// What messages call a value of this type: "a string".
std::string_view description(Type type);

struct Document {
    Value root;

    // Where the value at `position` stands, such as `$.rules[2].value`; the middle of a long path is left out.
    std::string path(std::uint32_t position) const;

    // Throws Error with the path of the value before the message.
    [[noreturn]] void fail(const Value &at, std::string_view message, std::string hint = {},
                           ErrorCode code = ErrorCode::invalid_parameter) const;
    [[noreturn]] void fail_expected(const Value &at, std::string_view expected) const;

    // The member of an object, or null. Throws Error if it is given twice.
    const Value *member(const Value &object, std::string_view key) const;
};

// Texts without escapes point into `text`, all else into `memory`. Throws Error: invalid_text_representation for what is not
// JSON by RFC 8259 or holds a NUL character, program_limit_exceeded beyond the limits above.
Document read(std::string_view text, std::pmr::memory_resource &memory);

}  // namespace segment::definition::json
