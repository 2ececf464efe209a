// Which values of a definition may be lost, and how a run finds those who lose them.
#include <gtest/gtest.h>

#include "check_support.hpp"

namespace segment::definition {
namespace {

using Found = std::vector<std::pair<std::uint32_t, std::string>>;

Found lost(std::string_view text, std::string_view time_zone = "UTC") {
    std::pmr::monotonic_buffer_resource arena;
    const Vocabulary words = vocabulary(time_zone);
    const Checked checked = check(parse_definition(text, arena), words, arena);
    Found found;
    for (const Loss &loss : losses(checked, {words, "now()"}, &arena))
        found.emplace_back(loss.position, std::string(loss.sql));
    return found;
}

TEST(Losses, PlainColumnsLoseNothing) {
    EXPECT_EQ(lost("plan = 'a' and mrr * 2 + seats / 3 > 1 and signup_at within 3 days and properties.a = 'x' and tags includes 'a'"),
              Found());
}

TEST(Losses, DivisionsByZero) {
    EXPECT_EQ(lost("mrr > 5 and mrr / seats > 2 and not mrr / seats > 3"),
              (Found{{12, "m.\"mrr\" / NULLIF(m.\"seats\", 0) IS NULL AND m.\"mrr\" IS NOT NULL AND m.\"seats\" IS NOT NULL"}}));
}

TEST(Losses, JsonOfAnotherType) {
    EXPECT_EQ(lost("properties.n > 5"),
              (Found{{0,
                      "CASE WHEN jsonb_typeof(m.\"properties\" -> 'n') = 'number' THEN (m.\"properties\" -> 'n')::numeric END IS NULL AND "
                      "(m.\"properties\" ->> 'n') IS NOT NULL"}}));
    EXPECT_EQ(lost("properties.at::timestamptz within 3 days").size(), 1u);
    EXPECT_EQ(lost("properties.on is true").size(), 1u);
}

TEST(Losses, TimesAndNumbersOutOfRange) {
    EXPECT_EQ(lost("signup_at + 1 month < renewal_at").size(), 1u);
    EXPECT_EQ(lost("age(birthday) > 18").size(), 1u);
    EXPECT_EQ(lost("score * 2 > 1").size(), 1u);
    EXPECT_EQ(lost("now() - signup_at >= trial").size(), 1u);
}

TEST(Losses, NumbersTooLargeForArithmetic) {
    EXPECT_EQ(lost("billing.amount * 2 > mrr or -billing.amount * mrr < 5"), (Found{{0, "abs(t1.\"amount\") >= 1e1000"}}));
    EXPECT_EQ(lost("billing.amount > mrr and mrr * mrr > 5"), Found());
}

// Near the ends of PostgreSQL's range, the zone's offset leads out of it.
TEST(Losses, ConversionsOfTimeZones) {
    EXPECT_EQ(lost("created within 3 days or created < renewal_at", "Europe/Vienna"),
              (Found{{0,
                      "NOT (m.\"created\" BETWEEN '4713-01-01 00:00:00 BC'::timestamp AND '294276-01-01 00:00:00'::timestamp OR NOT "
                      "isfinite(m.\"created\"))"}}));
    EXPECT_EQ(lost("hour(signup_at) > 9", "Europe/Vienna"),
              (Found{{0,
                      "NOT (m.\"signup_at\" BETWEEN '4713-01-01 00:00:00+00 BC'::timestamptz AND '294276-01-01 "
                      "00:00:00+00'::timestamptz OR NOT isfinite(m.\"signup_at\"))"}}));
    EXPECT_EQ(lost("signup_at < birthday", "Europe/Vienna").size(), 1u);
    EXPECT_EQ(lost("days since created > 3", "Europe/Vienna").size(), 1u);
    EXPECT_EQ(lost("created within 3 days or hour(signup_at) > 9 or signup_at < birthday"), Found());
    EXPECT_EQ(lost("hour(created) > 9 or created < birthday or signup_at within 3 days", "Europe/Vienna"), Found());
}

}  // namespace
}  // namespace segment::definition
