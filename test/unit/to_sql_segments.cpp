// The SQL of whole definitions: bases, other segments, ranks, stays.
#include <gtest/gtest.h>

#include "check_support.hpp"
#include "core/definition/amendments.hpp"

namespace segment::definition {
namespace {

struct Source {
    std::string_view name, definition;
};

// The SELECT of a definition over a base, where the other segments are given in the order in which they build on each other. With
// `rows`, whether it holds for these.
std::string select(std::string_view text, std::string_view base = "everyone", std::vector<Source> others = {}, std::string_view rows = "") {
    std::pmr::monotonic_buffer_resource arena;
    const Vocabulary words = vocabulary("UTC");
    const auto checked = [&](std::string_view source, Role role = Role::segment) {
        return check(parse_definition(source, arena), words, arena, role);
    };
    const Checked who = checked(base, Role::base);
    std::vector<Checked> bound;
    for (const Source &other : others)
        bound.push_back(checked(other.definition));
    std::vector<NamedDefinition> used;
    for (std::size_t i = 0; i < others.size(); ++i)
        used.push_back({segments[i].id, others[i].name, &bound[i]});
    const Scope scope{words, "now()", &who};
    return std::string(rows.empty() ? to_sql(checked(text), used, scope, &arena) : holds_sql(checked(text), used, scope, rows, &arena));
}

TEST(ToSqlSegments, SelectKeys) {
    EXPECT_EQ(select("everyone"), "SELECT m.\"id\" FROM public.customer AS m");
    EXPECT_EQ(select("mrr > 5"), "SELECT m.\"id\" FROM public.customer AS m WHERE m.\"mrr\" > 5");
    EXPECT_EQ(select("everyone", "mrr > 5"), "SELECT m.\"id\" FROM public.customer AS m WHERE m.\"mrr\" > 5");
    EXPECT_EQ(
        select("plan = 'a' or plan = 'b'", "mrr > 5 or has_admin"),
        "SELECT m.\"id\" FROM public.customer AS m WHERE (m.\"mrr\" > 5 OR m.\"has_admin\") AND (m.\"plan\" = 'a' OR m.\"plan\" = 'b')");
}

TEST(ToSqlSegments, OthersAreCommonTableExpressions) {
    EXPECT_EQ(
        select("in segment 'at risk' and not in segment 'vip'", "plan is set",
               {{"vip", "mrr > 5"}, {"at risk", "in segment 'vip' and seats < 3"}}),
        "WITH \"vip\" AS MATERIALIZED (SELECT m.\"id\" AS key FROM public.customer AS m WHERE m.\"plan\" IS NOT NULL AND m.\"mrr\" > 5),\n"
        "\"at risk\" AS MATERIALIZED (SELECT m.\"id\" AS key FROM public.customer AS m WHERE m.\"plan\" IS NOT NULL AND "
        "m.\"id\" IN (SELECT key FROM \"vip\") AND m.\"seats\" < 3)\n"
        "SELECT m.\"id\" FROM public.customer AS m WHERE m.\"plan\" IS NOT NULL AND m.\"id\" IN (SELECT key FROM \"at risk\") AND "
        "NOT EXISTS (SELECT FROM \"vip\" AS other WHERE other.key = m.\"id\")");
}

TEST(ToSqlSegments, WhetherOneHolds) {
    EXPECT_EQ(select("everyone", "everyone", {}, "m.\"id\" = $1"), "SELECT true FROM public.customer AS m WHERE m.\"id\" = $1");
    EXPECT_EQ(select("in segment 'vip' or seats < 3", "plan is set", {{"vip", "mrr > 5"}}, "m.\"id\" = $1"),
              "WITH \"vip\" AS MATERIALIZED (SELECT m.\"id\" AS key FROM public.customer AS m WHERE (m.\"plan\" IS NOT NULL AND "
              "m.\"mrr\" > 5) AND m.\"id\" = $1)\n"
              "SELECT (m.\"plan\" IS NOT NULL AND (m.\"id\" IN (SELECT key FROM \"vip\") OR m.\"seats\" < 3)) IS TRUE "
              "FROM public.customer AS m WHERE m.\"id\" = $1");
    EXPECT_EQ(select("in segment 'vip'", "everyone", {{"vip", "everyone"}}, "m.\"id\" = $1"),
              "WITH \"vip\" AS MATERIALIZED (SELECT m.\"id\" AS key FROM public.customer AS m WHERE m.\"id\" = $1)\n"
              "SELECT (m.\"id\" IN (SELECT key FROM \"vip\")) IS TRUE FROM public.customer AS m WHERE m.\"id\" = $1");
}

TEST(ToSqlSegments, LongNamesAreNotCutShort) {
    const std::string name(70, 'x');
    const SegmentName known[] = {{name, 7}};
    Vocabulary words = vocabulary();
    words.segments = known;
    EXPECT_EQ(condition("in segment '" + name + "'", words), "m.\"id\" IN (SELECT key FROM segment_7)");
}

TEST(ToSqlSegments, RanksCompareWithAThresholdOfTheBase) {
    EXPECT_EQ(
        select("mrr in top 10 percent", "plan is set"),
        "SELECT m.\"id\" FROM public.customer AS m WHERE m.\"plan\" IS NOT NULL AND m.\"mrr\" >= (SELECT value FROM (SELECT value, "
        "row_number() OVER (ORDER BY value DESC) AS place, count(*) OVER () AS n FROM (SELECT m.\"mrr\" AS value FROM public.customer "
        "AS m WHERE m.\"plan\" IS NOT NULL) AS members WHERE value IS NOT NULL) AS ranked WHERE place = ceil(n * 0.1))");
    EXPECT_NE(select("mrr in bottom 5").find("m.\"mrr\" <= (SELECT value FROM (SELECT value, row_number() OVER (ORDER BY value) AS place"),
              std::string::npos);
    EXPECT_NE(select("mrr in bottom 5").find("WHERE place = least(n, 5))"), std::string::npos);
    EXPECT_NE(select("mrr above median").find("WHERE place = (n + 1) / 2)"), std::string::npos);
    EXPECT_NE(select("mrr below median").find("WHERE place = n / 2 + 1)"), std::string::npos);
    EXPECT_NE(select("mrr in smallest set holding 80 percent").find("WHERE coalesce(larger, 0) < total * 0.8 ORDER BY value LIMIT 1)"),
              std::string::npos);
    EXPECT_NE(select("mrr not in top 5").find(") IS NOT TRUE"), std::string::npos);
}

TEST(ToSqlSegments, RanksPerGroupSelectKeys) {
    EXPECT_EQ(select("mrr in top 3 per country"),
              "SELECT m.\"id\" FROM public.customer AS m WHERE m.\"id\" IN (SELECT key FROM (SELECT key, rank() OVER (PARTITION BY part "
              "ORDER BY value DESC) AS place, count(*) OVER (PARTITION BY part) AS n FROM (SELECT m.\"mrr\" AS value, m.\"id\" AS key, "
              "m.\"country\" AS part FROM public.customer AS m) AS members WHERE value IS NOT NULL) AS ranked WHERE place <= 3)");
}

TEST(ToSqlSegments, ListsAreTablesOfKeys) {
    const std::string rows = "listed.list = 'o''clock' AND (listed.until IS NULL OR listed.until > now()))";
    EXPECT_EQ(condition("in list 'o''clock'"),
              "m.\"id\" IN (SELECT listed.\"customer_id\" FROM public.customer_segment_list AS listed WHERE " + rows);
    EXPECT_EQ(condition("not in list 'o''clock'"),
              "NOT EXISTS (SELECT FROM public.customer_segment_list AS listed WHERE listed.\"customer_id\" = m.\"id\" AND " + rows);
    Vocabulary words = vocabulary();
    words.key_equals = "OPERATOR(public.=)";
    EXPECT_EQ(condition("in list 'o''clock'", words),
              "m.\"id\" OPERATOR(public.=) ANY (SELECT listed.\"customer_id\" FROM public.customer_segment_list AS listed WHERE " + rows);
}

TEST(ToSqlSegments, OverridesCountWhateverTheDefinitionSays) {
    std::pmr::monotonic_buffer_resource arena;
    const Vocabulary words = vocabulary();
    const auto overridden = [&](bool includes, bool excludes) {
        Checked checked = check(parse_definition("mrr > 5 or has_admin", arena), words, arena);
        checked.condition = amended(checked.condition, {7, includes, excludes}, words, arena);
        return std::string(condition_sql(checked, {words, "now()"}, &arena));
    };
    const auto rows = [](std::string_view how) {
        return "listed.segment_id = 7 AND listed.override = '" + std::string(how) + "' AND (listed.until IS NULL OR listed.until > now()))";
    };
    const std::string own = "m.\"mrr\" > 5 OR m.\"has_admin\"";
    const std::string included =
        "m.\"id\" IN (SELECT listed.\"customer_id\" FROM public.customer_segment_override AS listed WHERE " + rows("include");
    const std::string not_excluded =
        "NOT EXISTS (SELECT FROM public.customer_segment_override AS listed WHERE listed.\"customer_id\" = m.\"id\" AND " + rows("exclude");
    EXPECT_EQ(overridden(false, false), own);
    EXPECT_EQ(overridden(true, false), "(" + own + ") OR " + included);
    EXPECT_EQ(overridden(false, true), "(" + own + ") AND " + not_excluded);
    EXPECT_EQ(overridden(true, true), "((" + own + ") OR " + included + ") AND " + not_excluded);
}

TEST(ToSqlSegments, RulesOfASchemeExcludeEachOther) {
    std::pmr::monotonic_buffer_resource arena;
    const Vocabulary words = vocabulary();
    Checked checked = check(parse_definition("mrr > 5", arena), words, arena);
    const std::int32_t rivals[] = {1, 2};
    checked.condition = amended(checked.condition, {7, false, false, std::span(segments).first(2), rivals}, words, arena);
    EXPECT_EQ(condition_sql(checked, {words, "now()"}, &arena),
              "m.\"mrr\" > 5 AND (m.\"id\" IN (SELECT key FROM \"vip\") OR m.\"id\" IN (SELECT key FROM \"at risk\")) IS NOT TRUE AND "
              "NOT EXISTS (SELECT FROM public.customer_segment_override AS listed WHERE listed.\"customer_id\" = m.\"id\" AND "
              "listed.segment_id IN (1, 2) AND listed.override = 'include' AND (listed.until IS NULL OR listed.until > now()))");
}

TEST(ToSqlSegments, StaysAreReadFromTheHistory) {
    const std::string stays =
        "EXISTS (SELECT FROM public.customer_segment_history AS stay WHERE stay.segment_id = 1 AND "
        "stay.\"customer_id\" = m.\"id\"";
    const Vocabulary words = vocabulary("UTC");
    EXPECT_EQ(condition("ever in segment 'vip'", words), stays + " AND stay.entered_at <= now())");
    EXPECT_EQ(condition("not ever in segment 'vip'", words), "NOT " + stays + " AND stay.entered_at <= now())");
    EXPECT_EQ(condition("entered segment 'vip' within 3 hours", words),
              stays +
                  " AND stay.entered_at > now() - interval '3 hours' AND stay.entered_at <= now() AND stay.entered_at <= now() AND "
                  "stay.enter_reason IN ('refresh', 'manual'))");
    EXPECT_EQ(condition("in segment 'vip' for at least 3 hours", words),
              "m.\"id\" IN (SELECT key FROM \"vip\") AND " + stays +
                  " AND stay.entered_at <= now() - interval '3 hours' AND stay.entered_at <= now() AND "
                  "(stay.exited_at IS NULL OR stay.exited_at > now()))");
}

}  // namespace
}  // namespace segment::definition
