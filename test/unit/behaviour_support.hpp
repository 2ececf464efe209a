// The population of check_support.hpp with sources: `activity` has event names and a tie-breaker, `survey` neither and dates,
// `visit` local times.
#pragma once

#include "check_support.hpp"

namespace segment::definition {

inline const Trait activity_columns[] = {
    {"", "customer_id", "\"customer_id\"", bigint_type},
    {"", "at", "\"at\"", timestamptz_type},
    {"", "name", "\"name\"", text_type},
    {"", "seq", "\"seq\"", bigint_type},
    {"", "amount", "\"amount\"", numeric_type},
    {"", "seats", "\"seats\"", {.type_class = TypeClass::integer, .sql_name = "integer"}},
    {"", "weight", "\"weight\"", {.type_class = TypeClass::floating, .sql_name = "real"}},
    {"", "product", "\"product\"", text_type},
    {"", "due_on", "\"due_on\"", date_type},
    {"", "properties", "\"properties\"", jsonb_type},
    {"", "document", "\"document\"", {.type_class = TypeClass::other, .sql_name = "json", .ordered = false}},
};

inline const Trait survey_columns[] = {
    {"", "id", "\"id\"", bigint_type},
    {"", "day", "\"day\"", date_type},
    {"", "score", "\"score\"", {.type_class = TypeClass::integer, .sql_name = "integer"}},
    {"", "amount", "\"amount\"", {.type_class = TypeClass::integer, .sql_name = "integer"}},
};

inline const Trait visit_columns[] = {
    {"", "id", "\"id\"", bigint_type},
    {"", "at", "\"at\"", timestamp_type},
    {"", "page", "\"page\"", text_type},
};

inline const EventSource activity{"activity", "public.event", "\"customer_id\"", "=", activity_columns, 1, 2, 3};
inline const EventSource survey{"survey", "public.survey", "\"id\"", "=", survey_columns, 1, -1, -1};
inline const EventSource visit{"visit", "public.visit", "\"id\"", "=", visit_columns, 1, -1, -1};
inline const EventSource web{"web", "public.web", "\"customer_id\"", "=", activity_columns, 1, 2, -1};

inline Vocabulary with_sources(std::span<const EventSource> sources, std::string_view time_zone = "UTC", int week_start = 1) {
    Vocabulary words = vocabulary(time_zone, week_start);
    words.events = sources;
    return words;
}

}  // namespace segment::definition
