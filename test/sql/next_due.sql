-- When time alone can change a segment's members: never, at the next midnight of the population's zone, or at any moment.
CREATE SCHEMA due;
SET search_path = due, public;
SET client_min_messages = error;
CREATE TABLE member (id int PRIMARY KEY, plan text, signup_at timestamptz, birthday date, renews_on date);
INSERT INTO member SELECT i, 'pro', '2024-01-01', '1990-01-01', '2024-02-01' FROM generate_series(1, 3) AS i;
CREATE TABLE event (member_id int, at timestamptz);
CREATE TABLE billing (member_id int, since date, until date, mrr numeric);
SELECT segment.create_population('member', 'member', key => 'id', time_zone => 'Asia/Tokyo') > 0 AS created;
SELECT segment.add_events('member', 'visit', 'event', key => 'member_id', occurred_at => 'at');
SELECT segment.add_subscriptions('member', 'billing', 'billing', key => 'member_id', starts_at => 'since', ends_at => 'until', mrr => 'mrr');
SELECT segment.create_list('vip', 'member');
SELECT segment.create_score('health', 'member') > 0 AS created;
SELECT segment.add_score_metric('health', 'id', 'id', worst => 0, best => 10);
SELECT count(segment.create_segment(name, 'member', definition)) FROM (VALUES
    ('1 plain', $$plan = 'pro' or id > 2$$),
    ('3 fixed', $$signup_at >= '2024-01-01'$$),
    ('4 nested plain', $$in segment '1 plain' and not in segment '3 fixed'$$),
    ('5 day', 'renews_on within next 30 days'),
    ('6 nested day', $$in segment '5 day' or plan = 'free'$$),
    ('7 clock', 'signup_at within 30 days'),
    ('8 nested clock', $$in segment '6 nested day' and in segment '7 clock'$$),
    ('9 events', 'did any event at least 1 times'),
    ('a money', 'subscription.mrr > 5'),
    ('b score', 'health > 5'),
    ('c list', $$in list 'vip'$$),
    ('d history', $$entered segment '1 plain' within 3 days$$)) AS s (name, definition);
SELECT name, next_due FROM segment.segment WHERE population = 'member' AND next_due IS NOT NULL;
SELECT count(*) FROM segment.refresh('member', as_of => '2024-01-15 16:00:00+00');
SET timezone = 'Asia/Tokyo';
SELECT name, CASE WHEN next_due = as_of THEN 'at any moment' ELSE next_due::text END AS next_due FROM segment.segment WHERE population = 'member' ORDER BY name;
-- An include can end, a definition that is not refreshed is not known, a base counts with all.
SELECT segment.include('1 plain', 1);
SELECT segment.alter_segment('3 fixed', 'plan is set');
SELECT count(*) FROM segment.refresh('member', segments => '{4 nested plain}', as_of => '2024-01-15 16:00:00+00');
SELECT segment.alter_segment('5 day', 'plan is set');
SELECT name, CASE WHEN next_due = as_of THEN 'at any moment' ELSE next_due::text END AS next_due FROM segment.segment
WHERE population = 'member' AND name < '6' ORDER BY name;
SELECT segment.clear_override('1 plain', 1), segment.alter_population('member', base => 'renews_on within next 300 days');
SELECT count(*) FROM segment.refresh('member', segments => '{1 plain}', as_of => '2024-01-15 16:00:00+00');
SELECT next_due FROM segment.segment WHERE name = '1 plain';
-- What is said by hand ends at its own time, also for what is built on the segment and for its scheme, before any refresh.
SELECT segment.alter_population('member', base => 'everyone');
SELECT segment.create_scheme('tier', 'member', $$[{"name": "pro", "definition": "plan = 'pro'"}, {"name": "rest", "otherwise": true}]$$) > 0 AS created;
SELECT count(segment.create_segment(name, 'member', definition)) FROM (VALUES
    ('e alone', 'id > 0'), ('f built', $$in segment 'e alone'$$), ('g other', 'id > 0'), ('h scheme', $$in segment 'tier.rest'$$)) AS s (name, definition);
SELECT count(*) FROM segment.refresh('member', segments => '{f built,g other,h scheme}', as_of => '2024-01-15 16:00:00+00');
SELECT segment.exclude('e alone', 1, until => 'infinity'), segment.include('tier.pro', 1);
SELECT name, CASE WHEN next_due = as_of THEN 'at any moment' ELSE next_due::text END AS next_due FROM segment.segment
WHERE population = 'member' AND (name LIKE 'tier%' OR name BETWEEN 'e' AND 'i') ORDER BY name;
-- A formula, and the base, can make the same words look at the clock: nothing is known until the next refresh.
SELECT segment.add_trait('member', 'age', 'id');
SELECT segment.create_segment('old', 'member', 'age > 0') > 0 AS created;
SELECT count(*) FROM segment.refresh('member', segments => '{old}', as_of => '2024-01-15 16:00:00+00');
SELECT next_due FROM segment.segment WHERE name = 'old';
SELECT segment.add_trait('member', 'age', 'days since signup_at', if_exists => 'replace');
SELECT next_due FROM segment.segment WHERE name = 'old';
SELECT count(*) FROM segment.refresh('member', segments => '{old}', as_of => '2024-01-15 16:00:00+00');
SELECT CASE WHEN next_due = as_of THEN 'at any moment' ELSE next_due::text END AS next_due FROM segment.segment WHERE name = 'old';
SELECT segment.alter_population('member', base => 'signup_at within 300 days');
SELECT next_due FROM segment.segment WHERE name = 'old';
RESET timezone;
SELECT segment.drop_population('member', cascade => true);
RESET search_path;
DROP SCHEMA due CASCADE;
