// The SQL of times: edges are computed in the population's zone, whatever the session's.
#include <gtest/gtest.h>

#include "check_support.hpp"

namespace segment::definition {
namespace {

std::string utc(std::string_view text) {
    return condition(text, vocabulary("UTC"));
}

TEST(ToSqlTimes, LiteralsWithoutZoneAreLocal) {
    EXPECT_EQ(condition("signup_at < '2025-01-01'"), "m.\"signup_at\" < ('2025-01-01 00:00:00'::timestamp AT TIME ZONE 'Europe/Vienna')");
    EXPECT_EQ(condition("signup_at < '2025-01-01T09:30Z'"), "m.\"signup_at\" < '2025-01-01 09:30+00'::timestamptz");
    EXPECT_EQ(condition("signup_at < '2025-01-01 09:30:15.5+05:30'"), "m.\"signup_at\" < '2025-01-01 09:30:15.5+05:30'::timestamptz");
    EXPECT_EQ(utc("signup_at < '2025-01-01'"), "m.\"signup_at\" < '2025-01-01 00:00:00+00'::timestamptz");
    EXPECT_EQ(condition("birthday = '2000-02-29'"), "m.\"birthday\" = '2000-02-29'::date");
}

TEST(ToSqlTimes, WindowsOfInstants) {
    EXPECT_EQ(condition("signup_at within 30 days"),
              "m.\"signup_at\" > (((now() AT TIME ZONE 'Europe/Vienna') - interval '30 days') AT TIME ZONE 'Europe/Vienna') AND "
              "m.\"signup_at\" <= now()");
    EXPECT_EQ(condition("signup_at within 3 hours"), "m.\"signup_at\" > now() - interval '3 hours' AND m.\"signup_at\" <= now()");
    EXPECT_EQ(condition("signup_at more than 1 month 2 hours ago"),
              "m.\"signup_at\" <= (((now() AT TIME ZONE 'Europe/Vienna') - interval '1 month') AT TIME ZONE 'Europe/Vienna') - interval '2 "
              "hours'");
    EXPECT_EQ(utc("signup_at between 2 weeks and 1 week ago"),
              "m.\"signup_at\" > (((now() AT TIME ZONE 'UTC') - interval '14 days') AT TIME ZONE 'UTC') AND "
              "m.\"signup_at\" <= (((now() AT TIME ZONE 'UTC') - interval '7 days') AT TIME ZONE 'UTC')");
    EXPECT_NE(utc("signup_at between 1 month and 30 days ago").find("interval '1 month'"), std::string::npos);
    EXPECT_EQ(utc("signup_at within next 90 minutes"),
              "m.\"signup_at\" > now() AND m.\"signup_at\" <= now() + interval '1 hour 30 minutes'");
    EXPECT_EQ(utc("signup_at since '2025-01-01'"), "m.\"signup_at\" BETWEEN '2025-01-01 00:00:00+00'::timestamptz AND now()");
    EXPECT_EQ(utc("signup_at from '2025-01-01' to '2025-02-01'"),
              "m.\"signup_at\" >= '2025-01-01 00:00:00+00'::timestamptz AND m.\"signup_at\" < '2025-02-01 00:00:00+00'::timestamptz");
}

TEST(ToSqlTimes, CalendarPeriods) {
    EXPECT_EQ(
        condition("signup_at in last 3 calendar months"),
        "m.\"signup_at\" >= ((date_trunc('month', now() AT TIME ZONE 'Europe/Vienna') - interval '3 months') AT TIME ZONE "
        "'Europe/Vienna') AND m.\"signup_at\" < (date_trunc('month', now() AT TIME ZONE 'Europe/Vienna') AT TIME ZONE 'Europe/Vienna')");
    EXPECT_EQ(condition("birthday in this quarter"),
              "m.\"birthday\" >= date_trunc('quarter', now() AT TIME ZONE 'Europe/Vienna')::date AND "
              "m.\"birthday\" < (date_trunc('quarter', now() AT TIME ZONE 'Europe/Vienna')::date + interval '3 months')::date");
    EXPECT_EQ(condition("birthday today"),
              "m.\"birthday\" >= date_trunc('day', now() AT TIME ZONE 'Europe/Vienna')::date AND "
              "m.\"birthday\" < date_trunc('day', now() AT TIME ZONE 'Europe/Vienna')::date + 1");
    EXPECT_EQ(condition("birthday in last week", vocabulary("UTC", 7)),
              "m.\"birthday\" >= (date_trunc('week', (now() AT TIME ZONE 'UTC') - interval '6 days') + interval '6 days')::date - 7 AND "
              "m.\"birthday\" < (date_trunc('week', (now() AT TIME ZONE 'UTC') - interval '6 days') + interval '6 days')::date");
    EXPECT_NE(condition("signup_at in this week").find("date_trunc('week', now() AT TIME ZONE"), std::string::npos);
}

TEST(ToSqlTimes, DatesAreLookedAtInWholeDays) {
    EXPECT_EQ(condition("birthday within 30 days"),
              "m.\"birthday\" > (now() AT TIME ZONE 'Europe/Vienna')::date - 30 AND "
              "m.\"birthday\" <= (now() AT TIME ZONE 'Europe/Vienna')::date");
    EXPECT_EQ(condition("birthday within next 1 month"),
              "m.\"birthday\" BETWEEN (now() AT TIME ZONE 'Europe/Vienna')::date AND "
              "((now() AT TIME ZONE 'Europe/Vienna')::date + interval '1 month')::date");
    EXPECT_EQ(condition("birthday < now() - 30 days"), "m.\"birthday\" < (now() AT TIME ZONE 'Europe/Vienna')::date - 30");
    EXPECT_EQ(condition("birthday < signup_at"),
              "m.\"birthday\" < CASE WHEN m.\"signup_at\" BETWEEN '4713-01-01 00:00:00+00 BC'::timestamptz AND '294276-01-01 "
              "00:00:00+00'::timestamptz OR NOT isfinite(m.\"signup_at\") THEN m.\"signup_at\" AT TIME ZONE 'Europe/Vienna' END::date");
    EXPECT_EQ(utc("birthday < signup_at"), "m.\"birthday\" < (m.\"signup_at\" AT TIME ZONE 'UTC')::date");
    EXPECT_EQ(condition("birthday < created"), "m.\"birthday\" < m.\"created\"::date");
}

// Conversion is what is exact around changes of daylight saving; in UTC there are none.
TEST(ToSqlTimes, TimestampsAreInstantsOfTheZone) {
    const std::string instant =
        "CASE WHEN m.\"created\" BETWEEN '4713-01-01 00:00:00 BC'::timestamp AND '294276-01-01 00:00:00'::timestamp OR NOT "
        "isfinite(m.\"created\") THEN m.\"created\" AT TIME ZONE 'Europe/Vienna' END";
    EXPECT_EQ(condition("created within 3 hours"), instant + " > now() - interval '3 hours' AND " + instant + " <= now()");
    EXPECT_EQ(utc("created within 30 days"),
              "m.\"created\" > (now() AT TIME ZONE 'UTC') - interval '30 days' AND m.\"created\" <= (now() AT TIME ZONE 'UTC')");
    EXPECT_EQ(utc("created < '2025-01-01'"), "m.\"created\" < '2025-01-01 00:00:00'::timestamp");
    EXPECT_EQ(utc("created = signup_at"), "m.\"created\" = (m.\"signup_at\" AT TIME ZONE 'UTC')");
}

TEST(ToSqlTimes, DifferencesAreComparedAsInstants) {
    const std::string month_ago = "(((now() AT TIME ZONE 'UTC') - interval '1 month') AT TIME ZONE 'UTC')";
    EXPECT_EQ(utc("now() - signup_at >= 1 month"), "m.\"signup_at\" <= " + month_ago);
    EXPECT_EQ(utc("signup_at <= now() - 1 month"), "m.\"signup_at\" <= " + month_ago);
    EXPECT_EQ(utc("renewal_at - now() < 3 hours"), "m.\"renewal_at\" < now() + interval '3 hours'");
    EXPECT_EQ(utc("3 hours > renewal_at - now()"), "m.\"renewal_at\" < now() + interval '3 hours'");
}

TEST(ToSqlTimes, MovedTraitsStayInRange) {
    EXPECT_EQ(
        utc("signup_at + 3 hours < renewal_at"),
        "CASE WHEN m.\"signup_at\" BETWEEN '0001-01-01 00:00:00+00'::timestamptz AND '9999-12-31 23:59:59.999999+00'::timestamptz THEN "
        "m.\"signup_at\" + interval '3 hours' END < m.\"renewal_at\"");
    EXPECT_EQ(
        utc("birthday + 18 years <= now()"),
        "CASE WHEN m.\"birthday\" BETWEEN '0001-01-01'::date AND '9999-12-31'::date THEN (m.\"birthday\" + interval '18 years')::date "
        "END <= (now() AT TIME ZONE 'UTC')::date");
}

// A duration without days moves an instant exactly, also one of the hour that clocks show twice.
TEST(ToSqlTimes, MovedByAColumn) {
    EXPECT_EQ(condition("signup_at + trial < renewal_at"),
              "CASE WHEN m.\"signup_at\" BETWEEN '0001-01-01 00:00:00+00'::timestamptz AND '9999-12-31 23:59:59.999999+00'::timestamptz "
              "AND m.\"trial\" BETWEEN -interval '4000 years' AND interval '4000 years' THEN "
              "CASE WHEN extract(year FROM m.\"trial\") = 0 AND extract(month FROM m.\"trial\") = 0 AND extract(day FROM m.\"trial\") = 0 "
              "THEN m.\"signup_at\" ELSE ((m.\"signup_at\" AT TIME ZONE 'Europe/Vienna') + date_trunc('day', m.\"trial\")) AT TIME ZONE "
              "'Europe/Vienna' END + (m.\"trial\" - date_trunc('day', m.\"trial\")) END < m.\"renewal_at\"");
    EXPECT_EQ(condition("created - trial < renewal_at"),
              "CASE WHEN m.\"created\" BETWEEN '0001-01-01 00:00:00'::timestamp AND '9999-12-31 23:59:59.999999'::timestamp "
              "AND m.\"trial\" BETWEEN -interval '4000 years' AND interval '4000 years' THEN "
              "((m.\"created\" - date_trunc('day', m.\"trial\")) AT TIME ZONE 'Europe/Vienna') - "
              "(m.\"trial\" - date_trunc('day', m.\"trial\")) END < m.\"renewal_at\"");
}

TEST(ToSqlTimes, Functions) {
    EXPECT_EQ(utc("hour(signup_at) between 9 and 17"), "extract(hour FROM m.\"signup_at\" AT TIME ZONE 'UTC') BETWEEN 9 AND 17");
    EXPECT_EQ(condition("hour(created) = 9"), "extract(hour FROM m.\"created\") = 9");
    EXPECT_EQ(
        condition("hour(created::timestamptz) = 9"),
        "extract(hour FROM CASE WHEN m.\"created\" BETWEEN '4713-01-01 00:00:00 BC'::timestamp AND '294276-01-01 00:00:00'::timestamp "
        "OR NOT isfinite(m.\"created\") THEN m.\"created\" AT TIME ZONE 'Europe/Vienna' END AT TIME ZONE 'Europe/Vienna') = 9");
    EXPECT_EQ(utc("hour(opens) = 9"), "extract(hour FROM m.\"opens\") = 9");
    EXPECT_EQ(utc("weekday(created) in (6, 7)"), "extract(isodow FROM m.\"created\"::date) IN (6, 7)");
    EXPECT_EQ(utc("days since signup_at <= 3"), "(extract(epoch FROM now()) - extract(epoch FROM m.\"signup_at\")) / 86400 <= 3");
    EXPECT_EQ(utc("days until birthday > 3"),
              "(extract(epoch FROM m.\"birthday\") - extract(epoch FROM (now() AT TIME ZONE 'UTC')::date)) / 86400 > 3");
    EXPECT_EQ(
        utc("age(birthday) >= 18"),
        "CASE WHEN m.\"birthday\" BETWEEN '0001-01-01'::date AND '9999-12-31'::date THEN extract(year FROM age(date_trunc('day', now() "
        "AT TIME ZONE 'UTC'), m.\"birthday\"::timestamp)) END >= 18");
}

}  // namespace
}  // namespace segment::definition
