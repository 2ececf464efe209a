-- Which events a source holds: what registrations and refreshes have seen of tables, partitioned tables and views; and warnings for
-- names that nobody has seen.
CREATE ROLE segment_owner;
CREATE ROLE segment_reader;
CREATE ROLE segment_stranger;
GRANT CREATE ON SCHEMA public TO segment_owner;
SET ROLE segment_owner;
CREATE TABLE client (id int PRIMARY KEY);
INSERT INTO client SELECT generate_series(1, 3);
CREATE TABLE event (client_id int, at timestamptz, name text);
CREATE INDEX ON event (client_id, at) INCLUDE (name);
INSERT INTO event VALUES (1, '2026-01-01', 'login'), (1, '2026-01-02', 'login'), (2, '2026-01-03', 'order'), (9, '2026-01-04', 'login'),
    (NULL, '2026-01-05', 'ghost'), (2, '2026-01-05', NULL), (2, NULL, 'timeless');
SELECT segment.create_population('client', 'client', key => 'id', time_zone => 'Europe/Berlin') IS NOT NULL AS created;
SELECT segment.add_events('client', 'app', 'event', key => 'client_id', occurred_at => 'at', event_name => 'name');
SELECT source, event, rows, last_seen FROM segment.event_names('client');
-- A name that is not there is no mistake, but likely one.
SELECT segment.create_segment('active', 'client', $$did 'login' and did 'logn' within 7 days$$) IS NOT NULL AS created;
SELECT segment.create_segment('other', 'client', $$did 'nothing like it'$$) IS NOT NULL AS created;
SELECT segment.create_segment('case', 'client', $$did 'Login'$$) IS NOT NULL AS created;
SELECT segment.create_segment('known', 'client', $$did any of ('login', 'order') and did event like 'x%' and did any event$$) IS NOT NULL AS created;
SELECT segment.alter_segment('other', $$did 'ordr' or did 'ordr' within 1 day$$) AS version;
-- What has come since is looked for before anybody is warned, and known from then on.
INSERT INTO event VALUES (3, '2026-01-06', 'refund');
SELECT segment.create_segment('refunded', 'client', $$did 'refund'$$) IS NOT NULL AS created;
SELECT event, rows FROM segment.event_names('client');
-- A refresh counts what it reads, writes down what it misses, and warns of every name once.
SELECT segment.create_segment('other too', 'client', $$did 'ordr'$$) IS NOT NULL AS created;
SELECT count(*) FROM segment.refresh('client');
SELECT source, event, rows, last_seen FROM segment.event_names('client');
SELECT unnest(warnings) AS warning FROM segment.refresh_run ORDER BY id DESC, 1;
SELECT ignored FROM segment.refresh_run ORDER BY id DESC LIMIT 1;
-- A name that no row has any more goes when all rows have been read.
DELETE FROM event WHERE name = 'refund';
INSERT INTO event VALUES (3, '2026-01-07', 'logn');
SELECT count(*) FROM segment.refresh('client');
SELECT event, rows FROM segment.event_names('client');
SELECT unnest(warnings) AS warning FROM segment.refresh_run WHERE id = (SELECT max(id) FROM segment.refresh_run) ORDER BY 1;
-- Now all are known: nothing has to be read to warn.
SELECT segment.create_segment('again', 'client', $$did 'refund'$$) IS NOT NULL AS created;

-- Another relation has other events. Local times and dates are instants of the zone.
CREATE TABLE log (client_id int, at timestamp, name varchar(20)) PARTITION BY LIST (client_id);
CREATE TABLE log_1 PARTITION OF log FOR VALUES IN (1);
CREATE TABLE log_rest PARTITION OF log DEFAULT;
CREATE INDEX ON log (client_id, at);
INSERT INTO log VALUES (1, '2026-07-01 12:00', 'login'), (2, '2026-01-01 12:00', 'a"b''c'), (2, '-infinity', E'\u00fcber');
SET timezone = 'UTC';
SELECT segment.alter_source('client', 'app', relation => 'log');
SELECT event, rows, last_seen FROM segment.event_names('client');
SELECT segment.create_segment('quoted', 'client', $$did 'a"b''c' and did 'über' and did 'uber'$$) IS NOT NULL AS created;
SELECT count(*) FROM segment.refresh('client');
SELECT event, rows, last_seen FROM segment.event_names('client');

-- Blank-padded and enumerated names, names that ignore nothing, a source without names, a view.
CREATE TYPE kind AS ENUM ('up', 'down');
CREATE TABLE padded (client_id int, at date, name char(8), kind kind);
CREATE INDEX ON padded (client_id, at);
INSERT INTO padded VALUES (1, '2026-02-01', 'open', 'up'), (1, '2026-02-02', 'open', 'up'), (2, '2026-02-03', 'close', 'up');
SELECT segment.alter_source('client', 'app', relation => 'padded');
SELECT segment.create_segment('opened', 'client', $$did 'open' and did 'opened'$$) IS NOT NULL AS created;
SELECT count(*) FROM segment.refresh('client', ARRAY['opened']);
SELECT event, rows, last_seen FROM segment.event_names('client');
SELECT count(segment.drop_segment(name)) FROM unnest(ARRAY['active', 'other', 'case', 'known', 'refunded', 'other too', 'again', 'quoted', 'opened']) AS name;
SELECT segment.alter_source('client', 'app', columns => '{"event_name": "kind"}');
SELECT segment.create_segment('up', 'client', $$did 'up' and did not 'down'$$) IS NOT NULL AS created;
CREATE VIEW seen AS SELECT client_id, at, name::text AS name FROM padded;
SELECT segment.add_events('client', 'page', 'seen', key => 'client_id', occurred_at => 'at');
SELECT segment.create_segment('paged', 'client', $$did 'page' at least 2 times$$) IS NOT NULL AS created;
SELECT members FROM segment.refresh('client') WHERE segment = 'paged';
SELECT source, event, rows, last_seen FROM segment.event_names('client');
SELECT segment.remove_source('client', 'app');
SELECT segment.drop_segment('up');
SELECT segment.remove_source('client', 'app');
-- Of a view nothing is known before the first pass, so nobody is warned.
SELECT segment.add_events('client', 'app', 'seen', key => 'client_id', occurred_at => 'at', event_name => 'name');
SELECT segment.create_segment('opened', 'client', $$did 'opne' or did 'open'$$) IS NOT NULL AS created;
SELECT source, event, rows FROM segment.event_names('client') WHERE source = 'app';
SELECT count(*) FROM segment.refresh('client');
SELECT segment.create_segment('opened too', 'client', $$did 'opne'$$) IS NOT NULL AS created;
-- A window that all conditions share: what lies before it stays known.
SELECT segment.alter_segment('opened', $$did 'close' within 1 day$$) AS version;
SELECT segment.drop_segment('opened too');
SELECT count(*) FROM segment.refresh('client');
SELECT source, event, rows FROM segment.event_names('client') WHERE source = 'app';

-- Others read for themselves.
GRANT SELECT ON client_segment_member TO segment_reader;
SET ROLE segment_reader;
SELECT * FROM segment.event_names('client');
SET ROLE segment_owner;
GRANT SELECT ON seen TO segment_reader;
SET ROLE segment_reader;
SELECT source, event, rows FROM segment.event_names('client');
SELECT count(*) FROM segment.catalog_event_name;
SET ROLE segment_stranger;
SELECT * FROM segment.event_names('client');
RESET ROLE;
SELECT segment.drop_population('client', cascade => true);
DROP VIEW seen;
DROP TABLE client, event, log, padded;
DROP TYPE kind;
REVOKE CREATE ON SCHEMA public FROM segment_owner;
DROP ROLE segment_owner;
DROP ROLE segment_reader;
DROP ROLE segment_stranger;
