-- Names that are no identifiers, in every place that takes one: quotes, injected statements, other scripts, and 63 bytes to the last.
CREATE TABLE name_kind (kind text PRIMARY KEY, hostile text);
INSERT INTO name_kind VALUES ('quotes', '"q"''e''\\n'), ('injection', 'x"; DROP TABLE victim; --'), ('dollar', '$$; $x$ $1 %I %s'), ('script', E'\u00fc\u4e2d\U0001F600 .\u00df'),
    ('newline', E'a\nb\tc'), ('keyword', 'select'), ('dots', '..a.b.'), ('space', ' ');
CREATE TABLE victim (id int);
SET client_min_messages = warning;

-- As a definition writes them.
CREATE FUNCTION literal(text) RETURNS text LANGUAGE sql AS $$ SELECT '''' || replace($1, '''', '''''') || '''' $$;
CREATE FUNCTION trait(text) RETURNS text LANGUAGE sql AS $$ SELECT '"' || replace($1, '"', '""') || '"' $$;
-- One round: everything is called `hostile`, cut to what each place takes, and used; what comes back is compared.
CREATE FUNCTION hostile_round(hostile text, OUT members text, OUT listed text, OUT explained text, OUT schemes text, OUT twice int) LANGUAGE plpgsql AS $$
DECLARE
    n name := left(hostile, 15)::name;  -- of tables, columns, schemas
    s text := hostile;                  -- of segments, lists, sources, traits
    t text := left(hostile, 12) || 'T';
BEGIN
    EXECUTE format('CREATE SCHEMA %I', n);
    EXECUTE format('CREATE TABLE %I.%I (%I text PRIMARY KEY, %I int, up text)', n, n, n, n || '2');
    EXECUTE format('INSERT INTO %I.%I VALUES (%L, 1, NULL), (''b'', 2, %L)', n, n, hostile, hostile);
    EXECUTE format('CREATE TABLE %I.%I (%I text PRIMARY KEY, %I int)', n, n || 't', n, n || '3');
    EXECUTE format('INSERT INTO %I.%I VALUES (%L, 7)', n, n || 't', hostile);
    EXECUTE format('CREATE TABLE %I.%I (%I text, %I timestamptz, %I text)', n, n || 'e', n, n || '2', n || '3');
    EXECUTE format('INSERT INTO %I.%I VALUES (%L, ''2024-01-01'', %L)', n, n || 'e', hostile, hostile);
    EXECUTE format('CREATE TABLE %I.%I (%I text, %I timestamptz, %I timestamptz, %I numeric)', n, n || 's', n, n || '2', n || '3', n || '4');
    EXECUTE format('INSERT INTO %I.%I VALUES (%L, ''2024-01-01'', NULL, 5)', n, n || 's', hostile);
    PERFORM segment.create_population(n::text, format('%I.%I', n, n), key => n, prefix => n);
    PERFORM segment.add_traits(n::text, format('%I.%I', n, n || 't'), key => n, prefix => t);
    PERFORM segment.add_parent(n::text, s || 'p', n::text, foreign_key => 'up');
    PERFORM segment.add_trait(n::text, s || 'd', format('%s * 2', trait(n || '2')));
    PERFORM segment.add_events(n::text, s, format('%I.%I', n, n || 'e'), key => n, occurred_at => (n || '2')::name, event_name => (n || '3')::name);
    PERFORM segment.add_subscriptions(n::text, s || 's', format('%I.%I', n, n || 's'), key => n, starts_at => (n || '2')::name,
                                      ends_at => (n || '3')::name, mrr => (n || '4')::name);
    PERFORM segment.create_list(s, n::text, description => hostile);
    PERFORM segment.add_to_list(s, ARRAY[hostile]);
    PERFORM segment.create_segment(s, n::text, format('%s >= 2 and %s.%s = 7 and did %s of %s and in list %s and subscription.mrr = 5',
        trait(s || 'd'), trait(t), trait(n || '3'),
        literal(hostile), literal(s), literal(s)), description => hostile, tags => ARRAY[hostile]);
    PERFORM segment.create_segment(s || 'n', n::text, format('not in segment %s and %s.%s = 1', literal(s), trait(s || 'p'),
        trait(n || '2')));
    PERFORM segment.create_scheme(s || 'c', n::text, jsonb_build_array(jsonb_build_object('name', left(hostile, 8), 'definition', format('in segment %s', literal(s))),
        jsonb_build_object('name', 'r', 'otherwise', true)));
    PERFORM segment.refresh(n::text);
    PERFORM segment.include(s, 'b', reason => hostile), segment.exclude(s || 'n', 'b', reason => hostile);
    PERFORM segment.refresh(n::text);
    EXECUTE format('SELECT string_agg(replace(segment, %L, ''S'') || '' '' || replace(%I, %L, ''K''), '', '' ORDER BY segment COLLATE "C", 1) FROM %I.%I',
        hostile, n || '_id', hostile, n, n || '_segment') INTO members;
    SELECT string_agg(replace(l.name, hostile, 'L'), ',') INTO listed FROM segment.list l WHERE l.population = n::text;
    SELECT string_agg(path || ' ' || holds, ', ' ORDER BY path) INTO explained FROM segment.explain(s, hostile) WHERE path ~ '^\d';
    SELECT count(*) INTO schemes FROM segment.scheme c WHERE c.population = n::text;
    EXECUTE format('SELECT count(*) FROM (%s) AS x', segment.to_sql(s)) INTO twice;
    PERFORM segment.is_member(s, hostile), segment.matches(s, hostile), segment.clear_override(s, 'b');
    PERFORM count(*) FROM segment.segments_of(n::text, hostile);
    PERFORM count(*) FROM segment.members(s);
    PERFORM count(*) FROM segment.sizes(s, now() - interval '2 days');
    PERFORM count(*) FROM segment.traits(n::text);
    PERFORM count(*) FROM segment.event_names(n::text);
    PERFORM count(*) FROM segment.diff(s, 'everyone');
    PERFORM count(*) FROM segment.mrr(n::text, '2024-01-01', '2024-03-01', segment => s);
    PERFORM count(*) FROM segment.repair(n::text);
    PERFORM count(*) FROM segment.adopt(n::text);
    PERFORM segment.grant_refresh(n::text, current_user::text), segment.revoke_refresh(n::text, current_user::text);
    PERFORM segment.alter_segment(s, description => hostile, owner => hostile);
    PERFORM segment.rename_segment(s || 'n', s || 'm');
    PERFORM segment.alter_source(n::text, s || 's', new_name => s || 'u');
    PERFORM segment.alter_population(n::text, new_name => n || 'x');
    PERFORM segment.alter_population(n || 'x', new_name => n::text);
    PERFORM segment.remove_from_list(s, ARRAY[hostile]);
    PERFORM segment.drop_scheme(s || 'c');
    PERFORM segment.drop_segment(s, cascade => true);
    PERFORM segment.drop_trait(n::text, s || 'd');
    PERFORM segment.drop_list(s);
    PERFORM segment.remove_source(n::text, s), segment.remove_source(n::text, s || 'p'), segment.remove_source(n::text, t);
    PERFORM segment.drop_population(n::text, cascade => true);
    EXECUTE format('DROP SCHEMA %I CASCADE', n);
END $$;
SELECT kind, r.* FROM name_kind, hostile_round(hostile) AS r ORDER BY kind;

-- As long as a name can be, in bytes: 63 for what is called in definitions, 40 for a population, which others are derived from.
CREATE TABLE "Ä234567890123456789012345678901234567890123456789012345678901-" ("k""4567890123456789012345678901234567890123456789012345678901-Ä" int PRIMARY KEY);
INSERT INTO "Ä234567890123456789012345678901234567890123456789012345678901-" VALUES (1), (2);
SELECT octet_length(relname::text) FROM pg_class WHERE relname LIKE 'Ä2345%-' AND relkind = 'r';
SELECT segment.create_population(repeat('p', 38) || 'Ä', '"Ä234567890123456789012345678901234567890123456789012345678901-"',
    key => 'k"4567890123456789012345678901234567890123456789012345678901-Ä', prefix => repeat('q', 38) || 'Ä') > 0 AS created;
SELECT segment.create_population(repeat('p', 39) || 'Ä', '"Ä234567890123456789012345678901234567890123456789012345678901-"', key => 'x');
SELECT segment.add_trait(repeat('p', 38) || 'Ä', repeat('t', 61) || 'Ä', '"k""4567890123456789012345678901234567890123456789012345678901-Ä" + 1');
SELECT segment.create_segment(repeat('s', 61) || 'Ä', repeat('p', 38) || 'Ä', repeat('t', 61) || 'Ä > 2') > 0 AS created;
SELECT segment.create_segment(repeat('s', 62) || 'Ä', repeat('p', 38) || 'Ä', 'everyone');
SELECT octet_length(segment), members FROM segment.refresh(repeat('p', 38) || 'Ä');
SELECT count(*), max(octet_length(relname::text)) FROM pg_class WHERE relname LIKE repeat('q', 38) || '%' AND relkind IN ('r', 'v');
SELECT segment.drop_population(repeat('p', 38) || 'Ä', cascade => true);
DROP TABLE "Ä234567890123456789012345678901234567890123456789012345678901-";
SELECT count(*) FROM victim;
DROP FUNCTION hostile_round, literal, trait;
DROP TABLE victim, name_kind;
