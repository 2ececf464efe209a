-- The types of the definition language.

CREATE TYPE segment.definition;
CREATE TYPE segment.formula;

CREATE FUNCTION segment.definition_in(cstring) RETURNS segment.definition
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_in';
COMMENT ON FUNCTION segment.definition_in(cstring) IS 'input of segment.definition: parses the text';
CREATE FUNCTION segment.definition_out(segment.definition) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_out';
COMMENT ON FUNCTION segment.definition_out(segment.definition) IS 'output of segment.definition: the canonical text';
CREATE FUNCTION segment.definition_recv(internal) RETURNS segment.definition
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_recv';
COMMENT ON FUNCTION segment.definition_recv(internal) IS 'binary input of segment.definition: a version byte and the text';
CREATE FUNCTION segment.definition_send(segment.definition) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_send';
COMMENT ON FUNCTION segment.definition_send(segment.definition) IS 'binary output of segment.definition: a version byte and the text';
CREATE TYPE segment.definition (
    INPUT = segment.definition_in, OUTPUT = segment.definition_out,
    RECEIVE = segment.definition_recv, SEND = segment.definition_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE segment.definition IS 'who belongs to a segment: a boolean expression of the definition language';

CREATE FUNCTION segment.formula_in(cstring) RETURNS segment.formula
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_formula_in';
COMMENT ON FUNCTION segment.formula_in(cstring) IS 'input of segment.formula: parses the text';
CREATE FUNCTION segment.formula_out(segment.formula) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_out';
COMMENT ON FUNCTION segment.formula_out(segment.formula) IS 'output of segment.formula: the canonical text';
CREATE FUNCTION segment.formula_recv(internal) RETURNS segment.formula
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_formula_recv';
COMMENT ON FUNCTION segment.formula_recv(internal) IS 'binary input of segment.formula: a version byte and the text';
CREATE FUNCTION segment.formula_send(segment.formula) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_send';
COMMENT ON FUNCTION segment.formula_send(segment.formula) IS 'binary output of segment.formula: a version byte and the text';
CREATE TYPE segment.formula (
    INPUT = segment.formula_in, OUTPUT = segment.formula_out,
    RECEIVE = segment.formula_recv, SEND = segment.formula_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE segment.formula IS 'a number per member: a numeric expression of the definition language';

-- Two definitions are equal when their canonical texts are.
CREATE FUNCTION segment.definition_eq(segment.definition, segment.definition) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_eq';
COMMENT ON FUNCTION segment.definition_eq(segment.definition, segment.definition) IS 'implementation of = operator';
CREATE FUNCTION segment.definition_ne(segment.definition, segment.definition) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_ne';
COMMENT ON FUNCTION segment.definition_ne(segment.definition, segment.definition) IS 'implementation of <> operator';
CREATE FUNCTION segment.definition_hash(segment.definition) RETURNS int
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_hash';
COMMENT ON FUNCTION segment.definition_hash(segment.definition) IS 'hash of the canonical text';
CREATE FUNCTION segment.definition_hash_extended(segment.definition, bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_hash_extended';
COMMENT ON FUNCTION segment.definition_hash_extended(segment.definition, bigint) IS 'seeded hash of the canonical text';

CREATE FUNCTION segment.formula_eq(segment.formula, segment.formula) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_eq';
COMMENT ON FUNCTION segment.formula_eq(segment.formula, segment.formula) IS 'implementation of = operator';
CREATE FUNCTION segment.formula_ne(segment.formula, segment.formula) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_ne';
COMMENT ON FUNCTION segment.formula_ne(segment.formula, segment.formula) IS 'implementation of <> operator';
CREATE FUNCTION segment.formula_hash(segment.formula) RETURNS int
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_hash';
COMMENT ON FUNCTION segment.formula_hash(segment.formula) IS 'hash of the canonical text';
CREATE FUNCTION segment.formula_hash_extended(segment.formula, bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_hash_extended';
COMMENT ON FUNCTION segment.formula_hash_extended(segment.formula, bigint) IS 'seeded hash of the canonical text';

CREATE OPERATOR segment.= (
    LEFTARG = segment.definition, RIGHTARG = segment.definition, FUNCTION = segment.definition_eq,
    COMMUTATOR = OPERATOR(segment.=), NEGATOR = OPERATOR(segment.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES);
COMMENT ON OPERATOR segment.= (segment.definition, segment.definition) IS 'equal canonical text';
CREATE OPERATOR segment.<> (
    LEFTARG = segment.definition, RIGHTARG = segment.definition, FUNCTION = segment.definition_ne,
    COMMUTATOR = OPERATOR(segment.<>), NEGATOR = OPERATOR(segment.=), RESTRICT = neqsel, JOIN = neqjoinsel);
COMMENT ON OPERATOR segment.<> (segment.definition, segment.definition) IS 'different canonical text';
CREATE OPERATOR segment.= (
    LEFTARG = segment.formula, RIGHTARG = segment.formula, FUNCTION = segment.formula_eq,
    COMMUTATOR = OPERATOR(segment.=), NEGATOR = OPERATOR(segment.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES);
COMMENT ON OPERATOR segment.= (segment.formula, segment.formula) IS 'equal canonical text';
CREATE OPERATOR segment.<> (
    LEFTARG = segment.formula, RIGHTARG = segment.formula, FUNCTION = segment.formula_ne,
    COMMUTATOR = OPERATOR(segment.<>), NEGATOR = OPERATOR(segment.=), RESTRICT = neqsel, JOIN = neqjoinsel);
COMMENT ON OPERATOR segment.<> (segment.formula, segment.formula) IS 'different canonical text';

CREATE OPERATOR CLASS segment.definition_hash_ops DEFAULT FOR TYPE segment.definition USING hash AS
    OPERATOR 1 segment.= (segment.definition, segment.definition),
    FUNCTION 1 segment.definition_hash(segment.definition),
    FUNCTION 2 segment.definition_hash_extended(segment.definition, bigint);
CREATE OPERATOR CLASS segment.formula_hash_ops DEFAULT FOR TYPE segment.formula USING hash AS
    OPERATOR 1 segment.= (segment.formula, segment.formula),
    FUNCTION 1 segment.formula_hash(segment.formula),
    FUNCTION 2 segment.formula_hash_extended(segment.formula, bigint);

-- JSON, both ways without loss, for applications that build or take apart definitions.
CREATE FUNCTION segment.definition_to_jsonb(segment.definition) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_to_jsonb';
COMMENT ON FUNCTION segment.definition_to_jsonb(segment.definition) IS 'the syntax tree as JSON; implementation of the cast';
CREATE FUNCTION segment.definition_from_jsonb(jsonb) RETURNS segment.definition
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_from_jsonb';
COMMENT ON FUNCTION segment.definition_from_jsonb(jsonb) IS 'a definition from its syntax tree as JSON; implementation of the cast';
CREATE CAST (segment.definition AS jsonb) WITH FUNCTION segment.definition_to_jsonb(segment.definition);
COMMENT ON CAST (segment.definition AS jsonb) IS 'the syntax tree as JSON';
CREATE CAST (jsonb AS segment.definition) WITH FUNCTION segment.definition_from_jsonb(jsonb);
COMMENT ON CAST (jsonb AS segment.definition) IS 'a definition from its syntax tree as JSON';
CREATE FUNCTION segment.formula_to_jsonb(segment.formula) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_formula_to_jsonb';
COMMENT ON FUNCTION segment.formula_to_jsonb(segment.formula) IS 'the syntax tree as JSON; implementation of the cast';
CREATE FUNCTION segment.formula_from_jsonb(jsonb) RETURNS segment.formula
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_formula_from_jsonb';
COMMENT ON FUNCTION segment.formula_from_jsonb(jsonb) IS 'a formula from its syntax tree as JSON; implementation of the cast';
CREATE CAST (segment.formula AS jsonb) WITH FUNCTION segment.formula_to_jsonb(segment.formula);
COMMENT ON CAST (segment.formula AS jsonb) IS 'the syntax tree as JSON';
CREATE CAST (jsonb AS segment.formula) WITH FUNCTION segment.formula_from_jsonb(jsonb);
COMMENT ON CAST (jsonb AS segment.formula) IS 'a formula from its syntax tree as JSON';
CREATE FUNCTION segment.from_query_builder(rules jsonb) RETURNS segment.definition
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_from_query_builder';
COMMENT ON FUNCTION segment.from_query_builder(jsonb) IS 'a definition from a rule group of the npm package react-querybuilder';

-- Definitions combine as sets do.
CREATE FUNCTION segment.definition_and(segment.definition, segment.definition) RETURNS segment.definition
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_and';
COMMENT ON FUNCTION segment.definition_and(segment.definition, segment.definition) IS 'implementation of & operator';
CREATE FUNCTION segment.definition_or(segment.definition, segment.definition) RETURNS segment.definition
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_or';
COMMENT ON FUNCTION segment.definition_or(segment.definition, segment.definition) IS 'implementation of | operator';
CREATE FUNCTION segment.definition_and_not(segment.definition, segment.definition) RETURNS segment.definition
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_and_not';
COMMENT ON FUNCTION segment.definition_and_not(segment.definition, segment.definition) IS 'implementation of - operator';
CREATE FUNCTION segment.definition_not(segment.definition) RETURNS segment.definition
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_definition_not';
COMMENT ON FUNCTION segment.definition_not(segment.definition) IS 'implementation of ! operator';
CREATE OPERATOR segment.& (LEFTARG = segment.definition, RIGHTARG = segment.definition, FUNCTION = segment.definition_and);
COMMENT ON OPERATOR segment.& (segment.definition, segment.definition) IS 'who is in both';
CREATE OPERATOR segment.| (LEFTARG = segment.definition, RIGHTARG = segment.definition, FUNCTION = segment.definition_or);
COMMENT ON OPERATOR segment.| (segment.definition, segment.definition) IS 'who is in one or both';
CREATE OPERATOR segment.- (LEFTARG = segment.definition, RIGHTARG = segment.definition, FUNCTION = segment.definition_and_not);
COMMENT ON OPERATOR segment.- (segment.definition, segment.definition) IS 'who is in the first and not in the second';
CREATE OPERATOR segment.! (RIGHTARG = segment.definition, FUNCTION = segment.definition_not);
COMMENT ON OPERATOR segment.! (NONE, segment.definition) IS 'who is not in it';
