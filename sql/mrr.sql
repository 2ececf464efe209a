-- Revenue of a population's members: what add_subscriptions has registered, by period and segment.

CREATE FUNCTION segment.mrr(
    population text, since timestamp, until timestamp, grain interval DEFAULT '1 month', segment text DEFAULT NULL, by text DEFAULT NULL,
    filter text DEFAULT NULL, membership text DEFAULT 'start', granularity text DEFAULT 'net', reactivation_within interval DEFAULT NULL,
    OUT period_start timestamptz, OUT period_end timestamptz, OUT by_value text, OUT starting_mrr numeric, OUT new_mrr numeric,
    OUT expansion_mrr numeric, OUT contraction_mrr numeric, OUT churned_mrr numeric, OUT reactivation_mrr numeric,
    OUT transfer_in_mrr numeric, OUT transfer_out_mrr numeric, OUT ending_mrr numeric, OUT starting_customers bigint,
    OUT new_customers bigint, OUT churned_customers bigint, OUT reactivated_customers bigint, OUT ending_customers bigint,
    OUT logo_churn_rate numeric, OUT gross_mrr_churn_rate numeric, OUT net_mrr_churn_rate numeric,
    OUT net_mrr_churn_rate_excl_reactivation numeric, OUT grr numeric, OUT nrr numeric, OUT quick_ratio numeric, OUT arpa numeric,
    OUT asp numeric, OUT ltv numeric, OUT membership_used text,
    OUT complete boolean) RETURNS SETOF record
    LANGUAGE C STABLE ROWS 24 AS 'MODULE_PATHNAME', 'segment_mrr';
COMMENT ON FUNCTION segment.mrr(text, timestamp, timestamp, interval, text, text, text, text, text, interval) IS
    'MRR, its movements and rates by period until the present, of all members, a segment, or each value of a trait or scheme; local times in the population''s zone';

CREATE FUNCTION segment.mrr_events(
    population text, since timestamp, until timestamp, filter text DEFAULT NULL, reactivation_within interval DEFAULT NULL,
    OUT key text, OUT at timestamptz, OUT movement text, OUT amount numeric, OUT mrr_before numeric, OUT mrr_after numeric)
    RETURNS SETOF record
    LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'segment_mrr_events';
COMMENT ON FUNCTION segment.mrr_events(text, timestamp, timestamp, text, interval) IS
    'every movement of every member between two local times, in the order of time: the rows behind segment.mrr';

CREATE FUNCTION segment.cohorts(
    population text, since timestamp, until timestamp, grain interval DEFAULT '1 month', segment text DEFAULT NULL, by text DEFAULT NULL,
    filter text DEFAULT NULL, relative text DEFAULT 'start',
    OUT cohort_start timestamptz, OUT cohort_end timestamptz, OUT by_value text, OUT age int, OUT period_start timestamptz,
    OUT period_end timestamptz, OUT complete boolean, OUT members bigint, OUT net_mrr numeric, OUT gross_mrr numeric, OUT quantity numeric,
    OUT of_members bigint, OUT of_net_mrr numeric, OUT of_gross_mrr numeric, OUT of_quantity numeric, OUT logo_retention numeric,
    OUT nrr numeric, OUT grr numeric, OUT quantity_retention numeric) RETURNS SETOF record
    LANGUAGE C STABLE ROWS 300 AS 'MODULE_PATHNAME', 'segment_cohorts';
COMMENT ON FUNCTION segment.cohorts(text, timestamp, timestamp, interval, text, text, text, text) IS
    'members by the period of their first MRR: what is left of them and their revenue by the end of each later one, and of all cohorts together';

CREATE FUNCTION segment.committed_mrr(
    population text, at timestamp, segment text DEFAULT NULL, by text DEFAULT NULL, filter text DEFAULT NULL,
    as_of timestamptz DEFAULT pg_catalog.now(),
    OUT by_value text, OUT mrr numeric, OUT new_mrr numeric, OUT expansion_mrr numeric, OUT contraction_mrr numeric, OUT churned_mrr numeric,
    OUT reactivation_mrr numeric, OUT committed_mrr numeric, OUT customers bigint, OUT committed_customers bigint) RETURNS SETOF record
    LANGUAGE C STABLE ROWS 10 AS 'MODULE_PATHNAME', 'segment_committed_mrr';
COMMENT ON FUNCTION segment.committed_mrr(text, timestamp, text, text, text, timestamptz) IS
    'the MRR as of an instant, the starts and ends that are scheduled until a local time, and the MRR with them';
