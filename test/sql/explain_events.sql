-- What explain found of events, stays and past scores.
SET timezone = 'Europe/Berlin';
SET datestyle = 'ISO';
CREATE TABLE client (id int PRIMARY KEY, country text, mrr numeric);
INSERT INTO client VALUES (1, 'DE', 10), (2, 'DE', 20), (3, 'AT', 5), (4, NULL, 7), (5, NULL, NULL);
CREATE TABLE event (client_id int, at timestamptz, name text, amount numeric, device text);
CREATE INDEX ON event (client_id, at) INCLUDE (name);
INSERT INTO event VALUES
    (1, '2026-01-02 10:00+01', 'login', 10, 'ios'), (1, '2026-01-10 10:00:05+01', 'login', 20, 'web'), (1, '2026-01-20 09:30+01', 'login', NULL, 'ios'),
    (1, '2026-01-20 09:31:00.25+01', 'order', 100, 'ios'), (1, '2026-01-22 09:31+01', 'refund', 100, 'ios'), (1, '2026-02-20 12:00+01', 'login', 1, 'web'),
    (2, '2025-06-20 09:31+02', 'login', 100, 'ios'), (2, '-infinity', 'login', 100, 'ios'), (3, '2026-01-25 09:31+01', 'order', 100, 'ios');
CREATE TABLE visit (client_id int, on_day date);
INSERT INTO visit VALUES (1, '2026-01-24'), (1, '2026-01-25'), (1, '2026-01-23'), (2, '2026-01-01');
CREATE INDEX ON visit (client_id, on_day);
SELECT segment.create_population('client', 'client', key => 'id', time_zone => 'Europe/Berlin') IS NOT NULL AS created;
SELECT segment.add_events('client', 'activity', 'event', key => 'client_id', occurred_at => 'at', event_name => 'name');
SELECT segment.add_events('client', 'visit', 'visit', key => 'client_id', occurred_at => 'on_day');
CREATE TABLE definition (n int GENERATED ALWAYS AS IDENTITY, text text);
INSERT INTO definition (text) VALUES
    ($$did 'login' at least 3 times within 30 days$$),
    ($$did 'login' within 7 days$$),
    ($$did not 'login' within 7 days$$),
    ($$last 'login' more than 14 days ago$$),
    ($$did 'login' on at least 2 distinct days within 30 days$$),
    ($$did 'login' in at least 1 of the last 2 months$$),
    ($$did 'login' for the first time within 30 days$$),
    ($$last device of 'login' = 'ios'$$),
    ($$sum(amount) of 'login' within 30 days >= 30$$),
    ($$avg(amount) of 'login' within 30 days > 3$$),
    ($$count distinct device of 'login' within 30 days >= 2$$),
    ($$most frequent device of 'login' = 'ios'$$),
    ($$share of 'login' where (device = 'ios') within 90 days >= 50 percent$$),
    ($$count of 'login' within 30 days > count of 'order' within 30 days$$),
    ($$count of 'login' fell by 50 percent within 2 weeks$$),
    ($$stopped 'login' for 10 days$$),
    ($$resumed 'login' after 5 days within 14 days$$),
    ($$streak of 'login' by day >= 1$$),
    ($$did 'login' then 'order' within 1 day$$),
    ($$did 'login' then 'order' then not 'refund' within 5 days$$),
    ($$did 'order' then 'login'$$),
    ($$did ('login' then 'order') within 3 days$$),
    ($$days since last 'login' > 5$$),
    ($$mrr in top 1 per country$$),
    ($$mrr in bottom 50 percent per country$$),
    ($$did 'login' then 'order' then not 'refund' within 1 day$$),
    ($$did 'visit' within 3 days$$),
    ($$streak of 'visit' by day >= 3$$),
    ($$did any of ('visit', 'order') at least 2 times within 10 days$$),
    ($$first amount of 'login' > 5$$),
    ($$count of 'visit' rose by 1 within 1 week$$),
    ($$min(at) of 'login' within 30 days < '2026-01-05'$$),
    ($$sum(amount) of 'login' + count of 'order' > 30$$),
    ($$mrr in bottom 50 percent per country and mrr in bottom 1 per country$$);
SELECT count(segment.create_segment('s' || n, 'client', text)) FROM definition;
CREATE VIEW found AS
    SELECT n, c.id, e.* FROM definition, client c, segment.explain('s' || n, c.id, '2026-01-25 12:00+01') AS e WHERE path NOT IN ('', 'base');
SELECT id, condition, holds, value, threshold, margin, changes_at FROM found WHERE id IN (1, 2) AND condition !~ 'mrr' ORDER BY n, id, path;
SELECT id, condition, holds, value, threshold, margin FROM found WHERE condition ~ 'mrr' ORDER BY n, path, id;
-- What it says of members is what the definitions say.
SELECT d.text, e.id FROM definition d JOIN found e USING (n) WHERE e.path = '1' AND d.text !~ ' and ' AND e.holds IS DISTINCT FROM
    EXISTS (SELECT FROM segment.preview('client', d.text, 10, '2026-01-25 12:00+01') AS p WHERE e.id::text = ANY (p.sample));
-- Times of the session do not matter, nor do its settings.
SET timezone = 'America/New_York';
SET datestyle = 'German';
SELECT value, changes_at AT TIME ZONE 'UTC' AS changes_at FROM segment.explain('s1', 1, '2026-01-25 11:00+00') WHERE path = '1';
RESET timezone;
RESET datestyle;

-- Stays, as of instants around them; what will be of them by itself.
SELECT segment.create_segment('paying', 'client', 'mrr > 6') IS NOT NULL AS created;
SELECT count(*) FROM segment.refresh('client', ARRAY['paying'], as_of => '2026-01-01 00:00+01');
UPDATE client SET mrr = 6 WHERE id = 1;
SELECT count(*) FROM segment.refresh('client', ARRAY['paying'], as_of => '2026-01-10 00:00+01');
UPDATE client SET mrr = 10 WHERE id = 1;
SELECT count(*) FROM segment.refresh('client', ARRAY['paying'], as_of => '2026-01-20 00:00+01');
SELECT segment.create_segment('stays', 'client', $$entered segment 'paying' within 7 days or exited segment 'paying' within 1 month or in segment 'paying' for at least 10 days or ever in segment 'paying'$$) IS NOT NULL AS created;
SET timezone = 'Europe/Berlin';
SET datestyle = 'ISO';
SELECT c.id, condition, holds, value, changes_at FROM (VALUES (1), (2), (3)) AS c(id), segment.explain('stays', c.id, '2026-01-25 00:00+01') WHERE path > '0' AND path <> 'base' ORDER BY c.id, path;
-- A score that fell.
SELECT segment.create_score('health', 'client') IS NOT NULL AS created;
SELECT segment.add_score_metric('health', 'mrr', 'mrr', worst => 0, best => 20) IS NOT NULL AS added;
SELECT count(*) FROM segment.refresh('client', ARRAY['paying'], as_of => '2026-02-01 00:00+01');
UPDATE client SET mrr = 4 WHERE id = 1;
SELECT count(*) FROM segment.refresh('client', ARRAY['paying'], as_of => '2026-02-10 00:00+01');
SELECT segment.create_segment('worse', 'client', 'health fell by 20 within 7 days') IS NOT NULL AS created;
SELECT c.id, condition, holds, value, changes_at FROM (VALUES (1), (2)) AS c(id), segment.explain('worse', c.id, '2026-02-10 00:00+01') WHERE path = '1';
SELECT segment.drop_population('client', cascade => true);
DROP VIEW found;
DROP TABLE client, event, visit, definition;
