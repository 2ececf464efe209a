-- Columns of the types that the extension's functions take, with values that mean something to them.
CREATE TABLE typed (
    d segment.definition, f segment.formula, population text, segment_name text, relation regclass, key name, definition_text text, tags text[],
    as_of timestamptz, rules jsonb, sample int, numbers float8, amount numeric, at date, during interval, flag boolean, id bigint, uid uuid);
INSERT INTO typed
    SELECT definition::segment.definition, 'seats * 2', 'account', name, 'account', 'account_id', definition, '{a,b}', as_of, definition::segment.definition::jsonb, 3, 0.5, 99.5,
           '2024-12-01', '30 days', true, id, uid
    FROM segment.segment;
INSERT INTO typed (d, f, population, segment_name, definition_text) VALUES ('everyone', '1', 'nothing', 'nothing', 'plan ='), (NULL, NULL, NULL, NULL, NULL);
