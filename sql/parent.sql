-- Parents: relations that members refer to by a foreign key, such as the account of a contact.

CREATE FUNCTION segment.add_parent(
    population text, name text, parent text, foreign_key name, key name DEFAULT NULL, if_exists text DEFAULT 'error') RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_parent';
COMMENT ON FUNCTION segment.add_parent(text, text, text, name, name, text) IS
    'adds the columns of the row that a member refers to by a foreign key, in another population''s relation or any other, as traits name.column';

CREATE FUNCTION segment.add_parent(
    population text, name text, parent regclass, foreign_key name, key name DEFAULT NULL, if_exists text DEFAULT 'error') RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_parent_regclass';
COMMENT ON FUNCTION segment.add_parent(text, text, regclass, name, name, text) IS
    'adds the columns of the row that a member refers to by a foreign key as traits name.column';
