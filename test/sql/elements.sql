-- `includes`, for arrays of many types: all conditions in one scan, against plain SQL over the unnested elements.
SET timezone = 'UTC';
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN word AS text CHECK (VALUE <> '');
CREATE COLLATION caseless (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE customer (
    id int PRIMARY KEY, texts text[], varchars varchar(10)[], caseless text[] COLLATE caseless, words word[], chars char(3)[], moods mood[],
    smallints smallint[], ints int[], bigints bigint[], numerics numeric[], floats float8[], booleans boolean[], dates date[],
    times timestamptz[], uuids uuid[]);
INSERT INTO customer
SELECT n, array_agg(v) FILTER (WHERE kept), array_agg(v) FILTER (WHERE kept), array_agg(v) FILTER (WHERE kept), array_agg(v) FILTER (WHERE kept),
       array_agg(left(v, 3)) FILTER (WHERE kept), array_agg((ARRAY['sad', 'ok', 'happy']::mood[])[1 + i % 3]) FILTER (WHERE kept),
       array_agg(i) FILTER (WHERE kept), array_agg(i) FILTER (WHERE kept), array_agg(i * 1000000000::bigint) FILTER (WHERE kept),
       array_agg(i / 2.0) FILTER (WHERE kept), array_agg(CASE i WHEN 3 THEN 'NaN' WHEN 4 THEN '-0' WHEN 5 THEN 'Infinity' ELSE i / 4.0 END::float8) FILTER (WHERE kept),
       array_agg(i % 2 = 0) FILTER (WHERE kept), array_agg(date '2024-01-01' + i) FILTER (WHERE kept),
       array_agg(timestamptz '2024-01-01' + i * interval '1 hour') FILTER (WHERE kept),
       array_agg(('00000000-0000-0000-0000-00000000000' || i)::uuid) FILTER (WHERE kept)
FROM generate_series(1, 200) AS n, generate_series(0, 9) AS i,
     LATERAL (SELECT (ARRAY['a', 'A', 'b', 'vip', 'VIP', 'x y', 'ä', 'it''s', '"', NULL])[1 + i] AS v,
                     n % 7 > 0 AND (hashint8extended(n * 10 + i, 0) & 3) = 0 AS kept) AS r
GROUP BY n;
UPDATE customer SET texts = '{}', ints = '{}' WHERE id % 11 = 0;
UPDATE customer SET texts = '{{vip,a},{b,NULL}}', ints = '[0:1][5:6]={{1,2},{3,NULL}}' WHERE id % 13 = 0;
UPDATE customer SET texts = ARRAY[repeat('long', 5000), 'vip'] WHERE id % 17 = 0;
SELECT count(*) AS customers, count(texts) AS set, count(*) FILTER (WHERE texts = '{}') AS empty FROM customer;
SELECT segment.create_population('customer', 'customer', 'id') > 0 AS created;

-- Each item with the SQL that is true for an element e equal to it.
CREATE TABLE item (trait text, item text, equal text);
INSERT INTO item VALUES
    ('texts', $$'vip'$$, $$e = 'vip'$$), ('texts', $$'a'$$, $$e = 'a'$$), ('texts', $$'it''s'$$, $$e = 'it''s'$$), ('texts', $$'none'$$, $$false$$),
    ('varchars', $$'VIP'$$, $$e = 'VIP'$$), ('varchars', $$'a long text'$$, $$false$$),
    ('caseless', $$'vip'$$, $$lower(e) = 'vip' COLLATE "C"$$), ('caseless', $$'A'$$, $$lower(e) = 'a' COLLATE "C"$$),
    ('words', $$'x y'$$, $$e = 'x y'$$), ('words', $$'ä'$$, $$e = 'ä'$$), ('chars', $$'a'$$, $$e = 'a'$$), ('chars', $$'a '$$, $$e = 'a'$$),
    ('moods', $$'ok'$$, $$e = 'ok'$$), ('moods', $$'happy'$$, $$e = 'happy'$$),
    ('smallints', $$3$$, $$e = 3$$), ('smallints', $$0$$, $$e = 0$$), ('smallints', $$100000$$, $$false$$), ('smallints', $$2.0$$, $$e = 2$$),
    ('ints', $$3$$, $$e = 3$$), ('ints', $$-1$$, $$false$$), ('ints', $$2.5$$, $$false$$), ('bigints', $$3000000000$$, $$e = 3000000000$$),
    ('numerics', $$1.50$$, $$e = 1.5$$), ('numerics', $$0$$, $$e = 0$$), ('floats', $$0$$, $$e = 0$$), ('floats', $$0.25$$, $$e = 0.25$$),
    ('booleans', $$true$$, $$e$$), ('booleans', $$false$$, $$NOT e$$), ('dates', $$'2024-01-04'$$, $$e = '2024-01-04'$$),
    ('times', $$'2024-01-01 03:00'$$, $$e = '2024-01-01 03:00:00+00'$$), ('times', $$'2024-01-01 05:00+02'$$, $$e = '2024-01-01 03:00:00+00'$$),
    ('uuids', $$'00000000-0000-0000-0000-000000000004'$$, $$e::text LIKE '%4'$$);

-- Every item alone, and pairs of items.
CREATE TABLE condition AS
    SELECT row_number() OVER (ORDER BY definition) AS n, definition, expected FROM (
        SELECT format('%s includes %s', trait, item) AS definition, format('EXISTS (SELECT FROM unnest(%I) AS e WHERE %s)', trait, equal) AS expected
        FROM item
        UNION ALL
        SELECT format('%s %sincludes %s (%s, %s)', a.trait, negation, quantity, a.item, b.item),
               CASE quantity
                   WHEN 'any' THEN format('EXISTS (SELECT FROM unnest(%I) AS e WHERE %s OR %s)', a.trait, a.equal, b.equal)
                   WHEN 'all' THEN format('EXISTS (SELECT FROM unnest(%1$I) AS e WHERE %2$s) AND EXISTS (SELECT FROM unnest(%1$I) AS e WHERE %3$s)', a.trait, a.equal, b.equal)
                   ELSE format('%1$I IS NOT NULL AND NOT EXISTS (SELECT FROM unnest(%1$I) AS e WHERE %2$s OR %3$s)', a.trait, a.equal, b.equal)
               END
        FROM item AS a JOIN item AS b ON b.trait = a.trait AND b.item > a.item,
             (VALUES ('any', ''), ('all', ''), ('none', ''), ('any', 'not '), ('none', 'not ')) AS q(quantity, negation)) AS c;
UPDATE condition SET expected = format('NOT (%s)', expected) WHERE definition LIKE '% not includes %';
SELECT count(*) AS conditions FROM condition;
SELECT count(segment.create_segment('s' || n, 'customer', definition)) AS segments FROM condition;
SELECT segment.create_segment('unset', 'customer', 'texts is not set') > 0 AS created;
SELECT count(*) AS refreshed FROM segment.refresh('customer');

CREATE FUNCTION members(condition text) RETURNS int[] LANGUAGE plpgsql AS $$
DECLARE result int[];
BEGIN
    EXECUTE format('SELECT array_agg(id ORDER BY id) FROM customer WHERE %s', condition) INTO result;
    RETURN result;
END $$;
SELECT c.definition, members(c.expected) AS expected, found.keys
FROM condition AS c, LATERAL (SELECT array_agg(customer_id ORDER BY customer_id) AS keys FROM customer_segment WHERE segment = 's' || n) AS found
WHERE found.keys IS DISTINCT FROM members(c.expected) ORDER BY n;
SELECT count(*) FILTER (WHERE members(expected) IS NULL) AS nobody, count(DISTINCT members(expected)) AS different FROM condition;
SELECT array_agg(customer_id ORDER BY customer_id) = members('texts IS NULL') AS equal FROM customer_segment WHERE segment = 'unset';

-- More items than are worth a code each.
SELECT p.members, cardinality(members($$texts && ARRAY['vip', 'b']$$)) AS expected
FROM segment.preview('customer', (SELECT format($$texts includes any ('vip', 'b', %s)$$, string_agg(format('''t%s''', n), ', ')) FROM generate_series(1, 1000) AS n)) AS p;

SELECT segment.drop_population('customer', cascade => true);
DROP FUNCTION members;
DROP TABLE customer, item, condition;
DROP TYPE mood;
DROP DOMAIN word;
DROP COLLATION caseless;
