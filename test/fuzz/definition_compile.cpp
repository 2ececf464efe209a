// Any bytes as a definition and as a formula over a population that has everything: an error that points into the text, or a condition, a
// plan and the values that may be lost; those of the canonical text are the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <string>
#include <string_view>

#include "../unit/behaviour_support.hpp"
#include "core/definition/printer.hpp"
#include "core/match/compile.hpp"
#include "core/match/event_features.hpp"

namespace {

using namespace segment::definition;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

constexpr std::string_view bands[] = {"poor", "good"};
const ScoreName scores[] = {{"health",
                             1,
                             1,
                             {"", "health", "s1.\"score\"", double_type, 0},
                             {"", "health_band", "s1.\"band\"", text_type, 0},
                             bands,
                             "public.customer_score_health_history"}};
constexpr std::string_view joins[] = {"LEFT JOIN public.customer_score_health AS s1 ON s1.key = m.\"id\""};
const DerivedTrait derived[] = {{"per_seat", "mrr / seats"}};
constexpr std::string_view schemes[] = {"value"};
const Trait movement_columns[] = {
    {"", "member", "\"member\"", bigint_type},
    {"", "at", "\"at\"", timestamptz_type},
    {"", "kind", "\"kind\"", text_type},
    {"", "mrr", "\"mrr\"", numeric_type},
};
const Subscriptions subscriptions{"public.lines", "=",  true,
                                  true,           true, {"movements", "public.movements", "\"member\"", "=", movement_columns, 1, 2, -1}};
const EventSource sources[] = {activity, survey, visit, web};

Vocabulary everything() {
    Vocabulary words = with_sources(sources, "Europe/Vienna");
    words.scores = scores;
    words.joins = joins;
    words.derived = derived;
    words.schemes = schemes;
    words.subscriptions = &subscriptions;
    return words;
}

// All that is made of a definition.
std::string made_of(const Node &tree, const Vocabulary &words, std::pmr::memory_resource &arena) {
    const Scope scope{words, "now()"};
    const Checked checked = check(tree, words, arena);
    std::string result(condition_sql(checked, scope, &arena));
    for (const Loss &loss : losses(checked, scope, &arena)) {
        result += loss.sql;
    }
    segment::match::Plan plan(&arena);
    const std::pmr::vector<bool> readable(words.events.size(), true, &arena);
    segment::match::EventFeatures events(readable, plan, &arena);
    segment::match::SegmentNodes nodes(&arena);
    for (const SegmentName &segment : words.segments) {
        nodes.emplace(segment.id, plan.everyone());
    }
    plan.root(compile(checked, scope, nodes, plan, &arena, &events));
    for (const segment::match::Feature &feature : plan.features()) {
        result += feature.sql;
        for (const std::pmr::string &cut : feature.cuts) {
            result += cut;
        }
    }
    return result;
}

std::string made_of_formula(const Node &tree, const Vocabulary &words, std::pmr::memory_resource &arena) {
    return std::string(formula_sql(check_formula(tree, words, arena), {words, "now()"}, &arena));
}

void try_text(std::string_view text, decltype(parse_definition) parse, decltype(made_of) make) {
    static const Vocabulary words = everything();
    std::pmr::monotonic_buffer_resource arena;
    const Node *tree = nullptr;
    std::string made;
    try {
        tree = &parse(text, arena);
        made = make(*tree, words, arena);
    } catch (const segment::Error &error) {
        require(error.code != segment::ErrorCode::internal_error && !error.message.empty());
        require(error.position == segment::Error::no_position ||
                (error.position >= 0 && static_cast<std::size_t>(error.position) <= text.size()));
        return;
    }
    std::pmr::string canonical;
    print(*tree, canonical);
    require(make(parse(canonical, arena), words, arena) == made);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    try_text(text, parse_definition, made_of);
    try_text(text, parse_formula, made_of_formula);
    return 0;
}
