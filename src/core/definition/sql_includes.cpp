// Arrays and JSON arrays: what they include.
#include <algorithm>

#include "core/definition/sql_quote.hpp"
#include "core/definition/sql_writer.hpp"
#include "core/definition/value_number.hpp"

namespace segment::definition {
namespace {

// A text as a JSON string.
void append_json_string(std::string &out, std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (static_cast<unsigned char>(c) < 0x20) {
            out += "\\u00";
            out += hex[static_cast<unsigned char>(c) / 16];
            out += hex[static_cast<unsigned char>(c) % 16];
        } else
            out += c;
    }
    out += '"';
}

void append_json(std::string &json, const BoundValue &item) {
    if (item.kind == ValueKind::number)
        json += static_cast<const BoundNumber &>(item).digits;
    else if (item.kind == ValueKind::boolean)
        json += static_cast<const BoundBoolean &>(item).value ? "true" : "false";
    else
        append_json_string(json, static_cast<const BoundText &>(item).value);
}

// The items as JSON values: ["a", 5, true].
std::string json_array(BoundValues items) {
    std::string json = "[";
    for (const BoundValue *item : items) {
        if (json.size() > 1)
            json += ", ";
        append_json(json, *item);
    }
    return json + ']';
}

// The type in which elements and items are compared: numeric where an integer type would round an item or not hold it.
std::string_view common_element(const BoundIncludes &includes) {
    const Type &type = *includes.value->type;
    if (type.element_class != TypeClass::integer)
        return type.element_sql_name;
    const int width = type.element_sql_name == "smallint" ? 2 : type.element_sql_name == "bigint" ? 8 : 4;
    const bool held = std::ranges::all_of(includes.items, [&](const BoundValue *item) {
        const std::string_view digits = static_cast<const BoundNumber &>(*item).digits;
        return is_integral(digits) && fits_integer(digits, width);
    });
    return held ? type.element_sql_name : "numeric";
}

// Whether one of the items is asked for of so many that elements should be looked up in a hash table of them: PostgreSQL makes one
// for `= ANY (ARRAY[…])`, but compares each with each for `&&` and `@>`.
bool is_looked_up(const BoundIncludes &includes) {
    constexpr std::size_t worthwhile = 64;
    const bool plain = includes.value->type->element_sql_name.find('.') == std::string_view::npos;
    return includes.quantity != Quantity::all && includes.items.size() >= worthwhile && plain;
}

}  // namespace

// EXISTS (SELECT FROM <elements> AS element WHERE element = ANY (ARRAY[…]))
void SqlWriter::includes_looked_up(const BoundIncludes &includes, Binding least) {
    const bool json = includes.value->type->type_class != TypeClass::array, none = includes.quantity == Quantity::none;
    const bool opened = open(none ? Binding::conjunction : Binding::primary, least);
    const std::string_view element = json ? std::string_view("jsonb") : common_element(includes);
    const auto whole = [&](Binding inner) {
        if (json)
            path_json(static_cast<const BoundPath &>(*includes.value), inner);
        else
            value(*includes.value, inner);
    };
    if (none) {
        out_ += json ? "jsonb_typeof(" : "";
        whole(json ? Binding::disjunction : Binding::sum);
        out_ += json ? ") = 'array' AND NOT " : " IS NOT NULL AND NOT ";
    }
    out_ += "EXISTS (SELECT FROM ";
    if (json) {
        out_ += "jsonb_array_elements(CASE WHEN jsonb_typeof(";
        whole(Binding::disjunction);
        out_ += ") = 'array' THEN ";
        whole(Binding::disjunction);
        out_ += " END)";
    } else {
        out_ += "unnest(";
        included_array(includes);
        out_ += ')';
    }
    out_ += " AS elements(element) WHERE element = ANY (ARRAY[";
    for (std::size_t i = 0; i < includes.items.size(); ++i) {
        out_ += i == 0 ? "" : ", ";
        if (json) {
            std::string text;
            append_json(text, *includes.items[i]);
            append_literal(out_, text);
        } else {
            value(*includes.items[i], Binding::disjunction);
        }
    }
    out_ += "]::";
    out_ += element;
    out_ += "[]))";
    close(opened);
}

void SqlWriter::includes(const BoundIncludes &includes, Binding least) {
    if (is_looked_up(includes))
        return includes_looked_up(includes, least);
    if (includes.value->type->type_class != TypeClass::array)
        return json_includes(includes, least);
    const bool none = includes.quantity == Quantity::none;
    const bool opened = open(none ? Binding::negation : Binding::loose, least);
    out_ += none ? "NOT " : "";
    const bool inner = none && open(Binding::disjunction, Binding::primary);
    included_array(includes);
    out_ += includes.quantity == Quantity::all || includes.items.size() == 1 ? " @> ARRAY[" : " && ARRAY[";
    for (std::size_t i = 0; i < includes.items.size(); ++i) {
        out_ += i == 0 ? "" : ", ";
        value(*includes.items[i], Binding::disjunction);
    }
    out_ += "]::";
    out_ += common_element(includes);
    out_ += "[]";
    close(inner);
    close(opened);
}

void SqlWriter::included_array(const BoundIncludes &includes) {
    const std::string_view element = common_element(includes);
    const bool as_is = element == includes.value->type->element_sql_name;
    value(*includes.value, as_is ? Binding::sum : Binding::cast);
    if (!as_is) {
        out_ += "::";
        out_ += element;
        out_ += "[]";
    }
}

void SqlWriter::included_element(const BoundIncludes &includes, const BoundValue &item) {
    value(item, Binding::cast);
    out_ += "::";
    out_ += common_element(includes);
}

// An array contains the array of an item exactly if it has the item; anything but an array contains none.
void SqlWriter::json_includes(const BoundIncludes &includes, Binding least) {
    const bool none = includes.quantity == Quantity::none, one = includes.quantity == Quantity::all || includes.items.size() == 1;
    const auto &path = static_cast<const BoundPath &>(*includes.value);
    const bool opened = open(none ? Binding::conjunction : Binding::loose, least);
    if (none) {
        out_ += "jsonb_typeof(";
        path_json(path, Binding::disjunction);
        out_ += ") = 'array' AND NOT (";
    }
    path_json(path, Binding::sum);
    out_ += one ? " @> " : " @> ANY (ARRAY[";
    if (one)
        append_literal(out_, json_array(includes.items));
    for (std::size_t i = 0; !one && i < includes.items.size(); ++i) {
        out_ += i == 0 ? "" : ", ";
        append_literal(out_, json_array(includes.items.subspan(i, 1)));
    }
    out_ += one ? "::jsonb" : "]::jsonb[])";
    out_ += none ? ")" : "";
    close(opened);
}

}  // namespace segment::definition
