-- Who entered and exited with the refresh of a day:  psql -v day=2024-12-31 -f examples/changes.sql
SET timezone = 'UTC';

SELECT s.name AS segment, c.change, count(*) AS accounts,
       array_to_string((array_agg(a.account_name ORDER BY a.signup_date, a.account_id))[1:5], ', ')
           || CASE WHEN count(*) > 5 THEN format(' and %s more', count(*) - 5) ELSE '' END AS who
FROM account_segment_change c
JOIN account_segment_name s USING (segment_id)
JOIN account a USING (account_id)
WHERE c.as_of = :'day'
GROUP BY s.name, c.change
ORDER BY s.name, c.change;
