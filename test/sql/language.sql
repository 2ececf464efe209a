-- Every form that evaluates, against plain SQL written by hand from the language's rules.
CREATE TABLE customer (
    id int PRIMARY KEY, plan text, mrr numeric, seats int, score float8, country text, has_admin boolean, signup_at timestamptz,
    renewal_at timestamptz, seen_at timestamp, birthday date, tags text[], numbers int[], properties jsonb, trial interval, opens time);
INSERT INTO customer VALUES
    (1, 'pro',  100,    10, 1.5,    'DE', true,  '2024-03-30 23:30:00+00', '2024-04-10', '2024-03-31 02:30', '1980-02-29', '{vip,beta}', '{1,2}',
        '{"city": "Wien", "n": 7, "flag": true, "at": "2024-03-01T00:00:00Z", "tags": ["a", "b"], "items": [{"sku": "x"}]}', '30 days', '09:00'),
    (2, 'Pro',  NULL,   0,  'NaN',  'AT', false, '2024-03-31 01:30:00+00', '2024-04-30', '2024-03-31 03:00', '2006-03-31', '{}', '{}',
        '{"city": "", "n": "7", "flag": "true", "at": "yesterday", "tags": []}', '1 mon', '17:59:59'),
    (3, 'free', 0,      1,  '-0.0', 'DE', NULL,  '2024-02-29 12:00:00+00', '2024-03-31', '2024-02-29 12:00', '2006-04-01', NULL, NULL, NULL, NULL, NULL),
    (4, '100%', 250.50, 5,  NULL,   NULL, true,  '2023-03-31 10:00:00+00', NULL, NULL, NULL, '{vip,NULL}', '{NULL}', '{"city": null, "n": 7.0, "tags": "a"}', '-1 day', '00:00'),
    (5, 'a_b',  250.50, 50, 'Infinity', 'US', true, '2022-12-31 23:59:59.999999+00', '2024-03-31 10:00:00.000001+00', '2024-03-30 12:00',
        '2000-04-05', '{beta}', '{2,3}', '{"n": 1e3, "first-name": "Ada", "flag": false}', '1 year', '12:00'),
    (6, 'a%b',  -5,     7,  2,      'US', false, '2024-03-24 10:00:00+00', '2025-03-31', '2023-10-29 02:30', '1999-12-31', '{VIP}', '{4}', '[]', '29 days 24:00:00', '23:59'),
    (7, E'a\\b', 100.0, 3,  -1,     '',   NULL,  NULL, '2024-03-31 09:59:59+00', '2024-04-01', '2024-03-31', '{a,b,c}', '{1,2,3}', '"text"', '0', '12:00:01'),
    (8, 'größe', 75,    NULL, 0,    'DE', false, '2024-03-31 10:00:00+00', '2024-05-01', 'infinity', 'infinity', '{vip,vip}', '{1}', '{"city": "Wien", "n": true}', NULL, '24:00');
SELECT segment.create_population('customer', 'customer', key => 'id', time_zone => 'Europe/Vienna', base => 'id <= 8', week_start => 1) > 0 AS created;
SELECT segment.create_segment('vip', 'customer', $$tags includes 'vip'$$) > 0 AS created;
SELECT segment.create_segment('rich', 'customer', 'mrr > 90') > 0 AS created;

CREATE TABLE condition (no int GENERATED ALWAYS AS IDENTITY, definition text, expected text);
INSERT INTO condition (definition, expected) VALUES
    -- text
    ($$plan contains 'ro'$$, $$plan LIKE '%ro%'$$),
    ($$plan contains '%'$$, $$position('%' in plan) > 0$$),
    ($$plan contains 'PRO' ignoring case$$, $$lower(plan) LIKE '%pro%'$$),
    ($$plan starts with 'a_'$$, $$left(plan, 2) = 'a_'$$),
    ($$plan ends with '\b'$$, $$right(plan, 2) = E'\\b'$$),
    ($$plan like 'a_b'$$, $$plan LIKE 'a_b'$$),
    ($$plan like 'a\_b'$$, $$plan = 'a_b'$$),
    ($$plan ilike 'p%'$$, $$plan ILIKE 'p%'$$),
    ($$plan not like 'a%'$$, $$plan NOT LIKE 'a%' OR plan IS NULL$$),
    ($$plan matches '^(pro|free)$'$$, $$plan IN ('pro', 'free')$$),
    ($$plan ~* '^PRO$'$$, $$plan IN ('pro', 'Pro')$$),
    ($$country not contains 'D'$$, $$country IS NULL OR country NOT LIKE '%D%'$$),
    ($$country = ''$$, $$country = ''$$),
    -- arrays
    ($$tags includes 'vip'$$, $$id IN (1, 4, 8)$$),
    ($$tags includes any ('vip', 'c')$$, $$id IN (1, 4, 7, 8)$$),
    ($$tags includes all ('vip', 'beta')$$, $$id = 1$$),
    ($$tags includes none ('vip', 'beta')$$, $$id IN (2, 6, 7)$$),
    ($$not tags includes 'vip'$$, $$id NOT IN (1, 4, 8)$$),
    ($$numbers includes 2$$, $$id IN (1, 5, 7)$$),
    -- jsonb
    ($$properties.city = 'Wien'$$, $$id IN (1, 8)$$),
    ($$properties.city is set$$, $$id IN (1, 2, 8)$$),
    ($$properties.city != 'Wien'$$, $$id NOT IN (1, 8)$$),
    ($$properties.n = 7$$, $$id IN (1, 4)$$),  -- a number in quotes is text
    ($$properties.n > 7$$, $$id = 5$$),
    ($$properties.n = '7'$$, $$id IN (1, 2)$$),
    ($$properties.flag is true$$, $$id = 1$$),
    ($$properties."first-name" = 'Ada'$$, $$id = 5$$),
    ($$properties.items[0].sku = 'x'$$, $$id = 1$$),
    ($$properties.items[0] is set$$, $$id = 1$$),
    ($$properties.city[0] is set$$, $$false$$),
    ($$properties.tags[1] = 'b'$$, $$id = 1$$),
    ($$numbers includes any (2.5, 4)$$, $$id = 6$$),
    ($$numbers includes 3000000000$$, $$false$$),
    ($$properties.tags includes 'a'$$, $$id = 1$$),
    ($$properties.at::timestamptz < '2024-03-02'$$, $$id = 1$$),
    -- numbers
    ($$mrr = 250.5$$, $$id IN (4, 5)$$),
    ($$seats / 2 = 3.5$$, $$id = 6$$),
    ($$mrr / seats > 10$$, $$id = 4 OR id = 7$$),
    ($$mrr > seats * 10$$, $$mrr > seats * 10$$),
    ($$score > 1000000$$, $$id IN (2, 5)$$),
    ($$score = 0$$, $$id IN (3, 8)$$),
    ($$-seats < -9$$, $$seats > 9$$),
    ($$mrr between 75 and 100$$, $$id IN (1, 7, 8)$$),
    ($$mrr not between 75 and 100$$, $$id NOT IN (1, 7, 8)$$),
    ($$trial >= 30 days$$, $$id IN (1, 2, 5, 6)$$),
    -- times: Europe/Vienna moves from +1 to +2 at 2024-03-31 01:00 UTC; as of 10:00 UTC, 12:00 there
    ($$signup_at within 1 day$$, $$signup_at > '2024-03-30 11:00:00+00' AND signup_at <= '2024-03-31 10:00:00+00'$$),
    ($$signup_at within 24 hours$$, $$signup_at > '2024-03-30 10:00:00+00' AND signup_at <= '2024-03-31 10:00:00+00'$$),
    ($$signup_at within 1 week$$, $$signup_at > '2024-03-24 11:00:00+00' AND signup_at <= '2024-03-31 10:00:00+00'$$),
    ($$signup_at more than 1 month ago$$, $$signup_at <= '2024-02-29 11:00:00+00'$$),
    ($$signup_at between 2 years and 1 year ago$$, $$signup_at > '2022-03-31 10:00:00+00' AND signup_at <= '2023-03-31 10:00:00+00'$$),
    ($$renewal_at within next 10 days$$, $$renewal_at > '2024-03-31 10:00:00+00' AND renewal_at <= '2024-04-10 10:00:00+00'$$),
    ($$signup_at today$$, $$signup_at >= '2024-03-30 23:00:00+00' AND signup_at < '2024-03-31 22:00:00+00'$$),
    ($$signup_at in this week$$, $$signup_at >= '2024-03-24 23:00:00+00' AND signup_at < '2024-03-31 22:00:00+00'$$),
    ($$renewal_at in this month$$, $$renewal_at >= '2024-02-29 23:00:00+00' AND renewal_at < '2024-03-31 22:00:00+00'$$),
    ($$signup_at in last month$$, $$signup_at >= '2024-01-31 23:00:00+00' AND signup_at < '2024-02-29 23:00:00+00'$$),
    ($$signup_at in last year$$, $$signup_at >= '2022-12-31 23:00:00+00' AND signup_at < '2023-12-31 23:00:00+00'$$),
    ($$signup_at in last 2 calendar years$$, $$signup_at >= '2021-12-31 23:00:00+00' AND signup_at < '2023-12-31 23:00:00+00'$$),
    ($$signup_at < '2024-03-31 03:30'$$, $$signup_at < '2024-03-31 01:30:00+00'$$),
    ($$signup_at < now() - 30 days$$, $$signup_at < '2024-03-01 11:00:00+00'$$),
    ($$signup_at < now() - interval '30 days'$$, $$signup_at < '2024-03-01 11:00:00+00'$$),
    ($$signup_at since '2024-03-24'$$, $$signup_at >= '2024-03-23 23:00:00+00' AND signup_at <= '2024-03-31 10:00:00+00'$$),
    ($$signup_at from '2023-01-01' to '2024-03-01'$$, $$signup_at >= '2022-12-31 23:00:00+00' AND signup_at < '2024-02-29 23:00:00+00'$$),
    -- a timestamp is local time; 02:30 on the day of the change does not exist and is read as 03:30
    ($$seen_at within 12 hours$$, $$id IN (1, 2)$$),
    ($$seen_at more than 1 day ago$$, $$seen_at <= '2024-03-30 12:00'$$),
    -- dates
    ($$birthday more than 18 years ago$$, $$birthday <= '2006-03-31'$$),
    ($$age(birthday) >= 18$$, $$birthday <= '2006-03-31'$$),
    ($$anniversary(birthday) within next 7 days$$, $$id IN (2, 3, 5, 7)$$),
    ($$days since birthday = 0$$, $$id = 7$$),
    ($$days until renewal_at between 0 and 10$$, $$renewal_at BETWEEN '2024-03-31 10:00:00+00' AND '2024-04-10 10:00:00+00'$$),
    ($$hour(signup_at) = 12$$, $$id IN (4, 8)$$),
    ($$weekday(signup_at) = 7$$, $$id IN (1, 2, 5, 6, 8)$$),
    -- ranks, of eight members
    ($$mrr in top 2$$, $$id IN (4, 5)$$),
    ($$mrr in top 1$$, $$id IN (4, 5)$$),
    ($$mrr in top 50 percent$$, $$id IN (1, 4, 5, 7)$$),
    ($$mrr in bottom 2$$, $$id IN (3, 6)$$),
    ($$mrr in top 1 per country$$, $$id IN (1, 4, 5, 7)$$),
    ($$mrr above median$$, $$id IN (4, 5)$$),
    ($$mrr in smallest set holding 50 percent$$, $$id IN (4, 5)$$),
    -- segments, buckets, combinations
    ($$in segment 'vip' and not in segment 'rich'$$, $$id = 8$$),
    ($$in segment 'vip' or in segment 'rich'$$, $$id IN (1, 4, 5, 7, 8)$$),
    ($$bucket('salt') < 1$$, $$true$$),
    ($$bucket('a') >= 0.5$$, $$('x' || encode(substr(sha256(convert_to('a' || chr(31) || id, 'UTF8')), 1, 8), 'hex'))::bit(64)::bit(52)::bigint / 2 ^ 52 >= 0.5$$),
    ($$has_admin and (plan = 'pro' or country = 'US' and not mrr < 0)$$, $$id IN (1, 5)$$),
    ($$not (has_admin or has_admin is false)$$, $$has_admin IS NULL$$),
    ($$everyone$$, $$true$$);
SELECT count(*) AS conditions FROM condition;

-- The members by the refresh's way, and by the plain SQL that to_sql gives, are those of the hand-written condition.
CREATE FUNCTION keys(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
    EXECUTE format('SELECT string_agg(id::text, '' '' ORDER BY id) FROM (%s) AS t(id)', sql) INTO result;
    RETURN coalesce(result, '');
EXCEPTION WHEN OTHERS THEN RETURN SQLERRM;
END $$;
CREATE FUNCTION previewed(definition text, as_of timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT array_to_string(sample, ' ') FROM segment.preview('customer', definition, as_of => as_of));
EXCEPTION WHEN OTHERS THEN RETURN SQLERRM;
END $$;
CREATE FUNCTION as_sql(definition text, as_of timestamptz) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN keys(segment.definition_to_sql('customer', definition, as_of));
EXCEPTION WHEN OTHERS THEN RETURN SQLERRM;
END $$;
CREATE FUNCTION differences(as_of timestamptz) RETURNS TABLE (definition text, expected text, previewed text, as_sql text) LANGUAGE sql AS $$
    SELECT definition, e, p, s FROM (
        SELECT no, definition, keys('SELECT id FROM customer WHERE ' || expected) AS e, previewed(definition, as_of) AS p, as_sql(definition, as_of) AS s
        FROM condition) c
    WHERE p IS DISTINCT FROM e OR s IS DISTINCT FROM e ORDER BY no
$$;
SELECT * FROM differences('2024-03-31 10:00:00+00');
SET timezone = 'Asia/Kathmandu'; SET datestyle = 'SQL, DMY'; SET intervalstyle = 'sql_standard'; SET extra_float_digits = -3;
SELECT count(*) FROM differences('2024-03-31 10:00:00+00');
RESET ALL;

-- Segment history reads what refreshes stored.
SELECT count(*) FROM segment.refresh('customer', as_of => '2024-03-01 00:00:00+00');
UPDATE customer SET tags = '{}' WHERE id = 1;
UPDATE customer SET tags = '{vip}' WHERE id = 2;
SELECT count(*) FROM segment.refresh('customer', as_of => '2024-03-20 00:00:00+00');
SELECT d, previewed(d, '2024-03-31 10:00:00+00'), as_sql(d, '2024-03-31 10:00:00+00') FROM (VALUES
    ($$ever in segment 'vip'$$), ($$entered segment 'vip' within 14 days$$), ($$exited segment 'vip' within 14 days$$),
    ($$in segment 'vip' for at least 14 days$$), ($$exited segment 'vip' within 10 days$$)) AS v(d);

SELECT segment.drop_population('customer', cascade => true);
DROP FUNCTION differences, keys, previewed, as_sql;
DROP TABLE customer, condition;
