-- Why a score is what it is, and whether it told who would leave: against plain SQL.
SET client_min_messages = notice;
CREATE SCHEMA checks;
SET search_path = checks, public;
CREATE TABLE member (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), number int, engaged int, noise int, churned_at timestamptz);
INSERT INTO member (number, engaged, noise) SELECT i, (i * 37) % 100, (i * 61) % 100 FROM generate_series(1, 300) AS i;
UPDATE member SET engaged = NULL WHERE number % 23 = 0;
CREATE TABLE visit (member uuid, at timestamptz);
INSERT INTO visit SELECT id, now() - interval '120 days' FROM member, generate_series(1, 3) AS n WHERE n <= number % 4;
CREATE INDEX ON visit (member, at);
SELECT segment.create_population('member', 'member', key => 'id') > 0 AS created;
SELECT segment.add_events('member', 'visit', 'visit', key => 'member', occurred_at => 'at');
SELECT segment.create_score('health', 'member') > 0 AS created;
SELECT segment.add_score_metric('health', 'engaged', 'engaged', worst => 0, best => 100);
SELECT segment.add_score_metric('health', 'noise', 'noise', shape => 'percentile');
SELECT segment.add_score_metric('health', 'visits', $$count of 'visit' within 90 days$$, worst => 0, best => 3);
SELECT segment.explain_score('health', (SELECT id FROM member WHERE number = 1));
SELECT count(*) FROM segment.refresh('member', as_of => now() - interval '95 days');

-- What metrics contribute adds up, and is what the values say.
CREATE TABLE expected AS SELECT id, number, engaged / 100.0 AS engaged, percent_rank() OVER (ORDER BY noise) AS noise, number % 4 / 3.0 AS visits FROM member;
SELECT count(*) FILTER (WHERE abs(s.score - 100 * (coalesce(engaged, 0) + noise + visits) / (CASE WHEN engaged IS NULL THEN 2 ELSE 3 END)) > 1e-6) AS different,
       count(*) FROM expected JOIN member_score_health AS s ON s.key = id;
SELECT bool_and(abs(mean - population_mean) < 1e-9) FROM segment.score_metric
JOIN (SELECT avg(engaged), avg(noise), avg(visits) FROM expected) AS e (engaged, noise, visits) ON true,
LATERAL (SELECT (CASE metric WHEN 'engaged' THEN e.engaged WHEN 'noise' THEN e.noise ELSE e.visits END)::float8) AS m (mean) WHERE score = 'health';
SELECT number, x.metric, round(x.value::numeric, 3) AS value, abs(x.normalized - CASE x.metric WHEN 'engaged' THEN e.engaged WHEN 'noise' THEN e.noise ELSE e.visits END) < 1e-9 AS as_expected,
       round(x.weight::numeric, 3) AS weight, x.contribution IS NOT DISTINCT FROM 0 AS none
FROM expected AS e, LATERAL segment.explain_score('health', e.id) AS x WHERE number IN (1, 23) ORDER BY number, x.metric;
SELECT count(*) FROM expected AS e JOIN member_score_health AS s ON s.key = e.id,
LATERAL (SELECT sum(contribution), sum(100 * weight * population_mean) FROM segment.explain_score('health', e.id::text)) AS x (moved, means)
WHERE number < 40 AND abs(s.score - x.means - x.moved) > 1e-6;
SELECT * FROM segment.explain_score('health', gen_random_uuid()) WHERE false;
\set VERBOSITY terse
SELECT * FROM segment.explain_score('health', '00000000-0000-0000-0000-000000000000');
\set VERBOSITY default
SELECT * FROM segment.explain_score('health', NULL::text);
SELECT * FROM segment.explain_score(NULL, 'x');

-- Those with a low score leave more often; a tenth of them had left before.
UPDATE member AS m SET churned_at = now() - CASE WHEN m.number % 10 = 0 THEN interval '200 days' ELSE interval '30 days' END
FROM member_score_health AS s WHERE s.key = m.id AND s.score < 30 + (m.number * 7) % 45;
CREATE VIEW cohort AS SELECT m.id, h.score, m.churned_at IS NOT NULL AS churned FROM member AS m JOIN member_score_health_history AS h ON h.key = m.id
WHERE h.score IS NOT NULL AND (m.churned_at IS NULL OR m.churned_at > now() - interval '90 days');
CREATE TABLE found AS SELECT * FROM segment.validate_score('health', 'churned_at <= now()', '90 days');
SELECT members = (SELECT count(*) FROM cohort) AS members, churned_members = (SELECT count(*) FILTER (WHERE churned) FROM cohort) AS churned,
       abs(value - (SELECT avg(CASE WHEN a.score < b.score THEN 1 WHEN a.score = b.score THEN 0.5 ELSE 0 END) FROM cohort AS a, cohort AS b WHERE a.churned AND NOT b.churned)) < 1e-9 AS auc,
       value > 0.7 AS tells
FROM found WHERE statistic = 'auc';
SELECT count(*) AS deciles, bool_and((f.members, f.churned_members, f.lowest, f.highest) IS NOT DISTINCT FROM (e.members, e.churned, e.lowest, e.highest)) AS as_expected,
       bool_and(abs(f.value - e.churned::float8 / e.members) < 1e-12) AS rates
FROM found AS f JOIN (
    SELECT 1 + floor(10.0 * (rank - 1) / n) AS decile, count(*) AS members, count(*) FILTER (WHERE churned) AS churned, min(score) AS lowest, max(score) AS highest
    FROM (SELECT *, rank() OVER (ORDER BY score), count(*) OVER () AS n FROM cohort) AS ranked GROUP BY 1) AS e ON e.decile = f.decile
WHERE statistic = 'decile';
SELECT abs(f.value - e.part) < 1e-12 AS monotonicity FROM found AS f, (
    SELECT avg((rate <= before)::int) AS part FROM (SELECT value AS rate, lag(value) OVER (ORDER BY decile) AS before FROM found WHERE statistic = 'decile' AND members > 0) AS r WHERE before IS NOT NULL) AS e
WHERE statistic = 'monotonicity';
SELECT abs(sum(value) - 1) < 1e-9 AS one, bool_and(value >= 0) AS none_negative FROM found WHERE statistic = 'weight';
-- Who never had a score, who had left, and nobody.
SELECT statistic, members, churned_members, value FROM segment.validate_score('health', 'churned_at <= now()', '300 days') WHERE statistic IN ('auc', 'monotonicity', 'weight');
SELECT statistic, value FROM segment.validate_score('health', 'churned_at is set'::segment.definition, '90 days') WHERE statistic = 'auc';

-- Refused.
SELECT * FROM segment.validate_score('health', 'churned_at is', '90 days');
SELECT * FROM segment.validate_score('health', 'left_at is set', '90 days');
SELECT * FROM segment.validate_score('health', 'churned_at is set', '0 days');
SELECT * FROM segment.validate_score('health', 'churned_at is set', NULL);
SELECT * FROM segment.validate_score('wealth', 'churned_at is set', '90 days');
CREATE ROLE check_reader;
GRANT USAGE ON SCHEMA checks TO check_reader;
GRANT SELECT ON member_segment_member, member_score_health, member_score_health_history TO check_reader;
SET ROLE check_reader;
\set VERBOSITY terse
SELECT * FROM segment.explain_score('health', '00000000-0000-0000-0000-000000000000');
SELECT * FROM segment.validate_score('health', 'churned_at <= now()', '90 days');
RESET ROLE;
GRANT SELECT ON member, visit TO check_reader;
SET ROLE check_reader;
SELECT count(*) FROM segment.explain_score('health', (SELECT id FROM member WHERE number = 7));
RESET ROLE;
DROP VIEW cohort;
SELECT segment.drop_population('member', cascade => true);
DROP SCHEMA checks CASCADE;
DROP OWNED BY check_reader;
DROP ROLE check_reader;
