// The SQL of behaviour. What it means is for the tests with a server; these pin its form: one member's events, the bounds of
// time where an index serves them, nothing computed twice where once will do.
#include <gtest/gtest.h>

#include "behaviour_support.hpp"

namespace segment::definition {
namespace {

const EventSource sources[] = {activity, survey, visit};

std::string sql(std::string_view text, std::string_view time_zone = "UTC", int week_start = 1) {
    return condition(text, with_sources(sources, time_zone, week_start));
}

const std::string login = "public.event AS e WHERE e.\"customer_id\" = m.\"id\" AND e.\"name\" = 'login' AND ";
const std::string visible = "e.\"at\" <= now()";

// Instants so long ago in Vienna.
std::string ago(const std::string &span) {
    return "(((now() AT TIME ZONE 'Europe/Vienna') - interval '" + span + "') AT TIME ZONE 'Europe/Vienna')";
}

TEST(ToSqlBehaviour, WhetherAndHowOften) {
    EXPECT_EQ(sql("did 'login'"), "EXISTS (SELECT FROM " + login + visible + ")");
    EXPECT_EQ(sql("did not 'login'"), "NOT EXISTS (SELECT FROM " + login + visible + ")");
    EXPECT_EQ(sql("never did 'login'"), sql("did not 'login'"));
    EXPECT_EQ(sql("did 'login' at least 2 times"), "(SELECT count(*) FROM " + login + visible + ") >= 2");
    EXPECT_EQ(sql("did 'login' between 2 and 4 times"), "(SELECT count(*) FROM " + login + visible + ") BETWEEN 2 AND 4");
    EXPECT_EQ(sql("did not 'login' exactly 2 times"), "(SELECT count(*) FROM " + login + visible + ") IS DISTINCT FROM 2");
    // What asks whether there is one at all does not count.
    EXPECT_EQ(sql("did 'login' at least 1 time"), sql("did 'login'"));
    EXPECT_EQ(sql("did 'login' more than 0 times"), sql("did 'login'"));
    EXPECT_EQ(sql("did 'login' exactly 0 times"), sql("did not 'login'"));
    EXPECT_EQ(sql("did 'login' fewer than 1 time"), sql("did not 'login'"));
    EXPECT_EQ(sql("did not 'login' at most 0 times"), sql("did 'login'"));
    EXPECT_EQ(sql("did 'login' at least 0 times"), "(SELECT count(*) FROM " + login + visible + ") >= 0");
}

TEST(ToSqlBehaviour, Names) {
    const auto events = [](const std::string &names) {
        return "EXISTS (SELECT FROM public.event AS e WHERE e.\"customer_id\" = m.\"id\"" + names + " AND e.\"at\" <= now())";
    };
    EXPECT_EQ(sql("did any event of 'activity'"), events(""));
    EXPECT_EQ(sql("did event like 'page%'"), events(" AND e.\"name\" LIKE 'page%'"));
    EXPECT_EQ(sql("did any of ('login', 'open')"), events(" AND e.\"name\" IN ('login', 'open')"));
    EXPECT_EQ(sql("did 'it''s' where (amount > 5 or product = 'x')"),
              events(" AND e.\"name\" = 'it''s' AND (e.\"amount\" > 5 OR e.\"product\" = 'x')"));
    EXPECT_EQ(sql("did 'login' where (not amount > 5)"), events(" AND e.\"name\" = 'login' AND (e.\"amount\" > 5) IS NOT TRUE"));
    EXPECT_EQ(sql("did 'login' where (properties.a.b = 'x')"),
              events(" AND e.\"name\" = 'login' AND (e.\"properties\" -> 'a' ->> 'b') = 'x'"));
}

TEST(ToSqlBehaviour, SeveralSources) {
    EXPECT_EQ(sql("did any of ('login', 'survey')"), "EXISTS (SELECT FROM (SELECT FROM " + login + visible +
                                                         " UNION ALL SELECT FROM public.survey AS e WHERE e.\"id\" = m.\"id\" AND "
                                                         "e.\"day\" <= (now() AT TIME ZONE 'UTC')::date) AS e)");
    // Values are of one type.
    EXPECT_EQ(sql("max(amount) of any of ('login', 'survey') > 5"),
              "(SELECT max(e.value) FROM (SELECT e.\"amount\" AS value FROM " + login + visible +
                  " UNION ALL SELECT e.\"amount\"::numeric AS value FROM public.survey AS e WHERE e.\"id\" = m.\"id\" AND "
                  "e.\"day\" <= (now() AT TIME ZONE 'UTC')::date) AS e) > 5");
}

TEST(ToSqlBehaviour, Windows) {
    const std::string vienna = "Europe/Vienna";
    const auto window = [&](const std::string &text) { return sql("did 'login' " + text, vienna); };
    const auto exists = [&](const std::string &bounds) { return "EXISTS (SELECT FROM " + login + bounds + ")"; };
    EXPECT_EQ(window("within 30 days"), exists("e.\"at\" > " + ago("30 days") + " AND " + visible));
    EXPECT_EQ(window("within 36 hours"), exists("e.\"at\" > now() - interval '36 hours' AND " + visible));
    EXPECT_EQ(window("more than 30 days ago"), exists("e.\"at\" <= " + ago("30 days")));
    EXPECT_EQ(window("between 2 months and 30 days ago"), exists("e.\"at\" > " + ago("2 months") + " AND e.\"at\" <= " + ago("30 days")));
    EXPECT_EQ(window("since signup_at"), exists("e.\"at\" >= m.\"signup_at\" AND " + visible));
    EXPECT_EQ(window("from '2025-01-01 00:00Z' to signup_at"),
              exists("e.\"at\" >= '2025-01-01 00:00+00'::timestamptz AND e.\"at\" < m.\"signup_at\" AND " + visible));
    const auto start = [](const std::string &unit) {
        return "(date_trunc('" + unit + "', now() AT TIME ZONE 'Europe/Vienna') AT TIME ZONE 'Europe/Vienna')";
    };
    // Up to now, what is left of the period lies ahead.
    EXPECT_EQ(window("today"), exists("e.\"at\" BETWEEN " + start("day") + " AND now()"));
    EXPECT_EQ(window("in this month"), exists("e.\"at\" BETWEEN " + start("month") + " AND now()"));
    EXPECT_EQ(sql("last 'login' within 14 days"), sql("did 'login' within 14 days"));
    EXPECT_EQ(sql("last 'login' more than 14 days ago"), sql("did not 'login' within 14 days"));
}

TEST(ToSqlBehaviour, TimesOfOtherTypes) {
    const std::string today = "(now() AT TIME ZONE 'Europe/Vienna')::date";
    const auto survey = [](const std::string &bounds) {
        return "EXISTS (SELECT FROM public.survey AS e WHERE e.\"id\" = m.\"id\" AND " + bounds + ")";
    };
    EXPECT_EQ(sql("did 'survey' within 7 days", "Europe/Vienna"), survey("e.\"day\" > " + today + " - 7 AND e.\"day\" <= " + today));
    EXPECT_EQ(sql("did 'survey' today", "Europe/Vienna"),
              survey("e.\"day\" BETWEEN date_trunc('day', now() AT TIME ZONE 'Europe/Vienna')::date AND " + today));
    // A local time is what the zone says; in UTC it needs no conversion, so that an index serves it.
    const auto visit = [](const std::string &bound) {
        return "EXISTS (SELECT FROM public.visit AS e WHERE e.\"id\" = m.\"id\" AND " + bound + ")";
    };
    EXPECT_EQ(sql("did 'visit'"), visit("e.\"at\" <= (now() AT TIME ZONE 'UTC')"));
    EXPECT_EQ(sql("did 'visit'", "Europe/Vienna"),
              visit("CASE WHEN e.\"at\" BETWEEN '4713-01-01 00:00:00 BC'::timestamp AND '294276-01-01 00:00:00'::timestamp "
                    "OR NOT isfinite(e.\"at\") THEN e.\"at\" AT TIME ZONE 'Europe/Vienna' END <= now()"));
}

TEST(ToSqlBehaviour, Periods) {
    const auto periods = [](const std::string &period, const std::string &bounds) {
        return "(SELECT count(DISTINCT " + period + ") FROM " + login + bounds + ") >= 4";
    };
    EXPECT_EQ(sql("did 'login' on at least 4 distinct days"), periods("(e.\"at\" AT TIME ZONE 'UTC')::date", visible));
    EXPECT_EQ(sql("did 'login' on at least 4 distinct weeks", "UTC", 7),
              periods("date_trunc('week', (e.\"at\" AT TIME ZONE 'UTC') - interval '6 days') + interval '6 days'", visible));
    EXPECT_EQ(
        sql("did 'login' in at least 4 of the last 6 months"),
        periods("date_trunc('month', e.\"at\" AT TIME ZONE 'UTC')",
                "e.\"at\" BETWEEN ((date_trunc('month', now() AT TIME ZONE 'UTC') - interval '5 months') AT TIME ZONE 'UTC') AND now()"));
    EXPECT_EQ(sql("streak of 'login' by month >= 5"),
              "(SELECT count(*) FROM (SELECT period, row_number() OVER (ORDER BY period DESC) AS place, max(period) OVER () AS newest FROM "
              "(SELECT DISTINCT date_trunc('month', e.\"at\" AT TIME ZONE 'UTC') AS period FROM " +
                  login + visible +
                  ") AS periods) AS run WHERE newest >= date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month' AND "
                  "period + (place - 1) * interval '1 month' = newest) >= 5");
}

TEST(ToSqlBehaviour, Aggregates) {
    const auto value = [](const std::string &expression) { return "(SELECT " + expression + " FROM " + login + visible + ") > 5"; };
    EXPECT_EQ(sql("count of 'login' > 5"), value("count(*)"));
    EXPECT_EQ(sql("sum(amount) of 'login' > 5"), value("coalesce(sum(e.\"amount\"), 0)"));
    EXPECT_EQ(sql("avg(amount) of 'login' > 5"), value("avg(e.\"amount\")"));
    EXPECT_EQ(sql("min(seats) of 'login' > 5"), value("min(e.\"seats\")"));
    EXPECT_EQ(sql("count distinct product of 'login' > 5"), value("count(DISTINCT e.\"product\")"));
    EXPECT_EQ(sql("count distinct properties.sku of 'login' > 5"), value("count(DISTINCT e.\"properties\" ->> 'sku')"));
    EXPECT_EQ(sql("median(seats) of 'login' > 5"), value("(percentile_disc(0.5) WITHIN GROUP (ORDER BY e.\"seats\"::numeric) + "
                                                         "percentile_disc(0.5) WITHIN GROUP (ORDER BY e.\"seats\"::numeric DESC)) / 2"));
    const std::string weight =
        "CASE WHEN e.\"weight\" = 0 OR abs(e.\"weight\") BETWEEN 1e-100 AND 1e100 THEN e.\"weight\"::double precision END";
    EXPECT_EQ(sql("sum(weight) of 'login' > 5"), value("coalesce(sum(" + weight + "), 0)"));
    EXPECT_EQ(sql("avg(weight) of 'login' > 5"), value("sum(" + weight + ") / NULLIF(count(" + weight + "), 0)"));
    EXPECT_EQ(sql("share of 'login' where (amount > 3) > 5"),
              value("count(*) FILTER (WHERE e.\"amount\" > 3)::numeric / NULLIF(count(*), 0)"));
    EXPECT_EQ(sql("most frequent product of 'login' = 'a'"),
              "(SELECT e.\"product\" FROM " + login + visible +
                  " AND e.\"product\" IS NOT NULL GROUP BY e.\"product\" ORDER BY count(*) DESC, e.\"product\" LIMIT 1) = 'a'");
    EXPECT_EQ(formula("count of 'login' / 2", with_sources(sources)), "(SELECT count(*) FROM " + login + visible + ")::numeric / 2");
}

TEST(ToSqlBehaviour, FirstAndLast) {
    EXPECT_EQ(sql("last product of 'login' = 'a'"), "(SELECT e.\"product\" FROM " + login + visible +
                                                        " ORDER BY e.\"at\" DESC, e.\"seq\" DESC NULLS LAST, e.\"product\" LIMIT 1) = 'a'");
    EXPECT_EQ(sql("first score of 'survey' <= 6"),
              "(SELECT e.\"score\" FROM public.survey AS e WHERE e.\"id\" = m.\"id\" AND e.\"day\" <= (now() AT TIME ZONE 'UTC')::date "
              "ORDER BY e.\"day\", e.\"score\" LIMIT 1) <= 6");
    // A path has the type of what it is compared with.
    EXPECT_EQ(sql("last properties.n of 'login' is set"),
              "(SELECT e.\"properties\" ->> 'n' FROM " + login + visible +
                  " ORDER BY e.\"at\" DESC, e.\"seq\" DESC NULLS LAST, e.\"properties\" ->> 'n' LIMIT 1) IS NOT NULL");
    EXPECT_EQ(sql("days since last 'login' > 14"),
              "(extract(epoch FROM now()) - extract(epoch FROM (SELECT max(e.\"at\") FROM " + login + visible + "))) / 86400 > 14");
    EXPECT_EQ(
        sql("did 'login' for the first time more than 7 days ago"),
        "(SELECT min(e.\"at\") FROM " + login + visible + ") <= (((now() AT TIME ZONE 'UTC') - interval '7 days') AT TIME ZONE 'UTC')");
    EXPECT_EQ(sql("did 'login' for the first time"), sql("did 'login'"));
}

TEST(ToSqlBehaviour, Trends) {
    const std::string mark = "e.\"at\" > now() - interval '12 hours'";
    const auto counts = [&](const std::string &test) {
        return "(SELECT " + test + " FROM (SELECT count(*) FILTER (WHERE " + mark + ") AS later, count(*) FILTER (WHERE NOT (" + mark +
               ")) AS earlier FROM " + login + "e.\"at\" > now() - interval '24 hours' AND " + visible + ") AS trend)";
    };
    EXPECT_EQ(sql("count of 'login' fell by 50 percent within 12 hours"),
              counts("later < earlier AND earlier <> 0 AND earlier - later >= abs(earlier) * 0.5"));
    EXPECT_EQ(sql("count of 'login' rose by 3 within 12 hours from at least 10"),
              counts("later > earlier AND later - earlier >= 3 AND earlier >= 10"));
}

TEST(ToSqlBehaviour, Sequences) {
    const auto step = [](const std::string &n, const std::string &name) {
        return "EXISTS (SELECT FROM public.event AS e" + n + " WHERE e" + n + ".\"customer_id\" = m.\"id\" AND e" + n + ".\"name\" = '" +
               name + "' AND e" + n + ".\"at\" <= now()";
    };
    const auto later = [](const std::string &a, const std::string &b) {
        return "(e" + a + ".\"at\" > e" + b + ".\"at\" OR (e" + a + ".\"at\" = e" + b + ".\"at\" AND (e" + a + ".\"seq\" > e" + b +
               ".\"seq\" OR (e" + b + ".\"seq\" IS NULL AND e" + a + ".\"seq\" IS NOT NULL))))";
    };
    EXPECT_EQ(sql("did 'a' then 'b'"), step("1", "a") + " AND " + step("2", "b") + " AND " + later("2", "1") + "))");
    EXPECT_EQ(sql("did not ('a' then 'b')"), "NOT " + sql("did 'a' then 'b'"));
    EXPECT_EQ(sql("did 'a' then not 'b' then 'c'"), step("1", "a") + " AND " + step("3", "c") + " AND " + later("3", "1") + " AND NOT " +
                                                        step("2", "b") + " AND " + later("2", "1") + " AND " + later("3", "2") + ")))");
    EXPECT_EQ(sql("did 'a' then not 'b'"), step("1", "a") + " AND NOT " + step("2", "b") + " AND " + later("2", "1") + "))");
    // Events of two sources have no order but their times.
    EXPECT_EQ(sql("did 'visit' then 'login'"),
              "EXISTS (SELECT FROM public.visit AS e1 WHERE e1.\"id\" = m.\"id\" AND e1.\"at\" <= (now() AT TIME ZONE 'UTC') AND " +
                  step("2", "login") + " AND e2.\"at\" > (e1.\"at\" AT TIME ZONE 'UTC')))");
    EXPECT_EQ(sql("did 'survey' then 'survey' within 3 days").find("interval"), std::string::npos);
}

}  // namespace
}  // namespace segment::definition
