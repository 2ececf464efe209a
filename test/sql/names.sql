-- How long a name may be, whatever it is the name of: 63 bytes, less where tables are called after it. Nothing is cut.
CREATE SCHEMA naming;
SET search_path = naming, public;
SET client_min_messages = error;
CREATE TABLE member (id int PRIMARY KEY, n int, parent_id int);
INSERT INTO member SELECT i, i, i FROM generate_series(1, 4) AS i;
CREATE TABLE usage (member_id int PRIMARY KEY, logins int);
CREATE TABLE event (member_id int, at timestamptz, name text);
CREATE TABLE billing (member_id int, since date, until date, mrr numeric);
SELECT segment.create_population('member', 'member', key => 'id') > 0 AS created;
SELECT segment.create_segment('one', 'member', 'id = 1') > 0, segment.create_score('health', 'member') > 0;
SELECT segment.add_events('member', 'activity', 'event', key => 'member_id', occurred_at => 'at');
CREATE TABLE call (position int, what text, statement text, longest int);
INSERT INTO call VALUES
    (1, 'population', $$SELECT segment.create_population(%L, 'member', key => 'id', prefix => 'p')$$, 40),
    (2, 'prefix', $$SELECT segment.create_population('other', 'member', key => 'id', prefix => %L)$$, 40),
    (3, 'segment', $$SELECT segment.create_segment(%L, 'member', 'everyone')$$, 63),
    (4, 'renamed', $$SELECT segment.rename_segment('one', %L)$$, 63),
    (5, 'list', $$SELECT segment.create_list(%L, 'member')$$, 63),
    (6, 'trait', $$SELECT segment.add_trait('member', %L, 'n + 1')$$, 63),
    (7, 'traits', $$SELECT segment.add_traits('member', 'usage', key => 'member_id', prefix => %L)$$, 40),
    (8, 'parent', $$SELECT segment.add_parent('member', %L, 'member', foreign_key => 'parent_id')$$, 63),
    (9, 'events', $$SELECT segment.add_events('member', %L, 'event', key => 'member_id', occurred_at => 'at')$$, 63),
    (10, 'subscriptions', $$SELECT segment.add_subscriptions('member', %L, 'billing', key => 'member_id', starts_at => 'since', ends_at => 'until', mrr => 'mrr')$$, 63),
    (11, 'source', $$SELECT segment.alter_source('member', 'activity', new_name => %L)$$, 63),
    (12, 'scheme', $$SELECT segment.create_scheme(%L, 'member', '[{"name": "a", "otherwise": true}]')$$, 61),
    (13, 'rule', $$SELECT segment.create_scheme('x', 'member', jsonb_build_array(jsonb_build_object('name', %L, 'otherwise', true)))$$, 61),
    (14, 'score', $$SELECT segment.create_score(%L, 'member')$$, 63 - length('member_score__history')),
    (15, 'metric', $$SELECT segment.add_score_metric('health', %L, 'n', worst => 0, best => 4)$$, 63),
    (16, 'group', $$SELECT segment.add_score_metric('health', 'n', 'n', worst => 0, best => 4, metric_group => %L)$$, 63),
    (17, 'group weight', $$SELECT segment.add_score_group('health', %L, 2)$$, 63);
-- What a call says, without leaving anything.
CREATE FUNCTION try(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RAISE EXCEPTION 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN regexp_replace(sqlerrm, '(x{20,}|ü{10,})', coalesce('<' || octet_length(substring(sqlerrm from '(x{20,}|ü{10,})')) || ' bytes>', ''), 'g');
END $$;
SELECT what, longest, try(format(statement, repeat('x', longest))) AS fits, try(format(statement, repeat('x', longest + 1))) AS too_long,
       try(format(statement, repeat('ü', longest / 2 + 1))) AS too_long_in_bytes
FROM call ORDER BY position;
-- A name that is both a segment's whole name and another one's with its population is ambiguous.
SELECT segment.create_population('n', 'member', key => 'id') > 0 AS created;
SELECT segment.create_segment('p', 'n', 'id < 3') > 0, segment.create_segment('n.p', 'member', 'id < 2') > 0;
SELECT segment.create_list('p', 'n'), segment.create_list('n.p', 'member');
SELECT segment.drop_segment('n.p');
SELECT segment.preview('n', 'everyone'), segment.to_sql('n.p');
SELECT segment.matches('n.p', 1);
SELECT segment.drop_list('n.p');
SELECT members FROM segment.refresh('n', segments => '{n.p}');
SELECT members FROM segment.refresh('member', segments => '{n.p}');
SELECT segment.drop_segment('member.n.p'), segment.drop_list('member.n.p');
SELECT segment.is_member('n.p', 2);
SELECT segment.create_segment('n.p', 'n', 'id < 4') > 0 AS created;
SELECT segment.is_member('n.p', 2);
SELECT members FROM segment.refresh('n', segments => '{n.p}');
SELECT segment.drop_segment('n.n.p');
SELECT segment.drop_segment('n.p'), segment.drop_list('n.p');
SELECT segment.drop_population('n', cascade => true), segment.drop_population('member', cascade => true);
RESET search_path;
DROP SCHEMA naming CASCADE;
