-- Why: what each condition does to a segment, and to one member.

CREATE FUNCTION segment.attrition(
    population text, definition text, as_of timestamptz DEFAULT pg_catalog.now(),
    OUT path text, OUT condition text, OUT remaining bigint, OUT without_it bigint) RETURNS SETOF record
    LANGUAGE C VOLATILE ROWS 10 AS 'MODULE_PATHNAME', 'segment_attrition';
COMMENT ON FUNCTION segment.attrition(text, text, timestamptz) IS
    'how many members each condition of a definition leaves, and how many the definition would have without it';

CREATE FUNCTION segment.attrition(
    population text, definition segment.definition, as_of timestamptz DEFAULT pg_catalog.now(),
    OUT path text, OUT condition text, OUT remaining bigint, OUT without_it bigint) RETURNS SETOF record
    LANGUAGE C VOLATILE ROWS 10 AS 'MODULE_PATHNAME', 'segment_attrition_definition';
COMMENT ON FUNCTION segment.attrition(text, segment.definition, timestamptz) IS
    'how many members each condition of a definition leaves, and how many the definition would have without it';

CREATE FUNCTION segment.explain(
    name text, key int8, as_of timestamptz DEFAULT pg_catalog.now(), OUT path text, OUT condition text, OUT holds boolean, OUT value text,
    OUT threshold text, OUT margin text, OUT changes_at timestamptz) RETURNS SETOF record
    LANGUAGE C VOLATILE ROWS 10 AS 'MODULE_PATHNAME', 'segment_explain';
COMMENT ON FUNCTION segment.explain(text, int8, timestamptz) IS
    'why a member is in a segment or not: every condition, what it looked at, how close it was, and when time alone changes it';

CREATE FUNCTION segment.explain(
    name text, key uuid, as_of timestamptz DEFAULT pg_catalog.now(), OUT path text, OUT condition text, OUT holds boolean, OUT value text,
    OUT threshold text, OUT margin text, OUT changes_at timestamptz) RETURNS SETOF record
    LANGUAGE C VOLATILE ROWS 10 AS 'MODULE_PATHNAME', 'segment_explain';
COMMENT ON FUNCTION segment.explain(text, uuid, timestamptz) IS
    'why a member is in a segment or not: every condition, what it looked at, how close it was, and when time alone changes it';

CREATE FUNCTION segment.explain(
    name text, key text, as_of timestamptz DEFAULT pg_catalog.now(), OUT path text, OUT condition text, OUT holds boolean, OUT value text,
    OUT threshold text, OUT margin text, OUT changes_at timestamptz) RETURNS SETOF record
    LANGUAGE C VOLATILE ROWS 10 AS 'MODULE_PATHNAME', 'segment_explain';
COMMENT ON FUNCTION segment.explain(text, text, timestamptz) IS
    'why a member is in a segment or not: every condition, what it looked at, how close it was, and when time alone changes it';
