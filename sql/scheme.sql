-- Schemes: ordered sets of segments that exclude each other; the first rule that holds wins.

CREATE FUNCTION segment.create_scheme(name text, population text, rules jsonb, if_exists text DEFAULT 'error') RETURNS int
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_create_scheme';
COMMENT ON FUNCTION segment.create_scheme(text, text, jsonb, text) IS
    'creates a segment for each rule, named scheme.rule, whose members no earlier rule has; returns the scheme''s id';

CREATE FUNCTION segment.drop_scheme(name text, cascade boolean DEFAULT false) RETURNS void
    LANGUAGE C VOLATILE STRICT AS 'MODULE_PATHNAME', 'segment_drop_scheme';
COMMENT ON FUNCTION segment.drop_scheme(text, boolean) IS
    'drops a scheme with its segments; with cascade also the segments whose definitions use them';

CREATE VIEW segment.scheme WITH (security_barrier) AS
    SELECT c.name, p.name AS population, c.author, c.created_at,
           (SELECT pg_catalog.array_agg(s.name ORDER BY s.scheme_position) FROM segment.catalog_segment s
            WHERE s.scheme_id OPERATOR(pg_catalog.=) c.id) AS segments
    FROM segment.catalog_scheme c
    JOIN segment.catalog_population p ON p.id OPERATOR(pg_catalog.=) c.population_id
    JOIN segment.catalog_access a ON a.population_id OPERATOR(pg_catalog.=) p.id
    WHERE a.may_read;
COMMENT ON VIEW segment.scheme IS 'the schemes of the populations that the current user may read, with their segments in order';
GRANT SELECT ON segment.scheme TO PUBLIC;
