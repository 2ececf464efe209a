-- changes_at by trying: until then the definition says what it says now, at that instant the other thing; where there is none, nothing
-- changes by itself. In a zone whose clocks change, with events at ends of months, at midnight, twice at one instant, and in the future.
CREATE TABLE client (id int PRIMARY KEY, signup_at timestamptz, birthday date, started timestamp);
INSERT INTO client VALUES (1, '2025-12-31 12:00+01', '2000-03-30', '2026-01-31 00:00'), (2, '2026-01-29 02:30+01', '1990-02-28', '2026-03-29 02:30'),
    (3, '-infinity', '2008-02-29', 'infinity'), (4, NULL, NULL, NULL);
CREATE TABLE event (client_id int, at timestamptz, name text, amount numeric, device text, seq int);
SELECT setseed(0.4) IS NULL AS seeded;
INSERT INTO event SELECT 1 + i % 3, '2026-01-15 00:00+01'::timestamptz + floor(random() * 120) * interval '1 day' + floor(random() * 48) * interval '30 minutes',
    (ARRAY['login', 'order', 'refund'])[1 + floor(random() * 3)::int], floor(random() * 100), (ARRAY['ios', 'web', NULL])[1 + floor(random() * 3)::int], i
    FROM generate_series(1, 60) AS i;
INSERT INTO event VALUES (1, '2026-01-29 10:00+01', 'login', 1), (1, '2026-01-30 10:00+01', 'login', 1), (1, '2026-01-31 10:00+01', 'login', 1),
    (2, '2026-02-28 02:30+01', 'login', 5), (2, '2026-02-28 02:30+01', 'order', 5), (2, '2026-03-29 03:30+02', 'login', 5), (2, '2026-03-29 01:59:59.999999+01', 'order', 5),
    (3, '2025-10-26 02:30+02', 'login', 5), (3, '2025-10-26 02:30+01', 'order', 5), (3, '-infinity', 'login', 5), (3, 'infinity', 'order', 5), (3, NULL, 'order', 5),
    (1, '2026-03-01 00:00+01', NULL, NULL), (NULL, '2026-03-01 00:00+01', 'login', NULL);
CREATE INDEX ON event (client_id, at) INCLUDE (name);
CREATE TABLE visit (client_id int, on_day date, pages int);
INSERT INTO visit SELECT 1 + i % 3, '2026-01-20'::date + i * 4, i FROM generate_series(1, 30) AS i;
CREATE INDEX ON visit (client_id, on_day);
SELECT segment.create_population('client', 'client', key => 'id', time_zone => 'Europe/Berlin', week_start => 7) IS NOT NULL AS created;
SELECT segment.add_events('client', 'activity', 'event', key => 'client_id', occurred_at => 'at', event_name => 'name', tie_break => 'seq');
SELECT segment.add_events('client', 'visit', 'visit', key => 'client_id', occurred_at => 'on_day');

CREATE TABLE definition (n int GENERATED ALWAYS AS IDENTITY, text text);
INSERT INTO definition (text) VALUES
    ($$did 'login'$$), ($$did 'login' within 7 days$$), ($$did not 'login' within 1 month$$), ($$did 'login' exactly 2 times within 1 month$$),
    ($$did 'login' between 1 and 2 times between 40 days and 10 days ago$$), ($$did any event of 'activity' more than 5 times within 36 hours$$), ($$did 'visit' within 3 days$$),
    ($$did 'visit' exactly 1 time within 1 month$$), ($$did 'visit' today$$), ($$did 'order' in this month$$), ($$did 'order' in last 2 calendar weeks$$),
    ($$did 'login' on at least 2 distinct days within 14 days$$), ($$did 'login' in at least 2 of the last 3 months$$), ($$did 'order' in at most 1 of the last 4 weeks$$),
    ($$did 'refund' for the first time within 1 month$$), ($$last 'login' more than 20 days ago$$), ($$last device of 'login' within 1 month = 'ios'$$),
    ($$sum(amount) of 'order' within 1 month > 60$$), ($$avg(amount) of any event of 'activity' within 10 days between 30 and 60$$), ($$median(amount) of 'login' within 5 weeks > 40$$),
    ($$count distinct device of any event of 'activity' within 10 days >= 2$$), ($$most frequent device of any event of 'activity' within 1 month = 'web'$$),
    ($$share of any event of 'activity' where (device = 'ios') within 1 month >= 30 percent$$), ($$count of 'login' within 10 days > count of 'order' within 1 month$$),
    ($$count of 'login' fell by 50 percent within 2 weeks$$), ($$sum(amount) of 'order' rose by 10 within 1 month$$), ($$stopped 'login' for 9 days$$),
    ($$resumed 'order' after 5 days within 1 month$$), ($$streak of 'visit' by week >= 2$$), ($$streak of any event of 'activity' by day >= 1$$),
    ($$did 'login' then 'order' within 7 days$$), ($$did ('login' then 'order' within 7 days) within 1 month$$), ($$did 'order' then not 'refund' within 3 days$$),
    ($$did ('login' then 'order' then not 'login' within 1 month) within 2 months$$), ($$did ('visit' then 'order') within 3 weeks$$), ($$days since last 'login' between 3 and 10$$),
    ($$signup_at within 1 month or signup_at within 60 days$$), ($$not signup_at within 1 month$$), ($$started within next 10 days$$), ($$birthday in this month$$),
    ($$anniversary(birthday) within next 7 days$$), ($$age(birthday) = 36$$), ($$signup_at more than 2 months ago$$), ($$did 'login' since signup_at$$),
    ($$did 'order' within 1 month of signup_at$$), ($$did 'login' where (at < now() - 3 days) within 10 days$$),
    ($$did 'login' within 7 days and not did 'order' within 5 days or did 'refund' exactly 1 time within 1 month$$);
SELECT count(segment.create_segment('d' || n, 'client', text)) FROM definition;

CREATE VIEW claim AS
    SELECT d.n, d.text, c.id, a.as_of, e.holds, e.changes_at
    FROM definition d, client c, (VALUES ('2026-02-14 10:00+01'::timestamptz), ('2026-03-28 02:30+01'), ('2026-02-28 10:00+01'), ('2026-05-31 00:00+02')) AS a(as_of),
         segment.explain('d' || d.n, c.id, a.as_of) AS e WHERE e.path = '';
CREATE TABLE claimed AS SELECT * FROM claim;
SELECT count(*) AS claims, count(changes_at) > 250 AS many_change FROM claimed;
CREATE FUNCTION holds(definition text, member int, as_of timestamptz) RETURNS boolean
    RETURN (SELECT member::text = ANY (sample) FROM segment.preview('client', definition, 10, as_of));
-- An instant in between stands for all: where the clock's edges meet events, and elsewhere.
CREATE TABLE tried AS
    SELECT c.*, c.as_of + share * (coalesce(c.changes_at, '2030-01-01') - c.as_of) AS at, false AS turned
    FROM claimed c, (VALUES (0.1), (0.37), (0.5), (0.81), (0.99)) AS s(share)
    UNION ALL SELECT c.*, c.changes_at - interval '1 us', false FROM claimed c WHERE changes_at IS NOT NULL
    UNION ALL SELECT c.*, c.changes_at, true FROM claimed c WHERE changes_at IS NOT NULL
    UNION ALL
    SELECT c.*, x.at, false
    FROM claimed c JOIN event e ON e.client_id = c.id, LATERAL (VALUES (e.at), (e.at + interval '7 days'), (e.at + interval '10 days'), (e.at + interval '1 month')) AS x(at)
    WHERE x.at > c.as_of AND x.at < coalesce(c.changes_at, '2030-01-01') AND (c.n + e.seq) % 9 = 0;
SELECT count(*) > 5000 AS many FROM tried;
SELECT text, id, as_of, holds, changes_at, at, turned FROM tried WHERE holds(text, id, at) IS DISTINCT FROM (holds <> turned) ORDER BY n, id, as_of, at LIMIT 20;

DROP VIEW claim;
SELECT segment.drop_population('client', cascade => true);
DROP FUNCTION holds;
DROP TABLE client, event, visit, definition, claimed, tried;
