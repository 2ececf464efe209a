-- Reading what the last refresh has stored, and asking for one member now.

CREATE FUNCTION segment.support_members(internal) RETURNS internal
    LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'segment_support_members';
REVOKE ALL ON FUNCTION segment.support_members(internal) FROM PUBLIC;
COMMENT ON FUNCTION segment.support_members(internal) IS 'tells the planner how many members a segment has';

CREATE FUNCTION segment.is_member(name text, key int8) RETURNS boolean
    LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT segment.support_members AS 'MODULE_PATHNAME', 'segment_is_member';
COMMENT ON FUNCTION segment.is_member(text, int8) IS 'whether the key is in the segment by the last refresh; null for a null';

CREATE FUNCTION segment.is_member(name text, key uuid) RETURNS boolean
    LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT segment.support_members AS 'MODULE_PATHNAME', 'segment_is_member';
COMMENT ON FUNCTION segment.is_member(text, uuid) IS 'whether the key is in the segment by the last refresh; null for a null';

CREATE FUNCTION segment.is_member(name text, key text) RETURNS boolean
    LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT segment.support_members AS 'MODULE_PATHNAME', 'segment_is_member';
COMMENT ON FUNCTION segment.is_member(text, text) IS 'whether the key is in the segment by the last refresh; null for a null';

CREATE FUNCTION segment.members(name text, OUT key text) RETURNS SETOF text
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 1000 ROWS 1000 SUPPORT segment.support_members AS 'MODULE_PATHNAME', 'segment_members';
COMMENT ON FUNCTION segment.members(text) IS 'the keys of a segment''s members by the last refresh, in no particular order';

CREATE FUNCTION segment.sizes(
    name text, since timestamptz, until timestamptz DEFAULT pg_catalog.now(), grain interval DEFAULT '1 day',
    OUT at timestamptz, OUT members bigint) RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 1000 ROWS 100 AS 'MODULE_PATHNAME', 'segment_sizes';
COMMENT ON FUNCTION segment.sizes(text, timestamptz, timestamptz, interval) IS
    'how many members a segment had at each step of the population''s local time, by its stays';

CREATE FUNCTION segment.segments_of(population text, key int8, OUT segment text, OUT entered_at timestamptz, OUT via text) RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 1000 ROWS 10 AS 'MODULE_PATHNAME', 'segment_segments_of';
COMMENT ON FUNCTION segment.segments_of(text, int8) IS 'the segments that the key is in by the last refresh, since when and why; those kept as sets do not know';

CREATE FUNCTION segment.segments_of(population text, key uuid, OUT segment text, OUT entered_at timestamptz, OUT via text) RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 1000 ROWS 10 AS 'MODULE_PATHNAME', 'segment_segments_of';
COMMENT ON FUNCTION segment.segments_of(text, uuid) IS 'the segments that the key is in by the last refresh, since when and why; those kept as sets do not know';

CREATE FUNCTION segment.segments_of(population text, key text, OUT segment text, OUT entered_at timestamptz, OUT via text) RETURNS SETOF record
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED COST 1000 ROWS 10 AS 'MODULE_PATHNAME', 'segment_segments_of';
COMMENT ON FUNCTION segment.segments_of(text, text) IS 'the segments that the key is in by the last refresh, since when and why; those kept as sets do not know';

CREATE FUNCTION segment.matches(name text, key int8, as_of timestamptz DEFAULT pg_catalog.clock_timestamp()) RETURNS boolean
    LANGUAGE C VOLATILE STRICT COST 1000 AS 'MODULE_PATHNAME', 'segment_matches';
COMMENT ON FUNCTION segment.matches(text, int8, timestamptz) IS
    'whether the definition holds for the key as of an instant, evaluated now; null for a null';

CREATE FUNCTION segment.matches(name text, key uuid, as_of timestamptz DEFAULT pg_catalog.clock_timestamp()) RETURNS boolean
    LANGUAGE C VOLATILE STRICT COST 1000 AS 'MODULE_PATHNAME', 'segment_matches';
COMMENT ON FUNCTION segment.matches(text, uuid, timestamptz) IS
    'whether the definition holds for the key as of an instant, evaluated now; null for a null';

CREATE FUNCTION segment.matches(name text, key text, as_of timestamptz DEFAULT pg_catalog.clock_timestamp()) RETURNS boolean
    LANGUAGE C VOLATILE STRICT COST 1000 AS 'MODULE_PATHNAME', 'segment_matches';
COMMENT ON FUNCTION segment.matches(text, text, timestamptz) IS
    'whether the definition holds for the key as of an instant, evaluated now; null for a null';

-- Sessions keep definitions that they have prepared for segment.matches until one of these tables changes.
CREATE FUNCTION segment.definitions_changed() RETURNS trigger
    LANGUAGE C AS 'MODULE_PATHNAME', 'segment_definitions_changed';
COMMENT ON FUNCTION segment.definitions_changed() IS
    'statement trigger of the catalog''s tables: tells all sessions, with the commit, that definitions are to be read anew';

CREATE TRIGGER definitions_changed
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF name, relation_schema, relation_name, key, key_type, time_zone, week_start, base, schema, prefix, owner
    ON segment.catalog_population EXECUTE FUNCTION segment.definitions_changed();
CREATE TRIGGER definitions_changed
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE ON segment.catalog_traits EXECUTE FUNCTION segment.definitions_changed();
CREATE TRIGGER definitions_changed
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE ON segment.catalog_derived_trait EXECUTE FUNCTION segment.definitions_changed();
CREATE TRIGGER definitions_changed
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF name, kind, relation_schema, relation_name, key, columns
    ON segment.catalog_source EXECUTE FUNCTION segment.definitions_changed();
CREATE TRIGGER definitions_changed
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE ON segment.catalog_scheme EXECUTE FUNCTION segment.definitions_changed();
CREATE TRIGGER definitions_changed
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE ON segment.catalog_list EXECUTE FUNCTION segment.definitions_changed();
CREATE TRIGGER definitions_changed
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF population_id, name, version, materialize, includes, excludes, scheme_id, scheme_position
    ON segment.catalog_segment EXECUTE FUNCTION segment.definitions_changed();
CREATE TRIGGER definitions_changed
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE ON segment.catalog_segment_version EXECUTE FUNCTION segment.definitions_changed();
CREATE TRIGGER definitions_changed
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF name, bands, version ON segment.catalog_score EXECUTE FUNCTION segment.definitions_changed();
ALTER TABLE segment.catalog_population ENABLE ALWAYS TRIGGER definitions_changed;
ALTER TABLE segment.catalog_traits ENABLE ALWAYS TRIGGER definitions_changed;
ALTER TABLE segment.catalog_derived_trait ENABLE ALWAYS TRIGGER definitions_changed;
ALTER TABLE segment.catalog_source ENABLE ALWAYS TRIGGER definitions_changed;
ALTER TABLE segment.catalog_scheme ENABLE ALWAYS TRIGGER definitions_changed;
ALTER TABLE segment.catalog_list ENABLE ALWAYS TRIGGER definitions_changed;
ALTER TABLE segment.catalog_segment ENABLE ALWAYS TRIGGER definitions_changed;
ALTER TABLE segment.catalog_segment_version ENABLE ALWAYS TRIGGER definitions_changed;
ALTER TABLE segment.catalog_score ENABLE ALWAYS TRIGGER definitions_changed;
