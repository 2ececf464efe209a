-- Lists: keys that somebody has written down, which definitions refer to by `in list 'name'`.

CREATE FUNCTION segment.create_list(name text, population text, description text DEFAULT NULL, if_exists text DEFAULT 'error') RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_create_list';
COMMENT ON FUNCTION segment.create_list(text, text, text, text) IS 'creates an empty list of members of a population';

CREATE FUNCTION segment.add_to_list(list text, keys int8[], until timestamptz DEFAULT NULL) RETURNS bigint
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_to_list';
COMMENT ON FUNCTION segment.add_to_list(text, int8[], timestamptz) IS
    'puts keys on a list until an instant, or for good; returns how many are new or have another end';

CREATE FUNCTION segment.add_to_list(list text, keys uuid[], until timestamptz DEFAULT NULL) RETURNS bigint
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_to_list';
COMMENT ON FUNCTION segment.add_to_list(text, uuid[], timestamptz) IS
    'puts keys on a list until an instant, or for good; returns how many are new or have another end';

CREATE FUNCTION segment.add_to_list(list text, keys text[], until timestamptz DEFAULT NULL) RETURNS bigint
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_to_list';
COMMENT ON FUNCTION segment.add_to_list(text, text[], timestamptz) IS
    'puts keys on a list until an instant, or for good; returns how many are new or have another end';

CREATE FUNCTION segment.remove_from_list(list text, keys int8[]) RETURNS bigint
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_remove_from_list';
COMMENT ON FUNCTION segment.remove_from_list(text, int8[]) IS 'takes keys off a list; returns how many were on it';

CREATE FUNCTION segment.remove_from_list(list text, keys uuid[]) RETURNS bigint
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_remove_from_list';
COMMENT ON FUNCTION segment.remove_from_list(text, uuid[]) IS 'takes keys off a list; returns how many were on it';

CREATE FUNCTION segment.remove_from_list(list text, keys text[]) RETURNS bigint
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_remove_from_list';
COMMENT ON FUNCTION segment.remove_from_list(text, text[]) IS 'takes keys off a list; returns how many were on it';

CREATE FUNCTION segment.drop_list(list text, cascade boolean DEFAULT false) RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_drop_list';
COMMENT ON FUNCTION segment.drop_list(text, boolean) IS 'drops a list; what refers to it must be gone, or goes with it if cascade is true';

CREATE VIEW segment.list WITH (security_barrier) AS
    SELECT l.name, p.name AS population, l.description, l.author, l.created_at
    FROM segment.catalog_list l
    JOIN segment.catalog_population p ON p.id OPERATOR(pg_catalog.=) l.population_id
    JOIN segment.catalog_access a ON a.population_id OPERATOR(pg_catalog.=) p.id
    WHERE a.may_read;
COMMENT ON VIEW segment.list IS 'the lists of the populations that the current user may read';
GRANT SELECT ON segment.list TO PUBLIC;
