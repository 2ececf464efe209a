-- Overrides: members that are in or out of a segment whatever its definition says.

CREATE FUNCTION segment.include(name text, key int8, reason text DEFAULT NULL, until timestamptz DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_include';
COMMENT ON FUNCTION segment.include(text, int8, text, timestamptz) IS
    'puts a member into a segment until an instant, or for good, whatever the definition says';

CREATE FUNCTION segment.include(name text, key uuid, reason text DEFAULT NULL, until timestamptz DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_include';
COMMENT ON FUNCTION segment.include(text, uuid, text, timestamptz) IS
    'puts a member into a segment until an instant, or for good, whatever the definition says';

CREATE FUNCTION segment.include(name text, key text, reason text DEFAULT NULL, until timestamptz DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_include';
COMMENT ON FUNCTION segment.include(text, text, text, timestamptz) IS
    'puts a member into a segment until an instant, or for good, whatever the definition says';

CREATE FUNCTION segment.exclude(name text, key int8, reason text DEFAULT NULL, until timestamptz DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_exclude';
COMMENT ON FUNCTION segment.exclude(text, int8, text, timestamptz) IS
    'keeps a member out of a segment until an instant, or for good, whatever the definition says';

CREATE FUNCTION segment.exclude(name text, key uuid, reason text DEFAULT NULL, until timestamptz DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_exclude';
COMMENT ON FUNCTION segment.exclude(text, uuid, text, timestamptz) IS
    'keeps a member out of a segment until an instant, or for good, whatever the definition says';

CREATE FUNCTION segment.exclude(name text, key text, reason text DEFAULT NULL, until timestamptz DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_exclude';
COMMENT ON FUNCTION segment.exclude(text, text, text, timestamptz) IS
    'keeps a member out of a segment until an instant, or for good, whatever the definition says';

CREATE FUNCTION segment.clear_override(name text, key int8) RETURNS boolean
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_clear_override';
COMMENT ON FUNCTION segment.clear_override(text, int8) IS
    'forgets an include or exclude, whose member follows the definition from the next refresh on; tells whether there was one';

CREATE FUNCTION segment.clear_override(name text, key uuid) RETURNS boolean
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_clear_override';
COMMENT ON FUNCTION segment.clear_override(text, uuid) IS
    'forgets an include or exclude, whose member follows the definition from the next refresh on; tells whether there was one';

CREATE FUNCTION segment.clear_override(name text, key text) RETURNS boolean
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_clear_override';
COMMENT ON FUNCTION segment.clear_override(text, text) IS
    'forgets an include or exclude, whose member follows the definition from the next refresh on; tells whether there was one';
