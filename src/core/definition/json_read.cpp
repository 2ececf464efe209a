#include <array>
#include <concepts>
#include <type_traits>

#include "core/definition/duration.hpp"
#include "core/definition/json.hpp"
#include "core/definition/json_fields.hpp"
#include "core/definition/json_reader.hpp"
#include "core/definition/json_settle.hpp"
#include "core/definition/parser.hpp"

namespace segment::definition {
namespace json {

// The walk of json_fields.hpp over one object.
class Fields {
public:
    Fields(Reader &reader, const Value &object) : reader_(reader), object_(object), first_key_(reader.keys_.size()) {}

    // Refuses keys that are none of the fields.
    void finish() {
        reader_.require_known_keys(object_, std::span<const std::string_view>(reader_.keys_).subspan(first_key_));
        reader_.keys_.resize(first_key_);
    }

    // Where the object's kind goes without saying, it may yet be said.
    void accept_kind(Kind kind) {
        if (const Value *json = optional("kind"); json != nullptr && reader_.word<Kind>(*json) != kind)
            reader_.fail(*json, kind == Kind::name ? "expected \"trait\"" : "expected \"duration\"");
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
        const std::array words = {no, yes};
        value = reader_.word(required(key), words) == 1;
    }

    void flag(std::string_view key, bool &value) {
        const Value *json = optional(key, Type::boolean);
        value = json != nullptr && json->truth;
    }

    void boolean(std::string_view key, bool &value) { value = required(key, Type::boolean).truth; }
    void text(std::string_view key, std::string_view &value) { value = required(key, Type::string).text; }

    void optional_text(std::string_view key, std::string_view &value) {
        if (const Value *json = optional(key); json != nullptr)
            value = reader_.not_empty(*json);
    }

    void decimal(std::string_view key, std::string_view &value) { value = reader_.unsigned_digits(required(key)); }

    void optional_decimal(std::string_view key, std::string_view &value) {
        if (const Value *json = optional(key); json != nullptr)
            value = reader_.unsigned_digits(*json);
    }

    template <class Integer>
    void whole(std::string_view key, Integer &value) {
        value = static_cast<Integer>(reader_.whole_number(required(key), std::numeric_limits<Integer>::max()));
    }

    template <class Integer>
    void optional_whole(std::string_view key, Integer &value, std::type_identity_t<Integer> usual) {
        const Value *json = optional(key);
        value = json == nullptr ? usual : static_cast<Integer>(reader_.whole_number(*json, std::numeric_limits<Integer>::max()));
    }

    void value(std::string_view key, const Node *&value) { value = reader_.node(required(key), Reader::Role::value); }
    void value_or_event(std::string_view key, const Node *&value) { value = reader_.node(required(key), Reader::Role::value_or_event); }
    void condition(std::string_view key, const Node *&condition) { condition = reader_.node(required(key), Reader::Role::condition); }

    void optional_condition(std::string_view key, const Node *&condition) {
        if (const Value *json = optional(key); json != nullptr)
            condition = reader_.node(*json, Reader::Role::condition);
    }

    void conditions(std::string_view key, Nodes &nodes) {
        array(key, limits::leaves, nodes, [this](const Value &json) { return reader_.node(json, Reader::Role::condition); });
    }

    void literals(std::string_view key, Nodes &nodes) {
        array(key, limits::list_items, nodes, [this](const Value &json) { return reader_.node(json, Reader::Role::literal); });
    }

    void only_literal(std::string_view key, Nodes &nodes) {
        const Node *const node = reader_.node(required(key), Reader::Role::literal);
        nodes = reader_.arena_.copy(Nodes(&node, 1));
    }

    void texts(std::string_view key, std::span<const std::string_view> &values) {
        array(key, limits::list_items, values, [this](const Value &json) { return reader_.require(json, Type::string), json.text; });
    }

    void only_text(std::string_view key, std::span<const std::string_view> &values) {
        values = reader_.arena_.copy(std::span(&required(key, Type::string).text, 1));
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
        array(key, limits::leaves, records,
              [this](const Value &json) { return reader_.require(json, Type::object), read_record<Record>(json); });
    }

    void terms(std::span<const Duration::Term> &terms) {
        std::pmr::vector<Duration::Term> found(&reader_.arena_.memory());
        for (std::size_t i = words_of<Unit>.size(); i-- > 0;) {
            const Unit unit = static_cast<Unit>(i);
            if (const Value *json = optional(unit_name(unit, true)); json != nullptr)
                found.push_back({reader_.unsigned_digits(*json), unit});
        }
        if (found.empty())
            reader_.fail(object_, "expected a duration such as {\"days\": 30}");
        terms = reader_.arena_.copy(std::span<const Duration::Term>(found));
    }

    void name(std::string_view key, std::string_view quoted_key, std::span<const Name::Part> &parts) {
        bool quoted;
        flag(quoted_key, quoted);
        parts = reader_.name(required(key), quoted);
    }

private:
    const Value *optional(std::string_view key) {
        reader_.keys_.push_back(key);
        return reader_.member(object_, key);
    }

    const Value *optional(std::string_view key, Type type) {
        const Value *json = optional(key);
        if (json != nullptr)
            reader_.require(*json, type);
        return json;
    }

    const Value &required(std::string_view key) {
        reader_.keys_.push_back(key);
        return reader_.required_member(object_, key);
    }

    const Value &required(std::string_view key, Type type) {
        const Value &json = required(key);
        reader_.require(json, type);
        return json;
    }

    template <class Item, class Read>
    void array(std::string_view key, std::size_t limit, std::span<const Item> &items, Read read) {
        const std::span<const Value> json = reader_.array(required(key), limit);
        std::pmr::vector<Item> result(&reader_.arena_.memory());
        result.reserve(json.size());
        for (const Value &item : json)
            result.push_back(read(item));
        items = reader_.arena_.copy(std::span<const Item>(result));
    }

    template <class Record>
    Record read_record(const Value &json) {
        Record result{};
        Fields inner(reader_, json);
        fields(inner, result);
        inner.finish();
        return result;
    }

    template <class Part>
    const Part *read_part(const Value &json) {
        Part result{};
        result.position = json.position;
        Fields inner(reader_, json);
        if constexpr (std::same_as<Part, Events>) {
            result.kind = Kind::events;
        } else if constexpr (std::same_as<Part, Window>) {
            result.kind = Kind::window;
        } else {
            result.kind = std::same_as<Part, Name> ? Kind::name : Kind::duration;
            inner.accept_kind(result.kind);
        }
        fields(inner, result);
        inner.finish();
        return reader_.arena_.add(result);
    }

    Reader &reader_;
    const Value &object_;
    std::size_t first_key_;  // of ours in reader_.keys_
};

const Node *Reader::node(const Value &json, Role role) {
    switch (json.type) {
        case Type::object:
            return object(json, role);
        case Type::string:
            require_role(json, Kind::text, role);
            return arena_.add(Text{{Kind::text, json.position}, json.text});
        case Type::boolean:
            require_role(json, Kind::boolean, role);
            return arena_.add(Boolean{{Kind::boolean, json.position}, json.truth});
        case Type::number:
            require_role(json, Kind::number, role);
            return number(json);
        case Type::null:
        case Type::array:
            break;
    }
    document_.fail_expected(json, role == Role::condition ? "a condition" : role == Role::literal ? "a literal" : "a value");
}

const Node *Reader::number(const Value &json) {
    const bool negative = json.text[0] == '-';
    const Node *number = arena_.add(Number{{Kind::number, json.position}, digits(json, json.text.substr(negative ? 1 : 0))});
    return negative ? arena_.add(Negate{{Kind::negate, json.position}, number}) : number;
}

const Node *Reader::object(const Value &json, Role role) {
    const Kind kind = word<Kind>(required_member(json, "kind"));
    require_role(json, kind, role);
    if (++level_ > most_levels)
        fail_height(json);
    const Node *result = with_form(kind, [&]<class Form>(std::type_identity<Form>) { return form<Form>(json, kind); });
    --level_;
    return result;
}

template <class Form>
const Node *Reader::form(const Value &json, Kind kind) {
    Form result{};
    result.kind = kind;
    result.position = json.position;
    Fields inner(*this, json);
    keys_.push_back("kind");
    fields(inner, result);
    inner.finish();
    if constexpr (std::same_as<Form, Conjunction> || std::same_as<Form, Disjunction>)
        if (result.operands.size() == 1)
            return result.operands[0];
    if constexpr (std::same_as<Form, Sequence>)
        if (result.steps.size() < 2)
            fail(json, "a sequence has two or more steps");
    return arena_.add(result);
}

}  // namespace json

namespace {

const Node &read(std::string_view text, json::Reader::Role role, json::Parse parse, std::pmr::memory_resource &arena) {
    std::pmr::monotonic_buffer_resource scratch(&arena);
    const json::Document document = json::read(text, scratch);
    const Node *built = json::Reader(document, scratch).node(document.root, role);
    return json::settle(*built, parse, document, arena);
}

}  // namespace

const Node &definition_from_json(std::string_view json, std::pmr::memory_resource &arena) {
    return read(json, json::Reader::Role::condition, parse_definition, arena);
}

const Node &formula_from_json(std::string_view json, std::pmr::memory_resource &arena) {
    return read(json, json::Reader::Role::value, parse_formula, arena);
}

}  // namespace segment::definition
