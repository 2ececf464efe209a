-- What an error advises: what is near to a mistake in another role, and what the next step is.
CREATE ROLE segment_reader;
CREATE TABLE client (id int PRIMARY KEY, country text, seats int);
INSERT INTO client VALUES (1, 'DE', 3);
CREATE TABLE event (client_id int, at timestamptz, name text);
CREATE INDEX ON event (client_id, at) INCLUDE (name);
CREATE TABLE line (client_id int, starts_at timestamptz, ends_at timestamptz, mrr numeric);
SELECT segment.create_population('client', 'client', key => 'id') IS NOT NULL AS created;
CREATE FUNCTION advice(definition text) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE message text; hint text;
BEGIN
    PERFORM segment.preview('client', definition);
    RETURN 'none';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT;
    RETURN message || ' -- ' || hint;
END $f$;
-- What nobody has registered yet, and what is nothing.
SELECT definition, advice(definition) FROM unnest(ARRAY['mrr > 100', $$stage = 'paid'$$]) AS definition;
SELECT segment.add_subscriptions('client', 'billing', 'line', key => 'client_id', starts_at => 'starts_at', ends_at => 'ends_at', mrr => 'mrr');
SELECT count(segment.create_scheme('stage', 'client', '[{"name": "paid", "definition": "seats > 1"}, {"name": "it''s free", "otherwise": true}]')) AS created;
SELECT definition, advice(definition) FROM unnest(ARRAY['mrr > 100', 'status = ''active''', 'tenure > 1 year', 'seat > 100', 'churn > 5', '"mrr" > 1',
    $$stage = 'paid'$$, $$stage != 'it''s free'$$, 'stage is set', 'stage = paid', $$stage is 'payed'$$,
    'country = DE', 'country in (DE, AT)', 'country != "DE"', 'country = contry', 'DE = country']) AS definition;
-- Which of two sources, and how often.
SELECT segment.add_events('client', 'app', 'event', key => 'client_id', occurred_at => 'at', event_name => 'name');
SELECT segment.add_events('client', 'web', 'event', key => 'client_id', occurred_at => 'at', event_name => 'name');
SELECT definition, advice(definition) FROM unnest(ARRAY[$$did 'login'$$, $$did event like 'log%'$$, $$did 'login' 5 times$$, $$did 'login' of 'app' 5 times within 3 days$$]) AS definition;
-- What is meant is no trait, but a list, source, band or state.
SELECT segment.create_list('beta', 'client'), segment.create_score('health', 'client') > 0 AS score;
SELECT segment.add_events('client', 'ticket', 'event', key => 'client_id', occurred_at => 'at');
SELECT definition, advice(definition) FROM unnest(ARRAY['beta and seats > 3', 'app > 3', 'ticket > 3',
    $$grade = 'poor'$$, $$state = 'churned'$$, $$state != 'trial'$$, $$state = 'gone'$$, $$state > 'poor'$$, $$x.state = 'poor'$$]) AS definition;
-- Segments are an array, which a literal and a driver's text may be.
SELECT segment.create_segment(name, 'client', 'everyone') IS NOT NULL AS created FROM unnest(ARRAY['all', 'a''b']) AS name;
SELECT segment FROM segment.refresh('client', 'all');
SELECT segment FROM segment.refresh('client', 'a''b');
SELECT segment FROM segment.refresh('client', '{all,"a''b"}');
SELECT segment FROM segment.refresh('client', '{all');
SELECT segment FROM segment.refresh('client', '{}');
SELECT count(*) FROM segment.refresh('client', NULL);
SELECT segment FROM segment.refresh('client', ARRAY['all']);
SELECT segment FROM segment.refresh('client', segments => '{all}');
PREPARE chosen AS SELECT segment FROM segment.refresh($1, $2);
EXECUTE chosen('client', '{all}');
-- Who may let one refresh.
SET ROLE segment_reader;
SELECT * FROM segment.refresh('client');
RESET ROLE;
SELECT segment.grant_refresh('client', 'segment_reader');
SET ROLE segment_reader;
SELECT count(*) FROM segment.refresh('client');
RESET ROLE;
DEALLOCATE chosen;
SELECT segment.drop_population('client', cascade => true);
DROP FUNCTION advice;
DROP TABLE client, event, line;
DROP ROLE segment_reader;
