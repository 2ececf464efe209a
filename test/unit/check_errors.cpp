// What the check refuses: the message, where it points to, and what it advises.
#include <gtest/gtest.h>

#include "check_support.hpp"

namespace segment::definition {
namespace {

struct Wrong {
    ErrorCode code;
    std::string_view definition;  // the error points to the character after ¦
    std::string_view message;
    std::string_view hint;
};

constexpr auto column = ErrorCode::undefined_column, object = ErrorCode::undefined_object, type = ErrorCode::datatype_mismatch,
               datetime = ErrorCode::invalid_datetime, literal = ErrorCode::invalid_text_representation,
               parameter = ErrorCode::invalid_parameter, range = ErrorCode::numeric_out_of_range, zero = ErrorCode::division_by_zero,
               missing = ErrorCode::object_not_ready, unsupported = ErrorCode::feature_not_supported;

constexpr std::string_view time_hint = "Write it as '2025-01-31' or '2025-01-31 18:00', with or without a zone such as +01:00.";
constexpr std::string_view truth_hint = "Write has_admin is true, or is false.";
constexpr std::string_view source_hint = "Register one with segment.add_events('customer', ...).";
constexpr std::string_view traits_hint = "The views segment.population and segment.source name the relations whose columns are traits.";

const Wrong wrong[] = {
    // names
    {column, "¦plna = 'pro'", "unknown trait \"plna\"", "Did you mean \"plan\"?"},
    {column, "plan = 'x' and ¦signup_a within 3 days", "unknown trait \"signup_a\"", "Did you mean \"signup_at\"?"},
    {column, "¦amount > 3", "unknown trait \"amount\"", "Did you mean \"billing.amount\"?"},
    {column, "¦biling.amount > 3", "unknown trait \"biling.amount\"", "Did you mean \"billing.amount\"?"},
    {column, "¦billing.amunt > 3", "unknown trait \"billing.amunt\"", "Did you mean \"billing.amount\"?"},
    {column, "¦propertys.city = 'x'", "unknown trait \"propertys.city\"", "Did you mean \"properties.city\"?"},
    {column, "¦xyzzy > 3", "unknown trait \"xyzzy\"", traits_hint},
    {column, "¦step1.plan = 'x'", "unknown trait \"step1.plan\"",
     "\"step1\" is known only inside the where (...) of an event or a sequence's step."},
    {type, "¦plan.name = 'x'", "plan is text, only jsonb has parts", ""},
    {type, "¦tags[0] = 'x'", "tags is an array, only jsonb has parts", "Use includes to look into an array."},
    {object, "¦properties.a::money > 3", "cannot cast to \"money\"",
     "Casts are to text, numeric, bigint, boolean, date, timestamp and timestamptz."},
    {type, "¦mrr::bigint = 5", "mrr is a number and cannot be cast to bigint", "Numbers are compared as they are, whatever their types."},
    {type, "¦score::numeric = 5", "score is a number and cannot be cast to numeric",
     "Numbers are compared as they are, whatever their types."},
    {type, "¦email::text = 'A'", "email is text that ignores case, which a cast does not change", ""},
    {type, "¦mrr::date > '2025-01-01'", "mrr is a number and cannot be cast to date", ""},
    {object, "¦not in segment 'vop'", "unknown segment \"vop\"", "Did you mean \"vip\"?"},
    {ErrorCode::object_not_ready, "¦ever in segment 'as set'", "segment \"as set\" keeps no history",
     "Segments with materialize => 'rows' do."},
    {ErrorCode::object_not_ready, "plan = 'a' and ¦in segment 'as set' for at least 1 day", "segment \"as set\" keeps no history",
     "Segments with materialize => 'rows' do."},
    {ErrorCode::object_not_ready, "¦exited segment 'as set'", "segment \"as set\" keeps no history",
     "Segments with materialize => 'rows' do."},
    {object, "¦in segment 'elsewhere'", "unknown segment \"elsewhere\"", "The view segment.segment lists the segments."},
    // types
    {type, "plan = ¦5", "plan is text and cannot be compared with a number", "Put a text in quotes."},
    {type, "mrr > ¦'much'", "mrr is a number and cannot be compared with the text 'much'", ""},
    {type, "seats = ¦plan", "seats is a number and cannot be compared with plan, which is text", ""},
    {type, "signup_at < ¦5", "signup_at is a timestamp and cannot be compared with a number", ""},
    {type, "trial > ¦5", "trial is a duration and cannot be compared with a number", ""},
    {literal, "trial > ¦'30 days'", "'30 days' is not a duration", "Write durations without quotes: 30 days, 1 year 6 months."},
    {type, "uid = ¦5", "uid is of type uuid and cannot be compared with a number", ""},
    {type, "country in ('DE', ¦5)", "country is text and cannot be compared with a number", "Put a text in quotes."},
    {type, "mrr between ¦plan and 5", "mrr is a number and cannot be compared with plan, which is text", ""},
    {type, "¦document = 'x'", "document is of type json, which has no order and cannot be compared",
     "Only is set and is not set apply to it."},
    {type, "tags = ¦'vip'", "tags is an array and cannot be compared with the text 'vip'", "Use includes to look into an array."},
    {type, "not ¦mrr", "mrr is a number, expected a condition", ""},
    {type, "¦plan is true", "plan is text, expected a condition", ""},
    {type, "has_admin > ¦true", "has_admin is boolean and has no order", truth_hint},
    {literal, "has_admin = ¦'yes'", "'yes' is not a boolean", truth_hint},
    {type, "¦properties.a = properties.b", "it is not clear how properties.a and properties.b compare",
     "Write properties.a::numeric or properties.a::text."},
    {type, "¦properties.at < now()", "properties.at is jsonb and does not tell that it is a time", "Write properties.at::timestamptz."},
    {type, "¦properties.at within 3 days", "properties.at is jsonb and does not tell that it is a time",
     "Write properties.at::timestamptz."},
    // text, arrays
    {type, "¦mrr contains '1'", "mrr is a number, expected text", ""},
    {type, "¦tags contains 'vip'", "tags is an array, expected text", "Use includes to look into an array."},
    {unsupported, "¦nickname like 'x%'", "nickname has a nondeterministic collation, which patterns do not support",
     "Compare it with = or in, or add a column with another collation."},
    {parameter, "¦plan like 'x\\'", "pattern ends with a backslash that escapes nothing", "Write two backslashes for one that is meant."},
    {type, "¦plan includes 'x'", "plan is text, expected an array", "Use contains to look into a text."},
    {type, "codes includes ¦'x'", "the elements of codes cannot be compared with 'x'", ""},
    {type, "tags includes any ('a', ¦5)", "the elements of tags cannot be compared with 5", ""},
    // numbers
    {zero, "mrr / ¦0 > 1", "division by zero", ""},
    {zero, "mrr / (¦2 * 3 - 6) > 1", "division by zero", ""},
    {type, "mrr + ¦plan > 3", "plan is text, expected a number", ""},
    {range, "score > ¦1e400", "number is out of range for double precision", ""},
    {range, "ratio > ¦1e39", "number is out of range for real", ""},
    // times
    {datetime, "signup_at < ¦'2025-02-29'", "'2025-02-29' is not a time", time_hint},
    {datetime, "signup_at < ¦'01/02/2025'", "'01/02/2025' is not a time", time_hint},
    {datetime, "signup_at < ¦'tomorrow'", "'tomorrow' is not a time", time_hint},
    {datetime, "birthday = ¦'2025-01-01 12:00'", "'2025-01-01 12:00' is not a date", "birthday is a date without time of day."},
    {literal, "opens < ¦'9am'", "'9am' is not a time of day", "Write it as '18:00' or '18:00:30'."},
    {type, "¦mrr within 3 days", "mrr is a number, expected a date or a timestamp", ""},
    {type, "birthday within ¦3 hours", "a date is looked at in whole days, not in 3 hours", ""},
    {type, "birthday + ¦3 hours < now()", "birthday is a date and cannot be moved by hours or less", ""},
    {range, "signup_at within ¦5000 years", "duration is out of range", "Durations are at most 4000 years."},
    {range, "signup_at + 3000 years + ¦3000 years > now()", "duration is out of range", "Durations are at most 4000 years."},
    {type, "hour(¦birthday) > 9", "birthday is a date and has no hour", ""},
    {type, "age(¦mrr) > 9", "mrr is a number, expected a date or a timestamp", ""},
    {type, "days since ¦plan > 9", "plan is text, expected a date or a timestamp", ""},
    {type, "signup_at - renewal_at > ¦3", "a difference of times is compared with a duration, not with 3",
     "Use days since or days until for a number of days."},
    {type, "¦anniversary(birthday) = 3", "anniversary(...) takes a window",
     "Write anniversary(...) within next 7 days, or anniversary(...) in this month."},
    {type, "anniversary(birthday) ¦more than 3 days ago", "anniversaries need a window with two ends", ""},
    {type, "anniversary(birthday) since ¦signup_at", "anniversaries need a window that is the same for everybody", ""},
    // ranks
    {type, "¦plan in top 5", "plan is text and cannot be ranked", "Ranks are taken of numbers and times."},
    {type, "¦has_admin in bottom 5 percent", "has_admin is boolean and cannot be ranked", "Ranks are taken of numbers and times."},
    {type, "mrr in top 5 per ¦document", "document is of type json and cannot be grouped by", ""},
    // what is not registered
    {missing, "¦did 'login' within 3 days", "definition needs an event source", source_hint},
    {missing, "¦count of 'login' within 3 days > 2", "definition needs an event source", source_hint},
    {missing, "plan = 'x' or days since ¦last 'login' > 2", "definition needs an event source", source_hint},
    {missing, "¦did 'visit' then 'signup'", "definition needs an event source", source_hint},
    {missing, "¦subscription.mrr > 5", "definition needs subscriptions", "Register them with segment.add_subscriptions('customer', ...)."},
    {missing, "¦had 'expansion' within 90 days", "definition needs subscriptions",
     "Register them with segment.add_subscriptions('customer', ...)."},
    {missing, "¦any contact where (role = 'admin')", "definition needs related rows named \"contact\"",
     "Register them with segment.add_related('customer', 'contact', ...)."},
    {missing, "¦in list 'be''ta'", "definition needs a list named \"be'ta\"", "Create it with segment.create_list('be''ta', 'customer')."},
    {missing, "¦in list 'tester'", "definition needs a list named \"tester\"", "Did you mean 'testers'?"},
    {missing, "¦lifecycle is 'active'", "definition needs a score or scheme named \"lifecycle\"",
     "Create it with segment.create_score or segment.create_scheme; a trait is compared with =."},
    {missing, "¦health fell by 20 within 14 days", "definition needs a score named \"health\"",
     "Create it with segment.create_score('health', 'customer')."},
};

void PrintTo(const Wrong &wrong, std::ostream *out) {
    *out << wrong.definition;
}

class CheckErrors : public testing::TestWithParam<Wrong> {};

TEST_P(CheckErrors, PointToTheMistakeAndAdvise) {
    std::string text(GetParam().definition);
    const std::size_t mark = text.find("¦");
    ASSERT_NE(mark, std::string::npos);
    text.erase(mark, std::string_view("¦").size());
    std::pmr::monotonic_buffer_resource arena;
    const Vocabulary words = vocabulary();
    const Node &node = parse_definition(text, arena);
    try {
        const Checked checked = check(node, words, arena);
        FAIL() << text << " became " << condition_sql(checked, {words, "now()"}, &arena);
    } catch (const Error &error) {
        EXPECT_EQ(error.message, GetParam().message) << text;
        EXPECT_EQ(error.hint, GetParam().hint) << text;
        EXPECT_EQ(error.position, static_cast<std::int64_t>(mark)) << text;
        EXPECT_EQ(error.code, GetParam().code) << text;
    }
}

INSTANTIATE_TEST_SUITE_P(Definition, CheckErrors, testing::ValuesIn(wrong));

TEST(Check, RefusesRanksAndSegmentsInABase) {
    std::pmr::monotonic_buffer_resource arena;
    const Vocabulary words = vocabulary();
    for (const std::string_view text : {"mrr in top 5", "in segment 'vip'", "ever in segment 'vip'"})
        EXPECT_THROW(check(parse_definition(text, arena), words, arena, Role::base), Error) << text;
    EXPECT_NO_THROW(check(parse_definition("plan is set", arena), words, arena, Role::base));
}

TEST(Check, RefusesArithmeticThatCanOverflow) {
    std::string floating = "score", exact = "mrr";
    for (int i = 0; i < 200; ++i) {
        floating += " * score";
        exact += " * mrr";
    }
    EXPECT_THROW(condition(floating + " > 1"), Error);
    EXPECT_THROW(condition(exact + " > 1"), Error);
    EXPECT_NO_THROW(condition("score * score * score * score > 1"));
}

TEST(Check, RefusesTextAsAFormula) {
    EXPECT_THROW(formula("plan"), Error);
    EXPECT_EQ(formula("mrr * 12"), "m.\"mrr\" * 12");
}

TEST(Check, ListsSegmentsOnceInOrderOfTheirFirstUse) {
    std::pmr::monotonic_buffer_resource arena;
    const Vocabulary words = vocabulary();
    const Checked checked =
        check(parse_definition("ever in segment 'at risk' or in segment 'vip' or in segment 'at risk'", arena), words, arena);
    ASSERT_EQ(checked.segments.size(), 2u);
    EXPECT_EQ(checked.segments[0].id, 2);
    EXPECT_EQ(checked.segments[0].position, 0u);
    EXPECT_TRUE(checked.segments[0].current);
    EXPECT_EQ(checked.segments[1].id, 1);
    EXPECT_FALSE(checked.ranks);
}

TEST(Check, TellsWhetherOnlyTheHistoryOfASegmentIsRead) {
    std::pmr::monotonic_buffer_resource arena;
    const Vocabulary words = vocabulary();
    const auto is_current = [&](std::string_view text) {
        return check(parse_definition(text, arena), words, arena).segments.at(0).current;
    };
    EXPECT_FALSE(is_current("ever in segment 'vip'"));
    EXPECT_FALSE(is_current("entered segment 'vip' within 7 days"));
    EXPECT_TRUE(is_current("in segment 'vip' for at least 7 days"));
}

TEST(Check, LeavesToPostgresqlWhatOnlyItCanValidate) {
    using Found = std::vector<std::pair<std::uint32_t, std::string>>;
    EXPECT_EQ(probes("plan = 'pro' and mrr > 5 and signup_at < '2025-01-01'"), Found());
    EXPECT_EQ(probes("mood in ('ok', 'it''s')"), (Found{{9, "('ok'::public.mood) IS NULL"}, {15, "('it''s'::public.mood) IS NULL"}}));
    EXPECT_EQ(probes("uid = 'x'"), (Found{{6, "('x'::uuid) IS NULL"}}));
    EXPECT_EQ(probes("plan matches '^a\\d'"), (Found{{0, "('' ~ E'^a\\\\d') IS NULL"}}));
    EXPECT_EQ(probes("plan ~* '('"), (Found{{0, "('' ~* '(') IS NULL"}}));
    EXPECT_EQ(probes("mrr / (1 / 3) > 1"), (Found{{7, "(1 / (1::numeric / 3)) IS NULL"}}));
}

}  // namespace
}  // namespace segment::definition
