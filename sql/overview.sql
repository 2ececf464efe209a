-- The overview: all that is known of a segment in a row.

CREATE VIEW segment.overview WITH (security_barrier) AS
    SELECT s.name AS segment, p.name AS population, s.members,
           s.members::pg_catalog.float8 OPERATOR(pg_catalog./) nullif(last_run.member_rows, 0)::pg_catalog.float8 AS share,
           last_run.member_rows AS population_rows,
           -- Sums of amounts are for those who may read all of the amounts, means of scores for those who may read all of the scores.
           CASE WHEN NOT EXISTS (
               SELECT 1 FROM segment.catalog_source c,
                   pg_catalog.to_regclass(pg_catalog.format('%I.%I', c.relation_schema, c.relation_name)) AS relation
               WHERE c.population_id OPERATOR(pg_catalog.=) p.id AND c.kind OPERATOR(pg_catalog.=) 'subscriptions'
                   AND (pg_catalog.has_table_privilege(relation, 'SELECT')
                        AND (a.may_change OR NOT pg_catalog.row_security_active(relation))) IS NOT TRUE) THEN s.mrr END AS mrr,
           (SELECT pg_catalog.jsonb_object_agg(c.name, m.mean) FROM segment.catalog_score_mean m
            JOIN segment.catalog_score c ON c.id OPERATOR(pg_catalog.=) m.score_id,
                pg_catalog.to_regclass(
                    pg_catalog.format('%I.%I', p.schema, p.prefix OPERATOR(pg_catalog.||) '_score_' OPERATOR(pg_catalog.||) c.name)) AS relation
            WHERE m.segment_id OPERATOR(pg_catalog.=) s.id AND pg_catalog.has_table_privilege(relation, 'SELECT')
                AND (a.may_change OR NOT pg_catalog.row_security_active(relation))) AS scores,
           s.refreshed_at, s.as_of,
           s.refreshed_version IS DISTINCT FROM s.version AS stale, s.includes OR s.excludes AS overridden,
           (SELECT pg_catalog.array_agg(u.name ORDER BY u.name) FROM segment.catalog_segment_use x
            JOIN segment.catalog_segment u ON u.id OPERATOR(pg_catalog.=) x.segment_id
            WHERE x.used_id OPERATOR(pg_catalog.=) s.id) AS used_by,
           segment.visible_error(coalesce(p.last_error, s.last_error), a.may_change) AS last_error, s.owner, s.tags, s.description
    FROM segment.catalog_segment s
    JOIN segment.catalog_population p ON p.id OPERATOR(pg_catalog.=) s.population_id
    JOIN segment.catalog_access a ON a.population_id OPERATOR(pg_catalog.=) p.id
    LEFT JOIN LATERAL (
        SELECT r.member_rows FROM segment.catalog_refresh_run r
        WHERE r.population_id OPERATOR(pg_catalog.=) p.id AND r.error IS NULL ORDER BY r.id DESC LIMIT 1) AS last_run ON true
    WHERE a.may_read;
COMMENT ON VIEW segment.overview IS
    'the segments that the current user may read at a glance: size, share of the population''s rows, MRR, mean scores, freshness, users';
GRANT SELECT ON segment.overview TO PUBLIC;
