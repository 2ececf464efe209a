-- Refresh: bringing the members up to date.

CREATE FUNCTION segment.refresh(
    population text DEFAULT NULL, segments text[] DEFAULT NULL, as_of timestamptz DEFAULT NULL, mode text DEFAULT 'auto',
    OUT segment text, OUT members bigint, OUT entered bigint, OUT exited bigint) RETURNS SETOF record
    LANGUAGE C VOLATILE ROWS 100 AS 'MODULE_PATHNAME', 'segment_refresh';
COMMENT ON FUNCTION segment.refresh(text, text[], timestamptz, text) IS
    'brings the members of all segments of a population, or of some with what they depend on, up to date in one transaction';

CREATE FUNCTION segment.refresh(
    population text, segments text, OUT segment text, OUT members bigint, OUT entered bigint, OUT exited bigint) RETURNS SETOF record
    LANGUAGE C VOLATILE ROWS 100 AS 'MODULE_PATHNAME', 'segment_refresh_text';
COMMENT ON FUNCTION segment.refresh(text, text) IS 'the same with the segments as the text of an array; a bare name is refused with a hint';

CREATE PROCEDURE segment.run(population text DEFAULT NULL, on_error text DEFAULT 'record')
    LANGUAGE C AS 'MODULE_PATHNAME', 'segment_run';
COMMENT ON PROCEDURE segment.run(text, text) IS
    'refreshes populations, each in a transaction of its own; what cannot be evaluated is recorded and left out, or stops the run';

CREATE FUNCTION segment.grant_refresh(population text, role text) RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_grant_refresh';
COMMENT ON FUNCTION segment.grant_refresh(text, text) IS 'lets a role refresh a population that it does not own';

CREATE FUNCTION segment.revoke_refresh(population text, role text) RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_revoke_refresh';
COMMENT ON FUNCTION segment.revoke_refresh(text, text) IS 'takes back what grant_refresh gave';

CREATE VIEW segment.refresh_run WITH (security_barrier) AS
    SELECT r.id, p.name AS population, r.started_at, r.finished_at, r.as_of, r.mode, r.member_rows, r.segments, r.leaves, r.entered, r.exited, r.warnings,
           r.ignored, segment.visible_error(r.error, a.may_change) AS error
    FROM segment.catalog_refresh_run r
    JOIN segment.catalog_population p ON p.id OPERATOR(pg_catalog.=) r.population_id
    JOIN segment.catalog_access a ON a.population_id OPERATOR(pg_catalog.=) p.id
    WHERE a.may_read;
COMMENT ON VIEW segment.refresh_run IS 'the refreshes of the populations that the current user may read';
GRANT SELECT ON segment.refresh_run TO PUBLIC;
