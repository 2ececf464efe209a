-- Segments: named definitions, their versions, and what can be asked of a definition without storing anything.

CREATE FUNCTION segment.create_segment(
    name text, population text, definition text, description text DEFAULT NULL, tags text[] DEFAULT '{}',
    materialize text DEFAULT 'rows', announce boolean DEFAULT false, if_exists text DEFAULT 'error') RETURNS int
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_create_segment';
COMMENT ON FUNCTION segment.create_segment(text, text, text, text, text[], text, boolean, text) IS
    'creates a segment, checks its definition and returns its id; its members appear with the next refresh';

CREATE FUNCTION segment.create_segment(
    name text, population text, definition segment.definition, description text DEFAULT NULL, tags text[] DEFAULT '{}',
    materialize text DEFAULT 'rows', announce boolean DEFAULT false, if_exists text DEFAULT 'error') RETURNS int
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_create_segment_definition';
COMMENT ON FUNCTION segment.create_segment(text, text, segment.definition, text, text[], text, boolean, text) IS
    'creates a segment, checks its definition and returns its id; its members appear with the next refresh';

CREATE FUNCTION segment.alter_segment(
    name text, definition text DEFAULT NULL, description text DEFAULT NULL, tags text[] DEFAULT NULL, owner text DEFAULT NULL) RETURNS int
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_alter_segment';
COMMENT ON FUNCTION segment.alter_segment(text, text, text, text[], text) IS
    'changes what is not null; a different definition is a new version; returns the version';

CREATE FUNCTION segment.rename_segment(name text, new_name text) RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_rename_segment';
COMMENT ON FUNCTION segment.rename_segment(text, text) IS
    'gives a segment another name; definitions that refer to it follow, which is no new version of them';

CREATE FUNCTION segment.drop_segment(name text, cascade boolean DEFAULT false) RETURNS void
    LANGUAGE C VOLATILE STRICT AS 'MODULE_PATHNAME', 'segment_drop_segment';
COMMENT ON FUNCTION segment.drop_segment(text, boolean) IS
    'drops a segment with its members and stays; with cascade also the segments whose definitions use it';

CREATE FUNCTION segment.preview(
    population text, definition text, sample int DEFAULT 10, as_of timestamptz DEFAULT pg_catalog.now(),
    OUT members bigint, OUT share float8, OUT sample text[]) RETURNS record
    LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'segment_preview';
COMMENT ON FUNCTION segment.preview(text, text, int, timestamptz) IS
    'how many members a definition has, their share of the base, and the first keys; nothing is stored';

CREATE FUNCTION segment.preview(
    population text, definition segment.definition, sample int DEFAULT 10, as_of timestamptz DEFAULT pg_catalog.now(),
    OUT members bigint, OUT share float8, OUT sample text[]) RETURNS record
    LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'segment_preview_definition';
COMMENT ON FUNCTION segment.preview(text, segment.definition, int, timestamptz) IS
    'how many members a definition has, their share of the base, and the first keys; nothing is stored';

CREATE FUNCTION segment.diff(
    name text, definition text, as_of timestamptz DEFAULT pg_catalog.now(), OUT key text, OUT change text) RETURNS SETOF record
    LANGUAGE C VOLATILE ROWS 1000 AS 'MODULE_PATHNAME', 'segment_diff';
COMMENT ON FUNCTION segment.diff(text, text, timestamptz) IS
    'who would enter and exit a segment with another definition; nothing is stored';

CREATE FUNCTION segment.diff(
    name text, definition segment.definition, as_of timestamptz DEFAULT pg_catalog.now(), OUT key text, OUT change text) RETURNS SETOF record
    LANGUAGE C VOLATILE ROWS 1000 AS 'MODULE_PATHNAME', 'segment_diff_definition';
COMMENT ON FUNCTION segment.diff(text, segment.definition, timestamptz) IS
    'who would enter and exit a segment with another definition; nothing is stored';

CREATE FUNCTION segment.to_sql(name text, as_of timestamptz DEFAULT NULL) RETURNS text
    LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'segment_to_sql';
COMMENT ON FUNCTION segment.to_sql(text, timestamptz) IS
    'a plain SELECT of the keys of a segment''s members as of an instant, of the statement''s now() where it is null';

CREATE FUNCTION segment.definition_to_sql(population text, definition text, as_of timestamptz DEFAULT NULL) RETURNS text
    LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'segment_definition_to_sql';
COMMENT ON FUNCTION segment.definition_to_sql(text, text, timestamptz) IS
    'a plain SELECT of the keys for which a definition holds as of an instant, of the statement''s now() where it is null';

CREATE FUNCTION segment.definition_to_sql(population text, definition segment.definition, as_of timestamptz DEFAULT NULL) RETURNS text
    LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'segment_definition_to_sql_definition';
COMMENT ON FUNCTION segment.definition_to_sql(text, segment.definition, timestamptz) IS
    'a plain SELECT of the keys for which a definition holds as of an instant, of the statement''s now() where it is null';

CREATE VIEW segment.segment WITH (security_barrier) AS
    SELECT s.id, s.name, p.name AS population, v.definition, s.version, s.materialize, s.members, s.refreshed_at, s.as_of,
           CASE WHEN s.refreshed_version OPERATOR(pg_catalog.=) s.version THEN s.next_due END AS next_due,
           segment.visible_error(coalesce(p.last_error, s.last_error), a.may_change) AS last_error, s.owner, s.tags, s.description, s.announce, s.refreshed_version, s.uid
    FROM segment.catalog_segment s
    JOIN segment.catalog_population p ON p.id OPERATOR(pg_catalog.=) s.population_id
    JOIN segment.catalog_segment_version v ON v.segment_id OPERATOR(pg_catalog.=) s.id AND v.version OPERATOR(pg_catalog.=) s.version
    JOIN segment.catalog_access a ON a.population_id OPERATOR(pg_catalog.=) p.id
    WHERE a.may_read;
COMMENT ON VIEW segment.segment IS 'the segments that the current user owns or whose member table he may read';
GRANT SELECT ON segment.segment TO PUBLIC;

CREATE VIEW segment.segment_version WITH (security_barrier) AS
    SELECT s.name AS segment, p.name AS population, v.version, v.definition, v.author, v.created_at,
           pg_catalog.lag(v.definition) OVER (PARTITION BY v.segment_id ORDER BY v.version) AS previous_definition
    FROM segment.catalog_segment_version v
    JOIN segment.catalog_segment s ON s.id OPERATOR(pg_catalog.=) v.segment_id
    JOIN segment.catalog_population p ON p.id OPERATOR(pg_catalog.=) s.population_id
    JOIN segment.catalog_access a ON a.population_id OPERATOR(pg_catalog.=) p.id
    WHERE a.may_read;
COMMENT ON VIEW segment.segment_version IS 'every version of the definitions of the segments that the current user may read';
GRANT SELECT ON segment.segment_version TO PUBLIC;
