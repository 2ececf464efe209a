-- Brings the members up to date as of a day:  psql -v day=2024-12-01 -f examples/refresh.sql
SET timezone = 'UTC';  -- the population's zone

SELECT segment, members, round(100.0 * members / (SELECT count(*) FROM account), 1) AS "share %", entered, exited
FROM segment.refresh('account', as_of => :'day');
