#include <charconv>

#include "core/definition/json.hpp"
#include "core/definition/json_fields.hpp"
#include "core/definition/duration.hpp"
#include "core/definition/json_words.hpp"
#include "core/definition/printer.hpp"

namespace segment::definition {
namespace {

class Writer {
public:
    explicit Writer(std::pmr::string &out) : out_(out) {}

    // A literal is a JSON scalar, everything else an object that says its kind first.
    void node(const Node &node) {
        switch (node.kind) {
            case Kind::text:
                return string(static_cast<const Text &>(node).value);
            case Kind::boolean:
                return truth(static_cast<const Boolean &>(node).value);
            case Kind::number:
                if (const auto &number = static_cast<const Number &>(node); !number.percent) {
                    put(number.digits);
                    return;
                }
                break;
            case Kind::negate:
                if (const Number *number = negative_literal(static_cast<const Negate &>(node)); number != nullptr) {
                    put("-");
                    put(number->digits);
                    return;
                }
                break;
            default:
                break;
        }
        put("{");
        key("kind");
        string(json::word_of(node.kind));
        json::with_form(node.kind, [&]<class Form>(std::type_identity<Form>) { json::fields(*this, static_cast<const Form &>(node)); });
        put("}");
    }

    // --------------------------------------------------------------------------------- the walk of json_fields.hpp
    template <class Enum>
    void word(std::string_view name, Enum value) {
        key(name);
        string(json::word_of(value));
    }

    template <class Enum>
    void optional_word(std::string_view name, Enum value, Enum usual) {
        if (value != usual)
            word(name, value);
    }

    void either(std::string_view name, bool value, std::string_view no, std::string_view yes) {
        key(name);
        string(value ? yes : no);
    }

    void flag(std::string_view name, bool value) {
        if (value)
            boolean(name, value);
    }

    void boolean(std::string_view name, bool value) {
        key(name);
        truth(value);
    }

    void text(std::string_view name, std::string_view value) {
        key(name);
        string(value);
    }

    void optional_text(std::string_view name, std::string_view value) {
        if (!value.empty())
            text(name, value);
    }

    void decimal(std::string_view name, std::string_view digits) {
        key(name);
        put(digits);
    }

    void optional_decimal(std::string_view name, std::string_view digits) {
        if (!digits.empty())
            decimal(name, digits);
    }

    void whole(std::string_view name, std::uint64_t value) {
        key(name);
        number(value);
    }

    void optional_whole(std::string_view name, std::uint64_t value, std::uint64_t usual) {
        if (value != usual)
            whole(name, value);
    }

    void value(std::string_view name, const Node *value) {
        key(name);
        node(*value);
    }

    void value_or_event(std::string_view name, const Node *value) { this->value(name, value); }
    void condition(std::string_view name, const Node *condition) { value(name, condition); }

    void optional_condition(std::string_view name, const Node *condition) {
        if (condition != nullptr)
            value(name, condition);
    }

    void conditions(std::string_view name, Nodes nodes) {
        array(name, nodes, [&](const Node *item) { node(*item); });
    }

    void literals(std::string_view name, Nodes nodes) { conditions(name, nodes); }
    void only_literal(std::string_view name, Nodes nodes) { value(name, nodes[0]); }

    void texts(std::string_view name, std::span<const std::string_view> values) {
        array(name, values, [&](std::string_view item) { string(item); });
    }

    void only_text(std::string_view name, std::span<const std::string_view> values) { text(name, values[0]); }

    template <class Part>
    void part(std::string_view name, const Part *part) {
        record(name, *part);
    }

    template <class Part>
    void optional_part(std::string_view name, const Part *part) {
        if (part != nullptr)
            record(name, *part);
    }

    template <class Record>
    void record(std::string_view name, const Record &record) {
        key(name);
        object(record);
    }

    void optional_count(std::string_view name, const Count &count) {
        if (count.form != CountForm::unlimited)
            record(name, count);
    }

    template <class Record>
    void records(std::string_view name, std::span<const Record> records) {
        array(name, records, [&](const Record &record) { object(record); });
    }

    void terms(std::span<const Duration::Term> terms) {
        for (const Duration::Term &term : terms)
            decimal(unit_name(term.unit, true), term.digits);
    }

    void name(std::string_view name, std::string_view quoted, std::span<const Name::Part> parts) {
        key(name);
        if (parts.size() == 1) {
            string(parts[0].name);
        } else {
            put("[");
            for (const Name::Part &part : parts) {
                separate();
                if (part.index >= 0)
                    number(static_cast<std::uint64_t>(part.index));
                else
                    string(part.name);
            }
            put("]");
        }
        flag(quoted, parts[0].quoted && quotes_matter(parts[0]));
    }

private:
    static const Number *negative_literal(const Negate &negate) {
        if (negate.operand->kind != Kind::number)
            return nullptr;
        const auto *number = static_cast<const Number *>(negate.operand);
        return number->percent || number->digits == "0" ? nullptr : number;  // jsonb has no -0
    }

    // Whether a name means something else without the quotes.
    static bool quotes_matter(Name::Part part) {
        const Name with{{Kind::name}, {&part, 1}, {}};
        std::pmr::string quoted, bare;
        print(with, quoted);
        part.quoted = false;
        print(with, bare);
        return quoted != bare;
    }

    template <class Record>
    void object(const Record &record) {
        put("{");
        json::fields(*this, record);
        put("}");
    }

    template <class Item, class Put>
    void array(std::string_view name, std::span<const Item> items, Put put_item) {
        key(name);
        put("[");
        for (const Item &item : items) {
            separate();
            put_item(item);
        }
        put("]");
    }

    void key(std::string_view name) {
        separate();
        string(name);
        put(":");
    }

    void separate() {
        if (out_.back() != '{' && out_.back() != '[')
            put(",");
    }

    void put(std::string_view text) { out_.append(text); }
    void truth(bool value) { put(value ? "true" : "false"); }

    void number(std::uint64_t value) {
        char digits[20];
        const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
        out_.append(digits, end);
    }

    void string(std::string_view text) {
        constexpr std::string_view hex = "0123456789abcdef";
        put("\"");
        for (char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            if (byte < 0x20) {
                put("\\u00");
                out_.push_back(hex[byte >> 4]);
                out_.push_back(hex[byte & 15]);
                continue;
            }
            if (c == '"' || c == '\\')
                put("\\");
            out_.push_back(c);
        }
        put("\"");
    }

    std::pmr::string &out_;
};

}  // namespace

void to_json(const Node &node, std::pmr::string &out) {
    Writer(out).node(node);
}

}  // namespace segment::definition
