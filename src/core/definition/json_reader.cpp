#include "core/definition/json_reader.hpp"

#include <algorithm>
#include <string>

#include "core/definition/decimal.hpp"
#include "core/definition/excerpt.hpp"
#include "core/definition/nearest.hpp"

namespace segment::definition::json {
namespace {

std::string suggestion(std::string_view word, std::span<const std::string_view> known) {
    const std::string_view best = nearest(word, known);
    return best.empty() ? std::string() : "Did you mean \"" + std::string(best) + "\"?";
}

std::string list_of(std::span<const std::string_view> words) {
    std::string list;
    for (const std::string_view word : words)
        if (!word.empty())
            list.append(list.empty() ? "\"" : ", \"").append(word).append("\"");
    return list;
}

}  // namespace

void Reader::require(const Value &json, Type type) const {
    if (json.type != type)
        document_.fail_expected(json, description(type));
}

void Reader::require_role(const Value &json, Kind kind, Role role) const {
    const auto refuse = [&](std::string_view expected, std::string hint = {}) {
        document_.fail(json, "expected " + std::string(expected) + ", found \"" + std::string(word_of(kind)) + "\"", std::move(hint));
    };
    if (role == Role::condition) {
        if (!is_condition(kind))
            refuse("a condition", kind == Kind::name ? "A boolean trait is a condition as {\"kind\": \"truth\", \"value\": ...}." : "");
        return;
    }
    if (is_condition(kind))
        refuse("a value");
    if (kind == Kind::last_event && role != Role::value_or_event)
        fail(json, "\"last_event\" stands in \"days\" only");
    const bool is_literal =
        kind == Kind::number || kind == Kind::text || kind == Kind::boolean || kind == Kind::duration || kind == Kind::negate;
    if (role == Role::literal && !is_literal)
        refuse("a literal");
}

std::string_view Reader::not_empty(const Value &json) const {
    require(json, Type::string);
    if (json.text.empty())
        fail(json, "expected a string that is not empty");
    return json.text;
}

std::string_view Reader::digits(const Value &json, std::string_view number) {
    const auto result = canonical_decimal(number, arena_);
    if (!result)
        document_.fail(json, "the number has too many digits",
                       "Numbers have at most " + std::to_string(limits::number_digits) + " digits before and after the decimal point.",
                       ErrorCode::numeric_out_of_range);
    return *result;
}

std::string_view Reader::unsigned_digits(const Value &json) {
    require(json, Type::number);
    if (json.text[0] == '-')
        fail(json, "expected a number that is not negative");
    return digits(json, json.text);
}

std::uint64_t Reader::whole_number(const Value &json, std::uint64_t largest) {
    const std::string_view digits = unsigned_digits(json);
    const auto number = definition::whole_number(digits);
    if (!number && digits.find('.') != std::string_view::npos)
        fail(json, "expected a whole number");
    if (!number || static_cast<std::uint64_t>(*number) > largest)
        document_.fail(json, "the number is too large here", {}, ErrorCode::numeric_out_of_range);
    return static_cast<std::uint64_t>(*number);
}

const Value &Reader::required_member(const Value &object, std::string_view key) const {
    const Value *result = member(object, key);
    if (result == nullptr)
        fail(object, "missing key \"" + std::string(key) + "\"");
    return *result;
}

std::size_t Reader::word(const Value &json, std::span<const std::string_view> words) const {
    require(json, Type::string);
    const auto found = std::ranges::find(words, json.text);
    if (found == words.end() || json.text.empty()) {
        constexpr std::size_t few = 10;
        document_.fail(json, "unknown word \"" + excerpt(json.text) + "\"",
                       words.size() <= few ? "One of " + list_of(words) + " can stand here." : suggestion(json.text, words));
    }
    return static_cast<std::size_t>(found - words.begin());
}

// A string is a name of one part, whatever characters are in it.
std::span<const Name::Part> Reader::name(const Value &json, bool quoted) {
    const std::span<const Value> items = json.type == Type::string ? std::span(&json, 1) : json.items;
    if (items.empty() || json.type == Type::object)
        fail(json, "expected a name or an array of names and positions");
    if (items[0].type != Type::string)
        document_.fail_expected(items[0], "a name");
    std::pmr::vector<Name::Part> parts(&arena_.memory());
    parts.reserve(items.size());
    for (const Value &item : items) {
        Name::Part part;
        if (item.type == Type::string)
            part.name = not_empty(item);
        else
            part.index = static_cast<std::int32_t>(whole_number(item, std::numeric_limits<std::int32_t>::max()));
        parts.push_back(part);
    }
    parts[0].quoted = quoted;
    return arena_.copy(std::span<const Name::Part>(parts));
}

std::span<const Value> Reader::array(const Value &json, std::size_t limit) const {
    require(json, Type::array);
    if (json.items.empty())
        fail(json, "the array is empty");
    if (json.items.size() > limit)
        document_.fail(json, "the array has more than " + std::to_string(limit) + " items", {}, ErrorCode::program_limit_exceeded);
    return json.items;
}

void Reader::require_known_keys(const Value &object, std::span<const std::string_view> known) const {
    for (const Value &item : object.items)
        if (std::ranges::find(known, item.key) == known.end())
            document_.fail(item, "unknown key", suggestion(item.key, known));
}

void Reader::fail_height(const Value &at) const {
    document_.fail(at, "the tree is more than " + std::to_string(most_levels) + " levels high", {}, ErrorCode::program_limit_exceeded);
}

}  // namespace segment::definition::json
