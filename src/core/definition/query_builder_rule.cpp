#include "core/definition/query_builder_rule.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "core/definition/ascii.hpp"
#include "core/definition/decimal.hpp"
#include "core/definition/excerpt.hpp"
#include "core/definition/nearest.hpp"

namespace segment::definition::query_builder {
namespace {

using json::Type;
using json::Value;

// What a select box holds as long as nothing is chosen.
constexpr std::string_view placeholder = "~";

// The largest list of fields that is written out as comparisons.
constexpr std::size_t most_fields = 100;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && ascii::is_space(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && ascii::is_space(text.back()))
        text.remove_suffix(1);
    return text;
}

bool is_less(const Node &left, const Node &right) {
    const auto sign_and_digits = [](const Node &node) {
        const bool negative = node.kind == Kind::negate;
        const Node &number = negative ? *static_cast<const Negate &>(node).operand : node;
        return std::pair(negative, static_cast<const Number &>(number).digits);
    };
    const auto [left_negative, left_digits] = sign_and_digits(left);
    const auto [right_negative, right_digits] = sign_and_digits(right);
    if (left_negative != right_negative)
        return left_negative;
    return left_negative ? compare_decimals(right_digits, left_digits) < 0 : compare_decimals(left_digits, right_digits) < 0;
}

bool is_number(const Node &node) {
    return node.kind == Kind::number || node.kind == Kind::negate;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return ascii::lower(x) == ascii::lower(y); });
}

struct RuleReader::Operator {
    enum class Form : std::uint8_t { compare, text, is_set, list, range };

    std::string_view name;
    Form form;
    bool negated = false;
    Comparison comparison = Comparison::equal;
    TextOperator text = TextOperator::contains;
};

// All that the value of a rule is read with.
struct RuleReader::Operand {
    const Operator &op;
    std::uint32_t position;  // of the rule
    const Name *left;
    const Value &value;
    bool is_field;  // the value names a field
};

const RuleReader::Operator *RuleReader::find_operator(std::string_view name) {
    using Form = Operator::Form;
    static constexpr auto operators = std::to_array<Operator>({
        {"=", Form::compare, false, Comparison::equal},
        {"!=", Form::compare, true, Comparison::not_equal},
        {"<", Form::compare, false, Comparison::less},
        {">", Form::compare, false, Comparison::greater},
        {"<=", Form::compare, false, Comparison::less_equal},
        {">=", Form::compare, false, Comparison::greater_equal},
        {"contains", Form::text, false, {}, TextOperator::contains},
        {"beginsWith", Form::text, false, {}, TextOperator::starts_with},
        {"endsWith", Form::text, false, {}, TextOperator::ends_with},
        {"doesNotContain", Form::text, true, {}, TextOperator::contains},
        {"doesNotBeginWith", Form::text, true, {}, TextOperator::starts_with},
        {"doesNotEndWith", Form::text, true, {}, TextOperator::ends_with},
        {"null", Form::is_set, true},
        {"notNull", Form::is_set, false},
        {"in", Form::list, false},
        {"notIn", Form::list, true},
        {"between", Form::range, false},
        {"notBetween", Form::range, true},
    });
    const auto found = std::ranges::find_if(operators, [&](const Operator &known) { return equal_ignoring_case(known.name, name); });
    return found == operators.end() ? nullptr : &*found;
}

const Node *RuleReader::condition(const Value &rule) {
    refuse_expressions(rule);
    const std::string_view field = chosen(rule, "field");
    const Operator &op = operator_of(rule);
    const Name *left = name(*document_.member(rule, "field"), field);
    if (op.form == Operator::Form::is_set)
        return add(IsSet{{Kind::is_set, rule.position}, op.negated, left});
    const bool is_field = compares_fields(rule);
    const Value *value = document_.member(rule, "value");
    if (value == nullptr)
        document_.fail(rule, "missing key \"value\"");
    const Operand operand{op, rule.position, left, *value, is_field};
    switch (op.form) {
        case Operator::Form::compare:
            return comparison(operand);
        case Operator::Form::text:
            return text_match(operand);
        case Operator::Form::list:
            return list(operand);
        default:
            return range(operand);
    }
}

void RuleReader::refuse_expressions(const Value &rule) const {
    for (const std::string_view key : {"lhs", "match"})
        if (const Value *member = document_.member(rule, key); member != nullptr && member->type != Type::null)
            document_.fail(*member, "\"" + std::string(key) + "\" is not supported",
                           key == "lhs" ? "The left side of a rule is a field." : "Rules compare a field as a whole.",
                           ErrorCode::feature_not_supported);
}

// What the user chose from the fields or operators.
std::string_view RuleReader::chosen(const Value &rule, std::string_view key) const {
    const Value *json = document_.member(rule, key);
    if (json == nullptr)
        document_.fail(rule, "missing key \"" + std::string(key) + "\"");
    if (json->type != Type::string)
        document_.fail_expected(*json, "a string");
    if (json->text.empty() || json->text == placeholder)
        document_.fail(*json, "no " + std::string(key) + " is chosen", "Finish the rule, mute it or leave it out.");
    return json->text;
}

const RuleReader::Operator &RuleReader::operator_of(const Value &rule) const {
    const std::string_view name = chosen(rule, "operator");
    if (const Operator *found = find_operator(name); found != nullptr)
        return *found;
    document_.fail(*document_.member(rule, "operator"), "unsupported operator \"" + excerpt(name) + "\"",
                   "The operators are those that the package brings along.", ErrorCode::feature_not_supported);
}

bool RuleReader::compares_fields(const Value &rule) const {
    const Value *source = document_.member(rule, "valueSource");
    if (source == nullptr || source->type == Type::null)
        return false;
    if (source->type != Type::string)
        document_.fail_expected(*source, "a string");
    if (source->text != "value" && source->text != "field")
        document_.fail(*source, "unsupported source \"" + excerpt(source->text) + "\" of a value",
                       "A rule compares with a value or a field.", ErrorCode::feature_not_supported);
    return source->text == "field";
}

// A comparison with a boolean takes the form that also tells a jsonb path its type.
const Node *RuleReader::comparison(const Operand &operand) {
    const bool is_equality = operand.op.comparison == Comparison::equal || operand.op.comparison == Comparison::not_equal;
    if (operand.value.type == Type::boolean && !operand.is_field && is_equality)
        return add(IsTrue{{Kind::is_true, operand.position}, operand.op.negated, operand.value.truth, operand.left});
    const Node *right = operand.is_field ? item(operand.value, operand.value.text, true) : literal(operand.value);
    return add(Compare{{Kind::compare, operand.position}, operand.op.comparison, operand.left, right});
}

const Node *RuleReader::text_match(const Operand &operand) {
    const Value &value = operand.value;
    if (operand.is_field)
        document_.fail(value, "\"" + std::string(operand.op.name) + "\" takes no field", "The text to look for is a value.",
                       ErrorCode::feature_not_supported);
    if (value.type != Type::string && value.type != Type::number)
        document_.fail_expected(value, "a string");
    return add(TextMatch{{Kind::text_match, operand.position}, operand.op.negated, operand.op.text, false, operand.left, value.text});
}

const Node *RuleReader::range(const Operand &operand) {
    const Nodes ends = items(operand, true);
    const auto is_missing = [](const Node *end) { return end->kind == Kind::text && static_cast<const Text *>(end)->value.empty(); };
    if (ends.size() < 2 || is_missing(ends[0]) || is_missing(ends[1]))
        document_.fail(operand.value, "expected two values", "Both ends of a range are needed.");
    const Node *low = ends[0], *high = ends[1];
    if (is_number(*low) && is_number(*high) && is_less(*high, *low))
        std::swap(low, high);
    return add(Between{{Kind::between, operand.position}, operand.op.negated, operand.left, low, high});
}

const Node *RuleReader::list(const Operand &operand) {
    const Nodes values = items(operand, false);
    if (values.empty())
        document_.fail(operand.value, "the list is empty", "Name one or more values.");
    if (!operand.is_field)
        return add(InList{{Kind::in_list, operand.position}, operand.op.negated, operand.left, values});
    // Lists hold literals only.
    if (values.size() > most_fields)
        document_.fail(operand.value, "the list has more than " + std::to_string(most_fields) + " fields", {},
                       ErrorCode::program_limit_exceeded);
    std::pmr::vector<const Node *> comparisons(&arena_.memory());
    for (const Node *value : values)
        comparisons.push_back(add(Compare{{Kind::compare, operand.position}, Comparison::equal, operand.left, value}));
    const Node *any = comparisons[0];
    if (comparisons.size() > 1)
        any = add(Disjunction{{Kind::disjunction, operand.position}, arena_.copy(Nodes(comparisons))});
    return operand.op.negated ? add(Negation{{Kind::negation, operand.position}, any}) : any;
}

// `address.city` is a path.
const Name *RuleReader::name(const Value &json, std::string_view text) {
    std::pmr::vector<Name::Part> parts(&arena_.memory());
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find('.', begin), text.size());
        if (begin == end)
            document_.fail(json, text.empty() ? "expected the name of a field" : "a name between dots is empty");
        Name::Part part;
        part.name = text.substr(begin, end - begin);
        parts.push_back(part);
        begin = end + 1;
    }
    return add(Name{{Kind::name, json.position}, arena_.copy(std::span<const Name::Part>(parts)), {}});
}

const Node *RuleReader::number(const Value &json, std::string_view written) {
    const bool negative = written[0] == '-';
    const auto digits = canonical_decimal(written.substr(negative ? 1 : 0), arena_);
    if (!digits)
        document_.fail(json, "the number has too many digits", {}, ErrorCode::numeric_out_of_range);
    const Node *result = add(Number{{Kind::number, json.position}, *digits});
    return negative ? add(Negate{{Kind::negate, json.position}, result}) : result;
}

const Node *RuleReader::text(const Value &json, std::string_view text) {
    return add(Text{{Kind::text, json.position}, text});
}

const Node *RuleReader::literal(const Value &json) {
    switch (json.type) {
        case Type::string:
            return text(json, json.text);
        case Type::number:
            return number(json, json.text);
        case Type::boolean:
            return add(Boolean{{Kind::boolean, json.position}, json.truth});
        case Type::object:  // how the package writes integers that JavaScript's numbers cannot hold
            if (const Value *integer = document_.member(json, "$bigint"); integer != nullptr && integer->type == Type::string) {
                const std::string_view digits = integer->text.substr(integer->text.starts_with('-') ? 1 : 0);
                if (!digits.empty() && std::ranges::all_of(digits, ascii::is_digit))
                    return number(*integer, integer->text);
            }
            break;
        default:
            break;
    }
    document_.fail_expected(json, "a string, a number or a boolean");
}

// One of several values, or the only one; a string is given as `text`.
const Node *RuleReader::item(const Value &json, std::string_view text, bool is_field) {
    if (is_field) {
        if (json.type != Type::string)
            document_.fail_expected(json, "the name of a field");
        return name(json, text);
    }
    return json.type == Type::string ? this->text(json, text) : literal(json);
}

// The values of an array, or those between the commas of a string. As in the package, spaces around a value do not count.
Nodes RuleReader::items(const Operand &operand, bool keep_empty) {
    const Value &json = operand.value;
    std::pmr::vector<const Node *> result(&arena_.memory());
    const auto keep = [&](const Value &value, std::string_view text) {
        if (result.size() == limits::list_items)
            document_.fail(json, "the list has more than " + std::to_string(limits::list_items) + " items", {},
                           ErrorCode::program_limit_exceeded);
        result.push_back(item(value, text, operand.is_field));
    };
    switch (json.type) {
        case Type::array:
            for (const Value &value : json.items)
                keep(value, trimmed(value.text));
            break;
        case Type::string:
            for (std::size_t begin = 0; begin <= json.text.size();) {
                std::size_t end = begin;
                while (end < json.text.size() && (json.text[end] != ',' || (end > begin && json.text[end - 1] == '\\')))
                    ++end;
                const std::string_view text = trimmed(unescaped(json.text.substr(begin, end - begin)));
                if (keep_empty || !text.empty())
                    keep(json, text);
                begin = end + 1;
            }
            break;
        case Type::number:
            keep(json, {});
            break;
        default:
            document_.fail_expected(json, "a list");
    }
    return arena_.copy(Nodes(result));
}

// `\,` stands for a comma inside a value.
std::string_view RuleReader::unescaped(std::string_view item) {
    if (item.find("\\,") == std::string_view::npos)
        return item;
    char *const result = arena_.characters(item.size());
    std::size_t length = 0;
    for (std::size_t i = 0; i < item.size(); ++i)
        if (!item.substr(i).starts_with("\\,"))
            result[length++] = item[i];
    return {result, length};
}

}  // namespace segment::definition::query_builder
