-- Lists: keys written down by hand.
CREATE ROLE segment_owner;
CREATE ROLE segment_reader;
CREATE ROLE segment_stranger;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner;
GRANT USAGE ON SCHEMA shop TO segment_reader, segment_stranger;
SET ROLE segment_owner;
CREATE TABLE shop.customer (id int PRIMARY KEY, plan text);
INSERT INTO shop.customer SELECT i, CASE WHEN i <= 3 THEN 'pro' END FROM generate_series(1, 6) AS i;
SELECT segment.create_population('customer', 'shop.customer', key => 'id') IS NOT NULL AS created;
SELECT segment.create_segment('x', 'customer', $$in list 'beta'$$);
SELECT segment.create_list('beta', 'customer', description => 'who tries the beta');
SELECT segment.create_segment('x', 'customer', $$in list 'betta'$$);
SELECT count(segment.create_segment(name, 'customer', definition)) FROM (VALUES
    ('beta', $$in list 'beta'$$), ('others', $$not in list 'beta' and plan = 'pro'$$), ('nested', $$not in segment 'beta'$$)) AS s(name, definition);
SELECT * FROM segment.refresh('customer');
SELECT segment.add_to_list('beta', ARRAY[1, 4, 4, 99]);
SELECT segment.add_to_list('customer.beta', ARRAY['1', '2']);
SELECT list, customer_id, until, author FROM shop.customer_segment_list ORDER BY 2;
SELECT * FROM segment.refresh('customer');
SELECT segment, array_agg(customer_id ORDER BY customer_id) FROM shop.customer_segment GROUP BY segment ORDER BY segment;
SELECT members, sample FROM segment.preview('customer', $$not in list 'beta'$$);
SELECT segment.definition_to_sql('customer', $$in list 'beta' and plan is set$$, '2025-01-01 00:00:00+00');
SELECT segment.definition_to_sql('customer', $$not in list 'beta'$$, '2025-01-01 00:00:00+00');

-- Until an instant, which a later call moves or takes away.
SELECT segment.add_to_list('beta', ARRAY[1, 2, 3], until => '2030-01-01');
SELECT segment.add_to_list('beta', ARRAY[1, 2, 3], until => '2030-01-01');
SELECT segment.add_to_list('beta', ARRAY[1]);
SELECT members, sample FROM segment.preview('customer', $$in list 'beta'$$, as_of => '2029-12-31 23:59:59+00');
SELECT members, sample FROM segment.preview('customer', $$in list 'beta'$$, as_of => '2030-01-02 00:00:00+00');
SELECT segment.remove_from_list('beta', ARRAY[1, 4, 5]);
SELECT * FROM segment.refresh('customer', ARRAY['beta']);

-- A base may refer to a list.
SELECT segment.alter_population('customer', base => $$in list 'beta'$$);
SELECT * FROM segment.refresh('customer', ARRAY['nested']);

-- Mistakes.
SELECT segment.drop_list('beta');
SELECT segment.alter_population('customer', base => 'everyone');
SELECT segment.drop_list('beta');
SELECT segment.drop_list('bet');
SELECT segment.create_list('beta', 'customer');
SELECT segment.create_list('beta', 'customer', if_exists => 'keep');
SELECT segment.create_list('beta', 'customer', description => 'another', if_exists => 'replace');
SELECT segment.create_list('', 'customer');
SELECT segment.create_list(repeat('x', 64), 'customer');
SELECT segment.create_list('y', 'custome');
SELECT segment.add_to_list('beta', ARRAY['x']);
SELECT segment.add_to_list('beta', ARRAY[1, NULL]);
SELECT segment.add_to_list('beta', NULL::int8[]);
SELECT segment.add_to_list('beta', '{}'::int8[]);
SELECT segment.add_to_list('beta', ARRAY[ARRAY[1, 2], ARRAY[3, 5]]);
SELECT segment.add_to_list(NULL, ARRAY[1]);
SELECT segment.remove_from_list('bet', ARRAY[1]);
DELETE FROM shop.customer_segment_list;
SELECT name, population, description, author FROM segment.list;

-- Names are per population; hostile ones are names like others.
SELECT segment.create_population('second', 'shop.customer', key => 'id') IS NOT NULL AS created;
SELECT segment.create_list('beta', 'second');
SELECT segment.add_to_list('beta', ARRAY[1]);
SELECT segment.add_to_list('second.beta', ARRAY[1]);
SELECT segment.create_list(E'o"h''; \\ --', 'second');
SELECT segment.add_to_list(E'o"h''; \\ --', ARRAY[6]);
SELECT members, sample FROM segment.preview('second', E'in list ''o"h''''; \\ --''');
SELECT segment.drop_list(E'second.o"h''; \\ --');
SELECT count(*) FROM shop.second_segment_list;

-- Whose rights.
GRANT SELECT ON shop.customer_segment_member TO segment_reader;
SET ROLE segment_reader;
SELECT name, population FROM segment.list;
SELECT segment.create_list('mine', 'customer');
SELECT segment.add_to_list('beta', ARRAY[1]);
SELECT segment.remove_from_list('beta', ARRAY[1]);
SELECT segment.drop_list('beta');
SET ROLE segment_stranger;
SELECT count(*) FROM segment.list;
SELECT segment.add_to_list('beta', ARRAY[1]);
SELECT segment.drop_list('customer.beta');
SET ROLE segment_owner;
SELECT segment.drop_population('second');
SELECT segment.drop_population('second', cascade => true);
SELECT segment.drop_segment('beta', cascade => true), segment.drop_segment('others');
SELECT segment.drop_list('beta');
SELECT count(*) FROM segment.list;
SELECT segment.drop_population('customer', cascade => true);
RESET ROLE;
DROP TABLE shop.customer;
DROP SCHEMA shop;
DROP ROLE segment_owner;
DROP ROLE segment_reader;
DROP ROLE segment_stranger;
