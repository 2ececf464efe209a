#include "core/definition/json_value.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/definition/arena.hpp"
#include "core/definition/ascii.hpp"
#include "core/definition/excerpt.hpp"

namespace segment::definition::json {
namespace {

// Not recursive: a document may be higher than the stack.
class Reader {
public:
    Reader(std::string_view text, std::pmr::memory_resource &memory) : text_(text), arena_(memory), done_(&memory), open_(&memory) {}

    Value document() {
        do {
            begin_value();
            while (!open_.empty() && !another_item_follows())
                close();
        } while (!open_.empty());
        skip_spaces();
        if (at_ < text_.size())
            fail("expected the end");
        return done_.back();
    }

private:
    // An array or object of which not all items have been read.
    struct Open {
        Value value;
        std::size_t begin;  // of its items in done_
        bool is_new = true;

        char end() const { return value.type == Type::object ? '}' : ']'; }
    };

    [[noreturn]] void fail(std::string_view message) const { fail_at(at_, message); }

    [[noreturn]] void fail_at(std::size_t position, std::string_view message) const {
        throw Error(ErrorCode::invalid_text_representation,
                    "invalid JSON at byte " + std::to_string(position) + ": " + std::string(message));
    }

    [[noreturn]] static void limit_exceeded(std::string message) { throw Error(ErrorCode::program_limit_exceeded, std::move(message)); }

    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    void skip_spaces() {
        while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')
            ++at_;
    }

    bool accept(char c) {
        skip_spaces();
        if (peek() != c)
            return false;
        ++at_;
        return true;
    }

    // Reads a scalar, or the bracket that opens an array or object.
    void begin_value() {
        if (++count_ > values)
            limit_exceeded("the JSON has more than " + std::to_string(values) + " values");
        Value value;
        if (!open_.empty() && open_.back().value.type == Type::object)
            value.key = key();
        skip_spaces();
        value.position = static_cast<std::uint32_t>(at_);
        switch (peek()) {
            case '{':
                value.type = Type::object;
                return open(value);
            case '[':
                value.type = Type::array;
                return open(value);
            case '"':
                value.type = Type::string;
                value.text = string();
                break;
            case 't':
            case 'f':
                value.type = Type::boolean;
                value.truth = peek() == 't';
                word(value.truth ? "true" : "false");
                break;
            case 'n':
                word("null");
                break;
            default:
                value.type = Type::number;
                value.text = number();
        }
        done_.push_back(value);
    }

    void open(const Value &value) {
        if (open_.size() == nesting_depth)
            limit_exceeded("the JSON is nested more than " + std::to_string(nesting_depth) + " levels deep");
        ++at_;
        open_.push_back({value, done_.size()});
    }

    bool another_item_follows() {
        Open &innermost = open_.back();
        skip_spaces();
        if (std::exchange(innermost.is_new, false))
            return peek() != innermost.end();
        if (accept(','))
            return true;
        if (peek() != innermost.end())
            fail(innermost.end() == '}' ? "expected \",\" or \"}\"" : "expected \",\" or \"]\"");
        return false;
    }

    void close() {
        ++at_;
        Open closed = open_.back();
        open_.pop_back();
        closed.value.items = arena_.copy(std::span<const Value>(done_).subspan(closed.begin));
        done_.resize(closed.begin);
        done_.push_back(closed.value);
    }

    std::string_view key() {
        skip_spaces();
        if (peek() != '"')
            fail("expected a key in double quotes");
        const std::string_view result = string();
        if (!accept(':'))
            fail("expected \":\"");
        return result;
    }

    void word(std::string_view expected) {
        if (!text_.substr(at_).starts_with(expected))
            fail("expected a value");
        at_ += expected.size();
    }

    std::string_view number() {
        const std::size_t begin = at_;
        const auto digits = [&] {
            if (!ascii::is_digit(peek()))
                fail(at_ == begin ? "expected a value" : "expected a digit");
            while (ascii::is_digit(peek()))
                ++at_;
        };
        if (peek() == '-')
            ++at_;
        if (peek() == '0')
            ++at_;
        else
            digits();
        if (peek() == '.') {
            ++at_;
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            ++at_;
            if (peek() == '+' || peek() == '-')
                ++at_;
            digits();
        }
        return text_.substr(begin, at_ - begin);
    }

    std::string_view string() {
        const std::size_t begin = ++at_;
        bool plain = true;
        for (; peek() != '"'; ++at_) {
            if (at_ >= text_.size())
                fail_at(begin - 1, "this string has no end");
            if (static_cast<unsigned char>(text_[at_]) < 0x20)
                fail("a control character in a string is written as an escape");
            if (text_[at_] == '\\') {
                plain = false;
                ++at_;
            }
        }
        const std::size_t end = at_++;
        return plain ? text_.substr(begin, end - begin) : unescaped(begin, end);
    }

    // Every escape is at least as long as what it stands for.
    std::string_view unescaped(std::size_t begin, std::size_t end) {
        char *const result = arena_.characters(end - begin);
        char *out = result;
        for (std::size_t i = begin; i < end;) {
            if (text_[i] != '\\') {
                *out++ = text_[i++];
                continue;
            }
            constexpr std::string_view letters = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
            const std::size_t letter = letters.find(text_[i + 1]);
            if (letter != std::string_view::npos) {
                *out++ = meant[letter];
                i += 2;
            } else if (text_[i + 1] == 'u') {
                out = code_point(i, out);
            } else {
                fail_at(i, "unknown escape in a string");
            }
        }
        return {result, static_cast<std::size_t>(out - result)};
    }

    // Puts the character that the escape at `i` stands for, as UTF-8, and moves `i` behind it.
    char *code_point(std::size_t &i, char *out) const {
        const std::size_t begin = i;
        std::uint32_t code = code_unit(i);
        if (code >= 0xDC00 && code <= 0xDFFF)
            fail_at(begin, "the first half of this surrogate pair is missing");
        if (code >= 0xD800 && code <= 0xDBFF) {
            const std::uint32_t low = text_.substr(i).starts_with("\\u") ? code_unit(i) : 0;
            if (low < 0xDC00 || low > 0xDFFF)
                fail_at(begin, "the second half of this surrogate pair is missing");
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
        if (code == 0)
            fail_at(begin, "\\u0000 cannot stand in a text");
        const auto put = [&](std::uint32_t byte) { *out++ = static_cast<char>(byte); };
        const auto put_rest = [&](int shift) { put(0x80 | ((code >> shift) & 0x3F)); };
        if (code < 0x80) {
            put(code);
        } else if (code < 0x800) {
            put(0xC0 | (code >> 6));
            put_rest(0);
        } else if (code < 0x10000) {
            put(0xE0 | (code >> 12));
            put_rest(6);
            put_rest(0);
        } else {
            put(0xF0 | (code >> 18));
            put_rest(12);
            put_rest(6);
            put_rest(0);
        }
        return out;
    }

    // The number in `\uXXXX` at `i`; moves `i` behind it.
    std::uint32_t code_unit(std::size_t &i) const {
        std::uint32_t result = 0;
        for (std::size_t place = i + 2; place < i + 6; ++place) {
            const char c = place < text_.size() ? ascii::lower(text_[place]) : '\0';
            const bool is_letter = c >= 'a' && c <= 'f';
            if (!is_letter && !ascii::is_digit(c))
                fail_at(i, "\\u takes four hexadecimal digits");
            result = result * 16 + static_cast<std::uint32_t>(is_letter ? c - 'a' + 10 : c - '0');
        }
        i += 6;
        return result;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::size_t count_ = 0;
    Arena arena_;
    std::pmr::vector<Value> done_;  // values that are complete, but not what they are in
    std::pmr::vector<Open> open_;   // innermost last
};

bool is_simple_key(std::string_view key) {
    return !key.empty() && !ascii::is_digit(key[0]) && std::all_of(key.begin(), key.end(), [](char c) {
        return ascii::is_digit(c) || (ascii::lower(c) >= 'a' && ascii::lower(c) <= 'z') || c == '_';
    });
}

}  // namespace

Document read(std::string_view text, std::pmr::memory_resource &memory) {
    if (text.size() > text_bytes)
        throw Error(ErrorCode::program_limit_exceeded, "the JSON is too long", Error::no_position,
                    "It has " + std::to_string(text.size()) + " bytes; the limit is " + std::to_string(text_bytes) + ".");
    return {Reader(text, memory).document()};
}

std::string_view description(Type type) {
    switch (type) {
        case Type::null:
            return "null";
        case Type::boolean:
            return "a boolean";
        case Type::number:
            return "a number";
        case Type::string:
            return "a string";
        case Type::array:
            return "an array";
        case Type::object:
            return "an object";
    }
    return {};
}

std::string Document::path(std::uint32_t position) const {
    constexpr std::size_t shown_first = 6, shown_last = 10;
    std::vector<std::string> steps;
    for (const Value *value = &root; value->position < position;) {
        const auto after = std::ranges::upper_bound(value->items, position, {}, &Value::position);
        if (after == value->items.begin())
            break;
        const Value &item = *std::prev(after);
        if (value->type == Type::array)
            steps.push_back("[" + std::to_string(&item - value->items.data()) + "]");
        else if (is_simple_key(item.key) && item.key.size() <= 40)
            steps.push_back("." + std::string(item.key));
        else
            steps.push_back("[\"" + excerpt(item.key) + "\"]");
        value = &item;
    }
    std::string result = "$";
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (i == shown_first && steps.size() > shown_first + shown_last) {
            result += " ... ";
            i = steps.size() - shown_last;
        }
        result += steps[i];
    }
    return result;
}

void Document::fail(const Value &at, std::string_view message, std::string hint, ErrorCode code) const {
    throw Error(code, path(at.position) + ": " + std::string(message), Error::no_position, {}, std::move(hint));
}

void Document::fail_expected(const Value &at, std::string_view expected) const {
    fail(at, "expected " + std::string(expected) + ", found " + std::string(description(at.type)));
}

const Value *Document::member(const Value &object, std::string_view key) const {
    const Value *result = nullptr;
    for (const Value &item : object.items) {
        if (item.key != key)
            continue;
        if (result != nullptr)
            fail(item, "this key is given twice");
        result = &item;
    }
    return result;
}

}  // namespace segment::definition::json
