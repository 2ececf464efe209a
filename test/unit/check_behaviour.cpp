// What the check says about behaviour: which source is meant, which columns there are, what fits together.
#include <gtest/gtest.h>

#include "behaviour_support.hpp"

namespace segment::definition {
namespace {

const EventSource sources[] = {activity, survey};
const EventSource two_named[] = {activity, survey, web};
const EventSource only_survey[] = {survey};

struct Wrong {
    ErrorCode code;
    std::string_view definition;  // the error points to the character after ¦
    std::string_view message;
    std::string_view hint;
};

constexpr auto column = ErrorCode::undefined_column, object = ErrorCode::undefined_object, type = ErrorCode::datatype_mismatch,
               literal = ErrorCode::invalid_text_representation, parameter = ErrorCode::invalid_parameter,
               unsupported = ErrorCode::feature_not_supported;

constexpr std::string_view row_hint = "where (...) looks at the columns of one row at a time.";

void expect_error(const Wrong &expected, const Vocabulary &words) {
    std::string text(expected.definition);
    const auto mark = text.find("¦");
    text.erase(mark, std::string_view("¦").size());
    try {
        condition(text, words);
        ADD_FAILURE() << "accepted: " << text;
    } catch (const Error &error) {
        EXPECT_EQ(error.code, expected.code) << text;
        EXPECT_EQ(error.position, static_cast<std::int64_t>(mark)) << text;
        EXPECT_EQ(error.message, expected.message) << text;
        EXPECT_EQ(error.hint, expected.hint) << text;
    }
}

TEST(CheckBehaviour, Errors) {
    const Wrong wrong[] = {
        // sources
        {object, "did ¦'login' of 'activty'", "unknown source 'activty'", "Did you mean 'activity'?"},
        {object, "did ¦any event of 'elsewhere'", "unknown source 'elsewhere'", "The view segment.source lists the sources."},
        {object, "did ¦'login' of 'survey'", "source 'survey' has no event names", "Write 'survey' for all of its events."},
        {parameter, "did ¦event like 'x%' of 'survey'", "source 'survey' has no event names", "Write any event."},
        {parameter, "did ¦'activity'", "'activity' is a source with event names",
         "Write any event of 'activity', or 'activity' of 'activity' for the event of that name."},
        // columns
        {column, "did 'login' where (¦amuont > 5)", "source \"activity\" has no column \"amuont\"", "Did you mean \"amount\"?"},
        {column, "did 'login' where (¦plan = 'x')", "source \"activity\" has no column \"plan\"",
         "It is a trait of the members; where (...) reads the columns of the source."},
        {column, "did 'login' where (¦xyzzy = 'x')", "source \"activity\" has no column \"xyzzy\"",
         "where (...) reads the columns of the source."},
        {column, "sum(¦score) of 'login' > 3", "source \"activity\" has no column \"score\"",
         "It is a trait of the members; where (...) reads the columns of the source."},
        {column, "did any event where (¦product = 'x')", "source \"survey\" has no column \"product\"",
         "where (...) reads the columns of the source."},
        {column, "did 'login' where (¦step1.product = 'x')", "\"step1\" is not a step before this one",
         "Only a later step of a sequence refers to an earlier one."},
        {column, "did 'a' then 'b' where (¦step2.product = 'x')", "\"step2\" is not a step before this one", "step1 is the first step."},
        {column, "did 'a' then 'b' where (¦step1.colour = 'x')", "source \"activity\" has no column \"colour\"",
         "where (...) reads the columns of the source."},
        {parameter, "did 'a' then not 'b' then 'c' where (product = ¦step2.product)", "\"step2\" cannot be referred to",
         "A step that is referred to happened, and its events are of one source."},
        {parameter, "did any event then 'c' where (amount = ¦step1.amount)", "\"step1\" cannot be referred to",
         "A step that is referred to happened, and its events are of one source."},
        {type, "did 'login' where (¦product.a = 'x')", "product is text, only jsonb has parts", ""},
        {type, "did 'login' where (amount > ¦'much')", "amount is a number and cannot be compared with the text 'much'", ""},
        // what where (...) cannot hold
        {parameter, "did 'login' where (amount > 5 and ¦in segment 'vip')", "a condition on the member cannot stand inside where (...)",
         row_hint},
        {parameter, "did 'login' where (¦did 'open')", "a condition on other events cannot stand inside where (...)", row_hint},
        {parameter, "did 'login' where (amount > ¦count of 'open')", "a condition on other events cannot stand inside where (...)",
         row_hint},
        {parameter, "did 'login' where (days since ¦last 'open' > 3)", "a condition on other events cannot stand inside where (...)",
         row_hint},
        // values
        {type, "sum(¦product) of 'login' > 3", "product is text, expected a number", ""},
        {type, "max(¦product) of 'login' > 'a'", "product is text, expected a number or a time", ""},
        {type, "count distinct ¦document of 'login' > 1", "document is of type json and has no order by which equal values could be found",
         ""},
        {type, "last score of 'survey' <= ¦'x'", "last score of ... is a number and cannot be compared with the text 'x'", ""},
        {type, "count of 'login' > ¦'many'", "count of ... is a number and cannot be compared with the text 'many'", ""},
        {type, "¦last score of 'survey' contains 'x'", "last score of ... is a number, expected text", ""},
        {type, "¦last properties.tags of 'login' includes 'x'", "last properties.tags of ... is of type jsonb, expected an array", ""},
        {type, "¦max(due_on) of 'login' fell by 5 within 3 days", "max(due_on) of ... is a date, only numbers fall and rise", ""},
        // dates
        {type, "stopped 'survey' for ¦12 hours", "a date is looked at in whole days, not in 12 hours", ""},
        {type, "did 'survey' within ¦12 hours", "a date is looked at in whole days, not in 12 hours", ""},
        {type, "resumed 'survey' after ¦36 hours within 7 days", "a date is looked at in whole days, not in 36 hours", ""},
        {type, "did 'survey' then 'survey' within ¦90 minutes", "a date is looked at in whole days, not in 1 hour 30 minutes", ""},
    };
    for (const Wrong &expected : wrong)
        expect_error(expected, with_sources(sources));
}

TEST(CheckBehaviour, SourcesWithEventNamesMustBeToldApart) {
    const Vocabulary words = with_sources(two_named);
    expect_error({parameter, "did ¦'login'", "'login' is ambiguous: the sources 'activity' and 'web' have event names",
                  "Write 'login' of 'activity' or 'login' of 'web'."},
                 words);
    expect_error({parameter, "did ¦event like 'x%'", "event like 'x%' is ambiguous: the sources 'activity' and 'web' have event names",
                  "Write event like 'x%' of 'activity' or event like 'x%' of 'web'."},
                 words);
    EXPECT_NE(condition("did 'login' of 'web'", words).find("public.web"), std::string::npos);
    EXPECT_NE(condition("did 'survey'", words).find("public.survey"), std::string::npos);
}

TEST(CheckBehaviour, WithoutEventNamesANameIsASource) {
    const Vocabulary words = with_sources(only_survey);
    expect_error({object, "did ¦'survy'", "unknown source 'survy'", "Did you mean 'survey'?"}, words);
    expect_error({parameter, "did ¦event like 'x%'", "no source has event names", "Write any event."}, words);
    EXPECT_EQ(condition("did 'survey'", words), condition("did any event", words));
    EXPECT_EQ(condition("did 'survey'", words), condition("did 'survey' of 'survey'", words));
}

TEST(CheckBehaviour, TellsWhichSourcesAreRead) {
    std::pmr::monotonic_buffer_resource arena;
    const Vocabulary words = with_sources(two_named);
    const auto read = [&](std::string_view text) {
        const Checked checked = check(parse_definition(text, arena), words, arena);
        return std::vector<std::uint32_t>(checked.events.begin(), checked.events.end());
    };
    using Sources = std::vector<std::uint32_t>;
    EXPECT_EQ(read("plan = 'x'"), Sources{});
    EXPECT_EQ(read("did 'x' of 'web' or did 'y' of 'activity' or did 'z' of 'web'"), (Sources{0, 2}));
    EXPECT_EQ(read("not did any event"), (Sources{0, 1, 2}));
    EXPECT_EQ(read("did 'survey' then 'x' of 'web'"), (Sources{1, 2}));
    EXPECT_EQ(read("last score of 'survey' > 5"), Sources{1});
}

TEST(CheckBehaviour, EventsAreReadUnderTheirOwnName) {
    const Vocabulary words = with_sources(sources);
    EXPECT_EQ(condition("did 'login' where (event.amount > 5)", words), condition("did 'login' where (amount > 5)", words));
}

}  // namespace
}  // namespace segment::definition
