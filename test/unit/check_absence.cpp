// What is registered and cannot be read: definitions that name it are wrong, all others are not.
#include <gtest/gtest.h>

#include "check_support.hpp"

namespace segment::definition {
namespace {

const Absence gone{ErrorCode::undefined_table, "public.usage does not exist", {}, "Create it again."};
const Trait twofold[] = {{"", "plan", "m.plan", text_type}, {"", "twice", "m.twice", text_type, -1, &gone}};
const TraitSource relations[] = {{"", "public.customer"}, {"usage", "public.usage", &gone}};
const TraitSource bare_relations[] = {{"", "public.customer"}, {"", "public.usage", &gone}};
const DerivedTrait formulas[] = {{"load", "usage.logins * 2"}, {"both", "1", &gone}};
const EventSource sources[] = {{"activity", {}, {}, {}, {}, 0, 0, -1, &gone}};

Vocabulary words() {
    Vocabulary words = vocabulary();
    words.traits = twofold;
    words.trait_sources = relations;
    words.derived = formulas;
    words.events = sources;
    return words;
}

void expect_fine(std::string_view text, const Vocabulary &vocabulary) {
    std::pmr::monotonic_buffer_resource arena;
    EXPECT_NO_THROW(check(parse_definition(text, arena), vocabulary, arena)) << text;
}

Error error_of(std::string_view text, const Vocabulary &vocabulary) {
    std::pmr::monotonic_buffer_resource arena;
    try {
        check(parse_definition(text, arena), vocabulary, arena);
    } catch (const Error &error) {
        return error;
    }
    ADD_FAILURE() << text << " is fine";
    return Error(ErrorCode::internal_error, "");
}

TEST(CheckAbsence, IsAnErrorOfWhatNamesIt) {
    for (const char *text : {"usage.logins > 3", "plan = 'x' and usage.logins is set", "load > 3", "twice = 'x'", "both > 1", "did 'login'",
                             "count of any event > 3"}) {
        const Error error = error_of(text, words());
        EXPECT_EQ(error.code, ErrorCode::undefined_table) << text;
        EXPECT_NE(error.message.find("public.usage does not exist"), std::string::npos) << error.message;
        EXPECT_EQ(error.hint, "Create it again.");
    }
    EXPECT_EQ(error_of("plan = 'x' and usage.logins > 3", words()).position, 15);
}

TEST(CheckAbsence, LeavesTheRestAlone) {
    expect_fine("plan = 'x' or in segment 'vip'", words());
    EXPECT_EQ(error_of("plna = 'x'", words()).code, ErrorCode::undefined_column);
    EXPECT_EQ(error_of("plna = 'x'", words()).detail, "There is no column \"plna\" in public.customer.");
}

TEST(CheckAbsence, MayBeWhereAnUnknownTraitWas) {
    Vocabulary bare = words();
    bare.trait_sources = bare_relations;
    const Error error = error_of("logins > 3", bare);
    EXPECT_EQ(error.code, ErrorCode::undefined_table);
    EXPECT_EQ(error.message, "unknown trait \"logins\"");
    EXPECT_EQ(error.detail, "It may be of a relation that cannot be read: public.usage does not exist.");
    expect_fine("plan = 'x'", bare);
}

TEST(CheckAbsence, OfSubscriptionsAndScores) {
    Vocabulary vocabulary = words();
    Subscriptions lines;
    lines.absence = &gone;
    vocabulary.subscriptions = &lines;
    ScoreName score{};
    score.name = "health";
    score.absence = &gone;
    vocabulary.scores = {&score, 1};
    for (const char *text : {"subscription.mrr > 3", "had 'churn' within 3 days", "health < 40", "health is 'poor'"})
        EXPECT_EQ(error_of(text, vocabulary).code, ErrorCode::undefined_table) << text;
    expect_fine("plan = 'x'", vocabulary);
}

}  // namespace
}  // namespace segment::definition
