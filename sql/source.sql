-- Sources: relations with many rows per member.

CREATE FUNCTION segment.add_events(
    population text, name text, relation text, key name, occurred_at name, event_name name DEFAULT NULL, tie_break name DEFAULT NULL,
    if_exists text DEFAULT 'error') RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_events';
COMMENT ON FUNCTION segment.add_events(text, text, text, name, name, name, name, text) IS
    'registers a relation whose rows are events of the population''s members';

CREATE FUNCTION segment.add_events(
    population text, name text, relation regclass, key name, occurred_at name, event_name name DEFAULT NULL, tie_break name DEFAULT NULL,
    if_exists text DEFAULT 'error') RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_events_regclass';
COMMENT ON FUNCTION segment.add_events(text, text, regclass, name, name, name, name, text) IS
    'registers a relation whose rows are events of the population''s members';

CREATE FUNCTION segment.add_subscriptions(
    population text, name text, relation text, key name, starts_at name, ends_at name, mrr name, plan name DEFAULT NULL,
    quantity name DEFAULT NULL, currency name DEFAULT NULL, billing_interval name DEFAULT NULL, trial_ends_at name DEFAULT NULL,
    renews_at name DEFAULT NULL, churn_reason name DEFAULT NULL, if_exists text DEFAULT 'error') RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_subscriptions';
COMMENT ON FUNCTION segment.add_subscriptions(text, text, text, name, name, name, name, name, name, name, name, name, name, name, text) IS
    'registers a relation whose rows are subscription lines of the population''s members';

CREATE FUNCTION segment.add_subscriptions(
    population text, name text, relation regclass, key name, starts_at name, ends_at name, mrr name, plan name DEFAULT NULL,
    quantity name DEFAULT NULL, currency name DEFAULT NULL, billing_interval name DEFAULT NULL, trial_ends_at name DEFAULT NULL,
    renews_at name DEFAULT NULL, churn_reason name DEFAULT NULL, if_exists text DEFAULT 'error') RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_add_subscriptions_regclass';
COMMENT ON FUNCTION segment.add_subscriptions(text, text, regclass, name, name, name, name, name, name, name, name, name, name, name, text) IS
    'registers a relation whose rows are subscription lines of the population''s members';

CREATE FUNCTION segment.alter_source(
    population text, name text, new_name text DEFAULT NULL, relation text DEFAULT NULL, key name DEFAULT NULL, columns jsonb DEFAULT NULL)
    RETURNS void
    LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'segment_alter_source';
COMMENT ON FUNCTION segment.alter_source(text, text, text, text, name, jsonb) IS
    'changes what is not null of a source of events or subscriptions, of a parent or a trait relation, after checking that all definitions still hold good';

CREATE FUNCTION segment.remove_source(population text, name text) RETURNS void
    LANGUAGE C VOLATILE STRICT AS 'MODULE_PATHNAME', 'segment_remove_source';
COMMENT ON FUNCTION segment.remove_source(text, text) IS 'forgets a source that no definition uses; its relation stays';

CREATE FUNCTION segment.event_names(population text)
    RETURNS TABLE (source text, event text, rows bigint, last_seen timestamptz)
    LANGUAGE C STABLE STRICT AS 'MODULE_PATHNAME', 'segment_event_names';
COMMENT ON FUNCTION segment.event_names(text) IS 'the events in the population''s sources by name, as registrations and refreshes have seen them';

CREATE VIEW segment.source WITH (security_barrier) AS
    SELECT p.name AS population, s.name, s.kind, pg_catalog.format('%I.%I', s.relation_schema, s.relation_name) AS relation, s.key, s.columns
    FROM (SELECT t.population_id, t.prefix AS name,
                 CASE WHEN t.foreign_key IS NULL THEN 'traits' ELSE 'parent' END::pg_catalog.text AS kind,
                 t.relation_schema, t.relation_name, t.key,
                 CASE WHEN t.foreign_key IS NOT NULL THEN pg_catalog.jsonb_build_object('foreign_key', t.foreign_key) END AS columns
          FROM segment.catalog_traits t
          UNION ALL
          SELECT e.population_id, e.name, e.kind, e.relation_schema, e.relation_name, e.key, e.columns
          FROM segment.catalog_source e) s
    JOIN segment.catalog_population p ON p.id OPERATOR(pg_catalog.=) s.population_id
    JOIN segment.catalog_access a ON a.population_id OPERATOR(pg_catalog.=) p.id
    WHERE a.may_read;
COMMENT ON VIEW segment.source IS 'the relations added to the populations that the current user may read';
GRANT SELECT ON segment.source TO PUBLIC;
