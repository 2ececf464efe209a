-- The binary form of definitions and formulas is a version byte and the text; whatever else arrives is refused.
CREATE TABLE sent (d segment.definition);
CREATE TABLE sent_formula (f segment.formula);
-- COPY's own frame around one value: signature, flags, one row of one column with the value's length, the end.
CREATE FUNCTION receive(relation regclass, length text, bytes text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COPY %s FROM PROGRAM %L (FORMAT binary)', relation,
        'printf ''PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0\0\001\0\0\0\' || length || bytes || '\377\377''');
END $$;

SELECT receive('sent', '011', '\001plan = 1');
SELECT receive('sent', '017', '\001(plan) = (1.0)');
SELECT receive('sent_formula', '006', '\001a + 1');
SELECT d, segment.definition_send(d) FROM sent;
SELECT f, segment.formula_send(f) FROM sent_formula;

\set VERBOSITY terse
SELECT receive('sent', '000', '');
SELECT receive('sent', '001', '\001');
SELECT receive('sent', '011', '\002plan = 1');
SELECT receive('sent', '011', '\000plan = 1');
SELECT receive('sent', '001', '\377');
SELECT receive('sent', '011', '\001plan = \377');
SELECT receive('sent', '014', '\001plan = \303\050 x');
SELECT receive('sent', '011', '\001plan \000 1');
SELECT receive('sent', '006', '\001a + 1');
SELECT receive('sent_formula', '011', '\001plan = 1');
\set VERBOSITY default
SELECT count(*) FROM sent;
DROP TABLE sent, sent_formula;
DROP FUNCTION receive(regclass, text, text);
