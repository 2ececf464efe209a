-- What is registered and not there any more: definitions that name it say so, all others go on, and it can be taken away.
SET client_min_messages = warning;
CREATE SCHEMA absence;
SET search_path = absence, public;
CREATE TABLE company (id int PRIMARY KEY, industry text);
CREATE TABLE client (id int PRIMARY KEY, plan text, company_id int);
CREATE TABLE usage (client_id int PRIMARY KEY, logins int);
CREATE TABLE extra (client_id int PRIMARY KEY, points int);
CREATE TABLE event (client_id int, at timestamptz, name text);
CREATE TABLE billing (client_id int, since date, until date, mrr numeric);
INSERT INTO company VALUES (1, 'steel'), (2, 'paper');
INSERT INTO client SELECT i, CASE WHEN i % 2 = 0 THEN 'pro' ELSE 'free' END, 1 + i % 2 FROM generate_series(1, 10) AS i;
INSERT INTO usage SELECT i, i FROM generate_series(1, 10) AS i;
INSERT INTO extra SELECT i, 10 * i FROM generate_series(1, 10) AS i;
INSERT INTO event SELECT i, '2024-01-01', 'login' FROM generate_series(1, 6) AS i;
INSERT INTO billing SELECT i, '2023-01-01', NULL, 5 * i FROM generate_series(1, 8) AS i;
SELECT segment.create_population('client', 'client', key => 'id') > 0 AS created;
SELECT segment.add_traits('client', 'usage', key => 'client_id', prefix => 'usage');
SELECT segment.add_traits('client', 'extra', key => 'client_id');
SELECT segment.add_parent('client', 'company', 'company', foreign_key => 'company_id');
SELECT segment.add_events('client', 'activity', 'event', key => 'client_id', occurred_at => 'at', event_name => 'name');
SELECT segment.add_subscriptions('client', 'billing', 'billing', key => 'client_id', starts_at => 'since', ends_at => 'until', mrr => 'mrr');
SELECT segment.add_trait('client', 'doubled', '2 * points');
SELECT segment.add_trait('client', 'fourfold', '2 * doubled');
SELECT segment.add_trait('client', 'logged_in', $$count of 'login' within 30 days$$);
SELECT segment.add_trait('client', 'paid', 'subscription.mrr * 12');
SELECT segment.create_list('vip', 'client');
SELECT segment.create_score('health', 'client') > 0 AS created;
SELECT segment.add_score_metric('health', 'logins', 'usage.logins', worst => 0, best => 10);
SELECT segment.create_score('size', 'client') > 0 AS created;
SELECT segment.add_score_metric('size', 'id', 'id', worst => 0, best => 10);
SELECT count(segment.create_segment(name, 'client', definition)) FROM (VALUES
    ('own', $$plan = 'pro'$$),
    ('nested', $$in segment 'own' and id > 4$$),
    ('by_score', 'size >= 50'),
    ('prefixed', 'usage.logins > 3'),
    ('bare', 'points > 50'),
    ('derived', 'fourfold > 200'),
    ('parent', $$company.industry = 'steel'$$),
    ('event', $$did 'login' at least 1 times$$),
    ('money', 'subscription.mrr > 20'),
    ('healthy', 'health >= 50'),
    ('listed', $$in list 'vip'$$)) AS s (name, definition);
SELECT * FROM segment.refresh('client');

-- The code of an error tells what became of a column: another type, gone, there twice.
\set VERBOSITY sqlstate
ALTER TABLE event ALTER at TYPE text;
SELECT members FROM segment.preview('client', $$did 'login'$$);
ALTER TABLE event ALTER at TYPE timestamptz USING at::timestamptz;
ALTER TABLE event RENAME name TO title;
SELECT members FROM segment.preview('client', $$did 'login'$$);
ALTER TABLE event RENAME title TO name;
ALTER TABLE billing ALTER mrr TYPE float8;
SELECT members FROM segment.preview('client', 'subscription.mrr > 20');
ALTER TABLE billing ALTER mrr TYPE numeric;
ALTER TABLE usage ALTER client_id TYPE text;
SELECT members FROM segment.preview('client', 'usage.logins > 3');
ALTER TABLE usage ALTER client_id TYPE int USING client_id::int;
ALTER TABLE extra ADD plan text;
SELECT members FROM segment.preview('client', $$plan = 'pro'$$);
ALTER TABLE extra DROP plan;
\set VERBOSITY default
SELECT sum(entered), sum(exited) FROM segment.refresh('client');

-- All gone at once; what is left names none of it.
ALTER TABLE usage RENAME TO usage_away;
ALTER TABLE extra RENAME TO extra_away;
ALTER TABLE company RENAME TO company_away;
ALTER TABLE event RENAME TO event_away;
ALTER TABLE billing RENAME TO billing_away;
SELECT * FROM segment.refresh('client', segments => '{own, nested, by_score, listed}');
UPDATE client SET plan = 'pro' WHERE id = 1;
SELECT * FROM segment.refresh('client', segments => '{nested}');
SELECT members FROM segment.preview('client', $$plan = 'pro' and size > 1$$);
SELECT segment.matches('own', 1), segment.is_member('own', 1);
SELECT path, condition, holds FROM segment.explain('nested', 6);
SELECT segment.include('own', 3), segment.clear_override('own', 3);
SELECT segment.create_segment('later', 'client', 'id < 3') > 0 AS created;
SELECT segment.create_scheme('tier', 'client', '[{"name": "big", "definition": "id > 5"}, {"name": "rest", "otherwise": true}]') > 0 AS created;
SELECT segment.create_score('other', 'client') > 0 AS created;
SELECT segment.add_score_metric('other', 'id', 'id', worst => 0, best => 10);
CREATE TABLE more (client_id int PRIMARY KEY, phone text);
SELECT segment.add_traits('client', 'more', key => 'client_id', prefix => 'more');
SELECT segment.add_trait('client', 'next_id', 'id + 1');
SELECT segment.alter_population('client', time_zone => 'Europe/Vienna');
SELECT trait, source, used_by FROM segment.traits('client') ORDER BY trait;

-- Each definition that names something says what is wrong, at its place.
SELECT * FROM segment.refresh('client', segments => '{prefixed}');
SELECT * FROM segment.refresh('client', segments => '{bare}');
SELECT * FROM segment.refresh('client', segments => '{derived}');
SELECT * FROM segment.refresh('client', segments => '{parent}');
SELECT * FROM segment.refresh('client', segments => '{event}');
SELECT * FROM segment.refresh('client', segments => '{money}');
SELECT * FROM segment.refresh('client', segments => '{healthy}');
SELECT * FROM segment.preview('client', 'did any event within 3 days');
SELECT segment.explain_score('health', 1);
SELECT * FROM segment.refresh('client');
SELECT name, members FROM segment.segment WHERE population = 'client' ORDER BY id;
-- What schedules call goes on with the others, says what it left out, and changes nothing of that.
UPDATE client SET plan = 'free' WHERE id IN (2, 4);
CALL segment.run('client');
SELECT name, members, split_part(last_error, E'\n', 1) AS last_error, refreshed_at = max(refreshed_at) OVER () AS refreshed
FROM segment.segment WHERE population = 'client' ORDER BY id;
SELECT segments, unnest(warnings) AS warning FROM segment.refresh_run WHERE error IS NULL ORDER BY id DESC LIMIT 7;
SELECT error, segments, warnings FROM segment.refresh_run WHERE error IS NOT NULL ORDER BY id;
CALL segment.run('client', on_error => 'stop');
SELECT score, segment, round(mean::numeric, 2) AS mean FROM segment.overview, jsonb_each_text(scores) AS s (score, mean) WHERE segment = 'own';
-- What is registered is still looked at, and so is what else would become wrong.
SELECT segment.add_events('client', 'clicks', 'event', key => 'client_id', occurred_at => 'at');
SELECT segment.add_events('client', 'clicks', 'more', key => 'client_id', occurred_at => 'phone');
SELECT segment.alter_source('client', 'more', new_name => 'extras');
SELECT segment.create_segment('phoned', 'client', 'extras.phone is set') > 0 AS created;
SELECT segment.alter_source('client', 'extras', new_name => 'more');
-- A name is only a name.
SELECT segment.alter_source('client', 'activity', new_name => 'deeds');
SELECT segment.alter_source('client', 'deeds', new_name => 'activity');

-- Removing works, and tells who stands in the way.
SELECT segment.remove_source('client', 'usage');
SELECT segment.remove_source('client', 'absence.extra');
SELECT segment.remove_source('client', 'company');
SELECT segment.remove_source('client', 'activity');
SELECT segment.remove_source('client', 'billing');
SELECT segment.drop_trait('client', 'doubled');
SELECT segment.drop_trait('client', 'next_id');
SELECT segment.drop_score('health');
SELECT segment.drop_score('health', cascade => true);
SELECT segment.drop_segment('prefixed');
SELECT segment.remove_source('client', 'usage');
SELECT segment.drop_trait('client', 'doubled', cascade => true);
SELECT segment.drop_segment(name) FROM unnest('{bare, parent, event, money}'::text[]) AS name;
SELECT segment.remove_source('client', 'activity');
SELECT segment.remove_source('client', 'billing');
SELECT segment.drop_trait('client', name) FROM unnest('{logged_in, paid}'::text[]) AS name;
SELECT segment.remove_source('client', source) FROM unnest('{absence.extra, company, activity, billing}'::text[]) AS source;
SELECT name, kind FROM segment.source WHERE population = 'client' ORDER BY name;
SELECT * FROM segment.refresh('client');

-- Two traits of one name, since a column came: neither is meant any more.
ALTER TABLE more ADD plan text, ADD next text;
SELECT segment.add_trait('client', 'doubled', '2 * id');
SELECT segment.create_segment('even', 'client', 'doubled > 8') > 0 AS created;
SELECT segment.alter_source('client', 'extras', new_name => 'm');
ALTER TABLE client ADD doubled int;
SELECT * FROM segment.refresh('client', segments => '{even}');
SELECT * FROM segment.refresh('client', segments => '{own}');
SELECT segment.add_trait('client', 'company_id', '1');
ALTER TABLE client DROP doubled;
SELECT * FROM segment.refresh('client', segments => '{even}');

-- A score's table dropped by hand.
DROP TABLE client_score_size;
SELECT * FROM segment.refresh('client', segments => '{by_score}');
SELECT * FROM segment.refresh('client', segments => '{own}');
SELECT segment.scores('size');
SELECT segment.create_score('size', 'client', if_exists => 'replace') > 0 AS created;
SELECT * FROM segment.refresh('client', segments => '{by_score}');

-- The population's own relation: nothing can be computed, all can be dropped.
SELECT segment.create_segment('late', 'client', 'doubled > 2 and size > 1') > 0 AS created;
DROP TABLE client;
SELECT * FROM segment.refresh('client', segments => '{own}');
SELECT segment.create_segment('never', 'client', 'id > 1');
SELECT segment.drop_trait('client', 'doubled');
SELECT segment.drop_score('size');
SELECT segment.drop_list('vip');
SELECT segment.drop_list('vip', cascade => true);
SELECT segment.drop_trait('client', 'doubled', cascade => true);
SELECT segment.drop_score('size', cascade => true);
SELECT segment.remove_score_metric('other', 'id');
SELECT segment.drop_score('other');
SELECT segment.drop_scheme('tier');
SELECT segment.remove_source('client', 'extras');
SELECT segment.drop_segment('phoned');
SELECT segment.remove_source('client', 'extras');
SELECT segment.drop_population('client', cascade => true);
SELECT count(*) FROM pg_class WHERE relnamespace = 'absence'::regnamespace AND relname LIKE 'client%';
RESET search_path;
DROP SCHEMA absence CASCADE;
