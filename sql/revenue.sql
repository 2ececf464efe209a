-- Revenue: ledgers of subscription lines, and what can be asked of them. Works on any table; nothing has to be registered.

CREATE TYPE segment.revenue;

CREATE FUNCTION segment.revenue_in(cstring) RETURNS segment.revenue
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_in';
COMMENT ON FUNCTION segment.revenue_in(cstring) IS 'input of segment.revenue: hexadecimal digits of the binary form';
CREATE FUNCTION segment.revenue_out(segment.revenue) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_out';
COMMENT ON FUNCTION segment.revenue_out(segment.revenue) IS 'output of segment.revenue: hexadecimal digits of the binary form';
CREATE FUNCTION segment.revenue_recv(internal) RETURNS segment.revenue
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_recv';
COMMENT ON FUNCTION segment.revenue_recv(internal) IS 'binary input of segment.revenue: a version byte and a ledger, validated';
CREATE FUNCTION segment.revenue_send(segment.revenue) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_send';
COMMENT ON FUNCTION segment.revenue_send(segment.revenue) IS 'binary output of segment.revenue';
CREATE TYPE segment.revenue (
    INPUT = segment.revenue_in, OUTPUT = segment.revenue_out, RECEIVE = segment.revenue_recv, SEND = segment.revenue_send,
    INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = external
);
COMMENT ON TYPE segment.revenue IS 'a ledger: how the MRR of each member changed over time';

-- What the aggregates are made of.

CREATE FUNCTION segment.revenue_combine(internal, internal) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_combine';
COMMENT ON FUNCTION segment.revenue_combine(internal, internal) IS 'parallel part of revenue_agg and rollup_agg';
CREATE FUNCTION segment.revenue_serialize(internal) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_final';
COMMENT ON FUNCTION segment.revenue_serialize(internal) IS 'parallel part of revenue_agg and rollup_agg';
CREATE FUNCTION segment.revenue_deserialize(bytea, internal) RETURNS internal
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_deserialize';
COMMENT ON FUNCTION segment.revenue_deserialize(bytea, internal) IS 'parallel part of revenue_agg and rollup_agg';
CREATE FUNCTION segment.revenue_final(internal) RETURNS segment.revenue
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_final';
COMMENT ON FUNCTION segment.revenue_final(internal) IS 'the end of revenue_agg and rollup_agg';
CREATE FUNCTION segment.revenue_rollup(internal, segment.revenue) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_rollup';
COMMENT ON FUNCTION segment.revenue_rollup(internal, segment.revenue) IS 'a step of rollup_agg';
CREATE FUNCTION segment.revenue_add(internal, bigint, timestamptz, timestamptz, numeric) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_add_int8';
COMMENT ON FUNCTION segment.revenue_add(internal, bigint, timestamptz, timestamptz, numeric) IS 'a step of revenue_agg';
CREATE FUNCTION segment.revenue_add(internal, bigint, timestamp, timestamp, numeric) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_add_int8';
COMMENT ON FUNCTION segment.revenue_add(internal, bigint, timestamp, timestamp, numeric) IS 'a step of revenue_agg';
CREATE FUNCTION segment.revenue_add(internal, bigint, date, date, numeric) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_add_int8_dates';
COMMENT ON FUNCTION segment.revenue_add(internal, bigint, date, date, numeric) IS 'a step of revenue_agg';
CREATE FUNCTION segment.revenue_add(internal, uuid, timestamptz, timestamptz, numeric) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_add_uuid';
COMMENT ON FUNCTION segment.revenue_add(internal, uuid, timestamptz, timestamptz, numeric) IS 'a step of revenue_agg';
CREATE FUNCTION segment.revenue_add(internal, uuid, timestamp, timestamp, numeric) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_add_uuid';
COMMENT ON FUNCTION segment.revenue_add(internal, uuid, timestamp, timestamp, numeric) IS 'a step of revenue_agg';
CREATE FUNCTION segment.revenue_add(internal, uuid, date, date, numeric) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_add_uuid_dates';
COMMENT ON FUNCTION segment.revenue_add(internal, uuid, date, date, numeric) IS 'a step of revenue_agg';
CREATE FUNCTION segment.revenue_add(internal, text, timestamptz, timestamptz, numeric) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_add_text';
COMMENT ON FUNCTION segment.revenue_add(internal, text, timestamptz, timestamptz, numeric) IS 'a step of revenue_agg';
CREATE FUNCTION segment.revenue_add(internal, text, timestamp, timestamp, numeric) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_add_text';
COMMENT ON FUNCTION segment.revenue_add(internal, text, timestamp, timestamp, numeric) IS 'a step of revenue_agg';
CREATE FUNCTION segment.revenue_add(internal, text, date, date, numeric) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_revenue_add_text_dates';
COMMENT ON FUNCTION segment.revenue_add(internal, text, date, date, numeric) IS 'a step of revenue_agg';

CREATE AGGREGATE segment.revenue_agg(member bigint, starts_at timestamptz, ends_at timestamptz, mrr numeric) (
    SFUNC = segment.revenue_add,
    STYPE = internal, SSPACE = 1024, FINALFUNC = segment.revenue_final, COMBINEFUNC = segment.revenue_combine,
    SERIALFUNC = segment.revenue_serialize, DESERIALFUNC = segment.revenue_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.revenue_agg(bigint, timestamptz, timestamptz, numeric) IS
    'the ledger of lines: member, starts_at, ends_at (null while it is open), MRR';
CREATE AGGREGATE segment.revenue_agg(member bigint, starts_at timestamp, ends_at timestamp, mrr numeric) (
    SFUNC = segment.revenue_add,
    STYPE = internal, SSPACE = 1024, FINALFUNC = segment.revenue_final, COMBINEFUNC = segment.revenue_combine,
    SERIALFUNC = segment.revenue_serialize, DESERIALFUNC = segment.revenue_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.revenue_agg(bigint, timestamp, timestamp, numeric) IS
    'the ledger of lines: member, starts_at, ends_at (null while it is open), MRR; times are in UTC';
CREATE AGGREGATE segment.revenue_agg(member bigint, starts_at date, ends_at date, mrr numeric) (
    SFUNC = segment.revenue_add,
    STYPE = internal, SSPACE = 1024, FINALFUNC = segment.revenue_final, COMBINEFUNC = segment.revenue_combine,
    SERIALFUNC = segment.revenue_serialize, DESERIALFUNC = segment.revenue_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.revenue_agg(bigint, date, date, numeric) IS
    'the ledger of lines: member, starts_at, ends_at (null while it is open), MRR; dates are midnight in UTC';
CREATE AGGREGATE segment.revenue_agg(member uuid, starts_at timestamptz, ends_at timestamptz, mrr numeric) (
    SFUNC = segment.revenue_add,
    STYPE = internal, SSPACE = 1024, FINALFUNC = segment.revenue_final, COMBINEFUNC = segment.revenue_combine,
    SERIALFUNC = segment.revenue_serialize, DESERIALFUNC = segment.revenue_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.revenue_agg(uuid, timestamptz, timestamptz, numeric) IS
    'the ledger of lines: member, starts_at, ends_at (null while it is open), MRR';
CREATE AGGREGATE segment.revenue_agg(member uuid, starts_at timestamp, ends_at timestamp, mrr numeric) (
    SFUNC = segment.revenue_add,
    STYPE = internal, SSPACE = 1024, FINALFUNC = segment.revenue_final, COMBINEFUNC = segment.revenue_combine,
    SERIALFUNC = segment.revenue_serialize, DESERIALFUNC = segment.revenue_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.revenue_agg(uuid, timestamp, timestamp, numeric) IS
    'the ledger of lines: member, starts_at, ends_at (null while it is open), MRR; times are in UTC';
CREATE AGGREGATE segment.revenue_agg(member uuid, starts_at date, ends_at date, mrr numeric) (
    SFUNC = segment.revenue_add,
    STYPE = internal, SSPACE = 1024, FINALFUNC = segment.revenue_final, COMBINEFUNC = segment.revenue_combine,
    SERIALFUNC = segment.revenue_serialize, DESERIALFUNC = segment.revenue_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.revenue_agg(uuid, date, date, numeric) IS
    'the ledger of lines: member, starts_at, ends_at (null while it is open), MRR; dates are midnight in UTC';
CREATE AGGREGATE segment.revenue_agg(member text, starts_at timestamptz, ends_at timestamptz, mrr numeric) (
    SFUNC = segment.revenue_add,
    STYPE = internal, SSPACE = 1024, FINALFUNC = segment.revenue_final, COMBINEFUNC = segment.revenue_combine,
    SERIALFUNC = segment.revenue_serialize, DESERIALFUNC = segment.revenue_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.revenue_agg(text, timestamptz, timestamptz, numeric) IS
    'the ledger of lines: member, starts_at, ends_at (null while it is open), MRR';
CREATE AGGREGATE segment.revenue_agg(member text, starts_at timestamp, ends_at timestamp, mrr numeric) (
    SFUNC = segment.revenue_add,
    STYPE = internal, SSPACE = 1024, FINALFUNC = segment.revenue_final, COMBINEFUNC = segment.revenue_combine,
    SERIALFUNC = segment.revenue_serialize, DESERIALFUNC = segment.revenue_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.revenue_agg(text, timestamp, timestamp, numeric) IS
    'the ledger of lines: member, starts_at, ends_at (null while it is open), MRR; times are in UTC';
CREATE AGGREGATE segment.revenue_agg(member text, starts_at date, ends_at date, mrr numeric) (
    SFUNC = segment.revenue_add,
    STYPE = internal, SSPACE = 1024, FINALFUNC = segment.revenue_final, COMBINEFUNC = segment.revenue_combine,
    SERIALFUNC = segment.revenue_serialize, DESERIALFUNC = segment.revenue_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.revenue_agg(text, date, date, numeric) IS
    'the ledger of lines: member, starts_at, ends_at (null while it is open), MRR; dates are midnight in UTC';
CREATE AGGREGATE segment.rollup_agg(segment.revenue) (
    SFUNC = segment.revenue_rollup,
    STYPE = internal, SSPACE = 1024, FINALFUNC = segment.revenue_final, COMBINEFUNC = segment.revenue_combine,
    SERIALFUNC = segment.revenue_serialize, DESERIALFUNC = segment.revenue_deserialize, PARALLEL = SAFE
);
COMMENT ON AGGREGATE segment.rollup_agg(segment.revenue) IS 'the ledger of all lines of several ledgers';

-- Questions.

CREATE FUNCTION segment.mrr_at(ledger segment.revenue, at timestamptz) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_mrr_at';
COMMENT ON FUNCTION segment.mrr_at(segment.revenue, timestamptz) IS 
    'the MRR of all members at an instant, with the lines that start then';
CREATE FUNCTION segment.customers_at(ledger segment.revenue, at timestamptz) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_customers_at';
COMMENT ON FUNCTION segment.customers_at(segment.revenue, timestamptz) IS 'how many members have MRR at an instant';
CREATE FUNCTION segment.movements(
    ledger segment.revenue, since timestamp, until timestamp, grain interval DEFAULT '1 month', time_zone text DEFAULT 'UTC',
    granularity text DEFAULT 'net', reactivation_within interval DEFAULT NULL,
    OUT period_start timestamptz, OUT period_end timestamptz, OUT starting_mrr numeric, OUT new_mrr numeric, OUT expansion_mrr numeric,
    OUT contraction_mrr numeric, OUT churned_mrr numeric, OUT reactivation_mrr numeric, OUT ending_mrr numeric,
    OUT starting_customers bigint, OUT new_customers bigint, OUT churned_customers bigint, OUT reactivated_customers bigint,
    OUT ending_customers bigint, OUT logo_churn_rate numeric, OUT gross_mrr_churn_rate numeric, OUT net_mrr_churn_rate numeric,
    OUT net_mrr_churn_rate_excl_reactivation numeric, OUT grr numeric, OUT nrr numeric, OUT quick_ratio numeric, OUT arpa numeric,
    OUT asp numeric, OUT ltv numeric) RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL SAFE ROWS 24 AS 'MODULE_PATHNAME', 'segment_movements';
COMMENT ON FUNCTION segment.movements(segment.revenue, timestamp, timestamp, interval, text, text, interval) IS
    'what led from the MRR at the start of each period to that at its end; since and until are local times in the time zone';
CREATE FUNCTION segment.nrr(ledger segment.revenue, since timestamp, until timestamp, time_zone text DEFAULT 'UTC') RETURNS numeric
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_nrr';
COMMENT ON FUNCTION segment.nrr(segment.revenue, timestamp, timestamp, text) IS 
    'net revenue retention: the MRR at the end of those who were customers at the start, over their MRR at the start';
CREATE FUNCTION segment.grr(ledger segment.revenue, since timestamp, until timestamp, time_zone text DEFAULT 'UTC') RETURNS numeric
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_grr';
COMMENT ON FUNCTION segment.grr(segment.revenue, timestamp, timestamp, text) IS 
    'gross revenue retention: as nrr, but of each customer at most his MRR at the start';
CREATE FUNCTION segment.logo_churn(ledger segment.revenue, since timestamp, until timestamp, time_zone text DEFAULT 'UTC') RETURNS numeric
    LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'segment_logo_churn';
COMMENT ON FUNCTION segment.logo_churn(segment.revenue, timestamp, timestamp, text) IS 
    'the share of the customers at the start who are none at the end';
CREATE FUNCTION segment.ignored_lines(ledger segment.revenue, OUT reason text, OUT lines bigint) RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 4 AS 'MODULE_PATHNAME', 'segment_ignored_lines';
COMMENT ON FUNCTION segment.ignored_lines(segment.revenue) IS 'how many lines revenue_agg has ignored, by reason';
