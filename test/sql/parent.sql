-- Parents: the row that a member refers to by a foreign key.
CREATE ROLE segment_owner;
CREATE ROLE segment_reader;
CREATE ROLE segment_stranger;
CREATE SCHEMA shop;
GRANT USAGE, CREATE ON SCHEMA shop TO segment_owner;
GRANT USAGE ON SCHEMA shop TO segment_reader, segment_stranger;
SET ROLE segment_owner;
CREATE TABLE shop.account (id bigint PRIMARY KEY, plan text, mrr numeric, "Größe" int);
INSERT INTO shop.account VALUES (10, 'pro', 500, 3), (20, 'free', 0, NULL), (30, NULL, NULL, 7);
CREATE TABLE shop.contact (id uuid PRIMARY KEY, account_id int, billing_id int, role text, code text);
INSERT INTO shop.contact SELECT ('00000000-0000-0000-0000-0000000000' || lpad(i::text, 2, '0'))::uuid, (ARRAY[10, 20, 30, 99, NULL])[i % 5 + 1],
    (ARRAY[30, 10])[i % 2 + 1], CASE WHEN i % 2 = 0 THEN 'admin' END, 'x' || i FROM generate_series(1, 15) AS i;
SELECT segment.create_population('account', 'shop.account', key => 'id') IS NOT NULL AS created;
SELECT segment.create_population('contact', 'shop.contact', key => 'id') IS NOT NULL AS created;
-- A population, a relation by name, with and without its key, and by regclass.
SELECT segment.add_parent('contact', 'account', 'account', foreign_key => 'account_id');
SELECT segment.add_parent('contact', 'payer', 'shop.account', foreign_key => 'billing_id');
SELECT segment.add_parent('contact', 'payer', 'shop.account'::regclass, foreign_key => 'billing_id', key => 'id', if_exists => 'replace');
SELECT segment.add_parent('contact', 'payer', 'shop.account', foreign_key => 'nothing', if_exists => 'keep');
SELECT name, kind, relation, key, columns FROM segment.source WHERE population = 'contact' ORDER BY name;

CREATE TABLE shop.cases (definition text, condition text);
INSERT INTO shop.cases VALUES
    ($$account.plan = 'pro'$$, $$account_id = 10$$),
    ($$not account.plan = 'pro'$$, $$account_id IS DISTINCT FROM 10$$),
    ($$account.plan is set$$, $$account_id IN (10, 20)$$),
    ($$account.id is set$$, $$account_id IN (10, 20, 30)$$),
    ($$account.mrr > payer.mrr or payer.plan = 'pro'$$, $$billing_id = 10$$),
    ($$role = 'admin' and account.mrr in top 50 percent$$, $$role = 'admin' AND account_id = 10$$),
    ($$account."Größe" > 5$$, $$account_id = 30$$);
CREATE FUNCTION shop.agrees(definition text, condition text, OUT same boolean, OUT members int) LANGUAGE plpgsql AS $$
DECLARE ours text[]; translated text[]; theirs text[];
BEGIN
    SELECT coalesce(array_agg(s ORDER BY s), '{}') INTO ours FROM unnest((segment.preview('contact', definition, 100)).sample) AS s;
    EXECUTE format('SELECT coalesce(array_agg(id::text ORDER BY id::text), ''{}'') FROM (%s) AS x(id)',
        segment.definition_to_sql('contact', definition)) INTO translated;
    EXECUTE format('SELECT coalesce(array_agg(id::text ORDER BY id::text), ''{}'') FROM shop.contact WHERE %s', condition) INTO theirs;
    same := ours = theirs AND translated = theirs;
    members := cardinality(theirs);
END $$;
SELECT definition, same, members FROM shop.cases, shop.agrees(definition, condition) ORDER BY definition COLLATE "C";
SELECT segment.definition_to_sql('contact', $$account.plan = 'pro'$$);
SELECT segment.create_segment('at pro', 'contact', $$account.plan = 'pro'$$) IS NOT NULL AS created;
SELECT * FROM segment.refresh('contact');
UPDATE shop.account SET plan = 'free' WHERE id = 10;
SELECT * FROM segment.refresh('contact');
SELECT path, condition, holds, value FROM segment.explain('at pro', '00000000-0000-0000-0000-000000000005'::uuid);
SELECT segment.add_trait('contact', 'bill', 'account.mrr * 12');
SELECT members FROM segment.preview('contact', 'bill > 5000');
SELECT trait, type, source, null_share, used_by FROM segment.traits('contact') WHERE trait ~ 'account|bill' ORDER BY trait COLLATE "C";

-- Mistakes.
SELECT segment.add_parent('contact', 'account', 'account', foreign_key => 'account_id');
SELECT segment.add_parent('contact', 'x', 'account', foreign_key => 'acount_id');
SELECT segment.add_parent('contact', 'x', 'account', foreign_key => 'code');
SELECT segment.add_parent('contact', 'x', 'account', foreign_key => 'account_id', key => 'idd');
SELECT segment.add_parent('contact', 'x', 'shop.cases', foreign_key => 'code');
SELECT segment.add_parent('contact', 'x', 'shop.nothing', foreign_key => 'code');
SELECT segment.add_parent('contac', 'x', 'account', foreign_key => 'account_id');
SELECT segment.add_parent('contact', '', 'account', foreign_key => 'account_id');
SELECT segment.add_parent('contact', repeat('x', 64), 'account', foreign_key => 'account_id');
SELECT segment.add_parent(NULL, 'x', 'account', foreign_key => 'account_id');
SELECT segment.add_parent('contact', NULL, 'account', foreign_key => 'account_id');
SELECT segment.add_parent('contact', 'x', NULL::text, foreign_key => 'account_id');
SELECT segment.add_parent('contact', 'x', NULL::regclass, foreign_key => 'account_id');
SELECT segment.add_parent('contact', 'x', 'account', foreign_key => NULL);
SELECT segment.add_parent('contact', 'x', 'account', foreign_key => 'account_id', if_exists => NULL);
SELECT * FROM segment.preview('contact', $$account.plam = 'pro'$$);
SELECT * FROM segment.preview('contact', $$acount.plan = 'pro'$$);

-- A key that repeats is an error of the run, the parent's and not the member's.
ALTER TABLE shop.account DROP CONSTRAINT account_pkey;
INSERT INTO shop.account VALUES (20, 'pro', 0, NULL);
SELECT * FROM segment.refresh('contact');
DELETE FROM shop.account WHERE id = 20 AND plan = 'pro';
SELECT sum(entered), sum(exited) FROM segment.refresh('contact');

-- Forgetting parents and trait relations, by prefix or by the relation.
SELECT segment.remove_source('contact', 'account');
SELECT segment.drop_segment('at pro');
SELECT segment.remove_source('contact', 'account');
SELECT segment.drop_trait('contact', 'bill');
SELECT segment.remove_source('contact', 'account');
SELECT segment.remove_source('contact', 'accoun');
SELECT segment.remove_source('contact', 'payer');
CREATE TABLE shop.usage (contact_id uuid PRIMARY KEY, logins int);
SELECT segment.add_traits('contact', 'shop.usage', key => 'contact_id');
SELECT segment.alter_population('contact', base => 'logins is not set');
SELECT segment.remove_source('contact', 'shop.usage');
SELECT segment.alter_population('contact', base => 'everyone');
SELECT segment.remove_source('contact', 'shop.usage');
SELECT count(*) FROM segment.source WHERE population = 'contact';

-- Privileges: who may not read the parent learns nothing by it.
SELECT segment.add_parent('contact', 'account', 'account', foreign_key => 'account_id');
GRANT SELECT ON shop.contact_segment_member, shop.contact TO segment_reader;
SET ROLE segment_reader;
SELECT * FROM segment.preview('contact', $$account.plan = 'pro'$$);
SELECT segment.add_parent('contact', 'x', 'account', foreign_key => 'account_id');
SELECT segment.remove_source('contact', 'account');
SET ROLE segment_stranger;
SELECT segment.add_parent('contact', 'x', 'shop.account', foreign_key => 'account_id', key => 'id');
RESET ROLE;
\set VERBOSITY terse
SET client_min_messages = warning;
SELECT segment.drop_population('contact'), segment.drop_population('account');
DROP SCHEMA shop CASCADE;
DROP ROLE segment_owner, segment_reader, segment_stranger;
