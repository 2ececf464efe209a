-- A segment as plain SQL.
\pset tuples_only on
\pset format unaligned
SELECT segment.to_sql('at_risk');
