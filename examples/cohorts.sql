-- What is left of the MRR that accounts came with, by the quarter of their first subscription; a column per quarter since then, the last row over
-- all of them:  psql -v since=2023-01-01 -v until=2025-01-01 -f examples/cohorts.sql
SELECT coalesce(to_char(cohort_start AT TIME ZONE 'UTC', '"Q"Q YYYY'), 'all') AS cohort, max(of_members) AS accounts, max(of_net_mrr) AS mrr,
       max(percent) FILTER (WHERE age = 0) AS "nrr %", max(percent) FILTER (WHERE age = 1) AS "+ 1", max(percent) FILTER (WHERE age = 2) AS "+ 2",
       max(percent) FILTER (WHERE age = 3) AS "+ 3", max(percent) FILTER (WHERE age = 4) AS "+ 4", max(percent) FILTER (WHERE age = 5) AS "+ 5",
       max(percent) FILTER (WHERE age = 6) AS "+ 6", max(percent) FILTER (WHERE age = 7) AS "+ 7"
FROM (SELECT *, round(100 * nrr, 1) AS percent FROM segment.cohorts('account', :'since', :'until', '3 months')) AS c
GROUP BY cohort_start
ORDER BY cohort_start;
