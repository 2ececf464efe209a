-- Two copies of the library in one session, as where LOAD finds another file than the extension's functions name: they share the setting,
-- whichever comes first. The other copy is built by test/modules/copy.
\getenv libdir PG_LIBDIR
\set library :libdir '/segment_copy_test'
CREATE FUNCTION copy_memory() RETURNS bigint AS :'library', 'segment_test_refresh_memory' LANGUAGE c;

-- The extension's own first.
\c -
SELECT 'plan = ''pro'''::segment.definition;
SHOW segment.refresh_memory;
SET segment.refresh_memory = '2MB';
LOAD :'library';
SHOW segment.refresh_memory;
SELECT copy_memory();
SET segment.refresh_memory = '3MB';
SELECT copy_memory();

-- The other first, with a value from before either.
\c -
SET segment.refresh_memory = '2MB';
LOAD :'library';
SELECT 'plan = ''pro'''::segment.definition;
SHOW segment.refresh_memory;
SET segment.refresh_memory = '4MB';
SELECT copy_memory();
SET segment.nothing = 1;
RESET segment.refresh_memory;
SELECT copy_memory();

\c -
DROP FUNCTION copy_memory();
