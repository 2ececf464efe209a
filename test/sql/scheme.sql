-- Schemes: the first rule that holds wins; every member is in one segment at most.
CREATE ROLE segment_owner;
CREATE ROLE segment_reader;
CREATE ROLE segment_stranger;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner;
GRANT USAGE ON SCHEMA shop TO segment_reader, segment_stranger;
SET ROLE segment_owner;
CREATE TABLE shop.customer (id int PRIMARY KEY, mrr int, age int);
INSERT INTO shop.customer SELECT i, CASE WHEN i < 8 THEN i * 10 END, i FROM generate_series(1, 9) AS i;
SELECT segment.create_population('customer', 'shop.customer', key => 'id') IS NOT NULL AS created;
SELECT segment.create_segment('x', 'customer', $$lifecycle is 'new'$$);
SELECT segment.create_scheme('lifecycle', 'customer', $$[
    {"name": "new", "definition": "age <= 2"},
    {"name": "paying", "definition": "mrr >= 20"},
    {"name": "it's \"lost\"", "otherwise": true}]$$) IS NOT NULL AS created;
SELECT name, population, segments FROM segment.scheme;
SELECT segment.create_segment('x', 'customer', $$lifecycle is 'payin'$$);
SELECT count(segment.create_segment(name, 'customer', definition)) FROM (VALUES
    ('payers', $$lifecycle is 'paying' and age > 3$$), ('no payers', $$lifecycle is not 'paying'$$)) AS s(name, definition);
-- new: 1, 2; paying: 3 to 7 (2 is new); lost: 8, 9.
SELECT * FROM segment.refresh('customer');
CREATE VIEW shop.who AS SELECT segment, array_agg(customer_id ORDER BY customer_id) AS members FROM shop.customer_segment GROUP BY segment;
SELECT * FROM shop.who ORDER BY segment COLLATE "C";
SELECT name, definition FROM segment.segment ORDER BY id;
SELECT segment.to_sql('lifecycle.paying', '2025-01-01 00:00:00+00');
-- Asking for one evaluates those before it, and no others.
SELECT segment FROM segment.refresh('customer', ARRAY['lifecycle.paying']);
SELECT path, condition, holds FROM segment.explain('lifecycle.paying', 2);
SELECT path, condition, holds, margin FROM segment.explain('lifecycle.paying', 3);
SELECT * FROM segment.diff('lifecycle.paying', 'everyone');

-- By hand: still in one at most, at once and after a refresh.
SELECT segment.include('lifecycle.paying', 1), segment.include('lifecycle.new', 9), segment.exclude('lifecycle.paying', 4);
SELECT * FROM shop.who ORDER BY segment COLLATE "C";
SELECT count(*) FROM segment.refresh('customer');
SELECT * FROM shop.who ORDER BY segment COLLATE "C";
SELECT segment.include($$lifecycle.it's "lost"$$, 1), segment.include($$lifecycle.it's "lost"$$, 3);
SELECT name, customer_id, override FROM shop.customer_segment_override JOIN shop.customer_segment_name USING (segment_id) ORDER BY 2;
SELECT count(*) FROM segment.refresh('customer');
SELECT * FROM shop.who ORDER BY segment COLLATE "C";
SELECT name, members FROM segment.segment WHERE name LIKE 'lifecycle%' ORDER BY id;
SELECT customer_id, count(*) FROM shop.customer_segment WHERE segment LIKE 'lifecycle.%' GROUP BY 1 HAVING count(*) <> 1;

-- Replacing keeps what is equal; a rule that is used stays.
SELECT segment.create_scheme('lifecycle', 'customer', '[]', if_exists => 'keep');
SELECT segment.create_scheme('lifecycle', 'customer', '[{"name": "a", "otherwise": true}]');
SELECT segment.create_scheme('lifecycle', 'customer', '[{"name": "new", "definition": "age <= 2"}]', if_exists => 'replace');
SELECT segment.create_scheme('lifecycle', 'customer', $$[
    {"name": "paying", "definition": "mrr >= 20"},
    {"name": "new", "definition": " age  <= 2 "},
    {"name": "rest", "definition": "not in segment 'lifecycle.new'"}]$$, if_exists => 'replace') IS NOT NULL AS replaced;
SELECT name, version, definition FROM segment.segment WHERE name LIKE 'lifecycle%' ORDER BY id;
SELECT segments FROM segment.scheme;
SELECT * FROM segment.refresh('customer') ORDER BY 1;
SELECT * FROM shop.who ORDER BY segment COLLATE "C";
-- A rule cannot ask for a later one, which asks for it.
SELECT segment.create_scheme('lifecycle', 'customer', $$[
    {"name": "paying", "definition": "not in segment 'lifecycle.new'"},
    {"name": "new", "definition": "age <= 2"}]$$, if_exists => 'replace');
SELECT segment.alter_segment('lifecycle.paying', 'mrr >= 30');

-- Mistakes.
SELECT segment.drop_segment('lifecycle.new');
SELECT segment.rename_segment('lifecycle.new', 'y');
SELECT segment.rename_segment('payers', 'lifecycle.y');
SELECT segment.create_segment('lifecycle.y', 'customer', 'everyone');
SELECT segment.drop_scheme('lifecycle');
SELECT segment.drop_scheme('lifecycl');
SELECT segment.create_scheme('age', 'customer', '[{"name": "a", "otherwise": true}]');
SELECT segment.create_scheme('s', 'customer', rules) FROM (VALUES ('{}'::jsonb)) AS r(rules);
SELECT segment.create_scheme('s', 'customer', '[]');
SELECT segment.create_scheme('s', 'customer', '[1]');
SELECT segment.create_scheme('s', 'customer', '[{"name": 1, "otherwise": true}]');
SELECT segment.create_scheme('s', 'customer', '[{"name": "", "otherwise": true}]');
SELECT segment.create_scheme('s', 'customer', '[{"name": "a"}]');
SELECT segment.create_scheme('s', 'customer', '[{"name": "a", "definition": null}]');
SELECT segment.create_scheme('s', 'customer', '[{"name": "a", "definition": "age >"}]');
SELECT segment.create_scheme('s', 'customer', '[{"name": "a", "definition": "everyone", "otherwise": true}]');
SELECT segment.create_scheme('s', 'customer', '[{"name": "a", "otherwise": true}, {"name": "b", "definition": "everyone"}]');
SELECT segment.create_scheme('s', 'customer', '[{"name": "a", "definition": "age > 1"}, {"name": "a", "definition": "age > 2"}]');
SELECT segment.create_scheme('s', 'customer', '[{"name": "a", "definitio": "age > 1"}]');
SELECT segment.create_scheme('s', 'customer', NULL);
SELECT segment.create_scheme('', 'customer', '[{"name": "a", "otherwise": true}]');
SELECT segment.create_scheme('s', 'customer', jsonb_build_array(jsonb_build_object('name', repeat('x', 62), 'otherwise', true)));
SELECT count(*) FROM segment.scheme;

-- What a rule is made of is not dropped away under it.
SELECT segment.create_segment('vip', 'customer', 'mrr > 50') IS NOT NULL AS created;
SELECT segment.create_scheme('tier', 'customer', $$[{"name": "top", "definition": "in segment 'vip'"}]$$) IS NOT NULL AS created;
SELECT segment.drop_segment('vip', cascade => true);

-- Whose rights.
GRANT SELECT ON shop.customer_segment_member TO segment_reader;
SET ROLE segment_reader;
SELECT name FROM segment.scheme ORDER BY 1;
SELECT segment.create_scheme('mine', 'customer', '[{"name": "a", "otherwise": true}]');
SELECT segment.drop_scheme('tier');
SET ROLE segment_stranger;
SELECT count(*) FROM segment.scheme;
SELECT segment.drop_scheme('tier');
SET ROLE segment_owner;
SELECT segment.drop_scheme('customer.tier');
SELECT segment.drop_scheme('lifecycle', cascade => true);
SELECT name FROM segment.segment;
DROP VIEW shop.who;
SELECT segment.drop_population('customer', cascade => true);
DROP TABLE shop.customer;
RESET ROLE;
DROP SCHEMA shop;
DROP ROLE segment_owner;
DROP ROLE segment_reader;
DROP ROLE segment_stranger;
