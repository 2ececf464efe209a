-- What each condition of a definition takes away or lets in; counts by hand over the numbers 1 to 100.
CREATE TABLE n (id int PRIMARY KEY, half boolean, third boolean);
INSERT INTO n SELECT i, i % 2 = 0, i % 3 = 0 FROM generate_series(1, 100) AS i;
SELECT segment.create_population('n', 'n', key => 'id', base => 'id <= 90') IS NOT NULL AS created;
SELECT segment.create_segment('even', 'n', 'half') IS NOT NULL AS created;
SELECT * FROM segment.attrition('n', 'half and third and id > 30');
-- id >= 0 is redundant, third within the second or adds nobody.
SELECT * FROM segment.attrition('n', 'id >= 0 and (half or third and half) and not (id > 10 and id <= 20)');
SELECT * FROM segment.attrition('n', 'third or half or id <= 3');
SELECT * FROM segment.attrition('n', $$in segment 'even'$$::segment.definition);
SELECT * FROM segment.attrition('n', 'not half');
SELECT * FROM segment.attrition('n', 'everyone');
-- The same by hand: counts of a nested definition, each condition left out in turn.
SELECT * FROM segment.attrition('n', $$(half or id between 1 and 9) and (third or in segment 'even' and id > 80)$$);
SELECT count(*) FILTER (WHERE half OR id <= 9) AS "1", count(*) FILTER (WHERE half) AS "1.1",
       count(*) FILTER (WHERE (half OR id <= 9) AND (third OR half AND id > 80)) AS "2",
       count(*) FILTER (WHERE (half OR id <= 9) AND half AND id > 80) AS "2.2.2",
       count(*) FILTER (WHERE third OR half AND id > 80) AS "without 1",
       count(*) FILTER (WHERE id <= 9 AND (third OR half AND id > 80)) AS "without 1.1",
       count(*) FILTER (WHERE half OR id <= 9) AS "without 2",
       count(*) FILTER (WHERE (half OR id <= 9) AND half AND id > 80) AS "without 2.1",
       count(*) FILTER (WHERE (half OR id <= 9) AND (third OR half)) AS "without 2.2.2"
FROM n WHERE id <= 90;
SELECT * FROM segment.attrition('n', 'idd > 1');
SELECT * FROM segment.attrition('n', 'id >');
SELECT * FROM segment.attrition('n', NULL::text);
SELECT * FROM segment.attrition('m', 'everyone');
SELECT count(*) FROM segment.attrition('n', (SELECT string_agg('id = ' || i, ' or ') FROM generate_series(1, 1000) AS i));
SELECT count(*) FROM segment.attrition('n', (SELECT string_agg('id = ' || i, ' or ') FROM generate_series(1, 1001) AS i));
CREATE ROLE segment_stranger;
SET ROLE segment_stranger;
SELECT * FROM segment.attrition('n', 'everyone');
RESET ROLE;
GRANT SELECT ON n_segment_member TO segment_stranger;
SET ROLE segment_stranger;
\set VERBOSITY terse
SELECT * FROM segment.attrition('n', 'everyone');
\set VERBOSITY default
RESET ROLE;
SELECT segment.drop_population('n', cascade => true);
DROP TABLE n;
DROP ROLE segment_stranger;
