// A population with a trait of every kind, and short ways from a definition's text to what the tests look at.
#pragma once

#include <array>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/definition/check.hpp"
#include "core/definition/parser.hpp"
#include "core/definition/sql.hpp"
#include "core/definition/type.hpp"
#include "core/error.hpp"

namespace segment::definition {

inline constexpr Type citext_type{
    .type_class = TypeClass::text, .sql_name = "public.citext", .operator_schema = "public", .case_insensitive = true};
inline constexpr Type mood_type{.type_class = TypeClass::enumeration, .sql_name = "public.mood"};

inline const Trait traits[] = {
    {"", "plan", "m.\"plan\"", text_type},
    {"", "country", "m.\"country\"", {.type_class = TypeClass::text, .sql_name = "character varying", .collation = "public.\"de\""}},
    {"", "code", "m.\"code\"", {.type_class = TypeClass::text, .sql_name = "bpchar"}},
    {"", "email", "m.\"email\"", citext_type},
    {"", "nickname", "m.\"nickname\"", {.type_class = TypeClass::text, .sql_name = "text", .deterministic = false}},
    {"", "mood", "m.\"mood\"", mood_type},
    {"", "seats", "m.\"seats\"", {.type_class = TypeClass::integer, .sql_name = "integer"}},
    {"", "mrr", "m.\"mrr\"", {.type_class = TypeClass::numeric, .sql_name = "numeric", .bounded = true}},
    {"", "score", "m.\"score\"", double_type},
    {"", "ratio", "m.\"ratio\"", {.type_class = TypeClass::floating, .sql_name = "real"}},
    {"", "has_admin", "m.\"has_admin\"", boolean_type},
    {"", "signup_at", "m.\"signup_at\"", timestamptz_type},
    {"", "renewal_at", "m.\"renewal_at\"", timestamptz_type},
    {"", "created", "m.\"created\"", timestamp_type},
    {"", "birthday", "m.\"birthday\"", date_type},
    {"", "opens", "m.\"opens\"", {.type_class = TypeClass::time, .sql_name = "time"}},
    {"", "trial", "m.\"trial\"", interval_type},
    {"", "uid", "m.\"uid\"", uuid_type},
    {"", "properties", "m.\"properties\"", jsonb_type},
    {"",
     "tags",
     "m.\"tags\"",
     {.type_class = TypeClass::array, .element_class = TypeClass::text, .sql_name = "text[]", .element_sql_name = "text"}},
    {"",
     "codes",
     "m.\"codes\"",
     {.type_class = TypeClass::array, .element_class = TypeClass::integer, .sql_name = "integer[]", .element_sql_name = "integer"}},
    {"", "document", "m.\"document\"", {.type_class = TypeClass::other, .sql_name = "json", .ordered = false}},
    {"billing", "amount", "t1.\"amount\"", numeric_type},
};

inline const SegmentName segments[] = {{"vip", 1}, {"at risk", 2}, {"as set", 3, false}};

inline constexpr std::string_view lists[] = {"testers", "o'clock"};

inline Vocabulary vocabulary(std::string_view time_zone = "Europe/Vienna", int week_start = 1) {
    return {.population = "customer",
            .time_zone = time_zone,
            .week_start = week_start,
            .from_sql = "public.customer AS m",
            .key_sql = "m.\"id\"",
            .key_type_sql = "bigint",
            .traits = traits,
            .segments = segments,
            .lists = lists,
            .list_sql = "public.customer_segment_list",
            .override_sql = "public.customer_segment_override",
            .history_sql = "public.customer_segment_history",
            .member_column = "\"customer_id\""};
}

inline std::string condition(std::string_view text, const Vocabulary &words = vocabulary()) {
    std::pmr::monotonic_buffer_resource arena;
    const Checked checked = check(parse_definition(text, arena), words, arena);
    return std::string(condition_sql(checked, {words, "now()"}, &arena));
}

inline std::string formula(std::string_view text, const Vocabulary &words = vocabulary()) {
    std::pmr::monotonic_buffer_resource arena;
    const CheckedFormula checked = check_formula(parse_formula(text, arena), words, arena);
    return std::string(formula_sql(checked, {words, "now()"}, &arena));
}

inline std::vector<std::pair<std::uint32_t, std::string>> probes(std::string_view text) {
    std::pmr::monotonic_buffer_resource arena;
    const Vocabulary words = vocabulary();
    std::vector<std::pair<std::uint32_t, std::string>> result;
    for (const Probe &probe : check(parse_definition(text, arena), words, arena).probes)
        result.emplace_back(probe.position, std::string(probe.sql));
    return result;
}

}  // namespace segment::definition
