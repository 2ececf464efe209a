#include <array>
#include <limits>
#include <string>
#include <vector>

#include "core/definition/arena.hpp"
#include "core/definition/decimal.hpp"
#include "core/definition/excerpt.hpp"
#include "core/definition/json.hpp"
#include "core/definition/json_fields.hpp"
#include "core/definition/json_settle.hpp"
#include "core/definition/json_value.hpp"
#include "core/definition/json_words.hpp"
#include "core/definition/nearest.hpp"
#include "core/definition/parser.hpp"

namespace segment::definition {
namespace {

using json::Document;
using json::Type;
using json::Value;

constexpr std::string_view kind_key = "kind";

// A condition's value stands below it, and a bare name is a condition and a value.
constexpr std::uint32_t most_levels = limits::nesting_depth + 2;

class Reader {
public:
    enum class Role : std::uint8_t { condition, value, value_or_event, literal };

    Reader(const Document &document, std::pmr::memory_resource &memory) : document_(document), arena_(memory) {}

    const Node *node(const Value &json, Role role);

    const Document &document() const { return document_; }
    Arena &arena() { return arena_; }

    // Canonical digits without sign.
    std::string_view digits(const Value &json, std::string_view number) {
        const auto result = canonical_decimal(number, arena_);
        if (!result)
            document_.fail(json, "the number has too many digits", "Numbers have at most " + std::to_string(limits::number_digits) + " digits before and after the decimal point.",
                           ErrorCode::numeric_out_of_range);
        return *result;
    }

    // The enumerator that a string names.
    template <class Enum>
    Enum word(const Value &json) {
        require(json, Type::string);
        Nearest nearest(json.text);
        std::string all;
        for (std::size_t i = 0; i < json::word_count_of<Enum>; ++i) {
            const std::string_view known = json::word_of(static_cast<Enum>(i));
            if (known.empty())
                continue;
            if (known == json.text)
                return static_cast<Enum>(i);
            nearest.offer(known);
            all.append(all.empty() ? "\"" : ", \"").append(known).append("\"");
        }
        constexpr bool are_few = json::word_count_of<Enum> <= 10;
        document_.fail(json, "unknown word \"" + excerpt(json.text) + "\"", are_few ? "One of " + all + " can stand here." : suggestion(nearest));
    }

    void require(const Value &json, Type type) const {
        if (json.type != type)
            document_.fail_expected(json, json::description(type));
    }

    static std::string suggestion(const Nearest &nearest) {
        return nearest.best().empty() ? std::string() : "Did you mean \"" + std::string(nearest.best()) + "\"?";
    }

private:
    const Node *object(const Value &json, Role role);
    void require_role(const Value &json, Kind kind, Role role) const;

    template <class Form>
    const Node *form(const Value &json, Kind kind);

    const Document &document_;
    Arena arena_;
    std::uint32_t level_ = 0;
};

// The walk of json_fields.hpp over one object.
class Fields {
public:
    Fields(Reader &reader, const Value &object) : reader_(reader), document_(reader.document()), object_(object) {}

    // Fails for keys that are none of the fields.
    void finish() const {
        for (const Value &item : object_.items) {
            Nearest nearest(item.key);
            bool known = false;
            for (std::size_t i = 0; i < key_count_; ++i) {
                known = known || keys_[i] == item.key;
                nearest.offer(keys_[i]);
            }
            if (!known)
                document_.fail(item, "unknown key", Reader::suggestion(nearest));
        }
    }

    // Where the object's kind goes without saying, it may yet be said.
    void accept_kind(Kind kind) {
        if (const Value *json = optional(kind_key); json != nullptr && reader_.word<Kind>(*json) != kind)
            document_.fail(*json, "expected \"" + std::string(json::word_of(kind)) + "\"");
    }

    template <class Enum>
    void word(std::string_view key, Enum &value) {
        value = reader_.word<Enum>(required(key));
    }

    template <class Enum>
    void optional_word(std::string_view key, Enum &value, Enum usual) {
        const Value *json = optional(key);
        value = json == nullptr ? usual : reader_.word<Enum>(*json);
    }

    void either(std::string_view key, bool &value, std::string_view no, std::string_view yes) {
        const Value &json = required(key, Type::string);
        if (json.text != no && json.text != yes)
            document_.fail(json, "expected \"" + std::string(no) + "\" or \"" + std::string(yes) + "\"");
        value = json.text == yes;
    }

    void flag(std::string_view key, bool &value) {
        const Value *json = optional(key, Type::boolean);
        value = json != nullptr && json->truth;
    }

    void boolean(std::string_view key, bool &value) { value = required(key, Type::boolean).truth; }
    void text(std::string_view key, std::string_view &value) { value = required(key, Type::string).text; }

    void optional_text(std::string_view key, std::string_view &value) {
        if (const Value *json = optional(key, Type::string); json != nullptr)
            value = not_empty(*json);
    }

    void decimal(std::string_view key, std::string_view &value) { value = unsigned_digits(required(key)); }

    void optional_decimal(std::string_view key, std::string_view &value) {
        if (const Value *json = optional(key); json != nullptr)
            value = unsigned_digits(*json);
    }

    template <class Integer>
    void whole(std::string_view key, Integer &value) {
        value = whole_number_in<Integer>(required(key));
    }

    template <class Integer>
    void optional_whole(std::string_view key, Integer &value, std::type_identity_t<Integer> usual) {
        const Value *json = optional(key);
        value = json == nullptr ? usual : whole_number_in<Integer>(*json);
    }

    void value(std::string_view key, const Node *&value) { value = reader_.node(required(key), Reader::Role::value); }
    void value_or_event(std::string_view key, const Node *&value) { value = reader_.node(required(key), Reader::Role::value_or_event); }
    void condition(std::string_view key, const Node *&condition) { condition = reader_.node(required(key), Reader::Role::condition); }

    void optional_condition(std::string_view key, const Node *&condition) {
        if (const Value *json = optional(key); json != nullptr)
            condition = reader_.node(*json, Reader::Role::condition);
    }

    void conditions(std::string_view key, Nodes &nodes) {
        array(key, limits::leaves, nodes, [&](const Value &json) { return reader_.node(json, Reader::Role::condition); });
    }

    void literals(std::string_view key, Nodes &nodes) {
        array(key, limits::list_items, nodes, [&](const Value &json) { return reader_.node(json, Reader::Role::literal); });
    }

    void only_literal(std::string_view key, Nodes &nodes) {
        const Node *const node = reader_.node(required(key), Reader::Role::literal);
        nodes = reader_.arena().copy(Nodes(&node, 1));
    }

    void texts(std::string_view key, std::span<const std::string_view> &values) {
        array(key, limits::list_items, values, [&](const Value &json) { return reader_.require(json, Type::string), json.text; });
    }

    void only_text(std::string_view key, std::span<const std::string_view> &values) {
        const std::string_view text = required(key, Type::string).text;
        values = reader_.arena().copy(std::span(&text, 1));
    }

    template <class Part>
    void part(std::string_view key, const Part *&part) {
        part = read_part<Part>(required(key, Type::object));
    }

    template <class Part>
    void optional_part(std::string_view key, const Part *&part) {
        if (const Value *json = optional(key, Type::object); json != nullptr)
            part = read_part<Part>(*json);
    }

    template <class Record>
    void record(std::string_view key, Record &record) {
        record = read_record<Record>(required(key, Type::object));
    }

    void optional_count(std::string_view key, Count &count) {
        if (const Value *json = optional(key, Type::object); json != nullptr)
            count = read_record<Count>(*json);
    }

    template <class Record>
    void records(std::string_view key, std::span<const Record> &records) {
        array(key, limits::leaves, records, [&](const Value &json) { return reader_.require(json, Type::object), read_record<Record>(json); });
    }

    void terms(std::span<const Duration::Term> &terms) {
        std::array<Duration::Term, json::word_count_of<Unit>> found;
        std::size_t count = 0;
        for (std::size_t i = json::word_count_of<Unit>; i-- > 0;) {
            const Unit unit = static_cast<Unit>(i);
            if (const Value *json = optional(unit_name(unit, true)); json != nullptr)
                found[count++] = {unsigned_digits(*json), unit};
        }
        if (count == 0)
            document_.fail(object_, "expected a duration such as {\"days\": 30}");
        terms = reader_.arena().copy(std::span<const Duration::Term>(found.data(), count));
    }

    // A string is a name of one part, whatever characters are in it.
    void name(std::string_view key, std::string_view quoted_key, std::span<const Name::Part> &parts) {
        const Value &json = required(key);
        const Value *quoted = optional(quoted_key, Type::boolean);
        const std::span<const Value> items = json.type == Type::string ? std::span(&json, 1) : json.items;
        if (items.empty())
            document_.fail(json, "expected a name or an array of names and positions");
        if (items[0].type != Type::string)
            document_.fail_expected(items[0], "a name");
        std::pmr::vector<Name::Part> read(&reader_.arena().memory());
        read.reserve(items.size());
        for (const Value &item : items) {
            Name::Part part;
            if (item.type == Type::string)
                part.name = not_empty(item);
            else
                part.index = whole_number_in<std::int32_t>(item);
            read.push_back(part);
        }
        read[0].quoted = quoted != nullptr && quoted->truth;
        parts = reader_.arena().copy(std::span<const Name::Part>(read));
    }

private:
    static constexpr std::size_t most_keys = 16;

    const Value *optional(std::string_view key) {
        if (key_count_ == most_keys)
            throw Error(ErrorCode::internal_error, "a form has too many fields");
        keys_[key_count_++] = key;
        return document_.member(object_, key);
    }

    const Value *optional(std::string_view key, Type type) {
        const Value *json = optional(key);
        if (json != nullptr)
            reader_.require(*json, type);
        return json;
    }

    const Value &required(std::string_view key) {
        const Value *json = optional(key);
        if (json == nullptr)
            document_.fail(object_, "missing key \"" + std::string(key) + "\"");
        return *json;
    }

    const Value &required(std::string_view key, Type type) {
        const Value &json = required(key);
        reader_.require(json, type);
        return json;
    }

    std::string_view not_empty(const Value &json) const {
        reader_.require(json, Type::string);
        if (json.text.empty())
            document_.fail(json, "expected a string that is not empty");
        return json.text;
    }

    std::string_view unsigned_digits(const Value &json) {
        reader_.require(json, Type::number);
        if (json.text[0] == '-')
            document_.fail(json, "expected a number that is not negative");
        return reader_.digits(json, json.text);
    }

    template <class Integer>
    Integer whole_number_in(const Value &json) {
        const std::string_view digits = unsigned_digits(json);
        const auto number = whole_number(digits);
        if (!number && digits.find('.') != std::string_view::npos)
            document_.fail(json, "expected a whole number");
        if (!number || static_cast<std::uint64_t>(*number) > std::numeric_limits<Integer>::max())
            document_.fail(json, "the number is too large here", {}, ErrorCode::numeric_out_of_range);
        return static_cast<Integer>(*number);
    }

    template <class Item, class Read>
    void array(std::string_view key, std::size_t limit, std::span<const Item> &items, Read read) {
        const Value &json = required(key, Type::array);
        if (json.items.empty())
            document_.fail(json, "the array is empty");
        if (json.items.size() > limit)
            document_.fail(json, "the array has more than " + std::to_string(limit) + " items", {}, ErrorCode::program_limit_exceeded);
        std::pmr::vector<Item> result(&reader_.arena().memory());
        result.reserve(json.items.size());
        for (const Value &item : json.items)
            result.push_back(read(item));
        items = reader_.arena().copy(std::span<const Item>(result));
    }

    template <class Record>
    Record read_record(const Value &json) {
        Record result{};
        Fields fields(reader_, json);
        json::fields(fields, result);
        fields.finish();
        return result;
    }

    template <class Part>
    const Part *read_part(const Value &json);

    Reader &reader_;
    const Document &document_;
    const Value &object_;
    std::array<std::string_view, most_keys> keys_;
    std::size_t key_count_ = 0;
};

template <class Part>
const Part *Fields::read_part(const Value &json) {
    Part result{};
    result.position = json.position;
    Fields fields(reader_, json);
    if constexpr (std::same_as<Part, Name> || std::same_as<Part, Duration>) {
        result.kind = std::same_as<Part, Name> ? Kind::name : Kind::duration;
        fields.accept_kind(result.kind);
    } else {
        result.kind = std::same_as<Part, Events> ? Kind::events : Kind::window;
    }
    json::fields(fields, result);
    fields.finish();
    return reader_.arena().add(result);
}

const Node *Reader::node(const Value &json, Role role) {
    switch (json.type) {
    case Type::object: return object(json, role);
    case Type::string: require_role(json, Kind::text, role); return arena_.add(Text{{Kind::text, json.position}, json.text});
    case Type::boolean: require_role(json, Kind::boolean, role); return arena_.add(Boolean{{Kind::boolean, json.position}, json.truth});
    case Type::number: {
        require_role(json, Kind::number, role);
        const bool negative = json.text[0] == '-';
        const Node *number = arena_.add(Number{{Kind::number, json.position}, digits(json, json.text.substr(negative ? 1 : 0))});
        return negative ? arena_.add(Negate{{Kind::negate, json.position}, number}) : number;
    }
    case Type::null:
    case Type::array: break;
    }
    document_.fail_expected(json, role == Role::condition ? "a condition" : role == Role::literal ? "a literal" : "a value");
}

const Node *Reader::object(const Value &json, Role role) {
    const Value *kind_json = document_.member(json, kind_key);
    if (kind_json == nullptr)
        document_.fail(json, "missing key \"kind\"");
    const Kind kind = word<Kind>(*kind_json);
    require_role(json, kind, role);
    if (++level_ > most_levels)
        document_.fail(json, "the tree is more than " + std::to_string(limits::nesting_depth) + " levels high", {}, ErrorCode::program_limit_exceeded);
    const Node *result = json::with_form(kind, [&]<class Form>(std::type_identity<Form>) { return form<Form>(json, kind); });
    --level_;
    return result;
}

void Reader::require_role(const Value &json, Kind kind, Role role) const {
    const std::string found = "found \"" + std::string(json::word_of(kind)) + "\"";
    if (role == Role::condition) {
        if (!is_condition(kind))
            document_.fail(json, "expected a condition, " + found,
                           kind == Kind::name ? "A boolean trait is a condition as {\"kind\": \"truth\", \"value\": ...}." : "");
        return;
    }
    if (is_condition(kind))
        document_.fail(json, "expected a value, " + found);
    if (kind == Kind::last_event && role != Role::value_or_event)
        document_.fail(json, "\"last_event\" stands in \"days\" only");
    const bool is_literal = kind == Kind::number || kind == Kind::text || kind == Kind::boolean || kind == Kind::duration || kind == Kind::negate;
    if (role == Role::literal && !is_literal)
        document_.fail(json, "expected a literal, " + found);
}

template <class Form>
const Node *Reader::form(const Value &json, Kind kind) {
    Form result{};
    result.kind = kind;
    result.position = json.position;
    Fields fields(*this, json);
    fields.accept_kind(kind);
    json::fields(fields, result);
    fields.finish();
    if constexpr (std::same_as<Form, Conjunction> || std::same_as<Form, Disjunction>)
        if (result.operands.size() == 1)
            return result.operands[0];
    if constexpr (std::same_as<Form, Sequence>)
        if (result.steps.size() < 2)
            document_.fail(json, "a sequence has two or more steps");
    return arena_.add(result);
}

const Node &read(std::string_view text, Reader::Role role, json::Parse parse, std::pmr::memory_resource &arena) {
    std::pmr::monotonic_buffer_resource scratch(&arena);
    const Document document = json::read(text, scratch);
    const Node *built = Reader(document, scratch).node(document.root, role);
    return json::settle(*built, parse, document, arena);
}

}  // namespace

const Node &definition_from_json(std::string_view json, std::pmr::memory_resource &arena) {
    return read(json, Reader::Role::condition, parse_definition, arena);
}

const Node &formula_from_json(std::string_view json, std::pmr::memory_resource &arena) {
    return read(json, Reader::Role::value, parse_formula, arena);
}

}  // namespace segment::definition
