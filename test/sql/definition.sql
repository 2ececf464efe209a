-- The types segment.definition and segment.formula: text, binary and JSON forms, equality, set operators.
\getenv directory PG_ABS_BUILDDIR
\set file :directory '/definition.bin'
SELECT $$ Plan='pro'  AND (mrr>=100 or not (seats is null)) $$::segment.definition;
SELECT $$ mrr*12 / seats $$::segment.formula;
SELECT $$ plan = 'pro' and $$::segment.definition;
SELECT $$ plan = 'pro' $$::segment.formula;
SELECT $$ mrr $$::segment.definition, $$ (mrr) $$::segment.formula;

CREATE TABLE saved (id int, definition segment.definition, formula segment.formula);
INSERT INTO saved VALUES
    (1, $$plan = 'it''s' and country in ('DE', 'größe')$$, 'mrr / 7.50'),
    (2, $$did 'login' where (device = 'ios') at least 5 times within 30 days or in segment 'x'$$, $$count of 'login' within 30 days$$),
    (3, NULL, NULL),
    (4, $$"First Name" is set and properties."a b"[0].c = 1.50$$, 'days since signup_at');
COPY saved TO :'file' BINARY;
CREATE TABLE loaded (LIKE saved);
COPY loaded FROM :'file' BINARY;
SELECT s.id, s.definition, s.formula FROM saved s JOIN loaded l USING (id)
WHERE l.definition IS NOT DISTINCT FROM s.definition AND l.formula IS NOT DISTINCT FROM s.formula ORDER BY id;

-- JSON and back.
SELECT id, definition::jsonb, formula::jsonb FROM saved WHERE id = 1;
SELECT count(*) AS lost FROM saved
WHERE (definition::jsonb)::segment.definition IS DISTINCT FROM definition OR (formula::jsonb)::segment.formula IS DISTINCT FROM formula;
SELECT '{"kind": "compare", "op": "=", "left": {"kind": "trait", "name": "plan"}, "right": "pro"}'::jsonb::segment.definition;
SELECT '{"kind": "compare", "op": "==", "left": {"kind": "trait", "name": "plan"}, "right": "pro"}'::jsonb::segment.definition;
SELECT '{"kind": "and", "conditions": [{"kind": "everyone"}, {"kind": "compare"}]}'::jsonb::segment.definition;
SELECT '[1, 2]'::jsonb::segment.formula;

-- What react-querybuilder edits.
SELECT segment.from_query_builder('{"combinator": "and", "rules": [
    {"field": "plan", "operator": "=", "value": "pro"},
    {"combinator": "or", "not": true, "rules": [
        {"field": "mrr", "operator": "between", "value": "10,20"}, {"field": "country", "operator": "in", "value": "DE,AT"},
        {"field": "phone", "operator": "null"}, {"field": "title", "operator": "beginsWith", "value": "VP"}]}]}');
SELECT segment.from_query_builder('{"combinator": "xor", "rules": []}');

-- Equality follows the canonical text; definitions hash, and combine as sets do.
SELECT count(*) FROM (SELECT definition FROM (VALUES ('a = 1'::segment.definition), (' A=1 '), ('a = 2')) AS v(definition) GROUP BY definition) AS g;
SET enable_mergejoin = off; SET enable_nestloop = off;
SELECT count(*) FROM saved s JOIN loaded l ON s.definition OPERATOR(segment.=) l.definition JOIN loaded f ON s.formula OPERATOR(segment.=) f.formula;
RESET ALL;
SET search_path = public, segment;
SELECT 'a = 1'::definition & 'b = 2 or c = 3'::definition AS both, 'a = 1 and b = 2'::definition | 'c = 3'::definition AS either,
       'a = 1'::definition - 'b = 2 or c = 3'::definition AS difference, !'a = 1 and b = 2'::definition AS complement,
       !'not a = 1'::definition AS twice, 'a = 1'::definition <> 'a = 2'::definition AS different;
RESET search_path;
DROP TABLE saved, loaded;
