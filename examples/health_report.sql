-- Health by segment, and why the account with the lowest is where it is.
SELECT segment, members, round(average::numeric, 1) AS health, bands FROM segment.score_by_segment('health') WHERE with_score > 0 ORDER BY average, segment;

SELECT s.key AS account, round(s.score::numeric, 1) AS health, e.metric, round(e.value::numeric, 2) AS value, round(e.normalized::numeric, 2) AS part,
       round(e.contribution::numeric, 1) AS points
FROM (SELECT key, score FROM segment.scores('health') WHERE score IS NOT NULL ORDER BY score, key LIMIT 1) AS s,
     segment.explain_score('health', s.key) AS e
ORDER BY e.contribution, e.metric;
