// The SQL of conditions on traits. That it runs and means what it says is for the tests with a server; these pin its form.
#include <gtest/gtest.h>

#include "check_support.hpp"

namespace segment::definition {
namespace {

TEST(ToSql, KeepsSimpleComparisonsSimple) {
    EXPECT_EQ(condition("plan = 'pro'"), "m.\"plan\" = 'pro'");
    EXPECT_EQ(condition("mrr >= 100"), "m.\"mrr\" >= 100");
    EXPECT_EQ(condition("100 <= mrr"), "m.\"mrr\" >= 100");
    EXPECT_EQ(condition("billing.amount < -2.50"), "t1.\"amount\" < -2.5");
    EXPECT_EQ(condition("mrr > 5 percent"), "m.\"mrr\" > 0.05");
    EXPECT_EQ(condition("mrr between 1 and 2"), "m.\"mrr\" BETWEEN 1 AND 2");
    EXPECT_EQ(condition("country in ('DE', 'AT')"), "m.\"country\" IN ('DE', 'AT')");
    EXPECT_EQ(condition("plan is set"), "m.\"plan\" IS NOT NULL");
    EXPECT_EQ(condition("plan is null"), "m.\"plan\" IS NULL");
    EXPECT_EQ(condition("opens < '09:30'"), "m.\"opens\" < '09:30'");
    EXPECT_EQ(condition("mood >= 'ok'"), "m.\"mood\" >= 'ok'");
    EXPECT_EQ(condition("trial > 1 year 6 months 3 days"), "m.\"trial\" > interval '1 year 6 months 3 days'");
    EXPECT_EQ(condition("everyone"), "true");
}

TEST(ToSql, QuotesSoThatNoSettingMatters) {
    EXPECT_EQ(condition("plan = 'it''s'"), "m.\"plan\" = 'it''s'");
    EXPECT_EQ(condition("plan = 'a\\b'"), "m.\"plan\" = E'a\\\\b'");
}

TEST(ToSql, NegationsAreTwoValued) {
    EXPECT_EQ(condition("plan != 'pro'"), "m.\"plan\" IS DISTINCT FROM 'pro'");
    EXPECT_EQ(condition("not mrr > 5"), "(m.\"mrr\" > 5) IS NOT TRUE");
    EXPECT_EQ(condition("mrr not between 1 and 2"), "(m.\"mrr\" BETWEEN 1 AND 2) IS NOT TRUE");
    EXPECT_EQ(condition("plan not in ('a')"), "(m.\"plan\" IN ('a')) IS NOT TRUE");
    EXPECT_EQ(condition("plan not like 'a%'"), "(m.\"plan\" LIKE 'a%') IS NOT TRUE");
    EXPECT_EQ(condition("not (plan = 'a' or mrr > 5)"), "(m.\"plan\" = 'a' OR m.\"mrr\" > 5) IS NOT TRUE");
    EXPECT_EQ(condition("not everyone"), "false");
    EXPECT_EQ(condition("not (plan != 'pro')"), "m.\"plan\" = 'pro'");
    // Two missing values are not equal, but they are not distinct either.
    EXPECT_EQ(condition("plan != email"), "(m.\"plan\"::public.citext OPERATOR(public.=) m.\"email\") IS NOT TRUE");
    EXPECT_EQ(condition("mrr != seats"), "(m.\"mrr\" = m.\"seats\") IS NOT TRUE");
}

TEST(ToSql, Booleans) {
    EXPECT_EQ(condition("has_admin"), "m.\"has_admin\"");
    EXPECT_EQ(condition("has_admin is true and plan is set"), "m.\"has_admin\" AND m.\"plan\" IS NOT NULL");
    EXPECT_EQ(condition("not has_admin"), "m.\"has_admin\" IS NOT TRUE");
    EXPECT_EQ(condition("has_admin is false"), "NOT m.\"has_admin\"");
    EXPECT_EQ(condition("has_admin is not false"), "m.\"has_admin\" IS NOT FALSE");
    EXPECT_EQ(condition("has_admin = false"), "NOT m.\"has_admin\"");
    EXPECT_EQ(condition("has_admin != true"), "m.\"has_admin\" IS NOT TRUE");
}

TEST(ToSql, Junctions) {
    EXPECT_EQ(condition("plan = 'a' and mrr > 1 or seats = 2"), "(m.\"plan\" = 'a' AND m.\"mrr\" > 1) OR m.\"seats\" = 2");
    EXPECT_EQ(condition("plan = 'a' and (mrr > 1 or seats = 2)"), "m.\"plan\" = 'a' AND (m.\"mrr\" > 1 OR m.\"seats\" = 2)");
}

TEST(ToSql, NumbersAreExact) {
    EXPECT_EQ(condition("seats / 2 = 3.5"), "m.\"seats\"::numeric / 2 = 3.5");
    EXPECT_EQ(condition("mrr > seats * 10"), "m.\"mrr\" > m.\"seats\"::numeric * 10");
    EXPECT_EQ(condition("mrr / seats > 2"), "m.\"mrr\" / NULLIF(m.\"seats\", 0) > 2");
    EXPECT_EQ(condition("mrr * (seats - 1) > 2"), "m.\"mrr\" * (m.\"seats\"::numeric - 1) > 2");
    EXPECT_EQ(condition("-seats < 3"), "-m.\"seats\"::numeric < 3");
    EXPECT_EQ(condition("mrr > 7 / 2"), "m.\"mrr\" > 3.5");
    EXPECT_EQ(condition("mrr > 0.1 + 0.2 * 3"), "m.\"mrr\" > 0.7");
    EXPECT_EQ(condition("mrr > 1 / 3"), "m.\"mrr\" > 1::numeric / 3");
}

TEST(ToSql, FloatingPointLiteralsTakeTheColumnsType) {
    EXPECT_EQ(condition("score = 0.1"), "m.\"score\" = 0.1");
    EXPECT_EQ(condition("ratio = 0.1"), "m.\"ratio\" = 0.1::real");
    EXPECT_EQ(condition("ratio in (0.1, 2)"), "m.\"ratio\" IN (0.1::real, 2::real)");
}

TEST(ToSql, FloatingPointArithmeticCannotOverflow) {
    EXPECT_EQ(condition("score * 2 > 1"),
              "CASE WHEN m.\"score\" = 0 OR abs(m.\"score\") BETWEEN 1e-100 AND 1e100 THEN m.\"score\" END * 2 > 1");
    EXPECT_EQ(condition("ratio * ratio > 1").substr(0, 106),
              "CASE WHEN m.\"ratio\" = 0 OR abs(m.\"ratio\") BETWEEN 1e-100 AND 1e100 THEN m.\"ratio\" END::double precision * ");
    EXPECT_EQ(condition("billing.amount * 2 > 1"), "CASE WHEN abs(t1.\"amount\") < 1e1000 THEN t1.\"amount\" END * 2 > 1");
    EXPECT_EQ(condition("score - days since birthday > 1"),
              "CASE WHEN m.\"score\" = 0 OR abs(m.\"score\") BETWEEN 1e-100 AND 1e100 THEN m.\"score\" END - CASE WHEN "
              "isfinite(m.\"birthday\") THEN (extract(epoch FROM (now() AT TIME ZONE 'Europe/Vienna')::date) - extract(epoch FROM "
              "m.\"birthday\")) / 86400 END > 1");
    EXPECT_EQ(condition("mrr > score"),
              "CASE WHEN m.\"mrr\" = 0 OR abs(m.\"mrr\") BETWEEN 1e-300 AND 1e300 THEN m.\"mrr\" END > m.\"score\"");
}

TEST(ToSql, TextForms) {
    EXPECT_EQ(condition("plan contains 'vp'"), "m.\"plan\" LIKE '%vp%'");
    EXPECT_EQ(condition("plan starts with '5%_'"), "m.\"plan\" LIKE E'5\\\\%\\\\_%'");
    EXPECT_EQ(condition("plan ends with 'x' ignoring case"), "m.\"plan\" ILIKE '%x'");
    EXPECT_EQ(condition("plan ilike 'a_'"), "m.\"plan\" ILIKE 'a_'");
    EXPECT_EQ(condition("plan matches '^vp'"), "m.\"plan\" ~ '^vp'");
    EXPECT_EQ(condition("plan ~* '^vp'"), "m.\"plan\" ~* '^vp'");
    EXPECT_EQ(condition("code ends with 'b'"), "m.\"code\"::text LIKE '%b'");
}

TEST(ToSql, TypesOutsidePgCatalogNameTheirOperators) {
    EXPECT_EQ(condition("email = 'A@x'"), "m.\"email\" OPERATOR(public.=) 'A@x'::public.citext");
    EXPECT_EQ(condition("email between 'a' and 'b'"),
              "m.\"email\" OPERATOR(public.>=) 'a'::public.citext AND m.\"email\" OPERATOR(public.<=) 'b'::public.citext");
    EXPECT_EQ(condition("email in ('a', 'b')"), "m.\"email\" OPERATOR(public.=) ANY (ARRAY['a', 'b']::public.citext[])");
    EXPECT_EQ(condition("email like 'a%'"), "m.\"email\"::text ILIKE 'a%'");
}

TEST(ToSql, ComparesTextsByTheCollationThatIsNotTheDefault) {
    EXPECT_EQ(condition("country < plan"), "m.\"country\" < m.\"plan\"");
    EXPECT_EQ(condition("plan < country"), "m.\"plan\" < m.\"country\"");
}

TEST(ToSql, Arrays) {
    EXPECT_EQ(condition("tags includes 'vip'"), "m.\"tags\" @> ARRAY['vip']::text[]");
    EXPECT_EQ(condition("tags includes any ('a', 'b')"), "m.\"tags\" && ARRAY['a', 'b']::text[]");
    EXPECT_EQ(condition("tags includes all ('a', 'b')"), "m.\"tags\" @> ARRAY['a', 'b']::text[]");
    EXPECT_EQ(condition("tags includes none ('a', 'b')"), "NOT (m.\"tags\" && ARRAY['a', 'b']::text[])");
    EXPECT_EQ(condition("codes includes 5"), "m.\"codes\" @> ARRAY[5]::integer[]");
}

TEST(ToSql, JsonArrays) {
    // Of many items PostgreSQL makes a hash table.
    std::string texts = "'t'", numbers = "7";
    for (int i = 1; i < 64; ++i) {
        texts += ", 't'";
        numbers += ", 7";
    }
    std::string jsons = texts;
    for (std::size_t at = 0; (at = jsons.find("'t'", at)) != std::string::npos; at += 5)
        jsons.replace(at, 3, "'\"t\"'");
    EXPECT_EQ(condition("tags includes any (" + texts + ")"),
              "EXISTS (SELECT FROM unnest(m.\"tags\") AS elements(element) WHERE element = ANY (ARRAY[" + texts + "]::text[]))");
    EXPECT_EQ(condition("codes includes none (" + numbers + ") or mrr > 5"),
              "(m.\"codes\" IS NOT NULL AND NOT EXISTS (SELECT FROM unnest(m.\"codes\") AS elements(element) WHERE element = ANY (ARRAY[" +
                  numbers + "]::integer[]))) OR m.\"mrr\" > 5");
    EXPECT_EQ(condition("properties.tags includes none (" + texts + ")"),
              "jsonb_typeof(m.\"properties\" -> 'tags') = 'array' AND NOT EXISTS (SELECT FROM jsonb_array_elements(CASE WHEN "
              "jsonb_typeof(m.\"properties\" -> 'tags') = 'array' THEN m.\"properties\" -> 'tags' END) AS elements(element) WHERE "
              "element = ANY (ARRAY[" +
                  jsons + "]::jsonb[]))");
    EXPECT_EQ(condition("properties.tags includes 'v\"p'"), "(m.\"properties\" -> 'tags') @> E'[\"v\\\\\"p\"]'::jsonb");
    EXPECT_EQ(condition("properties.tags includes any ('a', 5)"), "(m.\"properties\" -> 'tags') @> ANY (ARRAY['[\"a\"]', '[5]']::jsonb[])");
    EXPECT_EQ(condition("properties.tags includes none ('a')"),
              "jsonb_typeof(m.\"properties\" -> 'tags') = 'array' AND NOT ((m.\"properties\" -> 'tags') @> '[\"a\"]'::jsonb)");
}

TEST(ToSql, JsonPathsTakeTheTypeOfTheirPartner) {
    EXPECT_EQ(condition("properties.address.\"City\" = 'Wien'"), "(m.\"properties\" -> 'address' ->> 'City') = 'Wien'");
    EXPECT_EQ(condition("properties.items[0] is set"),
              "(jsonb_path_query_first(m.\"properties\", 'strict $.\"items\"[0]', '{}', true) #>> '{}') IS NOT NULL");
    EXPECT_EQ(condition("properties is set"), "(m.\"properties\" #>> '{}') IS NOT NULL");
    EXPECT_EQ(condition("properties.n > 5"),
              "CASE WHEN jsonb_typeof(m.\"properties\" -> 'n') = 'number' THEN (m.\"properties\" -> 'n')::numeric END > 5");
    EXPECT_EQ(condition("properties.on is true"),
              "CASE WHEN jsonb_typeof(m.\"properties\" -> 'on') = 'boolean' THEN (m.\"properties\" -> 'on')::boolean END");
    EXPECT_EQ(condition("properties.n = plan"), "(m.\"properties\" ->> 'n') = m.\"plan\"");
    EXPECT_EQ(condition("properties.n::bigint = 5"),
              "CASE WHEN (m.\"properties\" ->> 'n') ~ '^[+-]?[0-9]{1,18}$' THEN "
              "(m.\"properties\" ->> 'n')::bigint END = 5");
}

TEST(ToSql, Buckets) {
    EXPECT_EQ(condition("bucket('a') < 0.1"),
              "('x' || left(encode(sha256(convert_to('a' || chr(31) || m.\"id\"::text, 'UTF8')), 'hex'), "
              "13))::bit(52)::bigint::double precision / 4503599627370496 < 0.1");
}

}  // namespace
}  // namespace segment::definition
