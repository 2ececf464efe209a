-- Changing what is registered: sources, parents, trait relations, and the relation of the population itself.
CREATE ROLE segment_owner;
CREATE ROLE segment_stranger;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner;
GRANT USAGE ON SCHEMA shop TO segment_stranger;
SET ROLE segment_owner;
SET client_min_messages = warning;
CREATE TABLE shop.customer (id int PRIMARY KEY, other_id int UNIQUE, code text, plan text);
INSERT INTO shop.customer SELECT i, i + 1, 'c' || i, CASE WHEN i <= 2 THEN 'pro' END FROM generate_series(1, 4) AS i;
CREATE TABLE shop.event (customer_id int, who int, at timestamptz, later timestamptz, name text, kind text, code text);
INSERT INTO shop.event VALUES (1, 2, '2024-12-01 00:00:00+00', '2030-01-01 00:00:00+00', 'buy', 'look', 'x'), (1, 3, '2024-12-02 00:00:00+00', '2024-12-02 00:00:00+00', 'look', 'buy', 'x');
CREATE TABLE shop.event_archive AS SELECT 4 AS customer_id, at, name FROM shop.event;
CREATE TABLE shop.billing (customer_id int, since date, until date, mrr numeric, monthly numeric, plan text, note text);
INSERT INTO shop.billing VALUES (1, '2024-01-01', NULL, 10, 20, 'pro', 'a'), (2, '2024-01-01', '2024-02-01', 10, 20, 'pro', 'b');
CREATE TABLE shop.usage (customer_id int PRIMARY KEY, member_id int UNIQUE, logins int);
INSERT INTO shop.usage VALUES (1, 4, 10), (2, 3, 20);
SELECT segment.create_population('customer', 'shop.customer', key => 'id') IS NOT NULL AS created;
SELECT segment.add_events('customer', 'activity', 'shop.event', key => 'customer_id', occurred_at => 'at', event_name => 'name');
SELECT segment.add_subscriptions('customer', 'billing', 'shop.billing', key => 'customer_id', starts_at => 'since', ends_at => 'until', mrr => 'mrr', plan => 'plan');
SELECT segment.add_traits('customer', 'shop.usage', key => 'customer_id', prefix => 'usage');
SELECT segment.add_parent('customer', 'boss', 'customer', foreign_key => 'other_id');
CREATE FUNCTION shop.who(definition text) RETURNS text[] LANGUAGE sql AS $$
    SELECT sample FROM segment.preview('customer', definition, as_of => timestamptz '2024-12-03 00:00:00+00') $$;
SELECT shop.who($$did 'buy'$$), shop.who('subscription.mrr > 5'), shop.who('usage.logins > 5'), shop.who($$boss.plan = 'pro'$$);

-- Columns, keys, relations.
SELECT segment.alter_source('customer', 'activity');
SELECT segment.alter_source('customer', 'activity', columns => '{"event_name": "kind"}');
SELECT shop.who($$did 'buy'$$), shop.who($$last 'look' within 2 days$$);
SELECT segment.alter_source('customer', 'activity', columns => '{"occurred_at": "later", "tie_break": "code"}');
SELECT shop.who($$did 'buy'$$), shop.who($$did 'look'$$);
SELECT segment.alter_source('customer', 'activity', key => 'who');
SELECT shop.who($$did 'buy'$$);
SELECT segment.alter_source('customer', 'activity', columns => '{"event_name": null, "tie_break": null, "occurred_at": "at"}');
SELECT shop.who($$did 'activity' at least 1 times$$);
SELECT segment.alter_source('customer', 'activity', relation => 'shop.event_archive', key => 'customer_id', columns => '{"event_name": "name"}');
SELECT shop.who($$did 'buy'$$);
SELECT segment.alter_source('customer', 'billing', columns => '{"mrr": "monthly", "churn_reason": "note"}');
SELECT shop.who('subscription.mrr > 15');
SELECT segment.alter_source('customer', 'usage', key => 'member_id');
SELECT shop.who('usage.logins > 5');
SELECT segment.alter_source('customer', 'boss', columns => '{"foreign_key": "id"}', new_name => 'self');
SELECT shop.who($$self.plan = 'pro'$$);
SELECT name, kind, relation, key, columns FROM segment.source WHERE population = 'customer' ORDER BY name;

-- Definitions that use a name keep it from changing; whatever else would leave them without a meaning is refused.
SELECT segment.create_segment('buyers', 'customer', $$did 'buy' of 'activity' and usage.logins > 5$$) IS NOT NULL AS created;
SELECT segment.alter_source('customer', 'activity', new_name => 'things');
SELECT segment.alter_source('customer', 'usage', new_name => 'use');
SELECT segment.alter_source('customer', 'usage', relation => 'shop.billing', key => 'customer_id');
SELECT segment.alter_source('customer', 'billing', new_name => 'money');
SELECT name, kind, relation, key, columns FROM segment.source WHERE population = 'customer' ORDER BY name;

-- Mistakes.
SELECT segment.alter_source('customer', 'activty', key => 'customer_id');
SELECT segment.alter_source('custome', 'activity', key => 'customer_id');
SELECT segment.alter_source(NULL, 'activity');
SELECT segment.alter_source('customer', NULL);
SELECT segment.alter_source('customer', 'activity', new_name => '');
SELECT segment.alter_source('customer', 'activity', new_name => repeat('x', 64));
SELECT segment.alter_source('customer', 'activity', new_name => 'money');
SELECT segment.alter_source('customer', 'activity', relation => 'shop.nothing');
SELECT segment.alter_source('customer', 'activity', key => 'nobody');
SELECT segment.alter_source('customer', 'activity', key => 'name');
SELECT segment.alter_source('customer', 'activity', columns => '[]');
SELECT segment.alter_source('customer', 'activity', columns => 'null');
SELECT segment.alter_source('customer', 'activity', columns => '{"occurred": "at"}');
SELECT segment.alter_source('customer', 'activity', columns => '{"occurred_at": null}');
SELECT segment.alter_source('customer', 'activity', columns => '{"occurred_at": 5}');
SELECT segment.alter_source('customer', 'activity', columns => '{"occurred_at": "name"}');
SELECT segment.alter_source('customer', 'money', columns => '{"churn_reason": "reason"}');
SELECT segment.alter_source('customer', 'usage', columns => '{"foreign_key": "id"}');
SET ROLE segment_stranger;
SELECT segment.alter_source('customer', 'activity', key => 'customer_id');
SET ROLE segment_owner;

-- The population's relation and key.
SELECT count(*) FROM segment.refresh('customer', as_of => '2024-12-03 00:00:00+00');
SELECT segment.alter_source('customer', 'self', columns => '{"foreign_key": "other_id"}');
CREATE TABLE shop.client AS SELECT id + 1 AS id, code, plan FROM shop.customer;
SELECT segment.alter_population('customer', relation => 'shop.client');
SELECT segment.remove_source('customer', 'self');
SELECT segment.alter_population('customer', relation => 'shop.client');
SELECT relation, key FROM segment.population;
SELECT segment.create_segment('all', 'customer', 'everyone') IS NOT NULL AS created;
SELECT segment, members FROM segment.refresh('customer', as_of => '2024-12-03 00:00:00+00') ORDER BY segment COLLATE "C";
SELECT array_agg(customer_id ORDER BY customer_id) FROM shop.customer_segment WHERE segment = 'all';
SELECT segment.alter_population('customer', relation => 'shop.customer', key => 'other_id');
SELECT sum(entered), sum(exited) FROM segment.refresh('customer', as_of => '2024-12-03 00:00:00+00');
SELECT segment.alter_population('customer', key => 'id');
SELECT sum(entered), sum(exited) FROM segment.refresh('customer', as_of => '2024-12-03 00:00:00+00');
SELECT segment.alter_population('customer', key => 'code');
SELECT segment.alter_population('customer', key => 'nobody');
SELECT segment.alter_population('customer', relation => 'shop.nothing');
SELECT segment.alter_population('customer', relation => 'shop.event');
SELECT relation, key FROM segment.population;
RESET ROLE;
\set VERBOSITY terse
SELECT segment.drop_population('customer', cascade => true);
DROP SCHEMA shop CASCADE;
DROP ROLE segment_owner, segment_stranger;
