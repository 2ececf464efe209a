-- What led from the MRR at the start of a month to that at its end, for all accounts and for those that were in a segment when it
-- began:  psql -v since=2024-12-01 -v until=2025-01-01 -f examples/revenue.sql
SELECT coalesce(s.segment, 'all accounts') AS segment, m.starting_customers AS accounts, m.starting_mrr AS mrr, m.new_mrr AS "+ new",
       m.expansion_mrr AS "+ expansion", m.reactivation_mrr AS "+ reactivation", m.contraction_mrr AS "- contraction", m.churned_mrr AS "- churn",
       m.ending_mrr AS "= mrr", round(100 * m.nrr, 1) AS "nrr %", round(100 * m.grr, 1) AS "grr %"
FROM (VALUES (NULL), ('key_account'), ('at_risk'), ('champion'), ('ready_to_expand'), ('win_back')) AS s (segment),
     segment.mrr('account', :'since', :'until', segment => s.segment) AS m;
