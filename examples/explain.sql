-- What was found of one account in each segment that goes by its usage, tickets and cancellations, and when time alone changes it.
SET timezone = 'UTC';

SELECT s.segment, s.account_id AS account, e.condition, e.value, e.changes_at
FROM (SELECT segment, min(account_id) AS account_id FROM account_segment
      WHERE segment IN ('usage_falling', 'disappointed', 'lost_over_support', 'came_back') GROUP BY segment) AS s,
     segment.explain(s.segment, s.account_id, :'day') AS e
WHERE e.path = '1'
ORDER BY s.segment;
