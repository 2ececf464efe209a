-- Populations: the relations whose rows are members, and the relations that add traits to them.

CREATE FUNCTION segment.create_population(
    name text, relation text, key name, time_zone text DEFAULT 'UTC', base text DEFAULT 'everyone', week_start int DEFAULT 1,
    schema name DEFAULT NULL, prefix name DEFAULT NULL, if_exists text DEFAULT 'error') RETURNS int
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_create_population';
COMMENT ON FUNCTION segment.create_population(text, text, name, text, text, int, name, name, text) IS
    'registers a relation whose rows are members and creates its member tables; returns the population''s id';

CREATE FUNCTION segment.create_population(
    name text, relation regclass, key name, time_zone text DEFAULT 'UTC', base text DEFAULT 'everyone', week_start int DEFAULT 1,
    schema name DEFAULT NULL, prefix name DEFAULT NULL, if_exists text DEFAULT 'error') RETURNS int
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_create_population_regclass';
COMMENT ON FUNCTION segment.create_population(text, regclass, name, text, text, int, name, name, text) IS
    'registers a relation whose rows are members and creates its member tables; returns the population''s id';

CREATE FUNCTION segment.alter_population(
    name text, owner text DEFAULT NULL, time_zone text DEFAULT NULL, week_start int DEFAULT NULL, base text DEFAULT NULL,
    new_name text DEFAULT NULL, relation text DEFAULT NULL, key name DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_alter_population';
COMMENT ON FUNCTION segment.alter_population(text, text, text, int, text, text, text, name) IS
    'changes what is not null of a population, after checking that all definitions still hold good';

CREATE FUNCTION segment.drop_population(name text, cascade boolean DEFAULT false) RETURNS void
    LANGUAGE C VOLATILE STRICT AS 'MODULE_PATHNAME', 'segment_drop_population';
COMMENT ON FUNCTION segment.drop_population(text, boolean) IS
    'drops a population with its member tables; with cascade also its segments';

CREATE FUNCTION segment.add_traits(
    population text, relation text, key name, prefix text DEFAULT NULL, if_exists text DEFAULT 'error') RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_traits';
COMMENT ON FUNCTION segment.add_traits(text, text, name, text, text) IS
    'adds the columns of a relation with at most one row per member to the population''s traits';

CREATE FUNCTION segment.add_traits(
    population text, relation regclass, key name, prefix text DEFAULT NULL, if_exists text DEFAULT 'error') RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_traits_regclass';
COMMENT ON FUNCTION segment.add_traits(text, regclass, name, text, text) IS
    'adds the columns of a relation with at most one row per member to the population''s traits';

CREATE FUNCTION segment.traits(
    population text, OUT trait text, OUT type text, OUT source text, OUT null_share float8, OUT distinct_values bigint, OUT used_by text[])
    RETURNS SETOF record LANGUAGE C VOLATILE ROWS 50 AS 'MODULE_PATHNAME', 'segment_traits';
COMMENT ON FUNCTION segment.traits(text) IS
    'what definitions can speak of: each trait with the share of members without a value, its distinct values and the segments that use it';

CREATE FUNCTION segment.adopt(population text, OUT segment text, OUT members bigint) RETURNS SETOF record
    LANGUAGE C VOLATILE ROWS 100 AS 'MODULE_PATHNAME', 'segment_adopt';
COMMENT ON FUNCTION segment.adopt(text) IS
    'makes member tables that were restored from elsewhere those of the population''s segments, matched by name';

CREATE FUNCTION segment.repair(population text, OUT segment text, OUT problem text, OUT rows_affected bigint) RETURNS SETOF record
    LANGUAGE C VOLATILE ROWS 10 AS 'MODULE_PATHNAME', 'segment_repair';
COMMENT ON FUNCTION segment.repair(text) IS
    'finds and mends what got into the member tables behind the extension''s back, such as with triggers disabled';

CREATE FUNCTION segment.guard_membership() RETURNS trigger
    LANGUAGE C AS 'MODULE_PATHNAME', 'segment_guard_membership';
COMMENT ON FUNCTION segment.guard_membership() IS
    'statement trigger of the member tables: refuses writes that do not come from a refresh, except filling an empty table';

-- Who may change and who may read a population. Nobody becomes its owner by making a table of its member table's name.
CREATE VIEW segment.catalog_access AS
    SELECT p.id AS population_id, pg_catalog.pg_has_role(r.oid, 'USAGE') AS may_change,
           pg_catalog.pg_has_role(r.oid, 'USAGE')
               OR (c.relowner OPERATOR(pg_catalog.=) r.oid AND pg_catalog.has_table_privilege(c.oid, 'SELECT')) AS may_read
    FROM segment.catalog_population p
    JOIN pg_catalog.pg_roles r ON r.rolname OPERATOR(pg_catalog.=) p.owner
    LEFT JOIN pg_catalog.pg_namespace n ON n.nspname OPERATOR(pg_catalog.=) p.schema
    LEFT JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
        AND c.relname OPERATOR(pg_catalog.=) (p.prefix OPERATOR(pg_catalog.||) '_segment_member')::pg_catalog.name;
COMMENT ON VIEW segment.catalog_access IS 'whether the current user may read or change each population';

-- What went wrong may show data: who may only read learns the error's code.
CREATE FUNCTION segment.visible_error(error text, may_change boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN may_change THEN error ELSE pg_catalog.split_part(error, ':', 1) END;
COMMENT ON FUNCTION segment.visible_error(text, boolean) IS 'an error as the views show it: to who may change the population whole, else its SQLSTATE';

CREATE VIEW segment.population WITH (security_barrier) AS
    SELECT p.name, pg_catalog.format('%I.%I', p.relation_schema, p.relation_name) AS relation, p.key, p.key_type, p.time_zone, p.base,
           p.owner, p.week_start, p.schema, p.prefix, p.as_of, p.created_at
    FROM segment.catalog_population p
    JOIN segment.catalog_access a ON a.population_id OPERATOR(pg_catalog.=) p.id
    WHERE a.may_read;
COMMENT ON VIEW segment.population IS 'the populations that the current user owns or whose member table he may read';
GRANT SELECT ON segment.population TO PUBLIC;

CREATE FUNCTION segment.local_time(population text, at timestamptz) RETURNS timestamp
    LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'segment_local_time';
COMMENT ON FUNCTION segment.local_time(text, timestamptz) IS
    'an instant as the local time of a population''s zone, which is what reports take as since and until; NULL for NULL';
