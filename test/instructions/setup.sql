-- What the counted statements work on.
CREATE EXTENSION segment;
CREATE TABLE customer AS
    SELECT i AS id, (ARRAY['free', 'pro', 'team', NULL])[1 + i % 4] AS plan, i % 50 AS seats, (i * 7919 % 100000) / 100.0 AS mrr,
           (ARRAY['DE', 'AT', 'CH'])[1 + i % 3] AS country, timestamptz '2026-01-01' - (i % 400) * interval '1 day' AS signup_at
    FROM generate_series(1, 20000) AS i;
ALTER TABLE customer ADD PRIMARY KEY (id);
SELECT segment.create_population('customer', 'customer', key => 'id');
SELECT segment.create_segment('s' || i, 'customer', format('plan = %L and seats between %s and %s or mrr >= %s and country != ''CH''',
    (ARRAY['free', 'pro', 'team'])[1 + i % 3], i % 10, 20 + i % 30, i * 9)) FROM generate_series(1, 50) AS i;
SELECT count(*) FROM segment.refresh('customer', as_of => '2026-01-02');
VACUUM (FREEZE, ANALYZE);
